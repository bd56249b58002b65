"""Export scripts: torch to ONNX to engine, and the training recipes of the pocket pack."""

"""Captions: what gives somebody away in a text is found, rewritten to fit the new face, and checked."""

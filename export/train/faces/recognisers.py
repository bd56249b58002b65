"""Teachers of the oracles: public face recognisers, and a head pose estimator. Used in training and measuring only."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np

from export.train.teachers import session
from pyanon import ops
from pyanon.geometry import similarity
from pyanon.types import FloatArray, ImageArray

__all__ = ["HeadPose", "MobileFaceNet", "Retail0095", "aligned", "unit"]

#: Landmarks of the square crops the recognisers were trained on, as shares of the side.
ARCFACE = np.array(
    [[0.3419, 0.4616], [0.6565, 0.4598], [0.5002, 0.6405], [0.3710, 0.8247], [0.6315, 0.8232]], np.float32
)
RETAIL = np.array(
    [[0.3156, 0.4616], [0.6826, 0.4616], [0.5003, 0.6405], [0.3495, 0.8247], [0.6534, 0.8233]], np.float32
)
#: The square that the pose estimator looks at: the face with about a third of its size around it.
POSE = (ARCFACE - 0.5) * np.float32(0.72) + np.array([0.5, 0.47], np.float32)


def aligned(image: ImageArray, landmarks: FloatArray, template: FloatArray, size: int) -> ImageArray:
    """Crops ``(n, size, size, 3)`` of one picture with the landmarks ``(n, 5, 2)`` at ``template`` (shares)."""
    return ops.warp(image, matrix=similarity(landmarks, template * np.float32(size)), size=size)


def unit(embedding: FloatArray) -> FloatArray:
    """Rows ``(..., d)`` at length 1."""
    return np.asarray(embedding / np.linalg.norm(embedding, axis=-1, keepdims=True), np.float32)


class MobileFaceNet:
    """MobileFaceNet (foamliu, Apache-2.0): 112 x 112 RGB, ImageNet normalisation, 128 numbers."""

    _mean = np.array([0.485, 0.456, 0.406], np.float32)
    _deviation = np.array([0.229, 0.224, 0.225], np.float32)

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._run = session(folder / "mobilefacenet.onnx", threads)

    def __call__(self, image: ImageArray, landmarks: FloatArray) -> FloatArray:
        """Embeddings ``(n, 128)`` of length 1 for the landmarks ``(n, 5, 2)`` in one picture; both ways round."""
        crops = (aligned(image, landmarks, ARCFACE, 112) / np.float32(255) - self._mean) / self._deviation
        tensor = np.asarray(crops.transpose(0, 3, 1, 2), np.float32)
        return unit(np.add(self._infer(tensor), self._infer(tensor[..., ::-1])))

    def _infer(self, tensor: FloatArray) -> FloatArray:
        return unit(
            np.concatenate([self._run.run(None, {"input0": row[None]})[0] for row in np.ascontiguousarray(tensor)])
        )


class Retail0095:
    """face-reidentification-retail-0095 (Open Model Zoo, Apache-2.0): 128 x 128 BGR, 256 numbers; needs OpenVINO."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        openvino = importlib.import_module("openvino")
        file = folder / "face-reidentification-retail-0095.xml"
        self._network = openvino.Core().compile_model(file, "CPU", {"INFERENCE_NUM_THREADS": threads})

    def __call__(self, image: ImageArray, landmarks: FloatArray) -> FloatArray:
        """Embeddings ``(n, 256)`` of length 1 for the landmarks ``(n, 5, 2)`` in one picture; both ways round."""
        tensor = aligned(image, landmarks, RETAIL, 128)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        return unit(np.add(self._infer(tensor), self._infer(tensor[..., ::-1])))

    def _infer(self, tensor: FloatArray) -> FloatArray:
        rows = np.ascontiguousarray(tensor)
        answers = [next(iter(self._network(row[None]).values())).reshape(1, -1) for row in rows]
        return unit(np.concatenate(answers))


class HeadPose:
    """FSA-Net (headpose-fsanet-pytorch, MIT), the mean of two: yaw, pitch and roll in degrees."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._runs = [session(folder / f"fsanet-{name}.onnx", threads) for name in ("1x1", "var")]

    def __call__(self, image: ImageArray, landmarks: FloatArray) -> FloatArray:
        """Angles ``(n, 3)`` of the faces with the landmarks ``(n, 5, 2)`` in one picture, upright in their crops."""
        crops = (aligned(image, landmarks, POSE, 64)[..., ::-1].astype(np.float32) - 127.5) / 127.5
        tensor = np.ascontiguousarray(crops.transpose(0, 3, 1, 2))
        answers = [[run.run(None, {run.get_inputs()[0].name: row[None]})[0][0] for row in tensor] for run in self._runs]
        return np.asarray(np.mean(answers, axis=0), np.float32)

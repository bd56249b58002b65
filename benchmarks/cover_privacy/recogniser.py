"""What an attacker sees of a face it is told the place of: a recogniser's embedding, and the colours themselves."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from pyanon import ops
from pyanon.types import FloatArray, ImageArray

from .portraits import Portrait

__all__ = ["MobileFaceNet", "Recogniser", "Retail0095", "aligned", "colours"]

#: Where eyes, nose and mouth corners lie in the square crop that ArcFace-style recognisers are trained on, 0..1.
ARCFACE = np.array(
    [[0.3419, 0.4616], [0.6565, 0.4598], [0.5002, 0.6405], [0.3710, 0.8247], [0.6315, 0.8232]], np.float32
)
#: The same for face-reidentification-retail-0095, from its documentation.
RETAIL = np.array(
    [[0.3156, 0.4616], [0.6826, 0.4616], [0.5003, 0.6405], [0.3495, 0.8247], [0.6534, 0.8233]], np.float32
)
#: Cells along the sides, and zoom, of the two pictures whose colours are looked at: the face, and what is around it.
VIEWS = ((16, 1.0), (10, 0.6))


def aligned(portrait: Portrait, *, size: int, zoom: float = 1.0, template: FloatArray = ARCFACE) -> ImageArray:
    """The face turned upright and scaled by its landmarks, ``(size, size, 3)`` (least squares, Umeyama 1991)."""
    target = ((template - 0.5) * np.float32(zoom) + np.float32(0.5)) * np.float32(size)
    middle, there = portrait.landmarks.mean(0), target.mean(0)
    a, b = (portrait.landmarks - middle).T, (target - there).T
    spread = float((a * a).sum())
    cosine, sine = float((a * b).sum()) / spread, float((a[0] * b[1] - a[1] * b[0]).sum()) / spread
    turn = np.array([[cosine, -sine], [sine, cosine]], np.float32)
    matrix = np.column_stack([turn, there - turn @ middle]).astype(np.float32)
    return np.asarray(ops.warp(portrait.pixels, matrix=matrix[None], size=size)[0])


def colours(portrait: Portrait) -> FloatArray:
    """Mean colours of small cells of the aligned face, and of the face with its surroundings: ``(1068,)``, 0..1."""
    parts = []
    for cells, zoom in VIEWS:
        crop = aligned(portrait, size=4 * cells, zoom=zoom).reshape(cells, 4, cells, 4, 3)
        parts.append(crop.mean(axis=(1, 3)).ravel() / 255)
    return np.asarray(np.concatenate(parts), np.float32)


class Recogniser(ABC):
    """A face recogniser.

    Attributes:
        width: Numbers in an embedding.
    """

    width: ClassVar[int]

    @abstractmethod
    def __call__(self, portrait: Portrait) -> FloatArray:
        """The embedding ``(width,)``, not normalised."""

    def features(self, portrait: Portrait) -> FloatArray:
        """The embedding, then the colours: ``(width + 1068,)``."""
        return np.concatenate([self(portrait), colours(portrait)])


class MobileFaceNet(Recogniser):
    """MobileFaceNet (foamliu, Apache-2.0): 112 x 112 RGB, ImageNet normalisation.

    Args:
        folder: Where ``mobilefacenet.onnx`` lies.
        threads: Of one inference.
    """

    width = 128
    _mean: npt.NDArray[np.float32] = np.array([0.485, 0.456, 0.406], np.float32)
    _deviation: npt.NDArray[np.float32] = np.array([0.229, 0.224, 0.225], np.float32)

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        file = str(folder / "mobilefacenet.onnx")
        self._session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def __call__(self, portrait: Portrait) -> FloatArray:
        """The embedding ``(128,)``, not normalised."""
        crop = (aligned(portrait, size=112).astype(np.float32) / 255 - self._mean) / self._deviation
        tensor = np.ascontiguousarray(crop.transpose(2, 0, 1)[None])
        return np.asarray(self._session.run(None, {"input0": tensor})[0][0], np.float32)


class Retail0095(Recogniser):
    """face-reidentification-retail-0095 (Open Model Zoo, Apache-2.0): 128 x 128 BGR 0..255; needs OpenVINO.

    Args:
        folder: Where ``face-reidentification-retail-0095.xml`` lies.
        threads: Of one inference.
    """

    width = 256

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        openvino = importlib.import_module("openvino")
        settings = {"INFERENCE_NUM_THREADS": threads}
        file = folder / "face-reidentification-retail-0095.xml"
        self._network = openvino.Core().compile_model(file, "CPU", settings)

    def __call__(self, portrait: Portrait) -> FloatArray:
        """The embedding ``(256,)``, not normalised."""
        crop = aligned(portrait, size=128, template=RETAIL)[:, :, ::-1].transpose(2, 0, 1)
        answer = self._network(np.ascontiguousarray(crop[None], np.float32))
        return np.asarray(next(iter(answer.values())), np.float32).reshape(-1)

"""Convolutions in int8, with the ranges of their inputs measured on pictures.

The file keeps its float32 ports; around each convolution are nodes that say with which scale its input and weights
become int8 (QDQ), which ONNX Runtime and TensorRT both read. Everything else stays float32: text embeddings and the
sums behind boxes lose more by it than they save.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from export.piece import Piece
from pyanon.errors import InputError
from pyanon.runtime.port import Array
from pyanon.types import FloatArray

__all__ = ["MOST", "pictures", "quantise"]

#: Pictures that are looked at, and the fewest that say anything.
MOST, FEWEST = 128, 8
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


def pictures(folder: Path, height: int, width: int) -> Iterator[FloatArray]:
    """Pictures of a folder as ``(1, 3, height, width)`` RGB 0..1, resized as they are.

    Raises:
        InputError: There are too few.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)[:MOST]
    if len(files) < FEWEST:
        raise InputError(
            "too few pictures to measure ranges on",
            given=f"{len(files)} in {folder}",
            expected=f"{FEWEST} to {MOST}, such as the network will see: frames for a locator, crops for an oracle",
        )
    for path in files:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
        yield np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def quantise(path: Path, piece: Piece, folder: Path) -> None:
    """Replaces a float32 file by one with int8 convolutions.

    Args:
        path: The file.
        piece: Its network; its first input takes pictures.
        folder: Pictures.

    Raises:
        InputError: There are too few pictures.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as work:
        plain = Path(work) / "plain.onnx"
        quant_pre_process(path, plain, skip_symbolic_shape=True)
        quantize_static(
            plain, path, _Reader(piece, folder), quant_format=QuantFormat.QDQ, per_channel=True,
            op_types_to_quantize=["Conv"], activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            # TensorRT knows scales, and no offsets.
            extra_options={"ActivationSymmetric": True, "WeightSymmetric": True},
        )  # fmt: skip


class _Reader:
    """Gives the runtime one picture after the other, beside the other inputs of the network's example."""

    def __init__(self, piece: Piece, folder: Path) -> None:
        example = piece.example(1)
        ports = [port.name for port in piece.role.inputs]
        self._others = {name: each.numpy() for name, each in zip(ports[1:], example[1:], strict=True)}
        self._name, self._left = ports[0], pictures(folder, *example[0].shape[-2:])

    def get_next(self) -> dict[str, Array] | None:
        """The next inputs; None at the end."""
        picture = next(self._left, None)
        return None if picture is None else {self._name: picture, **self._others}

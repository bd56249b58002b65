"""Convolutions in int8, with the ranges of their inputs measured on pictures.

The file keeps its float32 ports; around each convolution are nodes that say with which scale its input and weights
become int8 (QDQ), which ONNX Runtime and TensorRT both read. Everything else stays float32: text embeddings and the
sums behind boxes lose more by it than they save.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from export.asked import pictures
from export.gate import family_of
from export.piece import Piece
from pyanon.errors import InputError
from pyanon.runtime.port import Array

__all__ = ["ROLES", "check_worth", "quantise"]

#: Roles whose convolutions are worth having in int8.
ROLES = ("locator", "oracle")


def check_worth(piece: Piece) -> None:
    """`InputError` where a network is none of `ROLES`."""
    if family_of(piece.name) not in ROLES:
        raise InputError(f"{piece.name} is not worth having in int8", expected="a locator or oracle", do="use --half")


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

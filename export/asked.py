"""What a network and its file are asked, and what the network says: seeded inputs, or pictures of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from export.piece import Piece
from pyanon.errors import InputError
from pyanon.runtime.port import Array
from pyanon.types import FloatArray

__all__ = ["Asked", "asked", "pictures"]

#: Pictures that are looked at, and the fewest that say anything.
MOST, FEWEST = 128, 8
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


class Asked(NamedTuple):
    """One question.

    Attributes:
        inputs: Of the network, in the order of its ports.
        expected: Port -> what torch answers in float32.
    """

    inputs: tuple[Tensor, ...]
    expected: dict[str, Array]


def asked(piece: Piece, folder: Path | None = None) -> list[Asked]:
    """Asks a network.

    Args:
        piece: The network.
        folder: Pictures, for one that sees pictures; None, and for all others: its own example.

    Raises:
        InputError: There are too few pictures.
    """
    example = piece.example(piece.rows)
    questions = [example]
    if folder is not None and piece.sees:
        found = torch.from_numpy(np.concatenate([*pictures(folder, *example[0].shape[-2:])]))
        rows = min(len(example[0]), len(found))
        # Each question has as many rows as the example; what is left over is left out.
        questions = [(batch, *example[1:]) for batch in found.split(rows) if len(batch) == rows]
    return [Asked(inputs, _answer(piece, inputs)) for inputs in questions]


def _answer(piece: Piece, inputs: tuple[Tensor, ...]) -> dict[str, Array]:
    with torch.inference_mode():
        got = piece.net(*inputs)
    names = (port.name for port in piece.role.outputs)
    return dict(zip(names, (each.numpy() for each in (got if isinstance(got, tuple) else (got,))), strict=True))


def pictures(folder: Path, height: int, width: int) -> Iterator[FloatArray]:
    """Pictures of a folder as ``(1, 3, height, width)`` RGB 0..1, resized as they are.

    Raises:
        InputError: There are too few.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)[:MOST]
    if len(files) < FEWEST:
        raise InputError(
            "too few pictures to measure on",
            given=f"{len(files)} in {folder}",
            expected=f"{FEWEST} to {MOST}, such as the network will see: frames for a locator, crops for an oracle",
        )
    for path in files:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
        yield np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) / np.float32(255)

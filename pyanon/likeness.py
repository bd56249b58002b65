"""Likeness: how well texts describe the people in a picture, by the pack's text and image encoders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.arrays import on_host
from pyanon.errors import InputError, PackError
from pyanon.geometry import squares
from pyanon.ops import pictures
from pyanon.runtime import Pack, Port, Role, Runner, Tokens
from pyanon.types import FloatArray, Frame, Pixels

__all__ = ["IMAGE", "TEXT", "Likeness", "is_available", "person_squares"]

Rows: TypeAlias = npt.NDArray[np.integer[Any]]
TEXT, IMAGE = "text_encoder", "image_encoder"
#: Crop of a person in units of the longer side of the face's box, where a pack does not say: its side, and how far
#: its middle lies below the face's.
REACH, DROP = 3.0, 0.6
#: Scale of similarities before a softmax, and least similarity of what is true, where a pack does not say: CLIP's own
#: scale, and what descriptions and photographs have in common with ViT-B/32.
TEMPERATURE, THRESHOLD = 100.0, 0.2
#: Source pixels per crop pixel, at most, that are averaged along each side.
FINEST = 8


def is_available(pack: Pack) -> bool:
    """Whether a pack can compare texts and people."""
    roles = pack.manifest.roles
    return TEXT in roles and IMAGE in roles and pack.manifest.vocabulary is not None


def person_squares(xyxy: FloatArray, *, reach: float, drop: float, size: int) -> FloatArray:
    """Matrices ``(n, 2, 3)``, frame to crop, of upright squares that show a face and what is worn below it.

    Args:
        xyxy: ``(n, 4)`` boxes of faces in frame pixels.
        reach: Side of the square in units of the box's longer side.
        drop: How far the square's middle lies below the box's, in the same units.
        size: Side of the crop in pixels.
    """
    matrix = squares(xyxy, grow=reach, size=size)
    matrix[:, 1, 2] -= np.float32(drop * size / reach)
    return matrix


class Likeness:
    """Compares texts with the people in a picture.

    Args:
        pack: The pack; `is_available` says whether it fits.
        open_runner: Opens and activates the network of a role.

    Raises:
        PackError: The pack has no such networks or no vocabulary, or what it states of them does not fit together.
    """

    def __init__(self, pack: Pack, open_runner: Callable[[str], Runner]) -> None:
        text, image = pack.role(TEXT), pack.role(IMAGE)
        self._size, self._length = _picture_size(image), _text_length(text)
        self._reads_mask = "mask" in {port.name for port in text.inputs}
        self.width = _common_width(text, image)
        settings = image.settings
        self._reach = image.number("reach") if "reach" in settings else REACH
        self._drop = image.number("drop") if "drop" in settings else DROP
        self._temperature = image.number("temperature") if "temperature" in settings else TEMPERATURE
        self._threshold = image.number("threshold") if "threshold" in settings else THRESHOLD
        self._words = pack.words()
        most = self._words.vocabulary.length
        if self._length is not None and most > self._length:
            raise PackError(
                f"pack {pack.name!r} writes longer texts than its text encoder reads",
                given=f"{most} tokens for {self._length}",
                expected=f"a length of {self._length} in its [vocabulary] section, or less",
                do="correct its pack.toml: see docs/packs.md",
            )
        self._text, self._image = open_runner(TEXT), open_runner(IMAGE)

    @property
    def threshold(self) -> float:
        """Cosine similarity that 95 % of the true descriptions of people exceed, as the pack states it."""
        return self._threshold

    def texts(self, texts: Sequence[str]) -> FloatArray:
        """Embeddings ``(n, D)`` of length 1; of a text that is too long, what is too much is left out."""
        if isinstance(texts, str):
            raise InputError("texts are given as a list", given=repr(texts), expected="texts", do="write [text]")
        if not texts:
            return np.zeros((0, self.width), np.float32)
        tokens, mask = self._words(texts)
        if self._length is not None:
            tokens, mask = _fitted(tokens, self._length, self._words.vocabulary.pad), _fitted(mask, self._length, 0)
        inputs = {"tokens": tokens, "mask": mask} if self._reads_mask else {"tokens": tokens}
        return _unit(self._text.infer(inputs)["embedding"])

    def people(self, frame: Frame, xyxy: FloatArray) -> FloatArray:
        """Embeddings ``(m, D)`` of length 1 of the people whose faces lie in boxes ``(m, 4)``, source pixels."""
        if not len(xyxy):
            return np.zeros((0, self.width), np.float32)
        matrix = person_squares(np.asarray(xyxy, np.float32), reach=self._reach, drop=self._drop, size=self._size)
        crops = pictures.planes(_cut(frame, matrix, self._size))
        return _unit(on_host(self._image.infer({"image": crops})["embedding"]))

    def similarity(self, texts: Sequence[str], people: FloatArray) -> FloatArray:
        """Cosine similarity ``(len(texts), m)`` of texts and of what `people` returned, ``(m, D)``."""
        return np.asarray(self.texts(texts) @ people.T, np.float32)

    def answers(self, people: FloatArray, choices: Sequence[str]) -> FloatArray:
        """How likely each of several descriptions is the one that fits, ``(m, len(choices))``; rows add up to 1.

        Args:
            people: ``(m, D)``, what `people` returned.
            choices: Descriptions of which one shall be chosen.
        """
        if not choices:
            raise InputError("there is nothing to choose from", given="no choices", expected="texts")
        scores = self.similarity(choices, people).T * np.float32(self._temperature)
        chance = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(chance / chance.sum(axis=1, keepdims=True), np.float32)


def _cut(frame: Frame, matrix: FloatArray, size: int) -> Pixels:
    """Crops without aliasing: where a person is larger than the crop, several source pixels are averaged."""
    finer = np.clip(2 ** np.floor(np.log2(1 / np.maximum(matrix[:, 0, 0], 1e-6))), 1, FINEST).astype(int)
    stacks: list[tuple[Rows, Pixels, Rows]] = []
    for times in np.unique(finer).tolist():
        rows = np.flatnonzero(finer == times)
        stack = pictures.warp(frame.pixels, matrix=matrix[rows], size=size, times=times)
        stacks.append((rows, stack, np.arange(len(rows))))
    return stacks[0][1] if len(stacks) == 1 else pictures.joined(stacks, count=len(matrix))


def _unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _fitted(rows: Tokens, length: int, fill: int) -> Tokens:
    """Rows filled up to a length."""
    fitted = np.full((len(rows), length), fill, np.int32)
    fitted[:, : rows.shape[1]] = rows
    return fitted


def _port(role: Role, ports: Sequence[Port], name: str, dtype: str, rank: int) -> Port:
    found = [port for port in ports if port.name == name and port.dtype == dtype and len(port.axes) == rank]
    if not found:
        raise PackError(
            f"{role.file} is not an encoder that can be used",
            given="; ".join(map(str, ports)),
            expected=f"{name} {dtype} with {rank} axes",
            do="see docs/packs.md",
        )
    return found[0]


def _picture_size(role: Role) -> int:
    """Side of the pictures that an image encoder sees."""
    axes = _port(role, role.inputs, "image", "float32", 4).axes
    side = axes[2]
    if len(role.inputs) != 1 or axes[1] != 3 or not isinstance(side, int) or side != axes[3]:
        raise PackError(
            f"{role.file} sees no square pictures of one size",
            given="; ".join(map(str, role.inputs)),
            expected="image float32(n, 3, S, S) alone",
            do="see docs/packs.md",
        )
    return side


def _text_length(role: Role) -> int | None:
    """Tokens that a text encoder takes; None where any number will do."""
    tokens = _port(role, role.inputs, "tokens", "int32", 2)
    others = [port for port in role.inputs if port.name not in {"tokens", "mask"}]
    if others or (len(role.inputs) == 2 and _port(role, role.inputs, "mask", "int32", 2).axes != tokens.axes):
        raise PackError(
            f"{role.file} does not read tokens alone",
            given="; ".join(map(str, role.inputs)),
            expected="tokens int32(n, t), and perhaps mask int32(n, t)",
            do="see docs/packs.md",
        )
    return tokens.axes[1] if isinstance(tokens.axes[1], int) else None


def _common_width(text: Role, image: Role) -> int:
    """Numbers in an embedding, of texts as of pictures."""
    widths = [_port(role, role.outputs, "embedding", "float32", 2).axes[1] for role in (text, image)]
    if not isinstance(widths[0], int) or widths[0] != widths[1]:
        raise PackError(
            "texts and pictures are not embedded in one space",
            given=f"{text.file}: {widths[0]}, {image.file}: {widths[1]}",
            expected="embeddings of one fixed length",
            do="take both encoders of one training",
        )
    return widths[0]

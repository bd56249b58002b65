"""What a rejection sampler is prepared with: the prior of a pack's identity manifold, its oracles, its gallery."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from pyanon.errors import InputError
from pyanon.types import FloatArray

__all__ = ["Oracle", "Reason", "SamplerSpec", "track_key"]

#: The longest code whose normals the counter and the sums of whole numbers have room for.
LONGEST_CODE = 4096
#: Beyond it the squares of a sum might leave what bounds are computed with.
LARGEST = 1e9


class Reason(IntEnum):
    """Why a draw was refused: the first of these tests that it failed."""

    ACCEPTED = 0
    #: Its Mahalanobis distance from the prior's mean is too large.
    UNLIKELY = 1
    #: An oracle finds it similar to a live original or replacement.
    ALIKE = 2
    #: Too few anchors of the manifold are near it.
    REMOTE = 3
    #: An oracle finds it similar to a code of the training gallery.
    KNOWN = 4


def _none() -> FloatArray:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Oracle:
    """How one face recogniser would see an identity code.

    Attributes:
        projection: ``(d, D)`` float32, identity code to the oracle's embedding.
        threshold: Cosine similarity from which on two embeddings pass for one person: the impostor threshold at the
            FMR that the pack states.
        gallery: ``(m, d)`` float32, embeddings of the training gallery, any length but 0; none where left out.

    Raises:
        InputError: An array has another dtype or shape, or holds what is not finite; a gallery's row has length 0.
    """

    projection: FloatArray
    threshold: float
    gallery: FloatArray = field(default_factory=_none)

    def __post_init__(self) -> None:
        _require("Oracle.projection", self.projection, (None, None))
        width = self.projection.shape[0]
        if width == 0:
            raise InputError("Oracle.projection has no row", given="shape (0, D)", expected="at least one")
        if len(self.gallery):
            _require("Oracle.gallery", self.gallery, (None, width))
            empty = np.flatnonzero(~self.gallery.any(1))
            if len(empty):
                raise InputError(
                    "an embedding of Oracle.gallery has length 0",
                    given=f"row {empty[0]}",
                    expected="a direction",
                    do="drop rows that were never filled",
                )
        _number("Oracle.threshold", self.threshold, -1.0, 1.0)


@dataclass(frozen=True, eq=False)
class SamplerSpec:
    """A Gaussian prior over identity codes and the tests that a draw from it must pass; see docs/sampler.md.

    A code is ``mean + factor @ n`` with ``n`` standard normal; its Mahalanobis distance is the length of ``n``.

    Attributes:
        mean: ``(D,)`` float32.
        factor: ``(D, D)`` float32, any square root of the prior's covariance.
        radius: Largest Mahalanobis distance; infinity tests nothing.
        oracles: At least one.
        anchors: ``(m, D)`` float32, codes on the manifold; none where left out.
        neighbours: How many anchors must be within ``reach``: the k of the k-nearest-neighbour radius; 0 tests nothing.
        reach: That radius, in units of the code.

    Raises:
        InputError: An array has another dtype or shape, or holds what is not finite; or a number is out of range.
    """

    mean: FloatArray
    factor: FloatArray
    radius: float
    oracles: tuple[Oracle, ...]
    anchors: FloatArray = field(default_factory=_none)
    neighbours: int = 0
    reach: float = 0.0

    def __post_init__(self) -> None:
        _require("SamplerSpec.mean", self.mean, (None,))
        size = len(self.mean)
        _number("SamplerSpec.mean's length", size, 1, LONGEST_CODE)
        _require("SamplerSpec.factor", self.factor, (size, size))
        if not self.oracles:
            raise InputError(
                "SamplerSpec.oracles is empty", given="()", expected="at least one", do="a face must be unlike somebody"
            )
        for index, oracle in enumerate(self.oracles):
            _require(f"SamplerSpec.oracles[{index}].projection", oracle.projection, (None, size))
        if len(self.anchors):
            _require("SamplerSpec.anchors", self.anchors, (None, size))
        _number("SamplerSpec.radius", self.radius, 0.0, float("inf"))
        _number("SamplerSpec.neighbours", self.neighbours, 0, len(self.anchors))
        _number("SamplerSpec.reach", self.reach, 0.0, float("inf"))

    @property
    def size(self) -> int:
        """Length of a code, D."""
        return len(self.mean)


def track_key(secret: bytes, track: int) -> int:
    """The key of a track's random numbers: the same secret and track give the same person.

    BLAKE2b with the secret as its key (RFC 7693), so that without the secret the keys of two tracks, or of one track
    in two runs, cannot be told from unrelated numbers.

    Args:
        secret: 16 to 64 bytes, kept secret; a fresh one for every run that shall not be linked to another.
        track: Number of the track, any that fits into 64 bits with a sign.

    Returns:
        64 bits.

    Raises:
        InputError: The secret is too short or too long.
    """
    if not 16 <= len(secret) <= 64:
        raise InputError(
            "the secret has the wrong length",
            given=f"{len(secret)} bytes",
            expected="16 to 64",
            do="make one with secrets.token_bytes(32)",
        )
    message = int(track).to_bytes(8, "little", signed=True)
    digest = hashlib.blake2b(message, key=secret, digest_size=8, person=b"pyanon/track")
    return int.from_bytes(digest.digest(), "little")


def _require(name: str, array: object, shape: tuple[int | None, ...]) -> None:
    """Raise InputError unless this is a finite float32 array of this shape (None: any length)."""
    fits = (
        isinstance(array, np.ndarray)
        and array.dtype == np.float32
        and array.ndim == len(shape)
        and all(want is None or have == want for have, want in zip(array.shape, shape, strict=True))
    )
    if not isinstance(array, np.ndarray) or not fits:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise InputError(
            f"{name} is not the array the sampler needs",
            given=f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__,
            expected=f"numpy float32 of shape ({wanted})",
            do="convert it with numpy.asarray(..., dtype=...) and check its axes",
        )
    if not (np.abs(array) <= LARGEST).all():
        raise InputError(
            f"{name} is not finite",
            given="NaN, infinity or a number beyond 1e9",
            expected="numbers",
            do="take another pack: this one is broken",
        )


def _number(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InputError(
            f"{name} is out of range", given=value, expected=f"{least} .. {most}", do="see docs/sampler.md"
        )

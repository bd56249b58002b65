"""Verify: whether a painted face is safe to show. Every oracle compares it with every original face of the frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pyanon.ops.pictures import mixed
from pyanon.types import Crops, Embeddings, FloatArray, Pixels, Replacements, Verdicts

__all__ = ["Embed", "Verifier", "composed"]

#: Embeddings of crops ``(n, S, S, 3)``, by every oracle.
Embed = Callable[[Pixels], Embeddings]


class Verifier:
    """Compares originals and replacements, as they will be seen, with every oracle of the pack.

    Args:
        embed: The oracles.
        thresholds: For each oracle the cosine similarity from which on two faces pass for one person.
        cleared: The same for a painted face and the one under it. These are held to more than any two faces of a
            frame: it is their likeness that everything here is about.
    """

    def __init__(self, embed: Embed, *, thresholds: tuple[float, ...], cleared: tuple[float, ...]) -> None:
        self._embed = embed
        self._thresholds, self._cleared = thresholds, cleared

    def __call__(self, crops: Crops, originals: Embeddings, replacements: Replacements) -> Verdicts:
        """What the oracles say, row by row; what is not accepted is covered.

        Args:
            crops: The original faces.
            originals: Their embeddings.
            replacements: The painted faces.
        """
        count = len(crops)
        painted = np.array([not fault for fault in replacements.fault], np.bool_)
        seen = self._embed(composed(crops.pixels, replacements))
        known, alike = originals.usable, np.zeros(count, np.bool_)
        own = np.full((count, len(self._thresholds)), np.nan, np.float32)
        for index, threshold in enumerate(self._thresholds):
            cosine = _cosines(seen.oracles[index], originals.oracles[index])
            own[:, index] = np.where(painted & known, np.diagonal(cosine), np.nan)
            alike |= (cosine[:, known] >= threshold).any(axis=1) | (own[:, index] >= self._cleared[index])
        comparable = known & seen.usable
        reasons = tuple(map(_reason, replacements.fault, comparable.tolist(), alike.tolist()))
        return Verdicts(painted & comparable & ~alike, own, reasons, seen)


def _reason(fault: str, comparable: bool, alike: bool) -> str:
    if fault:
        return fault
    if not comparable:
        return "an oracle could not compare it"
    return "an oracle took it for a face of this frame" if alike else ""


def composed(pixels: Pixels, replacements: Replacements) -> Pixels:
    """Crops ``(n, S, S, 3)`` with their replacements painted over them."""
    return mixed(pixels, replacements.pixels, mask=replacements.mask)


def _cosines(rows: FloatArray, others: FloatArray) -> npt.NDArray[np.float64]:
    """Cosine similarities ``(n, m)``; NaN where a row cannot be compared."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (r.astype(np.float64) / np.linalg.norm(r.astype(np.float64), axis=1)[:, None] for r in (rows, others))
        return np.asarray(a @ b.T)

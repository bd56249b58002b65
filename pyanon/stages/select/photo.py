"""Photo: whether faces are that of a reference photo, by all oracles of the pack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pyanon.types import Embeddings, FloatArray, Opinions

__all__ = ["Alike"]


class Alike:
    """Compares faces with one.

    Args:
        photo: Embeddings of the one face, which every oracle can compare.
        same: For each oracle the cosine similarity from which on two faces surely are one person's.
        other: The one under which they surely are not.
    """

    def __init__(self, photo: Embeddings, *, same: Sequence[float], other: Sequence[float]) -> None:
        self._photo, self._same, self._other = photo, tuple(same), tuple(other)

    def __call__(self, faces: Embeddings) -> Opinions:
        """1 for a face that all oracles take for the photo's, -1 where all see another, 0 where they do not agree.

        Nobody is in a picture twice: where several faces pass for the photo's, nothing is sure of them.

        Args:
            faces: Those of one frame, NaN where an oracle could not look.
        """
        usable = faces.usable
        surely, other = usable.copy(), usable.copy()
        for rows, own, same, less in zip(faces.oracles, self._photo.oracles, self._same, self._other, strict=True):
            likeness = _cosines(rows, own)
            surely &= likeness >= same
            other &= likeness < less
        surely &= surely.sum() == 1
        return np.asarray(surely.astype(np.int8) - other.astype(np.int8), np.int8)


def _cosines(rows: FloatArray, one: FloatArray) -> npt.NDArray[np.float64]:
    """Cosine similarities ``(n,)``; NaN where a row cannot be compared."""
    a, b = (np.asarray(each, np.float64) for each in (rows, one[0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((a @ b) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b)))

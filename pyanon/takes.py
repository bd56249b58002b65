"""Takes: several replacements of each face of a frame, of which the best is shown."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pyanon.ops import pictures
from pyanon.types import BoolArray, Embeddings, FloatArray, Identities, Pixels, Replacements, Verdicts

__all__ = ["Takes"]

Scalar = TypeVar("Scalar", bound=np.generic)


class Takes:
    """The takes of the faces of one frame, and which is the best of each face."""

    def __init__(self) -> None:
        self._taken: list[tuple[Identities, Replacements, Verdicts]] = []
        self._merit: list[FloatArray] = []

    def add(self, identities: Identities, painted: Replacements, verdicts: Verdicts, *, merit: FloatArray) -> None:
        """One more take of all faces; ``merit (n,)``: the more the better. One that was refused has none."""
        self._taken.append((identities, painted, verdicts))
        self._merit.append(np.where(verdicts.accepted, merit, np.float32(-np.inf)))

    def __len__(self) -> int:
        return len(self._taken)

    @property
    def merit(self) -> FloatArray:
        """That of the best take of each face, ``(n,)``; minus infinity where all were refused."""
        return np.asarray(np.max(self._merit, axis=0), np.float32)

    @property
    def accepted(self) -> BoolArray:
        """Whether any take of each face was accepted, ``(n,)``."""
        return np.isfinite(self.merit)

    def best(self) -> tuple[Identities, Replacements, Verdicts]:
        """The best take of each face, the first of those that are equal."""
        if len(self) == 1:
            return self._taken[0]
        which = np.argmax(self._merit, axis=0)
        identities, painted, verdicts = zip(*self._taken, strict=True)
        return (
            Identities(_picked(which, [i.code for i in identities]), _picked(which, [i.key for i in identities])),
            Replacements(
                _pictures(which, [p.pixels for p in painted]),
                _pictures(which, [p.mask for p in painted]),
                _picked(which, [p.matrix for p in painted]),
                tuple(painted[take].fault[row] for row, take in enumerate(which.tolist())),
            ),
            Verdicts(
                _picked(which, [v.accepted for v in verdicts]),
                _picked(which, [v.similarity for v in verdicts]),
                tuple(verdicts[take].reason[row] for row, take in enumerate(which.tolist())),
                _seen(which, [v.embeddings for v in verdicts]),
            ),
        )


def _picked(which: npt.NDArray[np.intp], takes: list[npt.NDArray[Scalar]]) -> npt.NDArray[Scalar]:
    """Row by row that of the take."""
    return np.stack(takes)[which, np.arange(len(which))]


def _seen(which: npt.NDArray[np.intp], takes: list[Embeddings | None]) -> Embeddings | None:
    """What the oracles see of the best take; None where they did not look at all of them."""
    looked = [take.oracles for take in takes if take is not None]
    if len(looked) < len(takes):
        return None
    return Embeddings(tuple(_picked(which, list(rows)) for rows in zip(*looked, strict=True)))


def _pictures(which: npt.NDArray[np.intp], takes: list[Pixels]) -> Pixels:
    """The same for pictures, which stay where they live."""
    rows = [np.flatnonzero(which == take) for take in range(len(takes))]
    return pictures.joined([(own, take, own) for own, take in zip(rows, takes, strict=True)], count=len(which))

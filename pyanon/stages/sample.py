"""Sample: a synthetic identity for every track. The seam; no pack carries an identity manifold yet."""

from __future__ import annotations

from typing import Protocol

from pyanon.types import Crops, Identities, Tracks

__all__ = ["Sampler"]


class Sampler(Protocol):
    """Draws one identity code per track and holds it for the track's life."""

    def __call__(self, crops: Crops, tracks: Tracks) -> Identities:
        """Identity codes, row by row; NaN where none was acceptable."""

    def redraw(self, track_ids: frozenset[int]) -> None:
        """Draws another identity for these tracks from the next frame on: `verify` refused the last one."""

    def reset(self) -> None:
        """Forgets every track."""

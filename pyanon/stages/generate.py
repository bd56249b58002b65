"""Generate: a painted face for every identity. The seam; no pack carries a generator yet."""

from __future__ import annotations

from typing import Protocol

from pyanon.types import Crops, Identities, Replacements

__all__ = ["Generator"]


class Generator(Protocol):
    """Paints faces. It never sees the identity it replaces: attribute code and new identity code are all it gets."""

    def __call__(self, crops: Crops, identities: Identities) -> Replacements:
        """Painted faces, row by row, in crop coordinates."""

"""Verify: whether a painted face is safe. The seam; no pack carries oracles yet."""

from __future__ import annotations

from typing import Protocol

from pyanon.types import Crops, Replacements, Verdicts

__all__ = ["Verifier"]


class Verifier(Protocol):
    """Compares originals and replacements with every oracle of the pack."""

    def __call__(self, crops: Crops, replacements: Replacements) -> Verdicts:
        """What the oracles say, row by row; what is not accepted is covered."""

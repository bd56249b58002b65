"""Recognise: what every oracle of the pack sees in a face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyanon import ops
from pyanon.runtime import Runner
from pyanon.types import Crops, Embeddings, ImageArray

__all__ = ["Recogniser"]


class Recogniser:
    """Runs all oracles on the same crops.

    Args:
        runners: Active runners of the pack's ``oracle.*`` roles: input ``crops (n, 3, S, S)`` float32 RGB 0..1,
            output ``embedding (n, d)``.
    """

    def __init__(self, runners: Sequence[Runner]) -> None:
        self._runners = tuple(runners)

    def __call__(self, crops: Crops) -> Embeddings:
        """The embeddings of the original faces."""
        return self.embed(crops.pixels)

    def embed(self, pixels: ImageArray) -> Embeddings:
        """The embeddings of crops ``(n, S, S, 3)``, all in one batch."""
        tensor = ops.planes(pixels)
        answers = (runner.infer({"crops": tensor})["embedding"] for runner in self._runners)
        return Embeddings(tuple(answer.astype(np.float32) for answer in answers))

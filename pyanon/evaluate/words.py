"""How much of a text another one keeps: BERTScore over the latents of a pack's caption encoder.

Zhang and others, "BERTScore: evaluating text generation with BERT", ICLR 2020: each token of one text is compared with
the likest token of the other, by the cosine of vectors that know the words around them. Here the vectors are the means
that the caption encoder gives for each token, so that no other network is needed; figures are not those of BERTScore
with BERT, and are compared with each other only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pyanon.errors import InputError
from pyanon.runtime import Runner, Words
from pyanon.types import FloatArray

__all__ = ["Kept", "WordScore"]


@dataclass(frozen=True)
class Kept:
    """How much two texts have in common, 0..1 where their tokens are not opposed.

    Attributes:
        precision: Mean over the candidate's tokens of how near the reference comes to each.
        recall: Mean over the reference's tokens of how near the candidate comes to each.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean; 0 where either is not positive."""
        least = min(self.precision, self.recall)
        return 2 * self.precision * self.recall / (self.precision + self.recall) if least > 0 else 0.0


class WordScore:
    """Compares texts.

    Args:
        encoder: Active runner of a pack's ``caption_encoder``.
        words: The pack's tokenizer.
    """

    def __init__(self, encoder: Runner, words: Words) -> None:
        self._encoder, self._words = encoder, words

    def __call__(self, candidates: Sequence[str], references: Sequence[str]) -> list[Kept]:
        """How much each candidate keeps of its reference.

        Args:
            candidates: Texts.
            references: As many; what each is compared with.

        Raises:
            InputError: They are not as many.
            RunnerError: The network failed.
        """
        if len(candidates) != len(references):
            raise InputError(
                "each candidate needs a reference", given=f"{len(candidates)} and {len(references)}", expected="as many"
            )
        return [_compared(*self._vectors(pair)) for pair in zip(candidates, references, strict=True)]

    def _vectors(self, pair: Sequence[str]) -> list[FloatArray]:
        """Unit vectors ``(tokens, d)`` of each text, without those of its start and end."""
        tokens, mask = self._words(pair)
        means = self._encoder.infer({"tokens": tokens, "mask": mask})["mean"]
        unit = means / np.maximum(np.linalg.norm(means, axis=2, keepdims=True), 1e-9)
        return [rows[1 : count - 1] for rows, count in zip(unit, mask.sum(axis=1).tolist(), strict=True)]


def _compared(candidate: FloatArray, reference: FloatArray) -> Kept:
    if not len(candidate) or not len(reference):
        return Kept(float(len(candidate) == len(reference)), float(len(candidate) == len(reference)))
    likeness = candidate @ reference.T
    return Kept(float(likeness.max(axis=1).mean()), float(likeness.max(axis=0).mean()))

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

#: References from which on it can be told how rare a token is among them.
ENOUGH = 20


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

        Tokens weigh by how rare they are among the references (inverse document frequency, with one added, as in the
        paper), where there are at least `ENOUGH` of these; else all weigh alike.

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
        weights = self._weights(references)
        return [self._compared(pair, weights) for pair in zip(candidates, references, strict=True)]

    def _weights(self, references: Sequence[str]) -> FloatArray:
        """Weight of every token of the vocabulary, ``(V,)``."""
        if len(references) < ENOUGH:
            return np.ones(self._words.size, np.float32)
        tokens, _ = self._words(references)
        count = np.zeros(self._words.size, np.float64)
        for row in tokens:
            count[np.unique(row)] += 1
        return np.asarray(np.log((len(references) + 2) / (count + 1)), np.float32)

    def _compared(self, pair: Sequence[str], weights: FloatArray) -> Kept:
        tokens, mask = self._words(pair)
        means = self._encoder.infer({"tokens": tokens, "mask": mask})["mean"]
        unit = means / np.maximum(np.linalg.norm(means, axis=2, keepdims=True), 1e-9)
        # Without the tokens of start and end.
        ends = mask.sum(axis=1) - 1
        candidate, reference = (unit[row, 1 : ends[row]] for row in (0, 1))
        of_candidate, of_reference = (weights[tokens[row, 1 : ends[row]]] for row in (0, 1))
        if not len(candidate) or not len(reference):
            return Kept(float(len(candidate) == len(reference)), float(len(candidate) == len(reference)))
        likeness = candidate @ reference.T
        return Kept(
            float(np.average(likeness.max(axis=1), weights=of_candidate)),
            float(np.average(likeness.max(axis=0), weights=of_reference)),
        )

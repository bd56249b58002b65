"""Public captions written by the pack's text VAE: the latent of each word, moved by the new face of whom it speaks of.

z'_i = E(T)_i + phi(V'_i), as in joint multimodal desensitization, with a latent for each token (docs/adr/0013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pyanon.captions.describe import AGES, GENDERS
from pyanon.errors import InputError, PackError
from pyanon.runtime import Runner, Words
from pyanon.runtime.port import Array
from pyanon.texts import Portrait, Reading
from pyanon.types import FloatArray

__all__ = ["FEATURES", "PASSES", "CaptionDecoder", "features"]

#: Numbers that somebody is described by.
FEATURES = 1 + len(GENDERS) + len(AGES)
#: Passes of the decoder that a caption may take; one that is far from its draft is not written.
PASSES = 24
#: How far off in the draft a token may be found again from which the decoder goes on.
AHEAD = 12


def features(portrait: Portrait | None) -> FloatArray:
    """What the decoder is told of somebody who looks like this, ``(F,)`` float32.

    One number says whether anything is known of them, then come the shares of `GENDERS` and of `AGES`. Nobody known:
    noughts, general words stay as the caption has them. Known, and nothing may be said: one, then noughts.
    """
    if portrait is None:
        return np.zeros(FEATURES, np.float32)
    known = [portrait.gender == each for each in GENDERS] + [portrait.age == each for each in AGES]
    return np.array([True, *known], np.float32)


class CaptionDecoder:
    """Runs encoder and decoder of the text VAE.

    What it writes is greedy: always the likeliest next token. The draft only makes it fast: all of its tokens are
    looked at in one pass, and only from where the decoder wants another does it take one more.

    Args:
        encoder: Active runner of the pack's ``caption_encoder``: ``tokens (n, t)``, ``mask (n, t)`` int32 to ``mean``
            and ``log_variance (n, t, d)``.
        decoder: Active runner of its ``caption_decoder``: ``latent (n, t, d)``, ``mask``, ``face (n, t, F)`` and
            ``tokens (n, u)`` so far, to ``logits (n, u, V)``.
        words: The pack's tokenizer.
        passes: Passes of the decoder that a caption may take.

    Raises:
        PackError: The decoder takes other features of faces than `features` gives.
    """

    def __init__(self, encoder: Runner, decoder: Runner, words: Words, *, passes: int = PASSES) -> None:
        wide = next((port.axes[-1] for port in decoder.inputs if port.name == "face"), None)
        if wide != FEATURES:
            raise PackError(
                "the caption decoder takes other features of faces",
                given=wide,
                expected=f"an input face (n, t, {FEATURES})",
                do="train or export it again: python -m export.train.captions.text_vae",
            )
        self._encoder, self._decoder, self._words, self._passes = encoder, decoder, words, passes

    def __call__(
        self,
        reading: Reading,
        portraits: Sequence[Portrait | None],
        *,
        draft: str,
        seed: int = 0,
        spread: float = 0.0,
    ) -> str | None:
        """The public caption as the decoder writes it.

        Args:
            reading: The private caption, and who it speaks of.
            portraits: How each of its mentions looks now.
            draft: What it may be like: the template rewrite.
            seed: Of the noise.
            spread: How far from the mean the latents are drawn, in standard deviations; 0: the means.

        Returns:
            The caption, or None: it or what was written is longer than the network reads, or it took too many passes.

        Raises:
            InputError: There is not one portrait for each mention.
            RunnerError: A network failed.
        """
        if len(portraits) != len(reading.mentions):
            raise InputError(
                "a portrait is needed for each mention", given=len(portraits), expected=str(len(reading.mentions))
            )
        if not self._words.fits(reading.text):
            return None
        tokens, mask = self._words([reading.text])
        answer = self._encoder.infer({"tokens": tokens, "mask": mask})
        latent = answer["mean"]
        if spread:
            noise = np.random.default_rng(seed).standard_normal(latent.shape).astype(np.float32)
            latent = latent + np.float32(spread) * np.exp(answer["log_variance"] / 2) * noise
        face = self._faces(reading, portraits)
        known = {"latent": np.ascontiguousarray(latent, np.float32), "mask": mask, "face": face[None]}
        written = self._written(known, self._words([draft])[0][0, 1:].tolist())
        return None if written is None else self._words.text(written)

    def _faces(self, reading: Reading, portraits: Sequence[Portrait | None]) -> FloatArray:
        """The features of whom each token speaks of, ``(t, F)`` float32."""
        offsets = np.array(self._words.offsets(reading.text))
        found = np.zeros((len(offsets), FEATURES), np.float32)
        for mention, portrait in zip(reading.mentions, portraits, strict=True):
            found[(offsets[:, 0] < mention.end) & (offsets[:, 1] > mention.start)] = features(portrait)
        return found

    def _written(self, known: Mapping[str, Array], draft: list[int]) -> list[int] | None:
        """Tokens without start and end, or None."""
        vocabulary, said, at = self._words.vocabulary, [self._words.vocabulary.start], 0
        for _ in range(self._passes):
            proposed = draft[at : at + vocabulary.length - len(said)]
            tokens = np.array([[*said, *proposed]], np.int32)
            likeliest = self._decoder.infer({**known, "tokens": tokens})["logits"][0].argmax(1)
            for token in likeliest[len(said) - 1 :].tolist():
                if token == vocabulary.end:
                    return said[1:]
                said.append(token)
                at = _after(draft, at, token)
                if not proposed or proposed.pop(0) != token:
                    break
            if len(said) >= vocabulary.length:
                return None
        return None


def _after(draft: list[int], at: int, token: int) -> int:
    """Where in a draft it may go on after a token was written in the place of ``draft[at]``.

    After that token, if it stands nearby; else after the one that it replaces, but for the end.
    """
    near = [index for index in range(max(0, at - AHEAD // 2), min(len(draft), at + AHEAD)) if draft[index] == token]
    if near:
        return min(near, key=lambda index: abs(index - at)) + 1
    return min(at + 1, len(draft) - 1)

"""Texts as the tokens that a pack's networks were trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.errors import PackError
from pyanon.runtime.manifest import Vocabulary

__all__ = ["Tokens", "Words"]

#: ``(n, t)`` int32.
Tokens: TypeAlias = npt.NDArray[np.int32]


class Words:
    """A pack's tokenizer.

    Args:
        data: A ``tokenizer.json``, verified.
        vocabulary: What the pack says of it.
        source: Where it came from, for error texts.

    Raises:
        PackError: It is no tokenizer, or does not have the stated tokens.
    """

    def __init__(self, data: bytes, vocabulary: Vocabulary, *, source: object) -> None:
        from tokenizers import Tokenizer  # only packs that read need it

        self.vocabulary = vocabulary
        try:
            self._tokenizer: Any = Tokenizer.from_str(data.decode())
        except Exception as error:  # the library raises bare Exception
            raise PackError(
                f"{source} is no tokenizer ({error})", expected="a tokenizer.json", do="install or fetch the pack again"
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.size = int(self._tokenizer.get_vocab_size())
        most = max(vocabulary.start, vocabulary.end, vocabulary.pad)
        if most >= self.size:
            raise PackError(f"{source} has no such token", given=str(most), expected=f"below {self.size}")

    def fits(self, text: str) -> bool:
        """Whether a text is short enough to be read whole."""
        return len(self._encoded([text])[0]) + 2 <= self.vocabulary.length

    def __call__(self, texts: Sequence[str]) -> tuple[Tokens, Tokens]:
        """Texts as tokens, with start and end, padded to the longest; what is too long is cut off.

        Returns:
            Tokens ``(n, t)`` int32, and where there are some: 1, else 0, of the same shape.
        """
        known, found = self.vocabulary, self._encoded(texts)
        rows = [[known.start, *row[: known.length - 2], known.end] for row in found]
        longest = max((len(row) for row in rows), default=2)
        tokens = np.full((len(rows), longest), known.pad, np.int32)
        mask = np.zeros((len(rows), longest), np.int32)
        for index, row in enumerate(rows):
            tokens[index, : len(row)], mask[index, : len(row)] = row, 1
        return tokens, mask

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Which characters each token of a text stands for, start and end of the text without any."""
        inner = list(self._tokenizer.encode(text, add_special_tokens=False).offsets)
        return [(0, 0), *inner[: self.vocabulary.length - 2], (0, 0)]

    def text(self, tokens: Iterable[int]) -> str:
        """The text that tokens stand for, up to the first end."""
        kept: list[int] = []
        for token in map(int, tokens):
            if token == self.vocabulary.end:
                break
            if token not in {self.vocabulary.start, self.vocabulary.pad}:
                kept.append(token)
        return str(self._tokenizer.decode(kept, skip_special_tokens=True))

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        return [row.ids for row in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]

"""A caption as words, numbers and marks, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Token", "sentence_starts", "tokens"]

_TOKEN = re.compile(
    r"""
    (?P<word>[^\W_](?:[^\W_]|[\u0300-\u036f])*(?:(?:['’ʻ\-‐]|(?<=\b\w)\.(?=\w\b)|(?<=\d)\.(?=\d))(?=[^\W_])[^\W_](?:[^\W_]|[\u0300-\u036f])*)*)
  | (?P<mark>\S)
    """,
    re.VERBOSE,
)
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """A word, a number or a mark.

    Attributes:
        text: As it stands there.
        start: First character in the caption.
        end: The character after the last.
    """

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """In lower case, with plain apostrophes."""
        return self.text.lower().replace("’", "'").replace("‐", "-")

    @property
    def is_word(self) -> bool:
        """Whether it has a letter or digit."""
        return self.text[0].isalnum()

    @property
    def is_number(self) -> bool:
        """Whether it is written in digits alone."""
        return self.text.isdigit()

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital; a letter of a script without capitals counts as one."""
        first = self.text[0]
        return first.isalpha() and not first.islower()


def tokens(text: str) -> list[Token]:
    """The tokens of a text; the ``'s`` of a possessive is a token of its own."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        cut = _POSSESSIVE.search(match[0]) if match["word"] else None
        if cut and cut.start():
            found.append(Token(text[start : start + cut.start()], start, start + cut.start()))
            start += cut.start()
        found.append(Token(text[start:end], start, end))
    return found


def sentence_starts(found: list[Token]) -> list[bool]:
    """For each token whether a sentence begins with it."""
    starts, fresh = [], True
    for token in found:
        starts.append(fresh and token.is_word)
        fresh = token.text in ".!?:;–—|" or (fresh and not token.is_word)
    return starts

"""The parts that words play, one letter for each, and a caption that is being tagged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import accumulate

from pyanon.captions.lexicon import lexicon
from pyanon.captions.tokens import Token
from pyanon.texts import Kind

__all__ = ["QUOTES", "Tag", "Tagged", "listed"]

#: Share of capitals among words from which on they say nothing, and the least number of words to tell.
_SHOUTING, _FEW = 0.7, 3


QUOTES = frozenset({'"', "“", "”", "«", "»"})


class Tag(str, Enum):
    """The part that a word plays; its letter is what the grammar's patterns are written in."""

    NAME = "n"
    TITLE = "t"
    RELATION = "r"
    OCCUPATION = "o"
    PERSON = "w"
    OWN = "p"
    ARTICLE = "d"
    COUNT = "m"
    POSSESSIVE = "S"
    AGE = "a"
    YOUNG = "y"
    PEOPLE = "z"
    HAIR = "h"
    PLACE = "l"
    EMPLOYER = "e"
    IN = "i"
    AND = "&"
    CALLED = "k"
    WHO = "W"
    BE = "v"
    WORK = "K"
    LIVE = "L"
    CONTACT = "c"
    IDENTIFIER = "u"
    MARKED = "D"
    UNREAD = "Q"
    OTHER = "x"


@dataclass
class Tagged:
    """A caption with a tag for each token.

    Attributes:
        text: The caption.
        tokens: Its tokens.
        tags: One letter for each; empty: not tagged yet.
        starts: Whether a sentence begins with each.
        kinds: What each gives away, or None.
    """

    text: str
    tokens: list[Token]
    tags: list[str]
    starts: list[bool]
    kinds: list[Kind | None]

    @property
    def letters(self) -> str:
        """The tags as one text, in which patterns are looked for."""
        return "".join(self.tags)

    @cached_property
    def words(self) -> list[str]:
        """The tokens in lower case."""
        return [token.lower for token in self.tokens]

    @cached_property
    def quotes(self) -> list[int]:
        """How many quotation marks stand before each token."""
        return list(accumulate((word in QUOTES for word in self.words), initial=0))

    @cached_property
    def shouting(self) -> bool:
        """Whether so many words begin with a capital that capitals say nothing: A MAN, A Man In A Hat."""
        words = [token for token in self.tokens[1:] if token.text[0].isalpha() and len(token.text) > 1]
        longer = [token for token in words if token.text.isupper() or not lexicon().is_name(token.lower)]
        capital = sum(token.is_capital for token in longer)
        return len(longer) >= _FEW and capital / len(longer) > _SHOUTING

    @cached_property
    def writes_capitals(self) -> bool:
        """Whether its first word begins with a capital, so that a name would, too."""
        return bool(self.tokens) and self.tokens[0].is_capital and not self.shouting

    def word(self, index: int) -> str:
        """A token in lower case, or nothing where there is none."""
        return self.words[index] if 0 <= index < len(self.tokens) else ""

    def has(self, index: int, *tags: str) -> bool:
        """Whether a token has one of some tags."""
        return 0 <= index < len(self.tags) and self.tags[index] in tags

    def mark(self, index: int, tag: str, kind: Kind | None = None) -> None:
        """Tags a token."""
        self.tags[index], self.kinds[index] = str(getattr(tag, "value", tag)), kind

    def is_capital(self, index: int) -> bool:
        """Whether a token begins with a capital that says something."""
        return not self.shouting and 0 <= index < len(self.tokens) and self.tokens[index].is_capital

    def is_written_together(self, index: int) -> bool:
        """Whether no blank stands between a token and the next one."""
        return index + 1 < len(self.tokens) and self.tokens[index].end == self.tokens[index + 1].start

    def source(self, first: int, end: int) -> str:
        """What stands there from a token to before another one."""
        return self.text[self.tokens[first].start : self.tokens[end - 1].end] if end > first else ""


def listed(name: str) -> frozenset[str]:
    """A list of `terms.toml`, by section and name: ``grammar.where``."""
    return lexicon().terms[name]

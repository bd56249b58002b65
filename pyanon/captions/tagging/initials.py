"""Letters, dots and words that belong to a name: ``J. Smith``, ``Tom Hill Jr.``, ``Dr.``, ``al-Khatib``."""

from __future__ import annotations

import re

from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tagging.tags import Tag, Tagged

__all__ = ["initials"]

_AFTER_NAMES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"})
_CHAIN = re.compile(r"\w(?:\.\w)+")
_BOUND = re.compile(r"[-'’][A-Z]")


def initials(tagged: Tagged) -> None:
    """Tags what belongs to a name beside it."""
    for index, word in enumerate(tagged.words):
        dotted = tagged.word(index + 1) == "."
        if _is_initial(tagged, index, dotted=dotted):
            _mark(tagged, index, dot=dotted and _goes_on(tagged, index + 2))
        elif _CHAIN.fullmatch(word) and dotted and (tagged.has(index, Tag.NAME) or tagged.has(index + 2, Tag.NAME)):
            _mark(tagged, index, dot=index + 2 < len(tagged.words))  # T.J. Lawson
        elif word in _AFTER_NAMES and tagged.has(index - 1, Tag.NAME):
            _mark(tagged, index, dot=dotted and index + 2 < len(tagged.words))
        elif _is_bound(tagged, index) or _is_shouted(tagged, index):
            _mark(tagged, index, dot=False)
        elif dotted and lexicon().is_in(word, "titles.dotted") and tagged.has(index, "t", "r", "x", "n"):
            tagged.mark(index, Tag.TITLE, "title")
            tagged.mark(index + 1, Tag.TITLE, "title")


def _mark(tagged: Tagged, index: int, *, dot: bool) -> None:
    tagged.mark(index, Tag.NAME, "name")
    if dot:
        tagged.mark(index + 1, Tag.NAME, "name")


def _is_initial(tagged: Tagged, index: int, *, dotted: bool) -> bool:
    """``J.`` or ``J`` beside a name, or before another initial of one: ``a. j. cartwright``."""
    word = tagged.words[index]
    if len(word) != 1 or not word.isalpha() or not (tagged.is_capital(index) or dotted):
        return False
    if not tagged.has(index, Tag.OTHER, Tag.NAME, Tag.ARTICLE, Tag.UNREAD, Tag.AND) or (
        word in {"a", "i"} and not dotted
    ):
        return False
    after = index + 1 + dotted
    chain = (
        dotted and len(tagged.word(after)) == 1 and tagged.word(after + 1) == "." and tagged.has(after + 2, Tag.NAME)
    )
    shared = dotted and tagged.has(after, Tag.AND) and tagged.word(after + 2) == "."  # T. and R. Abernathy
    return chain or shared or tagged.has(index - 1, Tag.NAME, Tag.TITLE) or tagged.has(after, Tag.NAME)


def _goes_on(tagged: Tagged, index: int) -> bool:
    """Whether a dot belongs to an initial, and ends no sentence."""
    lower = index < len(tagged.words) and tagged.tokens[index].text[0].islower()
    return lower or tagged.has(index, Tag.NAME, ",", Tag.OTHER, Tag.AND)


def _is_bound(tagged: Tagged, index: int) -> bool:
    """``al-Khatib``, ``O'Shea`` after a name."""
    unsure = tagged.has(index, Tag.OTHER, Tag.UNREAD)
    return unsure and tagged.has(index - 1, Tag.NAME) and bool(_BOUND.search(tagged.tokens[index].text))


def _is_shouted(tagged: Tagged, index: int) -> bool:
    """``ROSE HALVERSON``: a common given name before a name, where capitals say nothing."""
    given = folded(tagged.words[index]) in lexicon().given
    return tagged.shouting and tagged.has(index, Tag.OTHER) and given and tagged.has(index + 1, Tag.NAME)

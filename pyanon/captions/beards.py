"""Beards, moustaches and bald heads, which are said of no face that is a woman's or nobody's."""

from __future__ import annotations

import re

from pyanon.captions.tagging.tags import Tagged
from pyanon.texts import Portrait

__all__ = ["BEARDED", "beard_end", "may_have_one"]

#: Words before one for people that say it: ``a bearded man``.
BEARDED = frozenset(
    {"bearded", "mustached", "moustached", "mustachioed", "balding", "bald", "bald-headed", "unshaven", "goateed"}
)
_NOUN = r"(?:beards?|mou?staches?|mustaches?|goatees?|stubble|sideburns|bald\ (?:head|spot|patch)|facial\ hair)"
_ONE = rf"(?:(?:a|an|his|the|some)\ )?(?:(?!and\ |in\ |on\ )[\w-]+\ ){{0,3}}?{_NOUN}"
#: ``with a long beard and moustache``; ``with a beard and glasses``, of which the glasses stay.
_LIST = rf"{_ONE}(?:(?:\ ,)?(?:\ and)?\ {_ONE})*"
_WITH = re.compile(rf"(?:with|has|having|sporting|wearing)\ {_LIST}\b(?!\ and\ (?!is\b|has\b)|\ ,\ an?\b)", re.VERBOSE)
_FIRST = re.compile(rf"{_ONE}\ (?:and|,)\ (?=\w)", re.VERBOSE)
#: Words of such a part, at most.
_LONGEST = 14


def may_have_one(portrait: Portrait | None) -> bool:
    """Whether a beard may be said of a face; None: nobody looks.

    Args:
        portrait: What may be said of the face.
    """
    return portrait is None or portrait.gender == "male"


def beard_end(tagged: Tagged, at: int) -> int:
    """The token after a beard that is said from a token on; the token itself where none is.

    Args:
        tagged: The caption.
        at: The token.
    """
    words = " ".join(tagged.words[at : at + _LONGEST])
    led = tagged.word(at - 1) in {"with", "has", "having", "wearing"}
    match = _WITH.match(words) or (_FIRST.match(words) if led else None)
    return at + len(match[0].split()) if match else at

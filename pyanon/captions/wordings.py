"""Whether words for somebody may be said of who is in the picture now, and which are said instead."""

from __future__ import annotations

from pyanon.captions.describe import PersonWord, fits, general
from pyanon.captions.phrasing.phrase import Phrase
from pyanon.texts import Portrait

__all__ = ["agrees", "other_noun"]

#: An age group that words state -> those of whom it may be said.
_SAID_OF = {
    "young": {"teen", "young"},
    "child": {"baby", "child"},
    "baby": {"baby"},
    "teen": {"teen"},
    "adult": {"adult"},
    "old": {"old"},
}


def agrees(phrase: Phrase, claim: PersonWord | None, portrait: Portrait) -> bool:
    """Whether words for somebody may be said of who is in the picture now."""
    said = claim is None or fits(portrait, gender=claim.gender, ages=claim.ages)
    return said and portrait.age in _SAID_OF.get(phrase.group, {phrase.group, portrait.age})


def other_noun(claim: PersonWord, portrait: Portrait | None, age: str) -> str:
    """The noun for who is in the picture now, as near to the one that was there as can be.

    Args:
        claim: What the noun that was there claims.
        portrait: Who is in the picture now; None: nobody looks.
        age: The age group to be said of them, or empty.
    """
    if portrait is None:
        return general(claim.gender, age, plural=claim.plural)
    of_age = not claim.ages or portrait.age in claim.ages
    if not portrait.gender and not portrait.age:
        return claim.neutral
    if of_age and claim.twin and portrait.gender and portrait.gender != claim.gender:
        return claim.twin
    if of_age and not portrait.gender:
        return claim.neutral
    return general(portrait.gender, portrait.age, plural=claim.plural)

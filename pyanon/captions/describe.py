"""General words for people: what may be said of anybody who looks like this."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pyanon.texts import Portrait

__all__ = [
    "AGES",
    "GENDERS",
    "PERSON_WORDS",
    "PersonWord",
    "age_group",
    "fits",
    "general",
    "plural_of",
    "portrait_of",
]

GENDERS = ("female", "male")
#: Age groups that words tell apart, from the youngest on.
AGES = ("baby", "child", "teen", "young", "adult", "old")
#: The first year of each age group.
_SINCE = (0, 3, 10, 20, 40, 60)


@dataclass(frozen=True)
class PersonWord:
    """What a word for a person claims.

    Attributes:
        gender: ``female``, ``male`` or empty.
        ages: The age groups it may be said of; empty: of all.
        plural: Whether it is a plural.
        neutral: The word that claims no gender.
        twin: The word that claims the other gender, empty where there is none.
    """

    gender: str = ""
    ages: frozenset[str] = frozenset()
    plural: bool = False
    neutral: str = "person"
    twin: str = ""


def _ages(*groups: str) -> frozenset[str]:
    return frozenset(groups)


_GROWN, _SMALL = _ages("young", "adult", "old"), _ages("baby", "child", "teen")
#: Singular and plural -> what they claim.
_PAIRS: dict[tuple[str, str], PersonWord] = {
    ("man", "men"): PersonWord("male", _GROWN, twin="woman"),
    ("woman", "women"): PersonWord("female", _GROWN, twin="man"),
    ("gentleman", "gentlemen"): PersonWord("male", _GROWN, twin="lady"),
    ("lady", "ladies"): PersonWord("female", _GROWN, twin="gentleman"),
    ("guy", "guys"): PersonWord("male", _GROWN | {"teen"}, twin="gal"),
    ("gal", "gals"): PersonWord("female", _GROWN | {"teen"}, twin="guy"),
    ("dude", "dudes"): PersonWord("male", _GROWN | {"teen"}),
    ("fellow", "fellows"): PersonWord("male", _GROWN),
    ("lad", "lads"): PersonWord("male", _ages("child", "teen", "young"), neutral="child"),
    ("male", "males"): PersonWord("male"),
    ("female", "females"): PersonWord("female"),
    ("boy", "boys"): PersonWord("male", _SMALL, neutral="child", twin="girl"),
    ("girl", "girls"): PersonWord("female", _SMALL, neutral="child", twin="boy"),
    ("child", "children"): PersonWord("", _SMALL, neutral="child"),
    ("kid", "kids"): PersonWord("", _SMALL, neutral="child"),
    ("baby", "babies"): PersonWord("", _ages("baby"), neutral="baby"),
    ("infant", "infants"): PersonWord("", _ages("baby"), neutral="baby"),
    ("newborn", "newborns"): PersonWord("", _ages("baby"), neutral="baby"),
    ("toddler", "toddlers"): PersonWord("", _ages("baby", "child"), neutral="child"),
    ("youngster", "youngsters"): PersonWord("", _ages("child", "teen"), neutral="child"),
    ("teen", "teens"): PersonWord("", _ages("teen"), neutral="teenager"),
    ("teenager", "teenagers"): PersonWord("", _ages("teen"), neutral="teenager"),
    ("youth", "youths"): PersonWord("", _ages("teen", "young"), neutral="young person"),
    ("adult", "adults"): PersonWord("", _GROWN),
    ("senior", "seniors"): PersonWord("", _ages("old")),
    ("person", "people"): PersonWord(),
    ("individual", "individuals"): PersonWord(),
    ("human", "humans"): PersonWord(),
    ("cowboy", "cowboys"): PersonWord("male", neutral="rider", twin="cowgirl"),
    ("cowgirl", "cowgirls"): PersonWord("female", neutral="rider", twin="cowboy"),
    ("businessman", "businessmen"): PersonWord("male", _GROWN, twin="businesswoman"),
    ("businesswoman", "businesswomen"): PersonWord("female", _GROWN, twin="businessman"),
    ("bride", "brides"): PersonWord("female", _GROWN, twin="groom"),
    ("groom", "grooms"): PersonWord("male", _GROWN, twin="bride"),
    ("policeman", "policemen"): PersonWord("male", _GROWN, neutral="police officer", twin="policewoman"),
    ("policewoman", "policewomen"): PersonWord("female", _GROWN, neutral="police officer", twin="policeman"),
    ("fireman", "firemen"): PersonWord("male", _GROWN, neutral="firefighter"),
    ("waitress", "waitresses"): PersonWord("female", _GROWN, neutral="waiter"),
    ("actress", "actresses"): PersonWord("female", neutral="actor"),
}
#: What relatives are called: female, male, and without a gender; and the age groups that it may be said of.
_KIN = (
    ("mother", "father", "parent", _GROWN), ("mom", "dad", "parent", _GROWN), ("mum", "dad", "parent", _GROWN),
    ("sister", "brother", "sibling", frozenset[str]()), ("wife", "husband", "partner", _GROWN),
    ("daughter", "son", "child", frozenset[str]()),
    ("grandmother", "grandfather", "grandparent", frozenset({"adult", "old"})),
    ("grandma", "grandpa", "grandparent", frozenset({"adult", "old"})), ("aunt", "uncle", "relative", _GROWN),
    ("niece", "nephew", "relative", frozenset[str]()), ("girlfriend", "boyfriend", "partner", _GROWN | {"teen"}),
    ("granddaughter", "grandson", "grandchild", frozenset[str]()),
)  # fmt: skip
for _female, _male, _neutral, _of_age in _KIN:
    for _gender, _word, _twin in (("female", _female, _male), ("male", _male, _female)):
        _plural = "wives" if _word == "wife" else f"{_word}s"
        _PAIRS[_word, _plural] = PersonWord(_gender, _of_age, neutral=_neutral, twin=_twin)


def plural_of(noun: str) -> str:
    """The plural of a general word for a person."""
    head, _, last = noun.rpartition(" ")
    for one, many in _PAIRS:
        if last == one:
            return f"{head} {many}".strip()
    return "grandchildren" if noun == "grandchild" else f"{noun}s"


#: What each word for people claims, by the word in lower case.
PERSON_WORDS: Mapping[str, PersonWord] = {
    **{one: word for (one, _), word in _PAIRS.items()},
    **{
        many: PersonWord(
            word.gender,
            word.ages,
            plural=True,
            neutral=plural_of(word.neutral),
            twin=word.twin and plural_of(word.twin),
        )
        for (one, many), word in _PAIRS.items()
    },
}

_NOUNS = {
    "female": ("baby girl", "girl", "teenage girl", "young woman", "woman", "older woman", "woman"),
    "male": ("baby boy", "boy", "teenage boy", "young man", "man", "older man", "man"),
    "": ("baby", "child", "teenager", "young person", "person", "older person", "person"),
}


def general(gender: str = "", age: str = "", *, plural: bool = False) -> str:
    """The general word for such people, without an article.

    Args:
        gender: ``female``, ``male`` or empty.
        age: One of `AGES`, or empty.
        plural: Whether it shall be a plural.
    """
    noun = _NOUNS[gender][AGES.index(age) if age else -1]
    return plural_of(noun) if plural else noun


def fits(portrait: Portrait, *, gender: str = "", ages: frozenset[str] = frozenset()) -> bool:
    """Whether a claim agrees with what may be said of somebody; where nothing may, only no claim does."""
    return gender in {"", portrait.gender} and (not ages or portrait.age in ages)


def age_group(years: float) -> str:
    """The age group of somebody who is so old."""
    return [group for group, since in zip(AGES, _SINCE, strict=True) if years >= since][-1] if years >= 0 else "baby"


def portrait_of(traits: Mapping[str, str], xyxy: tuple[float, float, float, float] | None = None) -> Portrait:
    """What may be said of somebody with these traits, as a pack calls them.

    An age is read from the middle of the years in its name: ``30-39``, ``more than 70``.

    Args:
        traits: Trait -> category; none: nothing may be said.
        xyxy: Where the face is.
    """
    years = [int(number) for number in re.findall(r"\d+", traits.get("age", ""))]
    gender = traits.get("gender", "")
    return Portrait(
        gender=gender if gender in GENDERS else "", age=age_group(sum(years) / len(years)) if years else "", xyxy=xyxy
    )

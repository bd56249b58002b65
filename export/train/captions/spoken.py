"""The people a plain caption speaks of, and how it has to speak of people who look otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from export.train.captions.forms import any_of, plain
from pyanon.captions.describe import AGES, PERSON_WORDS, PersonWord, fits, general
from pyanon.captions.pronouns import FORMS
from pyanon.texts import Portrait

__all__ = ["Person", "Pronoun", "agreeing", "claimed", "people", "phrase", "pronouns"]

#: Words of age before a noun, and the age groups that they may be said of.
AGED = {
    "young": ("child", "teen", "young"), "younger": ("child", "teen", "young"), "little": ("baby", "child"),
    "small": ("baby", "child"), "tiny": ("baby", "child"), "teenage": ("teen",), "teenaged": ("teen",),
    "baby": ("baby",), "toddler": ("baby", "child"), "adult": ("young", "adult", "old"),
    "middle-aged": ("adult",), "middle aged": ("adult",), "old": ("old",), "older": ("old",), "elderly": ("old",),
    "aged": ("old",), "senior": ("old",),
}  # fmt: skip
#: What of these stays is said of fewer: a young child is a child.
_STAYS = AGED | {"young": ("teen", "young"), "younger": ("teen", "young")}
#: Words before a noun that go: hair and descent; words for people that say what they do, and nothing of their looks.
GONE, ROLES = plain("hair_and_descent"), plain("roles")
_MANY = {f"{each}s" for each in ROLES} - {"familys"} | {"families"}
GENDERED = ("male", "female")
#: Neutral words that say nothing else.
PLAIN = {"person", "people", "child", "children"}
_BEFORE = any_of((*AGED, *GONE, *plain("kept_before")))
_PERSON = re.compile(
    rf"\b(?:(?P<det>{any_of(plain('determiners'))})\s+)?(?P<before>(?:(?:{_BEFORE}),?\s+(?:and\s+(?=(?:{_BEFORE})\s))?)*)"
    rf"(?P<noun>{any_of([*PERSON_WORDS, *ROLES, *_MANY])})(?![\w-])",
    re.IGNORECASE,
)
#: Words that also stand before the names of other things: a baby elephant; what may follow them where they do not.
_ALSO_BEFORE, _GOES_ON = frozenset(plain("also_before")), frozenset(plain("goes_on"))
_NEXT = re.compile(r"\s*(?P<mark>[^\w\s])|\s+(?P<word>[\w'-]+)")


@dataclass(frozen=True)
class Person:
    """A part of a caption that speaks of somebody.

    Attributes:
        start: First character.
        end: The character after the last.
        det: The words before adjectives and noun, in lower case.
        before: The adjectives, in lower case.
        noun: The noun, in lower case.
    """

    start: int
    end: int
    det: str
    before: tuple[str, ...]
    noun: str

    @property
    def plural(self) -> bool:
        """Whether these are several."""
        word = PERSON_WORDS.get(self.noun)
        return word.plural if word else self.noun in _MANY or self.noun in {"couple", "family"}


def people(text: str) -> Iterator[Person]:
    """Who a caption speaks of, in order."""
    for found in _PERSON.finditer(text):
        noun = found["noun"].lower()
        follows = _NEXT.match(text, found.end())
        word = follows["word"] if follows else None
        if noun in _ALSO_BEFORE and word and word.lower() not in _GOES_ON and not word.lower().endswith("ing"):
            continue
        before = re.findall(_BEFORE, found["before"].lower())
        yield Person(found.start(), found.end(), (found["det"] or "").lower(), tuple(before), noun)


def claimed(person: Person) -> tuple[str, tuple[str, ...]]:
    """The gender and the age groups that words claim; nothing where they claim none."""
    word = PERSON_WORDS.get(person.noun)
    ages = set(AGES)
    for each in person.before:
        ages &= set(AGED.get(each, AGES))
    if word and word.ages:
        ages &= word.ages
    gender = word.gender if word else ""
    for each in person.before:
        gender = {"male": "male", "female": "female"}.get(each, gender)
    return gender, () if len(ages) == len(AGES) else tuple(age for age in AGES if age in ages)


def phrase(person: Person, portrait: Portrait | None) -> str:
    """How a public caption speaks of them, without an article: what fits stays, what does not becomes general."""
    before = [each for each in person.before if each not in GONE]
    if portrait is None:
        return " ".join([*before, person.noun])
    before = [each for each in before if each not in GENDERED or each == portrait.gender]
    word = PERSON_WORDS.get(person.noun)
    stays = all(portrait.age in _STAYS.get(each, (portrait.age,)) for each in before)
    if word is None or (stays and fits(portrait, gender=word.gender, ages=word.ages)):
        return " ".join([*(each for each in before if stays or each not in AGED), person.noun])
    return " ".join([*(each for each in before if each not in AGED), _other(word, portrait)])


def _other(word: PersonWord, portrait: Portrait) -> str:
    """A word for somebody of whom a word cannot be said."""
    neutral = not portrait.gender and not portrait.age
    if neutral or (word.neutral not in PLAIN and not word.ages & {"baby", "teen"}):
        return word.neutral
    return general(portrait.gender, portrait.age, plural=word.plural)


@dataclass(frozen=True)
class Pronoun:
    """A pronoun of a caption: where it is, and which form of which gender it has."""

    start: int
    end: int
    form: str
    gender: str


_PRONOUN = re.compile(r"\b(he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
_FORMS = {
    "he": ("subject", "male"), "she": ("subject", "female"), "him": ("object", "male"), "his": ("own", "male"),
    "her": ("own", "female"), "hers": ("owned", "female"), "himself": ("self", "male"), "herself": ("self", "female"),
}  # fmt: skip
_NO_NOUN = frozenset(plain("no_noun"))


def pronouns(text: str) -> Iterator[Pronoun]:
    """The pronouns of a caption that say a gender."""
    for found in _PRONOUN.finditer(text):
        form, gender = _FORMS[found[0].lower()]
        follows = _NEXT.match(text, found.end())
        if found[0].lower() == "her" and (
            follows is None or follows["mark"] or (follows["word"] or "").lower() in _NO_NOUN
        ):
            form = "object"
        yield Pronoun(found.start(), found.end(), form, gender)


def agreeing(pronoun: Pronoun, portrait: Portrait | None) -> str:
    """The pronoun for somebody who looks like this, in lower case."""
    return FORMS[pronoun.form][pronoun.gender if portrait is None else portrait.gender]

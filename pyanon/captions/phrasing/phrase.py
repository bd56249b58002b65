"""A phrase of a caption, and a caption that is being cut into phrases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pyanon.captions.ages import YEARS, years_in
from pyanon.captions.describe import PERSON_WORDS, age_group
from pyanon.captions.lexicon import lexicon
from pyanon.captions.tagging.tags import Tag, Tagged

__all__ = ["SENSITIVE", "Draft", "Phrase", "Role", "described"]

Role = Literal["person", "mention", "drop", "place"]

#: What gives somebody away, as tags.
SENSITIVE = frozenset("nrtalecuD")
_ARTICLES = frozenset({"a", "an", "the", "this", "that", "another", "each", "every", "one", "some"})
_GROUPS = {
    "young": "young", "old": "old", "elderly": "old", "older": "old", "little": "child", "teenage": "teen",
    "middle-aged": "adult", "senior": "old", "baby": "baby", "infant": "baby", "toddler": "child", "newborn": "baby",
    "adolescent": "teen",
}  # fmt: skip


@dataclass
class Phrase:
    """Some tokens of a caption that are treated as one.

    Attributes:
        first: The first token.
        end: The token after the last.
        role: ``person``: somebody, said anew as a whole; ``mention``: somebody in words that may stay if they agree;
            ``place``: said in general words; ``drop``: goes.
        gender: What it claims, or empty.
        ages: The age groups it may be said of, empty: all.
        group: The age group it states, or empty.
        plural: Whether it speaks of several.
        count: How many.
        article: What article stands before it.
        name: The name of whom it speaks, as it stands there.
        key: What a name is compared by, to know somebody again.
        text: What to say instead, where that is known already.
        noun: The token that its words for people are at.
    """

    first: int
    end: int
    role: Role
    gender: str = ""
    ages: frozenset[str] = frozenset()
    group: str = ""
    plural: bool = False
    count: int | None = None
    article: str = ""
    name: str = ""
    key: frozenset[str] = field(default_factory=frozenset)
    text: str = ""
    noun: int = -1


class Draft:
    """A caption and the phrases found so far, none over another.

    Args:
        tagged: The caption.
    """

    def __init__(self, tagged: Tagged) -> None:
        self.t, self.words = tagged, tagged.words
        self.found: list[Phrase] = []
        self.taken = [False] * len(tagged.tokens)
        #: The tags; what is taken already is a blank, so that no pattern reaches into it.
        self.letters = tagged.letters

    def take(self, phrase: Phrase) -> Phrase:
        """Adds a phrase; what it covers goes into it."""
        self.found = [each for each in self.found if each.end <= phrase.first or phrase.end <= each.first]
        self.found.append(phrase)
        size = phrase.end - phrase.first
        self.taken[phrase.first : phrase.end] = [True] * size
        self.letters = self.letters[: phrase.first] + " " * size + self.letters[phrase.end :]
        return phrase

    def drop(self, first: int, end: int) -> None:
        """Leaves tokens out, and whatever they are a part of."""
        over = [each for each in self.found if each.first < end and first < each.end]
        first = min([first, *(each.first for each in over)])
        self.take(Phrase(first, max([end, *(each.end for each in over)]), "drop"))

    def is_sensitive(self, first: int, end: int) -> bool:
        """Whether any of some tokens gives somebody away."""
        return any(self.t.tags[at] in SENSITIVE or self.t.kinds[at] for at in range(first, end))


def described(tagged: Tagged, first: int, end: int, role: Role, *, noun: int = -1) -> Phrase:
    """A phrase with what its words claim."""
    phrase = Phrase(first, end, role, noun=noun)
    phrase.article = tagged.word(first) if tagged.word(first) in _ARTICLES else ""
    for at in range(first, end):
        _claim(tagged, phrase, at)
    return phrase


def _claim(tagged: Tagged, phrase: Phrase, at: int) -> None:
    word, tag = tagged.words[at], tagged.tags[at]
    if tag == Tag.AGE:
        unit = word in {"months", "weeks", "days", "month", "week"}
        years = years_in(f"{tagged.word(at - 1)} {word}" if unit else word)
        phrase.group = age_group(years) if years is not None else phrase.group
    elif tag == Tag.COUNT and word in YEARS and not phrase.count:
        phrase.count = YEARS[word]
    elif tag == Tag.NAME and not phrase.gender and phrase.noun < 0:
        phrase.gender = lexicon().gender(word)
    elif word in PERSON_WORDS and tag in {Tag.PERSON, Tag.RELATION, Tag.OCCUPATION}:
        claim = PERSON_WORDS[word]
        phrase.gender, phrase.plural = claim.gender or phrase.gender, claim.plural or phrase.plural
        phrase.ages = claim.ages or phrase.ages
    elif tag in {Tag.RELATION, Tag.TITLE, Tag.OCCUPATION}:
        _claim_of_role(phrase, word, tag)
    if tag != Tag.AGE:
        phrase.group = _GROUPS.get(word, phrase.group)


def _claim_of_role(phrase: Phrase, word: str, tag: str) -> None:
    for gender in ("female", "male"):
        if lexicon().is_in(word, f"relations.{gender}", f"titles.{gender}"):
            phrase.gender = gender
    phrase.plural |= tag == Tag.RELATION and word.endswith("s") and word not in {"boss", "gramps", "sis", "pops"}

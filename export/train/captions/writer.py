"""What a pair is written with: pieces that have words for the private caption and words for the public one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from export.train.captions.attributes import attributes
from export.train.captions.fill import Filler, Slot, article
from export.train.captions.lexicon import Lexicon
from export.train.captions.spoken import agreeing, pronouns
from pyanon.captions.describe import AGES, GENDERS, general
from pyanon.texts import Kind, Portrait

__all__ = ["Piece", "Spoken", "Writer", "capital", "noun_for"]

#: How often people of each age group are spoken of where words do not say.
_USUAL = (1, 3, 3, 10, 6, 5)


@dataclass(frozen=True)
class Piece:
    """A part of a caption.

    Attributes:
        private: What was written.
        public: What may be said.
        kind: What the private words give away.
        person: Number of the person they speak of, or -1.
    """

    private: str
    public: str
    kind: Kind | None = None
    person: int = -1


@dataclass
class Spoken:
    """Somebody whom a caption speaks of.

    Attributes:
        filler: Words for them.
        portrait: How they look in the picture now; None: nobody is known there.
        gender: What the plain caption's words claim.
        plural: Whether these are several.
    """

    filler: Filler
    portrait: Portrait | None
    gender: str = ""
    plural: bool = False


@dataclass
class Writer:
    """Puts pieces one after the other.

    Attributes:
        dice: What all is drawn by.
        lexicon: Where words come from.
        people: Who was spoken of, in order.
        pieces: What was put.
    """

    dice: random.Random
    lexicon: Lexicon
    people: list[Spoken] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        """True as often as a share."""
        return self.dice.random() < share

    def somebody(self, gender: str = "", ages: Sequence[str] = (), *, plural: bool = False) -> Spoken:
        """Somebody new; a gender and age groups that words claim are theirs."""
        group = self.dice.choice(ages) if ages else self.dice.choices(AGES, _USUAL)[0]
        filler = Filler(self.lexicon, self.dice, gender or self.dice.choice(GENDERS), group)
        portrait = self._portrait(filler)
        if plural and portrait is not None and self.chance(0.3):
            portrait = Portrait()
        self.people.append(Spoken(filler, portrait, gender, plural))
        return self.people[-1]

    def _portrait(self, filler: Filler) -> Portrait | None:
        """Who is in the picture now: mostly nobody known or somebody alike, now and then somebody else."""
        shown = (
            (0.35, None),
            (0.70, Portrait(filler.gender, filler.group)),
            (0.76, Portrait(filler.gender, "")),
            (0.83, Portrait()),
            (0.87, Portrait("", filler.group)),
            (1.00, Portrait(self.dice.choice(GENDERS), self.dice.choice(AGES))),
        )
        roll = self.dice.random()
        return next(portrait for below, portrait in shown if roll < below)

    def put(self, text: str, public: str | None = None, *, kind: Kind | None = None, person: int = -1) -> None:
        """A piece; its public words are the same unless they are given."""
        if text or public:
            self.pieces.append(Piece(text, text if public is None else public, kind, person))

    def put_slots(self, slots: Iterable[Slot], public: str, *, person: int = -1) -> None:
        """Private words, whose public words stand in the place of the first."""
        for slot in slots:
            self.put(slot.text, public, kind=slot.kind, person=person)
            public = ""

    def put_dropped(self, form: str, left: str = "") -> None:
        """Words that go; ``{site}`` in what is left is the kind of the named place."""
        filler = self.people[-1].filler if self.people else self._nobody()
        slots = filler.fill(form)
        site = filler.said.get("site", "")
        self.put_slots(slots, left.replace("{site}", f"{article(site)} {site}"))

    def _nobody(self) -> Filler:
        return Filler(self.lexicon, self.dice, self.dice.choice(GENDERS), self.dice.choices(AGES, _USUAL)[0])

    def put_between(self, text: str, start: int, end: int, one: int) -> None:
        """Words between people: colours of clothes and hair go, pronouns agree with person ``one``, if not -1."""
        pieces = {(a, b): Piece(text[a:b], "", "attribute") for a, b in attributes(text, start, end)}
        if one >= 0:
            pieces |= self._pronouns(text, start, end, one)
        at = start
        for (a, b), piece in sorted(pieces.items(), key=lambda each: each[0]):
            if a >= at:
                self.put(text[at:a])
                self.pieces.append(piece)
                at = b
        self.put(text[at:end])

    def _pronouns(self, text: str, start: int, end: int, one: int) -> dict[tuple[int, int], Piece]:
        spoken, found = self.people[one], {}
        for each in pronouns(text):
            if start <= each.start and each.end <= end:
                portrait = spoken.portrait if spoken.gender in {"", each.gender} else None
                public = agreeing(each, portrait)
                public = public.capitalize() if text[each.start].isupper() else public
                # Whoever reads captions may or may not know of whom a pronoun speaks.
                person = one if self.chance(0.5) else -1
                found[each.start, each.end] = Piece(text[each.start : each.end], public, None, person)
        return found

    def say(self, index: int, public: str) -> None:
        """Gives a piece that was put other public words."""
        self.pieces[index] = replace(self.pieces[index], public=public)


def capital(text: str, *, first: bool) -> str:
    """A text with a capital, if it comes first."""
    return text[:1].upper() + text[1:] if first else text


def noun_for(spoken: Spoken, *, plural: bool = False) -> str:
    """The general word for somebody: as they look now, else as the private words claimed."""
    said = spoken.filler.said
    looks = spoken.portrait or Portrait(said.get("gender", said.get("named", "")), said.get("age", ""))
    return general(looks.gender, looks.age, plural=plural)

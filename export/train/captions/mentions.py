"""People put into captions by grammar: names, relations, ages, ... in the place of general words, or around them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from export.train.captions.fill import Slot, article
from export.train.captions.forms import any_of, changes, forms
from export.train.captions.spoken import AGED, GENDERED, GONE, Person, claimed, people, phrase, pronouns
from export.train.captions.writer import Spoken, Writer, capital, noun_for
from pyanon.captions.describe import PERSON_WORDS, general, plural_of
from pyanon.texts import Portrait

__all__ = ["put_belonging", "put_person", "put_somebody"]

_INDEFINITE = {"", "a", "an", "the", "this", "that", "one", "another", "his", "her", "their", "the other"}
_TOGETHER = {"couple", "family"}
_LEADS = re.compile(
    r"(?:^|[,.;:(]|\b(?:and|with|of|by|at|for|to|while|as|from|behind|near|beside|on|is|are|than|or|but))\s*$", re.I
)
_GONE = re.compile(any_of(GONE), re.IGNORECASE)
_COUNTS = ("", "one", "two", "three", "four", "five")


@dataclass(frozen=True)
class _Place:
    """Where somebody is put: the caption, the person there, and whether the caption begins with a capital there."""

    text: str
    person: Person
    first: bool

    @property
    def follows(self) -> str:
        return self.text[self.person.end : self.person.end + 1]

    @property
    def det(self) -> str:
        return self.text[self.person.start : self.person.start + len(self.person.det)]

    @property
    def bare(self) -> str:
        return self.text[self.person.start + len(self.person.det) : self.person.end].strip()

    def opened(self, form: str) -> str:
        """A form without what would stand before a mark or the end."""
        closed = self.follows in {"", ",", ".", ";", ")", "'"}
        return form.rstrip(",").removesuffix(" -").removesuffix(" --") if closed else form


def put_person(writer: Writer, text: str, person: Person, *, private: bool, first: bool) -> None:
    """One person of a plain caption, with private words or as they are."""
    spoken = writer.somebody(*claimed(person), plural=person.plural)
    place = _Place(text, person, first)
    if not private:
        _put_kept(writer, place, "{np}")
    elif person.plural:
        _put_many(writer, place)
    elif _is_alone(place) and writer.chance(0.62):
        spoken.filler.said["named"] = _said_by_pronouns(text, person)
        _put_named(writer, place.opened(writer.dice.choice(forms("naming"))), first=first)
    else:
        _put_kept(writer, place, place.opened(writer.dice.choice(forms("keeping"))))
    if private and place.follows not in {",", "'", "-"} and not person.plural and writer.chance(0.14):
        _put_worn(writer, place, spoken)


def put_belonging(writer: Writer) -> None:
    """Somebody at the end of a caption."""
    before, _, after = writer.dice.choice(forms("belonging")).partition("{mention}")
    writer.put(before)
    put_somebody(writer, closed=not after or after[0] == "'")
    writer.put(after)


def put_somebody(writer: Writer, *, first: bool = False, closed: bool = True) -> None:
    """Somebody of whom the plain caption knew nothing."""
    writer.somebody()
    short = (
        "{name}",
        "{name}",
        "my {kin}",
        "{owner} {kin}",
        "my {kin} {name}",
        "{other}'s {kin}",
        "{owner} {kin} {name}",
    )
    form = writer.dice.choice(short if first or writer.chance(0.6) else forms("naming"))
    _put_named(writer, form.rstrip(",").removesuffix(" -").removesuffix(" --") if closed else form, first=first)


def _is_alone(place: _Place) -> bool:
    """Whether a name can stand in the place of somebody: nothing else belongs to the noun."""
    person = place.person
    if person.noun in _TOGETHER or person.det not in _INDEFINITE:
        return False
    return bool(person.det) or bool(_LEADS.search(place.text[: person.start]))


def _said_by_pronouns(text: str, person: Person) -> str:
    """The gender that the pronouns after somebody say, if nobody else is spoken of before them."""
    until = next((each.start for each in people(text) if each.start >= person.end), len(text))
    return next((each.gender for each in pronouns(text) if person.end <= each.start < until), "")


def _capitalised(slots: list[Slot], *, first: bool) -> list[Slot]:
    return [replace(slots[0], text=capital(slots[0].text, first=first)), *slots[1:]] if slots else slots


def _put_named(writer: Writer, form: str, *, first: bool) -> None:
    """Private words in the place of somebody."""
    if writer.chance(0.04):
        _put_list(writer, writer.dice.choice((2, 2, 3)), first=first)
        return
    spoken, index = writer.people[-1], len(writer.people) - 1
    by_pronouns = spoken.filler.said.pop("named", "")
    slots = _capitalised(spoken.filler.fill(form), first=first)
    if by_pronouns:
        spoken.filler.said.setdefault("named", by_pronouns)
    noun = noun_for(spoken)
    det = "the" if form.startswith("the ") else article(noun)
    writer.put_slots(slots, capital(f"{det} {noun}", first=first), person=index)


def _put_many(writer: Writer, place: _Place) -> None:
    """Several people: with private words around them, as a list of names, or as somebody's relations."""
    form, first = place.opened(writer.dice.choice(forms("many"))), place.first
    if "{np}" in form or "{bare}" in form or place.person.noun in _TOGETHER:
        _put_kept(writer, place, form if "{np}" in form or "{bare}" in form else "{np}")
    elif writer.chance(0.55):
        _put_list(writer, writer.dice.choice((2, 2, 2, 3, 3, 4)), first=first)
    else:
        spoken, index = writer.people[-1], len(writer.people) - 1
        slots = _capitalised(spoken.filler.fill(form), first=first)
        writer.put_slots(slots, capital(noun_for(spoken, plural=True), first=first), person=index)


def _put_list(writer: Writer, count: int, *, first: bool) -> None:
    """``Anna, Tom and Mia``: each with a portrait, said in general words as a whole; the first is there already."""
    nouns: list[str] = []
    begun = len(writer.pieces)
    for index in range(count):
        spoken = writer.somebody() if index else writer.people[-1]
        if index:
            last = writer.dice.choice((" and ", " and ", ", and " if count > 2 else " and ", " & "))
            writer.put(last if index == count - 1 else ", ", "")
        slots = _capitalised(spoken.filler.fill(writer.dice.choice(forms("listed"))), first=first and not index)
        writer.put_slots(slots, "", person=len(writer.people) - 1)
        nouns.append(noun_for(spoken))
    writer.say(begun, capital(_counted(nouns), first=first))


def _counted(nouns: Sequence[str]) -> str:
    """``two women and a man``; of more than three kinds, so many people."""
    counts = Counter(nouns)
    if len(counts) > 3:
        return f"{_COUNTS[len(nouns)]} people"
    said = [f"{article(n)} {n}" if count == 1 else f"{_COUNTS[count]} {plural_of(n)}" for n, count in counts.items()]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _put_kept(writer: Writer, place: _Place, form: str) -> None:
    """Private words around those of the caption, which stay as far as they agree."""
    spoken, index = writer.people[-1], len(writer.people) - 1
    bare, det = place.bare, place.det
    if "{bare}" in form and ("years" in form or "spelled" in form):
        bare = " ".join(word for word in bare.split() if word.lower() not in AGED)
    form = form if det else form.removeprefix("{det} ")
    starts = not det and not form.startswith(("{np}", "{bare}"))
    slots = spoken.filler.fill(form, {name: Slot(f"\0{name}") for name in ("np", "det", "bare")})
    slots = _capitalised(slots, first=starts and place.first)
    public = _public(place.person, spoken)
    said = {"\0np": f"{det} {public}" if det else public, "\0det": f"{det} ", "\0bare": public}
    words = {"\0np": place.text[place.person.start : place.person.end], "\0det": det}
    words["\0bare"] = bare[:1].lower() + bare[1:] if starts else bare
    for at, slot in enumerate(slots):
        text = words.get(slot.text, slot.text)
        if slot.text == "\0det" and det.lower() in {"a", "an"}:
            following = "".join(words.get(each.text, each.text) for each in slots[at + 1 :]).strip()
            text = capital(article(following), first=det[0].isupper())
        if slot.text == "\0np" and any(each in place.person.before for each in GONE):
            _put_np(writer, place, said["\0np"])
        else:
            writer.put(text, said.get(slot.text, "" if slot.text.strip() else " "), kind=slot.kind, person=index)


def _public(person: Person, spoken: Spoken) -> str:
    """What stays of the words for somebody; where years were said, a general word that says about how old."""
    word, portrait = PERSON_WORDS.get(person.noun), spoken.portrait
    if "age" not in spoken.filler.said or word is None or (portrait is not None and not portrait.age):
        return phrase(person, portrait)
    kept = [each for each in person.before if each not in AGED and each not in GONE and each not in GENDERED]
    looks = portrait or Portrait(claimed(person)[0], spoken.filler.group)
    return " ".join([*kept, general(looks.gender, looks.age, plural=word.plural)])


def _put_np(writer: Writer, place: _Place, public: str) -> None:
    """A person whose words say hair or descent: these words are private pieces of their own."""
    index, at = len(writer.people) - 1, 0
    rest = place.text[place.person.start + len(place.person.det) : place.person.end]
    writer.put(place.det, public, person=index)
    for found in _GONE.finditer(rest):
        writer.put(rest[at : found.start()], "", person=index)
        writer.put(found[0], "", kind="attribute", person=index)
        at = found.end()
    writer.put(rest[at:], "", person=index)


def _put_worn(writer: Writer, place: _Place, spoken: Spoken) -> None:
    """Clothes, hair and marks after somebody, where the caption has none of its own there."""
    if re.match(r"\s+(in|with|wear|wearing|wears|dressed)\b", place.text[place.person.end :]):
        return
    closed = writer.pieces[-1].private.endswith(",")
    form, left = writer.dice.choice(changes("worn"))
    said = replace(spoken.filler, dice=random.Random(writer.dice.random())).fill(form)
    writer.put(" ", " " if left else "")
    if not left:
        writer.put_slots(said, "")
    else:
        for slot in said:
            writer.put(slot.text, "" if slot.kind == "attribute" else slot.text, kind=slot.kind)
    if closed:
        writer.put(",", "")

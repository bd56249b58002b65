"""Pairs of captions to learn from: what was private, and what of it may be public, by construction.

A plain caption is taken apart into pieces; each piece has words for the private caption and words for the public one.
People who are put in by grammar (`export.train.captions.forms`) are private pieces whose public words are general.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from export.train.captions.attributes import attributes
from export.train.captions.fill import Filler, Slot, article
from export.train.captions.forms import AT_END, BEFORE, BELONGING, KEEPING, MANY, NAMING, SENTENCES, SITES, WITH
from export.train.captions.lexicon import Lexicon, lexicon
from export.train.captions.people import AGED, GENDERED, GONE, Person, agreeing, claimed, people, phrase, pronouns
from pyanon.captions.describe import AGES, GENDERS, PERSON_WORDS, general, plural_of
from pyanon.texts import Kind, Portrait, Span

__all__ = ["Pair", "pairs"]

#: How often nothing private is put in.
PLAIN = 0.1
_INDEFINITE = {"", "a", "an", "the", "this", "that", "one", "another", "his", "her", "their", "the other"}


@dataclass(frozen=True)
class Pair:
    """A private caption and its public one.

    Attributes:
        private: What was written.
        public: What may be said.
        faces: First character, the character after the last, and who is there, for each part that speaks of somebody.
        spans: What the private caption gives away.
    """

    private: str
    public: str
    faces: tuple[tuple[int, int, Portrait | None], ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class _Piece:
    private: str
    public: str
    kind: Kind | None = None
    person: int = -1


@dataclass
class _Writer:
    """What one caption is written with."""

    dice: random.Random
    lexicon: Lexicon
    portraits: list[Portrait | None] = field(default_factory=list)
    genders: list[str] = field(default_factory=list)
    pieces: list[_Piece] = field(default_factory=list)
    filler: Filler | None = None
    capital: bool = False

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def new_filler(self, gender: str, ages: tuple[str, ...]) -> Filler:
        group = self.dice.choice(ages) if ages else self.dice.choices(AGES, (1, 3, 3, 10, 6, 5))[0]
        return Filler(self.lexicon, self.dice, gender or self.dice.choice(GENDERS), group)

    def portrait(self, filler: Filler) -> Portrait | None:
        """Who is in the picture now: mostly somebody alike, or nobody is known."""
        roll = self.dice.random()
        if roll < 0.35:
            return None
        if roll < 0.7:
            return Portrait(filler.gender, filler.group)
        if roll < 0.76:
            return Portrait(filler.gender, "")
        if roll < 0.83:
            return Portrait()
        if roll < 0.87:
            return Portrait("", filler.group)
        return Portrait(self.dice.choice(GENDERS), self.dice.choice(AGES))

    def put(self, text: str, public: str | None = None, *, person: int = -1) -> None:
        if text or public:
            self.pieces.append(_Piece(text, text if public is None else public, None, person))

    def put_slots(self, slots: Iterable[Slot], public: str, *, person: int = -1) -> None:
        """Private words, whose public words stand in the place of the first."""
        for slot in slots:
            self.pieces.append(_Piece(slot.text, public, slot.kind, person))
            public = ""


def pairs(caption: str, *, dice: random.Random, words: Lexicon | None = None) -> Pair:
    """A pair made of a plain caption; the same for the same dice."""
    writer = _Writer(dice, words or lexicon(), capital=caption[:1].isupper())
    private = not writer.chance(PLAIN)
    if private and writer.chance(0.05):
        form = writer.dice.choice(BEFORE)
        _put_dropped(writer, form, "in a town, " if form == "In {town}, " else "")
        caption = caption[:1].lower() + caption[1:] if form.endswith(", ") else caption
    found, starts = list(people(caption)), caption[:1].isupper()
    body, end = (caption[:-1].rstrip(), caption[-1:]) if caption[-1:] in ".!?" else (caption, "")
    if found:
        _put_people(writer, body, found, private=private, starts=starts)
    else:
        _put_things(writer, body, private=private)
    if private and writer.chance(0.13):
        _put_dropped(writer, *(writer.dice.choice(SITES) if writer.chance(0.3) else (writer.dice.choice(AT_END),)))
    writer.put(end)
    if private and writer.chance(0.14):
        writer.put("" if end else writer.dice.choice(("", ".")))
        _put_dropped(writer, " " + writer.dice.choice(SENTENCES))
    return _styled(writer)


def _put_dropped(writer: _Writer, form: str, left: str = "") -> None:
    filler = writer.filler or writer.new_filler("", ())
    slots = filler.fill(form)
    site = filler.said.get("site", "")
    writer.put_slots(slots, left.replace("{site}", f"{article(site)} {site}"))


def _put_people(writer: _Writer, text: str, found: list[Person], *, private: bool, starts: bool) -> None:
    """A caption of people: each may be put in with private words; pronouns follow the last who may be meant."""
    at, one = 0, -1
    for person in found:
        one = _put_between(writer, text, at, person.start, one)
        at = _put_person(writer, text, person, private=private and writer.chance(0.62), first=starts and not person.start)
        one = one if person.plural and person.noun not in {"couple"} else len(writer.portraits) - 1
        if person.plural:
            one = -1
    _put_between(writer, text, at, len(text), one)


def _put_between(writer: _Writer, text: str, start: int, end: int, one: int) -> int:
    """Words between people: colours of clothes and hair go, pronouns agree with person ``one``."""
    changes = [(a, b, public, -1) for a, b, public in attributes(text, start, end)]
    portrait = writer.portraits[one] if one >= 0 else None
    if one >= 0:
        for each in pronouns(text):
            if start <= each.start and each.end <= end and not any(a < each.end and each.start < b for a, b, _, _ in changes):
                marked = one if writer.chance(0.5) else -1
                a, b, public = each.start, each.end, agreeing(each, portrait if writer.genders[one] in {"", each.gender} else None)
                public = public.capitalize() if text[a].isupper() else public
                changes.append((a, b, public, marked))
    at = start
    for a, b, public, marked in sorted(changes):
        writer.put(text[at:a])
        kind: Kind | None = "attribute" if public == "" or len(public) < b - a - 2 else None
        writer.pieces.append(_Piece(text[a:b], public, kind if marked < 0 and not public else None, marked))
        at = b
    writer.put(text[at:end])
    return one


def _put_person(writer: _Writer, text: str, person: Person, *, private: bool, first: bool) -> int:
    """One person; returns where the caption goes on."""
    gender, ages = claimed(person)
    filler = writer.filler = writer.new_filler(gender, ages)
    portrait = writer.portrait(filler)
    index = len(writer.portraits)
    if person.plural and portrait is not None and writer.chance(0.3):
        portrait = Portrait()
    writer.portraits.append(portrait)
    writer.genders.append(gender)
    follows = text[person.end : person.end + 1]
    closed = follows in {"", ",", ".", ";", ")", "'"}
    if not private:
        _put_kept(writer, text, person, "{np}", portrait=portrait, closed=closed)
    elif person.plural:
        _put_many(writer, text, person, portrait=portrait, closed=closed, first=first)
    elif _alone(text, person) and writer.chance(0.62):
        _put_named(writer, writer.dice.choice(NAMING), portrait=portrait, closed=closed, first=first)
    else:
        _put_kept(writer, text, person, writer.dice.choice(KEEPING), portrait=portrait, closed=closed)
    if private and follows not in {",", "'", "-"} and not person.plural and writer.chance(0.14):
        _put_with(writer, text, person, index)
    return person.end


_LEADS = re.compile(r"(?:^|[,.;:(]|\b(?:and|with|of|by|at|for|to|while|as|from|behind|near|beside|on|is|are|than|or|but))\s*$", re.I)


def _alone(text: str, person: Person) -> bool:
    """Whether a name can stand in the place of somebody: nothing else belongs to the noun."""
    if person.noun in {"couple", "family"} or person.det not in _INDEFINITE:
        return False
    return bool(person.det) or bool(_LEADS.search(text[: person.start]))


def _opened(form: str, *, closed: bool) -> str:
    return form.rstrip(",").removesuffix(" -").removesuffix(" --") if closed else form


def _capital(slots: list[Slot], *, first: bool) -> list[Slot]:
    if first and slots:
        slots[0] = replace(slots[0], text=slots[0].text[:1].upper() + slots[0].text[1:])
    return slots


def _put_named(writer: _Writer, form: str, *, portrait: Portrait | None, closed: bool, first: bool) -> None:
    """Private words in the place of somebody."""
    filler = writer.filler
    if filler is None:
        return
    if writer.chance(0.04):
        form = "{name} and {other}"
        two = filler.fill(form)
        writer.put_slots(_capital(two, first=first), "", person=len(writer.portraits) - 1)
        public = _general(filler, portrait) + " and a person"
    else:
        slots = _capital(filler.fill(_opened(form, closed=closed)), first=first)
        writer.put_slots(slots, "", person=len(writer.portraits) - 1)
        public = _general(filler, portrait)
    _set_public(writer, public[:1].upper() + public[1:] if first else public)


def _set_public(writer: _Writer, public: str) -> None:
    """Gives the public words to the first piece of the person who was put last."""
    last = len(writer.portraits) - 1
    index = next(i for i, piece in enumerate(writer.pieces) if piece.person == last)
    writer.pieces[index] = replace(writer.pieces[index], public=public)


def _general(filler: Filler, portrait: Portrait | None, *, plural: bool = False) -> str:
    said = filler.said
    looks = portrait or Portrait(said.get("gender", said.get("named", "")), said.get("age", ""))
    gender, age = looks.gender, looks.age
    noun = general(gender, age, plural=plural)
    return noun if plural else f"{article(noun)} {noun}"


def _put_many(
    writer: _Writer, text: str, person: Person, *, portrait: Portrait | None, closed: bool, first: bool
) -> None:
    form = writer.dice.choice(MANY)
    if "{np}" in form or "{bare}" in form or person.noun in {"couple", "family"}:
        form = form if "{np}" in form or "{bare}" in form else "{np}"
        _put_kept(writer, text, person, form, portrait=portrait, closed=closed)
        return
    filler = writer.filler
    if filler is None:
        return
    slots = _capital(filler.fill(_opened(form, closed=closed)), first=first)
    index = len(writer.portraits) - 1
    if form == "{first} and {first}" or form.startswith("{first}") and form.count("{first}") == 2:
        _put_two(writer, slots, filler, portrait, first=first)
        return
    public = _general(filler, portrait, plural=True)
    writer.put_slots(slots, public[:1].upper() + public[1:] if first else public, person=index)


def _put_two(writer: _Writer, slots: list[Slot], filler: Filler, portrait: Portrait | None, *, first: bool) -> None:
    """``Anna and Tom``: two people, each with a portrait."""
    cut = next(i for i, slot in enumerate(slots) if slot.text.strip() == "and")
    second = writer.portrait(writer.new_filler("", ()))
    index = len(writer.portraits) - 1
    one = _general(filler, portrait)
    writer.put_slots(slots[:cut], one[:1].upper() + one[1:] if first else one, person=index)
    writer.put(slots[cut].text)
    writer.portraits.append(second)
    writer.genders.append("")
    writer.put_slots(slots[cut + 1 :], _general(filler, second), person=index + 1)


def _put_kept(
    writer: _Writer, text: str, person: Person, form: str, *, portrait: Portrait | None, closed: bool
) -> None:
    """Private words around those of the caption."""
    filler = writer.filler
    if filler is None:
        return
    index, public = len(writer.portraits) - 1, phrase(person, portrait)
    det = text[person.start : person.start + len(person.det)]
    bare = text[person.start + len(person.det) : person.end].strip()
    if "{bare}" in form:
        bare = " ".join(word for word in bare.split() if word.lower() not in AGED) if "years" in form or "spelled" in form else bare
        if not det:
            form = form.removeprefix("{det} ")
            form = form if not person.start else form
    marks = {"np": Slot("\0np"), "det": Slot("\0det"), "bare": Slot("\0bare")}
    slots = filler.fill(_opened(form, closed=closed), marks)
    public = _aged(filler, person, portrait, public)
    words = {"\0np": text[person.start : person.end], "\0det": det, "\0bare": bare}
    shown = {"\0np": _joined(det, public), "\0det": det, "\0bare": public}
    if not det and slots[0].text not in words:
        slots = _capital(slots, first=not person.start and text[:1].isupper())
        words["\0bare"] = bare[:1].lower() + bare[1:]
    for i, slot in enumerate(slots):
        said = words.get(slot.text, slot.text)
        if slot.text == "\0det" and det.lower() in {"a", "an"}:
            said = _like(article("".join(words.get(each.text, each.text) for each in slots[i + 1 :]).strip()), det)
        elif slot.text == "\0np" and any(each in person.before for each in GONE):
            _put_np(writer, text, person, public)
            continue
        writer.pieces.append(_Piece(said, shown.get(slot.text, " " if not slot.text.strip() else ""), slot.kind, index))
        if slot.text == "\0det":
            writer.pieces[-1] = replace(writer.pieces[-1], public=det + " ")


def _aged(filler: Filler, person: Person, portrait: Portrait | None, public: str) -> str:
    """The words for somebody whose age was said in years: a general word says about how old they look."""
    word = PERSON_WORDS.get(person.noun)
    if "age" not in filler.said or word is None or (portrait is not None and not portrait.age):
        return public
    kept = [each for each in person.before if each not in AGED and each not in GONE and each not in GENDERED]
    looks = portrait or Portrait(claimed(person)[0], filler.group)
    return " ".join([*kept, general(looks.gender, looks.age, plural=word.plural)])


def _put_np(writer: _Writer, text: str, person: Person, public: str) -> None:
    """A person whose words say hair or descent: these words are private pieces of their own."""
    index, det = len(writer.portraits) - 1, text[person.start : person.start + len(person.det)]
    rest, at = text[person.start + len(person.det) : person.end], 0
    writer.put(det, _joined(det, public), person=index)
    for found in re.finditer("|".join(re.escape(each) for each in sorted(GONE, key=len, reverse=True)), rest, re.IGNORECASE):
        writer.put(rest[at : found.start()], "", person=index)
        writer.pieces.append(_Piece(found[0], "", "attribute", index))
        at = found.end()
    writer.put(rest[at:], "", person=index)


def _joined(det: str, public: str) -> str:
    return f"{det} {public}" if det else public


def _like(word: str, example: str) -> str:
    return word.capitalize() if example[:1].isupper() else word


def _put_with(writer: _Writer, text: str, person: Person, index: int) -> None:
    """Clothes, hair and marks after somebody, where the caption has none of its own there."""
    if re.match(r"\s+(in|with|wear|wearing|wears|dressed)\b", text[person.end :]) or writer.filler is None:
        return
    last = writer.pieces[-1].private
    form, left = writer.dice.choice(WITH)
    same = random.Random(writer.dice.random())  # noqa: S311 - nothing secret
    state = same.getstate()
    said = replace(writer.filler, dice=same).fill(form)
    kinds = {slot.text: slot.kind for slot in said}
    writer.put(" ", " " if left else "")
    if not left or form == left:
        writer.put_slots(said, "" if not left else "".join(slot.text for slot in said))
    else:
        for slot in said:
            writer.pieces.append(_Piece(slot.text, "" if kinds[slot.text] == "attribute" else slot.text, slot.kind))
    same.setstate(state)
    if last.endswith(",") and index >= 0:
        writer.put(",", "")


_SUBJECT = re.compile(r"^(An?|The|One)\s+(?!(?:group|close|view|bunch|couple|number|lot|picture|photo|row|pair|few)\b)(?=[a-z])")


def _put_things(writer: _Writer, text: str, *, private: bool) -> None:
    """A caption without people, which may get one."""
    start = 0
    found = _SUBJECT.match(text)
    if private and found and writer.chance(0.22):
        _put_somebody(writer, first=True)
        writer.put("'s ")
        start = found.end()
    _put_between(writer, text, start, len(text), -1)
    if private and not start and writer.chance(0.25):
        before, after = writer.dice.choice(BELONGING).split("{mention}")
        writer.put(before)
        _put_somebody(writer, first=False, closed=not after or after[0] == "'")
        writer.put(after)


def _put_somebody(writer: _Writer, *, first: bool, closed: bool = True) -> None:
    filler = writer.filler = writer.new_filler("", ())
    portrait = writer.portrait(filler)
    writer.portraits.append(portrait)
    writer.genders.append("")
    forms = ("{name}", "{name}", "my {kin}", "{owner} {kin}", "my {kin} {name}", "{other}'s {kin}", "{owner} {kin} {name}")
    form = writer.dice.choice(forms if first or writer.chance(0.6) else NAMING)
    _put_named(writer, form, portrait=portrait, closed=closed, first=first)


def _styled(writer: _Writer) -> Pair:
    """The pieces as texts, in the style that somebody types in."""
    roll = writer.dice.random()
    pieces = writer.pieces
    lower = roll < 0.13
    if lower:
        pieces = [replace(each, private=each.private.lower(), public=each.public.lower()) for each in pieces]
    elif roll < 0.16:
        pieces = [replace(each, private=each.private.upper(), public=each.public.upper()) for each in pieces]
    elif roll < 0.19:
        pieces = [replace(each, private=_titled(each.private), public=_titled(each.public)) for each in pieces]
    if roll > 0.87 and pieces and pieces[-1].private == pieces[-1].public == ".":
        pieces = pieces[:-1]
    private, faces, spans = "", [], []
    for piece in pieces:
        at = len(private)
        private += piece.private
        if piece.person >= 0 and piece.private:
            begun = faces.pop()[1] if faces and faces[-1][0] == piece.person and faces[-1][2] == at else at
            faces.append((piece.person, begun, len(private)))
        if piece.kind and piece.private.strip():
            spans.append(Span(at, len(private), piece.kind))
    public = _tidy("".join(each.public for each in pieces), private, capital=writer.capital and not lower)
    shown = tuple((a, b, writer.portraits[who]) for who, a, b in faces if private[a:b].strip())
    return Pair(private, public, shown, tuple(spans))


def _titled(text: str) -> str:
    return re.sub(r"(?<![\w'])[a-z]", lambda found: found[0].upper(), text)


_TWICE = re.compile(
    rf"\b(an?) ({'|'.join(sorted({general(g, a) for g in ('', *GENDERS) for a in ('', *AGES)}, key=len, reverse=True))}) and an? \2\b",
    re.IGNORECASE,
)


def _two(found: re.Match[str]) -> str:
    """Two people of the same words."""
    said = f"two {plural_of(found[2].lower())}"
    return said.upper() if found[2].isupper() else _like(said, found[1])


_ARTICLE = re.compile(r"\b([Aa]n?|AN?)( )([\w-]+)")


def _tidy(public: str, private: str, *, capital: bool) -> str:
    """Blanks, commas and articles as they have to be."""
    public = re.sub(r"\s+", " ", public).strip()
    public = re.sub(r"\s+([,.;!?)])", r"\1", public)
    public = re.sub(r"^[,.;:\s]+", "", public)
    public = re.sub(r",+([.,;!?]|$)", r"\1", public)
    public = _TWICE.sub(_two, public)
    low = private.lower()

    def fixed(found: re.Match[str]) -> str:
        if f"{found[0].lower()}" in low:
            return found[0]
        word = article(found[3])
        return ((word.upper() if found[1] == "AN" or (found[1] == "A" and found[3].isupper() and len(found[3]) > 1) else _like(word, found[1])) + found[2] + found[3])

    public = _ARTICLE.sub(fixed, public)
    return public[:1].upper() + public[1:] if capital else public


def many(captions: list[str], *, seed: int, words: Lexicon | None = None) -> Iterator[Pair]:
    """Pairs without end, each of a caption drawn anew."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    while True:
        yield pairs(dice.choice(captions), dice=dice, words=words)

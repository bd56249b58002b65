"""Pairs of captions to learn from: what was private, and what of it may be public, by construction.

A plain caption is taken apart into pieces (`writer`); people who are put in by grammar (`mentions`, ``forms.toml``) are
private pieces whose public words are general, or none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from export.train.captions.fill import article
from export.train.captions.forms import changes, forms, plain
from export.train.captions.lexicon import Lexicon, lexicon
from export.train.captions.mentions import put_belonging, put_person, put_somebody
from export.train.captions.spoken import Pronoun, agreeing, people
from export.train.captions.writer import Piece, Writer, capital
from pyanon.captions.describe import AGES, GENDERS, PERSON_WORDS, general, plural_of
from pyanon.texts import Portrait, Span

__all__ = ["Pair", "pairs", "swapped"]

#: How often nothing private is put in, and else: before a caption, into a person, at the end, as a sentence of its own.
PLAIN, BEFORE, PERSON, AT_END, SENTENCE = 0.1, 0.05, 0.62, 0.13, 0.14
#: How often a sentence follows that stays.
STAYING = 0.06


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


def pairs(caption: str, *, dice: random.Random, words: Lexicon | None = None) -> Pair:
    """A pair made of a plain caption; the same for the same dice."""
    writer = Writer(dice, words or lexicon())
    private = not writer.chance(PLAIN)
    if private and writer.chance(BEFORE):
        form = writer.dice.choice(forms("before"))
        writer.put_dropped(form, "in a town, " if form == "In {town}, " else "")
        caption = caption[:1].lower() + caption[1:] if form.endswith(", ") else caption
    body, end = (caption[:-1].rstrip(), caption[-1:]) if caption[-1:] in ".!?" else (caption, "")
    (_put_people if any(True for _ in people(body)) else _put_things)(writer, body, private=private)
    if private and writer.chance(AT_END):
        writer.put_dropped(*_at_end(writer))
    writer.put(end)
    if writer.chance(STAYING):
        writer.put("" if end else ".")
        _put_staying(writer)
    elif private and writer.chance(SENTENCE):
        writer.put("" if end else writer.dice.choice(("", ".")))
        writer.put_dropped(" " + writer.dice.choice(forms("sentences")))
    return _styled(writer)


def swapped(caption: str, *, dice: random.Random, others: Sequence[str]) -> str:
    """A caption with a few of its words exchanged for any others, so that what is kept need not be known."""
    small = {*plain("small"), *PERSON_WORDS}
    found = [each for each in re.finditer(r"\b[a-z]{4,}\b", caption) if each[0] not in small]
    for each in sorted(dice.sample(found, min(len(found), dice.randint(1, 3))), key=lambda each: -each.start()):
        caption = caption[: each.start()] + dice.choice(others) + caption[each.end() :]
    return caption


def _at_end(writer: Writer) -> tuple[str, str]:
    return writer.dice.choice(changes("sites")) if writer.chance(0.3) else (writer.dice.choice(forms("at_end")), "")


def _put_people(writer: Writer, text: str, *, private: bool) -> None:
    """A caption of people: each may be put in with private words; pronouns follow the last who may be meant."""
    at, one = 0, -1
    for person in people(text):
        writer.put_between(text, at, person.start, one)
        first = text[:1].isupper() and not person.start
        put_person(writer, text, person, private=private and writer.chance(PERSON), first=first)
        at, one = person.end, -1 if person.plural else len(writer.people) - 1
    writer.put_between(text, at, len(text), one)
    if private and writer.chance(0.08):
        put_belonging(writer)


_SUBJECT = re.compile(
    r"^(An?|The|One)\s+(?!(?:group|close|view|bunch|couple|number|lot|picture|photo|row|pair|few)\b)(?=[a-z])"
)


def _put_things(writer: Writer, text: str, *, private: bool) -> None:
    """A caption without people, which may get one."""
    start = 0
    found = _SUBJECT.match(text)
    if private and found and writer.chance(0.22):
        put_somebody(writer, first=True)
        writer.put("'s ")
        start = found.end()
    writer.put_between(text, start, len(text), -1)
    if private and not start and writer.chance(0.25):
        put_belonging(writer)


def _put_staying(writer: Writer) -> None:
    """A sentence that stays, of the one who was spoken of."""
    form = writer.dice.choice(forms("staying"))
    one = writer.people[0] if len(writer.people) == 1 else None
    if "{who}" not in form:
        writer.put(f" {form}")
    elif one is not None and not one.plural and one.gender in {"", one.filler.gender}:
        spoken = Pronoun(0, 0, "subject", one.filler.gender)
        writer.put(" ")
        writer.put(agreeing(spoken, None).capitalize(), agreeing(spoken, one.portrait).capitalize(), person=0)
        writer.put(form.removeprefix("{who}"))


def _styled(writer: Writer) -> Pair:
    """The pieces as texts, in the style that somebody types in: small letters, capitals, no full stop."""
    roll, pieces = writer.dice.random(), writer.pieces
    styles = ((0.13, str.lower), (0.16, str.upper), (0.19, _titled))
    style = next((style for below, style in styles if roll < below), None)
    if style is not None:
        pieces = [replace(each, private=style(each.private), public=style(each.public)) for each in pieces]
    if roll > 0.87 and pieces and pieces[-1].private == pieces[-1].public == ".":
        pieces = pieces[:-1]
    return _joined(pieces, [each.portrait for each in writer.people])


def _joined(pieces: Sequence[Piece], portraits: Sequence[Portrait | None]) -> Pair:
    """The pair that pieces are."""
    private = ""
    faces: list[tuple[int, int, int]] = []
    spans = []
    for piece in pieces:
        at = len(private)
        private += piece.private
        if piece.person >= 0 and piece.private:
            goes_on = bool(faces) and faces[-1][0] == piece.person and faces[-1][2] == at
            faces.append((piece.person, faces.pop()[1] if goes_on else at, len(private)))
        if piece.kind and piece.private.strip():
            spans.append(Span(at, len(private), piece.kind))
    public = _tidy("".join(each.public for each in pieces), private)
    shown = tuple((a, b, portraits[who]) for who, a, b in faces if private[a:b].strip())
    big = next((letter.isupper() for letter in private if letter.isalpha()), False)
    return Pair(private, capital(public, first=big), shown, tuple(spans))


def _titled(text: str) -> str:
    return re.sub(r"(?<![\w'])[a-z]", lambda found: found[0].upper(), text)


_GENERAL = sorted({general(gender, age) for gender in ("", *GENDERS) for age in ("", *AGES)}, key=len, reverse=True)
_TWICE = re.compile(rf"\b(an?) ({'|'.join(_GENERAL)}) and an? \2\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b([Aa]n?|AN)( )([\w-]+)")
_BLANKS = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"^[,.;:\s]+"), ""),
    (re.compile(r"\s+([,.;!?)])"), r"\1"),
    (re.compile(r",+([.,;!?]|$)"), r"\1"),
)


def _two(found: re.Match[str]) -> str:
    """Two people of the same words."""
    said = f"two {plural_of(found[2].lower())}"
    return said.upper() if found[2].isupper() else capital(said, first=found[1][0].isupper())


def _tidy(public: str, private: str) -> str:
    """Blanks, commas and articles as they have to be; what somebody wrote stays as it was."""
    for pattern, instead in _BLANKS:
        public = pattern.sub(instead, public)
    low = private.lower()

    def fitting(found: re.Match[str]) -> str:
        if found[0].lower() in low:
            return found[0]
        shouted = found[1] == "AN" or (found[1] == "A" and found[3].isupper() and len(found[3]) > 1)
        word = article(found[3])
        return f"{word.upper() if shouted else capital(word, first=found[1][0].isupper())} {found[3]}"

    return _ARTICLE.sub(fitting, _TWICE.sub(_two, public.strip()))

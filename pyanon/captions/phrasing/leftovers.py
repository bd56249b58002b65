"""What gives somebody away and stands in no phrase yet; and what a phrase takes with it."""

from __future__ import annotations

from pyanon.captions.phrasing.phrase import SENSITIVE, Draft, Phrase
from pyanon.captions.tagging.tags import Tag, listed
from pyanon.texts import Kind

__all__ = ["fill", "leftovers"]

_LEADING, _EMPTY, _LABELS = listed("grammar.leading"), listed("grammar.empty"), listed("grammar.labels")
_BIRTHDAYS = frozenset({"birthday", "bday", "b-day"})
_FILLED = (Tag.OTHER, Tag.OCCUPATION, Tag.TITLE, Tag.UNREAD, Tag.COUNT, Tag.YOUNG, Tag.HAIR, Tag.PEOPLE, Tag.RELATION)


def leftovers(draft: Draft) -> None:
    """Leaves out what is in no phrase, with the words that lead to it: ``call 555-0142``."""
    at = 0
    while at < len(draft.words):
        first = at
        while at < len(draft.words) and not draft.taken[at] and _tells(draft, at):
            at += 1
        if at > first and not _is_word_meant(draft, first, at):
            _leave_out(draft, first, at)
        at += at == first or at < len(draft.words)


def _leave_out(draft: Draft, first: int, end: int) -> None:
    if draft.words[end - 1] in _BIRTHDAYS and not draft.t.has(end, Tag.OTHER):
        draft.take(Phrase(first, end, "place", text="special day"))  # on her 21st birthday
        return
    while first > 0 and not draft.taken[first - 1]:
        abbreviated = draft.words[first - 1] == "." and draft.t.word(first - 2) in {"no", "nr", "reg", "tel"}
        if not abbreviated and draft.words[first - 1] not in _LEADING:
            break
        first -= 1
    draft.drop(first, end)


def _tells(draft: Draft, at: int) -> bool:
    return draft.t.tags[at] in SENSITIVE | {Tag.PEOPLE} or draft.t.kinds[at] is not None


def _is_word_meant(draft: Draft, first: int, end: int) -> bool:
    """Whether nobody could read a word, and the rewrite says what it was meant to be, or a thing."""
    return all(draft.t.has(at, Tag.UNREAD) for at in range(first, end))


def fill(draft: Draft) -> None:
    """What goes together tells together: ``a shark tattooed on her calf``, ``Patient Rafael, peanut allergy``.

    Words between those that give somebody away, in a phrase that goes, are a part of the span.
    """
    for phrase in draft.found:
        if phrase.role != "mention":
            _fill(draft, phrase)


def _fill(draft: Draft, phrase: Phrase) -> None:
    kinds: list[Kind | None] = [draft.t.kinds[at] for at in range(phrase.first, phrase.end)]
    told = [at for at, kind in enumerate(kinds, phrase.first) if kind]
    for offset, at in enumerate(range(phrase.first, phrase.end)):
        word = draft.words[at]
        between = bool(told) and told[0] < at < told[-1] and draft.t.has(at, Tag.IN, Tag.OTHER)
        if kinds[offset] or not draft.t.tokens[at].is_word or not (between or draft.t.has(at, *_FILLED)):
            continue
        if word in _EMPTY or (word in _LABELS and phrase.role == "drop" and not between):
            continue
        draft.t.kinds[at] = _kind(draft, at, kinds, offset)


def _kind(draft: Draft, at: int, kinds: list[Kind | None], offset: int) -> Kind | None:
    """The kind of the nearest word that has one; a job beside a name is a title."""
    if draft.t.has(at, Tag.OCCUPATION, Tag.TITLE) and any(kinds):
        return "title"
    near = sorted(range(len(kinds)), key=lambda other: abs(other - offset))
    return next((kinds[other] for other in near if kinds[other]), None)

"""What somebody is known by: ``with a scar over his eye``, ``who has asthma``; and the colours of their clothes."""

from __future__ import annotations

import re

from pyanon.captions.lexicon import lexicon
from pyanon.captions.phrasing.phrase import Draft
from pyanon.captions.tagging.tags import Tag, listed

__all__ = ["clothes", "mark_end", "marks"]

_LEADS, _WHO = listed("grammar.mark_leads"), listed("grammar.mark_who")
#: How far before a mark the word that leads to it may stand.
_REACH = 6
#: ``on his left arm``, ``across the back``.
_TAIL = re.compile(r"i[dpm]?x{1,3}?(?=[ ,.&iWv!?;)]|$)|D|i[dpm]?x|x{1,2}")


def marks(draft: Draft) -> None:
    """A mark goes from the word that leads to it, to the part of the body that it is on."""
    for index in range(len(draft.words)):
        if draft.t.has(index, Tag.MARKED) and not draft.taken[index]:
            first, end = _first(draft, index), mark_end(draft, index + 1)
            first -= first > 0 and draft.words[first - 1] == "," and not draft.taken[first - 1]
            draft.drop(first, end + _closes(draft, first, end))


def _closes(draft: Draft, first: int, end: int) -> bool:
    """Whether a comma closes what one opened in somebody's words before: ``Ana, a girl with asthma, reads``."""
    before = next((phrase for phrase in draft.found if phrase.end == first), None)
    return before is not None and draft.t.word(end) == "," and "," in draft.words[before.first : before.end]


def _first(draft: Draft, index: int) -> int:
    for at in range(index - 1, max(-1, index - _REACH - 1), -1):
        if draft.taken[at] or draft.t.tags[at] not in "dpxyzhmDi&v-a,Q":
            break
        if draft.words[at] in _LEADS:
            return at - (draft.t.word(at - 1) in _WHO)
        if draft.words[at] == "," and at < index - 1:
            break
    return _without_lead(draft, index)


def _without_lead(draft: Draft, index: int) -> int:
    """``A dragon tattoo covers his arm``: the article and what stands between; ``a tattooed man``: the word alone."""
    if draft.t.has(index + 1, Tag.PERSON, Tag.OCCUPATION):
        return index
    for at in range(index - 1, max(-1, index - 4), -1):
        if draft.taken[at] or not draft.t.has(
            at, Tag.OTHER, Tag.UNREAD, Tag.ARTICLE, Tag.OWN, Tag.COUNT, Tag.MARKED, Tag.YOUNG
        ):
            return index
        if draft.t.has(at, Tag.ARTICLE, Tag.OWN, Tag.COUNT):
            return at
    return index


def mark_end(draft: Draft, end: int) -> int:
    """Where a mark ends, with the part of the body that it is on: ``on his left arm``.

    Args:
        draft: The caption.
        end: The token after the word for the mark.
    """
    while (tail := _TAIL.match(draft.letters, end)) is not None and _is_body(draft, end, tail.end()):
        end = tail.end()
    return _shape_end(draft, end)


def _shape_end(draft: Draft, end: int) -> int:
    """``shaped like a heart on his forehead``: to the part of the body, if nobody does anything before it."""
    body = lexicon().terms["descriptions.body"]
    if draft.t.word(end) not in {"shaped", "of", "in", "that", "like", "running"}:
        return end
    for at in range(end, min(end + 9, len(draft.words))):
        if draft.taken[at] or draft.t.tags[at] not in "xidpyhm" or (at > end and draft.words[at].endswith("ing")):
            return end
        if draft.words[at] in body:
            return at + 1
    return end


def _is_body(draft: Draft, first: int, end: int) -> bool:
    body = lexicon().terms["descriptions.body"]
    return any(draft.t.tags[at] == Tag.MARKED or draft.words[at] in body for at in range(first, end))


def clothes(draft: Draft) -> None:
    """The colours of the clothes and hair of somebody of whom the caption says who it is."""
    if not any(phrase.role == "person" or draft.is_sensitive(phrase.first, phrase.end) for phrase in draft.found):
        return
    for index, word in enumerate(draft.words):
        if draft.t.has(index, Tag.HAIR):
            draft.t.kinds[index] = "attribute"
            if not draft.taken[index]:
                draft.drop(index, index + 1)
        elif lexicon().is_in(word, "descriptions.clothing"):
            first = _colours(draft, index)
            for at in range(first, index):
                draft.t.kinds[at] = "attribute"
            if first < index:
                draft.drop(first, index)


def _colours(draft: Draft, index: int) -> int:
    """Where the colours before a piece of clothing begin: ``dark red and white``."""
    colours = lexicon().terms["descriptions.colours"]
    first = index
    while first > 0 and not draft.taken[first - 1]:
        joined = first < index and draft.words[first - 1] in {"and", ",", "&"} and draft.t.word(first - 2) in colours
        if draft.words[first - 1] not in colours and not joined:
            break
        first -= 1
    return first

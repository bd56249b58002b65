"""Parts of a caption that go as a whole: brackets, credits, ``My aunt Ana, Lyon.`` after the picture was described."""

from __future__ import annotations

from pyanon.captions.lexicon import lexicon
from pyanon.captions.phrasing.phrase import Draft
from pyanon.captions.tagging.tags import Tag, listed

__all__ = ["STOPS", "brackets", "chunks", "segments"]

STOPS = frozenset(".!?;:–—|")
_DASHES = frozenset("-–—|~•·/")
_LABELS = listed("grammar.labels")
#: Words that say something of the picture, from which on a part of a caption stays.
_CONTENT = 4
#: Words of a part between commas that is about somebody's health alone, at most, and of one about somebody of ours.
_HEALTH, _OURS = 8, 5
#: What stands before the verb of a short sentence.
_SUBJECT = (Tag.NAME, Tag.RELATION, Tag.PERSON, Tag.OWN, Tag.TITLE, Tag.YOUNG)


def brackets(draft: Draft) -> None:
    """Brackets with anything private in them go."""
    opened = -1
    for index, word in enumerate(draft.words):
        if word in {"(", "["}:
            opened = index
        elif word in {")", "]"} and opened >= 0:
            general = all(draft.t.has(at, Tag.PERSON, Tag.ARTICLE) for at in range(opened + 1, index))
            if draft.is_sensitive(opened, index) and not general:
                draft.drop(opened, index + 1)
            opened = -1


def _bounds(draft: Draft) -> list[tuple[int, int]]:
    """The segments: what stands between full stops, colons and dashes."""
    cuts, first = [], 0
    for index, token in enumerate(draft.t.tokens):
        dash = token.text in _DASHES and _is_apart(draft, index)
        clock = draft.t.is_written_together(index) and draft.t.is_written_together(index - 1) and token.text == ":"
        if draft.taken[index] or clock:
            continue  # 11:05 is one
        if token.text == "©" or (draft.words[index : index + 3] == ["(", "c", ")"]):
            cuts.append((first, index))
            first = index
        elif dash or (token.text in STOPS and draft.t.tags[index] == token.text):
            cuts.append((first, index))
            first = index + 1
    return [*cuts, (first, len(draft.words))]


def _is_apart(draft: Draft, index: int) -> bool:
    token = draft.t.tokens[index]
    return draft.t.text[token.start - 1 : token.start] == " " or draft.t.text[token.end : token.end + 1] == " "


def segments(draft: Draft) -> None:
    """A part that says who, where or how to reach them, and nothing of the picture, goes."""
    bounds = _bounds(draft)
    content = [_content(draft, *each) for each in bounds]
    named = [any(draft.t.has(at, Tag.NAME, Tag.RELATION) for at in range(*each)) for each in bounds]
    main = max(range(len(bounds)), key=lambda at: (content[at], named[at], -at))
    for at, (first, end) in enumerate(bounds):
        private = draft.is_sensitive(first, end) or _is_label(draft, bounds, at)
        if at != main and first < end and private and content[at] < _CONTENT and not _says(draft, first, end):
            _drop(draft, first, end, main_first=bounds[main][0])


def _says(draft: Draft, first: int, end: int) -> bool:
    """Whether a part is a sentence of somebody: ``Maria Lopez waves``."""
    if draft.t.word(end) not in {"", ".", "!"} or draft.t.word(first - 1) not in {"", ".", "!"}:
        return False
    who = next((at for at in range(first, end) if not draft.t.has(at, *_SUBJECT)), end)
    does = draft.t.word(who).endswith("s") and draft.t.word(who) not in _LABELS and not draft.t.is_capital(who)
    return first < who < end and draft.t.has(who, Tag.OTHER) and does and lexicon().is_common(draft.words[who])


def _is_label(draft: Draft, bounds: list[tuple[int, int]], at: int) -> bool:
    """``Rider:`` before a part that goes."""
    first, end = bounds[at]
    if draft.t.word(end) != ":" or at + 1 >= len(bounds) or _content(draft, first, end) > 2:
        return False
    return draft.is_sensitive(*bounds[at + 1]) and _content(draft, *bounds[at + 1]) < _CONTENT


def _drop(draft: Draft, first: int, end: int, *, main_first: int) -> None:
    """A segment goes with its colon or dash, and with its full stop where another one stands before it."""
    if first > main_first:
        after_stop = draft.t.word(first - 1) in {".", "!", "?"}
        end += after_stop and draft.t.word(end) in {".", "!", "?"}
        first = first if after_stop else _label_start(draft, first - 1)
    else:
        end = min(end + 1, len(draft.words))
    draft.drop(first, end)


def _label_start(draft: Draft, first: int) -> int:
    """Where the words that led to a part begin: ``, photo credit: Ana``; else ``first``."""
    at = first - 1
    while at > 0 and draft.words[at] in _LABELS:
        at -= 1
    return at if draft.t.word(at) == "," and at < first - 1 else first


def _content(draft: Draft, first: int, end: int) -> int:
    """Words of a part that say something of the picture."""
    return sum(
        draft.t.tokens[at].is_word
        and not draft.taken[at]
        and draft.t.has(at, Tag.OTHER, Tag.PERSON, Tag.OCCUPATION, Tag.UNREAD)
        and draft.words[at] not in _LABELS
        for at in range(first, end)
    )


def chunks(draft: Draft) -> None:
    """``, eight months after his heart bypass``: a part between commas that is about nothing else goes."""
    commas = [at for at, word in enumerate(draft.words) if word == "," and not draft.taken[at]]
    for first in commas:
        ends = (at for at in range(first + 1, len(draft.words)) if draft.words[at] == "," or draft.words[at] in STOPS)
        end = next(ends, len(draft.words))
        listed_on = draft.t.has(first + 1, Tag.AND) or draft.t.has(end + 1, Tag.AND)
        free = end > first + 1 and not any(draft.taken[first + 1 : end])
        if free and not listed_on and _is_of_somebody(draft, first + 1, end):
            draft.drop(first, end + (end < len(draft.words) and draft.words[end] == ","))


def _is_of_somebody(draft: Draft, first: int, end: int) -> bool:
    """Whether a part is about somebody's health, is somebody of ours, or says whose staff they are."""
    part = range(first, end)
    health = any(draft.t.tags[at] == Tag.MARKED or draft.t.kinds[at] == "health" for at in part)
    if health and len(part) <= _HEALTH and not any(draft.t.has(at, Tag.NAME, Tag.PERSON) for at in part):
        return True
    if draft.t.word(first) in {"my", "our"} and len(part) < _OURS:
        return not any(draft.t.has(at, Tag.NAME, Tag.IN) for at in part)
    return draft.t.has(end - 1, Tag.EMPLOYER) and _content(draft, first, end) <= 2

"""What belongs to somebody and tells who they are: ages, appositions, where from, ``who lives in Lyon``."""

from __future__ import annotations

import re

from pyanon.captions.phrasing.marks import mark_end
from pyanon.captions.phrasing.patterns import AFTER, CLAUSE
from pyanon.captions.phrasing.phrase import SENSITIVE, Draft
from pyanon.captions.tagging.tags import Tag

__all__ = ["after"]

_BELONGS = frozenset({"of", "from", "at", "in", "with", "for"})


def after(draft: Draft, end: int, *, named: bool = True) -> int:
    """Where what belongs to somebody ends who ends here.

    Args:
        draft: The caption.
        end: The token after somebody.
        named: Whether they are named or somebody's; of others only what gives them away belongs to them, so that
            ``a man, woman, and boy`` stay three.
    """
    while True:
        letters = draft.letters
        matches = (pattern.match(letters, end) for pattern in AFTER)
        longest = max((match.end() for match in matches if match and _belongs(draft, match, named=named)), default=end)
        if longest == end:
            longest = max(_clause(draft, end), _bracket(draft, end))
        if longest == end:
            return end
        end = longest


def _belongs(draft: Draft, match: re.Match[str], *, named: bool) -> bool:
    first, end = match.span()
    if match[0].startswith(("i", ",i")):
        return draft.words[first + (match[0][0] == ",")] in _BELONGS
    return draft.is_sensitive(first, end) or (named and draft.words[first] == ",")


def _bracket(draft: Draft, end: int) -> int:
    """The end of brackets that go and follow here."""
    if end < len(draft.words) and draft.taken[end] and draft.words[end] in {"(", "["}:
        return next(phrase.end for phrase in draft.found if phrase.first <= end < phrase.end)
    return end


def _clause(draft: Draft, end: int) -> int:
    """``who lives in Lyon``, ``working at Acme``: to the last word that gives somebody away."""
    match = CLAUSE.match(draft.letters, end)
    if match is None:
        return end
    hits = [at for at in range(*match.span()) if draft.t.tags[at] in SENSITIVE | {Tag.PEOPLE} or draft.t.kinds[at]]
    if hits:
        return mark_end(draft, hits[-1] + 1) if draft.t.has(hits[-1], Tag.MARKED) else hits[-1] + 1
    verb = match.start() + (match[0][0] == ",")
    works = draft.t.has(verb, Tag.WORK) and draft.t.word(verb + 1) in {"at", "for", "as"}
    return match.end() if verb > match.start() and (works or draft.t.has(verb, Tag.LIVE)) else end

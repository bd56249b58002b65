"""Names that say who somebody is that was spoken of before: ``Two women on a bench, Ana and Mia, wave``."""

from __future__ import annotations

import re

from pyanon.captions.lexicon import lexicon
from pyanon.captions.phrasing.belongings import after
from pyanon.captions.phrasing.patterns import MORE
from pyanon.captions.phrasing.phrase import Draft
from pyanon.captions.phrasing.segments import STOPS
from pyanon.captions.tagging.tags import Tag

__all__ = ["is_aside", "list_end"]

#: Names of a list, and words back to whom they are of, at most: garbage takes no longer than a caption.
_LONGEST, _REACH = 40, 60
_ENDS = re.compile(r" *(?:,(?!&)|[.!?;:]|$)")


def list_end(draft: Draft, end: int) -> int:
    """Where a list of names ends that goes on from here."""
    for _ in range(_LONGEST):
        match = MORE.match(draft.letters, end)
        if match is None:
            break
        end = after(draft, match.end())
    return end


def is_aside(draft: Draft, first: int, end: int) -> bool:
    """Whether names between commas say who somebody is that was spoken of."""
    if draft.t.word(first - 1) != "," or not _ENDS.match(draft.letters, _list_end_of_names(draft, end)):
        return False
    for at in range(first - 2, max(-1, first - _REACH), -1):
        if draft.words[at] in STOPS:
            return False
        if draft.t.has(at, Tag.PERSON, Tag.OCCUPATION) or lexicon().is_in(draft.words[at], "named.things"):
            return True
    return False


def _list_end_of_names(draft: Draft, end: int) -> int:
    """Where a list of names ends, without what belongs to the last."""
    for _ in range(_LONGEST):
        match = MORE.match(draft.letters, end)
        if match is None:
            break
        end = match.end()
    return end

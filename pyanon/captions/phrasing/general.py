"""People in general words, whom nothing gives away but what stands beside them."""

from __future__ import annotations

from pyanon.captions.describe import PERSON_WORDS
from pyanon.captions.phrasing.belongings import after
from pyanon.captions.phrasing.patterns import GENERAL
from pyanon.captions.phrasing.phrase import Draft, described
from pyanon.captions.tagging.tags import Tag

__all__ = ["mentions"]


def mentions(draft: Draft) -> None:
    """``a young man``, ``two Danish women``: the words stay, if they agree; what belongs to them and tells goes."""
    at = 0
    while (match := GENERAL.search(draft.letters, at)) is not None:
        first, noun = match.start(), match.end() - 1
        while draft.t.has(first, Tag.OTHER):
            first += 1  # no article before it: only the words for people are sure to belong
        if draft.t.has(noun, Tag.PERSON) or draft.words[noun] in PERSON_WORDS or draft.is_sensitive(first, noun + 1):
            draft.take(described(draft.t, first, noun + 1, "mention", noun=noun))
            end = after(draft, noun + 1, named=False)
            if end > noun + 1:
                draft.drop(noun + 1, _closed(draft, noun + 1, end))
        at = max(noun + 1, at + 1)


def _closed(draft: Draft, first: int, end: int) -> int:
    opened = any(draft.words[at] == "," for at in range(first, end))
    return end + (opened and draft.t.word(end) == "," and draft.t.word(end + 1) not in {"and", "&"})

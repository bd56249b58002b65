"""What part each word of a caption plays: name, relation, place, number, ...; one letter for each.

The rules stand in `tagging`, in the order in which they are asked here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from pyanon.captions.identifiers import find
from pyanon.captions.tagging.grounds import grounds
from pyanon.captions.tagging.initials import initials
from pyanon.captions.tagging.names import proper, proper_later
from pyanon.captions.tagging.plain import plain
from pyanon.captions.tagging.roles import roles
from pyanon.captions.tagging.runs import runs
from pyanon.captions.tagging.signs import signs
from pyanon.captions.tagging.tags import Tag, Tagged
from pyanon.captions.tokens import sentence_starts, tokens
from pyanon.captions.wordforms import told
from pyanon.texts import Kind, Span

__all__ = ["Tag", "Tagged", "tag"]

_TAGS: dict[Kind, Tag] = {
    "name": Tag.NAME, "place": Tag.PLACE, "employer": Tag.EMPLOYER, "contact": Tag.CONTACT,
    "identifier": Tag.IDENTIFIER, "age": Tag.AGE, "nationality": Tag.PEOPLE, "religion": Tag.PEOPLE,
    "health": Tag.MARKED, "title": Tag.TITLE, "relation": Tag.RELATION, "description": Tag.MARKED,
    "unread": Tag.UNREAD, "attribute": Tag.HAIR,
}  # fmt: skip


def tag(text: str, *, spans: tuple[Span, ...] = ()) -> Tagged:
    """Tags a caption.

    Args:
        text: The caption.
        spans: What others have found in it; it is taken as found.
    """
    found = tokens(text)
    tagged = Tagged(text, found, ["" for _ in found], sentence_starts(found), [None for _ in found])
    _take(tagged, find(text))
    _take(tagged, tuple(told(text)))
    _take(tagged, spans)
    for rule in (plain, proper, signs, grounds, initials, runs, roles, proper_later):
        rule(tagged)
    return tagged


def _take(tagged: Tagged, spans: tuple[Span, ...]) -> None:
    """Tags what was found already; a name is one whatever else was found there."""
    ends, starts = [token.end for token in tagged.tokens], [token.start for token in tagged.tokens]
    for span in spans:
        for index in range(bisect_right(ends, span.start), bisect_left(starts, span.end)):
            if not tagged.tags[index] or span.kind == "name":
                tagged.mark(index, _TAGS[span.kind], span.kind)

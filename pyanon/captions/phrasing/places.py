"""Places and employers: ``in Lyon`` goes, ``at Lincoln School`` is at a school."""

from __future__ import annotations

import re

from pyanon.captions.lexicon import lexicon
from pyanon.captions.phrasing.patterns import PLACE
from pyanon.captions.phrasing.phrase import Draft, Phrase
from pyanon.captions.phrasing.segments import STOPS
from pyanon.captions.tagging.tags import Tag, listed

__all__ = ["places"]

_DROPPED = listed("grammar.dropped")


def places(draft: Draft) -> None:
    """Says places in general words, or leaves them out where the sentence does not need them."""
    at = 0
    while (match := PLACE.search(draft.letters, at)) is not None:
        at = match.end()
        _place(draft, match)


def _place(draft: Draft, match: re.Match[str]) -> None:
    first, end = match.start("place"), match.end("place")
    begin = match.start("article") if match["article"] else first
    kind = _kind(draft, first, end)
    if match["own"]:
        draft.take(Phrase(begin, match.end(), "place", text="the"))  # London's bridges: the bridges
    elif match["article"] and draft.words[end - 1].endswith("s") and draft.t.has(first, Tag.EMPLOYER) and not kind:
        draft.take(Phrase(begin, end, "place", text="the team"))  # the Durham Bulls
    elif match["in"] and not match["article"] and not kind and draft.t.has(first, Tag.EMPLOYER):
        draft.take(Phrase(first, end, "place", text="a company"))  # employees of Nordwind
    elif not kind and match["in"] and _is_verb(draft, match.end()):
        draft.drop(match.start(), end)  # a plumber from Hansen Rohrbau fixes a sink
    elif not kind and draft.t.has(match.end(), Tag.OTHER, Tag.OCCUPATION, Tag.PERSON):
        draft.drop(first, end)  # the London bus: the bus
    elif kind and not (draft.t.word(first - 1) == "," and not match["in"]):
        whole = not match["extra"]
        bare = match["article"] and not whole and not draft.words[first - 1].endswith(("ing", "ed"))
        draft.take(Phrase(begin if whole else first, end, "place", text=kind if bare else _with_article(kind)))
    elif match["in"] and match.start() > 0 and draft.words[match.start() + (match["in"][0] == ",")] in _DROPPED:
        draft.drop(match.start(), end)
    elif draft.t.word(first - 1) == "," or first == 0 or draft.words[first - 1] in STOPS:
        start = first - (draft.t.word(first - 1) == ",")
        draft.drop(start, end + (start == 0 and draft.t.word(end) in {",", ":"}))
    else:
        draft.take(Phrase(begin, end, "place", text="a town" if draft.t.has(first, Tag.PLACE) else "a company"))


def _is_verb(draft: Draft, at: int) -> bool:
    """Whether a word says what somebody does: ``fixes a sink``."""
    does = lexicon().is_in(draft.t.word(at), "names.does")
    takes = draft.t.has(at + 1, Tag.ARTICLE, Tag.OWN, Tag.IN) or at + 1 >= len(draft.words)
    return draft.t.has(at, Tag.OTHER) and (does or (draft.words[at].endswith("s") and takes))


def _kind(draft: Draft, first: int, end: int) -> str:
    """What kind of place it is, by the last word of its first part: ``Lincoln School, Ohio``."""
    comma = next((at for at in range(first, end) if draft.words[at] == ","), end)
    return lexicon().kinds_of_place.get(draft.words[comma - 1], "")


def _with_article(noun: str) -> str:
    return noun if noun in {"woods"} else f"{'an' if noun[0] in 'aeiou' and not noun.startswith('uni') else 'a'} {noun}"

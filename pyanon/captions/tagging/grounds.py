"""Places called by common words: ``the Guildhall building``, ``at reading train station``, ``joe's garage``."""

from __future__ import annotations

from pyanon.captions.lexicon import lexicon
from pyanon.captions.tagging.tags import Tag, Tagged

__all__ = ["grounds"]

_TRAINS = frozenset({"train", "railway", "bus", "tube", "subway", "metro", "rail", "central"})
_STOPS = frozenset({"station", "airport"})
_SHOPS = frozenset(
    {"garage", "diner", "bakery", "barbershop", "salon", "deli", "pub", "tavern", "grill", "pizzeria", "bistro", "cafe"}
)


def grounds(tagged: Tagged) -> None:
    """Tags places that only their neighbours tell."""
    for index in range(len(tagged.words)):
        told = index not in tagged.things
        count = told and (_station(tagged, index) or _building(tagged, index) or _shop(tagged, index))
        for at in range(index, index + count):
            tagged.mark(at, Tag.PLACE, "place")


def _station(tagged: Tagged, index: int) -> int:
    """``at reading train station``: a word that is a town's name, too."""
    stop = index + 1 + (tagged.word(index + 1) in _TRAINS)
    before = tagged.word(index - 1) in {"at", "in", "near", "into", "from", "through"}
    town = tagged.has(index, Tag.OTHER) and lexicon().place_at(tagged.words, index) == 1
    return stop + 1 - index if before and town and tagged.word(stop) in _STOPS else 0


def _building(tagged: Tagged, index: int) -> int:
    """``the Guildhall building``: a capital inside a sentence before the kind of a place."""
    usual = lexicon().is_in(tagged.words[index], "safe.words")
    inside = tagged.is_capital(index) and not tagged.starts[index] and tagged.has(index, Tag.OTHER) and not usual
    after = index + 1
    kind = lexicon().is_in(tagged.word(after), "places.suffix") and not tagged.is_capital(after)
    return 1 if inside and kind and tagged.word(index - 1) == "the" else 0


def _shop(tagged: Tagged, index: int) -> int:
    """``joe's garage``, ``Young's Bakery``."""
    last = tagged.word(index + 2)
    if not tagged.has(index + 1, Tag.POSSESSIVE):
        return 0
    named = tagged.has(index, Tag.NAME) and last in _SHOPS
    written = tagged.is_capital(index) and tagged.is_capital(index + 2) and not tagged.starts[index]
    written = written and lexicon().is_in(last, "places.suffix") and tagged.has(index, "x", "y", "o", "n")
    return 3 if named or written else 0

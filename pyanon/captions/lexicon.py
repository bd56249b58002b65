"""The word lists by which captions are read, loaded when they are first asked for."""

from __future__ import annotations

import gzip
import sys
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from types import MappingProxyType

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Lexicon", "folded", "lexicon"]

#: Endings that make another word of a known one, and what the known one ends with instead.
_ENDINGS = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("er", ""), ("er", "e"),
    ("ers", ""), ("ers", "e"), ("y", ""), ("y", "e"), ("ish", ""), ("less", ""), ("like", ""), ("ful", ""), ("ly", ""),
    ("ness", ""), ("wise", ""), ("themed", ""), ("sized", ""), ("shaped", ""), ("est", ""), ("est", "e"),
)  # fmt: skip
_BEGINNINGS = ("un", "re", "non", "multi", "mini", "super", "semi", "over", "under", "half", "out", "pre")
#: UK spelling -> US spelling, which the list of words has.
_SPELLINGS = (
    ("our", "or"),
    ("tre", "ter"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("ll", "l"),
    ("ogue", "og"),
    ("tyre", "tire"),
)
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
#: The shortest word that an ending may be added to, or that two words in one may consist of.
_STEM, _PART = 3, 4
#: Letters of a word from which on one that is another says no other word.
_SURE = 5
#: Letters of a word that anybody writes, at most.
_LONGEST = 24


def folded(word: str) -> str:
    """A word in lower case without accents, as words are compared."""
    letters = unicodedata.normalize("NFKD", word.replace("’", "'").casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


class Lexicon:
    """What is known of words; all are asked for in lower case.

    Attributes:
        words: Words that anybody may use of anything.
        given: Given name -> ``female``, ``male`` or empty where it may be both.
        surnames: Surnames.
        places: Names of cities, countries and states, also of several words.
        terms: Lists of `terms.toml`, by section and name.
        kinds_of_place: Last word of a place's name -> what may be said instead.
    """

    def __init__(self) -> None:
        sexes = {"F": "female", "M": "male", "U": ""}
        self.words = frozenset(_lines("words.txt.gz"))
        self.given = {name: sexes[sex] for name, sex in (line.split(" ") for line in _lines("given.txt.gz"))}
        self.surnames = frozenset(_lines("surnames.txt.gz"))
        self.places = frozenset(_lines("places.txt.gz"))
        terms = _terms()
        self.kinds_of_place = dict(entry.split(":") for entry in terms["places.suffix"])
        self.terms: Mapping[str, frozenset[str]] = MappingProxyType(
            {**terms, "places.suffix": frozenset(self.kinds_of_place)}
        )
        #: First word -> things that are called like people or places, word by word.
        self.things: dict[str, tuple[tuple[str, ...], ...]] = {}
        for thing in (tuple(name.split("_")) for name in terms["named.known"]):
            self.things[thing[0]] = (*self.things.get(thing[0], ()), thing)
        self._first_words = frozenset(place.split(" ")[0] for place in self.places if " " in place)

    def is_common(self, word: str) -> bool:
        """Whether a word may be said of anybody: it is listed, or made of listed ones."""
        word = word.replace("’", "'")
        if self._is_word(word) or word.isdigit():
            return True
        if "." in word:  # t.v.
            return self.is_common(word.replace(".", ""))
        if word[:-2].isdigit() and word[-2:] in _ORDINALS:
            return True
        if any(uk in word and word.replace(uk, us) in self.words for uk, us in _SPELLINGS):
            return True
        if "-" in word:
            return all(part == "" or self.is_common(part) for part in word.split("-"))
        return ("'" in word and self.is_common(word.split("'")[0])) or self._is_made(word)

    def _is_made(self, word: str) -> bool:
        if self.is_name(word) or word in self.places:
            return False
        for ending, instead in _ENDINGS:
            stem = word[: -len(ending)] + instead
            if word.endswith(ending) and len(stem) >= _STEM and (stem in self.words or self._undoubled(stem)):
                return True
        return any(word.startswith(start) and word[len(start) :] in self.words for start in _BEGINNINGS)

    def _undoubled(self, stem: str) -> bool:
        return len(stem) > _STEM and stem[-1] == stem[-2] and stem[:-1] in self.words

    def parts(self, word: str) -> tuple[str, str] | None:
        """The two words that were written as one, if a word is such."""
        if len(word) > _LONGEST:
            return None
        cuts = range(_PART - 1, len(word) - _PART + 2)
        found = [(word[:cut], word[cut:]) for cut in cuts if word[:cut] in self.words and word[cut:] in self.words]
        return max(found, key=lambda pair: min(map(len, pair)), default=None)

    def nearest(self, word: str) -> str | None:
        """The listed word that a word was meant to be: one letter less, more, other, or two that changed places."""
        if not _PART <= len(word) <= _LONGEST or not word.isascii():
            return None
        cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
        swapped = [a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1]
        shorter = [a + b[1:] for a, b in cuts if b]
        letters = "abcdefghijklmnopqrstuvwxyz"
        longer = (a + letter + b for a, b in cuts for letter in letters)
        other = (a + letter + b[1:] for a, b in cuts if b for letter in letters)
        return next((found for found in chain(swapped, other, longer, shorter) if self._is_word(found)), None)

    def _is_word(self, word: str) -> bool:
        return word in self.words or self.is_in(word, "safe.words", "safe.common")

    def misspelt(self, word: str) -> bool:
        """Whether a word in lower case is a listed one, misspelt, or two in one, and nobody's name."""
        return len(word) >= _SURE and not self.is_name(word) and bool(self.nearest(word) or self.parts(word))

    def is_name(self, word: str) -> bool:
        """Whether it is a name of somebody."""
        plain = folded(word)
        return plain in self.given or plain in self.surnames

    def gender(self, name: str) -> str:
        """The gender that a given name is usual for, or nothing."""
        return self.given.get(folded(name), "")

    def place_at(self, words: list[str], start: int) -> int:
        """How many of the words from ``start`` on are the name of a known place; 0 where none are."""
        most = 4 if words[start] in self._first_words else 1
        for count in range(min(most, len(words) - start), 0, -1):
            if " ".join(words[start : start + count]) in self.places:
                return count
        return 0

    def is_relation(self, word: str) -> bool:
        """Whether it says how somebody stands to somebody, in the singular or plural."""
        lists = ("relations.female", "relations.male", "relations.any")
        return self.is_in(word, *lists) or (word.endswith("s") and self.is_in(word[:-1], *lists))

    def is_in(self, word: str, *lists: str) -> bool:
        """Whether one of the lists of `terms.toml` has a word."""
        return any(word in self.terms[name] for name in lists)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon, the same one every time."""
    return Lexicon()


def _lines(name: str) -> list[str]:
    data = (files("pyanon.captions") / "lexicons" / name).read_bytes()
    return gzip.decompress(data).decode().splitlines()


def _terms() -> dict[str, frozenset[str]]:
    text = (files("pyanon.captions") / "lexicons" / "terms.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{name}": frozenset(words.split())
        for section, lists in tomllib.loads(text).items()
        for name, words in lists.items()
    }

"""What becomes of the words in a picture file: they are counted and left out, or, on request, made public."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from pyanon.types import Face
from pyanon.video import Descriptions, PublicWords

__all__ = ["notes_on_faces", "notes_on_words", "public_words", "to_rewrite"]

#: Characters of a caption that is rewritten, and of a keyword that is kept, and keywords that are.
LONGEST_CAPTION, LONGEST_KEYWORD, MOST_KEYWORDS = 2_000, 40, 100
_PLAIN = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_WORD = re.compile(r"[^\W\d_]+")
#: From here on scripts write words without blanks between them.
_UNSPACED = "\u2e80"
#: What stands in the names of authors and in copyright notices and names nobody.
_NOBODY = frozenset({
    "all", "and", "by", "copyright", "der", "foto", "gmbh", "images", "inc", "ltd", "photo", "photographer",
    "photographs", "photography", "photos", "press", "reserved", "rights", "studio", "the", "und", "van", "von",
})  # fmt: skip


def to_rewrite(found: Descriptions) -> dict[str, str]:
    """The captions of a file that have a place in the output: one title and one description.

    Args:
        found: What is written in the file.

    Returns:
        ``title`` and ``description``, those that there are; a headline or a comment stands in for a missing one.
    """
    firsts = {
        "title": next(iter((*found.titles, *found.headlines)), ""),
        "description": next(iter((*found.descriptions, *found.comments)), ""),
    }
    return {name: text for name, text in firsts.items() if 0 < len(text) <= LONGEST_CAPTION}


def public_words(
    found: Descriptions, *, captions: Mapping[str, str], rewrite: Callable[[str], str], faces: Iterable[Face] = ()
) -> PublicWords:
    """The words that may leave with the picture.

    Whatever holds a name or a place that the file itself states as one stays behind, even where it was rewritten: that
    is a check of its own, which knows nothing of how names are found in a text.

    Args:
        found: What is written in the file.
        captions: The captions as rewritten, by the names that `to_rewrite` gave them.
        rewrite: Makes a text public; keywords that it changes stay behind.
        faces: The faces of the picture as it leaves; keywords that say of people what is not so of any stay behind.
    """
    stated = _Stated(found)
    safe = {name: text for name, text in captions.items() if not stated.is_in(text)}
    plain = (word for word in found.keywords if len(word) <= LONGEST_KEYWORD and _PLAIN.fullmatch(word))
    candidates = islice((word for word in plain if not stated.is_in(word)), MOST_KEYWORDS)
    unchanged = [word for word in candidates if _core(rewrite(word)) == _core(word)]
    return PublicWords(safe.get("title", ""), safe.get("description", ""), tuple(_true(unchanged, faces)))


def _true(words: Iterable[str], faces: Iterable[Face]) -> Iterator[str]:
    """The keywords that agree with the faces: nothing may be said of who is covered."""
    from pyanon.captions.check import untrue  # loads the word lists
    from pyanon.captions.describe import portrait_of

    portraits = [portrait_of(face.traits) for face in faces]
    return (word for word in words if next(untrue(word, portraits), None) is None)


def notes_on_words(found: Descriptions, words: PublicWords, *, rights_kept: bool = False) -> tuple[str, ...]:
    """What was found in a file and what became of it, for people; never the words themselves.

    Args:
        found: What is written in the file.
        words: What of it was written.
        rights_kept: Whether copyright notices may have been kept with the EXIF block.
    """
    captions = bool(words.title) + bool(words.description)
    named = sum(bool(face.name) for face in found.faces)
    left = _listed(
        (len(found.captions) - captions, "caption"),
        (len(found.keywords) - len(words.keywords), "keyword"),
        (named, "face region with a name", "face regions with names"),
        (len(found.faces) - named, "face region"),
        (sum(not region.is_face for region in found.regions), "other region"),
        (len(found.people), "name"),
        (len(found.places), "place"),
        (0 if rights_kept else len(found.rights), "copyright notice"),
    )
    kept = _listed((captions, "caption"), (len(words.keywords), "keyword"))
    damaged = _listed((found.unreadable, "part"))
    notes = (
        f"written in the file and left out: {left}" if left else "",
        f"rewritten to fit the new picture: {kept}" if captions else f"kept: {kept}" if kept else "",
        f"written in the file, but damaged, and left out: {damaged}" if damaged else "",
    )
    return tuple(filter(None, notes))


def notes_on_faces(found: Descriptions, faces: Iterable[Face]) -> tuple[str, ...]:
    """Whether faces that the file names were not located.

    Args:
        found: What is written in the file.
        faces: The faces that were hidden.
    """
    missed = sum(face.told for face in faces)
    if not missed:
        return ()
    named = len(found.faces)
    return (
        f"the file names {_many(named, 'face')}, {named - missed} of them located; "
        f"{_many(missed, 'face')} covered where the file says so",
    )


class _Stated:
    """The names and places that a file states as such.

    Args:
        found: What is written in the file.
    """

    def __init__(self, found: Descriptions) -> None:
        said = (*found.names, *found.rights)
        words = (word for name in said for word in _WORD.findall(name) if not word.islower() or name.islower())
        folded = {word.casefold() for word in words} - _NOBODY
        self._names = {word for word in folded if len(word) > 2}  # initials and "Jo" would be in every other text
        self._unspaced = {word for word in folded if word[0] >= _UNSPACED}
        places = (_folded(place) for place in found.places)
        self._places = [words for words in places if len("".join(words)) > 2]

    def is_in(self, text: str) -> bool:
        """Whether one of them is in a text."""
        words = _folded(text)
        if not self._names.isdisjoint(words) or any(name in text.casefold() for name in self._unspaced):
            return True
        return any(_runs_in(place, words) for place in self._places)


def _folded(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _runs_in(part: Sequence[str], words: Sequence[str]) -> bool:
    """Whether words stand one after the other in others."""
    return any(list(words[start : start + len(part)]) == list(part) for start in range(len(words) - len(part) + 1))


def _core(text: str) -> str:
    """A keyword without what a writer of sentences adds to it."""
    return text.strip().rstrip(".").casefold()


def _many(number: int, thing: str, plural: str = "") -> str:
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def _listed(*parts: tuple[int, str] | tuple[int, str, str]) -> str:
    return ", ".join(_many(*part) for part in parts if part[0] > 0)

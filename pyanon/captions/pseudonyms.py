"""New names for people: the same for the same name and key, and nobody's."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from difflib import SequenceMatcher
from functools import cache
from importlib import resources

from pyanon.captions.describe import GENDERS
from pyanon.errors import InputError
from pyanon.keys import derived, secret_of

__all__ = ["Pseudonyms"]

_LEXICON = resources.files("pyanon.captions") / "lexicons" / "pseudonyms.txt"

#: Names that are drawn for somebody before it is given up: all were too like others in the caption.
DRAWS = 1000
#: Likeness from which on two names could be taken for one (twice the letters in common, as a share of all letters).
ALIKE = 0.75

#: Forms of address, which belong to no name.
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "madam", "rev", "fr", "st", "jr", "sr"}
)


@cache
def _lexicon() -> dict[str, tuple[str, ...]]:
    """Names by what they are: female, male, neutral, surname."""
    text = _LEXICON.read_text(encoding="utf-8")
    return {section: tuple(names.split()) for section, names in re.findall(r"\[(\w+)\]\n([^\[]+)", text)}


@cache
def _surnames() -> frozenset[str]:
    return frozenset(name.casefold() for name in _lexicon()["surname"])


def _words(text: str) -> list[str]:
    """The words of a text, without case and accents; in scripts that write vowels as marks, with them."""
    bare = (each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return "".join(each if unicodedata.category(each)[0] in "LM" else " " for each in bare).casefold().split()


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a name, ``Lopez, Maria`` in the order of speech, without titles and possessive; never none."""
    text = re.sub(r"['\u2019]s\b", "", name)
    last, comma, first = text.partition(",")
    words = _words(f"{first} {last}" if comma and first.strip() else text)
    return tuple(word for word in words if word not in _TITLES) or tuple(words) or (name.casefold(),)


class Pseudonyms:
    """Draws new names by a key.

    The new name hangs on all parts of the old one together, so it does not tell that two people share a surname. It is
    like no name in the caption: where the first that is drawn is, the next is taken, so that somebody can have another
    new name in a caption with such a name. Two people of a data set can get the same new name.

    Args:
        key: The policy's: 16 to 64 bytes, or a passphrase.
    """

    def __init__(self, key: bytes | str) -> None:
        self._secret = derived(secret_of(key), "captions/pseudonyms")

    def __call__(self, name: str, *, gender: str = "", avoid: Collection[str] = ()) -> str:
        """The new name of somebody: a given name and a surname, or one of them where the old name is one word.

        Args:
            name: The old one, with or without titles; case, accents, spaces and the order of its parts mean nothing.
            gender: ``female``, ``male``, or empty for a name of both.
            avoid: The other names in the caption.

        Raises:
            InputError: The gender is unknown, or every name is too like one of the others.
        """
        given, surname = self._drawn(_parts(name), gender, avoid=(name, *avoid))
        if len(_parts(name)) > 1:
            return f"{given} {surname}"
        return surname if _is_surname(name) else given

    def within(self, names: Mapping[str, str], *, avoid: Collection[str] = ()) -> dict[str, str]:
        """The new names of all who are named in a caption; ``Maria`` is the first who is called ``Maria Lopez`` in it.

        Args:
            names: The old names, and the gender that may be said of each, or empty.
            avoid: Further names in the caption.

        Raises:
            InputError: As for one name.
        """
        owners = _owners(list(names))
        taken, drawn, found = [*names, *avoid], {}, {}
        for name, owner in owners.items():
            if owner not in drawn:
                genders = (names[each] for each in names if owners[each] == owner)
                drawn[owner] = self._drawn(owner, next(filter(None, genders), ""), avoid=taken)
                taken.append(" ".join(drawn[owner]))
            found[name] = _said(name, owner, *drawn[owner])
        return found

    def _drawn(self, parts: tuple[str, ...], gender: str, *, avoid: Iterable[str]) -> tuple[str, str]:
        """Given name and surname, neither like a part of what is to be avoided."""
        if gender not in {"", *GENDERS}:
            raise InputError("this gender is unknown", given=repr(gender), expected="female, male or empty")
        taken = {part for name in avoid for part in _parts(name)}
        givens, surnames = _lexicon()[gender or "neutral"], _lexicon()["surname"]
        person = "\0".join(sorted(parts)).encode("utf-8", "surrogatepass")
        for draw in range(DRAWS):
            hashed = hashlib.blake2b(person, key=self._secret, digest_size=16, salt=draw.to_bytes(4, "big")).digest()
            given = givens[int.from_bytes(hashed[:8], "big") % len(givens)]
            surname = surnames[int.from_bytes(hashed[8:], "big") % len(surnames)]
            if not any(_alike(new.casefold(), old) for new in (given, surname) for old in taken):
                return given, surname
        raise InputError("there is no new name that is like no name in the caption", given=f"{len(taken)} names")


def _alike(new: str, old: str) -> bool:
    """Whether a name could be taken for another."""
    if new == old:
        return True
    match = SequenceMatcher(None, new, old, autojunk=False)
    return match.real_quick_ratio() >= ALIKE and match.quick_ratio() >= ALIKE and match.ratio() >= ALIKE


def _is_surname(name: str) -> bool:
    """Whether a name of one word is a surname: it has a title, or is one of the lexicon, where none is a given name."""
    return not _TITLES.isdisjoint(_words(name)) or _parts(name)[0] in _surnames()


def _owners(names: list[str]) -> dict[str, tuple[str, ...]]:
    """Name -> all that is known of the name of that person: the first longer name that it can be short for."""
    known = {name: _parts(name) for name in names}
    longest = sorted(known.values(), key=len, reverse=True)
    return {name: next(full for full in longest if _is_short_for(parts, full)) for name, parts in known.items()}


def _is_short_for(parts: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """Whether each part is one of the full name's, or its initial."""
    return all(any(part == each or (len(part) == 1 and each.startswith(part)) for each in full) for part in parts)


def _said(name: str, owner: tuple[str, ...], given: str, surname: str) -> str:
    parts = _parts(name)
    if len(parts) > 1:
        return f"{given} {surname}"
    if len(owner) > 1:
        return surname if _is_short_for(parts, owner[-1:]) and not _is_short_for(parts, owner[:1]) else given
    return surname if _is_surname(name) else given

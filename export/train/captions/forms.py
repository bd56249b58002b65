"""The forms of private captions and the words they are filled with, as ``forms.toml`` lists them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["any_of", "changes", "forms", "listed", "plain", "slots"]

FILE = Path(__file__).with_name("forms.toml")
_SLOT, _TIMES = re.compile(r"\{(\w+)\}"), re.compile(r"(?:(\d+) \* )?(.*)")


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def forms(kind: str) -> tuple[str, ...]:
    """The forms of a kind, each as often as it counts."""
    found: list[str] = []
    for line in _tables()["forms"][kind].splitlines():
        times = _TIMES.fullmatch(line)
        if line and times:
            found += [times[2].strip("|")] * int(times[1] or 1)
    return tuple(found)


@cache
def changes(kind: str) -> tuple[tuple[str, str], ...]:
    """Forms of which something stays: each, and what stays."""
    return tuple((private, public) for private, _, public in (each.partition(" => ") for each in forms(kind)))


@cache
def listed(kind: str) -> tuple[str, ...]:
    """Words that slots are filled with."""
    return _split("words", kind)


@cache
def plain(kind: str) -> tuple[str, ...]:
    """Words of plain captions."""
    return _split("plain", kind)


def _split(table: str, kind: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in _tables()[table][kind].replace("\n", " ").split(",") if word.strip())


def any_of(words: Iterable[str]) -> str:
    """A pattern of any of some words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


@cache
def slots(form: str) -> tuple[tuple[str, str], ...]:
    """A form as what is said and which slot comes after it; the last has none."""
    found, at = [], 0
    for slot in _SLOT.finditer(form):
        found.append((form[at : slot.start()], slot[1]))
        at = slot.end()
    return (*found, (form[at:], ""))

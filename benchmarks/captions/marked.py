"""Captions in which is marked what gives somebody away, such as ``{relation|My sister} {name|Ana} sleeps``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Marked", "read", "survivors"]

_MARK = re.compile(r"\{(\w+)\|([^}]*)\}")
#: Words of a mark that say nothing of anybody.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the of in at on and or is was her his my our their your s to for with by from who he she it they i me we"
        " us no d l woman man girl boy child baby young older two person people children women men",
    )
)


@dataclass(frozen=True)
class Marked:
    """A caption.

    Attributes:
        text: The caption without its marks.
        spans: Start, end and kind of each mark.
        gender: Of the main person, ``female``, ``male``, ``unknown`` or ``several``.
        group: Their age group, or one of the same.
    """

    text: str
    spans: tuple[tuple[int, int, str], ...]
    gender: str
    group: str

    @property
    def rest(self) -> str:
        """The caption without what is marked."""
        out, position = [], 0
        for start, end, _ in self.spans:
            out.append(self.text[position:start])
            position = end
        return " ".join("".join([*out, self.text[position:]]).split())


def read(path: Path) -> list[Marked]:
    """The captions of a JSON Lines file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [_parsed(row) for row in rows]


def _parsed(row: dict[str, str]) -> Marked:
    text, spans, position = "", [], 0
    for match in _MARK.finditer(row["marked"]):
        text += row["marked"][position : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        position = match.end()
    return Marked(text + row["marked"][position:], tuple(spans), row["gender"], row["group"])


def survivors(public: str, caption: Marked, *, general: frozenset[str]) -> list[tuple[str, str]]:
    """Kind and word of what is marked and still said more often than the rest of the caption says it.

    Args:
        public: The public caption.
        caption: The private one.
        general: Words that may be said instead of a mark.
    """
    said, rest = _words(public), _words(caption.rest)
    marked = [
        (kind, word) for start, end, kind in caption.spans for word in _words(caption.text[start:end])
        if word not in _EMPTY | general and (len(word) > 1 or word.isdigit())
    ]  # fmt: skip
    return [(kind, word) for kind, word in marked if said.count(word) > rest.count(word)]


def _words(text: str) -> list[str]:
    from pyanon.captions.lexicon import folded

    return [folded(word) for word in re.findall(r"[^\W_]+", text)]

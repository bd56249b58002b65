"""What a language model may answer when it is asked for spans, and which spans that is."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

from pyanon.errors import ExtractorError
from pyanon.texts import KINDS, Kind, Span

__all__ = ["ASKED", "SCHEMA", "spans_of"]

#: What a model is asked for: what a face shows is read by the grammar, and what nobody can read no model can.
ASKED: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in {"attribute", "unread"})
#: Spans that an answer may name: a model that repeats itself is not reading.
MOST = 500

#: JSON schema of an answer, of the subset that strict modes of servers know.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spans": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"quote": {"type": "string"}, "kind": {"type": "string", "enum": list(ASKED)}},
                "required": ["quote", "kind"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["spans"],
    "additionalProperties": False,
}

_SCHEMA_SAID = '{"spans": [{"quote": TEXT, "kind": KIND}, ...]}'


def spans_of(answer: str, text: str, *, source: str) -> tuple[Span, ...]:
    """The spans that an answer names, in order: wherever a quote occurs, widened to whole words.

    Args:
        answer: What the model said.
        text: What it was asked about.
        source: Who answered.

    Raises:
        ExtractorError: The answer does not follow the schema, or quotes what is not in the text.
    """
    found = set()
    for quote, kind in _named(answer):
        places = list(_occurrences(quote, text))
        if not places:
            raise ExtractorError(
                "the extractor quotes what is not in the text",
                given=f"a quote of {len(quote)} characters",  # what it says may be what is to be hidden
                expected="quotes that occur in the text character by character",
                do="use another model, or none",
            )
        found |= {Span(start, end, kind, source=source) for start, end in places}
    return tuple(sorted(found))


def _named(answer: str) -> list[tuple[str, Kind]]:
    """Quotes and kinds; the server was asked to enforce the schema, which does not mean that it did."""
    try:
        said = json.loads(answer, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _unfit("text that is no JSON, or says something twice") from error
    rows = said.get("spans") if isinstance(said, dict) and set(said) == {"spans"} else None
    if not isinstance(rows, list):
        raise _unfit("JSON that is no object with a list of spans and nothing else")
    if len(rows) > MOST:
        raise _unfit(f"{len(rows)} spans, which is more than {MOST}")
    if not all(map(_is_row, rows)):
        raise _unfit("a span that is no quote with a known kind and nothing else")
    return [(row["quote"], row["kind"]) for row in rows]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose every name stands there once: of two lists of spans the second would hide the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or set(row) != {"quote", "kind"}:
        return False
    quote, kind = row["quote"], row["kind"]
    return isinstance(quote, str) and bool(quote.strip()) and isinstance(kind, str) and kind in ASKED


def _unfit(given: str) -> ExtractorError:
    return ExtractorError(
        "the extractor's answer does not follow the schema",
        given=given,
        expected=_SCHEMA_SAID,
        do="use a server and a model that follow response_format json_schema",
    )


def _occurrences(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Wherever a quote is in a text, in order, in code points."""
    start = text.find(quote)
    while start >= 0:
        yield _widened(start, start + len(quote), text)
        start = text.find(quote, start + 1)


def _widened(start: int, end: int, text: str) -> tuple[int, int]:
    """A span that cuts no word, number or accented letter in two: half of a name would stay."""
    while start > 0 and _are_one(text[start - 1], text[start]):
        start -= 1
    while end < len(text) and _are_one(text[end - 1], text[end]):
        end += 1
    return start, end


def _are_one(left: str, right: str) -> bool:
    """Whether two characters belong together; of scripts without case nobody knows where a word ends."""
    if unicodedata.category(right).startswith("M"):
        return True
    if left.isdigit() and right.isdigit():
        return True
    # A mark stands for the letter before it.
    return _is_cased(right) and (_is_cased(left) or unicodedata.category(left).startswith("M"))


def _is_cased(character: str) -> bool:
    return character.isalpha() and character.lower() != character.upper()

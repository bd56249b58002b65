"""Finds in a caption what gives somebody away, and who is spoken of.

The embedded extractor needs no download: word lists, a grammar, and the libraries phonenumbers and linkify-it for what
is told by its form. Other extractors (Presidio, an endpoint) may add spans; none takes one away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pyanon.captions.grammar import Phrase, phrases
from pyanon.captions.tag import Tagged, tag
from pyanon.errors import InputError
from pyanon.texts import Extractor, Kind, Mention, Reading, Span

__all__ = ["LONGEST", "Parsed", "extract", "parse"]

#: Characters of a caption, at most; the grammar takes time that grows faster than its length.
LONGEST = 4000


@dataclass(frozen=True)
class Parsed:
    """A caption that was read, with what the rewrite needs of it.

    Attributes:
        reading: Its spans and mentions.
        tagged: Its tokens and their tags.
        phrases: Its phrases, in order; those with the roles ``person`` and ``mention`` are the mentions, in order.
    """

    reading: Reading
    tagged: Tagged
    phrases: tuple[Phrase, ...]


def extract(text: str, *, extractors: Sequence[Extractor] = ()) -> Reading:
    """Reads a caption.

    Args:
        text: The caption: English; of other languages and scripts names and numbers are found, and what cannot be read
            is a span of its own, of the kind ``unread``.
        extractors: Others that are asked as well.

    Returns:
        Spans and mentions, with offsets in code points of ``text``.

    Raises:
        InputError: The caption is no text, or longer than `LONGEST` characters.
    """
    return parse(text, extractors=extractors).reading


def parse(text: str, *, extractors: Sequence[Extractor] = ()) -> Parsed:
    """`extract`, with what the rewrite needs."""
    if not isinstance(text, str) or len(text) > LONGEST:
        given = f"{len(text)} characters" if isinstance(text, str) else type(text).__name__
        raise InputError(
            "this is no caption", given=given, expected=f"a text of at most {LONGEST} characters", do="split it"
        )
    others = tuple(span for each in extractors for span in _within(each(text), text))
    tagged = tag(text, spans=others)
    found = tuple(phrases(tagged))
    return Parsed(Reading(text, _spans(tagged), _mentions(tagged, found)), tagged, found)


def _within(spans: tuple[Span, ...], text: str) -> tuple[Span, ...]:
    if any(span.end > len(text) for span in spans):
        raise InputError(
            "an extractor found what is not in the caption",
            given=f"a span that ends at {max(span.end for span in spans)}",
            expected=f"at most {len(text)}",
            do="mend the extractor: offsets are code points",
        )
    return spans


def _spans(tagged: Tagged) -> tuple[Span, ...]:
    """Neighbours of one kind are one span; ``my`` belongs to the relation after it."""
    found: list[tuple[int, int, Kind]] = []
    for index, (token, kind) in enumerate(zip(tagged.tokens, tagged.kinds, strict=True)):
        if kind is None:
            continue
        own = kind == "relation" and index > 0 and tagged.tags[index - 1] in "pS" and tagged.kinds[index - 1] is None
        start = tagged.tokens[index - 1].start if own else token.start
        last = found[-1] if found else None
        if last and last[2] == kind and not tagged.text[last[1] : start].strip(" .'’-"):
            found[-1] = (last[0], token.end, kind)
        else:
            found.append((start, token.end, kind))
    return tuple(Span(*each) for each in found)


def _mentions(tagged: Tagged, found: tuple[Phrase, ...]) -> tuple[Mention, ...]:
    mentions = []
    for phrase in found:
        if phrase.role in {"person", "mention"}:
            claims = {"gender": phrase.gender, "age": phrase.group}
            start, end = tagged.tokens[phrase.first].start, tagged.tokens[phrase.end - 1].end
            stated = MappingProxyType({name: value for name, value in claims.items() if value})
            mentions.append(Mention(start, end, stated, plural=phrase.plural, count=phrase.count))
    return tuple(mentions)

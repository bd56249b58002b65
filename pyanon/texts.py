"""What captions say of people, and what became of it: spans, mentions, portraits, changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from pyanon.errors import InputError

__all__ = [
    "KINDS",
    "OPERATORS",
    "Caption",
    "Change",
    "Consistency",
    "Extractor",
    "Kind",
    "Mention",
    "Operator",
    "Portrait",
    "Reading",
    "Span",
]

#: What a span gives away. ``unread`` is a word that nobody could read: it may be anything.
Kind: TypeAlias = Literal[
    "name", "relation", "age", "title", "employer", "place", "contact", "identifier", "description",
    "nationality", "religion", "health", "attribute", "unread",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What is put in the place of a span, by the names of Presidio's anonymizer: ``replace`` is a general description that
#: fits the sentence and the face, ``redact`` leaves a gap, ``mask`` asterisks, ``hash`` a keyed digest, ``encrypt``
#: what turns back with the key, ``keep`` the span itself.
Operator: TypeAlias = Literal["replace", "redact", "mask", "hash", "encrypt", "keep"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)


@dataclass(frozen=True, order=True)
class Span:
    """A part of a caption that gives somebody away.

    Attributes:
        start: First character, in code points from 0.
        end: The character after the last.
        kind: What it gives away.
        source: Which extractor found it.
        score: How sure that is, 0..1.

    Raises:
        InputError: There is nothing between start and end, or the kind is unknown.
    """

    start: int
    end: int
    kind: Kind
    source: str = "grammar"
    score: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or self.kind not in KINDS:
            raise InputError(
                "this is no span of a caption",
                given=f"{self.kind!r} from {self.start} to {self.end}",
                expected=f"0 <= start < end, and a kind of: {', '.join(KINDS)}",
            )


@dataclass(frozen=True)
class Mention:
    """A part of a caption that speaks of somebody: ``my neighbour Maria, 34,`` or ``two women``.

    Attributes:
        start: First character, in code points from 0.
        end: The character after the last.
        claims: What it says of them that a face shows: ``gender`` (``female``, ``male``), ``age`` (one of ``baby``,
            ``child``, ``teen``, ``young``, ``adult``, ``old``), ``hair``, ``glasses``, ``expression``, ``clothing``.
        plural: Whether it speaks of several people.
        count: How many, where it says so.
    """

    start: int
    end: int
    claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    plural: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Reading:
    """A caption that was read.

    Attributes:
        text: The caption.
        spans: What gives somebody away, in order, none over another.
        mentions: Who is spoken of, in order, none over another.
    """

    text: str
    spans: tuple[Span, ...] = ()
    mentions: tuple[Mention, ...] = ()


#: Finds spans in a text. What it finds comes to what the grammar finds; it takes nothing away.
Extractor: TypeAlias = Callable[[str], "tuple[Span, ...]"]


@dataclass(frozen=True)
class Portrait:
    """What may be said of a person as the picture shows them now.

    Attributes:
        gender: ``female``, ``male``, or empty where nothing may be said.
        age: ``baby``, ``child``, ``teen``, ``young``, ``adult``, ``old``, or empty.
        xyxy: Where the face is, in source pixels.
    """

    gender: str = ""
    age: str = ""
    xyxy: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Change:
    """What became of a span.

    Attributes:
        start: First character in the original caption, in code points from 0.
        end: The character after the last.
        kind: What it gave away.
        text: What stands there now; empty where nothing does.
    """

    start: int
    end: int
    kind: Kind
    text: str = ""


@dataclass(frozen=True)
class Consistency:
    """How a public caption was made, and how well it fits the picture.

    Attributes:
        before: Cosine similarity of the original caption and the people in the original picture, NaN without a picture.
        after: The same of what left.
        changes: What was changed, by kind, in the order of the original; never the words that were there.
        writer: Who wrote it: the ``decoder`` of the pack's text VAE, or the ``template``, which is the fallback.
        attempts: Samples of the decoder that were looked at.
        refused: Why samples were refused, one short text for each that was.
    """

    before: float = float("nan")
    after: float = float("nan")
    changes: tuple[Change, ...] = ()
    writer: Literal["decoder", "template"] = "template"
    attempts: int = 0
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caption:
    """A public caption.

    Attributes:
        text: The caption.
        consistency: How it was made.
        instruction: What an editor would have to do to the picture so that it fits the public caption.
    """

    text: str
    consistency: Consistency = field(default_factory=Consistency)
    instruction: str = ""

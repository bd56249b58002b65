"""A caption from its pieces: blanks, commas, articles and capitals where something was taken out or put in."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pyanon.captions.lexicon import folded
from pyanon.captions.tagging.tags import Tag, Tagged

__all__ = ["Piece", "joined", "tidy", "with_article", "without"]

_VOWEL = re.compile(r"(?!uni|one|once|eu|us[aeiu]|ut[ei])[aeiou]|hour|honest|heir", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(an?) (\w+)", re.IGNORECASE)
#: Before these nothing may hang: ``with a scar and``, ``in Lyon.``
_CLOSES = frozenset(
    {
        "",
        ",",
        ".",
        "!",
        "?",
        ";",
        ":",
        ")",
        "and",
        "&",
        "or",
        "but",
        "is",
        "are",
        "was",
        "were",
        "while",
        "as",
        "who",
        "that",
    }
)


@dataclass
class Piece:
    """What comes in the place of some tokens.

    Attributes:
        first: The first token.
        end: The token after the last.
        text: What stands there now.
        new: Whether that is something else than what stood there.
    """

    first: int
    end: int
    text: str
    new: bool = False


def joined(tagged: Tagged, pieces: Sequence[Piece]) -> str:
    """The pieces with the blanks that were between them, and articles that fit what they stand before now."""
    out: list[str] = []
    position = 0
    for piece in _without_loose(tagged, pieces):
        start, end = tagged.tokens[piece.first].start, tagged.tokens[piece.end - 1].end
        gap = tagged.text[position:start]
        out += [" " if gap.strip() else gap, piece.text]
        position = end
    return "".join(out)


def _without_loose(tagged: Tagged, pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces without articles and prepositions whose noun went; articles that stay fit the word after them."""
    kept: list[Piece] = []
    end, after, after_new = len(tagged.tokens), "", False
    for piece in reversed([piece for piece in pieces if piece.text]):
        gap = piece.end != end
        single = piece.end == piece.first + 1 and not piece.new
        hangs = single and tagged.has(piece.first, Tag.ARTICLE, Tag.IN) and gap and after.lower() in _CLOSES
        if not hangs:
            if (gap or after_new) and piece.text.lower() in {"a", "an"} and after[:1].isalpha():
                piece = Piece(piece.first, piece.end, _fitting(piece.text, after), new=True)
            kept.append(piece)
            after, after_new, end = piece.text, piece.new, piece.first
    return kept[::-1]


def _fitting(article: str, word: str) -> str:
    fitting = "an" if _VOWEL.match(word) else "a"
    if article.isupper() and word[:2].isupper():
        return fitting.upper()
    return fitting.capitalize() if article[0].isupper() else fitting


def with_article(noun: str) -> str:
    """A noun with ``a`` or ``an``."""
    return f"{'an' if _VOWEL.match(noun) else 'a'} {noun}"


def fitting_articles(text: str) -> str:
    """A text whose articles fit the words after them."""
    return _ARTICLE.sub(lambda match: f"{_fitting(match[1], match[2])} {match[2]}", text)


def without(text: str, words: Collection[str]) -> str:
    """A text without some words.

    Args:
        text: The text.
        words: The words, folded (`lexicon.folded`).
    """
    return tidy(re.sub(r"[^\W_]+", lambda match: "" if folded(match[0]) in words else match[0], text), like=text)


def tidy(text: str, *, like: str) -> str:
    """A text without what is left where something was taken out: blanks, commas, empty brackets.

    Args:
        text: The text.
        like: The caption it was made from: its capitals and its last mark are kept.
    """
    for pattern, instead in _TIDY:
        text = pattern.sub(instead, text)
    text = text.strip()
    text = text.strip(",;:–—-/|• ") if not text.endswith(("...", "…")) else text
    last = like.rstrip()[-1:]
    if text and last in ".!?" and text[-1] not in '.!?…"”':
        text += last
    first = next((letter for letter in like if letter.isalpha()), "")
    if first.isupper() and _PLAIN.match(text):
        text = text[0].upper() + text[1:]
    return re.sub(r"([.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text) if first.isupper() else text


_TIDY = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\(\s*\)|\[\s*\]|\"\s*\"|“\s*”|'\s+'", ""),
        (r"\s+", " "),
        (r"\(\s*[,;]\s*", "("),
        (r"\s+([,.!?;:)])", r"\1"),
        (r"\(\s+", "("),
        (r"([,;:])(?:\s*[,;:])+", r"\1"),
        (r"[,;:–—-]\s*(?=[.!?])", ""),
        (r"([.!?])(?:\s*[.!?])+(?<!\.\.\.)", r"\1"),
        (r"^[\s,.;:!?)&–—|/•-]+", ""),
        (r",\s*(?=\))", ""),
        (r"\.,", ","),
    )
)
#: A word, and no digest or token.
_PLAIN = re.compile(r"[a-z]+(?![\w:*])")

"""The check of a public caption: nothing private is left, no word is new, and what it says of people is so.

A caption that does not pass is not used; the template rewrite is what is left then, and it is checked as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from pyanon.captions.describe import PERSON_WORDS, fits, general
from pyanon.captions.extract import parse
from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.pronouns import PRONOUNS
from pyanon.texts import Kind, Portrait, Reading

__all__ = ["claims", "general_words", "left", "new_words", "untrue"]

#: Words of spans that say nothing of anybody.
_EMPTY = lexicon().terms["grammar.empty"]
_WORD = re.compile(r"[^\W_]+")
#: Letters of a word from which on one, or two, may be others and it is still the same word to a reader.
_ONE, _TWO = 5, 9
#: Letters of a span, written without blanks, that are looked for inside of words.
_JOINED = 6


def words(text: str) -> list[str]:
    """The words of a text, as they are compared."""
    return [folded(word) for word in _WORD.findall(text)]


@lru_cache(maxsize=1)
def general_words() -> frozenset[str]:
    """The words that a rewrite may use of anybody."""
    looks = [
        general(gender, age, plural=many)
        for gender in ("female", "male", "")
        for age in _AGES
        for many in (False, True)
    ]
    listed = {word for look in looks for word in look.split()} | {folded(word) for word in PERSON_WORDS}
    places = {word for kind in lexicon().kinds_of_place.values() for word in kind.split()}
    return frozenset(listed | places | _MORE)


def left(public: str, reading: Reading, *, kept: Collection[Kind] = ()) -> dict[str, Kind]:
    """Words of the spans, or like them, that are left: word of the public caption -> kind.

    A word that the caption also says elsewhere, outside of all spans, is left only where it is said more often.

    Args:
        public: The public caption.
        reading: The original.
        kept: Kinds that the policy keeps.
    """
    found: dict[str, Kind] = {}
    said, rest = Counter(words(public)), Counter(words(_outside(reading)))
    allowed = general_words() | _EMPTY
    squeezed, blank = "".join(words(public)), "".join(words(_outside(reading)))
    for span in reading.spans:
        if span.kind in kept:
            continue
        inside = words(reading.text[span.start : span.end])
        telling = [word for word in inside if word not in allowed and (len(word) > 1 or word.isdigit())]
        joined = "".join(inside)
        if len(joined) >= _JOINED and len(telling) > 1 and joined in squeezed and joined not in blank:
            parts = [word for word in said if word in joined or joined in word]
            found |= dict.fromkeys([word for word in parts if word not in allowed] or parts, span.kind)
        for word in telling:
            found |= dict.fromkeys(_like(word, said, rest), span.kind)
    return found


def _outside(reading: Reading) -> str:
    out, position = [], 0
    for span in reading.spans:
        out.append(reading.text[position : span.start])
        position = span.end
    return " ".join([*out, reading.text[position:]])


def _like(word: str, said: Counter[str], rest: Counter[str]) -> Iterator[str]:
    """The words said that are a word of a span or so near to it that a reader would take them for it."""
    if said[word] > rest[word]:
        yield word
    if word.isdigit() or len(word) < _ONE:
        return
    most = 2 if len(word) >= _TWO else 1
    for other in said:
        near = other[0] == word[0] and abs(len(other) - len(word)) <= most and said[other] > rest[other]
        if near and not lexicon().is_common(other) and _distance(word, other, most) <= most:
            yield other


def _distance(one: str, other: str, most: int) -> int:
    """Letters to change, add or leave out (Levenshtein), or ``most + 1`` where it is more."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, row = row, [at]
        for place, second in enumerate(other, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != second)))
        if min(row) > most:
            return most + 1
    return row[-1]


def new_words(public: str, *, draft: str) -> tuple[str, ...]:
    """Words that say something and differ between a public caption and the template's: of one of them, or oftener.

    Args:
        public: The public caption.
        draft: The template's rewrite of the same.
    """
    allowed = general_words() | _EMPTY
    one, other = Counter(words(public)), Counter(words(draft))
    return tuple(sorted(word for word in {*one, *other} if one[word] != other[word] and word not in allowed))


def claims(text: str) -> tuple[str, ...]:
    """The words of a text that claim a gender or an age of somebody, in order: people, pronouns, ages."""
    return tuple(word for word in words(text) if word in PERSON_WORDS or word in PRONOUNS or word in _AGE_WORDS)


def untrue(public: str, portraits: Sequence[Portrait]) -> Iterator[str]:
    """What a public caption claims that agrees with nobody in the picture: the words.

    Args:
        public: The public caption.
        portraits: What may be said of the people in the picture now; none: anything may.
    """
    if not portraits:
        return
    parsed = parse(public)
    for phrase in parsed.phrases:
        if phrase.role not in {"person", "mention"}:
            continue
        ages = phrase.ages & {phrase.group} if phrase.ages & {phrase.group} else phrase.ages
        if not any(fits(portrait, gender=phrase.gender, ages=ages) for portrait in portraits):
            first, last = parsed.tagged.tokens[phrase.first], parsed.tagged.tokens[phrase.end - 1]
            yield public[first.start : last.end]


_AGE_WORDS = lexicon().terms["grammar.age_words"]
_AGES = ("", "baby", "child", "teen", "young", "adult", "old")
_MORE = lexicon().terms["grammar.more"]

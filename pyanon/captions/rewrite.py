"""The template rewrite: what gives somebody away is said in general words; all words for people agree with the faces.

It is built from allowed words only: those of the caption that could be read, and the general words of `describe`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pyanon.captions.describe import PERSON_WORDS, PersonWord, fits, general, plural_of
from pyanon.captions.grammar import PRONOUNS, Phrase
from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tag import Tagged
from pyanon.texts import Change, Kind, Portrait

__all__ = ["Instead", "Rewriting", "rewrite", "without"]

_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
#: Pronouns by the gender of whom they speak of; of nobody's, ``the person`` agrees with every verb.
_FORMS = {
    "subject": {"female": "she", "male": "he", "": "the person"},
    "object": {"female": "her", "male": "him", "": "the person"},
    "own": {"female": "her", "male": "his", "": "their"},
    "owned": {"female": "hers", "male": "his", "": "theirs"},
    "self": {"female": "herself", "male": "himself", "": "themselves"},
}
_PRONOUN_FORMS = {
    "he": "subject", "she": "subject", "him": "object", "his": "own", "hers": "owned",
    "himself": "self", "herself": "self",
}  # fmt: skip
_AFTER_OBJECT = lexicon().terms["grammar.after_object"]


@dataclass
class Rewriting:
    """A caption while it is rewritten.

    Attributes:
        text: The rewritten caption.
        changes: What became of each phrase.
    """

    text: str
    changes: tuple[Change, ...] = ()


@dataclass
class _Piece:
    """What comes in the place of some tokens."""

    first: int
    end: int
    text: str
    phrase: Phrase | None = None


@dataclass
class _State:
    """What was said so far."""

    known: list[tuple[frozenset[str], str]] = field(default_factory=list)
    last: Portrait | None = None
    claimed: str = ""


@dataclass(frozen=True)
class Instead:
    """What is put in the place of spans where no general description shall be.

    Attributes:
        of: Kind and text of a span -> what stands there then; None: a general description.
        names: Name -> new name of somebody.
    """

    of: Callable[[Kind, str], str | None] = lambda *_: None
    names: Mapping[str, str] = field(default_factory=dict)


def rewrite(
    tagged: Tagged, phrases: Sequence[Phrase], portraits: Sequence[Portrait | None], *, instead: Instead | None = None
) -> Rewriting:
    """Rewrites a caption.

    Args:
        tagged: The caption.
        phrases: Its phrases, in order.
        portraits: For each phrase that speaks of somebody (``person`` and ``mention``, in order) what may be said of
            them now; None: what the caption says.
        instead: What is put in the place of spans, where that is no general description.
    """
    return _Rewriter(tagged, phrases, portraits, instead or Instead()).run()


class _Rewriter:
    def __init__(
        self, tagged: Tagged, phrases: Sequence[Phrase], portraits: Sequence[Portrait | None], instead: Instead
    ) -> None:
        self.t, self.phrases, self.instead = tagged, list(phrases), instead
        people = [phrase for phrase in self.phrases if phrase.role in {"person", "mention"}]
        self.portraits = {id(phrase): portrait for phrase, portrait in zip(people, portraits, strict=True)}
        self.state = _State()
        self.lexicon = lexicon()

    def run(self) -> Rewriting:
        pieces = self._pieces()
        changes = []
        for piece in pieces:
            kinds = [self.t.kinds[at] for at in range(piece.first, piece.end) if self.t.kinds[at]]
            old = self.t.source(piece.first, piece.end)
            if old != piece.text and any(letter.isalnum() for letter in old):
                start, end = self.t.tokens[piece.first].start, self.t.tokens[piece.end - 1].end
                changes.append(Change(start, end, _leading(kinds), piece.text))
        return Rewriting(tidy(self._assembled(pieces), like=self.t.text), tuple(changes))

    # -- what is said instead of each phrase

    def _pieces(self) -> list[_Piece]:
        pieces: list[_Piece] = []
        at = index = 0
        while at < len(self.t.tokens):
            if index < len(self.phrases) and self.phrases[index].first == at:
                group = self._group(index)
                pieces.append(self._said(group))
                index, at = index + len(group), group[-1].end
            else:
                text = self._word_text(at)
                if text is not None:
                    pieces.append(_Piece(at, at + 1, text))
                at += 1
        return pieces

    def _group(self, index: int) -> list[Phrase]:
        """Persons that are listed: ``Ana, Tom and Mia``."""
        group = [self.phrases[index]]
        while group[-1].role == "person" and index + len(group) < len(self.phrases):
            following = self.phrases[index + len(group)]
            between = [self.t.tokens[at].lower for at in range(group[-1].end, following.first)]
            if (
                following.role != "person"
                or not between
                or any(word not in {",", "and", "&", "y", "und"} for word in between)
            ):
                break
            group.append(following)
        while len(group) > 1 and self.t.tokens[group[-1].first - 1].lower == ",":
            group.pop()  # a list ends with "and"
        return group

    def _said(self, group: list[Phrase]) -> _Piece:
        first = group[0]
        if first.role in {"drop", "place"}:
            return _Piece(first.first, first.end, self._put(first, first.text), first)
        text = (
            self._listed(group)
            if len(group) > 1
            else self._mention(first)
            if first.role == "mention"
            else self._person(first)
        )
        return _Piece(first.first, group[-1].end, text, first)

    def _put(self, phrase: Phrase, usual: str) -> str:
        """A phrase with what is put in the place of its spans, or the usual text where nothing is."""
        said = self._spans(phrase)
        if all(text is None for _, _, text in said):
            return usual
        out, position = "", self.t.tokens[phrase.first].start
        for first, end, text in said:
            start = self.t.tokens[first].start
            out += self.t.text[position:start] + (text or "")
            position = self.t.tokens[end - 1].end
        return out + self.t.text[position : self.t.tokens[phrase.end - 1].end]

    def _spans(self, phrase: Phrase) -> list[tuple[int, int, str | None]]:
        """The spans of a phrase, token by token of one kind, and what is put in the place of each."""
        found: list[tuple[int, int, str | None]] = []
        at = phrase.first
        while at < phrase.end:
            kind, first = self.t.kinds[at], at
            while at < phrase.end and self.t.kinds[at] == kind:
                at += 1
            if kind is not None:
                found.append((first, at, self.instead.of(kind, self.t.source(first, at))))
        return found

    def _looks(self, phrase: Phrase) -> tuple[str, str]:
        """Gender and age group to be said of somebody."""
        portrait = self.portraits[id(phrase)]
        if portrait is None:
            gender = phrase.gender or ("" if phrase.plural else self._gender_by_pronoun(phrase))
            return gender, phrase.group or self._group_by_words(phrase)
        return portrait.gender, portrait.age

    def _group_by_words(self, phrase: Phrase) -> str:
        ages = phrase.ages
        return "child" if "child" in ages and "young" not in ages else ""

    def _gender_by_pronoun(self, phrase: Phrase) -> str:
        """What the pronouns after somebody say, if nobody else was spoken of before them."""
        for at in range(phrase.end, len(self.t.tokens)):
            if any(other.first == at and other.role in {"person", "mention"} for other in self.phrases):
                return ""
            gender = PRONOUNS.get(self.t.tokens[at].lower, "")
            if gender:
                return gender
        return ""

    def _person(self, phrase: Phrase) -> str:
        put = [text for _, _, text in self._spans(phrase) if text is not None]
        if put or phrase.name in self.instead.names:
            self.state.last = None
            return " ".join(filter(None, put)) or self.instead.names.get(phrase.name, "")
        return self._general(phrase)

    def _general(self, phrase: Phrase) -> str:
        gender, age = self._looks(phrase)
        plural = phrase.plural or bool(phrase.count and phrase.count > 1)
        noun = general(gender, age, plural=plural)
        self._remember(phrase, gender, age)
        for key, before in self.state.known:
            if key & phrase.key:
                return f"the {before}"
        if phrase.key:
            self.state.known.append((phrase.key, noun))
        if plural:
            return f"{_COUNTS.get(phrase.count or 0, '')} {noun}".strip()
        return f"the {noun}" if phrase.article in {"the", "this", "that"} else with_article(noun)

    def _remember(self, phrase: Phrase, gender: str, age: str) -> None:
        self.state.last = Portrait(gender, age) if self.portraits[id(phrase)] is not None else None
        self.state.claimed = phrase.gender

    def _listed(self, group: list[Phrase]) -> str:
        """Several people: ``two women and a man``."""
        if self.instead.names or any(text is not None for phrase in group for _, _, text in self._spans(phrase)):
            said = [self._person(phrase) for phrase in group]
            return " and ".join([", ".join(said[:-1]), said[-1]])
        nouns: dict[str, int] = {}
        for phrase in group:
            gender, age = self._looks(phrase)
            noun = general(gender, age)
            if phrase.key:
                self.state.known.append((phrase.key, noun))
            nouns[noun] = nouns.get(noun, 0) + (phrase.count or 1)
        self.state.last = None
        said = [
            with_article(noun) if count == 1 else f"{_COUNTS.get(count, 'several')} {plural_of(noun)}"
            for noun, count in nouns.items()
        ]
        if len(said) > 3:
            return f"{_COUNTS.get(sum(nouns.values()), 'several')} people"
        return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)

    def _mention(self, phrase: Phrase) -> str:
        """General words for somebody: they stay where they agree with the face, without what gives them away."""
        kept = [at for at in range(phrase.first, phrase.end) if not self.t.kinds[at] and self.t.tags[at] != "a"]
        portrait, claim = self.portraits[id(phrase)], PERSON_WORDS.get(self.t.tokens[phrase.noun].lower)
        gender, age = self._looks(phrase)
        self._remember(phrase, gender, age)
        # An age in figures that goes leaves its group, unless a word that stays says it.
        figures = phrase.group and not any(self.t.tokens[at].lower in _AGE_WORDS for at in kept)
        if (portrait is not None and not _agrees(phrase, claim, portrait)) or (figures and portrait is None):
            kept = [at for at in kept if self.t.tokens[at].lower not in _AGE_WORDS]
            noun = _other_noun(claim, portrait, age) if claim else ""
            return (
                " ".join([*(self.t.tokens[at].text for at in kept if at != phrase.noun), noun])
                if noun
                else self._kept(phrase, kept)
            )
        return self._kept(phrase, kept)

    def _kept(self, phrase: Phrase, kept: list[int]) -> str:
        if not kept or all(self.t.tags[at] in "dmp" for at in kept):
            noun = general(*self._looks(phrase), plural=phrase.plural or bool(phrase.count and phrase.count > 1))
            return " ".join([*(self.t.tokens[at].text for at in kept if self.t.tags[at] != "p"), noun])
        return " ".join(self.t.tokens[at].text for at in kept)

    # -- words outside of phrases

    def _word_text(self, at: int) -> str | None:
        token = self.t.tokens[at]
        word = token.lower
        if self.t.tags[at] == "S":
            return "'s"
        if self.t.tags[at] == "?":
            return self._readable(word) or self._thing(at)
        if word in PRONOUNS and self.state.last is not None:
            return self._pronoun(at, word)
        return token.text

    def _pronoun(self, at: int, word: str) -> str:
        last = self.state.last
        if (
            last is None
            or PRONOUNS[word] == last.gender
            or (self.state.claimed and PRONOUNS[word] != self.state.claimed)
        ):
            return self.t.tokens[at].text
        form = _PRONOUN_FORMS.get(word)
        if word == "her":
            after = self.t.tokens[at + 1].lower if at + 1 < len(self.t.tokens) else "."
            form = "object" if after in _AFTER_OBJECT else "own"
        return _FORMS[form or "own"][last.gender]

    def _thing(self, at: int) -> str | None:
        """What stands for a word that nobody could read: a thing, where there has to be one."""
        before = self.t.tags[at - 1] if at else ""
        after = self.t.tags[at + 1] if at + 1 < len(self.t.tags) else "."
        return "thing" if before in {"d", "p", "S"} and after not in {"x", "w", "o", "?", "n"} else None

    def _readable(self, word: str) -> str | None:
        """An unread word as the word that it was meant to be, or nothing."""
        pair = self.lexicon.parts(word)
        return self.lexicon.nearest(word) or (" ".join(pair) if pair else None)

    # -- putting it together

    def _assembled(self, pieces: list[_Piece]) -> str:
        """The pieces with the blanks that were between them."""
        out: list[str] = []
        position = 0
        for piece in pieces:
            start, end = self.t.tokens[piece.first].start, self.t.tokens[piece.end - 1].end
            gap = self.t.text[position:start]
            out += [" " if gap.strip() else gap, piece.text]
            position = end
        return "".join(out)


def _agrees(phrase: Phrase, claim: PersonWord | None, portrait: Portrait) -> bool:
    """Whether words for somebody may be said of who is in the picture now."""
    said = claim is None or fits(portrait, gender=claim.gender, ages=claim.ages)
    return said and portrait.age in _SAID_OF.get(phrase.group, {phrase.group, portrait.age})


def _other_noun(claim: PersonWord, portrait: Portrait | None, age: str) -> str:
    """The noun for who is in the picture now, as near to the one that was there as can be."""
    if portrait is None:
        return general(claim.gender, age, plural=claim.plural)
    of_age = not claim.ages or portrait.age in claim.ages
    if not portrait.gender and not portrait.age:
        return claim.neutral
    if of_age and claim.twin and portrait.gender and portrait.gender != claim.gender:
        return claim.twin
    if of_age and not portrait.gender:
        return claim.neutral
    return general(portrait.gender, portrait.age, plural=claim.plural)


#: An age group that words state -> those of whom it may be said.
_SAID_OF = {
    "young": {"teen", "young"},
    "child": {"baby", "child"},
    "baby": {"baby"},
    "teen": {"teen"},
    "adult": {"adult"},
    "old": {"old"},
}
_AGE_WORDS = lexicon().terms["grammar.age_words"]
_ORDER: tuple[Kind, ...] = (
    "name", "contact", "identifier", "relation", "age", "place", "employer", "title", "description", "nationality",
    "religion", "health", "attribute", "unread",
)  # fmt: skip
_VOWEL = re.compile(r"(?!uni|one|once|eu|us[aeiu]|ut[ei])[aeiou]|hour|honest|heir", re.IGNORECASE)


def _leading(kinds: Sequence[Kind | None]) -> Kind:
    return next((kind for kind in _ORDER if kind in kinds), "attribute")


def without(text: str, words: Collection[str]) -> str:
    """A text without some words.

    Args:
        text: The text.
        words: The words, folded (`lexicon.folded`).
    """
    return tidy(re.sub(r"[^\W_]+", lambda match: "" if folded(match[0]) in words else match[0], text), like=text)


def with_article(noun: str) -> str:
    """A noun with ``a`` or ``an``."""
    return f"{'an' if _VOWEL.match(noun) else 'a'} {noun}"


def tidy(text: str, *, like: str) -> str:
    """A text without what is left where something was taken out: blanks, commas, articles that do not fit.

    Args:
        text: The text.
        like: The caption it was made from: its capitals and its last mark are kept.
    """
    for pattern, instead in _TIDY:
        text = pattern.sub(instead, text)
    text = _ARTICLE.sub(_right_article, text).strip()
    text = text.strip(",;:–—- ") if not text.endswith(("...", "…")) else text
    last = like.rstrip()[-1:]
    if text and last in ".!?" and text[-1] not in ".!?…":
        text += last
    first = next((letter for letter in like if letter.isalpha()), "")
    if first.isupper() and _PLAIN.match(text):
        text = text[0].upper() + text[1:]
    return re.sub(r"([.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text) if first.isupper() else text


_TIDY = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\(\s*\)|\[\s*\]|\"\s*\"|“\s*”", ""),
        (r"\s+", " "),
        (r"\(\s*[,;]\s*", "("),
        (r"\s+([,.!?;:)])", r"\1"),
        (r"\(\s+", "("),
        (r"([,;:])(?:\s*[,;:])+", r"\1"),
        (r"[,;:–—-]\s*(?=[.!?])", ""),
        (r"([.!?])(?:\s*[.!?])+(?<!\.\.\.)", r"\1"),
        (r"^[\s,.;:–—-]+", ""),
    )
)
#: A word, and no digest or token.
_PLAIN = re.compile(r"[a-z]+(?![\w:*])")
_ARTICLE = re.compile(r"\b(an?) (\w+)", re.IGNORECASE)


def _right_article(match: re.Match[str]) -> str:
    fitting = "an" if _VOWEL.match(match[2]) else "a"
    return f"{fitting.capitalize() if match[1][0].isupper() else fitting} {match[2]}"

"""The template rewrite: what gives somebody away is said in general words; all words for people agree with the faces.

It is built from allowed words only: those of the caption that could be read, and the general words of `describe`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyanon.captions.beards import BEARDED, beard_end, may_have_one
from pyanon.captions.describe import PERSON_WORDS, general, plural_of
from pyanon.captions.grammar import Phrase
from pyanon.captions.lexicon import lexicon
from pyanon.captions.pronouns import PRONOUNS, pronoun
from pyanon.captions.tag import Tag, Tagged
from pyanon.captions.tidy import Piece, fitting_articles, joined, tidy, with_article, without
from pyanon.captions.wordings import agrees, other_noun
from pyanon.texts import Change, Kind, Portrait

__all__ = ["Instead", "Rewriting", "rewrite", "with_article", "without"]

_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
#: More kinds of people than these are not told one by one.
_KINDS_SAID = 3
#: People of a list, at most.
_LISTED = 40
_AGE_WORDS = lexicon().terms["grammar.age_words"]
_ORDER: tuple[Kind, ...] = (
    "name", "contact", "identifier", "relation", "age", "place", "employer", "title", "description", "nationality",
    "religion", "health", "attribute", "unread",
)  # fmt: skip


@dataclass
class Rewriting:
    """A caption that was rewritten.

    Attributes:
        text: The rewritten caption.
        changes: What became of each phrase.
    """

    text: str
    changes: tuple[Change, ...] = ()


@dataclass
class _State:
    """What was said so far: whose names stand for which words, and whom the next pronoun is of."""

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
        self.starts = {phrase.first for phrase in people}
        self.state = _State()
        letters = [letter for letter in tagged.text if letter.isalpha()]
        self.capitals = bool(letters) and sum(letter.isupper() for letter in letters) > 0.8 * len(letters)

    def run(self) -> Rewriting:
        pieces = self._pieces()
        if not any(piece.new for piece in pieces) and sum(piece.end - piece.first for piece in pieces) == len(
            self.t.tokens
        ):
            return Rewriting(self.t.text)
        changes = tuple(self._change(piece) for piece in pieces if piece.new and self._says(piece))
        text = tidy(joined(self.t, pieces), like=self.t.text)
        return Rewriting(text, changes)

    def _says(self, piece: Piece) -> bool:
        return any(letter.isalnum() for letter in self.t.source(piece.first, piece.end))

    def _change(self, piece: Piece) -> Change:
        kinds = [self.t.kinds[at] for at in range(piece.first, piece.end)]
        kind: Kind = next((kind for kind in _ORDER if kind in kinds), "attribute")
        return Change(self.t.tokens[piece.first].start, self.t.tokens[piece.end - 1].end, kind, piece.text)

    # -- what is said instead of each phrase

    def _pieces(self) -> list[Piece]:
        pieces: list[Piece] = []
        at = index = 0
        while at < len(self.t.tokens):
            if index < len(self.phrases) and self.phrases[index].first == at:
                group = self._group(index)
                pieces.append(self._piece(at, group[-1].end, self._said(group)))
                index, at = index + len(group), group[-1].end
            elif (end := self._beard_end(at, index)) > at:
                pieces.append(self._piece(at, end, ""))
                at = end
            else:
                genitive = self.t.has(at, Tag.POSSESSIVE) and pieces and pieces[-1].new
                pieces.append(self._piece(at, at + 1, _genitive(pieces[-1].text) if genitive else self._word_text(at)))
                at += 1
        return [piece for piece in pieces if piece.text or piece.new]

    def _beard_end(self, at: int, index: int) -> int:
        """Where a beard ends that is said from here of a face that has none; ``at`` where none is said."""
        if may_have_one(self.state.last):
            return at
        end = beard_end(self.t, at)
        return at if index < len(self.phrases) and self.phrases[index].first < end else end

    def _piece(self, first: int, end: int, text: str) -> Piece:
        new = text != self.t.source(first, end)
        return Piece(
            first, end, text.upper() if new and self.capitals and not self._is_put(first, end) else text, new=new
        )

    def _is_put(self, first: int, end: int) -> bool:
        """Whether operators or new names stand there, whose letters are their own."""
        kinds = {self.t.kinds[at] for at in range(first, end)} - {None}
        return bool(self.instead.names) or any(kind and self.instead.of(kind, "") is not None for kind in kinds)

    def _group(self, index: int) -> list[Phrase]:
        """Persons that are listed: ``Ana, Tom and Mia``."""
        group = [self.phrases[index]]
        while group[-1].role == "person" and len(group) < _LISTED and index + len(group) < len(self.phrases):
            following = self.phrases[index + len(group)]
            between = {self.t.words[at] for at in range(group[-1].end, following.first)}
            if following.role != "person" or not between or not between <= {",", "and", "&", "y", "und", "et"}:
                break
            group.append(following)
        while len(group) > 1 and self.t.word(group[-1].first - 1) == ",":
            group.pop()  # a list ends with "and"
        return group

    def _said(self, group: list[Phrase]) -> str:
        first = group[0]
        if first.role in {"drop", "place"}:
            return self._put(first, first.text)
        if len(group) > 1:
            return self._listed(group)
        return self._mention(first) if first.role == "mention" else self._person(first)

    def _put(self, phrase: Phrase, usual: str) -> str:
        """A phrase with what is put in the place of its spans, or the usual text where nothing is."""
        said = self._spans(phrase)
        if all(text is None for _, _, text in said):
            return usual
        out, position = "", self.t.tokens[phrase.first].start
        for first, end, text in said:
            out += self.t.text[position : self.t.tokens[first].start] + (text or "")
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

    # -- people

    def _looks(self, phrase: Phrase) -> tuple[str, str]:
        """Gender and age group to be said of somebody."""
        portrait = self.portraits[id(phrase)]
        if portrait is not None:
            return portrait.gender, portrait.age
        gender = phrase.gender or ("" if phrase.plural else self._gender_by_pronoun(phrase))
        by_words = "child" if "child" in phrase.ages and "young" not in phrase.ages else ""
        group = phrase.group if not phrase.ages or phrase.group in phrase.ages else ""
        return gender, group or by_words

    def _gender_by_pronoun(self, phrase: Phrase) -> str:
        """What the pronouns after somebody say, if nobody else was spoken of before them."""
        for at in range(phrase.end, len(self.t.tokens)):
            if at in self.starts:
                return ""
            if self.t.words[at] in PRONOUNS:
                return PRONOUNS[self.t.words[at]]
        return ""

    def _person(self, phrase: Phrase) -> str:
        put = [text for _, _, text in self._spans(phrase) if text is not None]
        if put or phrase.name in self.instead.names:
            self.state.last = None
            return " ".join(filter(None, put)) or self.instead.names.get(phrase.name, "")
        return self._general(phrase)

    def _general(self, phrase: Phrase) -> str:
        gender, age = self._looks(phrase)
        noun = general(gender, age, plural=_is_plural(phrase))
        self._remember(phrase)
        for key, before in self.state.known:
            if key & phrase.key:
                return f"the {before}"
        if phrase.key:
            self.state.known.append((phrase.key, noun))
        if _is_plural(phrase):
            return f"{_COUNTS.get(phrase.count or 0, '')} {noun}".strip()
        return f"the {noun}" if phrase.article in {"the", "this", "that"} else with_article(noun)

    def _remember(self, phrase: Phrase) -> None:
        portrait = self.portraits[id(phrase)]
        self.state.last = None if _is_plural(phrase) else portrait
        self.state.claimed = phrase.gender

    def _listed(self, group: list[Phrase]) -> str:
        """Several people: ``two women and a man``."""
        if self.instead.names or any(text is not None for phrase in group for _, _, text in self._spans(phrase)):
            return _enumerated([self._person(phrase) for phrase in group])
        nouns: dict[str, int] = {}
        both = group[-1].group if {"both", "all"} & set(self.t.words[group[-1].first : group[-1].end]) else ""
        for phrase in group:
            phrase.group = phrase.group or both
            noun = general(*self._looks(phrase))
            if phrase.key:
                self.state.known.append((phrase.key, noun))
            nouns[noun] = nouns.get(noun, 0) + (phrase.count or (2 if phrase.plural else 1))
        self.state.last = None
        if "person" in nouns and len(nouns) > 1 and all(each in {"person", "woman", "man"} for each in nouns):
            nouns = {"person": sum(nouns.values())}  # rather than "a woman and a person"
        if len(nouns) > _KINDS_SAID or any(phrase.plural and not phrase.count for phrase in group):
            return "several people"
        return _enumerated([_counted(noun, count) for noun, count in nouns.items()])

    def _mention(self, phrase: Phrase) -> str:
        """General words for somebody: they stay where they agree with the face, without what gives them away."""
        kept = [at for at in range(phrase.first, phrase.end) if not self.t.kinds[at] and self.t.tags[at] != Tag.AGE]
        portrait, claim = self.portraits[id(phrase)], PERSON_WORDS.get(self.t.word(phrase.noun))
        self._remember(phrase)
        whole = len(kept)
        if not may_have_one(portrait):
            kept = [at for at in kept if self.t.words[at] not in BEARDED]
        # An age in figures that goes leaves its group, unless a word that stays says it.
        figures = phrase.group and not any(self.t.words[at] in _AGE_WORDS for at in kept)
        if (portrait is None and figures) or (portrait is not None and not agrees(phrase, claim, portrait)):
            timeless = [at for at in kept if self.t.words[at] not in _AGE_WORDS or at == phrase.noun]
            stated, kept = len(timeless) < len(kept) < whole, timeless  # an old bearded man: a young woman
            if claim:
                looks = self._looks(phrase)
                noun = general(*looks, plural=claim.plural) if stated else other_noun(claim, portrait, looks[1])
                return self._words([at for at in kept if at != phrase.noun], noun)
        return self._kept(phrase, kept)

    def _kept(self, phrase: Phrase, kept: list[int]) -> str:
        if len(kept) == phrase.end - phrase.first:
            return self.t.source(phrase.first, phrase.end)
        if not kept or all(self.t.tags[at] in {Tag.ARTICLE, Tag.COUNT, Tag.OWN} for at in kept):
            noun = general(*self._looks(phrase), plural=_is_plural(phrase))
            return self._words([at for at in kept if self.t.tags[at] != Tag.OWN], noun)
        return self._words(kept)

    def _words(self, kept: Sequence[int], *more: str) -> str:
        return fitting_articles(" ".join([*(self.t.tokens[at].text for at in kept), *more]))

    # -- words outside of phrases

    def _word_text(self, at: int) -> str:
        """A word that is in no phrase: as it was, if it could be read and gives nobody away."""
        word, kind = self.t.words[at], self.t.kinds[at]
        if kind is not None:
            put = self.instead.of(kind, self.t.tokens[at].text)
            if put is not None:
                return put
            return self._thing(at) if kind == "unread" else ""
        if word in PRONOUNS and self.state.last is not None and self._changes(word, self.state.last):
            return pronoun(self.t, at, self.state.last.gender)
        return self.t.tokens[at].text

    def _changes(self, word: str, last: Portrait) -> bool:
        return PRONOUNS[word] != last.gender and self.state.claimed in {"", PRONOUNS[word]}

    def _thing(self, at: int) -> str:
        """What stands for a word that nobody could read: a thing, where there has to be one."""
        before = at - 1
        while before > at - 3 and self.t.has(before, Tag.OTHER):
            before -= 1
        needed = self.t.has(before, Tag.ARTICLE, Tag.OWN, Tag.POSSESSIVE)
        last = not self.t.has(at + 1, Tag.OTHER, Tag.PERSON, Tag.OCCUPATION, Tag.UNREAD, Tag.NAME)
        return "thing" if needed and last else ""


def _is_plural(phrase: Phrase) -> bool:
    return phrase.plural or bool(phrase.count and phrase.count > 1)


def _genitive(noun: str) -> str:
    """``Petros' wedding``, ``the Hendersons' dog``: a man's, the people's."""
    return "'" if noun.endswith("s") else "'s"


def _counted(noun: str, count: int) -> str:
    return with_article(noun) if count == 1 else f"{_COUNTS.get(count, 'several')} {plural_of(noun)}"


def _enumerated(said: list[str]) -> str:
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)

"""What part each word of a caption plays: name, relation, place, number, ...; one letter for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from pyanon.captions.ages import YEARS
from pyanon.captions.describe import PERSON_WORDS
from pyanon.captions.identifiers import find
from pyanon.captions.lexicon import Lexicon, folded, lexicon
from pyanon.captions.tokens import Token, sentence_starts, tokens
from pyanon.texts import Kind, Span

__all__ = ["PREPOSITIONS", "Tag", "Tagged", "tag"]


class Tag(str, Enum):
    """The part that a word plays; its letter is what the grammar's patterns are written in."""

    NAME = "n"
    TITLE = "t"
    RELATION = "r"
    OCCUPATION = "o"
    PERSON = "w"
    OWN = "p"
    ARTICLE = "d"
    COUNT = "m"
    POSSESSIVE = "S"
    AGE = "a"
    YOUNG = "y"
    PEOPLE = "z"
    HAIR = "h"
    PLACE = "l"
    EMPLOYER = "e"
    IN = "i"
    AND = "&"
    CALLED = "k"
    WHO = "W"
    BE = "v"
    WORK = "K"
    LIVE = "L"
    CONTACT = "c"
    IDENTIFIER = "u"
    MARKED = "D"
    UNREAD = "?"
    OTHER = "x"


PREPOSITIONS = lexicon().terms["grammar.prepositions"]
#: After these a name is a place's, unless it is one that people have.
_WHERE = lexicon().terms["grammar.where"]
_WORK = lexicon().terms["grammar.work"]
_LIVE = lexicon().terms["grammar.live"]
_CALLED = lexicon().terms["grammar.called"]
_OWN = lexicon().terms["grammar.own"]
_ARTICLES = lexicon().terms["grammar.articles"]
_COUNTS = lexicon().terms["grammar.counts"]
_BE = lexicon().terms["grammar.be"]
_YOUNG = lexicon().terms["grammar.young"]
_AND = lexicon().terms["grammar.and"]
_KINDS: dict[Kind, Tag] = {
    "name": Tag.NAME, "place": Tag.PLACE, "employer": Tag.EMPLOYER, "contact": Tag.CONTACT,
    "identifier": Tag.IDENTIFIER, "age": Tag.AGE, "nationality": Tag.PEOPLE, "religion": Tag.PEOPLE,
    "health": Tag.PEOPLE, "title": Tag.TITLE,
    "relation": Tag.RELATION, "description": Tag.MARKED, "unread": Tag.UNREAD, "attribute": Tag.HAIR,
}  # fmt: skip
#: Share of capitals among words from which on they say nothing.
_SHOUTING = 0.6


@dataclass
class Tagged:
    """A caption with a tag for each token.

    Attributes:
        text: The caption.
        tokens: Its tokens.
        tags: One letter for each.
        starts: Whether a sentence begins with each.
        kinds: What each gives away, or None.
    """

    text: str
    tokens: list[Token]
    tags: list[str]
    starts: list[bool]
    kinds: list[Kind | None]

    @property
    def letters(self) -> str:
        """The tags as one text, in which patterns are looked for."""
        return "".join(self.tags)

    def source(self, first: int, end: int) -> str:
        """What stands there from a token to before another one."""
        return self.text[self.tokens[first].start : self.tokens[end - 1].end] if end > first else ""


def tag(text: str, *, spans: tuple[Span, ...] = ()) -> Tagged:
    """Tags a caption.

    Args:
        text: The caption.
        spans: What others have found in it; it is taken as found.
    """
    found = tokens(text)
    tagged = Tagged(text, found, ["" for _ in found], sentence_starts(found), [None for _ in found])
    _take(tagged, find(text))
    _take(tagged, spans)
    _Tagger(tagged, lexicon()).run()
    return tagged


def _take(tagged: Tagged, spans: tuple[Span, ...]) -> None:
    for span in spans:
        for index, token in enumerate(tagged.tokens):
            if token.start < span.end and span.start < token.end and (not tagged.tags[index] or span.kind == "name"):
                tagged.tags[index], tagged.kinds[index] = _KINDS[span.kind].value, span.kind


class _Tagger:
    """Tags what nobody has tagged yet: first what every word may be, then what stands around it decides."""

    def __init__(self, tagged: Tagged, known: Lexicon) -> None:
        self.t, self.known = tagged, known
        self.words = [token.lower for token in tagged.tokens]
        letters = [token for token in tagged.tokens[1:] if token.text[0].isalpha() and len(token.text) > 1]
        capital = sum(token.is_capital for token in letters)
        self.shouting = len(letters) >= 3 and capital / len(letters) > _SHOUTING

    def run(self) -> None:
        for index in range(len(self.words)):
            if not self.t.tags[index]:
                self._mark(index, *self._plain(index))
        for index in range(len(self.words)):
            if self.t.tags[index] == Tag.OTHER:
                self._proper(index)
        self._initials()
        self._runs()
        self._roles()
        self._unread()

    def _mark(self, index: int, tag: str, kind: Kind | None = None) -> None:
        self.t.tags[index], self.t.kinds[index] = tag, kind

    def _is(self, index: int, *tags: str) -> bool:
        return 0 <= index < len(self.t.tags) and self.t.tags[index] in tags

    def _word(self, index: int) -> str:
        return self.words[index] if 0 <= index < len(self.words) else ""

    # -- what a word is by itself

    def _plain(self, index: int) -> tuple[str, Kind | None]:
        """The tag of a word that is the same wherever it stands."""
        token, word, known = self.t.tokens[index], self.words[index], self.known
        if word == "'s" or (word == "'" and self._word(index - 1).endswith("s") and self._is_open(index)):
            return Tag.POSSESSIVE, None
        if not token.is_word:
            return (token.text if token.text in ",.!?;:()[]–—-&/\"'" else Tag.OTHER), None
        for tag, words in _PLAIN:
            if word in words:
                return tag, None
        if word in YEARS or token.is_number:
            return Tag.COUNT, None
        if not self._may_be_common_name(index):
            for tag, kind, lists in _LISTS:
                if known.is_in(word, *lists):
                    return tag, kind
            if word in PERSON_WORDS or known.is_in(word, "people.visible"):
                return Tag.PERSON, None
        return Tag.OTHER, None

    def _is_open(self, index: int) -> bool:
        """Whether an apostrophe closes a word and no quotation: ``the Hendersons' dog``."""
        before, token = self.t.tokens[index - 1], self.t.tokens[index]
        return before.end == token.start and "'" not in self.t.text[: before.start]

    def _may_be_common_name(self, index: int) -> bool:
        """Whether a word of a list stands where a name would: ``Dean smiles``, ``Anna Cook``."""
        token = self.t.tokens[index]
        return (
            token.is_capital
            and not self.shouting
            and self.known.is_name(self.words[index])
            and (not self.t.starts[index] or self._is_given_here(index))
            and not self.known.is_in(self.words[index], "titles.female", "titles.male", "titles.any")
        )

    # -- names and places

    def _proper(self, index: int) -> None:
        token, word = self.t.tokens[index], self.words[index]
        if not any(letter.isalpha() for letter in word):
            return
        count = self.known.place_at(self.words, index)
        common, capital = self.known.is_common(word), token.is_capital and not self.shouting
        if count and (count > 1 or (capital and not self.t.starts[index]) or not common):
            for place in range(index, index + count):
                if self.t.tags[place] == Tag.OTHER:
                    self._mark(place, Tag.PLACE, "place")
            return
        listed = self._word(index - 1) in {",", "and", "&"} and self._is(index - 2, Tag.NAME)
        if self.known.is_in(word, "safe.words") and not (listed and capital and folded(word) in self.known.given):
            return
        if self.known.is_relation(word):
            return
        if (
            self.known.is_in(word, "places.prefix")
            and capital
            and not self.t.starts[index]
            and self._begins_place(index)
        ):
            self._mark(index, Tag.NAME, "name")
            return
        if (capital or self.shouting or word == token.text) and not common:
            if token.is_capital or self.known.is_name(word):
                self._mark(index, Tag.NAME, "name")
            else:
                self._mark(index, Tag.UNREAD, "unread")
        elif capital and common:
            inside = not self.t.starts[index] and (self.known.is_name(word) or self._beside_proper(index))
            if inside or (self.t.starts[index] and self._is_given_here(index)):
                self._mark(index, Tag.NAME, "name")

    def _begins_place(self, index: int) -> bool:
        return self._is_capital(index + 1) or self.known.is_in(self._word(index + 1), "particles.list")

    def _beside_proper(self, index: int) -> bool:
        """Whether a common word with a capital stands beside another capital, or where a place would."""
        before, after = index - 1, index + 1
        near = [at for at in (before, after) if 0 <= at < len(self.words)]
        for at in near:
            neighbour = self.t.tokens[at]
            usual = self.known.is_in(self.words[at], "safe.words") or self.t.starts[at]
            if neighbour.is_capital and not usual and self.t.tags[at] in {Tag.OTHER, Tag.NAME, Tag.PLACE, Tag.EMPLOYER}:
                return True
        if self._word(before) in {",", "and", "&"} and self._is(before - 1, Tag.NAME):
            return True
        return self._word(before) in _WHERE or self._is(before, Tag.CALLED)

    def _is_given_here(self, index: int) -> bool:
        """Whether a common word at the start of a sentence is somebody's name there: ``Rose holds``, ``Will and``."""
        if folded(self.words[index]) not in self.known.given and not self._is_capital(index + 1):
            return (
                self._word(index + 1) == ","
                and self._is_capital(index + 2)
                and self.known.is_name(self._word(index + 2))
            )
        after, later = self._word(index + 1), self._word(index + 2)
        if after == "'s" or (self._is_capital(index + 1) and self.known.is_name(after)):
            return True
        if after in {"and", "&"}:
            return self._is_capital(index + 2) or later in _OWN
        if after == ",":
            return later in YEARS or later.isdigit() or later in _ARTICLES | _OWN or self._is_capital(index + 2)
        if after == "(":
            return later.isdigit()
        return after in {
            "is",
            "has",
            "was",
            "poses",
            "smiles",
            "stands",
            "sits",
            "wears",
            "holds",
            "smiling",
            "posing",
        } or (after.endswith("s") and later in _ARTICLES | _OWN and self.known.is_common(after))

    def _is_capital(self, index: int) -> bool:
        tokens = self.t.tokens
        return not self.shouting and 0 <= index < len(tokens) and tokens[index].is_capital

    def _initials(self) -> None:
        """``J. Smith``, ``Maria K.``, ``Tom Hill Jr.``, ``Dr.``: the letter and the dot belong to the name."""
        for index, word in enumerate(self.words):
            dotted = self._word(index + 1) == "."
            letter = (
                len(word) == 1
                and (self._is_capital(index) or dotted)
                and word.isalpha()
                and self._is(index, Tag.OTHER, Tag.NAME, Tag.ARTICLE, Tag.UNREAD)
            )
            beside = self._is(index - 1, Tag.NAME, Tag.TITLE) or self._is(index + 1 + dotted, Tag.NAME)
            if letter and beside and (dotted or word not in {"a", "i"}):
                self._mark(index, Tag.NAME, "name")
                if dotted and (self._is(index + 2, Tag.NAME, ",", Tag.OTHER) or self._is_lower(index + 2)):
                    self._mark(index + 1, Tag.NAME, "name")
            elif (
                self._is(index - 1, Tag.NAME)
                and self._is(index, Tag.OTHER, Tag.UNREAD)
                and re.search(r"[-'’][A-Z]", self.t.tokens[index].text)
            ):
                self._mark(index, Tag.NAME, "name")  # al-Khatib
            elif (
                self.shouting
                and self._is(index, Tag.OTHER)
                and folded(word) in self.known.given
                and self._is(index + 1, Tag.NAME)
            ):
                self._mark(index, Tag.NAME, "name")
            elif word in {"jr", "sr", "ii", "iii", "iv"} and self._is(index - 1, Tag.NAME):
                self._mark(index, Tag.NAME, "name")
                if dotted and index + 2 < len(self.words):
                    self._mark(index + 1, Tag.NAME, "name")
            elif (
                dotted
                and self.known.is_in(word, "titles.dotted")
                and self._is(index, Tag.TITLE, Tag.RELATION, Tag.OTHER, Tag.NAME)
            ):
                self._mark(index, Tag.TITLE, "title")
                self._mark(index + 1, Tag.TITLE, "title")

    def _is_lower(self, index: int) -> bool:
        return index < len(self.words) and self.t.tokens[index].text[0].islower()

    # -- what runs of names are names of

    def _runs(self) -> None:
        index = 0
        while index < len(self.words):
            if not self._is(index, Tag.NAME, Tag.PLACE):
                index += 1
                continue
            end = self._run_end(index)
            self._decide(index, end)
            index = end

    def _run_end(self, index: int) -> int:
        end = index + 1
        while end < len(self.words):
            word = self._word(end)
            if self._is(end, Tag.NAME, Tag.PLACE):
                end += 1
            elif (
                self._is_capital(end)
                and self.t.tokens[end].is_word
                and not self.t.starts[end]
                and not self.known.is_in(word, "safe.words")
                and word not in _ARTICLES | PREPOSITIONS
                and word != "'s"
                and not self.t.tokens[end].is_number
                and self.t.tags[end] not in {Tag.AGE, Tag.CONTACT, Tag.IDENTIFIER}
            ):
                end += 1  # capitals go on: Acme Logistics, Anna Cook, Central Park
            elif self.known.is_in(word, "particles.list") and self._is_name_after_particles(end):
                end += 1
            elif word in {'"', "'", "“", "”", "(", ")"} and self._is_nickname(end):
                end += 3
            elif word == "&" and self._is(end + 1, Tag.NAME, Tag.PLACE):
                end += 2
            elif (
                word in {"-", "'"}
                and self._is(end + 1, Tag.NAME)
                and self.t.tokens[end].end == self.t.tokens[end + 1].start
                and self.t.tokens[end].start == self.t.tokens[end - 1].end
            ):
                end += 1
            else:
                break
        return end

    def _is_name_after_particles(self, index: int) -> bool:
        while self.known.is_in(self._word(index), "particles.list"):
            index += 1
        return self._is(index, Tag.NAME, Tag.PLACE)

    def _is_nickname(self, index: int) -> bool:
        """Whether a quoted word stands between names: Tony "Flash" Marchetti."""
        return (
            self._is_capital(index + 1)
            and self._word(index + 2) in {'"', "'", "”", "’", ")"}
            and self._is(index + 3, Tag.NAME)
        )

    def _decide(self, start: int, end: int) -> None:
        """Makes a run of names a person's, a place's or an employer's."""
        words, before = self.words[start:end], self._word(start - 1)
        before = self._word(start - 2) if before == "the" else before
        given = folded(words[0]) in self.known.given
        last = words[-1]
        after = self._word(end)
        tag, kind = Tag.NAME, "name"
        is_place = all(self._is(at, Tag.PLACE) for at in range(start, end))
        lower_suffix = self.known.is_in(after, "places.suffix") and self._is(end, Tag.OTHER)
        if (len(words) > 1 and self.known.is_in(last, "places.suffix")) or (
            self.known.is_in(words[0], "places.prefix") and len(words) > 1 and not given
        ):
            tag, kind = Tag.PLACE, "place"
        elif "&" in words or (len(words) > 1 and self.known.is_in(last, "places.organisation")):
            tag, kind = Tag.EMPLOYER, "employer"
        elif (
            lower_suffix and not self._is(end, Tag.POSSESSIVE) and (before in _WHERE | {"the", "to", "of"} or is_place)
        ):
            tag, kind = Tag.PLACE, "place"
            self._mark(end, Tag.PLACE, "place")
        elif is_place:
            if not (given and (before not in _WHERE or after == "'s") and len(words) == 1):
                tag, kind = Tag.PLACE, "place"
        elif self._after_work(start):
            tag, kind = Tag.EMPLOYER, "employer"
        elif (
            before in _WHERE
            and not (given and (before in {"near", "from", "around", "toward", "towards"} or after == "'s"))
            and not (given and len(words) > 1)
        ) or (before == "," and self._is(start - 2, Tag.PLACE) and not given):
            tag, kind = Tag.PLACE, "place"
        if tag == Tag.PLACE:
            start = self._house_number(start)
            end += self._is(end, Tag.COUNT) and self.t.tokens[end].is_number and self._word(end + 1) != "people"
        for at in range(start, end):
            self._mark(at, tag.value, kind)  # type: ignore[arg-type]

    def _house_number(self, start: int) -> int:
        """Where an address begins: ``Apt 5C, 210 Harlan Street``."""
        at = start
        while at > 0 and (
            self.t.tokens[at - 1].text[0].isdigit()
            or self._word(at - 1) in {"apt", "flat", "unit", "suite", "no", "apartment", "rue", "calle", "via"}
            or (
                self._word(at - 1) in {",", "."}
                and self.t.tokens[at - 2].text[0].isdigit()
                and self._is(at - 2, Tag.COUNT, Tag.PLACE, Tag.OTHER, Tag.IDENTIFIER)
            )
        ):
            at -= 1
        return at

    def _after_work(self, start: int) -> bool:
        before = [self._word(at) for at in range(max(0, start - 4), start)]
        if not before or before[-1] not in {"at", "for", "of", "with", "the", "by"}:
            return False
        tail = [word for word in before if word != "the"]
        return (
            len(tail) > 1
            and tail[-1] in {"at", "for", "with", "by", "of"}
            and (
                (tail[-2] in _WORK and tail[-1] != "of")
                or (self.known.is_in(tail[-2], "occupations.list", "titles.any") and tail[-1] in {"of", "at", "for"})
            )
        )

    # -- words that are one thing or another

    def _roles(self) -> None:
        for index in reversed(range(len(self.words))):
            word = self.words[index]
            if not self.t.tokens[index].is_word or self.t.tags[index] not in {
                Tag.OTHER,
                Tag.TITLE,
                Tag.PERSON,
                Tag.OCCUPATION,
                Tag.RELATION,
            }:
                continue
            if self._is(index + 1, Tag.NAME, Tag.TITLE) and self.known.is_in(
                word, "titles.female", "titles.male", "titles.any"
            ):
                self._mark(index, Tag.TITLE, "title")
            elif self.known.is_relation(word):
                self._relation(index, word)
            elif self._is(index, Tag.TITLE):
                tag = Tag.OCCUPATION if self.known.is_in(word, "occupations.list") else Tag.OTHER
                self._mark(index, tag)
            elif self.known.is_in(word, "occupations.lead") and self._is(index + 1, Tag.OCCUPATION, Tag.RELATION):
                self._mark(index, Tag.OCCUPATION)
            if self._is(index, Tag.OCCUPATION) and self._is_ours(index):
                self._mark(index, Tag.RELATION, "relation")

    def _is_ours(self, index: int) -> bool:
        """``our tour guide``: somebody's own, said by those whose picture it is."""
        before = next(
            (
                at
                for at in range(index - 1, max(-1, index - 4), -1)
                if not self._is(at, Tag.OTHER, Tag.OCCUPATION, Tag.YOUNG)
            ),
            -1,
        )
        return self._word(before) in {"my", "our"}

    def _relation(self, index: int, word: str) -> None:
        own = self.known.is_in(word, "relations.own")
        lone = (
            own
            and not any(self._is(at, Tag.ARTICLE, Tag.COUNT) for at in (index - 1, index - 2))
            and not self._is(index - 1, Tag.IN)
        )
        if self._is_somebodys(index) or lone or (own and self._is(index + 1, Tag.NAME)):
            self._mark(index, Tag.RELATION, "relation")
        else:
            self._mark(index, Tag.PERSON if word in PERSON_WORDS else Tag.OCCUPATION)

    def _is_somebodys(self, index: int) -> bool:
        """Whether my, his, Maria's, ... stands before a relation, with at most four words between."""
        for at in range(index - 1, max(-1, index - 6), -1):
            if self._is(at, Tag.OWN):
                return True
            if self._is(at, Tag.POSSESSIVE):
                return True
            if not self._is(
                at,
                Tag.OTHER,
                Tag.YOUNG,
                Tag.PEOPLE,
                Tag.COUNT,
                Tag.OCCUPATION,
                Tag.PERSON,
                Tag.HAIR,
                Tag.RELATION,
                Tag.AGE,
                ",",
                "-",
            ):
                return False
        return False

    def _unread(self) -> None:
        """A word that nobody knows is a name where a name would stand."""
        for index, word in enumerate(self.words):
            if self._is(index, Tag.UNREAD):
                before = self._is(index - 1, Tag.RELATION, Tag.TITLE, Tag.CALLED, Tag.NAME)
                listed = self._is(index - 1, Tag.AND) and self._is(index - 2, Tag.NAME)
                aged = self._word(index + 1) in {",", "("} and self._word(index + 2).isdigit()
                if before or listed or aged or self._is(index + 1, Tag.POSSESSIVE, Tag.NAME):
                    self._mark(index, Tag.NAME, "name")
            elif (
                self._is(index, Tag.OTHER)
                and self.known.is_name(word)
                and self._is(index - 1, Tag.RELATION, Tag.CALLED, Tag.TITLE)
                and folded(word) in self.known.given
                and not self.known.is_in(word, "descriptions.body", "descriptions.clothing")
            ):
                self._mark(index, Tag.NAME, "name")


_PLAIN: tuple[tuple[str, frozenset[str]], ...] = (
    (Tag.OWN, _OWN), (Tag.ARTICLE, _ARTICLES), (Tag.COUNT, _COUNTS), (Tag.AND, _AND),
    (Tag.WHO, frozenset({"who", "whom", "that's", "who's"})), (Tag.BE, _BE), (Tag.CALLED, _CALLED),
    (Tag.WORK, _WORK - {"plays", "runs", "serves", "serving", "taught"}), (Tag.LIVE, _LIVE),
    (Tag.YOUNG, _YOUNG), (Tag.IN, PREPOSITIONS),
)  # fmt: skip
_LISTS: tuple[tuple[str, Kind | None, tuple[str, ...]], ...] = (
    (Tag.MARKED, "description", ("descriptions.nouns",)),
    (Tag.PEOPLE, "nationality", ("people.nationality",)),
    (Tag.PEOPLE, "religion", ("people.religion",)),
    (Tag.PEOPLE, "health", ("people.health",)),
    (Tag.HAIR, "attribute", ("descriptions.hair",)),
    (Tag.TITLE, None, ("titles.female", "titles.male", "titles.any")),
    (Tag.OCCUPATION, None, ("occupations.list",)),
)
_SPACES = re.compile(r"\s+")

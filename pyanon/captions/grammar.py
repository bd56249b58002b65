"""The grammar of captions: which of their words speak of somebody, and which of those have to go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pyanon.captions.ages import YEARS, years_in
from pyanon.captions.describe import PERSON_WORDS, age_group
from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tag import Tag, Tagged

__all__ = ["PRONOUNS", "Phrase", "phrases"]

Role = Literal["person", "mention", "drop", "place"]

#: Words for somebody who was spoken of -> gender.
PRONOUNS = {
    "he": "male", "him": "male", "his": "male", "himself": "male",
    "she": "female", "her": "female", "hers": "female", "herself": "female",
}  # fmt: skip
#: What gives somebody away, as tags; and words that may stand in a part that has to go as a whole.
SENSITIVE = frozenset("nrtalecuD")
_LABELS = lexicon().terms["grammar.labels"]
#: Words of a later sentence that say something of the picture, from which on it stays.
_CONTENT = 4
_STOPS = frozenset(".!?;:–—|")

_OWNER = r"(?:p|t*n+S|[wro]S)"
_RELATION = rf"{_OWNER}[xyzhoma,w-]{{0,4}}?r+(?:S[xyzh]{{0,2}}?r+)*"
_ROLE = r"(?:[dm](?:[xyzh]|e+|l+){0,2}?|(?:[yzh]|e+|l+)*)[ow]{1,3}"
_NAMES = r"t*n+"
_CORE = re.compile(
    rf"(?P<lead>(?:{_RELATION}|{_ROLE}|y*r+|[yz]{{1,2}}|d(?=[tn])),?)?(?P<names>{_NAMES})|(?P<relation>{_RELATION}|y*r+)"
)
_GENERAL = re.compile(r"(?:(?<=\D)|^)[dm]?[xyzha]{0,3}?(?P<noun>w|o+)")
_PP = r"i[dx]?[xyzh]{0,2}?[le]+(?:,?[le]+)*"
_AFTER = (
    re.compile(r",?k?a+"),
    re.compile(rf",(?:{_RELATION}|{_ROLE}|[yz]?z+|t+o*)(?:{_PP})*(?=[,.()!?i]|$)"),
    re.compile(r",?z+(?=[,.]|$)"),
    re.compile(rf",?{_PP}"),
    re.compile(r",(?:(?:i)?l+)(?:,l+)*"),
    re.compile(r",?[cu]+"),
    re.compile(rf"k{_NAMES}"),
)
_MORE = re.compile(rf"(?:,&?|&)(?:(?:{_RELATION}|{_ROLE}|t+),?)?{_NAMES}(?:,?a+)?(?:{_PP})?")
_CLAUSE = re.compile(r",?[WLK][^,.;:!?()]*")


@dataclass
class Phrase:
    """Some tokens of a caption that are treated as one.

    Attributes:
        first: The first token.
        end: The token after the last.
        role: ``person``: somebody, said anew as a whole; ``mention``: somebody in words that may stay if they agree;
            ``place``: said in general words; ``drop``: goes.
        gender: What it claims, or empty.
        ages: The age groups it may be said of, empty: all.
        group: The age group it states, or empty.
        plural: Whether it speaks of several.
        count: How many.
        article: What article stands before it.
        name: The name of whom it speaks, as it stands there.
        key: What a name is compared by, to know somebody again.
        text: What to say instead, where that is known already.
        noun: The token that its words for people are at.
    """

    first: int
    end: int
    role: Role
    gender: str = ""
    ages: frozenset[str] = frozenset()
    group: str = ""
    plural: bool = False
    count: int | None = None
    article: str = ""
    name: str = ""
    key: frozenset[str] = field(default_factory=frozenset)
    text: str = ""
    noun: int = -1


def phrases(tagged: Tagged) -> list[Phrase]:
    """The phrases of a caption, in order, none over another; what is in none of them stays as it is."""
    grammar = _Grammar(tagged)
    grammar.run()
    return sorted(grammar.found, key=lambda phrase: phrase.first)


class _Grammar:
    def __init__(self, tagged: Tagged) -> None:
        self.t, self.known = tagged, lexicon()
        self.words = [token.lower for token in tagged.tokens]
        self.found: list[Phrase] = []
        self.taken = [False] * len(self.words)

    def run(self) -> None:
        self._contexts()
        self._brackets()
        self._segments()
        self._chunks()
        self._people()
        self._mentions()
        self._marks()
        self._places()
        self._rest()
        self._clothes()

    # -- small things

    @property
    def letters(self) -> str:
        """The tags; what is taken already is a blank, so that no pattern reaches into it."""
        return "".join(" " if taken else tag for tag, taken in zip(self.t.letters, self.taken, strict=True))

    def _take(self, phrase: Phrase) -> Phrase:
        self.found.append(phrase)
        for at in range(phrase.first, phrase.end):
            self.taken[at] = True
        return phrase

    def _drop(self, first: int, end: int) -> None:
        self._take(Phrase(first, end, "drop"))

    def _word(self, index: int) -> str:
        return self.words[index] if 0 <= index < len(self.words) else ""

    def _is_sensitive(self, first: int, end: int) -> bool:
        return any(self.t.tags[at] in SENSITIVE or self.t.kinds[at] for at in range(first, end))

    def _mark(self, index: int, tag: Tag, kind: str) -> None:
        self.t.tags[index], self.t.kinds[index] = tag.value, kind  # type: ignore[call-overload]

    # -- tags that depend on what stands around them

    def _contexts(self) -> None:
        tags = self.t.tags
        for index, word in enumerate(self.words):
            if tags[index] == Tag.COUNT and self._is_age(index):
                self._mark(index, Tag.AGE, "age")
                if self._word(index + 1) in {"months", "weeks", "years", "days"}:
                    self._mark(index + 1, Tag.AGE, "age")
            elif word == "native" and tags[index + 1 : index + 2] == [Tag.PEOPLE]:
                self._mark(index, Tag.PEOPLE, "nationality")
            elif word == "missing" and any(
                self.known.is_in(self._word(at), "descriptions.body") for at in (index + 1, index + 2)
            ):
                self._mark(index, Tag.MARKED, "description")
            elif (word == "hard" and self._word(index + 2) == "hearing") or (
                "-" in word and any(self.known.is_in(part, "conditions.list") for part in word.split("-"))
            ):
                self._mark(index, Tag.MARKED, "health")
            elif self.known.is_in(word, "people.shade") and self._word(index + 1) in PERSON_WORDS:
                self._mark(index, Tag.PEOPLE, "nationality")
            elif (
                tags[index] in {Tag.OTHER, Tag.NAME}
                and self.known.is_in(word, "conditions.list")
                and tags[index - 1] != Tag.TITLE
            ):
                self._mark(index, Tag.MARKED, "health")
            elif tags[index] == Tag.PEOPLE and not self._tells_of_people(index):
                self._mark(index, Tag.OTHER, "")
                self.t.kinds[index] = None
            elif word in {"number", "no", "nr", "#"} and self._word(index + 1).isdigit():
                self._mark(index, Tag.IDENTIFIER, "identifier")
                self._mark(index + 1, Tag.IDENTIFIER, "identifier")
            elif word in {"number", "no", "nr"} and self._word(index + 1) == "." and self._word(index + 2).isdigit():
                for at in range(index, index + 3):
                    self._mark(at, Tag.IDENTIFIER, "identifier")

    def _is_age(self, index: int) -> bool:
        """Whether a number stands where an age would: after a name and a comma, in brackets after a name."""
        years = int(self.words[index]) if self.words[index].isdigit() else YEARS.get(self.words[index], 999)
        before, tags = index - 1, self.t.tags
        both = self._word(before) == "both"
        before -= both
        after = self._word(index + 1)
        if years > 119 or before < 1:
            return False
        bounded = after in {
            ",",
            ")",
            ".",
            "",
            ";",
            "!",
            "and",
            "&",
            "months",
            "years",
            "weeks",
            "at",
            "in",
            "from",
            "of",
        }
        person = tags[before - 1] in {Tag.NAME, Tag.RELATION, Tag.PERSON, Tag.PEOPLE, Tag.OCCUPATION, ")", Tag.PLACE}
        if self._word(before) in {",", "("} and bounded and person:
            return True
        if self._word(before) in {"at", "age"} and after in {",", ".", "", "!", "months", "years"}:
            return self._word(index + 1) != "" or any(tag == Tag.NAME for tag in tags)
        if self._word(before) in {"she's", "he's", "is"} and after in {"and", ",", "."} and years > 0:
            return any(tag in {Tag.NAME, Tag.RELATION} for tag in tags)
        return tags[before] == Tag.NAME and after in {",", ".", ")", ""}

    def _tells_of_people(self, index: int) -> bool:
        """Whether a nationality is somebody's, and not that of a dish."""
        at = index + 1
        while at < len(self.words) and self.t.tags[at] in {Tag.PEOPLE, Tag.YOUNG, "-", Tag.HAIR}:
            at += 1
        after = self.t.tags[at] if at < len(self.words) else ""
        if after in {Tag.PERSON, Tag.OCCUPATION, Tag.RELATION, Tag.NAME, Tag.TITLE} or self.known.is_in(
            self._word(at), "relations.any"
        ):
            return True
        before = self.t.tags[index - 1] if index else ""
        if before in {Tag.POSSESSIVE, Tag.OWN}:
            return True
        if after in {Tag.OTHER, Tag.MARKED} and self._word(at) not in {
            "smiles",
            "smiling",
            "sits",
            "sitting",
            "stands",
            "standing",
            "riding",
        }:
            return False
        health = self.t.kinds[index] == "health"
        return before in {Tag.ARTICLE, Tag.COUNT, Tag.BE, ",", "(", Tag.NAME, Tag.PERSON} or health

    # -- parts that go as a whole

    def _brackets(self) -> None:
        """Brackets with anything private in them go."""
        opened = -1
        for index, word in enumerate(self.words):
            if word in {"(", "["}:
                opened = index
            elif word in {")", "]"} and opened >= 0:
                if self._is_sensitive(opened, index) and not self._is_people_only(opened + 1, index):
                    self._drop(opened, index + 1)
                opened = -1

    def _is_people_only(self, first: int, end: int) -> bool:
        return all(self.t.tags[at] in {Tag.PERSON, Tag.ARTICLE} for at in range(first, end))

    def _bounds(self) -> list[tuple[int, int]]:
        """The segments: what stands between full stops, colons and dashes."""
        cuts, first = [], 0
        for index, token in enumerate(self.t.tokens):
            dash = token.text in {"-", "–", "—", "|", "~"} and self._is_apart(index)
            dot = token.text in _STOPS and self.t.tags[index] == token.text
            if dash or dot:
                cuts.append((first, index))
                first = index + 1
        return [*cuts, (first, len(self.words))]

    def _is_apart(self, index: int) -> bool:
        token = self.t.tokens[index]
        return self.t.text[token.start - 1 : token.start] == " " or self.t.text[token.end : token.end + 1] == " "

    def _segments(self) -> None:
        """A part that says who, where or how to reach them, and nothing of the picture, goes."""
        bounds = self._bounds()
        content = [self._content(*each) for each in bounds]
        main = max(range(len(bounds)), key=lambda at: (content[at], -at))
        for at, (first, end) in enumerate(bounds):
            private = self._is_sensitive(first, end) or self._is_label(first, end, bounds, at)
            if at != main and first < end and private and content[at] < _CONTENT and not all(self.taken[first:end]):
                self._drop_segment(first, end, main_first=bounds[main][0])

    def _is_label(self, first: int, end: int, bounds: list[tuple[int, int]], at: int) -> bool:
        """``Rider:`` before a part that goes."""
        if self._word(end) != ":" or at + 1 >= len(bounds) or self._content(first, end) > 1:
            return False
        return self._is_sensitive(*bounds[at + 1]) and self._content(*bounds[at + 1]) < _CONTENT

    def _drop_segment(self, first: int, end: int, *, main_first: int) -> None:
        if first > main_first:
            first -= self._word(first - 1) not in {".", "!", "?"}  # its colon or dash goes, too
            end += self._word(end) in {".", "!", "?"} and self._word(first - 1) in {".", "!", "?"}
        else:
            end = min(end + 1, len(self.words))
        for at in range(first, end):
            if self.taken[at]:
                self.found = [phrase for phrase in self.found if not phrase.first <= at < phrase.end]
        self._drop(first, end)

    def _content(self, first: int, end: int) -> int:
        """Words of a part that say something of the picture."""
        return sum(
            self.t.tokens[at].is_word
            and not self.taken[at]
            and self.t.tags[at] in {Tag.OTHER, Tag.PERSON, Tag.OCCUPATION, Tag.UNREAD}
            and self.words[at] not in _LABELS
            for at in range(first, end)
        )

    def _chunks(self) -> None:
        """``, eight months after his heart bypass``: a part between commas that is about nothing else goes."""
        commas = [at for at, word in enumerate(self.words) if word == "," and not self.taken[at]]
        for first in commas:
            ends = (at for at in range(first + 1, len(self.words)) if self.words[at] == "," or self.words[at] in _STOPS)
            end = next(ends, len(self.words))
            part = range(first + 1, end)
            follows = self.t.tags[end + 1] if end + 1 < len(self.words) else ""
            if (
                not part
                or any(self.taken[at] for at in part)
                or self.t.tags[first + 1] == Tag.AND
                or follows == Tag.AND
            ):
                continue
            health = any(self.t.tags[at] == Tag.MARKED or self.t.kinds[at] == "health" for at in part)
            ours = (
                self._word(first + 1) in {"my", "our"}
                and len(part) <= 4
                and not any(self.t.tags[at] in {Tag.NAME, Tag.IN} for at in part)
            )
            staff = self.t.tags[end - 1] == Tag.EMPLOYER and self._content(first + 1, end) <= 2
            if (
                (health and len(part) <= 8 and not any(self.t.tags[at] in {Tag.NAME, Tag.PERSON} for at in part))
                or ours
                or staff
            ):
                self._drop(first, end + (end < len(self.words) and self.words[end] == ","))

    # -- people

    def _people(self) -> None:
        at = 0
        while (match := _CORE.search(self.letters, at)) is not None:
            at = self._person(match.start(), match)

    def _unlike_a_name(self, first: int, end: int) -> bool:
        """Whether an article stands before a name and a thing after it: ``a bento box``."""
        thing = end < len(self.words) and self.t.tags[end] == Tag.OTHER and not self._word(end).endswith(("ing", "ed"))
        return (
            self.t.tags[first] == Tag.NAME
            and first > 0
            and self._has_article(first)
            and (thing or not self.t.tokens[first].is_capital)
        )

    def _has_article(self, first: int) -> bool:
        before = first - 1
        while before > 0 and first - before < 3 and self.t.tags[before] in {Tag.OTHER, Tag.YOUNG, Tag.HAIR}:
            before -= 1
        return self.words[before] in {"a", "an", "the"} and not self.taken[before]

    def _person(self, first: int, match: re.Match[str]) -> int:
        if not match["lead"] and self._unlike_a_name(first, match.end()):
            self._drop(first, match.end())
            return match.end()
        names = match.start("names") if match["names"] else match.end()
        end = self._after(match.end())
        lead_end = names - (self._word(names - 1) == ",")
        noun = self._general_noun(first, lead_end) if match["names"] and first < lead_end else -1
        if noun >= 0:
            end = self._list_end(end)
            # The words for somebody stay, what comes after them goes.
            self._take(self._described(first, lead_end, "mention", noun=noun))
            self._drop(lead_end, self._closed(lead_end, end))
            return end
        if not match["lead"] and self.known.is_in(self._word(first - 1), "named.things"):
            self._drop(first, end)  # his dog Rex: his dog
            return end
        if self._is_aside(first, end):
            first, end = first - 1, self._list_end(end)
            self._drop(first, self._closed(first, end))
            return end
        phrase = self._described(first, end, "person")
        named = [at for at in range(names, match.end()) if self.t.tags[at] == Tag.NAME]
        phrase.key = frozenset(folded(self.words[at]) for at in named if len(self.words[at]) > 1)
        phrase.name = self.t.source(named[0], named[-1] + 1) if named else ""
        phrase.end = self._closed(names, end)
        self._take(phrase)
        if phrase.end > end:
            self._loose_comma(phrase.end)
        return phrase.end

    def _loose_comma(self, first: int) -> None:
        """``Maria, 34, in a coat, laughs``: without the age the second comma stands between subject and verb."""
        if self.t.tags[first : first + 1] != [Tag.IN.value]:
            return
        comma = next((at for at in range(first, min(first + 7, len(self.words))) if self.words[at] == ","), -1)
        after = self._word(comma + 1)
        if comma > 0 and (after.endswith("s") or self.t.tags[comma + 1] == Tag.BE) and not self.taken[comma]:
            self._drop(comma, comma + 1)

    def _list_end(self, end: int) -> int:
        """Where a list of names ends that goes on from here."""
        while (match := _MORE.match(self.letters, end)) is not None:
            end = self._after(match.end())
        return end

    def _closed(self, first: int, end: int) -> int:
        """With the comma that closes what a comma opened."""
        opened = any(self._word(at) == "," for at in range(first, end))
        follows = self._word(end + 1)
        return end + (opened and self._word(end) == "," and follows not in {"and", "&"})

    def _general_noun(self, first: int, end: int) -> int:
        """The word for people of a lead that gives nobody away, or -1."""
        if any(
            self.t.tags[at] in {Tag.RELATION, Tag.OWN, Tag.POSSESSIVE, Tag.EMPLOYER, Tag.PLACE, Tag.TITLE}
            for at in range(first, end)
        ):
            return -1
        if self.t.tags[first] not in {Tag.ARTICLE, Tag.COUNT, Tag.YOUNG}:
            return -1
        at = end - 1
        return at if self.t.tags[at] == Tag.PERSON else -1

    def _is_aside(self, first: int, end: int) -> bool:
        """Whether names between commas say who somebody is that was spoken of: ``A woman on a bike, Ana, waves``."""
        if self._word(first - 1) != "," or not self._is_list_end(end):
            return False
        for at in range(first - 2, -1, -1):
            if self.words[at] in _STOPS:
                return False
            if self.t.tags[at] in {Tag.PERSON, Tag.OCCUPATION} or self.known.is_in(self.words[at], "named.things"):
                return True
        return False

    def _is_list_end(self, end: int) -> bool:
        """Whether a list of names ends the sentence or is closed by a comma."""
        while (match := _MORE.match(self.letters, end)) is not None:
            end = match.end()
        rest = self.letters[end:]
        while rest[:1] == " ":  # brackets that go
            rest = rest[1:]
        return re.match(r",(?!&)|[.!?;:]|$", rest) is not None

    def _after(self, end: int) -> int:
        """Where what belongs to a person ends: ages, appositions, where from, brackets."""
        while True:
            letters = self.letters
            matches = (pattern.match(letters, end) for pattern in _AFTER)
            longest = max((m.end() for m in matches if m and self._belongs(m)), default=end)
            if longest == end:
                longest = self._clause(end)
            if longest == end and end < len(self.words) and self.taken[end] and self._word(end) in {"(", "["}:
                longest = next(phrase.end for phrase in self.found if phrase.first == end)
                self.found = [phrase for phrase in self.found if phrase.first != end]
            if longest == end:
                return end
            end = longest

    def _belongs(self, match: re.Match[str]) -> bool:
        first, end = match.span()
        if match[0].startswith("i") or match[0].startswith(",i"):
            return self.words[first + (match[0][0] == ",")] in {"of", "from", "at", "in", "with", "for"}
        return self._is_sensitive(first, end) or self.words[first] == ","

    def _clause(self, end: int) -> int:
        """``who lives in Lyon``, ``born in 1987``: to the last word that gives somebody away."""
        match = _CLAUSE.match(self.letters, end)
        if match is None:
            return end
        hits = [at for at in range(*match.span()) if self.t.tags[at] in SENSITIVE | {Tag.PEOPLE} or self.t.kinds[at]]
        if hits:
            return hits[-1] + 1
        role = self.t.tags[match.start() + (match[0][0] == ",")]
        return match.end() if role in {Tag.LIVE, Tag.WORK} and match[0][0] == "," else end

    def _described(self, first: int, end: int, role: Role, *, noun: int = -1) -> Phrase:
        """What the words of a phrase claim."""
        phrase = Phrase(first, end, role, noun=noun)
        words = self.words[first:end]
        phrase.article = (
            words[0]
            if words[0] in {"a", "an", "the", "this", "that", "another", "each", "every", "one", "some"}
            else ""
        )
        for at in range(first, end):
            self._claim(phrase, at)
        return phrase

    def _claim(self, phrase: Phrase, at: int) -> None:
        word, tag = self.words[at], self.t.tags[at]
        if tag == Tag.AGE:
            years = years_in(word if word not in {"months", "weeks"} else f"{self._word(at - 1)} {word}")
            phrase.group = age_group(years) if years is not None else phrase.group
        elif tag == Tag.COUNT and word in YEARS and not phrase.count:
            phrase.count = YEARS[word]
        elif tag == Tag.NAME and not phrase.gender and not phrase.noun >= 0:
            phrase.gender = self.known.gender(word)
        elif word in PERSON_WORDS and tag in {Tag.PERSON, Tag.RELATION, Tag.OCCUPATION}:
            claim = PERSON_WORDS[word]
            phrase.gender, phrase.plural = claim.gender or phrase.gender, claim.plural or phrase.plural
            phrase.ages = claim.ages or phrase.ages
        elif tag in {Tag.RELATION, Tag.TITLE, Tag.OCCUPATION}:
            for gender in ("female", "male"):
                if self.known.is_in(word, f"relations.{gender}", f"titles.{gender}"):
                    phrase.gender = gender
            phrase.plural |= tag == Tag.RELATION and word.endswith("s") and word not in {"boss"}
        if word in _YOUNG_WORDS:
            phrase.group = _YOUNG_WORDS[word]

    # -- people in general words

    def _mentions(self) -> None:
        at = 0
        while (match := _GENERAL.search(self.letters, at)) is not None:
            first, noun = match.start(), match.end() - 1
            while self.t.tags[first] == Tag.OTHER:
                first += 1  # no article before it: only the words for people are sure to belong
            if self.t.tags[noun] == Tag.PERSON or self._is_sensitive(first, noun + 1):
                self._take(self._described(first, noun + 1, "mention", noun=noun))
                end = self._after(noun + 1)
                if end > noun + 1:
                    self._drop(noun + 1, self._closed(noun + 1, end))
            at = max(noun + 1, at + 1)

    # -- marks, places, and what is left

    def _marks(self) -> None:
        """``with a scar over his eye``, ``who has asthma``: from the word that leads to it."""
        for index in range(len(self.words)):
            if self.t.tags[index] != Tag.MARKED or self.taken[index]:
                continue
            first = index
            while (
                first > 0
                and index - first < 6
                and not self.taken[first - 1]
                and self.t.tags[first - 1] in "dpxyzhmDi&v-a"
            ):
                first -= 1
                if self._word(first) in {
                    "with",
                    "having",
                    "has",
                    "sporting",
                    "showing",
                    "revealing",
                    "without",
                    "for",
                    "after",
                    "from",
                    "despite",
                }:
                    break
            else:
                first = index
            if (
                self._word(first - 1) in {"who", "suffering", "recovering", "living", "battling", "struggling"}
                and first < index
            ):
                first -= 1
            end = index + 1
            while (
                tail := re.match(r"i[dpm]?x{1,3}?(?=[ ,.&iWv]|$)|D|i[dpm]?x|x{1,2}", self.letters[end:])
            ) is not None and self._is_body(end, end + tail.end()):
                end += tail.end()
            first -= first > 0 and self._word(first - 1) == "," and not self.taken[first - 1]
            self._drop(first, end)

    def _is_body(self, first: int, end: int) -> bool:
        return any(
            self.t.tags[at] == Tag.MARKED or self.known.is_in(self.words[at], "descriptions.body")
            for at in range(first, end)
        )

    def _places(self) -> None:
        at = 0
        while (
            match := re.compile(
                r"(?P<pp>,?i)?(?P<article>d?)(?P<extra>[xyzh]{0,2}?)(?P<place>[le]+(?:,[le]+)*)(?P<own>S?)"
            ).search(self.letters, at)
        ) is not None:
            at = match.end()
            self._place(match)

    def _place(self, match: re.Match[str]) -> None:
        first, end = match.start("place"), match.end("place")
        parts = [at for at in range(first, end) if self.words[at] != ","]
        first_part = [at for at in parts if "," not in self.words[first:at]]
        kind = self.known.kinds_of_place.get(self.words[first_part[-1]], "")
        after = self.t.tags[match.end()] if match.end() < len(self.words) else ""
        if match["own"]:
            self._take(Phrase(match.start("article"), match.end(), "place", text="the"))
        elif after in {Tag.OTHER, Tag.OCCUPATION, Tag.PERSON} and not kind:
            self._drop(first, end)  # the London bus: the bus
        elif kind:
            article = (
                match.start("article") if match["article"] else match.start("extra") if not match["extra"] else first
            )
            self._take(Phrase(article, self._place_end(end), "place", text=_with_article(kind)))
        elif match["pp"] and self.words[match.start() + (match["pp"][0] == ",")] in _DROPPED and match.start() > 0:
            self._drop(match.start(), self._place_end(end))
        elif self._word(first - 1) == "," or match.start("place") == 0 or self.words[first - 1] in _STOPS:
            start = first - (self._word(first - 1) == ",")
            self._drop(start, end + (start == 0 and self._word(end) in {",", ":"}))
        else:
            self._take(Phrase(match.start("article") if match["article"] else first, end, "place", text="a town"))

    def _place_end(self, end: int) -> int:
        return end + (
            self._word(end) == "," and self._word(end + 1) not in {"and", "with", "a", "the", "while", "as"} and False
        )

    def _clothes(self) -> None:
        """The colours of what somebody wears of whom the caption says who it is."""
        if not any(phrase.role == "person" or self._is_sensitive(phrase.first, phrase.end) for phrase in self.found):
            return
        for index, word in enumerate(self.words):
            if not self.known.is_in(word, "descriptions.clothing"):
                continue
            first = index
            while (
                first > 0
                and not self.taken[first - 1]
                and (
                    self.known.is_in(self.words[first - 1], "descriptions.colours")
                    or (
                        first < index
                        and self.words[first - 1] in {"and", ",", "&"}
                        and self.known.is_in(self._word(first - 2), "descriptions.colours")
                    )
                )
            ):
                first -= 1
            if first < index:
                for at in range(first, index):
                    self.t.kinds[at] = "attribute"
                self._drop(first, index)

    def _rest(self) -> None:
        """What gives somebody away and stands in nothing yet."""
        for first, end in list(self._left()):
            while first > 0 and not self.taken[first - 1] and self._word(first - 1) in _LEADING:
                first -= 1
            self._drop(first, end)

    def _left(self) -> Iterator[tuple[int, int]]:
        at = 0
        while at < len(self.words):
            first = at
            while (
                at < len(self.words)
                and not self.taken[at]
                and (self.t.tags[at] in SENSITIVE | {Tag.PEOPLE} or self.t.kinds[at])
            ):
                at += 1
            if at > first:
                yield first, at
            at += 1


_DROPPED = lexicon().terms["grammar.dropped"]
_LEADING = lexicon().terms["grammar.leading"]
_YOUNG_WORDS = {
    "young": "young", "old": "old", "elderly": "old", "little": "child", "teenage": "teen", "middle-aged": "adult",
    "senior": "old", "baby": "baby", "infant": "baby", "toddler": "child", "newborn": "baby", "adolescent": "teen",
}  # fmt: skip


def _with_article(noun: str) -> str:
    return noun if noun in {"woods"} else f"{'an' if noun[0] in 'aeiou' and not noun.startswith('uni') else 'a'} {noun}"

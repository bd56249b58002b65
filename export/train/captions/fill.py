"""Fills the slots of private forms with one person's words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from export.train.captions.forms import forms, listed, slots
from export.train.captions.lexicon import Lexicon
from pyanon.texts import Kind

__all__ = ["Filler", "Slot", "article"]

_YEARS = {"baby": (0, 2), "child": (3, 9), "teen": (10, 19), "young": (20, 39), "adult": (40, 59), "old": (60, 96)}
#: The year of the captions.
_NOW = 2025
_BY_KIND: Mapping[Kind, str] = {
    "name": "name first last nick other foreign tag",
    "relation": "kin kins",
    "age": "years months spelled born aged ordinal decade",
    "title": "job",
    "employer": "firm school",
    "place": "town street address country named road",
    "contact": "phone mail handle url",
    "identifier": "id date",
    "description": "mark",
    "nationality": "nation nation_land",
    "religion": "faith",
    "health": "ill is_ill",
    "attribute": "hair colour",
}
_KINDS: Mapping[str, Kind] = {slot: kind for kind, found in _BY_KIND.items() for slot in found.split()}
_SAYS_AGE = frozenset({"years", "spelled", "aged", "born", "ordinal", "decade"})
#: Slots that are forms themselves.
_NESTED = {"name": "names", "aged": "ages", "school": "schools", "address": "addresses"}
_LIKE_YOU = ("uni", "use", "usu", "eur", "one", "once", "ukr", "ute", "eul", "ewe")
_SILENT = ("hour", "honest", "honor", "heir", "honour")
_VOWELS = "aeiouáéíóúàèìòùâêîôûäöüåøæ"
_ENDS = ("com", "org", "net", "co.uk", "de", "io", "edu")


def article(word: str) -> str:
    """``a`` or ``an``, as the sound of the next word asks for."""
    low = word.lower()
    if low[:1].isdigit():
        number = re.match(r"\d+", low)
        return "an" if low[0] == "8" or (number and number[0] in {"11", "18"}) else "a"
    vowel = (low[:1] in _VOWELS and not low.startswith(_LIKE_YOU)) or low.startswith(_SILENT)
    return "an" if vowel or word.startswith("HIV-") else "a"


def spelled(number: int) -> str:
    """A number below a hundred in words."""
    units, (ten, one) = listed("unit"), divmod(number, 10)
    return units[number] if number < 20 else listed("ten")[ten - 2] + (f"-{units[one]}" if one else "")


@dataclass(frozen=True)
class Slot:
    """A filled slot: its text, and what it gives away; nothing where these are words in between."""

    text: str
    kind: Kind | None = None


@dataclass
class Filler:
    """Words for one person.

    Attributes:
        lexicon: Where they come from.
        dice: What draws them.
        gender: Of the person.
        group: Age group of the person.
        said: What the filled forms claimed so far: ``gender`` by a word for a relation or a title, ``named`` the
            gender by a given name, ``age``, and ``site``, the kind of a named place.
        years: How old the person is.
    """

    lexicon: Lexicon
    dice: random.Random
    gender: str
    group: str
    said: dict[str, str] = field(default_factory=dict)
    years: int = 0

    def __post_init__(self) -> None:
        self.years = self.years or self.dice.randint(*_YEARS[self.group])

    def fill(self, form: str, given: Mapping[str, Slot] | None = None) -> list[Slot]:
        """A form with its slots filled; those in ``given`` with what that says, articles as the next word asks for."""
        found: list[Slot] = []
        for before, name in slots(form):
            if before:
                found.append(Slot(before))
            if name:
                found += [given[name]] if given and name in given else self._filled(name)
        return _with_articles(found)

    def _filled(self, name: str) -> list[Slot]:
        if name == "a":
            return [Slot("{a}")]
        if name in _SAYS_AGE:
            self.said["age"] = self.group
        if name in _NESTED or name == "mark":
            inner = self.fill(self.dice.choice(forms(_NESTED[name]) if name in _NESTED else listed(name)))
            return [Slot(each.text, each.kind or _KINDS[name]) if each.text.strip(" ,.()") else each for each in inner]
        own: Callable[[], str] | None = getattr(self, f"_say_{name.lower()}", None)
        text = own() if own else self._draw(name)
        return [Slot(text.capitalize() if name.istitle() else text, _KINDS.get(name))]

    def _draw(self, kind: str) -> str:
        return self.lexicon.draw(kind, self.dice)

    def _first(self) -> str:
        return self._draw(self.gender)

    # -- names

    def _say_first(self) -> str:
        name = self._first()
        if name in self.lexicon.telling:
            self.said.setdefault("named", self.gender)
        return name

    def _say_nick(self) -> str:
        name = self._first()
        short = name[:3] + self.dice.choice(("y", "ie", "o", "zy"))
        return self.dice.choice((name[:3], short, f"Big {name}", name[:4]))

    def _say_other(self) -> str:
        name = self._draw(self.dice.choice(("female", "male")))
        return f"{name} {self._draw('last')}" if self.dice.random() < 0.3 else name

    def _say_initial(self) -> str:
        return f"{self._first()[0]}."

    def _say_mr(self) -> str:
        self.said["gender"] = self.gender
        return self._draw(f"title_{self.gender}")

    def _say_dr(self) -> str:
        return self._draw("profession")

    def _say_kin(self) -> str:
        if self.dice.random() < 0.35:
            return self._draw("kin_")
        self.said["gender"] = self.gender
        return self._draw(f"kin_{self.gender}")

    def _say_kins(self) -> str:
        pool = self.gender if self.dice.random() < 0.5 else ""
        if pool:
            self.said["gender"] = pool
        return self._draw(f"kin_many_{pool}")

    def _say_owner(self) -> str:
        return self.dice.choice(("my", "our", "his", "her", "their", "your", "our", "my"))

    def _say_poss(self) -> str:
        return {"female": "her", "male": "his"}[self.gender]

    _say_her = _say_poss

    def _say_obj(self) -> str:
        return {"female": "her", "male": "him"}[self.gender]

    def _say_subj(self) -> str:
        return {"female": "she", "male": "he"}[self.gender]

    # -- ages and dates

    def _say_years(self) -> str:
        return str(self.years)

    def _say_spelled(self) -> str:
        return spelled(self.years)

    def _say_months(self) -> str:
        self.said["age"] = "baby"
        return str(self.dice.randint(2, 23))

    def _say_born(self) -> str:
        return str(_NOW - self.years)

    def _say_ordinal(self) -> str:
        known = {1: "st", 2: "nd", 3: "rd"} if self.years not in (11, 12, 13) else {}
        return f"{self.years}{known.get(self.years % 10, 'th')}"

    def _say_decade(self) -> str:
        return self.dice.choice(("early ", "late ", "mid ", "")) + str(self.years // 10 * 10)

    def _say_year(self) -> str:
        return str(self.dice.randint(1990, _NOW + 1))

    def _say_date(self) -> str:
        day, month, year = self.dice.randint(1, 28), self._draw("month"), self._say_year()
        numbers = f"{day:02}/{listed('month').index(month) + 1:02}/{year}"
        some = (f"{day} {month} {year}", f"{month} {day}, {year}", numbers, f"{month} {year}", f"{day} {month}")
        return self.dice.choice(some)

    # -- places

    def _say_nation_land(self) -> str:
        return self._draw("country")

    def _say_named(self) -> str:
        name, _, kind = self._draw("site").partition(":")
        self.said["site"] = kind or name.lower()
        return f"{self._draw(self.dice.choice((self.gender, 'last', 'town')))} {name}"

    def _say_road(self) -> str:
        name, _, self.said["site"] = self._draw("road").partition(":")
        return f"{self._draw(self.dice.choice((self.gender, 'last')))} {name}"

    def _say_small(self) -> str:
        return str(self.dice.randint(1, 999))

    # -- ways to reach somebody, and numbers

    def _plain(self) -> str:
        name = self.dice.choice((self._first(), self._draw("last")))
        return "".join(mark for mark in name.lower() if mark.isalnum())

    def _say_phone(self) -> str:
        return "".join(self.dice.choice("0123456789") if mark == "#" else mark for mark in self._draw("phone"))

    def _say_mail(self) -> str:
        joint, more = self.dice.choice((".", "_", "")), self.dice.choice((self._plain(), str(self.dice.randint(1, 99))))
        host = self.dice.choice(("gmail", "example", "mail", "outlook", self._plain(), "school"))
        return f"{self._plain()}{joint}{more}@{host}.{self.dice.choice(_ENDS)}"

    def _say_handle(self) -> str:
        more = self.dice.choice((self._plain(), str(self.dice.randint(1, 2010)), ""))
        return f"@{self._plain()}{self.dice.choice(('', '_', '.', ''))}{more}"

    def _say_url(self) -> str:
        start = self.dice.choice(("https://", "www.", "http://www.", ""))
        host = f"{self._plain()}{self.dice.choice(('photos', 'blog', '', 'family'))}.{self.dice.choice(_ENDS)}"
        return f"{start}{host}{self.dice.choice(('', '/about', '/p/12'))}"

    def _say_id(self) -> str:
        marks = {"#": "0123456789", "A": "ABCDEFGHKLMNPRSTXYZ"}
        return "".join(self.dice.choice(marks.get(mark, mark)) for mark in self._draw("number"))

    def _say_tag(self) -> str:
        return "".join(word.capitalize() for word in (self._plain(), self.dice.choice(("", self._plain()))))


def _with_articles(found: list[Slot]) -> list[Slot]:
    """Each ``{a}`` as the text after it asks for."""
    texts = [each.text for each in found]
    for index, text in enumerate(texts):
        if text == "{a}":
            texts[index] = article("".join(texts[index + 1 :]).strip().lstrip("\"'(") or "x")
    return [Slot(text, each.kind) for text, each in zip(texts, found, strict=True)]

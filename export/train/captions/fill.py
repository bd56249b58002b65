"""Fills the slots of private forms with one person's words."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from export.train.captions.forms import AGES_SAID, NAMES, slots
from export.train.captions.lexicon import Lexicon, spelled
from pyanon.texts import Kind

__all__ = ["Filler", "Slot", "article", "years_of"]

_YEARS = {"baby": (0, 2), "child": (3, 9), "teen": (10, 19), "young": (20, 39), "adult": (40, 59), "old": (60, 96)}
_MONTHS = "January February March April May June July August September October November December".split()
_LANDS = tuple(
    "Poland Turkey Mexico Nigeria Brazil Syria Korea France Germany Ireland Italy India Spain Sweden Kenya Canada Ohio "
    "Texas Kent Bavaria Ontario Queensland Oregon NY CA UK".split()
)
_SCHOOLS = (
    "{town} High School", "{last} Elementary", "the University of {town}", "{town} College", "St. {first}'s School",
    "{last} University", "{town} Primary School", "{last} Middle School",
)  # fmt: skip
_ADDRESSES = ("{small} {street}", "{small} {street}, {town}", "{street} {small}", "{small} {street}, Apt {small}")
_KINDS: dict[str, Kind] = {
    "kin": "relation", "kins": "relation", "years": "age", "spelled": "age", "born": "age", "aged": "age", "job": "title",
    "firm": "employer", "school": "employer", "town": "place", "street": "place", "address": "place", "country": "place",
    "phone": "contact", "mail": "contact", "handle": "contact", "url": "contact", "id": "identifier", "mark": "description",
    "nation": "nationality", "nation_land": "nationality", "faith": "religion", "ill": "health", "is_ill": "health",
    "hair": "attribute", "colour": "attribute", "ordinal": "age", "decade": "age", "date": "identifier", "tag": "name",
    "name": "name", "first": "name", "last": "name", "nick": "name", "named": "place", "road": "place", "other": "name", "foreign": "name",
}  # fmt: skip
_SAYS_AGE = {"years", "spelled", "aged", "born", "ordinal", "decade"}
_NESTED = {"name": NAMES, "aged": AGES_SAID, "school": _SCHOOLS, "address": _ADDRESSES}
_SITES = tuple(
    (name, kind.strip() or name.lower())
    for name, _, kind in (
        each.partition(":")
        for each in (
            "Park,Beach,Zoo,Museum,Airport,Stadium,Library,Hospital,Hotel,School,Harbour,Bridge,Lake,Market,Station,Church,"
            "Castle,Tower,Garden,Mall,Theatre,Pier,Farm,Plaza:square,Square,Cafe,Restaurant,Village,University,Bay,Forest,"
            "Island,River,Field,Club,Bakery,Arena,Elementary:school,Cathedral:church,Inn,Valley,Gym,Pool,Academy:school"
        ).split(",")
    )
)
_ROADS = (
    ("Street", "street"), ("Road", "road"), ("Lane", "street"), ("Avenue", "street"), ("Drive", "street"), ("Court", "street"),
    ("St", "street"), ("Rd", "street"), ("Ave", "street"), ("Boulevard", "street"), ("Way", "street"), ("Street", "street"),
    ("Highway", "road"), ("Terrace", "street"), ("Crescent", "street"), ("Place", "street"),
)  # fmt: skip
_LIKE_YOU = ("uni", "use", "usu", "eur", "one", "once", "ukr", "ute", "eul", "ewe")
_SILENT = ("hour", "honest", "honor", "heir", "honour")
_TITLES = {"female": ("Mrs.", "Ms.", "Miss", "Lady", "Mrs", "Señora", "Madame"), "male": ("Mr.", "Mr", "Sir", "Mr.", "Señor", "Herr")}


def article(word: str) -> str:
    """``a`` or ``an``, as the sound of the next word asks for."""
    low = word.lower()
    if low[:1].isdigit():
        return "an" if low.startswith(("8", "11", "18")) and not low[:3].isdigit() else "a"
    vowel = (low[:1] in "aeiouáéíóúàèìòùâêîôûäöüåøæ" and not low.startswith(_LIKE_YOU)) or low.startswith(_SILENT)
    return "an" if vowel or word.startswith("HIV-") else "a"


def years_of(group: str, dice: random.Random) -> int:
    """An age in years within an age group."""
    return dice.randint(*_YEARS[group])


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
        said: What the filled forms claimed so far: ``gender`` by a word for a relation or a title, ``age``.
    """

    lexicon: Lexicon
    dice: random.Random
    gender: str
    group: str
    said: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.years = years_of(self.group, self.dice)

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
            inner = self.fill(self.dice.choice(_NESTED.get(name) or self.lexicon.pools["mark"]))
            return [Slot(each.text, each.kind or _KINDS[name]) if each.text.strip(" ,.()") else each for each in inner]
        own = getattr(self, f"_say_{name}", None) or partial(self.lexicon.draw, name, self.dice)
        return [Slot(own(), _KINDS.get(name))]

    def _first(self) -> str:
        return self.lexicon.draw(self.gender, self.dice)

    def _say_first(self) -> str:
        name = self._first()
        if name in self.lexicon.telling:
            self.said.setdefault("named", self.gender)
        return name

    def _say_named(self) -> str:
        name, kind = self.dice.choice(_SITES)
        self.said["site"] = kind
        return f"{self.dice.choice((self._first, partial(self.lexicon.draw, 'last', self.dice), self._say_town))()} {name}"

    def _say_road(self) -> str:
        name, kind = self.dice.choice(_ROADS)
        self.said["site"] = kind
        return f"{self.dice.choice((self._first, partial(self.lexicon.draw, 'last', self.dice)))()} {name}"

    def _say_town(self) -> str:
        return self.lexicon.draw("town", self.dice)

    def _say_nick(self) -> str:
        name = self._first()
        return self.dice.choice((name[:3], name[:3] + self.dice.choice(("y", "ie", "o", "zy")), "Big " + name, name[:4]))

    def _say_other(self) -> str:
        name = self.lexicon.draw(self.dice.choice(("female", "male")), self.dice)
        return f"{name} {self.lexicon.draw('last', self.dice)}" if self.dice.random() < 0.3 else name

    def _say_initial(self) -> str:
        return f"{self._first()[0]}."

    def _say_mr(self) -> str:
        self.said["gender"] = self.gender
        return self.dice.choice(_TITLES[self.gender])

    def _say_dr(self) -> str:
        return self.dice.choice(("Dr.", "Prof.", "Dr", "Professor", "Rev.", "Sgt.", "Coach", "Captain", "Officer", "Judge", "Pastor"))

    def _say_kin(self) -> str:
        if self.dice.random() < 0.35:
            return self.lexicon.draw("kin_", self.dice)
        self.said["gender"] = self.gender
        return self.lexicon.draw(f"kin_{self.gender}", self.dice)

    def _say_owner(self) -> str:
        return self.dice.choice(("my", "our", "his", "her", "their", "your", "our", "my"))

    def _say_years(self) -> str:
        return str(self.years)

    def _say_spelled(self) -> str:
        return spelled(self.years)

    def _say_months(self) -> str:
        self.said["age"] = "baby"
        return str(self.dice.randint(2, 23))

    def _say_born(self) -> str:
        return str(2025 - self.years)

    def _say_ordinal(self) -> str:
        ending = {1: "st", 2: "nd", 3: "rd"}.get(self.years % 10, "th") if self.years not in (11, 12, 13) else "th"
        return f"{self.years}{ending}"

    def _say_decade(self) -> str:
        return self.dice.choice(("early ", "late ", "mid ", "")) + str(self.years // 10 * 10)

    def _say_month(self) -> str:
        return self.dice.choice(_MONTHS)

    def _say_year(self) -> str:
        return str(self.dice.randint(1990, 2026))

    def _say_date(self) -> str:
        day, month, year = self.dice.randint(1, 28), self._say_month(), self._say_year()
        numbers = f"{day:02}/{_MONTHS.index(month) + 1:02}/{year}"
        return self.dice.choice((f"{day} {month} {year}", f"{month} {day}, {year}", numbers, f"{month} {year}", f"{day} {month}"))

    def _say_country(self) -> str:
        return self.dice.choice(_LANDS)

    _say_nation_land = _say_country

    def _say_poss(self) -> str:
        return {"female": "her", "male": "his"}[self.gender]

    _say_her = _say_poss

    def _say_Poss(self) -> str:  # noqa: N802 - the name of the slot
        return self._say_poss().capitalize()

    def _say_obj(self) -> str:
        return {"female": "her", "male": "him"}[self.gender]

    def _say_Subj(self) -> str:  # noqa: N802 - the name of the slot
        return {"female": "She", "male": "He"}[self.gender]

    def _say_small(self) -> str:
        return str(self.dice.randint(1, 999))

    def _say_phone(self) -> str:
        digits = iter("".join(self.dice.choices("0123456789", k=14)))
        shape = self.dice.choice(("+44 #### ######", "(###) ###-####", "###-###-####", "+1 ### ### ####", "0## ########",
                                  "555-####", "+49 ### #######", "##########", "+91-#####-#####", "0#### ### ###"))  # fmt: skip
        return "".join(next(digits) if mark == "#" else mark for mark in shape)

    def _plain(self) -> str:
        name = self.dice.choice((self._first(), self.lexicon.draw("last", self.dice)))
        return "".join(mark for mark in name.lower() if mark.isalnum())

    def _say_mail(self) -> str:
        joint, end = self.dice.choice((".", "_", "")), self.dice.choice(("com", "org", "net", "co.uk", "de", "io", "edu"))
        host = self.dice.choice(("gmail", "example", "mail", "outlook", self._plain(), "school"))
        return f"{self._plain()}{joint}{self.dice.choice((self._plain(), str(self.dice.randint(1, 99))))}@{host}.{end}"

    def _say_handle(self) -> str:
        return f"@{self._plain()}{self.dice.choice(('', '_', '.', ''))}{self.dice.choice((self._plain(), str(self.dice.randint(1, 2010)), ''))}"

    def _say_url(self) -> str:
        start = self.dice.choice(("https://", "www.", "http://www.", ""))
        return f"{start}{self._plain()}{self.dice.choice(('photos', 'blog', '', 'family'))}.{self.dice.choice(('com', 'org', 'net', 'me'))}{self.dice.choice(('', '/about', '/p/12'))}"

    def _say_id(self) -> str:
        shape = self.dice.choice(("##-####", "AA######", "AAA-####", "###-##-####", "A##-AAA", "#########", "AB#### AA", "####"))
        return "".join(
            self.dice.choice("0123456789") if mark == "#" else self.dice.choice("ABCDEFGHKLMNPRSTXYZ") if mark == "A" else mark
            for mark in shape
        )

    def _say_tag(self) -> str:
        return "".join(word.capitalize() for word in (self._plain(), self.dice.choice(("", self._plain()))))

    def _say_kins(self) -> str:
        pool = self.gender if self.dice.random() < 0.5 else ""
        if pool:
            self.said["gender"] = pool
        return self.lexicon.draw(f"kin_many_{pool}", self.dice)


def _with_articles(found: list[Slot]) -> list[Slot]:
    """Each ``{a}`` as the text after it asks for."""
    texts = [each.text for each in found]
    for index, text in enumerate(texts):
        if text == "{a}":
            texts[index] = article("".join(texts[index + 1 :]).strip().lstrip("\"'(") or "x")
    return [Slot(text, each.kind) for text, each in zip(texts, found, strict=True)]

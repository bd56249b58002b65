"""Names that stand together are one: of a person, a place or an employer."""

from __future__ import annotations

import re
from collections.abc import Callable

from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tagging.tags import Tag, Tagged, listed
from pyanon.texts import Kind

__all__ = ["runs"]

_ARTICLES, _PREPOSITIONS = listed("grammar.articles"), listed("grammar.prepositions")
_WHERE, _WORK, _OWN = listed("grammar.where"), listed("grammar.work"), listed("grammar.own")
#: After these a given name alone is rather somebody: ``near Maria``.
_BESIDE = frozenset(
    {"near", "from", "around", "toward", "towards", "across", "within", "leaving", "over", "visiting", "into", "inside"}
)
_CLOSES, _OPENS = frozenset("\"'”’)“"), frozenset("\"'“”(‘")
_STATE = re.compile(r"[A-Z]{2}")
_STREETS = frozenset({"rue", "calle", "via", "ulica", "piazza", "plaza", "avenida", "rua", "downtown", "uptown"})
_DOORS = frozenset({"apt", "flat", "unit", "suite", "apartment"})
_HOUSES = frozenset({"apt", "flat", "unit", "suite", "no", "apartment", "rue", "calle", "via", "house", "floor"})


def runs(tagged: Tagged) -> None:
    """Decides for each run of names what it is the name of."""
    _read_places(tagged)
    index = 0
    while index < len(tagged.words):
        if not tagged.has(index, Tag.NAME, Tag.PLACE):
            index += 1
            continue
        end = _end(tagged, index)
        first = _first(tagged, index)
        half = sum(word in _CLOSES for word in tagged.words[first:end]) == 1
        first -= half and first > 0 and tagged.words[first - 1] in _OPENS  # "Big Steve" Dubrowski
        _decide(tagged, first, end)
        index = end


def _read_places(tagged: Tagged) -> None:
    """``at wimbledon park``, ``in husum.``: a word that nobody knows is a name where a place would stand."""
    for index in range(len(tagged.words)):
        if tagged.has(index, Tag.OTHER) and tagged.is_capital(index) and _after_work(tagged, index):
            tagged.mark(index, Tag.NAME, "name")  # works at Google
        _read_address(tagged, index)
        if tagged.has(index, Tag.UNREAD) and tagged.word(index - 1) in _WHERE | {"of"}:
            ends = tagged.word(index + 1) in {"", ",", ".", "!", "-"} and not lexicon().misspelt(tagged.words[index])
            if ends or lexicon().is_in(tagged.word(index + 1), "places.suffix"):
                tagged.mark(index, Tag.NAME, "name")


def _read_address(tagged: Tagged, index: int) -> None:
    """``32 elm avenue``: a number and the kind of a street with a word or two between."""
    number = index + 1 + (tagged.word(index + 1) == ".")
    if tagged.words[index] in _DOORS and tagged.word(number)[:1].isdigit():
        for at in range(index, number + 1):
            tagged.mark(at, Tag.PLACE, "place")  # unit 12B
        return
    if not tagged.tokens[index].text[0].isdigit() or tagged.has(index, Tag.AGE, Tag.CONTACT):
        return
    end = index + 1
    while (
        end < index + 4
        and tagged.has(end, Tag.OTHER, Tag.UNREAD, Tag.NAME, Tag.PLACE)
        and tagged.words[end] not in {"way", "lane", "lanes"}
    ):
        end += 1
        ordinal = not tagged.tokens[index].is_number  # 5th Avenue
        if end > index + 2 - ordinal and lexicon().kinds_of_place.get(tagged.words[end - 1]) == "street":
            for at in range(index, end):
                tagged.mark(at, Tag.PLACE, "place")
            return


def _first(tagged: Tagged, index: int) -> int:
    """Capitals before a run belong to it: ``Three Rivers Dental``, ``RAF Wexcombe``."""
    if tagged.word(index - 1) in _OPENS and tagged.word(index + 1) in _CLOSES and tagged.has(index + 2, Tag.NAME):
        return index - 1  # "Shorty" Malone
    if tagged.word(index - 1) in _STREETS:
        return index - 1  # rue mouffetard
    if tagged.word(index - 1) in {"st", "saint"} and tagged.is_capital(index - 1):
        return index - 1
    if tagged.word(index - 1) == "." and tagged.word(index - 2) == "st":
        return index - 2  # St. Brigid
    while index > 0 and _is_loose_capital(tagged, index - 1) and tagged.has(index - 1, "x", "m", "y", "o"):
        index -= 1
    return index


def _is_loose_capital(tagged: Tagged, index: int) -> bool:
    """Whether a capital is left that no sentence begins with, and that is no thing's: Frisbee."""
    word = tagged.word(index)
    return (
        tagged.is_capital(index)
        and tagged.tokens[index].is_word
        and not tagged.starts[index]
        and not tagged.tokens[index].is_number
        and not lexicon().is_in(word, "safe.words")
        and not lexicon().is_in(word, "grammar.greetings")
        and word not in _ARTICLES | _PREPOSITIONS | _OWN | {"'s", "i"}
        and not tagged.has(index, Tag.AGE, Tag.CONTACT, Tag.IDENTIFIER, Tag.PEOPLE)
    )


def _end(tagged: Tagged, index: int) -> int:
    end = index + 1
    while True:
        step = next((step for step in (rule(tagged, end) for rule in _GOES_ON) if step), 0)
        if not step:
            return end
        end += step


def _name_goes_on(tagged: Tagged, at: int) -> int:
    """Another name, or a capital that belongs to one: Acme Logistics, Anna Cook, Central Park."""
    return int(tagged.has(at, Tag.NAME, Tag.PLACE) or _is_loose_capital(tagged, at))


def _particle(tagged: Tagged, at: int) -> int:
    """``van der`` and the like, where a name follows."""
    end = at
    while lexicon().is_in(tagged.word(end), "particles.list"):
        end += 1
    return int(end > at and (tagged.has(end, Tag.NAME, Tag.PLACE) or tagged.is_capital(end)))


def _nickname(tagged: Tagged, at: int) -> int:
    """A quoted word between names: Tony "Flash" Marchetti, and one at the end: Anthony (Tony)."""
    if tagged.word(at) not in _OPENS or tagged.word(at + 2) not in _CLOSES:
        return 0
    between = tagged.has(at + 3, Tag.NAME) and (
        tagged.is_capital(at + 1) or tagged.has(at + 1, Tag.NAME) or tagged.shouting
    )
    return 3 if between else 0


def _of(tagged: Tagged, at: int) -> int:
    """``Institute of Design``, ``Church of the Holy Cross``."""
    known, the = lexicon(), tagged.word(at + 1) == "the"
    house = known.is_in(tagged.word(at - 1), "places.suffix", "places.organisation", "places.of")
    capital = tagged.is_capital(at + 1 + the) or tagged.has(at + 1 + the, Tag.PLACE)
    return 2 + the if tagged.word(at) == "of" and house and tagged.is_capital(at - 1) and capital else 0


def _saint(tagged: Tagged, at: int) -> int:
    """``St Mary's Hospital``."""
    house = lexicon().is_in(tagged.word(at + 1), "places.suffix", "places.organisation") and tagged.is_capital(at + 1)
    station = tagged.word(at - 2) in _WHERE and tagged.is_capital(at + 1)  # King's Cross
    return 2 if tagged.word(at) == "'s" and (house or station) else 0


def _closing_quote(tagged: Tagged, at: int) -> int:
    """``"Shorty" Malone``: the mark after a nickname that a run began with."""
    opened = any(word in _OPENS for word in tagged.words[max(0, at - 3) : at])
    return int(tagged.word(at) in _CLOSES - {")"} and opened and tagged.has(at + 1, Tag.NAME))


def _ampersand(tagged: Tagged, at: int) -> int:
    """``Kestrel & Boyd``."""
    return 2 if tagged.word(at) == "&" and tagged.has(at + 1, Tag.NAME, Tag.PLACE) else 0


def _hyphen(tagged: Tagged, at: int) -> int:
    """``Anna-`` and ``Maria`` written together, with a mark that is no hyphen of a word."""
    together = tagged.is_written_together(at - 1) and tagged.is_written_together(at)
    return 1 if tagged.word(at) in {"-", "'"} and together and tagged.has(at + 1, Tag.NAME) else 0


_GOES_ON: tuple[Callable[[Tagged, int], int], ...] = (
    _name_goes_on,
    _of,
    _saint,
    _closing_quote,
    _particle,
    _nickname,
    _ampersand,
    _hyphen,
)


def _decide(tagged: Tagged, first: int, end: int) -> None:
    """Makes a run of names a person's, a place's or an employer's."""
    tag, kind = _named_by_form(tagged, first, end) or _named_by_place(tagged, first, end) or (Tag.NAME, "name")
    if tag == Tag.PLACE:
        first = _house_number(tagged, first)
    if tagged.shouting and tag in {Tag.PLACE, Tag.EMPLOYER}:
        end = _shouted_end(tagged, end)
    if tag == Tag.PLACE:
        end += _suffix_follows(tagged, end)
    if tag in {Tag.PLACE, Tag.EMPLOYER}:
        end += tagged.has(end, Tag.COUNT) and tagged.tokens[end].is_number and tagged.word(end + 1) != "people"
        if tagged.word(end) == "," and end + 1 < len(tagged.tokens) and _STATE.fullmatch(tagged.tokens[end + 1].text):
            tagged.mark(end + 1, tag, kind)  # Upper Arlington, OH 43221
            if tagged.word(end + 2).isdecimal():
                tagged.mark(end + 2, tag, kind)
    for at in range(first, end):
        tagged.mark(at, tag, kind)


def _named_by_form(tagged: Tagged, first: int, end: int) -> tuple[Tag, Kind] | None:
    """``Lake Como``, ``Jeffreys Bay``: a place; ``Acme Logistics``, ``Bexley & Crane``: an employer."""
    words, known = tagged.words[first:end], lexicon()
    if len(words) == 1:
        return None
    given = folded(words[0]) in known.given
    if known.is_in(words[-1], "places.suffix") and not _is_surname_there(tagged, first, end):
        return Tag.PLACE, "place"
    if known.is_in(words[0], "places.prefix") and not given:
        return Tag.PLACE, "place"
    if known.is_in(words[-1], "places.organisation"):
        return Tag.EMPLOYER, "employer"
    team = tagged.word(first - 1) == "the" and words[-1].endswith("s") and not known.is_name(words[-1])
    return (Tag.EMPLOYER, "employer") if team or ("&" in words and not given) else None


def _is_surname_there(tagged: Tagged, first: int, end: int) -> bool:
    """Whether the last word of a person's name only looks like a place's: ``Curtis Hill, 34``, ``Chloe Park waves``."""
    known, words = lexicon(), tagged.words[first:end]
    first_name = folded(words[0]) in known.given or not (known.is_common(words[0]) or words[0] in known.places)
    person = first_name and folded(words[-1]) in known.surnames and len(words) == 2
    before = tagged.word(first - 1) if tagged.word(first - 1) != "the" else tagged.word(first - 2)
    person = person and not before[:1].isdigit()
    return person and before not in _WHERE | {"the", "of", "to", "on"}


def _suffix_follows(tagged: Tagged, end: int) -> bool:
    return tagged.has(end, Tag.OTHER) and lexicon().is_in(tagged.word(end), "places.suffix")


def _named_by_place(tagged: Tagged, first: int, end: int) -> tuple[Tag, Kind] | None:
    """A place or an employer by the words around it: ``in Husum``, ``works for Solvara``, ``the Alder park``."""
    article = tagged.word(first - 1) == "the"
    before = tagged.word(first - 2) if article else tagged.word(first - 1)
    given = folded(tagged.words[first]) in lexicon().given
    names = any(tagged.has(at, Tag.NAME) for at in range(first, end))
    is_place = not names and any(tagged.has(at, Tag.PLACE) for at in range(first, end))  # Little Italy
    own = tagged.word(end) == "'s"
    known_ground = article or before in _WHERE | {"the", "to", "of"} or is_place
    if _suffix_follows(tagged, end) and not tagged.has(end, Tag.POSSESSIVE) and known_ground:
        return Tag.PLACE, "place"
    if first > 0 and tagged.tokens[first - 1].is_number and not tagged.starts[first]:
        return Tag.PLACE, "place"  # 27 Ulica Lipowa
    if is_place and end == first + 1 and not own and _calls(tagged, first - 1):
        return None  # my uncle Vinh
    if before == "of" and tagged.has(first - 2, Tag.NAME, Tag.AGE, ",", ")") and not given:
        return Tag.PLACE, "place"  # Bud Ostrander, 88, of Oshkosh
    if before == "of" and lexicon().is_in(tagged.word(first - 2 - article), "places.of"):
        return Tag.PLACE, "place"  # the corner of Haight and Ashbury
    if is_place:
        person = given and (before not in _WHERE or own) and end == first + 1
        return None if person else (Tag.PLACE, "place")
    if _after_work(tagged, first):
        return Tag.EMPLOYER, "employer"
    if tagged.word(first - 1) in {",", "and", "&"} and tagged.has(first - 2, Tag.PLACE) and not given:
        return Tag.PLACE, "place"
    somebody = given and (before in _BESIDE or own or _has_surname(tagged, first, end))
    return (Tag.PLACE, "place") if before in _WHERE and not somebody else None


def _shouted_end(tagged: Tagged, end: int) -> int:
    """``Of Brightwater Solar, Taking``: where all words have capitals, a name goes on to the mark near it."""
    at = end
    while at < end + 2 and tagged.has(at, Tag.OTHER) and tagged.tokens[at].is_word:
        at += 1
    return at if tagged.word(at) in {"", ",", ".", ";", ":"} else end


def _calls(tagged: Tagged, index: int) -> bool:
    """Whether a word before a name says that it is somebody's."""
    titles = ("titles.female", "titles.male", "titles.any")
    return lexicon().is_relation(tagged.word(index)) or lexicon().is_in(tagged.word(index), *titles, "grammar.called")


def _has_surname(tagged: Tagged, first: int, end: int) -> bool:
    """Whether a given name goes on as a person's would: ``Ana Lopez``, not ``Delmar Auto Body``."""
    last, known = tagged.words[end - 1], lexicon()
    return end > first + 1 and (known.is_name(last) or not known.is_common(last))


def _house_number(tagged: Tagged, first: int) -> int:
    """Where an address begins: ``Apt 5C, 210 Harlan Street``."""
    while first > 0 and (
        tagged.tokens[first - 1].text[0].isdigit()
        or tagged.word(first - 1) in _HOUSES
        or (tagged.word(first - 1) in {",", "."} and _is_number(tagged, first - 2))
    ):
        first -= 1
    return first


def _is_number(tagged: Tagged, index: int) -> bool:
    if index < 0 or not tagged.tokens[index].text[0].isdigit():
        return False
    return tagged.has(index, Tag.COUNT, Tag.PLACE, Tag.OTHER, Tag.IDENTIFIER, Tag.UNREAD)


def _after_work(tagged: Tagged, first: int) -> bool:
    """``works at``, ``CEO of the``, ``teaches for`` before a name."""
    before = [word for word in tagged.words[max(0, first - 4) : first] if word != "the"]
    if len(before) < 2 or before[-1] not in {"at", "for", "with", "by", "of"}:
        return False
    job = lexicon().is_in(before[-2], "occupations.list", "titles.any", "grammar.staff")
    given = folded(tagged.words[first]) in lexicon().given
    with_whom = {"of", "at", "for"} if given else {"of", "at", "for", "with", "from"}
    return (before[-2] in _WORK and before[-1] != "of") or (job and before[-1] in with_whom)

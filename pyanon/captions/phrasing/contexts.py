"""Words that are private by what stands around them: ages in figures, ``a Danish woman``, ``number 88``."""

from __future__ import annotations

from collections.abc import Callable

from pyanon.captions.ages import YEARS
from pyanon.captions.describe import PERSON_WORDS
from pyanon.captions.lexicon import lexicon
from pyanon.captions.tagging.tags import Tag, Tagged

__all__ = ["contexts"]

#: The oldest that anybody was.
_OLDEST = 122
_BOUNDS = frozenset(
    {
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
        "-",
        "–",
        "—",
        "|",
        "/",
    }
)
_UNITS = frozenset({"months", "weeks", "years", "days", "month", "week", "лет", "года", "jahre", "años", "ans", "anni"})
_DOING = frozenset({"smiles", "smiling", "sits", "sitting", "stands", "standing", "riding", "walking", "holding"})
_NOWHERE = frozenset(
    {"home", "night", "work", "school", "lunch", "dinner", "fun", "behind", "here", "there", "while", "as"}
)
_NUMBERS = frozenset({"number", "no", "nr", "#", "№"})


def contexts(tagged: Tagged) -> None:
    """Tags what is private only where it stands."""
    for index in range(len(tagged.words)):
        next((rule for rule in _RULES if rule(tagged, index)), None)


def _age(tagged: Tagged, index: int) -> bool:
    """``Maria, 34,`` or ``Maria (34)``; ``both 3``."""
    if not tagged.has(index, Tag.COUNT) or not _is_age(tagged, index):
        return False
    tagged.mark(index, Tag.AGE, "age")
    if tagged.word(index + 1) in _UNITS:
        tagged.mark(index + 1, Tag.AGE, "age")
    if tagged.word(index - 1) == "both":
        tagged.mark(index - 1, Tag.AGE, "age")
    return True


def _is_age(tagged: Tagged, index: int) -> bool:
    word, after, before = tagged.words[index], tagged.word(index + 1), index - 1
    before -= tagged.word(before) == "both"
    years = int(word) if word.isdecimal() and len(word) < 4 else YEARS.get(word, _OLDEST + 1)
    if years > _OLDEST or before < 1:
        return False
    somebody = tagged.has(before - 1, "n", "r", "w", "z", "o", ")", "l", "e", '"', "”", "'")
    if tagged.word(before) in {",", "(", "/", "-", "–", "|", "·"} and after in _BOUNDS and somebody:
        return True
    if tagged.word(before) in {"at", "age"} and after in {",", ".", "", "!", "months", "years"}:
        return _names_somebody(tagged)
    if tagged.word(before) in {"she's", "he's", "is", "i'm"} and after in {"and", ",", ".", "", "now", "!"}:
        return years > 0 and _names_somebody(tagged)
    return tagged.has(before, Tag.NAME) and after in {",", ".", ")", "", "years"}


def _names_somebody(tagged: Tagged) -> bool:
    return Tag.NAME in tagged.tags or Tag.RELATION in tagged.tags


def _labelled_age(tagged: Tagged, index: int) -> bool:
    """``Age: 34``."""
    if tagged.words[index] != "age" or tagged.word(index + 1) not in {":", "="} or not tagged.has(index + 2, Tag.COUNT):
        return False
    tagged.mark(index + 2, Tag.AGE, "age")
    return True


def _age_with_unit(tagged: Tagged, index: int) -> bool:
    """``5 лет``, ``34 ans``: years in other languages."""
    foreign = tagged.words[index] in _UNITS and tagged.words[index] not in {
        "months",
        "weeks",
        "years",
        "days",
        "month",
        "week",
    }
    if not foreign or not tagged.has(index - 1, Tag.COUNT):
        return False
    tagged.mark(index - 1, Tag.AGE, "age")
    tagged.mark(index, Tag.AGE, "age")
    return True


def _native(tagged: Tagged, index: int) -> bool:
    """``native Hawaiian``."""
    if tagged.words[index] != "native" or not tagged.has(index + 1, Tag.PEOPLE):
        return False
    tagged.mark(index, Tag.PEOPLE, "nationality")
    return True


def _missing(tagged: Tagged, index: int) -> bool:
    """``a missing front tooth``."""
    body = any(lexicon().is_in(tagged.word(at), "descriptions.body") for at in (index + 1, index + 2))
    if tagged.words[index] != "missing" or not body:
        return False
    for at in range(index, min(index + 3, len(tagged.words))):
        tagged.mark(at, Tag.MARKED, "description")
        if lexicon().is_in(tagged.words[at], "descriptions.body"):
            break
    return True


def _body_mark(tagged: Tagged, index: int) -> bool:
    """``a nose ring``, ``bleached hair``, ``a shaved head``: what somebody is known by, where it is no thing's."""
    first, last = tagged.words[index], tagged.word(index + 1)
    ring = last in {"ring", "rings", "stud", "studs"} and lexicon().is_in(first, "descriptions.body")
    ring = ring or (last in {"mark", "marks"} and first in {"burn", "birth", "bite", "beauty", "strawberry"})
    made = first in {"bleached", "dyed", "shaved", "pierced", "amputated", "crooked", "chipped", "webbed"}
    if not ring and not (made and (last in {"hair", "head"} or lexicon().is_in(last, "descriptions.body"))):
        return False
    for at in (index, index + 1):
        tagged.mark(at, Tag.MARKED, "description")
    return True


def _condition(tagged: Tagged, index: int) -> bool:
    """``asthma``, ``hard of hearing``, ``dementia-patient``."""
    word, known = tagged.words[index], lexicon()
    hard = word == "hard" and tagged.word(index + 1) == "of" and tagged.word(index + 2) == "hearing"
    if hard:
        for at in range(index, index + 3):
            tagged.mark(at, Tag.MARKED, "health")
        return True
    part = "-" in word and any(known.is_in(part, "conditions.list") for part in word.split("-"))
    whole = tagged.has(index, Tag.OTHER, Tag.NAME) and known.is_in(word, "conditions.list")
    if not part and (not whole or tagged.has(index - 1, Tag.TITLE)):
        return False
    tagged.mark(index, Tag.MARKED, "health")
    return True


def _shade(tagged: Tagged, index: int) -> bool:
    """``a Black woman``; of things it is a colour."""
    if not lexicon().is_in(tagged.words[index], "people.shade") or tagged.word(index + 1) not in PERSON_WORDS:
        return False
    tagged.mark(index, Tag.PEOPLE, "nationality")
    return True


def _of_things(tagged: Tagged, index: int) -> bool:
    """``Chinese food``: what is said of a dish tells of nobody."""
    if not tagged.has(index, Tag.PEOPLE) or _tells_of_people(tagged, index):
        return False
    tagged.mark(index, Tag.OTHER)
    return True


def _tells_of_people(tagged: Tagged, index: int) -> bool:
    at = index + 1
    while at < len(tagged.words) and tagged.has(at, Tag.PEOPLE, Tag.YOUNG, "-", Tag.HAIR, Tag.COUNT):
        at += 1
    # "tennis player": a word may stand before the one for people.
    near = at + 1 if tagged.has(at, Tag.OTHER) and tagged.has(at + 1, Tag.PERSON, Tag.OCCUPATION) else at
    if tagged.has(near, "w", "o", "r", "n", "t") or lexicon().is_in(tagged.word(at), "relations.any"):
        return True
    if tagged.has(index - 1, Tag.POSSESSIVE, Tag.OWN):
        return True
    if tagged.kinds[index] == "health" and tagged.has(index - 1, Tag.BE, ",", "("):
        return True  # , paralyzed since 2011,
    if tagged.has(index - 1, Tag.PEOPLE) or (tagged.kinds[index] == "religion" and _names_somebody(tagged)):
        return True  # Greek Orthodox; Tenzin, a Buddhist herder
    if tagged.word(index + 1) == "-" or tagged.has(index - 1, Tag.CALLED):
        return True
    if tagged.has(at, Tag.OTHER, Tag.MARKED) and tagged.word(at) not in _DOING:
        return False
    alone = tagged.has(index - 1, "d", "m", "v", ",", "(", "n", "w", "a", ":")
    return alone or tagged.kinds[index] == "health"


def _called_as(tagged: Tagged, index: int) -> bool:
    """``identified as Maria``."""
    if tagged.words[index] != "as" or not tagged.has(index - 1, Tag.CALLED):
        return False
    tagged.mark(index, Tag.IN)
    return True


def _job(tagged: Tagged, index: int) -> bool:
    """``Femke works as a head keeper``: somebody's job where the caption says who they are."""
    if tagged.words[index] != "as" or not tagged.has(index - 1, Tag.WORK) or Tag.NAME not in tagged.tags[:index]:
        return False
    first = index + 1 + tagged.has(index + 1, Tag.ARTICLE)
    for at in range(first, len(tagged.words)):
        if not tagged.has(at, Tag.OCCUPATION, Tag.OTHER, Tag.TITLE):
            break
        tagged.mark(at, Tag.TITLE, "title")
    return True


def _unwritten(tagged: Tagged, index: int) -> bool:
    """``maria from bath``, ``lives in deal``, ``works at blue heron``: where no capital tells, the words before do."""
    before = index - 1 - tagged.has(index - 1, ",")
    lives = tagged.has(before, Tag.LIVE) or (tagged.words[index] == "from" and tagged.has(before, Tag.NAME, Tag.AGE))
    works = tagged.has(before, Tag.WORK) and tagged.words[index] in {"at", "for"} and _names_somebody(tagged)
    if not tagged.has(index, Tag.IN) or tagged.writes_capitals or not (lives or works):
        return False
    end = index + 1
    while end < index + 4 and tagged.has(end, Tag.OTHER, Tag.UNREAD) and tagged.words[end] not in _NOWHERE:
        goes_on = tagged.word(end + 1) not in {",", "."}
        if end > index + 1 and goes_on and tagged.words[end].endswith(("s", "ing", "ed")):
            break  # goran from bath reads
        end += 1
    for at in range(index + 1, end):
        tagged.mark(at, Tag.EMPLOYER if works else Tag.PLACE, "employer" if works else "place")
    return end > index + 1


def _runner(tagged: Tagged, index: int) -> bool:
    """``Runner 1182``."""
    number = tagged.word(index + 1)
    somebody = tagged.has(index, Tag.PERSON, Tag.OCCUPATION) and number.isdecimal() and len(number) > 1
    if not somebody or tagged.has(index + 2, Tag.OTHER):
        return False
    tagged.mark(index + 1, Tag.IDENTIFIER, "identifier")
    return True


def _number(tagged: Tagged, index: int) -> bool:
    """``number 88``, ``no. 4471``."""
    dot = tagged.word(index + 1) == "."
    number = index + 1 + dot
    if tagged.words[index] not in _NUMBERS or not (tagged.word(number).isdecimal() or tagged.has(number, "u")):
        return False
    if tagged.words[index] == "number" and not tagged.has(number, "u") and not set("nrwotl") & set(tagged.tags):
        return False  # the number 41 on the front of a bus
    for at in range(index, index + 2 + dot):
        tagged.mark(at, Tag.IDENTIFIER, "identifier")
    return True


_RULES: tuple[Callable[[Tagged, int], bool], ...] = (
    _age, _labelled_age, _age_with_unit, _native, _missing, _body_mark, _condition, _shade, _of_things, _called_as,
    _job, _unwritten, _runner, _number,
)  # fmt: skip

"""Signs that a common word is somebody's name where it stands: ``Rip, a surfer``, ``Mo's aunt``, ``mr young``."""

from __future__ import annotations

from collections.abc import Callable

from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tagging.names import is_proper
from pyanon.captions.tagging.tags import Tag, Tagged, listed

__all__ = ["signs"]

_BORN = frozenset({"né", "née", "nee", "born", "aka", "a.k.a", "alias"})
_ADDRESSED = frozenset({"mr", "mrs", "ms", "mme", "mlle", "frau", "herr", "señor", "señora"})
_HONOURED = _ADDRESSED | {"lady", "lord", "sir", "dame", "madam", "madame", "monsieur", "mx", "dr", "mister"}
_NICKED = frozenset({"old", "big", "little", "lil", "young", "wee", "auld"})
_PERSONAL = frozenset({"holding", "smiling", "laughing", "reading", "wearing", "talking", "smiles", "laughs"})
_STARTERS, _OWN, _DOES = listed("grammar.starters"), listed("grammar.own"), listed("names.does")
_ENDS = frozenset({"", ".", "!", "?"})
#: Words before the one for people in ``Rip, a young free-style surfer``, at most.
_REACH = 4


def signs(tagged: Tagged) -> None:
    """Tags common words as names by the words around them, and wherever else they stand with a capital."""
    found: set[str] = set()
    for index, word in enumerate(tagged.words):
        if index not in tagged.things and word[0].isalpha() and any(rule(tagged, index) for rule in _RULES):
            tagged.mark(index, Tag.NAME, "name")
            found.add(word)
    for index, word in enumerate(tagged.words):
        if word in found and tagged.has(index, Tag.OTHER) and tagged.is_capital(index):
            tagged.mark(index, Tag.NAME, "name")


def _is_free(tagged: Tagged, index: int) -> bool:
    """Whether a word has a capital and is nothing yet that could have one."""
    word = tagged.words[index]
    usual = word in _STARTERS or lexicon().is_in(word, "safe.words")
    return tagged.is_capital(index) and tagged.has(index, Tag.OTHER) and not usual


def _is_aged(tagged: Tagged, index: int) -> bool:
    """``Rip (né Ripley)``, ``Pip (almost six)``."""
    if not _is_free(tagged, index) or tagged.word(index + 1) != "(":
        return False
    return tagged.word(index + 2) in _BORN or (tagged.has(index + 2, Tag.AGE) and tagged.word(index - 1) not in _OWN)


def _is_explained(tagged: Tagged, index: int) -> bool:
    """``Rip, a surfer``."""
    first = tagged.starts[index] and _is_free(tagged, index) and tagged.word(index + 1) == ","
    if not first or not tagged.has(index + 2, Tag.ARTICLE):
        return False
    for at in range(index + 3, index + 3 + _REACH):
        if tagged.has(at, Tag.PERSON, Tag.OCCUPATION):
            return not tagged.has(at + 1, Tag.AND) and tagged.word(at + 1) != ","
        if not tagged.has(at, Tag.OTHER, Tag.YOUNG, Tag.HAIR, Tag.PEOPLE):
            return False
    return False


def _is_listed(tagged: Tagged, index: int) -> bool:
    """``Win, Yi-Ting, Old Tom and ...``, ``Rain and Ludo``."""
    if not tagged.starts[index] or not _is_free(tagged, index):
        return False
    following = tagged.has(index + 2, Tag.NAME) and tagged.is_capital(index + 2)
    if tagged.word(index + 1) in {"and", "&"} and tagged.word(index + 2) in {"her", "his"}:
        thing = lexicon().is_in(tagged.words[index], "named.things")
        return lexicon().is_relation(tagged.word(index + 3)) and not thing  # Juniper and her mum
    if tagged.word(index + 1) == ",":
        return following and tagged.word(index + 3) in {",", "and", "&"}
    return (
        tagged.word(index + 1) in {"and", "&"}
        and following
        and (lexicon().is_name(tagged.word(index + 2)) or tagged.has(index + 3, Tag.NAME))
    )


def _is_of_kin(tagged: Tagged, index: int) -> bool:
    """``Marigold's aunt``, ``outside brook's mom's``; not ``a dog's owner``."""
    relation, known = tagged.word(index + 2), lexicon()
    kin = known.is_in(relation, "relations.female", "relations.male", "relations.own")
    if not tagged.has(index, Tag.OTHER) or not tagged.has(index + 1, Tag.POSSESSIVE) or not kin:
        return False
    if known.is_in(tagged.words[index], "named.things"):
        return False
    lower = not tagged.writes_capitals and (index == 0 or tagged.has(index - 1, Tag.IN, Tag.AND, Tag.BE, ","))
    return lower or tagged.is_capital(index)


def _is_addressed(tagged: Tagged, index: int) -> bool:
    """``mr young``, ``Ms. Baker``, ``Lady Kumquat``."""
    dot = tagged.word(index - 1) == "."
    before, capital = tagged.word(index - 1 - dot), tagged.is_capital(index)
    if not tagged.has(index, "x", "y", "o", "w", "Q") or (dot and not capital):
        return False
    return before in _ADDRESSED or (capital and before in _HONOURED and tagged.is_capital(index - 1 - dot))


def _is_after_initial(tagged: Tagged, index: int) -> bool:
    """``Marcus T. Bell``."""
    initial = tagged.word(index - 1) == "." and len(tagged.word(index - 2)) == 1 and tagged.is_capital(index - 2)
    named = initial and tagged.has(index - 3, Tag.NAME) and lexicon().is_name(tagged.words[index])
    return named and tagged.is_capital(index) and tagged.has(index, "x", "o", "w", "t")


def _is_owner_too(tagged: Tagged, index: int) -> bool:
    """``mick's and spud's``."""
    owns = tagged.has(index, Tag.OTHER) and tagged.has(index + 1, Tag.POSSESSIVE) and tagged.has(index - 1, Tag.AND)
    return owns and tagged.has(index - 2, Tag.POSSESSIVE) and tagged.has(index - 3, Tag.NAME)


def _is_said(tagged: Tagged, index: int) -> bool:
    """``his name is angel``."""
    said = tagged.word(index - 2) == "name" and tagged.word(index - 1) in {"is", "was", "'s"}
    ends = tagged.word(index + 1) in _ENDS | {",", "and", "("}
    return said and tagged.has(index, Tag.OTHER) and ends and not tagged.has(index - 4, Tag.AND)


def _has_account(tagged: Tagged, index: int) -> bool:
    """``Tiff is on her phone @tiff.mcgraw``."""
    if not _is_free(tagged, index) or Tag.CONTACT not in tagged.tags:
        return False
    return any(tagged.has(at, Tag.CONTACT) and word == tagged.words[index] for at, word in enumerate(tagged.words))


def _is_nicknamed(tagged: Tagged, index: int) -> bool:
    """``on Old Mags' bed``."""
    old = tagged.word(index - 1) in _NICKED and tagged.is_capital(index - 1)
    own = tagged.has(index + 1, Tag.POSSESSIVE) or tagged.word(index + 1) in {"and", "&"} | _DOES
    if (
        not old
        or not own
        or not _is_free(tagged, index)
        or (tagged.starts[index - 1] and not tagged.has(index + 1, "S"))
    ):
        return False
    tagged.mark(index - 1, Tag.NAME, "name")
    return True


def _is_kin_by_name(tagged: Tagged, index: int) -> bool:
    """``his son Ash``."""
    kin = lexicon().is_relation(tagged.word(index - 1)) and tagged.has(index - 2, Tag.OWN, Tag.POSSESSIVE)
    return kin and _is_free(tagged, index) and not tagged.is_capital(index - 1)


def _is_called_on(tagged: Tagged, index: int) -> bool:
    """``Well done, Mo!``; ``and next to that, Bear``."""
    after = tagged.word(index - 1) == "," and tagged.word(index + 1) in _ENDS
    return after and not tagged.starts[index] and _is_free(tagged, index)


def _does_in_lower_case(tagged: Tagged, index: int) -> bool:
    """``olive holding a dog``."""
    if index or tagged.is_capital(0) or tagged.word(1) not in _PERSONAL or not tagged.has(0, Tag.OTHER):
        return False
    known = lexicon()
    return folded(tagged.words[0]) in known.given and not known.is_in(
        tagged.words[0], "named.things", "grammar.starters"
    )


def _is_shouted(tagged: Tagged, index: int) -> bool:
    """``A Fork For Dill Haversham``: where all words have capitals, a word between ``for`` and a name."""
    after = tagged.shouting and tagged.word(index - 1) in {"for", "by", "with"}
    return after and tagged.has(index, Tag.OTHER) and tagged.has(index + 1, Tag.NAME)


def _is_no_king(tagged: Tagged, index: int) -> bool:
    """``won by King and Oyelowo``."""
    listed_there = tagged.has(index - 1, Tag.IN) and tagged.has(index + 1, Tag.AND) and tagged.has(index + 2, Tag.NAME)
    return listed_there and tagged.has(index, Tag.TITLE) and tagged.is_capital(index) and is_proper(tagged, index + 2)


_RULES: tuple[Callable[[Tagged, int], bool], ...] = (
    _is_aged, _is_explained, _is_listed, _is_of_kin, _is_addressed, _is_after_initial, _is_owner_too, _is_said,
    _has_account, _is_nicknamed, _is_kin_by_name, _is_called_on, _does_in_lower_case, _is_shouted, _is_no_king,
)  # fmt: skip

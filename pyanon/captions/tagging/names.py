"""Which words are names: by the lists, by their capitals, by what stands around them."""

from __future__ import annotations

import re

from pyanon.captions.ages import YEARS
from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tagging.tags import QUOTES as _QUOTES
from pyanon.captions.tagging.tags import Tag, Tagged, listed

__all__ = ["is_given_here", "is_proper", "proper", "proper_later"]

#: After a name at the start of a sentence, these say what somebody does: ``Rose smiles``.
_DOES = listed("names.does")
_STANDS = frozenset({"on", "in", "at", "under", "near", "beside"})
_PREPOSITIONS, _OWN, _ARTICLES = listed("grammar.prepositions"), listed("grammar.own"), listed("grammar.articles")
_LISTED_BY = frozenset({",", "and", "&", "y", "und", "et"})
_CAPITAL_PART = re.compile(r"[-'’][A-Z]")
#: Words in quotation marks, at most.
_QUOTED = 20


def is_proper(tagged: Tagged, index: int) -> bool:
    """Whether a word has a capital that no common word would have there: ``Wexcombe``."""
    word, known = tagged.word(index), lexicon()
    if not tagged.is_capital(index) or not word[0].isalpha():
        return False
    return not known.is_common(word) and not known.is_in(word, "safe.words")


def proper(tagged: Tagged) -> None:
    """Tags what is a name or a known place."""
    for index, tag in enumerate(tagged.tags):
        if tag == Tag.IN and _is_prefix(tagged, index):
            tagged.mark(index, Tag.NAME, "name")  # Via dei Condotti
        elif tag in {Tag.YOUNG, Tag.COUNT, Tag.OCCUPATION, Tag.TITLE} and lexicon().place_at(tagged.words, index) > 1:
            _place(tagged, index)  # little rock
        elif tag == Tag.OTHER and any(letter.isalpha() for letter in tagged.words[index]) and not _place(tagged, index):
            _name(tagged, index)


def _place(tagged: Tagged, index: int) -> bool:
    """A place that the lists know: ``Novi Sad``; a common word only with a capital: ``Reading``."""
    word, known = tagged.words[index], lexicon()
    count = known.place_at(tagged.words, index)
    capital = tagged.is_capital(index) and not tagged.starts[index]
    if not count or (count == 1 and known.is_common(word) and not capital):
        return False
    for at in range(index, index + count):
        if tagged.has(at, Tag.OTHER, Tag.YOUNG, Tag.COUNT, Tag.OCCUPATION, Tag.TITLE):
            tagged.mark(at, Tag.PLACE, "place")
    return True


def _name(tagged: Tagged, index: int) -> None:
    word, known = tagged.words[index], lexicon()
    capital, common = tagged.is_capital(index), known.is_common(word)
    usual = known.is_in(word, "safe.words") and folded(word) not in known.given
    in_list = capital and not usual and _after_name(tagged, index) and _ends_name(tagged, index + 1)
    in_list |= capital and folded(word) in known.given and _after_name(tagged, index)
    given_here = tagged.starts[index] and capital and is_given_here(tagged, index)
    if known.is_relation(word) or (known.is_in(word, "safe.words") and not (in_list or given_here)):
        return
    if _is_prefix(tagged, index):
        tagged.mark(index, Tag.NAME, "name")  # Lake Como, Port Said
    elif not common:
        _uncommon(tagged, index)
    elif (
        given_here
        or in_list
        or _is_nickname(tagged, index)
        or (capital and not tagged.starts[index] and _capital_common(tagged, index))
    ):
        tagged.mark(index, Tag.NAME, "name")


def _uncommon(tagged: Tagged, index: int) -> None:
    """A word that nobody may have: a name where it is listed as one or has a capital; else nobody could read it."""
    known, word = lexicon(), tagged.words[index]
    shouted = tagged.shouting and tagged.tokens[index].is_capital and not known.nearest(word)
    if tagged.is_capital(index) or known.is_name(word) or shouted:
        tagged.mark(index, Tag.NAME, "name")
    elif len(word) > 1 and not _is_typo(tagged, index):
        tagged.mark(index, Tag.UNREAD, "unread")


def _is_typo(tagged: Tagged, index: int) -> bool:
    """``a stop sighn``: where a name would have a capital, and none would stand, a word is a listed one, misspelt."""
    inside = tagged.has(index - 1, "d", "m", "p", "S", "x", "y", "v", "o")
    return tagged.writes_capitals and inside and lexicon().misspelt(tagged.words[index])


def _capital_common(tagged: Tagged, index: int) -> bool:
    """Whether a common word with a capital inside a sentence is a name: ``with Rose``, ``at Pleasant Grove``."""
    if _is_quoted(tagged, index) and not _called_before(tagged, index):
        return False
    if _called_before(tagged, index):
        return True
    return lexicon().is_name(tagged.words[index]) or _is_named(tagged, index) or _beside_proper(tagged, index)


def _is_named(tagged: Tagged, index: int) -> bool:
    """Whether the words beside a common word with a capital say that it is a name."""
    before_name = tagged.word(index + 1) in _LISTED_BY and is_proper(tagged, index + 2)  # Pita and Hemi Tamahori
    joined = bool(_CAPITAL_PART.search(tagged.tokens[index].text))  # Stow-on-the-Wold
    pet = lexicon().is_in(tagged.word(index - 1), "named.things")  # my dog Biscuit
    named = pet and not tagged.words[index].endswith(("ing", "ed"))
    cross = tagged.word(index + 1) == "'s" and tagged.is_capital(index + 2)  # King's Cross
    isle = tagged.word(index + 1) == "of" and tagged.is_capital(index + 2) and _is_ground(tagged.words[index])
    return before_name or joined or named or cross or isle


def _is_ground(word: str) -> bool:
    """``Isle`` of ``Isle of Skye``."""
    return lexicon().is_in(word, "places.of", "places.suffix", "places.organisation")


def _is_quoted(tagged: Tagged, index: int) -> bool:
    """Whether quotation marks are around a word and no name beside them: a sign that says "Spring Sale"."""
    before = range(index - 1, max(-1, index - _QUOTED), -1)
    opened = next((at for at in before if tagged.words[at] in _QUOTES), -1)
    after = range(index + 1, min(len(tagged.words), index + _QUOTED))
    closed = next((at for at in after if tagged.words[at] in _QUOTES), -1)
    if opened < 0 or closed < 0 or tagged.quotes[index] % 2 == 0:
        return False
    return not (is_proper(tagged, closed + 1) or is_proper(tagged, opened - 1) or closed - opened == 2)


def _is_nickname(tagged: Tagged, index: int) -> bool:
    """``"Shorty" Malone``."""
    return tagged.is_capital(index) and tagged.word(index + 1) in _QUOTES and is_proper(tagged, index + 2)


def _called_before(tagged: Tagged, index: int) -> bool:
    """Whether a word is in quotation marks after a word for a name: known as "The Wave"."""
    at = index
    while at > index - _QUOTED and at >= 0 and tagged.words[at] not in _QUOTES:
        at -= 1
    if at < 0 or tagged.words[at] not in _QUOTES:
        return False
    at -= 1 + (tagged.word(at - 1) == "as")
    return at >= 0 and tagged.has(at, Tag.CALLED)


def _is_prefix(tagged: Tagged, index: int) -> bool:
    """``Lake`` of ``Lake Como``."""
    inside = tagged.is_capital(index) and not tagged.starts[index]
    return inside and lexicon().is_in(tagged.words[index], "places.prefix") and _goes_on(tagged, index)


def _goes_on(tagged: Tagged, index: int) -> bool:
    return tagged.is_capital(index + 1) or lexicon().is_in(tagged.word(index + 1), "particles.list")


def _after_name(tagged: Tagged, index: int) -> bool:
    """Whether a list of names goes on with a word: ``King, Brown and Young``."""
    return tagged.word(index - 1) in _LISTED_BY and tagged.has(index - 2, Tag.NAME)


def _beside_proper(tagged: Tagged, index: int) -> bool:
    """Whether a common word with a capital stands beside another capital, or where a place would."""
    for at in (index - 1, index + 1):
        usual = lexicon().is_in(tagged.word(at), "safe.words") or (0 <= at < len(tagged.starts) and tagged.starts[at])
        proper_tags = (Tag.OTHER, Tag.NAME, Tag.PLACE, Tag.EMPLOYER)
        if tagged.is_capital(at) and not usual and tagged.has(at, *proper_tags):
            return True
    before = tagged.word(index - 1)
    if before == "of" and lexicon().is_in(tagged.word(index - 2), "places.of"):
        return True  # the corner of Maple and Third
    return _after_name(tagged, index) or before in _PREPOSITIONS or tagged.has(index - 1, Tag.CALLED)


def is_given_here(tagged: Tagged, index: int) -> bool:
    """Whether a common word at the start of a sentence is somebody's name there: ``Rose holds``, ``Will and Ana``."""
    after, later = tagged.word(index + 1), tagged.word(index + 2)
    known = lexicon()
    given = folded(tagged.words[index]) in known.given
    if not given and known.is_in(tagged.words[index], "grammar.labels", "grammar.starters"):
        return False  # Meet Ana, Call Bev
    if given and after in _STANDS and not known.is_in(tagged.words[index], "names.things"):
        return True  # Hope on a skateboard
    if is_proper(tagged, index + 1) and _ends_name(tagged, index + 2):
        return True  # River Castellano, 16
    if not given and not tagged.is_capital(index + 1):
        return after == "," and tagged.is_capital(index + 2) and known.is_name(later)
    if after == "'s" or (tagged.is_capital(index + 1) and known.is_name(after)):
        return True
    if after in {"and", "&"}:
        return tagged.is_capital(index + 2) or later in _OWN
    if after == ",":
        return later in YEARS or later.isdigit() or later in _ARTICLES | _OWN or tagged.is_capital(index + 2)
    if after == "(":
        return later.isdigit()
    return after in _DOES or (after.endswith("s") and later in _ARTICLES | _OWN and known.is_common(after))


def _ends_name(tagged: Tagged, index: int) -> bool:
    """Whether a name ends before a token: a mark, a verb, ``and``, the end."""
    word = tagged.word(index)
    return word in {"", ",", ".", "(", ")", "'s", "!", ";"} or word in _DOES


def proper_later(tagged: Tagged) -> None:
    """Tags names that are known by what was tagged as a name or relation around them."""
    for index, word in enumerate(tagged.words):
        if tagged.has(index, Tag.UNREAD):
            if _stands_for_name(tagged, index):
                tagged.mark(index, Tag.NAME, "name")
        elif _is_common_name(tagged, index, word) or _is_shouted_surname(tagged, index):
            tagged.mark(index, Tag.NAME, "name")


def _stands_for_name(tagged: Tagged, index: int) -> bool:
    """Whether a word that nobody knows stands where a name would: ``my aunt sneha``, ``sneha, 34``, ``sneha's``."""
    before = tagged.has(index - 1, Tag.RELATION, Tag.TITLE, Tag.CALLED, Tag.NAME)
    in_list = tagged.has(index - 1, Tag.AND) and tagged.has(index - 2, Tag.NAME)
    aged = tagged.word(index + 1) in {",", "("} and tagged.word(index + 2).isdigit()
    return before or in_list or aged or tagged.has(index + 1, Tag.POSSESSIVE, Tag.NAME)


def _is_shouted_surname(tagged: Tagged, index: int) -> bool:
    """``Ron Baker's Car``: where all words have capitals, a surname is known by the name before it."""
    surname = tagged.shouting and folded(tagged.words[index]) in lexicon().surnames
    ends = tagged.word(index + 1) in {"", ",", ".", "'s", "(", ")", ";", "and", "&"}
    return surname and ends and tagged.has(index, "x", "o", "t", "y") and tagged.has(index - 1, Tag.NAME)


def _is_common_name(tagged: Tagged, index: int, word: str) -> bool:
    """Whether a common word in lower case is a name: ``our sister hope``, ``served by hope``."""
    known = lexicon()
    if not tagged.has(index, Tag.OTHER, Tag.TITLE, Tag.YOUNG) or folded(word) not in known.given:
        return False
    things = ("descriptions.body", "descriptions.clothing", "descriptions.colours")
    if known.is_in(word, *things) or (known.is_in(word, "safe.words") and not tagged.is_capital(index)):
        return False
    if tagged.has(index - 1, Tag.RELATION, Tag.CALLED) or (
        tagged.has(index - 1, Tag.TITLE) and tagged.kinds[index - 1]
    ):
        return not tagged.has(index, Tag.TITLE) and not (tagged.starts[index - 1] and tagged.writes_capitals)
    if tagged.has(index - 1, Tag.AND) and tagged.has(index - 2, Tag.NAME):
        return not tagged.has(index + 1, Tag.OTHER) or tagged.is_capital(index)
    return tagged.word(index - 1) == "by" and not tagged.has(index + 1, Tag.OTHER) and not tagged.writes_capitals

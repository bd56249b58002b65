"""Words for people that are one thing or another: ``Officer Reid``, ``an officer``; ``my driver``, ``the driver``."""

from __future__ import annotations

from pyanon.captions.describe import PERSON_WORDS
from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.tagging.tags import Tag, Tagged

__all__ = ["roles"]

_MAY_BE = (Tag.OTHER, Tag.YOUNG, Tag.TITLE, Tag.PERSON, Tag.OCCUPATION, Tag.RELATION)
_TITLES = ("titles.female", "titles.male", "titles.any")
#: What may stand between my, his, Maria's and the relation.
_BETWEEN = ("x", "y", "z", "m", "o", "w", "h", "r", "a", ",", "-")
_REACH = 6
_ELDEST = frozenset({"oldest", "youngest", "eldest", "elder", "younger", "firstborn", "middle"})
_NOUNS = ("x", "o", "w", "r", "t", "y")


def roles(tagged: Tagged) -> None:
    """Decides what titles, relations and jobs are where they stand, from the last word to the first."""
    for index in reversed(range(len(tagged.words))):
        if index not in tagged.things and tagged.tokens[index].is_word and tagged.has(index, *_MAY_BE):
            _role(tagged, index)
            if tagged.has(index, Tag.OCCUPATION) and _is_ours(tagged, index):
                tagged.mark(index, Tag.RELATION, "relation")


def _role(tagged: Tagged, index: int) -> None:
    word, known = tagged.words[index], lexicon()
    couple = tagged.has(index + 1, Tag.AND) and tagged.has(index + 2, Tag.TITLE) and tagged.kinds[index + 2] == "title"
    kin = known.is_relation(word) and _is_somebodys(tagged, index)  # my sister Ana is no nun
    if not kin and (couple or tagged.has(index + 1, Tag.NAME, Tag.TITLE)) and known.is_in(word, *_TITLES):
        tagged.mark(index, Tag.TITLE, "title")
    elif known.is_relation(word):
        _relation(tagged, index)
    elif word in _ELDEST and tagged.has(index - 1, Tag.OWN, Tag.POSSESSIVE) and not tagged.has(index + 1, *_NOUNS):
        tagged.mark(index, Tag.RELATION, "relation")  # Amanda's youngest
    elif tagged.has(index, Tag.TITLE) and not tagged.kinds[index]:
        tagged.mark(index, Tag.OCCUPATION if known.is_in(word, "occupations.list") else Tag.OTHER)
    elif _leads_to_job(tagged, index, word) or _is_plural_job(tagged, index, word):
        tagged.mark(index, Tag.OCCUPATION)


def _leads_to_job(tagged: Tagged, index: int, word: str) -> bool:
    """``flight`` of ``flight attendant``."""
    return lexicon().is_in(word, "occupations.lead") and tagged.has(index + 1, "o", "r", "t")


def _is_plural_job(tagged: Tagged, index: int, word: str) -> bool:
    """``cooks`` and ``guides``; in ``cooks the meal`` it is what somebody does."""
    job = word.endswith("s") and lexicon().is_in(word[:-1], "occupations.list")
    return job and tagged.has(index, Tag.OTHER) and not tagged.has(index + 1, Tag.ARTICLE, Tag.OWN)


def _is_ours(tagged: Tagged, index: int) -> bool:
    """``our tour guide``: somebody's own, said by those whose picture it is."""
    before = index - 1
    while before > index - 4 and tagged.has(before, Tag.OTHER, Tag.OCCUPATION, Tag.YOUNG):
        before -= 1
    return tagged.word(before) in {"my", "our"}


def _relation(tagged: Tagged, index: int) -> None:
    """``my sister``, ``Tom's niece``, ``Grandpa Lou``, ``mom`` tell who it is; ``a mother`` does not."""
    word, known = tagged.words[index], lexicon()
    own = known.is_in(word, "relations.own")
    free = not any(tagged.has(at, Tag.ARTICLE, Tag.COUNT) for at in (index - 1, index - 2))
    lone = own and free
    named = tagged.has(index + 1, Tag.NAME, Tag.RELATION) or (
        tagged.is_capital(index + 1) and folded(tagged.word(index + 1)) in known.given
    )
    kin = own or known.is_in(word, "relations.female", "relations.male", "relations.kin")
    kin = (kin and word not in PERSON_WORDS) or word in _KIN_PEOPLE
    if _is_somebodys(tagged, index) or lone or (kin and named):
        tagged.mark(index, Tag.RELATION, "relation")
    else:
        tagged.mark(index, Tag.PERSON if word in PERSON_WORDS else Tag.OCCUPATION)


def _is_somebodys(tagged: Tagged, index: int) -> bool:
    """Whether my, his, Maria's, ... stands before a relation, with at most four words between."""
    for at in range(index - 1, max(-1, index - _REACH), -1):
        if tagged.word(at) == "its":
            return False  # an elephant and its mother
        if tagged.has(at, Tag.OWN, Tag.POSSESSIVE):
            return True
        if not tagged.has(at, *_BETWEEN):
            return False
    return False


#: Words of `describe` for people that are relations all the same before a name: ``sister Anna``.
_KIN_PEOPLE = frozenset(word for word, claim in PERSON_WORDS.items() if claim.neutral in {
    "parent", "sibling", "partner", "grandparent", "relative", "grandchild", "parents", "siblings", "partners",
    "grandparents", "relatives", "grandchildren",
} or word in {"daughter", "son", "daughters", "sons", "bride", "groom"})  # fmt: skip

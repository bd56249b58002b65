"""What a word is wherever it stands: an article, a relation, a job, a number, a mark."""

from __future__ import annotations

from pyanon.captions.ages import YEARS
from pyanon.captions.describe import PERSON_WORDS
from pyanon.captions.lexicon import lexicon
from pyanon.captions.tagging.names import is_given_here
from pyanon.captions.tagging.tags import Tag, Tagged, listed
from pyanon.texts import Kind

__all__ = ["plain"]

#: Marks that are their own tags, so that patterns can name them.
_MARKS = ",.!?;:()[]–—-&/\"'“”"
#: Work that is play as often: ``plays tennis``, ``serves the ball``.
_PLAYS = frozenset({"plays", "runs", "serves", "serving", "taught"})
_CLOSED = (
    (Tag.OWN, listed("grammar.own")),
    (Tag.ARTICLE, listed("grammar.articles")),
    (Tag.COUNT, listed("grammar.counts")),
    (Tag.AND, listed("grammar.and")),
    (Tag.WHO, frozenset({"who", "whom", "that's", "who's"})),
    (Tag.BE, listed("grammar.be")),
    (Tag.CALLED, listed("grammar.called")),
    (Tag.WORK, listed("grammar.work") - _PLAYS),
    (Tag.LIVE, listed("grammar.live")),
    (Tag.YOUNG, listed("grammar.young")),
    (Tag.IN, listed("grammar.prepositions")),
)
_OPEN: tuple[tuple[Tag, Kind | None, tuple[str, ...]], ...] = (
    (Tag.MARKED, "description", ("descriptions.nouns",)),
    (Tag.PEOPLE, "nationality", ("people.nationality",)),
    (Tag.PEOPLE, "religion", ("people.religion",)),
    (Tag.PEOPLE, "health", ("people.health",)),
    (Tag.HAIR, None, ("descriptions.hair",)),
    (Tag.TITLE, None, ("titles.female", "titles.male", "titles.any")),
    (Tag.OCCUPATION, None, ("occupations.list",)),
)


def plain(tagged: Tagged) -> None:
    """Tags all words by the lists; what is in none of them is `Tag.OTHER`."""
    for index in range(len(tagged.tokens)):
        if not tagged.tags[index]:
            tagged.mark(index, *_tag(tagged, index))


def _tag(tagged: Tagged, index: int) -> tuple[Tag | str, Kind | None]:
    token, word = tagged.tokens[index], tagged.words[index]
    if word == "'s" or (word == "'" and tagged.word(index - 1).endswith("s") and _is_plural_genitive(tagged, index)):
        return Tag.POSSESSIVE, None
    if not token.is_word:
        return (token.text if token.text in _MARKS else Tag.OTHER), None
    for tag, words in _CLOSED:
        if word in words:
            return tag, None
    if word in YEARS or token.is_number:
        return Tag.COUNT, None
    return (Tag.OTHER, None) if _may_be_a_name(tagged, index) else _of_lists(word)


def _of_lists(word: str) -> tuple[Tag, Kind | None]:
    known = lexicon()
    for tag, kind, lists in _OPEN:
        if known.is_in(word, *lists):
            return tag, kind
    if word in PERSON_WORDS or known.is_in(word, "people.visible"):
        return Tag.PERSON, None
    return Tag.OTHER, None


def _is_plural_genitive(tagged: Tagged, index: int) -> bool:
    """Whether an apostrophe closes a word and no quotation: ``the Hendersons' dog``."""
    return tagged.is_written_together(index - 1) and "'" not in tagged.text[: tagged.tokens[index - 1].start]


def _may_be_a_name(tagged: Tagged, index: int) -> bool:
    """Whether a word of a list stands where a name would: ``Dean smiles``, ``Anna Cook``."""
    word, known = tagged.words[index], lexicon()
    return (
        tagged.is_capital(index)
        and known.is_name(word)
        and (not tagged.starts[index] or is_given_here(tagged, index))
        and not known.is_in(word, "titles.female", "titles.male", "titles.any")
    )

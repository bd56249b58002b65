"""People who are named or said to be somebody's, with all that is said of who they are.

The patterns are written in the letters of `Tag`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyanon.captions.lexicon import folded, lexicon
from pyanon.captions.phrasing.asides import is_aside, list_end
from pyanon.captions.phrasing.belongings import after
from pyanon.captions.phrasing.patterns import NAMES, RELATION, ROLE
from pyanon.captions.phrasing.phrase import Draft, Phrase, described
from pyanon.captions.tagging.tags import Tag

__all__ = ["people"]

#: Somebody: ``Maria Lopez``, ``my neighbour Maria``, ``Tom's niece``, ``head coach Lorraine``, ``a man, nurse Declan``.
_SOMEBODY = re.compile(
    rf"(?P<lead>(?:{RELATION}|{ROLE}|y*r+|[yz]{{1,2}}|d[zy]*(?=t*n)),?)(?P<names>{NAMES})"
    rf"|(?P<relation>{RELATION}|y*r+)|(?P<alone>{NAMES})"
)
_QUOTES = frozenset("\"“”'")
_TELLS = (Tag.RELATION, Tag.OWN, Tag.POSSESSIVE, Tag.EMPLOYER, Tag.PLACE, Tag.TITLE)


@dataclass(frozen=True)
class _Match:
    """Where somebody begins and ends, and the names in it; ``lead``: words before them that say more than ``the``."""

    first: int
    names: int
    end: int
    lead: bool
    named: bool


def people(draft: Draft) -> None:
    """Finds everybody who is named or somebody's relation."""
    at = 0
    while (match := _SOMEBODY.search(draft.letters, at)) is not None:
        names = match.end() if match["relation"] else max(match.start("names"), match.start("alone"))
        said = match.start() + (draft.words[match.start()] in {"that", "these", "those"} and match["lead"] == "d")
        found = _Match(said, names, match.end(), (match["lead"] or "") not in {"", "d"}, not match["relation"])
        at = max(_person(draft, found), at + 1)


def _person(draft: Draft, match: _Match) -> int:
    """Decides what becomes of somebody; the token after."""
    first = match.first
    if match.named and not match.lead and _is_of_a_thing(draft, match.names, match.end):
        draft.drop(match.names, match.end)  # a Dell laptop: a laptop
        return match.end
    end = after(draft, match.end)
    lead_end = match.names - (draft.t.word(match.names - 1) == ",")
    noun = _general_noun(draft, first, lead_end) if match.named and first < lead_end else -1
    if noun >= 0:
        return _keep_words(draft, first, lead_end, list_end(draft, end), noun=noun)
    if not match.lead and lexicon().is_in(draft.t.word(first - 1), "named.things"):
        draft.drop(first, end)  # his dog Rex: his dog
        return end
    called = _called(draft, first) if match.named and not match.lead else first
    if called < first:
        return _drop_aside(draft, called, list_end(draft, end) + (draft.t.word(end) in _QUOTES))
    if _is_quoted(draft, first, end) and not match.lead:
        draft.take(Phrase(first, end, "place", text="a name"))
        return end
    if match.named and _is_no_person(draft, match):
        draft.take(Phrase(first, match.end, "place", text="the place"))
        return match.end
    if is_aside(draft, first, end):
        return _drop_aside(draft, first - 1, list_end(draft, end))
    return _say_anew(draft, match, end)


def _keep_words(draft: Draft, first: int, lead_end: int, end: int, *, noun: int) -> int:
    """``A young man, Noah, 19, waves``: the words for somebody stay, what comes after them goes."""
    draft.take(described(draft.t, first, lead_end, "mention", noun=noun))
    draft.drop(lead_end, _closed(draft, lead_end, end))
    return end


def _drop_aside(draft: Draft, first: int, end: int) -> int:
    draft.drop(first, _closed(draft, first, end))
    return end


def _say_anew(draft: Draft, match: _Match, end: int) -> int:
    """``My neighbour Maria Lopez, 34, laughs``: all of it becomes a general word."""
    before = match.first - 1
    if draft.t.word(before) in {"where", "whose"} and "K" in draft.letters[match.end : end] and _ends(draft, end):
        return _drop_aside(draft, before - (draft.t.word(before - 1) == ","), end)  # , where Femke works as keeper
    late = draft.t.word(before) == "late" and draft.t.has(before - 1, Tag.ARTICLE) and not draft.taken[before]
    phrase = described(draft.t, match.first, end, "person")
    phrase.first -= 2 * late  # the home of the late Ana
    lead = described(draft.t, match.first, match.end, "person")
    phrase.count, phrase.plural = lead.count, lead.plural  # Ana and Mia, two women: each is one
    named = [at for at in range(match.names, match.end) if draft.t.tags[at] == Tag.NAME]
    phrase.key = frozenset(folded(draft.words[at]) for at in named if len(draft.words[at]) > 1)
    phrase.name = draft.t.source(named[0], named[-1] + 1) if named else ""
    phrase.plural |= _is_family(draft, match)
    if Tag.AND in draft.t.tags[match.names : match.end]:
        phrase.gender, phrase.count = "", 2  # Mr. and Mrs. Lopez
    joined = "is" in draft.words[match.end : end] and draft.t.has(end, Tag.AND) and draft.t.has(end + 1, Tag.BE)
    phrase.end = _closed(draft, match.first, end) + joined  # Bram is 11 today and has a cake
    draft.take(phrase)
    if phrase.end > end:
        _loose_comma(draft, phrase.end)
    return phrase.end


def _is_family(draft: Draft, match: _Match) -> bool:
    """``the Hendersons``, ``Mr. and Mrs. Lopez``."""
    last = draft.words[match.end - 1]
    known = lexicon().is_name(last.removesuffix("s")) or lexicon().is_name(last.removesuffix("es")) or "'" in last
    couple = Tag.AND in draft.t.tags[match.names : match.end]
    return couple or (
        draft.words[match.first] == "the" and match.end - match.names == 1 and last.endswith("s") and known
    )


def _is_quoted(draft: Draft, first: int, end: int) -> bool:
    """``a train that reads "BNSF"``."""
    return draft.t.word(first - 1) in _QUOTES and draft.t.word(end) in _QUOTES


def _called(draft: Draft, first: int) -> int:
    """Where ``named``, ``known as`` begin after words for somebody; ``first`` where they do not stand there."""
    at = first - 1
    while draft.t.word(at) in _QUOTES or (draft.t.has(at, Tag.IN) and draft.t.has(at - 1, Tag.CALLED)):
        at -= 1
    if not draft.t.has(at, Tag.CALLED):
        return first
    at -= draft.t.word(at - 1) == ","
    of_somebody = draft.t.has(at - 1, Tag.PERSON, Tag.OCCUPATION, Tag.OTHER, ")") or draft.t.word(at) == ","
    return at if of_somebody else first


def _is_no_person(draft: Draft, match: _Match) -> bool:
    """``the Thames``: an article before a name that nobody is known by."""
    names = draft.words[match.names : match.end]
    own = draft.t.has(match.end, Tag.POSSESSIVE)
    unknown = not any(lexicon().is_name(name.removesuffix("s")) or lexicon().is_name(name) for name in names)
    return (
        draft.words[match.first] == "the" and not match.lead and not own and unknown and draft.t.is_capital(match.names)
    )


def _ends(draft: Draft, end: int) -> bool:
    return draft.t.word(end) in {"", ".", ",", "!", ";", ")"}


def _is_of_a_thing(draft: Draft, first: int, end: int) -> bool:
    """Whether an article stands before a name and a thing after it: ``a bento box``, ``the Aurora sign``."""
    if first == 0 or not _has_article(draft, first) or lexicon().is_in(draft.words[first], "titles.dotted"):
        return False
    thing = end < len(draft.words) and draft.t.has(end, Tag.OTHER, Tag.UNREAD, Tag.OCCUPATION, Tag.PERSON)
    doing = draft.t.word(end).endswith(("ing", "ed")) or lexicon().is_in(draft.t.word(end), "names.does")
    lower = not draft.t.is_capital(first) and not draft.t.shouting
    return (thing and not doing) or (lower and draft.words[first - 1] != "the" and not draft.t.has(end, Tag.POSSESSIVE))


def _has_article(draft: Draft, first: int) -> bool:
    before = first - 1
    while before > 0 and first - before < 3 and draft.t.has(before, Tag.OTHER, Tag.YOUNG, Tag.HAIR):
        before -= 1
    article = draft.t.has(before, Tag.ARTICLE, Tag.COUNT, Tag.OWN) and draft.words[before] != "that"
    return article and not draft.taken[before]


def _general_noun(draft: Draft, first: int, end: int) -> int:
    """The word for people of a lead that gives nobody away (``a young man``), or -1."""
    if any(draft.t.has(at, *_TELLS) for at in range(first, end)):
        return -1
    begins = draft.t.has(first, Tag.ARTICLE, Tag.COUNT, Tag.YOUNG, Tag.PERSON)
    role = (
        draft.words[end] == ","
        and draft.t.has(end - 1, Tag.OCCUPATION)
        and not lexicon().is_in(draft.words[end - 1], "relations.kin")
    )  # an athlete, Owen Price, 19,
    return end - 1 if (begins and draft.t.has(end - 1, Tag.PERSON)) or role else -1


def _closed(draft: Draft, first: int, end: int) -> int:
    """With the comma that closes what a comma opened."""
    opened = any(draft.words[at] == "," for at in range(first, end))
    free = end < len(draft.words) and not draft.taken[end]  # a comma of a part that goes is that part's
    return end + (opened and free and draft.words[end] == "," and draft.t.word(end + 1) not in {"and", "&"})


def _loose_comma(draft: Draft, first: int) -> None:
    """``Maria, 34, in a coat, laughs``: without the age the second comma stands between subject and verb."""
    if not draft.t.has(first, Tag.IN):
        return
    comma = next((at for at in range(first, min(first + 7, len(draft.words))) if draft.words[at] == ","), -1)
    verb = draft.t.word(comma + 1).endswith("s") or draft.t.has(comma + 1, Tag.BE)
    if comma > 0 and verb and not draft.taken[comma]:
        draft.drop(comma, comma + 1)

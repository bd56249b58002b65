"""The grammar of captions: which of their words speak of somebody, and which of those have to go.

The rules stand in `phrasing`, in the order in which they are asked here.
"""

from __future__ import annotations

from pyanon.captions.phrasing.contexts import contexts
from pyanon.captions.phrasing.general import mentions
from pyanon.captions.phrasing.leftovers import fill, leftovers
from pyanon.captions.phrasing.marks import clothes, marks
from pyanon.captions.phrasing.people import people
from pyanon.captions.phrasing.phrase import Draft, Phrase, Role
from pyanon.captions.phrasing.places import places
from pyanon.captions.phrasing.segments import brackets, chunks, segments
from pyanon.captions.tag import Tagged

__all__ = ["Phrase", "Role", "phrases"]


def phrases(tagged: Tagged) -> list[Phrase]:
    """The phrases of a caption, in order, none over another; what is in none of them stays as it is.

    Tags and kinds of ``tagged`` that hang on the words around them are set on the way.
    """
    contexts(tagged)
    draft = Draft(tagged)
    for rule in (brackets, segments, chunks, people, mentions, marks, places, leftovers, clothes, fill):
        rule(draft)
    return sorted(draft.found, key=lambda phrase: phrase.first)

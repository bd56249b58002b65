"""What phrases look like, in the letters of `Tag`."""

from __future__ import annotations

import re

__all__ = ["AFTER", "CLAUSE", "GENERAL", "MORE", "NAMES", "PLACE", "RELATION", "ROLE"]

#: Whose: ``my``, ``Tom's``, ``the boss's``.
_OWNER = r"(?:p|t*n+S|d?[xyz]{0,2}?[wro]S)"
#: ``my late grandmother``, ``Tom's sister's boss``.
RELATION = rf"{_OWNER}[xyzhoma,w-]{{0,4}}?r+(?:S[xyzh]{{0,2}}?r+)*"
#: ``a young tennis player``, ``Danish coach``.
ROLE = r"(?:[dm](?:[xyzha]|e+|l+){0,3}?|(?:[yzha]|e+|l+)*)[ow]{1,3}"
#: ``Dr. Maria Lopez``, ``Mr. and Mrs. Lopez``.
NAMES = r"(?:t+&)?t*n+"
#: ``from Lyon``, ``of the Acme Group, Berlin``.
_FROM = r"i[dx]?[xyzh]{0,2}?[le]+(?:,?[le]+)*"
#: What may follow somebody and belongs to them.
AFTER = (
    re.compile(r",?k?a+"),  # , 34
    re.compile(rf",(?:{RELATION}|{ROLE}|[yz]?z+|t+o*)(?:{_FROM})*(?=[,.()!?iW]|$)"),  # , my sister,   , a Kazakh,
    re.compile(r",d[xyzhoa]{1,3}(?:i[le]+)?(?=[,.]|$)(?!,?&)"),  # , a Catholic deacon from Sligo,
    re.compile(r",?z+(?=[,.]|$)"),  # , Iranian,
    re.compile(rf",?{_FROM}"),
    re.compile(r",(?:(?:i)?l+)(?:,l+)*"),  # , Aarhus
    re.compile(r",?[cu]+"),  # , @stella
    re.compile(rf",?ki?{NAMES}"),  # called Ana, identified as Ana
)
#: Further names of a list.
MORE = re.compile(rf"(?:,&?|&)(?:(?:{RELATION}|{ROLE}|t+),?)?{NAMES}(?:,?a+)?(?:{_FROM})?")
#: ``who ...``, ``works ...``, ``lives ...``, to the next mark.
CLAUSE = re.compile(r",?[WLK][^,.;:!?() ]*")
#: People in general words: ``two young women``.
GENERAL = re.compile(r"(?:(?<=\D)|^)[dm]?[xyzha]{0,3}?(?P<noun>w|o+)")
#: A place with its preposition and its possessive: ``in the Alder Park's``.
PLACE = re.compile(r"(?P<in>,?i)?(?P<article>d?)(?P<extra>[xyzh]{0,2}?)(?P<place>[le]+(?:,[le]+)*)(?P<own>S?)")

"""What plain captions say of clothes and hair: the colours go, the clothes stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from export.train.captions.forms import any_of, plain

__all__ = ["attributes"]

_COLOUR = rf"(?:(?:{any_of(plain('shades'))})[\s-])?(?:{any_of(plain('colours'))})"
#: Words between a colour and a garment, and after a colour that is all that is worn.
_CUT = (
    "long|short|winter|baseball|polo|button|dress|business|leather|plaid|striped|tennis|soccer|ski|hooded|sleeveless|fur|"
    "knit|jean|denim|police|team|snow|cowboy|straw|sun|bow|down"
)
_ON = (
    "is|are|on|with|playing|swinging|standing|sitting|riding|holding|who|that|at|throwing|hitting|walking|skiing|surfing|"
    "jumping|doing|running|about|stands|sits|rides|walks|plays|holds"
)
_DRESSED = re.compile(
    rf"\b(?P<gone>{_COLOUR}(?:(?:,\s*|\s+and\s+|,\s*and\s+|\s+|/){_COLOUR})*\s+)"
    rf"(?=(?:(?:{_CUT})\s+)?(?:sleeved?\s+)?(?:{any_of(plain('clothes'))})\b)",
    re.IGNORECASE,
)
_HAIR = re.compile(
    rf"(?P<gone>\s+(?:with|has|having)\s+(?:an?\s+|his\s+|her\s+)?"
    rf"(?:(?:long|short|curly|straight|wavy|messy|spiky|thick|{_COLOUR})(?:,|\s+and)?\s+)*"
    r"(?:hair|beard|mustache|moustache|goatee|dreadlocks|dreads|ponytail|mohawk|braids|pigtails|afro)\b)"
    r"(?!\s+(?:dryer|brush|in|is|cut|pulled|tied))",
    re.IGNORECASE,
)
_ALL_IN = re.compile(
    rf"(?P<gone>\s+(?:dressed\s+|all\s+)?in\s+(?:all\s+)?{_COLOUR}(?:\s+and\s+{_COLOUR})?)"
    rf"(?=[\s,.]*(?:$|[,.]|\b(?:{_ON}|and\s+\w+ing)\b))",
    re.IGNORECASE,
)


def attributes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a caption that say colours of clothes and hair, between two places: from, to."""
    taken: list[tuple[int, int]] = []
    for pattern in (_DRESSED, _HAIR, _ALL_IN):
        for found in pattern.finditer(text, start, end):
            a, b = found.span("gone")
            if not any(x < b and a < y for x, y in taken):
                taken.append((a, b))
                yield a, b

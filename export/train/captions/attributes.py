"""What plain captions say of clothes and hair, and what of it stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["attributes"]

_COLOURS = (
    "red", "blue", "green", "yellow", "black", "white", "pink", "purple", "orange", "brown", "gray", "grey", "navy", "tan",
    "beige", "maroon", "turquoise", "teal", "gold", "silver", "khaki", "cream", "lavender", "olive", "colorful", "colourful",
    "blonde", "multi-colored", "multicolored",
)  # fmt: skip
_SHADES = ("dark", "light", "bright", "navy", "neon", "hot", "pale", "royal")
_CLOTHES = (
    "coat", "jacket", "shirt", "t-shirt", "tee shirt", "tshirt", "sweater", "sweatshirt", "hoodie", "dress", "hat", "cap",
    "scarf", "suit", "vest", "tie", "raincoat", "uniform", "blouse", "beanie", "apron", "skirt", "helmet", "wetsuit", "robe",
    "cardigan", "tank top", "top", "jeans", "shorts", "pants", "gloves", "overalls", "boots", "shoes", "socks", "sneakers",
    "trousers", "leggings", "pajamas", "swimsuit", "bikini", "gown", "bow tie", "necktie", "jersey", "outfit", "clothes",
    "clothing", "shirts", "hats", "coats", "jackets", "dresses", "suits", "uniforms", "helmets", "vests", "ties", "caps",
    "wet suit", "wetsuits", "attire", "tuxedo", "blazer", "polo shirt", "hooded sweatshirt", "ball cap", "baseball cap",
    "tights", "stockings", "sandals", "sweats", "trunks", "swim trunks", "belt", "headband", "bandana", "wig", "mask",
)  # fmt: skip


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_COLOUR = rf"(?:(?:{_any(_SHADES)})[\s-])?(?:{_any(_COLOURS)})"
_DRESSED = re.compile(
    rf"\b(?P<colour>(?:{_COLOUR})(?:(?:,\s*|\s+and\s+|,\s*and\s+|\s+|/)(?:{_COLOUR}))*\s+)"
    rf"(?=(?:(?:long|short|winter|baseball|polo|button|dress|business|leather|plaid|striped|tennis|soccer|ski|hooded|"
    rf"sleeveless|fur|knit|jean|denim|police|team|snow|cowboy|straw|sun|bow|down)\s+)?(?:sleeved?\s+)?(?:{_any(_CLOTHES)})\b)",
    re.IGNORECASE,
)
_HAIR = re.compile(
    rf"\s+(?:with|has|having)\s+(?:an?\s+|his\s+|her\s+)?(?:(?:long|short|curly|straight|wavy|messy|spiky|thick|{_COLOUR})(?:,|\s+and)?\s+)*"
    r"(?:hair|beard|mustache|moustache|goatee|dreadlocks|dreads|ponytail|mohawk|braids|pigtails|afro)\b(?!\s+(?:dryer|brush|in|is|cut|pulled|tied))",
    re.IGNORECASE,
)
_IN = re.compile(rf"\s+(?:dressed\s+|all\s+)?(?:in\s+)(?:all\s+)?(?:{_COLOUR})(?:\s+and\s+(?:{_COLOUR}))?(?=[\s,.]*(?:$|[,.]|\b(?:is|are|on|with|and\s+\w+ing|playing|swinging|standing|sitting|riding|holding|who|that|at|throwing|hitting|walking|skiing|surfing|jumping|doing|running|about|stands|sits|rides|walks|plays|holds)\b))", re.IGNORECASE)  # noqa: E501


def attributes(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Parts of a caption that say colours of clothes and hair, between two places: from, to, and what stays."""
    taken: list[tuple[int, int]] = []
    for pattern, group in ((_DRESSED, "colour"), (_HAIR, 0), (_IN, 0)):
        for found in pattern.finditer(text, start, end):
            a, b = found.span(group)
            if not any(x < b and a < y for x, y in taken):
                taken.append((a, b))
                yield a, b, ""

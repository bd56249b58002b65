"""Reads a description that points at somebody in a picture: ``the man in red on the left``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pyanon.captions.describe import PERSON_WORDS

__all__ = ["COLOURS", "Description", "Look", "Order", "Side", "read"]

#: Where in the picture, as its viewer sees it; ``most``: farther on that side than anybody else.
Side: TypeAlias = Literal["", "left", "right", "middle", "leftmost", "rightmost"]
#: Who of all: with the largest face, or who reaches highest.
Order: TypeAlias = Literal["", "large", "high"]

#: Colours of clothes that are told apart.
COLOURS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
_SHADES = {"gray": "grey", "violet": "purple", "navy": "blue", "navy blue": "blue"}


@dataclass(frozen=True)
class Look:
    """Something that a picture of a person shows, in words.

    Attributes:
        said: A person who looks as described.
        others: The same person with something else instead.
    """

    said: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """What a description says of somebody.

    Attributes:
        text: The description.
        gender: ``female``, ``male`` or empty.
        ages: Age groups (`pyanon.captions.describe.AGES`) that it may be said of; empty: all.
        single: Whether one person is meant.
        side: Where in the picture.
        order: ``large`` where the largest face is meant, ``high`` where the tallest person is, else empty.
        looks: What else can be seen of them.
        unread: Words that nobody could read.
    """

    text: str
    gender: str = ""
    ages: frozenset[str] = frozenset()
    single: bool = True
    side: Side = ""
    order: Order = ""
    looks: tuple[Look, ...] = ()
    unread: tuple[str, ...] = ()


_HAS = r"(?:(?:who (?:is |are )?)?(?:wearing|wears?|dressed in|with|in|has|having)|and)\s+"
_A = r"(?:an?\s+|the\s+|some\s+|his\s+|her\s+|their\s+)?"
_GARMENT = (
    r"(?:t-shirt|tee shirt|shirt|coat|jacket|sweater|top|jumper|blouse|dress|hoodie|suit|vest|pullover|uniform|outfit|"
    r"clothes|clothing|polo shirt|cardigan|tank top)s?"
)
_COLOUR = rf"(?:dark |light |bright |deep |pale )?(?P<colour>{'|'.join((*sorted(_SHADES, reverse=True), *COLOURS))})"
_OF_PICTURE = r"(?:\s+(?:side|half|edge|end|part))?(?:\s+(?:of|in)\s+(?:the\s+)?(?:picture|image|photo|frame|video))?"

#: What can be seen, as the words that say it, and what is compared. The first that reads words takes them.
_LOOKS: tuple[tuple[str, Look], ...] = (
    (
        rf"(?:{_HAS}(?:no glasses|no spectacles)|without (?:any )?(?:glasses|spectacles))",
        Look("a person without glasses", ("a person with glasses", "a person with sunglasses")),
    ),
    (
        rf"{_HAS}{_A}(?:pair of )?(?:sunglasses|dark glasses|shades)",
        Look("a person with sunglasses", ("a person with glasses", "a person without glasses")),
    ),
    (
        rf"(?:{_HAS}{_A}(?:pair of )?(?:glasses|eyeglasses|spectacles)|bespectacled)",
        Look("a person with glasses", ("a person without glasses", "a person with sunglasses")),
    ),
    (
        rf"(?:{_HAS}no (?:hat|cap)|without (?:a )?(?:hat|cap)|bareheaded)",
        Look("a person without a hat", ("a person with a hat",)),
    ),
    (rf"{_HAS}{_A}(?:hat|cap)(?: on)?", Look("a person with a hat", ("a person without a hat",))),
    (
        rf"(?:{_HAS}no (?:face )?mask|without (?:a )?(?:face )?mask)",
        Look("a person without a mask", ("a person wearing a face mask",)),
    ),
    (
        rf"(?:{_HAS}{_A}(?:face )?mask(?: on)?|masked)",
        Look("a person wearing a face mask", ("a person without a mask",)),
    ),
    (
        r"(?:not smiling|unsmiling|serious|looking serious|without a smile|with a serious (?:face|expression))",
        Look("a person with a serious face", ("a smiling person",)),
    ),
    (
        r"(?:who (?:smiles|laughs)|smiling|laughing|grinning|happy|cheerful|with a (?:big )?smile)",
        Look("a smiling person", ("a person with a serious face",)),
    ),
    (
        r"(?:who looks|looking|facing|turned) (?:to the )?left",
        Look("a person looking to the left", ("a person looking to the right", "a person looking at the camera")),
    ),
    (
        r"(?:who looks|looking|facing|turned) (?:to the )?right",
        Look("a person looking to the right", ("a person looking to the left", "a person looking at the camera")),
    ),
    (
        r"(?:facing|looking (?:at|into)|turned to) the camera",
        Look("a person looking at the camera", ("a person looking to the left", "a person looking to the right")),
    ),
)  # fmt: skip
#: A colour alone is that of the clothes where no other noun follows it.
_CLOTHES = rf"{_HAS}{_A}{_COLOUR}(?:\s+(?P<garment>{_GARMENT})|(?=\s*(?:$|[;,.]|(?:and|on|in|at|to|with|who)\b)))"
_SIDES: tuple[tuple[str, Side], ...] = (
    (rf"(?:left-?most|(?:(?:on|at|to) the )?far left{_OF_PICTURE})", "leftmost"),
    (rf"(?:right-?most|(?:(?:on|at|to) the )?far right{_OF_PICTURE})", "rightmost"),
    (rf"(?:on|to|at|in) (?:the |our )?(?:left)(?:[- ]hand)?{_OF_PICTURE}", "left"),
    (rf"(?:on|to|at|in) (?:the |our )?(?:right)(?:[- ]hand)?{_OF_PICTURE}", "right"),
    (rf"(?:in|at) the (?:middle|cent(?:re|er)){_OF_PICTURE}", "middle"),
)
_ORDERS: tuple[tuple[str, Order], ...] = (
    (r"(?:tallest)", "high"),
    (r"(?:largest|biggest|nearest|closest)(?: to the camera)?|in (?:the )?(?:foreground|front)", "large"),
)
_AGES: tuple[tuple[str, frozenset[str]], ...] = (
    (r"middle[- ]aged", frozenset({"adult"})),
    (r"(?:old|elderly|aged|senior)", frozenset({"old"})),
    (r"(?:teenaged?|adolescent)", frozenset({"teen"})),
    (r"(?:little|small)", frozenset({"baby", "child"})),
    (r"young", frozenset({"child", "teen", "young"})),
)
#: Words that may be said of anybody.
_EMPTY = frozenset({
    "a", "an", "and", "any", "anybody", "anyone", "all", "both", "everybody", "everyone", "face", "faces", "here", "is",
    "his", "her", "of", "one", "ones", "only", "picture", "somebody", "someone", "standing", "sitting", "that", "the",
    "their", "there", "this", "those", "these", "who", "which", "are", "in", "image", "photo", "shown", "seen",
})  # fmt: skip
_NUMBERS = frozenset({"two", "three", "four", "five", "several", "many"})
_PLURAL = (
    frozenset({"all", "any", "anybody", "anyone", "both", "everybody", "everyone", "those", "these", "ones", "faces"})
    | _NUMBERS
)


def read(text: str) -> Description:
    """What a description says, in English.

    Args:
        text: The description.
    """
    reading = _Reading(text)
    looks = [look for pattern, look in _LOOKS if reading.take(pattern)]
    while found := reading.take(_CLOTHES):
        looks.append(_clothes(found["colour"], found["garment"]))
    side: Side = next((side for pattern, side in _SIDES if reading.take(pattern)), "")
    order: Order = next((order for pattern, order in _ORDERS if reading.take(pattern)), "")
    ages = [ages for pattern, ages in _AGES if reading.take(pattern)]
    words = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", reading.left)
    named = [word for word in words if word in PERSON_WORDS]
    people = [PERSON_WORDS[word] for word in named]
    ages += [word.ages for word in people if word.ages]
    return Description(
        text,
        gender=people[0].gender if people else "",
        ages=_common(ages),
        single=not (any(word.plural for word in people) or _PLURAL & set(words)),
        side=side,
        order=order,
        looks=tuple(looks),
        # Each description is of one kind of person: "the man and the woman" are two.
        unread=tuple(word for word in words if word not in {*named[:1], *_EMPTY, *_NUMBERS}),
    )


class _Reading:
    """A text of which the parts that were read are blank."""

    def __init__(self, text: str) -> None:
        self.left = " ".join(text.casefold().split())

    def take(self, pattern: str) -> re.Match[str] | None:
        found = re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", self.left)
        if found:
            self.left = f"{self.left[: found.start()]} ; {self.left[found.end() :]}"
        return found


def _clothes(colour: str, garment: str | None) -> Look:
    said, others = _SHADES.get(colour, colour), [other for other in COLOURS if other != _SHADES.get(colour, colour)]
    worn = {name: f"{'an' if name[0] in 'aeiou' else 'a'} {name} {garment}" if garment else name for name in COLOURS}
    return Look(f"a person in {worn[said]}", tuple(f"a person in {worn[other]}" for other in others))


def _common(ages: list[frozenset[str]]) -> frozenset[str]:
    """Age groups that all words may be said of; those of the first where none are, as in "old boy"."""
    return frozenset.intersection(*ages) or ages[0] if ages else frozenset()

"""Described: which of the faces of a frame a description is of, by traits, place and looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from pyanon.captions.describe import AGES, portrait_of
from pyanon.captions.pointed import Description, read
from pyanon.errors import InputError
from pyanon.geometry import centres, sizes
from pyanon.stages.select import LEAST, SURE, UNKNOWN, nearest_middle, on_side, opinions, ordered
from pyanon.types import FloatArray, Frame, Opinions, Tracks

__all__ = ["Compares", "Described", "Faces"]

#: Chance of an age from which on it may be the one, where it surely is that or one next to it.
LIKELY = 0.5
#: Chance, between what is said and the likeliest of the others, from which on a look is sure, and up to which it
#: surely is another: the networks are calibrated for choices between all, which says little where there are many.
SEEN, UNSEEN = 0.87, 0.01
#: How much larger than others the largest face is, as a share of its size, and how much higher the tallest reaches.
LARGER, HIGHER = 0.3, 0.5


class Compares(Protocol):
    """Compares texts with the people in a picture: `pyanon.likeness.Likeness`."""

    def people(self, frame: Frame, xyxy: FloatArray, /) -> FloatArray:
        """Embeddings ``(n, D)`` of the people whose faces lie in boxes ``(n, 4)``."""

    def answers(self, people: FloatArray, /, choices: Sequence[str]) -> FloatArray:
        """How likely each of several descriptions is the one that fits, ``(n, len(choices))``."""


@dataclass(frozen=True, eq=False)
class Faces:
    """The faces of a frame.

    Attributes:
        frame: The frame.
        tracks: Where they are.
        chances: Trait -> how likely each of its categories is, ``(n, categories)``, NaN where nobody knows.
        people: ``(n, D)`` from `Compares.people`; empty where nobody asks.
    """

    frame: Frame
    tracks: Tracks
    chances: Mapping[str, FloatArray]
    people: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))


class Described:
    """A description of who is meant.

    Args:
        text: The description.
        traits: Trait -> names of its categories, as the pack has them.
        likeness: Compares texts and people; None: the pack cannot.

    Raises:
        InputError: Something in it cannot be told.
    """

    def __init__(self, text: str, *, traits: Mapping[str, Sequence[str]], likeness: Compares | None) -> None:
        said = self._said = read(text)
        self._traits, self._likeness = traits, likeness
        lacking = list(said.unread)
        lacking += ["the gender"] * bool(said.gender and "gender" not in traits)
        lacking += ["the age"] * bool(said.ages and "age" not in traits)
        lacking += [look.said for look in said.looks if likeness is None]
        if lacking or said == Description(text):
            raise InputError(
                "a description of who is meant says what cannot be told, or nothing",
                given=f"{text!r}: {', '.join(lacking) or 'nothing'}",
                expected="one kind of person a description: gender, age group, place in the picture, the largest or "
                "tallest; where the pack compares texts and people, also colour of clothes, glasses",
                do="leave those words out, or give a reference photo",
            )

    @property
    def asks_for_looks(self) -> bool:
        """Whether texts and people are to be compared."""
        return bool(self._said.looks)

    def __call__(self, faces: Faces) -> Opinions:
        """1 for a face that surely is meant, -1 for one that surely is not, 0 where that is not sure."""
        chance = _least([self._gender(faces), self._age(faces), *self._looks(faces)])
        # Who is the largest, or stands left, is told among those whom the other words fit.
        for order in (self._order, self._side):
            chance = _least([chance, order(faces, chance)])
        return opinions(chance, single=self._said.single)

    def _gender(self, faces: Faces) -> FloatArray:
        gender = self._said.gender
        return self._chance(faces, "gender", lambda name: name == gender) if gender else _anybody(faces)

    def _age(self, faces: Faces) -> FloatArray:
        """How likely the age is one that is meant.

        Nobody tells 39 from 40: it is sure that it is one of them, or none, where nothing speaks for ages that are not
        even next to them, or only such.
        """
        if not self._said.ages:
            return _anybody(faces)
        wanted = [AGES.index(age) for age in self._said.ages]

        def off(name: str) -> int:
            group = portrait_of({"age": name}).age
            return min(abs(AGES.index(group) - each) for each in wanted) if group else len(AGES)

        inside = self._chance(faces, "age", lambda name: off(name) == 0)
        around = self._chance(faces, "age", lambda name: off(name) <= 1)
        return np.asarray(np.where((inside >= LIKELY) | (around <= LEAST), around, np.nan), np.float32)

    def _chance(self, faces: Faces, trait: str, is_meant: Callable[[str], bool]) -> FloatArray:
        columns = np.array([is_meant(name) for name in self._traits[trait]], np.bool_)
        return np.asarray(faces.chances[trait][:, columns].sum(axis=1), np.float32)

    def _looks(self, faces: Faces) -> list[FloatArray]:
        if self._likeness is None:
            return []
        answers = [self._likeness.answers(faces.people, (look.said, *look.others)) for look in self._said.looks]
        chances = [each[:, 0] / (each[:, 0] + each[:, 1:].max(axis=1)) for each in answers]
        spread = [np.interp(each, (0, UNSEEN, UNKNOWN, SEEN, 1), (0, LEAST, UNKNOWN, SURE, 1)) for each in chances]
        # Of a face that is not seen it is not sure either what is under it.
        return [np.where(faces.tracks.coasted, np.nan, each).astype(np.float32) for each in spread]

    def _order(self, faces: Faces, chance: FloatArray) -> FloatArray:
        box = sizes(faces.tracks.xyxy)
        if self._said.order == "large":
            size = np.sqrt(box.prod(axis=1))
            return ordered(size, apart=LARGER * size, chance=chance)
        if self._said.order == "high":
            return ordered(-faces.tracks.xyxy[:, 1], apart=HIGHER * box[:, 1], chance=chance)
        return _anybody(faces)

    def _side(self, faces: Faces, chance: FloatArray) -> FloatArray:
        side, boxes, width = self._said.side, faces.tracks.xyxy, np.float32(faces.frame.width)
        if not side:
            return _anybody(faces)
        off, apart = centres(boxes)[:, 0] / width - np.float32(0.5), sizes(boxes)[:, 0] / (2 * width)
        if side == "middle":
            middle = np.abs(off)
            return nearest_middle(middle, ordered(-middle, apart=apart, chance=chance))
        towards = off if side in {"right", "rightmost"} else -off
        order = ordered(towards, apart=apart, chance=chance)
        return on_side(towards, order, outermost=side.endswith("most"))


def _anybody(faces: Faces) -> FloatArray:
    return np.ones(len(faces.tracks), np.float32)


def _least(chances: Sequence[FloatArray]) -> FloatArray:
    """The least of several chances, ``(n,)``; where one is unknown, what is surely not so still is not."""
    stack = np.stack(chances)
    lowest = np.nanmin(np.where(np.isfinite(stack), stack, np.inf), axis=0)
    unknown = ~np.isfinite(stack).all(axis=0)
    return np.asarray(np.where(unknown & (lowest > LEAST), np.nan, lowest), np.float32)

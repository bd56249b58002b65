"""Chances: from how likely faces fit a description to what is sure of them; and words for where somebody is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pyanon.types import BoolArray, FloatArray, Opinions

__all__ = ["LEAST", "SURE", "combined", "nearest_middle", "opinions", "ordered"]

#: Chance from which on something is sure, chance up to which the opposite is, and lead over the second best face.
SURE, LEAST, LEAD = 0.97, 0.03, 0.4
#: Chance where nobody knows.
UNKNOWN = 0.5
#: How far from the picture's middle, in widths of it, somebody is surely not in its middle, and surely is on a side.
ASIDE, BEYOND = 0.25, 0.05


def combined(opinions: Sequence[Opinions], count: int) -> Opinions:
    """Of several who are meant: 1 where a face surely is one of them, -1 where it surely is none, ``(count,)``."""
    if not opinions:
        return np.full(count, -1, np.int8)
    stack = np.stack(opinions)
    return np.where((stack > 0).any(axis=0), 1, np.where((stack < 0).all(axis=0), -1, 0)).astype(np.int8)


def opinions(chance: FloatArray, *, single: bool) -> Opinions:
    """1 where a face surely fits a description, -1 where it surely does not, ``(n,)``.

    Args:
        chance: ``(n,)``, how likely each of the faces of a frame fits all that is said; NaN: nobody knows.
        single: Whether one person is meant: then a face that fits surely has a clear lead over every other.
    """
    known = np.where(np.isfinite(chance), chance, UNKNOWN)
    surely = known >= SURE
    if single and len(known) > 1:
        second = np.sort(known)[-2]
        surely &= known - second >= LEAD
    return surely.astype(np.int8) - (known <= LEAST).astype(np.int8)


def ordered(values: FloatArray, *, apart: FloatArray, chance: FloatArray) -> FloatArray:
    """How likely each face is the one with the largest value, ``(n,)``: 1, 0, or NaN where it is not clear.

    Only those count that may be meant by what else is said of them.

    Args:
        values: ``(n,)``, what they are ordered by.
        apart: ``(n,)``, how much less another's value must be to be clearly less.
        chance: ``(n,)``, how likely all else fits them, NaN where nobody knows.
    """
    unknown = ~np.isfinite(chance)
    rival, sure = unknown | (chance > LEAST), ~unknown & (chance >= SURE)
    result = np.full(len(values), np.nan, np.float32)
    for row in range(len(values)):
        others = np.arange(len(values)) != row
        less = others & rival & (values > values[row] - apart[row])
        if not less.any():
            result[row] = 1
        elif (others & sure & (values - apart >= values[row])).any():
            result[row] = 0
    return result


def on_side(middle: FloatArray, order: FloatArray, *, outermost: bool) -> FloatArray:
    """How likely faces are those on one side of the picture, ``(n,)``.

    Args:
        middle: ``(n,)``, how far on that side of the picture's middle they are, in widths of the picture.
        order: ``(n,)`` from `ordered`, whether they are the outermost on that side.
        outermost: Whether that is all that was said; else they must be on that side of the picture, too.
    """
    if outermost:
        return order
    surely = np.where(middle >= BEYOND, order, np.nan)
    # Further in than another, and yet on that side: some would say so.
    surely = np.where((surely == 0) & (middle >= -BEYOND), np.nan, surely)
    return np.where(middle < -BEYOND, 0, surely).astype(np.float32)


def nearest_middle(middle: FloatArray, order: FloatArray) -> FloatArray:
    """How likely faces are those in the middle of the picture, ``(n,)``.

    Args:
        middle: ``(n,)``, how far from the picture's middle they are, in widths of the picture, either side above 0.
        order: ``(n,)`` from `ordered`, whether they are the nearest to it.
    """
    surely = np.where((order == 0) & (middle <= ASIDE), np.nan, order)
    return np.where(middle > ASIDE, 0, surely).astype(np.float32)


def crowded(shared: FloatArray, area: FloatArray, *, most: float) -> BoolArray:
    """Which faces others are in the way of, ``(n,)``.

    Args:
        shared: ``(n, n)``, areas that boxes share.
        area: ``(n,)``, areas of the boxes.
        most: Share of a face's box that another's may cover.
    """
    others = shared * (1 - np.eye(len(area), dtype=np.float32))
    return np.asarray(others.max(axis=1, initial=0) > most * area)

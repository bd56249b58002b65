"""Definition of `exponential`."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pyanon.ops.philox import random64
from pyanon.types import IntArray

__all__ = ["exponential", "weights"]

Doubles = npt.NDArray[np.float64]

#: Weights count 2^-44, so that sums of them are exact.
WEIGHT_BITS = 44
FARTHEST = -64.0
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
TAYLOR = [1 / math.factorial(k) for k in range(13, -1, -1)]


def weights(exponents: Doubles) -> IntArray:
    """``exp`` of numbers up to 0 in whole units of 2^-44, at least 1: by products and sums alone, alike everywhere.

    Half and whole steps of ln 2 are split off (Cody and Waite, 1980), the rest is a Taylor sum.
    """
    bounded = np.maximum(exponents, FARTHEST)
    whole = np.floor(bounded * LOG2_E + 0.5)
    rest = (bounded - whole * LN2_HIGH) - whole * LN2_LOW
    value = np.full_like(rest, TAYLOR[0])
    for term in TAYLOR[1:]:
        value = value * rest + term
    return np.maximum(np.ldexp(value, whole.astype(np.int64) + WEIGHT_BITS).astype(np.int64), 1)


def exponential(
    utilities: Doubles,
    *,
    sizes: IntArray,
    epsilon: float,
    sensitivity: float,
    keys: npt.NDArray[np.uint64],
    ranks: tuple[int, int] | None = None,
    draws: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """Choose a group for every key, and one of its members; see `pyanon.ops.cpu.exponential`."""
    numbers = np.zeros(len(keys), np.int64) if draws is None else draws
    best, worst = (1, len(sizes)) if ranks is None else ranks
    groups, members = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    for i, (row, key, draw) in enumerate(zip(utilities, keys.tolist(), numbers.tolist(), strict=True)):
        weight = weights((row - row.max()) * (epsilon / (2.0 * sensitivity)))
        ranked = np.argsort(-row, kind="stable")
        weight[ranked[: best - 1]] = 0
        weight[ranked[worst:]] = 0
        first, second = random64(key, draw=draw)
        up_to = np.cumsum(weight)
        groups[i] = np.searchsorted(up_to, first * int(up_to[-1]) >> 64, side="right")
        members[i] = second * int(sizes[groups[i]]) >> 64
    return groups, members

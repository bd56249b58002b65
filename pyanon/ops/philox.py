"""Philox4x32-10, the counter-based random numbers of `reject` and `exponential`, and the table of their normals.

Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A number depends on its key and its
counter alone, so draws can be made in any order, in any batch and on any backend. It is not a cipher: who sees many raw
outputs is not kept from predicting others; see docs/sampler.md.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

__all__ = ["CHOICES", "NORMALS", "NORMAL_BITS", "normal_table", "normals", "philox", "random64"]

Words = npt.NDArray[np.uint32]

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)

#: The last word of the counter says what the numbers are for, so that one key serves all.
NORMALS, CHOICES = 0, 1
#: Normals count 1/4096.
NORMAL_BITS = 12

_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(counter: tuple[Words, Words, Words, Words], *, key: int) -> tuple[Words, Words, Words, Words]:
    """Four random words for each counter.

    Args:
        counter: Four arrays ``(n,)`` uint32, the words of the counters.
        key: 64 bits; the low half is the first word.
    """
    a, b, c, d = (word.astype(np.uint64) for word in counter)
    low, high = key & 0xFFFFFFFF, key >> 32
    for _ in range(ROUNDS):
        first, second = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b, c, d = (
            (second >> _HALF) ^ b ^ np.uint64(low),
            second & _LOW,
            (first >> _HALF) ^ d ^ np.uint64(high),
            first & _LOW,
        )
        low, high = (low + WEYL[0]) & 0xFFFFFFFF, (high + WEYL[1]) & 0xFFFFFFFF
    return a.astype(np.uint32), b.astype(np.uint32), c.astype(np.uint32), d.astype(np.uint32)


@cache
def normal_table() -> npt.NDArray[np.int16]:
    """``(32768,)`` int16: the upper half of the standard normal's quantiles at 65536 midpoints, in 1/4096.

    A sign bit makes the lower half. The largest is 4.325; variance 0.99998, kurtosis 2.9992 (a normal has 1 and 3).
    No quantile lies closer than 1e-5 of a unit to where its rounding would change, so that every machine makes the
    same table.
    """
    quantile = NormalDist().inv_cdf
    unit = 1 << NORMAL_BITS
    table = np.array([math.floor(unit * quantile(0.5 + (i + 0.5) / 65536) + 0.5) for i in range(32768)], np.int16)
    table.flags.writeable = False
    return table


def normals(key: int, *, draw: int, size: int) -> npt.NDArray[np.int16]:
    """The ``(size,)`` int16 standard normals of one draw, in 1/4096: exact on every backend.

    Block ``i`` of the draw has the counter ``(i, draw, 0, NORMALS)``. The first words of all blocks, then all second
    ones and so on, make one row of 16-bit pieces, the low half of a word first: 15 bits choose from `normal_table`,
    the top bit is the sign.
    """
    blocks = -(-size // 8)
    words = philox(_counters(np.arange(blocks, dtype=np.uint32), draw, NORMALS), key=key)
    whole = np.concatenate(words)
    pieces = np.stack([whole & np.uint32(0xFFFF), whole >> np.uint32(16)], -1).reshape(-1)[:size]
    values = normal_table()[pieces & np.uint32(0x7FFF)]
    return np.asarray(np.where(pieces >> np.uint32(15), -values, values), np.int16)


def random64(key: int, *, draw: int) -> tuple[int, int]:
    """Two random numbers of 64 bits: those of the counter ``(0, draw, 0, CHOICES)``, the low word first."""
    a, b, c, d = (int(word[0]) for word in philox(_counters(np.zeros(1, np.uint32), draw, CHOICES), key=key))
    return a | b << 32, c | d << 32


def _counters(blocks: Words, draw: int, purpose: int) -> tuple[Words, Words, Words, Words]:
    return blocks, np.full_like(blocks, draw), np.zeros_like(blocks), np.full_like(blocks, purpose)

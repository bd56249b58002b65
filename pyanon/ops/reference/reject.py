"""Definition of `reject` and of `judge`, its form for a run of draws.

Every sum runs in the order of its index, in float64, with one rounding for each product and each sum; so every backend
decides alike, to the last bit. Normals are whole numbers of 1/4096.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.ops.philox import NORMAL_BITS, normals
from pyanon.ops.spec import Oracle, Reason, SamplerSpec
from pyanon.types import FloatArray, IntArray

__all__ = ["judge", "reject"]

Doubles: TypeAlias = npt.NDArray[np.float64]
#: For each oracle the embeddings that a draw must be unlike, ``(m, d)``.
Crowd: TypeAlias = Sequence[npt.NDArray[np.floating]]

TESTED_AT_ONCE = 1024  # rows of a gallery, so that a batch of draws against them fits into memory


def ordered_dot(rows: npt.NDArray[np.floating], vectors: npt.NDArray[np.floating]) -> Doubles:
    """Inner products over the last axis, one term after the other."""
    total = np.zeros(np.broadcast_shapes(rows.shape, vectors.shape)[:-1])
    for k in range(rows.shape[-1]):
        total = total + rows[..., k].astype(np.float64) * vectors[..., k].astype(np.float64)
    return total


def codes(spec: SamplerSpec, drawn: npt.NDArray[np.int16]) -> FloatArray:
    """``mean + factor @ n`` for normals ``(n, D)``, summed in order, then rounded to float32."""
    total = np.tile(spec.mean.astype(np.float64), (len(drawn), 1))
    numbers = drawn / float(1 << NORMAL_BITS)
    for j in range(spec.size):
        total = total + spec.factor[:, j].astype(np.float64) * numbers[:, j, None]
    return total.astype(np.float32)


def embeddings(oracle: Oracle, code: FloatArray) -> Doubles:
    """``(n, d)``: the codes as the oracle sees them."""
    return ordered_dot(oracle.projection[None], code[:, None, :])


def alike(seen: Doubles, others: npt.NDArray[np.floating], *, threshold: float) -> npt.NDArray[np.bool_]:
    """``(n,)``: whether a draw's cosine with any of the others reaches the threshold, tested without a division."""
    found = np.zeros(len(seen), np.bool_)
    lengths = np.sqrt(ordered_dot(seen, seen))
    for start in range(0, len(others), TESTED_AT_ONCE):
        rows = others[start : start + TESTED_AT_ONCE]
        most = threshold * (lengths[:, None] * np.sqrt(ordered_dot(rows, rows))[None])
        found |= (ordered_dot(rows[None], seen[:, None]) >= most).any(1)
    return found


def _too_unlikely(spec: SamplerSpec, drawn: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    squares = (drawn.astype(np.int64) ** 2).sum(1)
    unit = float(1 << NORMAL_BITS)
    return np.asarray(squares > (spec.radius * unit) * (spec.radius * unit))


def _too_remote(spec: SamplerSpec, code: FloatArray) -> npt.NDArray[np.bool_]:
    near = np.zeros(len(code), np.int64)
    for start in range(0, len(spec.anchors) if spec.neighbours else 0, TESTED_AT_ONCE):
        apart = code[:, None].astype(np.float64) - spec.anchors[None, start : start + TESTED_AT_ONCE]
        near += (ordered_dot(apart, apart) <= spec.reach * spec.reach).sum(1)
    return near < spec.neighbours


def verdicts(spec: SamplerSpec, *, crowd: Crowd, drawn: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """The `Reason` of each row of normals ``(n, D)``."""
    code = codes(spec, drawn)
    reason = np.full(len(drawn), Reason.ACCEPTED, np.uint8)
    seen = [embeddings(oracle, code) for oracle in spec.oracles]
    # Last test first, so that the first one that fails has the last word.
    for oracle, row in zip(spec.oracles, seen, strict=True):
        reason[alike(row, oracle.gallery, threshold=oracle.threshold)] = Reason.KNOWN
    reason[_too_remote(spec, code)] = Reason.REMOTE
    for oracle, row, others in zip(spec.oracles, seen, crowd, strict=True):
        reason[alike(row, others, threshold=oracle.threshold)] = Reason.ALIKE
    reason[_too_unlikely(spec, drawn)] = Reason.UNLIKELY
    return reason


def judge(
    spec: SamplerSpec, *, live: Sequence[FloatArray], key: int, count: int, first: int = 0
) -> npt.NDArray[np.uint8]:
    """What becomes of each of a run of draws; see `pyanon.ops.cpu.judge`."""
    drawn = [normals(key, draw=first + i, size=spec.size) for i in range(count)]
    return verdicts(spec, crowd=live, drawn=np.array(drawn, np.int16).reshape(count, spec.size))


def reject(
    spec: SamplerSpec,
    *,
    live: Sequence[FloatArray],
    keys: npt.NDArray[np.uint64],
    max_draws: int,
    first: IntArray | None = None,
) -> tuple[FloatArray, IntArray]:
    """The first acceptable draw of every key; see `pyanon.ops.cpu.reject`."""
    starts = np.zeros(len(keys), np.int64) if first is None else first
    found = np.full((len(keys), spec.size), np.nan, np.float32)
    draws = np.full(len(keys), -1, np.int64)
    crowd: list[npt.NDArray[np.floating]] = [rows.astype(np.float64) for rows in live]
    for face, (key, start) in enumerate(zip(keys.tolist(), starts.tolist(), strict=True)):
        for draw in range(start, start + max_draws):
            drawn = normals(key, draw=draw, size=spec.size)[None]
            if verdicts(spec, crowd=crowd, drawn=drawn)[0] == Reason.ACCEPTED:
                found[face], draws[face] = codes(spec, drawn)[0], draw
                seen = [embeddings(oracle, found[face, None]) for oracle in spec.oracles]
                crowd = [np.concatenate([rows, row]) for rows, row in zip(crowd, seen, strict=True)]
                break
    return found, draws

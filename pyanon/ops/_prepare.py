"""What the native sampler precomputes from a `SamplerSpec`: directions in which bounds are tight, rows in a good order.

Nothing here changes what is accepted: bounds that are worse only cost time. The native code decides what they leave
open as `pyanon.ops.reference.reject` defines it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon import _ext
from pyanon.ops.philox import normal_table
from pyanon.ops.spec import Oracle, SamplerSpec

__all__ = ["prepare"]

Doubles: TypeAlias = npt.NDArray[np.float64]

STRONG = 16  # singular directions, kStrong in csrc/cpu/reject_oracle.h
LANES = 16  # rows that are screened side by side
LEVELS = 2  # at most; more were measured to cost more than they leave out


def prepare(spec: SamplerSpec) -> _ext.RejectSampler:
    """The native form of a sampler; takes a second or so where the gallery is large."""
    rows, shift, weight = _anchor_rows(spec)
    return _ext.RejectSampler(
        {
            "mean": spec.mean,
            "factor": spec.factor,
            "table": normal_table(),
            "radius": float(spec.radius),
            "oracles": [_oracle(oracle, spec.factor.astype(np.float64)) for oracle in spec.oracles],
            "anchors": spec.anchors,
            "neighbours": int(spec.neighbours),
            "reach": float(spec.reach),
            "anchor_screen": _screen(rows),
            "shift": shift,
            "weight": weight,
        }
    )


def _oracle(oracle: Oracle, factor: Doubles) -> dict[str, Any]:
    left, values, right = np.linalg.svd(oracle.projection.astype(np.float64) @ factor, full_matrices=False)
    strong, rest = slice(0, STRONG), values[STRONG:]
    # An oracle of fewer dimensions than the code is blind in some directions.
    blind = len(values) < len(factor)
    gallery = oracle.gallery.astype(np.float64)
    directions = gallery / np.sqrt((gallery**2).sum(1, keepdims=True))
    return {
        "width": len(oracle.projection),
        "threshold": float(oracle.threshold),
        "projection": oracle.projection,
        "gallery": oracle.gallery,
        "screen": _screen(directions),
        "left": np.ascontiguousarray(left[:, strong].T),
        "right": np.ascontiguousarray(right[strong]),
        "values": values[strong],
        "next": float(rest[0] if len(rest) else 0.0) * (1 + 1e-9),
        "weakest": float(rest[-1] if len(rest) and not blind else 0.0) * (1 - 1e-9),
    }


def _anchor_rows(spec: SamplerSpec) -> tuple[Doubles, float, float]:
    """Anchors as rows whose inner product with a code, one value longer, grows as their distance falls."""
    if not len(spec.anchors):
        return np.zeros((0, 0)), 0.0, 1.0
    apart = spec.anchors.astype(np.float64) - spec.mean
    halves = (apart**2).sum(1) / 2
    shift, weight = float(halves.mean()), float(np.sqrt(2 * halves.mean())) or 1.0
    return np.column_stack([apart, (shift - halves) / weight]), shift, weight


def _screen(rows: Doubles) -> dict[str, Any]:
    """Rows turned to their principal axes and ordered so that similar ones are screened side by side."""
    count, width = rows.shape
    _, axes = np.linalg.eigh(rows.T @ rows)
    rotation = axes[:, ::-1].T.astype(np.float32)
    turned = (rows @ rotation.T.astype(np.float64)).astype(np.float32)
    order = _order(turned)
    return {
        "count": count,
        "width": width,
        "rotation": np.ascontiguousarray(rotation),
        "rows": turned[order],
        "order": order,
        "levels": _levels(turned),
    }


def _order(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Halves the rows at the median of their widest axis, again and again, down to what is screened side by side."""
    parts = [np.arange(len(rows))]
    while parts and max(map(len, parts)) > LANES:
        halves = []
        for part in parts:
            axis = int(rows[part].var(0).argmax())
            ranked = part[np.argsort(rows[part, axis], kind="stable")]
            # Whole groups on the left, so that no group mixes two parts.
            middle = -(-len(part) // 2 // LANES) * LANES or len(part)
            halves += [half for half in (ranked[:middle], ranked[middle:]) if len(half)]
        parts = halves
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _levels(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Pairs of values after which to look: equal steps, fewer where vectors are short."""
    pairs = (rows.shape[1] + 1) // 2
    step = max(8, -(-pairs // LEVELS))
    return np.array([*range(step, pairs, step), pairs] if pairs else [], np.int64)

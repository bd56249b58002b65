"""Benchmark of `relight` against NumPy: ``python benchmarks/bench_relight.py [--json]``."""

from __future__ import annotations

import numpy as np
from timing import Case, main

from pyanon import ops
from pyanon.ops import reference
from pyanon.ops.philox import normals


def relight_case(size: int, count: int) -> Case:
    """This many faces of size x size: an oval inside, a ring of a fourteenth of the side, a noisy picture around."""
    rng = np.random.default_rng(0)
    ticks = (np.arange(size) + 0.5) / size - 0.5
    far = np.hypot(ticks[:, None] / 0.44, ticks / 0.34)
    regions = np.where(far <= 1, 4, 1 + 2 * (far < 1.18)).astype(np.uint8)[None].repeat(count, 0)
    around = np.where(regions[..., None] & 1, rng.normal(120, 4, (count, size, size, 3)), 0).clip(0, 255)
    painted = rng.normal(0.43, 0.01, (count, 3, size, size)).astype(np.float32)
    given = {"around": around.astype(np.uint8), "regions": regions}
    drawn = np.stack([normals(key, draw=1, size=size * size).reshape(size, size) for key in range(count)])
    variants = {
        "pyanon": lambda: ops.relight(painted, **given, grain=drawn),
        "NumPy": lambda: reference.relight(painted, **given, grain=drawn),
    }
    return Case(f"relight {count} of {size} x {size}", variants, traffic=count * size * size * 21)


if __name__ == "__main__":
    main("relight", [relight_case(112, 1), relight_case(128, 1), relight_case(128, 8), relight_case(256, 1)])

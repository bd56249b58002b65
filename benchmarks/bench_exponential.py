"""Benchmark of `exponential` against NumPy: ``python benchmarks/bench_exponential.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, main

from pyanon import ops
from pyanon.ops import reference


def exponential_case(count: int, groups: int) -> Case:
    """This many faces, each with a utility for this many groups."""
    rng = np.random.default_rng(0)
    utilities = rng.random((count, groups))
    sizes = np.full(groups, 100, np.int64)
    keys = rng.integers(0, 1 << 64, count, np.uint64)

    def gumbel() -> None:
        (utilities + 2 * rng.gumbel(size=utilities.shape)).argmax(1)
        rng.integers(0, 100, count)

    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.exponential(utilities, sizes=sizes, epsilon=1.0, sensitivity=1.0, keys=keys),
        "NumPy": lambda: reference.exponential(utilities, sizes=sizes, epsilon=1.0, sensitivity=1.0, keys=keys),
        "NumPy, Gumbel's way": gumbel,
    }
    return Case(f"exponential {count} x {groups}", variants, traffic=8 * count * groups)


if __name__ == "__main__":
    main("exponential", [exponential_case(count, groups) for count in (1, 10) for groups in (64, 1024, 16384)])

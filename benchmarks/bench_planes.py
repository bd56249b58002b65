"""Benchmark of `planes` against NumPy and OpenCV: ``python benchmarks/bench_planes.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import reference


def planes_case(size: int, count: int) -> Case:
    """This many crops of size x size."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.planes(pixels),
        "NumPy": lambda: reference.planes(pixels),
    }
    if has_opencv():
        import cv2

        variants["OpenCV blobFromImages"] = lambda: cv2.dnn.blobFromImages(list(pixels), 1 / 255)
    return Case(f"planes {count} of {size} x {size}", variants, traffic=count * size * size * 15)


if __name__ == "__main__":
    main("planes", [planes_case(112, 1), planes_case(128, 1), planes_case(128, 8), planes_case(256, 1)])

"""Benchmark of `warp` against NumPy and OpenCV: ``python benchmarks/bench_warp.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import reference


def warp_case(size: int, count: int) -> Case:
    """This many crops of size x size out of a 1280 x 720 frame, turned by ten degrees."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (720, 1280, 3), np.uint8)
    angle = np.deg2rad(10)
    turn = 0.7 * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centres = rng.uniform((200, 200), (1000, 500), (count, 2))
    matrix = np.stack([np.column_stack([turn, size / 2 - turn @ c]) for c in centres]).astype(np.float32)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.warp(image, matrix=matrix, size=size),
        "NumPy": lambda: reference.warp(image, matrix=matrix, size=size),
    }
    if has_opencv():
        import cv2

        def opencv() -> None:
            for row in matrix:
                cv2.warpAffine(image, row, (size, size), borderMode=cv2.BORDER_REPLICATE)

        variants["OpenCV warpAffine"] = opencv
    return Case(f"warp {count} of {size} x {size}", variants, traffic=count * size * size * 6)


if __name__ == "__main__":
    main("warp", [warp_case(112, 1), warp_case(112, 8), warp_case(256, 1)])

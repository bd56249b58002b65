"""Benchmark of the NV12 conversions against NumPy and OpenCV: ``python benchmarks/bench_nv12.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import reference


def to_rgb_case(width: int, height: int) -> Case:
    """A frame of this size, of limited range; OpenCV knows BT.601 alone."""
    frame = np.random.default_rng(0).integers(0, 256, (height * 3 // 2, width), np.uint8)
    luma, chroma = frame[:height], frame[height:].reshape(height // 2, width // 2, 2)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.rgb_from_nv12(luma, chroma=chroma),
        "NumPy": lambda: reference.rgb_from_nv12(luma, chroma=chroma),
    }
    if has_opencv():
        import cv2

        variants["OpenCV cvtColor"] = lambda: cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_NV12)
    return Case(f"rgb_from_nv12 {width} x {height}", variants, traffic=frame.nbytes + 3 * luma.size)


def from_rgb_case(width: int, height: int) -> Case:
    """A picture of this size; OpenCV has no conversion to NV12."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.nv12_from_rgb(image),
        "NumPy": lambda: reference.nv12_from_rgb(image),
    }
    return Case(f"nv12_from_rgb {width} x {height}", variants, traffic=image.nbytes * 3 // 2)


if __name__ == "__main__":
    main("nv12", [make(*size) for make in (to_rgb_case, from_rgb_case) for size in ((640, 480), (1920, 1080))])

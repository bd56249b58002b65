"""Benchmark of `letterbox` against NumPy and OpenCV: ``python benchmarks/bench_letterbox.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import reference
from pyanon.types import ImageArray

SIZE = (640, 352)


def _opencv(image: ImageArray, interpolation: str) -> Callable[[], object]:
    """Resize, pad, and turn into planes of float."""
    import cv2

    height, width = image.shape[:2]
    ratio = min(SIZE[0] / width, SIZE[1] / height)
    w, h = round(width * ratio), round(height * ratio)
    left, top = (SIZE[0] - w) // 2, (SIZE[1] - h) // 2
    how = getattr(cv2, interpolation)

    def letterbox() -> None:
        fitted = cv2.resize(image, (w, h), interpolation=how)
        border = (top, SIZE[1] - h - top, left, SIZE[0] - w - left)
        padded = cv2.copyMakeBorder(fitted, *border, cv2.BORDER_CONSTANT, value=(114, 114, 114))
        cv2.dnn.blobFromImage(padded, 1 / 255)

    return letterbox


def letterbox_case(width: int, height: int) -> Case:
    """A frame of this size into 640 x 352."""
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    out = np.empty((3, SIZE[1], SIZE[0]), np.float32)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.letterbox(image, size=SIZE, out=out),
        "NumPy": lambda: reference.letterbox(image, size=SIZE, out=out),
    }
    if has_opencv():
        variants["OpenCV INTER_AREA"] = _opencv(image, "INTER_AREA")
        variants["OpenCV INTER_LINEAR"] = _opencv(image, "INTER_LINEAR")
    return Case(f"letterbox {width} x {height}", variants, traffic=image.nbytes + out.nbytes)


if __name__ == "__main__":
    main("letterbox", [letterbox_case(*size) for size in ((640, 352), (640, 480), (1280, 720), (1920, 1080))])

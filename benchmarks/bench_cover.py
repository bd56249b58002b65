"""Benchmark of `cover` against NumPy and OpenCV: ``python benchmarks/bench_cover.py [--json]``.

OpenCV's way is measured three times. "OpenCV box, where" is what common tools do: blur or pixelate the box itself and
pick an ellipse of it with ``numpy.where``; "OpenCV box, copyTo" is the same with OpenCV's faster masked copy. Both
cover the box alone, less than half of the pixels of our outline, and have no soft edge. "OpenCV same outline" covers
the rectangle that our cover touches and mixes it in through an equally soft mask. For a solid cover OpenCV draws a
filled ellipse.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import CoverStyle, reference
from pyanon.types import ImageArray

Paint = Callable[[ImageArray], ImageArray]


def _opencv_paint(style: CoverStyle) -> Paint:
    import cv2

    def paint(region: ImageArray) -> ImageArray:
        h, w = region.shape[:2]
        if style == "blur":
            return np.asarray(cv2.blur(region, (w // 2, h // 2)), np.uint8)
        if style == "mosaic":
            cells = cv2.resize(region, (8, 8), interpolation=cv2.INTER_AREA)
            return np.asarray(cv2.resize(cells, (w, h), interpolation=cv2.INTER_NEAREST), np.uint8)
        return np.zeros_like(region)

    return paint


def _hard(region: ImageArray, paint: Paint, *, where: bool) -> Callable[[], object]:
    """Paint, then keep an ellipse of it."""
    import cv2

    h, w = region.shape[:2]

    def cover() -> None:
        mask = np.zeros((h, w), np.uint8)
        cv2.ellipse(mask, (w // 2, h // 2), (w // 2, h // 2), 0, 0, 360, 255, -1)
        if where:
            region[:] = np.where(mask[:, :, None] > 0, paint(region), region)
        else:
            cv2.copyTo(paint(region), mask, region)

    return cover


def _filled(region: ImageArray) -> Callable[[], object]:
    """A filled ellipse, drawn straight into the frame."""
    import cv2

    h, w = region.shape[:2]
    return lambda: cv2.ellipse(region, (w // 2, h // 2), (w // 2, h // 2), 0, 0, 360, (0, 0, 0), -1)


def _soft(region: ImageArray, paint: Paint, edge: int) -> Callable[[], object]:
    """Paint, then mix it in through an ellipse whose edge is blurred."""
    import cv2

    h, w = region.shape[:2]

    def cover() -> None:
        mask = np.zeros((h, w), np.float32)
        cv2.ellipse(mask, (w // 2, h // 2), (w // 2 - edge, h // 2 - edge), 0, 0, 360, 1, -1)
        alpha = cv2.blur(mask, (2 * edge + 1, 2 * edge + 1))
        region[:] = cv2.blendLinear(paint(region), region, alpha, 1 - alpha)

    return cover


def cover_case(style: CoverStyle, side: int) -> Case:
    """One face of this width, a fifth higher than wide, in a 1280 x 720 frame."""
    image = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    x, y, height = 450, 170, side * 6 // 5
    boxes = np.array([[x, y, x + side, y + height]], np.float32)
    touched = image.copy()
    ops.cover(touched, boxes=boxes, style=style)
    rows, columns = np.nonzero((touched != image).any(2))
    box = image[y : y + height, x : x + side]
    region = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.cover(image, boxes=boxes, style=style),
        "NumPy": lambda: reference.cover(image, boxes=boxes, style=style),
    }
    if has_opencv() and style == "solid":
        variants |= {"OpenCV box, ellipse": _filled(box), "OpenCV same outline": _filled(region)}
    elif has_opencv():
        paint = _opencv_paint(style)
        variants["OpenCV box, where"] = _hard(box, paint, where=True)
        variants["OpenCV box, copyTo"] = _hard(box, paint, where=False)
        variants["OpenCV same outline"] = _soft(region, paint, side // 8)
    return Case(f"cover {style} {side} px", variants)


if __name__ == "__main__":
    styles: tuple[CoverStyle, ...] = ("blur", "mosaic", "solid")
    main("cover", [cover_case(style, side) for style in styles for side in (20, 64, 128, 200, 300)])

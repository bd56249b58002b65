"""Benchmark of `blend` and `paste` against NumPy and OpenCV: ``python benchmarks/bench_blend.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import reference
from pyanon.types import FloatArray, ImageArray

FACES = (64, 128, 200, 300)


def _soft_mask(side: int) -> ImageArray:
    """An ellipse with a soft edge: some of it 0, most of it 255."""
    at = (np.arange(side) + 0.5) / side * 2 - 1
    radius = np.sqrt(at[:, None] ** 2 + at[None, :] ** 2)
    return np.asarray(np.clip((1 - radius) * 5 * 255, 0, 255), np.uint8)


def _opencv_blend(
    image: ImageArray, patch: ImageArray, mask: ImageArray, x: int, y: int
) -> dict[str, Callable[[], object]]:
    """Three ways that OpenCV offers: float arithmetic, integer arithmetic, blendLinear."""
    import cv2

    h, w = mask.shape
    region = image[y : y + h, x : x + w]

    def floats() -> None:
        alpha = cv2.merge([mask] * 3).astype(np.float32) * np.float32(1 / 255)
        over = cv2.multiply(patch.astype(np.float32), alpha)
        under = cv2.multiply(region.astype(np.float32), 1 - alpha)
        region[:] = cv2.convertScaleAbs(cv2.add(over, under))

    def integers() -> None:
        alpha = cv2.merge([mask] * 3)
        over = cv2.multiply(patch, alpha, scale=1 / 255)
        under = cv2.multiply(region, cv2.bitwise_not(alpha), scale=1 / 255)
        cv2.add(over, under, dst=region)

    def linear() -> None:
        alpha = mask.astype(np.float32) * np.float32(1 / 255)
        region[:] = cv2.blendLinear(patch, region, alpha, 1 - alpha)

    return {"OpenCV float": floats, "OpenCV integer": integers, "OpenCV blendLinear": linear}


def blend_case(side: int) -> Case:
    """A face-shaped patch of this side onto a 1280 x 1280 frame."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1280, 1280, 3), np.uint8)
    patch, mask = rng.integers(0, 256, (side, side, 3), np.uint8), _soft_mask(side)
    at = (101, 77)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.blend(image, patch=patch, mask=mask, at=at),
        "NumPy": lambda: reference.blend(image, patch=patch, mask=mask, at=at),
    }
    if has_opencv():
        variants |= _opencv_blend(image, patch, mask, *at)
    return Case(f"blend {side} x {side}", variants, traffic=10 * side * side)


def _opencv_paste(
    image: ImageArray, pixels: ImageArray, mask: ImageArray, matrix: FloatArray, side: int
) -> Callable[[], object]:
    """OpenCV's way: warp crop and mask back onto the touched rectangle, then mix in float."""
    import cv2

    back = cv2.invertAffineTransform(matrix)
    left, top = np.floor(back[:, 2]).astype(int)
    back[:, 2] -= (left, top)
    region = image[top : top + side, left : left + side]

    def paste() -> None:
        over = cv2.warpAffine(pixels, back, (side, side), borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.merge([cv2.warpAffine(mask, back, (side, side))] * 3).astype(np.float32) * np.float32(1 / 255)
        mixed = cv2.add(
            cv2.multiply(over.astype(np.float32), alpha), cv2.multiply(region.astype(np.float32), 1 - alpha)
        )
        region[:] = cv2.convertScaleAbs(mixed)

    return paste


def paste_case(side: int) -> Case:
    """A crop of 112 x 112 back onto a face of this side."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (720, 1280, 3), np.uint8)
    pixels, mask = rng.integers(0, 256, (1, 112, 112, 3), np.uint8), _soft_mask(112)[None]
    scale = 112 / side
    matrix = np.array([[[scale, 0, -400.3 * scale], [0, scale, -200.7 * scale]]], np.float32)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.paste(image, pixels=pixels, mask=mask, matrix=matrix),
        "NumPy": lambda: reference.paste(image, pixels=pixels, mask=mask, matrix=matrix),
    }
    if has_opencv():
        variants["OpenCV warp + float"] = _opencv_paste(image, pixels[0], mask[0], matrix[0], side + 1)
    return Case(f"paste 112 onto {side} x {side}", variants)


if __name__ == "__main__":
    main("blend", [*(blend_case(side) for side in (*FACES, 1000)), *(paste_case(side) for side in FACES)])

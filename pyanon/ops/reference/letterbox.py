"""Definition of `letterbox`."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pyanon.ops.cpu import Standard
from pyanon.ops.reference.nv12 import rgb_from_nv12
from pyanon.types import FloatArray, ImageArray

__all__ = ["letterbox", "letterbox_nv12"]

LARGEST_BLOCK = 256  # pixels a side

Plane = npt.NDArray[np.float64]


def _block_means(image: ImageArray, *, shrink: int) -> Plane:
    """Means over blocks of shrink x shrink pixels; a rest at the right or the bottom is left out."""
    ky, kx = min(shrink, image.shape[0]), min(shrink, image.shape[1])
    rows, columns = image.shape[0] // ky, image.shape[1] // kx
    whole = image[: rows * ky, : columns * kx].astype(np.float64)
    return np.asarray(whole.reshape(rows, ky, columns, kx, 3).mean(axis=(1, 3)))


def _resampled(planes: Plane, *, length: int, step: float) -> Plane:
    """Linear interpolation along the first axis at (i + 1/2) * step - 1/2, repeating the ends."""
    at = np.clip((np.arange(length) + 0.5) * step - 0.5, 0, len(planes) - 1)
    first = np.floor(at).astype(int)
    second = np.minimum(first + 1, len(planes) - 1)
    share = (at - first)[:, None, None]
    return np.asarray(planes[first] * (1 - share) + planes[second] * share)


def letterbox(
    image: ImageArray,
    *,
    size: tuple[int, int],
    mean: float = 0.0,
    scale: float = 1 / 255,
    fill: float = 114,
    out: FloatArray | None = None,
) -> tuple[FloatArray, float, tuple[float, float]]:
    """Fit a frame into a fixed size as planes of float32; see `pyanon.ops.cpu.letterbox`.

    A frame that shrinks by 2 or more is first averaged over blocks of as many whole pixels; then it is interpolated
    with half-pixel centres at exactly the returned ratio.
    """
    (height, width), (columns, rows) = image.shape[:2], size
    ratio = min(columns / width, rows / height)
    shrink = min(max(1, int(max(width / columns, height / rows))), LARGEST_BLOCK)
    w, h = (min(max(math.floor(length * ratio + 0.5), 1), most) for length, most in ((width, columns), (height, rows)))
    left, top = (columns - w) // 2, (rows - h) // 2
    means = _block_means(image, shrink=shrink)
    tall = _resampled(means, length=h, step=1 / (ratio * min(shrink, height)))
    fitted = _resampled(tall.transpose(1, 0, 2), length=w, step=1 / (ratio * min(shrink, width)))
    planes = np.empty((3, rows, columns), np.float32) if out is None else out
    planes[:] = (fill - mean) * scale
    planes[:, top : top + h, left : left + w] = (fitted.transpose(2, 1, 0) - mean) * scale
    return planes, ratio, (float(left), float(top))


def letterbox_nv12(
    luma: ImageArray,
    *,
    chroma: ImageArray,
    size: tuple[int, int],
    standard: Standard = "bt709",
    full_range: bool = False,
    mean: float = 0.0,
    scale: float = 1 / 255,
    fill: float = 114,
    out: FloatArray | None = None,
) -> tuple[FloatArray, float, tuple[float, float]]:
    """Fit an NV12 frame into a fixed size; see `pyanon.ops.cpu.letterbox_nv12`."""
    image = rgb_from_nv12(luma, chroma=chroma, standard=standard, full_range=full_range)
    return letterbox(image, size=size, mean=mean, scale=scale, fill=fill, out=out)

"""The colours of a cover: a coarse grid from visible pixels around it, and grain from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyanon.types import ImageArray

__all__ = ["LEVEL_BITS", "Region", "Side", "colour_grid", "grain_tile"]

LEVEL_BITS = 6  # colours count 1/64 level
READS = 4  # samples along each side of a border cell
SWEEPS = 24
TRUST = 96  # how many skin-like samples weigh as much as the prior tone
TONE = np.array([172, 130, 106])
TONE_LUMA = 140
DARKEST, LIGHTEST = 48, 200
MOSAIC_JITTER = 12  # levels
TILE = 64  # side of the grain, pixels

IntPlane = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Side:
    """One axis of a region, in pixels of the frame.

    Attributes:
        centre: Of the squircle.
        half: Its half axis.
        first: First pixel that is not untouched.
        last: One past the last of them.
        box_first: First pixel that the box touches.
        box_last: One past the last of them.
    """

    centre: float
    half: float
    first: int
    last: int
    box_first: int
    box_last: int

    @property
    def length(self) -> int:
        """Pixels that are not untouched."""
        return self.last - self.first


@dataclass(frozen=True)
class Region:
    """The outline of one cover; `opaque` is s = 1 in the units of the tables."""

    x: Side
    y: Side
    opaque: int


def colour_grid(
    image: ImageArray, *, regions: Sequence[Region], own: Region, cells: int, jitter: int | None
) -> IntPlane:
    """The grid of one region: ``(cells + 2, cells + 2, 3)``, the outermost cells around it.

    Border cells are means of visible pixels; the others settle between them as a soap film would, and are then drawn
    towards a skin tone, most in the middle.

    Args:
        image: The frame before anything is painted.
        regions: All regions of the frame; no pixel inside the bounding rectangle of any is read.
        own: The one to colour.
        cells: Cells along each side.
        jitter: Seed of the shades of a mosaic; None leaves the cells smooth.
    """
    pixels, cell = _visible_samples(image, regions, own, cells)
    grid = np.zeros((cells + 2, cells + 2, 3), np.int64)
    counts = np.bincount(cell, minlength=(cells + 2) ** 2).reshape(cells + 2, cells + 2)
    for c in range(3):
        sums = np.bincount(cell, weights=pixels[:, c], minlength=counts.size).astype(np.int64).reshape(counts.shape)
        grid[:, :, c] = (sums << LEVEL_BITS) // np.maximum(counts, 1)
    known = counts > 0
    tone = _anchor_tone(pixels)
    grid[~known] = tone
    grid = _anchored(_relaxed(grid, known), tone)
    return grid if jitter is None else _jittered(grid, jitter)


def _sample_positions(side: Side, cells: int) -> IntPlane:
    """Pixels of the samples along a side, READS per cell, cells -1 .. cells."""
    index = np.arange(-READS, (cells + 1) * READS)
    return np.asarray(side.first + ((2 * index + 1) * side.length) // (2 * cells * READS))


def _visible_samples(
    image: ImageArray, regions: Sequence[Region], own: Region, cells: int
) -> tuple[IntPlane, IntPlane]:
    """The visible samples of the border cells ``(m, 3)``, and the grid cell of each ``(m,)``."""
    xs, ys = _sample_positions(own.x, cells), _sample_positions(own.y, cells)
    cell = np.arange(len(xs)) // READS
    border = (cell == 0) | (cell == cells + 1)
    x, y = np.meshgrid(xs, ys)
    seen = border[:, None] | border[None, :]
    seen &= (x >= 0) & (y >= 0) & (x < image.shape[1]) & (y < image.shape[0])
    for region in regions:
        hidden_x = (x >= region.x.first) & (x < region.x.last)
        seen &= ~(hidden_x & (y >= region.y.first) & (y < region.y.last))
    number = cell[:, None] * (cells + 2) + cell[None, :]
    return image[y[seen], x[seen]].astype(np.int64), number[seen]


def _luma(pixels: IntPlane) -> IntPlane:
    return np.asarray((77 * pixels[:, 0] + 150 * pixels[:, 1] + 29 * pixels[:, 2]) >> 8)


def _skin_like(pixels: IntPlane) -> npt.NDArray[np.bool_]:
    """Where red lies over green over blue in the proportions of skin.

    They hardly change with shade or light: blue lacks 20 to 60 % of red, and green lies 15 to 60 % of the way from
    blue to red.
    """
    red, green, blue = pixels.T
    span, middle, luma = red - blue, green - blue, _luma(pixels)
    hue = (20 * middle >= 3 * span) & (10 * middle <= 6 * span)
    return np.asarray((5 * span >= red) & (10 * span <= 6 * red) & hue & (luma >= 48) & (luma <= 235))


def _anchor_tone(pixels: IntPlane) -> IntPlane:
    """A plain skin tone at the light of the surroundings, drawn towards the skin that is visible there.

    A weighted mean and not a choice, so that it moves smoothly from frame to frame.
    """
    skin = pixels[_skin_like(pixels)]
    around = int(_luma(pixels).sum()) // len(pixels) if len(pixels) else TONE_LUMA
    shade = min(max((TONE_LUMA + around) // 2, DARKEST), LIGHTEST)
    weight = min(len(skin), 2 * TRUST)
    prior = ((TONE * shade) << LEVEL_BITS) // TONE_LUMA
    seen = (skin.sum(0) << LEVEL_BITS) // max(len(skin), 1)
    return np.asarray(np.minimum((prior * TRUST + seen * weight) // (TRUST + weight), 255 << LEVEL_BITS))


def _relaxed(grid: IntPlane, known: npt.NDArray[np.bool_]) -> IntPlane:
    """The grid after Jacobi sweeps of the Laplace equation over its unknown cells."""
    for _ in range(SWEEPS):
        wide = np.pad(grid, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] + 2) >> 2
        grid = np.where(known[:, :, None], grid, mean)
    return grid


def _anchored(grid: IntPlane, tone: IntPlane) -> IntPlane:
    """The grid with its inner cells drawn towards a tone, by a smooth step over the squared distance."""
    cells = len(grid) - 2
    u = 2 * np.arange(cells) + 1 - cells
    away = 1024 * (u[:, None] ** 2 + u[None, :] ** 2) // (cells * cells)
    rise = np.clip((1228 - away) * 256 // 870, 0, 256)
    share = ((rise * rise * (768 - 2 * rise)) >> 16)[:, :, None]
    grid = grid.copy()
    inner = grid[1:-1, 1:-1]
    inner += _toward_zero((tone - inner) * share * 7, 8) >> 8
    return grid


def _toward_zero(value: IntPlane, divisor: int) -> IntPlane:
    return np.asarray(np.sign(value) * (np.abs(value) // divisor))


def _jittered(grid: IntPlane, seed: int) -> IntPlane:
    cell = np.arange(grid.shape[0] * grid.shape[1]).reshape(grid.shape[:2])
    shade = (_mixed(cell, 0x6D6F7A61, seed) >> 24).astype(np.int64) - 128
    more = _toward_zero(shade * (MOSAIC_JITTER << LEVEL_BITS), 128)
    return np.asarray(np.clip(grid + more[:, :, None], 0, 255 << LEVEL_BITS))


def _mixed(a: npt.ArrayLike, b: npt.ArrayLike, seed: int) -> npt.NDArray[np.uint32]:
    """32-bit integers mixed from two numbers and a seed (the finalizer of MurmurHash3)."""
    low, high = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    salt = np.uint32((low * 0xC2B2AE3D ^ high * 0x27D4EB2F) & 0xFFFFFFFF)
    h = np.asarray(a).astype(np.uint32) * np.uint32(0x9E3779B1) ^ np.asarray(b).astype(np.uint32) * np.uint32(
        0x85EBCA77
    )
    h = h ^ salt
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.asarray(h ^ (h >> np.uint32(16)))


def grain_tile(seed: int, *, grain: float) -> IntPlane:
    """Soft grain ``(TILE, TILE)`` in 1/64 level: sums of hashed bytes, smoothed and moved by the seed."""
    x, y = np.meshgrid(np.arange(TILE), np.arange(TILE))
    h = _mixed(x, y, 0)
    total = sum((h >> np.uint32(8 * k) & np.uint32(255)).astype(np.int64) for k in range(4)) - 510
    for axis in (1, 0):
        total = np.roll(total, 1, axis) + 2 * total + np.roll(total, -1, axis)
    tile = np.clip(total >> 4, -127, 127)
    shift = int(_mixed(np.zeros(1), np.full(1, 0x67726E), seed)[0])
    tile = np.roll(tile, (-((shift >> 8) % TILE), -(shift % TILE)), (0, 1))
    return np.asarray((tile * int(np.floor(grain * (1 << LEVEL_BITS) + 0.5)) + 64) >> 7)

"""Definition of `cover`.

What is painted is computed from pixels outside of every region, and from a seed; see `reference.cover_grid` for the
colours. By the data-processing inequality a cover then tells no more about the pixels under it than those outside do,
which is what a solid box of the same outline tells.

The outline is a squircle around the whole box. With half axes a, b and centre (cx, cy) a pixel is worth
``s = (|x - cx| / a)**3 + (|y - cy| / b)**3``: opaque where s <= 1, untouched where s >= (1 + feather)**3. Both terms
are integers per column and per row, and ``alpha = clip(255 + opaque - column - row, 0, 255)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyanon.ops.cpu import CoverStyle
from pyanon.ops.reference.blend import mix
from pyanon.ops.reference.cover_grid import LEVEL_BITS, Region, Side, colour_grid, grain_tile
from pyanon.types import FloatArray, ImageArray

__all__ = ["cover"]

CORNER = 1.2599210498948732  # 2 ** (1 / 3): half axes of a squircle through the corners of a box
MARGIN = 1.0  # pixels
SHARPEST = 30000
UNTOUCHED = 32767.0
FARTHEST = float(1 << 30)
WEIGHT_BITS = 15

IntPlane = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Painted:
    """A region's share of the frame, and how opaque it is there."""

    rows: slice
    columns: slice
    alpha: IntPlane


def cover(
    image: ImageArray,
    *,
    boxes: FloatArray,
    style: CoverStyle = "blur",
    colour: tuple[int, int, int] = (0, 0, 0),
    seed: int = 0,
    cells: int = 8,
    grow: float = 0.05,
    feather: float = 0.2,
    grain: float = 4.0,
) -> None:
    """Paint over boxes for good, in place; see `pyanon.ops.cpu.cover`."""
    edge = 0.0 if style == "solid" else feather
    regions = [_region(box, grow=grow, feather=edge) for box in boxes.astype(np.float64)]
    # Large ones last, in whatever order they were given: the order of detections must not make a picture flicker.
    regions.sort(key=lambda region: region.x.half * region.y.half)
    if style == "solid":
        grids = [np.broadcast_to(np.array(colour) << LEVEL_BITS, (cells + 2, cells + 2, 3))] * len(regions)
    else:
        grids = [
            colour_grid(image, regions=regions, own=region, cells=cells, jitter=seed if style == "mosaic" else None)
            for region in regions
        ]
    noise = grain_tile(seed, grain=grain if style == "blur" else 0.0)
    for region, grid in zip(regions, grids, strict=True):
        _paint(image, region, grid=grid, noise=noise, style=style)


def _side(low: float, high: float, *, grow: float, feather: float) -> Side:
    low, high = (min(max(edge, -FARTHEST), FARTHEST) for edge in (low, high))
    centre = (low + high) * 0.5
    half = ((high - low) * 0.5 * (1.0 + grow) + MARGIN) * CORNER
    reach = half * (1.0 + feather)
    box_first = int(np.floor(low))
    return Side(
        centre=centre,
        half=half,
        first=int(np.floor(centre - reach)),
        last=int(np.ceil(centre + reach)),
        box_first=box_first,
        box_last=max(int(np.ceil(high)), box_first + 1),
    )


def _region(box: npt.NDArray[np.float64], *, grow: float, feather: float) -> Region:
    edge = 1.0 + feather
    rise = edge * edge * edge - 1.0
    return Region(
        x=_side(float(box[0]), float(box[2]), grow=grow, feather=feather),
        y=_side(float(box[1]), float(box[3]), grow=grow, feather=feather),
        opaque=SHARPEST if rise * SHARPEST <= 255.0 else int(255.0 / rise),
    )


def _falloff(side: Side, opaque: int, pixels: IntPlane) -> IntPlane:
    """The term of s, in units of 1 / opaque, at the point of each pixel that is nearest to the centre.

    At most half of `opaque` where the box touches the pixel: every pixel of the box is opaque, whatever the rounding.
    """
    away = np.maximum(np.maximum(pixels - side.centre, side.centre - (pixels + 1)), 0.0) / side.half
    term = np.minimum(np.floor(away * away * away * opaque), UNTOUCHED)
    boxed = (pixels >= side.box_first) & (pixels < side.box_last)
    return np.asarray(np.where(boxed, np.minimum(term, np.floor(opaque * 0.5)), term), np.int64)


def _painted(region: Region, frame: ImageArray, *, hard: bool) -> _Painted:
    rows = np.arange(max(region.y.first, 0), min(region.y.last, frame.shape[0]))
    columns = np.arange(max(region.x.first, 0), min(region.x.last, frame.shape[1]))
    terms = _falloff(region.y, region.opaque, rows)[:, None] + _falloff(region.x, region.opaque, columns)
    where = [slice(int(axis[0]), int(axis[-1]) + 1) if len(axis) else slice(0, 0) for axis in (rows, columns)]
    alpha = np.clip(255 + region.opaque - terms, 0, 255)
    return _Painted(where[0], where[1], np.where(alpha < 255, 0, 255) if hard else alpha)


def _between(side: Side, cells: int, pixels: IntPlane, *, smooth: bool) -> tuple[IntPlane, IntPlane]:
    """The grid cell before each pixel (0 lies outside of the region), and the share of the next one, of 32768."""
    half = 1 << (WEIGHT_BITS - 1)
    at = (((2 * (pixels - side.first) + 1) * cells) << (WEIGHT_BITS - 1)) // side.length + half
    if not smooth:
        return (at + half) >> WEIGHT_BITS, np.zeros_like(at)
    return at >> WEIGHT_BITS, at & ((1 << WEIGHT_BITS) - 1)


def _lerp(grid: IntPlane, cell: IntPlane, share: IntPlane) -> IntPlane:
    """Rows of a grid between its rows, rounded."""
    after = np.minimum(cell + 1, len(grid) - 1)
    share = share.reshape(-1, 1, 1)
    return np.asarray(grid[cell] + (((((grid[after] - grid[cell]) * share) >> (WEIGHT_BITS - 1)) + 1) >> 1))


def _paint(image: ImageArray, region: Region, *, grid: IntPlane, noise: IntPlane, style: CoverStyle) -> None:
    at, smooth = _painted(region, image, hard=style == "solid"), style == "blur"
    if at.alpha.size == 0:
        return
    cells = len(grid) - 2
    rows, columns = np.arange(at.rows.start, at.rows.stop), np.arange(at.columns.start, at.columns.stop)
    wide = _lerp(grid.transpose(1, 0, 2), *_between(region.x, cells, columns, smooth=smooth)).transpose(1, 0, 2)
    levels = _lerp(wide, *_between(region.y, cells, rows, smooth=smooth))
    side = len(noise)
    levels = levels + noise[np.ix_((rows - region.y.first) % side, (columns - region.x.first) % side)][:, :, None]
    colours = np.clip((levels + (1 << (LEVEL_BITS - 1))) >> LEVEL_BITS, 0, 255)
    under = image[at.rows, at.columns]
    under[:] = mix(under, colours, at.alpha[:, :, None])

"""Ways to cover a face: ours, and the usual ones that are puzzles (they are computed from the face itself)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias, get_args

import numpy as np
from PIL import Image, ImageFilter

from pyanon import ops
from pyanon.ops import CoverStyle
from pyanon.types import ImageArray

from .portraits import Portrait, hidden

__all__ = ["MARGIN", "NAIVE", "Disguise", "bare", "boxed", "disguises", "ours"]

#: The margin that the pipeline covers with by default (`pyanon.Policy.margin`).
MARGIN = 0.1

Disguise: TypeAlias = Callable[[Portrait], Portrait]


def bare(portrait: Portrait) -> Portrait:
    """No cover at all."""
    return portrait


def boxed(portrait: Portrait) -> Portrait:
    """The located box itself, painted black."""
    height, width = portrait.pixels.shape[:2]
    x0, y0 = np.floor(portrait.box[:2]).astype(int).clip(0)
    x1, y1 = np.ceil(portrait.box[2:]).astype(int).clip(0, [width, height])
    pixels = portrait.pixels.copy()
    pixels[y0:y1, x0:x1] = 0
    return Portrait(pixels, portrait.box, portrait.landmarks)


def ours(portrait: Portrait, *, style: CoverStyle, grow: float = MARGIN) -> Portrait:
    """A cover of pyanon."""
    pixels = portrait.pixels.copy()
    ops.cover(pixels, boxes=portrait.box[None], style=style, grow=grow)
    return Portrait(pixels, portrait.box, portrait.landmarks)


def _within_outline(portrait: Portrait, changed: ImageArray, grow: float) -> Portrait:
    outline = hidden(portrait.pixels.shape, portrait.box, grow=grow)
    pixels = np.where(outline[:, :, None], changed, portrait.pixels)
    return Portrait(pixels, portrait.box, portrait.landmarks)


def pixelated(portrait: Portrait, *, cells: int, grow: float = MARGIN) -> Portrait:
    """Means of the face in ``cells`` x ``cells`` squares across its box, in the outline of our covers."""
    height, width = portrait.pixels.shape[:2]
    cell = (portrait.box[2:] - portrait.box[:2]) / cells
    columns, rows = np.maximum(np.round(np.array([width, height]) / cell), 1).astype(int)
    small = Image.fromarray(portrait.pixels).resize((int(columns), int(rows)), Image.Resampling.BOX)
    return _within_outline(portrait, np.asarray(small.resize((width, height), Image.Resampling.NEAREST)), grow)


def blurred(portrait: Portrait, *, share: float, grow: float = MARGIN) -> Portrait:
    """A box blur over a share of the face's box, in the outline of our covers."""
    x, y = (float(side) * share / 2 for side in portrait.box[2:] - portrait.box[:2])
    soft = Image.fromarray(portrait.pixels).filter(ImageFilter.BoxBlur((x, y)))
    return _within_outline(portrait, np.asarray(soft), grow)


#: Covers that are computed from the face. The blurs span 0.4 and 0.8 of the box: strong, and what a common tool does.
NAIVE: dict[str, Disguise] = {
    "face in 16 cells": partial(pixelated, cells=16),
    "face in 8 cells": partial(pixelated, cells=8),
    "face blurred over 0.4 of it": partial(blurred, share=0.4),
    "face blurred over 0.8 of it": partial(blurred, share=0.8),
}


def disguises(*, grow: float = MARGIN) -> dict[str, Disguise]:
    """The covers of pyanon by name, solid first: it is what the others are held to."""
    styles: tuple[CoverStyle, ...] = get_args(CoverStyle)
    return {style: partial(ours, style=style, grow=grow) for style in sorted(styles, reverse=True)}

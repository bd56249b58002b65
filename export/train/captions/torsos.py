"""Drawn bodies under a head: hair behind it, a neck, clothes, and what is bare or of another colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from export.train.captions.people_prepare import FULL
from pyanon.types import ImageArray

__all__ = ["BARE", "CLOTH", "HAIR", "NECK", "torsos"]

#: Where a point is, so many faces right of and below the face's middle, in drawn pixels.
_At: TypeAlias = Callable[[float, float], tuple[float, float]]
#: Layers, from the back to the front.
HAIR, NECK, CLOTH, BARE = range(4)
FINER = 2
#: Where the face's middle is in the crop, and its height.
MIDDLE, FACE = np.array([76.0, 57.0]), 53.0


def torsos(rng: np.random.Generator, count: int) -> ImageArray:
    """Layers of bodies ``(count, 4, FULL, FULL)`` uint8, 255 where a layer is."""
    return np.stack([_torso(rng) for _ in range(count)])


def _torso(rng: np.random.Generator) -> ImageArray:
    layers = [Image.new("L", (FULL * FINER, FULL * FINER)) for _ in range(4)]
    draws = [ImageDraw.Draw(layer) for layer in layers]

    def at(x: float, y: float) -> tuple[float, float]:
        px, py = (MIDDLE + np.array([x, y]) * FACE) * FINER
        return float(px), float(py)

    wide, tall = rng.uniform(0.48, 0.66), rng.uniform(0.6, 0.8)
    draws[HAIR].ellipse([*at(-wide, -tall), *at(wide, 0.35)], fill=255)
    if rng.random() < 0.4:
        long = rng.uniform(0.4, 1.4)
        draws[HAIR].rounded_rectangle([*at(-wide, -0.1), *at(wide, long)], radius=30, fill=255)
    neck, slope = rng.uniform(0.2, 0.32), rng.uniform(0.1, 0.45)
    start = rng.uniform(0.6, 0.85)
    shoulder, lean = rng.uniform(0.75, 1.3), rng.normal(0, 0.08)
    draws[NECK].polygon([at(-neck, 0.2), at(neck, 0.2), at(neck * 1.3, 1.1), at(-neck * 1.3, 1.1)], fill=255)
    outline = [(-neck * 1.2, start), (-shoulder * 0.8, start + slope * 0.7), (-shoulder, start + slope + 0.15)]
    outline += [(-shoulder * 1.1, 2.4), (shoulder * 1.1, 2.4)]
    outline += [(shoulder, start + slope + 0.15), (shoulder * 0.8, start + slope * 0.7), (neck * 1.2, start)]
    low = start + rng.uniform(0.02, 0.45)
    collar = [(neck * 0.6, low)] if rng.random() < 0.5 else [(neck * 0.8, low), (-neck * 0.8, low)]
    draws[CLOTH].polygon([at(x + lean, y) for x, y in [*outline, *collar]], fill=255)
    _details(draws[BARE], at, rng, low)
    small = [layer.resize((FULL, FULL), Image.Resampling.BOX) for layer in layers]
    return np.stack([np.asarray(layer) for layer in small])


def _details(draw: ImageDraw.ImageDraw, at: _At, rng: np.random.Generator, low: float) -> None:
    """A tie, a strap, a print or stripes: of another colour, and little of it."""
    kind = rng.random()
    if kind < 0.12:
        draw.polygon([at(-0.05, low), at(0.05, low), at(0.1, 2.4), at(-0.1, 2.4)], fill=255)
    elif kind < 0.24:
        x = rng.uniform(-0.7, 0.7)
        draw.line([at(x, 0.9), at(-x * 0.4, 2.4)], fill=255, width=int(rng.integers(4, 14)))
    elif kind < 0.36:
        x, y = rng.uniform(-0.4, 0.2), rng.uniform(1.1, 1.5)
        draw.rectangle([*at(x, y), *at(x + rng.uniform(0.1, 0.4), y + rng.uniform(0.1, 0.3))], fill=255)
    elif kind < 0.46:
        for y in np.arange(1.0, 2.2, rng.uniform(0.18, 0.4)):
            draw.line([at(-0.9, y), at(0.9, y)], fill=160, width=int(rng.integers(2, 7)))

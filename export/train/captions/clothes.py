"""What people wear on a crop: which pixels, of which colour, and the same in another colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from export.train.captions.colours import COLOURS, UNNAMED, lab, named
from export.train.captions.people_prepare import FULL
from pyanon.types import BoolArray, FloatArray, ImageArray

__all__ = ["colour_of", "mask_of"]

#: Share of the pixels that must agree on a colour's name, and of the chest that must be clothes.
AGREED, COVERED = 0.5, 0.35
#: Distances in CIELAB: of pixels of one garment, and of skin from the cheeks' (lightness counts less).
ALIKE, SKIN = 26.0, 13.0
#: A little light more or less makes it no other garment.
_WEIGHT = np.array([0.55, 1.0, 1.0], np.float32)


def _chest(box: FloatArray) -> tuple[slice, slice]:
    """Rows and columns of a crop below the chin of a face with this box, not wider than shoulders."""
    middle, side = (box[0] + box[2]) / 2, box[3] - box[1]
    top = int(min(box[3] + 0.35 * side, FULL - 16))
    left, right = (int(np.clip(middle + s * 0.55 * side, 0, FULL)) for s in (-1, 1))
    return slice(top, FULL), slice(left, max(right, left + 4))


def _cheeks(crop: ImageArray, box: FloatArray) -> FloatArray:
    """The skin's colour, CIELAB: the median of the face's middle."""
    w, h = box[2] - box[0], box[3] - box[1]
    x0, x1 = int(box[0] + 0.25 * w), int(box[2] - 0.25 * w) + 1
    y0, y1 = int(box[1] + 0.45 * h), int(box[1] + 0.75 * h) + 1
    part = crop[y0:y1, x0:x1].reshape(-1, 3)
    return np.asarray(np.median(lab(part), axis=0), np.float32)


def _garment(crop: ImageArray, box: FloatArray) -> tuple[FloatArray, float, BoolArray]:
    """The garment's main colour, CIELAB, its share of the chest, and which pixels of the crop are skin."""
    every = lab(crop)
    skin = np.asarray(np.linalg.norm((every - _cheeks(crop, box)) * _WEIGHT, axis=-1) < SKIN)
    rows, columns = _chest(box)
    chest, bare = every[rows, columns].reshape(-1, 3), skin[rows, columns].reshape(-1)
    worn = chest[~bare]
    if len(worn) < COVERED * len(chest):
        return np.zeros(3, np.float32), 0.0, skin
    # The most usual colour: the fullest cell of a coarse grid, then the mean of what lies near it.
    cells = np.round(worn * _WEIGHT / 14).astype(int)
    found, count = np.unique(cells, axis=0, return_counts=True)
    centre = found[count.argmax()] * 14 / _WEIGHT
    near = np.linalg.norm((worn - centre) * _WEIGHT, axis=-1) < ALIKE
    main = np.median(worn[near], axis=0) if near.any() else centre
    share = (np.linalg.norm((worn - main) * _WEIGHT, axis=-1) < ALIKE).sum() / len(chest)
    return np.asarray(main, np.float32), float(share), skin


def mask_of(crop: ImageArray, box: FloatArray) -> ImageArray:
    """Which pixels of a crop belong to the main garment, ``(FULL, FULL)`` uint8, 255 where they surely do."""
    main, share, skin = _garment(crop, box)
    if share < COVERED:
        return np.zeros(crop.shape[:2], np.uint8)
    near = (np.linalg.norm((lab(crop) - main) * _WEIGHT, axis=-1) < 1.3 * ALIKE) & ~skin
    side, middle = box[3] - box[1], (box[0] + box[2]) / 2
    y, x = np.mgrid[:FULL, :FULL]
    # Shoulders: wider further down.
    below = y - (box[3] + 0.05 * side)
    near &= (below > 0) & (np.abs(x - middle) < 0.55 * side + 2.0 * below)
    picture = Image.fromarray((near * 255).astype(np.uint8))
    picture = picture.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(0.8))
    return np.asarray(picture)


def colour_of(crop: ImageArray, box: FloatArray) -> int:
    """Number of the name of what is worn on the chest, or `UNNAMED` where it has several or none people agree on."""
    _, share, skin = _garment(crop, box)
    if share < COVERED:
        return UNNAMED
    rows, columns = _chest(box)
    small = np.asarray(Image.fromarray(crop).filter(ImageFilter.BoxBlur(1)))
    names = named(small[rows, columns])[~skin[rows, columns]]
    counts: npt.NDArray[np.int64] = np.bincount(names[names >= 0], minlength=len(COLOURS))
    best = int(counts.argmax())
    return best if counts[best] >= AGREED * len(names) else UNNAMED

"""From crops of one template to those of another, inside a network."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pyanon.geometry import similarity
from pyanon.types import FloatArray

__all__ = ["ARCFACE", "ARCFACE_SIDE", "Resampled", "stated", "wide_template"]

#: The five landmarks of the widely used alignment of 112 pixels (ArcFace, Deng and others, CVPR 2019).
ARCFACE: FloatArray = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)
ARCFACE_SIDE = 112
#: How much more than that alignment a crop of the full packs shows on every side, in its pixels: all that it shows is
#: in the crop, and all that the smaller crop of the pocket pack shows.
AROUND = 14


def wide_template(size: int) -> FloatArray:
    """Where the landmarks lie in a crop of the full packs, ``(5, 2)`` pixels."""
    return np.asarray((ARCFACE + AROUND) * np.float32(size / (ARCFACE_SIDE + 2 * AROUND)), np.float32)


def stated(size: int) -> tuple[tuple[float, ...], ...]:
    """The same as a pack states it."""
    return tuple(tuple(round(float(value), 3) for value in point) for point in wide_template(size))


class Resampled(nn.Module):
    """Crops ``(n, c, s, s)`` of one template as crops ``(n, c, side, side)`` of another.

    Both templates are known, so the similarity between them is, and with it where each pixel comes from: a constant of
    the graph. Where crops become smaller, whole blocks of pixels are averaged before they are interpolated.

    Args:
        size: Side of the crops that come in.
        template: Their landmarks ``(5, 2)``, in pixels.
        side: Side of those that go out.
        target: Theirs.
    """

    grid: Tensor

    def __init__(self, size: int, template: FloatArray, *, side: int, target: FloatArray) -> None:
        super().__init__()
        matrix = similarity(target[None].astype(np.float32), template.astype(np.float32))[0].astype(np.float64)
        self.block = max(1, int(np.hypot(*matrix[:, 0])))
        ticks = np.arange(side) + 0.5
        places = np.stack([*np.meshgrid(ticks, ticks), np.ones((side, side))], axis=-1) @ matrix.T
        places = 2 * places / (self.block * (size // self.block)) - 1
        self.register_buffer("grid", torch.from_numpy(places.astype(np.float32))[None])

    def forward(self, crops: Tensor) -> Tensor:
        """The crops, seen otherwise; what lies outside of them is their border, repeated."""
        blocks = functional.avg_pool2d(crops, self.block) if self.block > 1 else crops
        grid = self.grid.to(crops.dtype).expand(crops.shape[0], -1, -1, -1)
        return functional.grid_sample(blocks, grid, padding_mode="border", align_corners=False)

"""The faces that `prepare` cut, in batches: jittered as alignment errs, and in any weather."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.train.faces.prepare import FULL, HELD_OUT
from export.train.faces.template import MARGIN, SIZE

__all__ = ["Batch", "Faces", "glimpsed", "jittered", "lit", "plain", "stretched", "weathered"]

#: Head turn in degrees, share of mirror image: beyond them a crop is no portrait to paint after.
MOST_TURN, MOST_MIRRORED = 50.0, 0.3
#: Standard deviation of the logarithm of width and of height where a crop is stretched.
STRETCH = 0.03


@dataclass(frozen=True)
class Batch:
    """Aligned faces.

    Attributes:
        full: ``(n, 160, 160, 3)`` uint8, the crop with its margin.
        landmarks: ``(n, 5, 2)`` float32, crop pixels.
        rows: ``(n,)`` int64, numbers within the set.
    """

    full: Tensor
    landmarks: Tensor
    rows: np.ndarray


class Faces:
    """Random access to the cache.

    Args:
        cache: Folder with ``crops.bin`` and ``faces.npz``.
        held_out: Take those that no network is trained on.
        portraits: Leave out strong profiles and what is partly mirror image.
    """

    def __init__(self, cache: Path, *, held_out: bool = False, portraits: bool = False) -> None:
        facts = np.load(cache / "faces.npz")
        kept = (facts["row"] % HELD_OUT == 0) == held_out
        if portraits:
            kept &= (np.abs(facts["pose"][:, 0]) < MOST_TURN) & (facts["mirrored"] < MOST_MIRRORED)
        self._crops = np.memmap(cache / "crops.bin", np.uint8, "r").reshape(-1, FULL, FULL, 3)
        self._places = np.flatnonzero(kept)
        self.facts = {name: facts[name][kept] for name in facts.files}

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rows: np.ndarray) -> Batch:
        places = self._places[rows]
        # Sorted reads are sequential on a disk.
        order = np.argsort(places)
        full = np.empty((len(places), FULL, FULL, 3), np.uint8)
        full[order] = self._crops[places[order]]
        return Batch(torch.from_numpy(full), torch.from_numpy(self.facts["landmarks"][rows]), rows)

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """A random batch."""
        return self[rng.integers(0, len(self), count)]


def plain(batch: Batch) -> Tensor:
    """The crops as they are, ``(n, 3, 128, 128)`` float32 0..1."""
    inner = batch.full[:, MARGIN:-MARGIN, MARGIN:-MARGIN].permute(0, 3, 1, 2)
    return inner.float().div_(255)


def jittered(
    batch: Batch, rng: np.random.Generator, *, turn: float = 0.06, scale: float = 0.05, shift: float = 3.0
) -> tuple[Tensor, Tensor]:
    """The crops turned, scaled, shifted and mirrored at random, and their landmarks.

    Args:
        batch: The faces.
        rng: The dice.
        turn: Standard deviation in radians.
        scale: Standard deviation of the scale's logarithm.
        shift: Standard deviation in crop pixels.

    Returns:
        ``(n, 3, 128, 128)`` float32 0..1 and ``(n, 5, 2)`` crop pixels.
    """
    n = len(batch.rows)
    angle, factor = rng.normal(0, turn, n).clip(-0.2, 0.2), np.exp(rng.normal(0, scale, n).clip(-0.12, 0.12))
    offset, flip = rng.normal(0, shift, (n, 2)).clip(-7, 7), rng.random(n) < 0.5
    back = _turns(angle, factor)  # crop to picture, about the middle
    back[flip, :, 0] *= -1
    theta = np.concatenate([back * SIZE, offset[:, :, None] * 2], 2) / FULL
    theta[:, :, 2] = offset * 2 / FULL
    grid = functional.affine_grid(torch.from_numpy(theta).float(), [n, 3, SIZE, SIZE], align_corners=False)
    pixels = batch.full.permute(0, 3, 1, 2).float().div_(255)
    crops = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    centred = batch.landmarks.numpy() - SIZE / 2 - offset[:, None]
    points = np.einsum("nij,nkj->nki", np.linalg.inv(back), centred) + SIZE / 2
    points[flip] = points[flip][:, [1, 0, 2, 4, 3]]
    return crops, torch.from_numpy(points.astype(np.float32))


def lit(crops: Tensor, rng: np.random.Generator, *, coarse: float = 0.4, least: int = 24) -> Tensor:
    """The crops in another light, in stronger or paler colours, and some of them coarse, as other cameras give them.

    Args:
        crops: ``(n, 3, 128, 128)`` 0..1.
        rng: The dice.
        coarse: Share of those that are coarse.
        least: Side in pixels that the coarsest are brought down to.
    """
    n = len(crops)
    crops = (crops.clamp(1e-3, 1) ** _dice(rng, n, -0.5, 0.5).exp()) * _dice(rng, n, 0.75, 1.2)
    crops = crops * _dice(rng, n, 0.9, 1.1, 3)
    grey = crops.mean(1, keepdim=True)
    pale = torch.where(_dice(rng, n, 0, 1) < 0.3, _dice(rng, n, -0.5, 1), torch.zeros(1))
    crops = torch.lerp(crops, grey.expand_as(crops), pale)
    rows = rng.random(n) < coarse
    if rows.any():
        crops[rows] = _coarse(crops[rows], int(rng.integers(least, 96)))
    return crops.clamp(0, 1)


def stretched(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Every crop a little wider or narrower, taller or lower: proportions are what people are told apart by."""
    matrix = np.zeros((len(crops), 2, 3))
    matrix[:, [0, 1], [0, 1]] = np.exp(rng.normal(0, STRETCH, (len(crops), 2)))
    return _resampled(crops, matrix)


def glimpsed(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Crops as another camera might see them: a little off, and coarser. No trick of single pixels survives that."""
    turns = _turns(rng.normal(0, 0.05, len(crops)), np.exp(rng.normal(0, 0.04, len(crops))))
    moved = _resampled(crops, np.concatenate([turns, rng.normal(0, 0.02, (len(crops), 2, 1))], 2))
    return _coarse(moved, int(rng.integers(44, SIZE + 1)))


def _turns(angle: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Matrices ``(n, 2, 2)`` that turn and scale."""
    c, s = np.cos(angle) * factor, np.sin(angle) * factor
    return np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1)


def _resampled(crops: Tensor, matrix: np.ndarray) -> Tensor:
    """Crops through matrices ``(n, 2, 3)`` (shares of the half side), repeating the border."""
    theta = torch.from_numpy(matrix.astype(np.float32)).to(crops.device)
    grid = functional.affine_grid(theta, list(crops.shape), align_corners=False)
    return functional.grid_sample(crops, grid, padding_mode="border", align_corners=False)


def _coarse(crops: Tensor, size: int) -> Tensor:
    """Crops brought down to ``size`` pixels and back."""
    small = functional.interpolate(crops, size=size, mode="bilinear", antialias=True)
    return functional.interpolate(small, size=SIZE, mode="bilinear")


def _dice(rng: np.random.Generator, count: int, low: float, high: float, channels: int = 1) -> Tensor:
    return torch.from_numpy(rng.uniform(low, high, (count, channels, 1, 1)).astype(np.float32))


def weathered(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Light, colour, coarseness, noise and something in front, each at random."""
    n = len(crops)
    crops = lit(crops, rng)
    crops = crops + torch.randn(crops.shape) * _dice(rng, n, 0, 0.05) * (_dice(rng, n, 0, 1) < 0.5)
    for row in np.flatnonzero(rng.random(n) < 0.12):
        (x, y), (w, h) = rng.integers(0, 100, 2), rng.integers(12, 44, 2)
        crops[row, :, y : y + h, x : x + w] = float(rng.random())
    return crops.clamp(0, 1)

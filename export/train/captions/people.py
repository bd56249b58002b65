"""The people that `people_prepare` cut, in batches: as they are, with other faces, in other clothes, with things on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from export.train.captions.claims import ATTRIBUTES
from export.train.captions.colours import COLOURS, palette
from export.train.captions.people_prepare import FULL, SIZE
from export.train.captions.torsos import BARE, CLOTH, HAIR, NECK, torsos
from export.train.captions.worn import wear
from pyanon.types import FloatArray, ImageArray

__all__ = ["HELD_OUT", "NAMES", "Batch", "People", "Pool", "turned"]

Labels = npt.NDArray[np.int64]
NAMES = tuple(ATTRIBUTES)
HELD_OUT = 10
#: Shares of: another face on a body, a head on a drawn body, a head as it is, a body as it is.
KINDS = (0.34, 0.16, 0.14, 0.36)
#: Share of the bodies that get clothes of another colour, and of people who put something on.
RECOLOURED, DRESSED = 0.6, 0.3
#: Share of a batch that is new; the others were seen before.
FRESH = 0.12
THINGS = {"glasses": 0.3, "sunglasses": 0.2, "hat": 0.2, "mask": 0.3}
#: Length in pixels of the soft edge of a pasted face.
EDGE = 4.0


@dataclass(frozen=True)
class Batch:
    """People.

    Attributes:
        full: ``(n, 152, 152, 3)`` uint8.
        labels: ``(n, attributes)``, in the order of `ATTRIBUTES`, -1 where unknown.
    """

    full: ImageArray
    labels: Labels


class _Store:
    """One of the files of the cache, and its facts."""

    def __init__(self, cache: Path, name: str, *, held_out: bool) -> None:
        facts = np.load(cache / f"{name}.npz")
        kept = (facts["row"] % HELD_OUT == 0) == held_out
        self._crops = np.memmap(cache / f"{name}.bin", np.uint8, "r").reshape(-1, FULL, FULL, 3)
        self.places = np.flatnonzero(kept)
        self.facts = {key: facts[key][kept] for key in facts.files}

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> ImageArray:
        return np.stack([self._crops[place] for place in self.places[rows]]) if len(rows) else _NONE


_NONE: ImageArray = np.zeros((0, FULL, FULL, 3), np.uint8)


class People:
    """Random people out of the cache.

    Args:
        cache: Folder that `people_prepare` and `people_labels` wrote to.
        held_out: Take those that no network is trained on.
    """

    def __init__(self, cache: Path, *, held_out: bool = False) -> None:
        self.heads, self.bodies = (_Store(cache, name, held_out=held_out) for name in ("heads", "bodies"))
        self._backdrops = _Store(cache, "backdrops", held_out=held_out)
        found = np.load(cache / "labels.npz")
        self.head_labels: Labels = found["heads"][self.heads.places]
        self.body_labels: Labels = found["bodies"][self.bodies.places]
        self._masks = np.load(cache / "masks.npy", mmap_mode="r")
        dice = np.random.default_rng(5)
        self._torsos, self._palette = torsos(dice, 400), palette(dice)
        self._chance = _balanced(self.head_labels)
        worn = self.body_labels[:, NAMES.index("gender")]
        self._of_gender = [np.flatnonzero((worn == g) | ((worn < 0) & (g < 0))) for g in (0, 1)]
        self._recolourable = np.array([self._masks[p][::4, ::4].mean() > 20 for p in self.bodies.places])

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """A random batch."""
        kinds = rng.choice(len(KINDS), count, p=KINDS)
        parts = [make(rng, int((kinds == kind).sum())) for kind, make in enumerate(self._makers())]
        full, labels = (np.concatenate([getattr(part, name) for part in parts]) for name in ("full", "labels"))
        return Batch(full, labels)

    def _makers(self) -> tuple[Callable[[np.random.Generator, int], Batch], ...]:
        return self._faced, self._drawn, self._bare, self._real

    def _real(self, rng: np.random.Generator, count: int) -> Batch:
        rows = rng.integers(0, len(self.bodies), count)
        return self._body(rows, rng)

    def _body(self, rows: npt.NDArray[np.int64], rng: np.random.Generator) -> Batch:
        """Bodies, many of them in clothes of another colour."""
        full, labels = self.bodies[rows], self.body_labels[rows].copy()
        for index in np.flatnonzero((rng.random(len(rows)) < RECOLOURED) & self._recolourable[rows]):
            name, mask = int(rng.integers(len(COLOURS))), self._masks[self.bodies.places[rows[index]]]
            full[index] = recoloured(full[index], mask, self._paint(name, rng), rng)
            labels[index, NAMES.index("colour")] = name
            if mask[-40:, 40:-40].mean() < 110:  # half of what is seen keeps its colour
                labels[index, NAMES.index("colour")] = -1
        return self._dressed(full, labels, self.bodies.facts, rows, rng)

    def _paint(self, name: int, rng: np.random.Generator) -> FloatArray:
        return self._palette[name][int(rng.integers(len(self._palette[name])))]

    def _some_heads(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
        return np.searchsorted(self._chance, rng.random(count)).clip(0, len(self.heads) - 1)

    def _bare(self, rng: np.random.Generator, count: int) -> Batch:
        rows = self._some_heads(rng, count)
        full, labels = self.heads[rows], self.head_labels[rows].copy()
        outside = rng.random(count) < 0.5
        for index in np.flatnonzero(outside):
            x0, y0, x1, y1 = self.heads.facts["extent"][rows[index]].round().astype(int)
            kept = full[index, max(y0, 0) : y1, max(x0, 0) : x1].copy()
            full[index] = rng.integers(0, 256, 3) if rng.random() < 0.5 else int(rng.integers(0, 256))
            full[index, max(y0, 0) : max(y0, 0) + len(kept), max(x0, 0) : max(x0, 0) + kept.shape[1]] = kept
        return self._dressed(full, labels, self.heads.facts, rows, rng)

    def _faced(self, rng: np.random.Generator, count: int) -> Batch:
        """Bodies with the faces of others, of their gender."""
        rows = self._some_heads(rng, count)
        faces, labels = self.heads[rows].astype(np.float32), self.head_labels[rows].copy()
        gender = labels[:, NAMES.index("gender")]
        under = np.array([self._body_for(int(g), rng) for g in gender], np.int64)
        body = self._body(under, np.random.default_rng(int(rng.integers(1 << 31))))
        alpha = self._oval(rows, under, rng, (0.98, 1.2), (0.96, 1.1))
        full = body.full + (faces - body.full) * alpha[..., None]
        for name in ("colour", "hat"):
            labels[:, NAMES.index(name)] = body.labels[:, NAMES.index(name)]
        # Glasses that were drawn, or worn, on the body's own face may still be seen in part.
        return self._dressed(full.astype(np.uint8), labels, self.heads.facts, rows, rng)

    def _body_for(self, gender: int, rng: np.random.Generator) -> int:
        rows = self._of_gender[gender] if gender >= 0 else np.zeros(0, np.int64)
        return int(rng.choice(rows)) if len(rows) else int(rng.integers(len(self.bodies)))

    def _oval(
        self,
        rows: npt.NDArray[np.int64],
        under: npt.NDArray[np.int64] | None,
        rng: np.random.Generator,
        wide: tuple[float, float],
        tall: tuple[float, float],
    ) -> FloatArray:
        """How much of each pixel a pasted face takes, ``(n, FULL, FULL)``; it ends where its picture does."""
        box, extent = self.heads.facts["box"][rows], self.heads.facts["extent"][rows]
        size = box[:, 2:] - box[:, :2]
        if under is not None:
            other = self.bodies.facts["box"][under]
            size = np.maximum(size, other[:, 2:] - other[:, :2])
        half = size / 2 * np.stack([rng.uniform(*wide, len(rows)), rng.uniform(*tall, len(rows))], 1)
        middle = (box[:, 2:] + box[:, :2]) / 2
        y, x = np.mgrid[:FULL, :FULL].astype(np.float32)
        u, v = ((axis - middle[:, k, None, None]) / half[:, k, None, None] for k, axis in enumerate((x, y)))
        radius = (np.abs(u) ** 2.5 + np.abs(v) ** 2.5) ** 0.4
        alpha = np.clip((1.05 - radius) * half.min(1)[:, None, None] / EDGE, 0, 1)
        for k, axis in enumerate((x, y)):
            alpha *= np.clip((axis - extent[:, k, None, None] - 0.5) / 2, 0, 1)
            alpha *= np.clip((extent[:, k + 2, None, None] - axis - 1.5) / 2, 0, 1)
        return np.asarray(alpha, np.float32)

    def _drawn(self, rng: np.random.Generator, count: int) -> Batch:
        """Heads on drawn bodies, before backdrops."""
        rows = self._some_heads(rng, count)
        faces, labels = self.heads[rows].astype(np.float32), self.head_labels[rows].copy()
        canvas = self._backdrops[rng.integers(0, len(self._backdrops), count)].astype(np.float32)
        layers = self._torsos[rng.integers(0, len(self._torsos), count)].astype(np.float32) / 255
        names = rng.integers(0, len(COLOURS), count)
        cheek = np.median(faces[:, 66:76, 68:84].reshape(count, 160, 3), axis=1)
        paints: dict[int, npt.NDArray[Any]] = {
            HAIR: rng.uniform(10, 200, (count, 1)) * rng.uniform(0.6, 1.0, (count, 3)) ** [0.4, 1, 1.6],
            NECK: cheek * rng.uniform(0.7, 1.0, (count, 1)),
            CLOTH: np.stack([self._paint(int(name), rng) for name in names]) if count else np.zeros((0, 3), np.float32),
            BARE: rng.uniform(0, 255, (count, 3)),
        }
        for layer, paint in paints.items():
            alpha = layers[:, layer, ..., None]
            shade = _shading(count, rng)[..., None] if layer in (CLOTH, HAIR) else np.float32(1)
            flat = paint[:, None, None].astype(np.float32)
            canvas += (np.clip(flat * shade, 0, 255) - canvas) * alpha
        oval = self._oval(rows, None, rng, (1.05, 1.45), (1.0, 1.3))
        canvas += (faces - canvas) * oval[..., None]
        labels[:, NAMES.index("colour")] = names
        return self._dressed(canvas.clip(0, 255).astype(np.uint8), labels, self.heads.facts, rows, rng)

    def _dressed(
        self,
        full: ImageArray,
        labels: Labels,
        facts: dict[str, FloatArray],
        rows: npt.NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Batch:
        """Some of them with something drawn on."""
        for index in np.flatnonzero(rng.random(len(rows)) < DRESSED):
            thing = str(rng.choice(list(THINGS), p=list(THINGS.values())))
            name = "glasses" if thing == "sunglasses" else thing
            if labels[index, NAMES.index(name)] > 0:
                continue
            points, box = facts["points"][rows[index]], facts["box"][rows[index]]
            full[index] = wear(full[index], thing, points=points, box=box, rng=rng)
            labels[index, NAMES.index(name)] = ATTRIBUTES[name].index(thing)
            if thing == "mask":
                labels[index, NAMES.index("mood")] = -1
            if thing == "sunglasses":
                labels[index, NAMES.index("tilt")] = -1
        return Batch(full, labels)


def recoloured(crop: ImageArray, mask: ImageArray, paint: FloatArray, rng: np.random.Generator) -> ImageArray:
    """The crop with what the mask shows in another colour, folds and shadows kept."""
    alpha, picture = mask.astype(np.float32)[..., None] / 255, crop.astype(np.float32)
    light = picture.mean(-1, keepdims=True)
    usual = float((light * alpha).sum() / max(1.0, float(alpha.sum())))
    shade = np.clip((light + 12) / (usual + 12), 0.35, 1.7) ** rng.uniform(0.5, 1.0)
    return np.asarray(np.clip(picture + (paint * shade - picture) * alpha, 0, 255), np.uint8)


def _shading(count: int, rng: np.random.Generator) -> FloatArray:
    """Folds: soft light and shadow ``(n, FULL, FULL)`` about 1."""
    coarse = torch.from_numpy(rng.normal(0, 1, (count, 1, 9, 7)).astype(np.float32))
    soft = functional.interpolate(coarse, size=(FULL, FULL), mode="bicubic")[:, 0].numpy()
    return np.asarray(np.exp(soft * rng.uniform(0.03, 0.22, (count, 1, 1))), np.float32)


def _balanced(labels: Labels) -> npt.NDArray[np.float64]:
    """Heads' chances, added up: rare ages come more often."""
    age = labels[:, NAMES.index("age")]
    count = np.bincount(age + 1, minlength=len(ATTRIBUTES["age"]) + 1)
    chance = (1 / np.maximum(count, 1)[age + 1]) ** 0.4
    return np.cumsum(chance / chance.sum())


def turned(batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Labels]:
    """Crops as a locator's boxes are off, mirrored at random, in any weather: ``(n, 3, 128, 128)`` 0..1, and labels."""
    n, labels = len(batch.full), batch.labels.copy()
    factor, offset = np.exp(rng.normal(0, 0.05, n).clip(-0.13, 0.13)), rng.normal(0, 2.5, (n, 2)).clip(-8, 8)
    angle, flip = rng.normal(0, 0.05, n).clip(-0.15, 0.15), rng.random(n) < 0.5
    c, s = np.cos(angle) * factor * SIZE / FULL, np.sin(angle) * factor * SIZE / FULL
    theta = np.stack([np.stack([c, -s, offset[:, 0] * 2 / FULL], 1), np.stack([s, c, offset[:, 1] * 2 / FULL], 1)], 1)
    theta[flip, :, 0] *= -1
    side = labels[:, NAMES.index("turn")]
    labels[:, NAMES.index("turn")] = np.where(flip & (side > 0), 3 - side, side)
    pixels = torch.from_numpy(batch.full).permute(0, 3, 1, 2).float().div_(255)
    grid = functional.affine_grid(torch.from_numpy(theta).float(), [n, 3, SIZE, SIZE], align_corners=False)
    crops = functional.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return _weather(crops, rng), labels


def _weather(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Another light, now and then coarse or noisy; colours stay what they are called."""
    n = len(crops)

    def dice(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (n, channels, 1, 1)).astype(np.float32))

    crops = crops.clamp(1e-3, 1) ** dice(-0.3, 0.3).exp() * dice(0.82, 1.12) * dice(0.96, 1.04, 3)
    rows = torch.from_numpy(np.flatnonzero(rng.random(n) < 0.3))
    if len(rows):
        small = functional.interpolate(crops[rows], size=int(rng.integers(36, 110)), mode="bilinear", antialias=True)
        crops[rows] = functional.interpolate(small, size=SIZE, mode="bilinear")
    rows = torch.from_numpy(np.flatnonzero(rng.random(n) < 0.3))
    crops[rows] += torch.randn(len(rows), 3, SIZE, SIZE) * dice(0, 0.06)[rows]
    return crops.clamp(0, 1)


class Pool:
    """People that are seen several times, each time a little otherwise: to compose them takes longer than to learn.

    Args:
        people: Where they come from.
        rng: The dice.
        size: How many are held.
    """

    def __init__(self, people: People, rng: np.random.Generator, *, size: int) -> None:
        self._people, self._rng, self._held = people, rng, people.draw(rng, size)

    def draw(self, count: int) -> Batch:
        """A random batch, after a part of the pool was replaced."""
        held, size = self._held, len(self._held.full)
        fresh = self._people.draw(self._rng, max(1, round(FRESH * count)))
        to = self._rng.permutation(size)[: len(fresh.full)]
        held.full[to], held.labels[to] = fresh.full, fresh.labels
        rows = self._rng.permutation(size)[:count]
        return Batch(held.full[rows], held.labels[rows])

"""Things in front of faces, drawn: hands, sticks, screens, strands of hair, worn masks, and shapes of any kind."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from export.train.faces.faces import Batch, jittered, lit
from export.train.faces.template import SIZE, TEMPLATE

__all__ = ["occluded"]

#: Shapes are drawn so many times larger and averaged, so that their edges are soft.
FINER = 2
WIDE = SIZE * FINER
#: Share of the faces with something in front of them.
OFTEN = 0.65
#: Where skin is for sure: between an eye, the nose and the corner of the mouth.
CHEEKS = tuple(TEMPLATE[[eye, 2, corner]].mean(0) for eye, corner in ((0, 3), (1, 4)))
#: The face's middle, and about half its width, in drawn pixels.
MIDDLE, REACH = TEMPLATE.mean(0) * FINER, 0.42 * WIDE


def occluded(batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Crops of faces ``(n, 3, 128, 128)``, most with something in front, and how much of each pixel that hides."""
    crops, _ = jittered(batch, rng)
    n = len(crops)
    alpha = np.zeros((n, SIZE, SIZE), np.float32)
    for row in np.flatnonzero(rng.random(n) < OFTEN):
        alpha[row] = _shape(rng)
    front = torch.from_numpy(alpha)[:, None]
    texture = torch.stack([_texture(crops, row, rng) for row in range(n)])
    shadow = functional.avg_pool2d(functional.pad(front, [4] * 4, mode="replicate"), 9, 1)
    dark = 1 - 0.5 * torch.from_numpy(rng.random((n, 1, 1, 1)).astype(np.float32)) * shadow
    return lit(torch.lerp(crops * dark, texture * _rounding(front, rng), front), rng, coarse=0.4, least=40), front


def _shape(rng: np.random.Generator) -> np.ndarray:
    """The part of a crop that a random thing hides, ``(128, 128)`` 0..1."""
    kinds = (_hand, _stick, _plate, _strands, _worn, _blob)
    canvas = Image.new("L", (WIDE, WIDE))
    kinds[rng.choice(len(kinds), p=(0.3, 0.2, 0.12, 0.12, 0.12, 0.14))](ImageDraw.Draw(canvas), rng)
    soft = canvas.resize((SIZE, SIZE), Image.Resampling.BOX)
    return np.asarray(soft, np.float32) / 255


def _rounding(front: Tensor, rng: np.random.Generator) -> Tensor:
    """How light things are: darker towards an edge of theirs, as round ones are."""
    wide = functional.avg_pool2d(functional.pad(front, [6] * 4, mode="replicate"), 13, 1)
    return 1 - torch.from_numpy(rng.uniform(0, 0.7, (len(front), 1, 1, 1)).astype(np.float32)) * (1 - wide)


def _texture(crops: Tensor, row: int, rng: np.random.Generator) -> Tensor:
    """What a thing's surface looks like, ``(3, 128, 128)``: one colour, the face's own skin, or a piece of a crop."""
    kind = rng.random()
    if kind < 0.25:
        return torch.from_numpy(rng.random((3, 1, 1)).astype(np.float32) ** 1.5).expand(3, SIZE, SIZE).contiguous()
    if kind < 0.65:
        x, y = CHEEKS[int(rng.integers(2))]
        side, source = int(rng.integers(10, 22)), row
    else:
        side, source = int(rng.integers(16, 64)), int(rng.integers(len(crops)))
        x, y = rng.uniform(side / 2, SIZE - side / 2, 2)
    left, top = (int(np.clip(v - side / 2, 0, SIZE - side)) for v in (x, y))
    piece = crops[source : source + 1, :, top : top + side, left : left + side]
    if rng.random() < 0.5:
        piece = piece.flip(3)
    light = torch.from_numpy(rng.normal(1, 0.12, (1, 1, 1, 1)).astype(np.float32)).clamp(0.6, 1.4)
    return (functional.interpolate(piece, size=SIZE, mode="bicubic") * light).clamp(0, 1)[0]


def _place(rng: np.random.Generator, spread: float) -> np.ndarray:
    """A point about the face."""
    return np.asarray(MIDDLE + rng.normal(0, spread * REACH, 2))


def _capsule(draw: ImageDraw.ImageDraw, a: np.ndarray, b: np.ndarray, width: float) -> None:
    draw.line([tuple(a.tolist()), tuple(b.tolist())], fill=255, width=max(2, round(width)))
    for x, y in (a, b):
        draw.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=255)


def _rotated(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)])


def _hand(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """A palm, fingers that point one way, more or less spread, and the arm."""
    angle = rng.uniform(0, 2 * np.pi)
    along, across = _rotated(angle), _rotated(angle + np.pi / 2)
    size = rng.uniform(0.3, 0.6) * REACH
    tip = _place(rng, 0.55)
    palm = tip - along * size * rng.uniform(1.2, 2.0)
    _capsule(draw, palm, palm - along * 3 * REACH, size * rng.uniform(0.9, 1.6))
    corners = [palm + across * size * s - along * size * t for s, t in ((-0.8, 0), (0.8, 0), (0.7, 1.2), (-0.7, 1.2))]
    draw.polygon([tuple(c.tolist()) for c in corners], fill=255)
    spread, count = rng.uniform(0, 0.35), int(rng.integers(1, 5))
    for finger in range(count):
        place = (finger - (count - 1) / 2) / 2
        start = palm + across * size * place * 0.95
        end = start + _rotated(angle + spread * place * 2) * size * rng.uniform(1.0, 1.8)
        _capsule(draw, start, end, size * rng.uniform(0.32, 0.46))
    if rng.random() < 0.5:
        side = rng.choice([-1, 1])
        start = palm + across * side * size * 0.7 - along * size * 0.5
        _capsule(draw, start, start + _rotated(angle + side * rng.uniform(0.4, 1.0)) * size, size * 0.42)


def _stick(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """A microphone, a pen, a spoon, the rim of a cup."""
    tip, angle = _place(rng, 0.6), rng.uniform(0, 2 * np.pi)
    width = rng.uniform(0.05, 0.25) * REACH
    _capsule(draw, tip, tip + _rotated(angle) * 3 * REACH, width)
    if rng.random() < 0.7:
        half = width * rng.uniform(0.8, 2.0)
        draw.ellipse([*(tip - half).tolist(), *(tip + half).tolist()], fill=255)


def _plate(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """A telephone, a sheet of paper, a cup, a camera."""
    middle, angle = _place(rng, 0.8), rng.uniform(-0.6, 0.6)
    along, across = _rotated(angle) * rng.uniform(0.2, 0.8) * REACH, _rotated(angle + np.pi / 2)
    across = across * rng.uniform(0.25, 1.0) * REACH
    corners = [middle + s * along + t * across for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    draw.polygon([tuple(c.tolist()) for c in corners], fill=255)


def _strands(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Hair that hangs down across the face."""
    root = np.array([rng.uniform(0.1, 0.9) * WIDE, rng.uniform(-0.1, 0.15) * WIDE])
    end = _place(rng, 0.7)
    bend = rng.normal(0, 0.2 * REACH, 2)
    for _ in range(int(rng.integers(1, 12))):
        points = [
            root * (1 - t) + end * t + bend * 4 * t * (1 - t) + jitter
            for jitter in [rng.normal(0, 0.07 * REACH, 2)]
            for t in np.linspace(0, rng.uniform(0.7, 1.3), 9)
        ]
        draw.line([tuple(p.tolist()) for p in points], fill=255, width=int(rng.integers(2, 9)))


def _worn(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """A mask over nose and mouth, or a scarf."""
    eyes, nose, mouth = (TEMPLATE[r].mean(0) * FINER for r in ([0, 1], [2], [3, 4]))
    top = eyes * 0.5 + nose * 0.5 + (nose - eyes) * rng.uniform(-0.2, 0.9)
    side, drop = rng.uniform(0.75, 1.1) * REACH, rng.uniform(0.0, 0.25) * REACH
    chin = mouth + (mouth - eyes) * rng.uniform(0.6, 1.3)
    low = chin[1] * 0.7 + top[1] * 0.3
    points = [(top[0] - side, top[1] + drop), tuple(top), (top[0] + side, top[1] + drop)]
    points += [(top[0] + side * 0.85, low), (top[0] + side * 0.4, chin[1])]
    points += [(top[0] - side * 0.4, chin[1]), (top[0] - side * 0.85, low)]
    draw.polygon([(float(x), float(y)) for x, y in points], fill=255)


def _blob(draw: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Any round shape."""
    middle, turns = _place(rng, 0.9), np.linspace(0, 2 * np.pi, 40, endpoint=False)
    waves = sum(rng.normal(0, 0.3 / k) * np.cos(k * turns + rng.uniform(0, 7)) for k in range(1, 5))
    radius = rng.uniform(0.2, 0.8) * REACH * np.clip(1 + waves, 0.2, 2)
    outline = middle + radius[:, None] * np.stack([np.cos(turns), np.sin(turns)], 1)
    draw.polygon([tuple(p.tolist()) for p in outline], fill=255)

"""Things that people wear on their heads, drawn: glasses, sunglasses, hats, caps and masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from pyanon.types import FloatArray, ImageArray

__all__ = ["WORN", "wear"]

#: Drawn so many times larger and averaged, so that edges are soft.
FINER = 2
Paint = tuple[int, int, int, int]
MASKS = (
    (236, 239, 241),
    (170, 205, 226),
    (140, 185, 215),
    (26, 26, 29),
    (62, 64, 68),
    (120, 160, 150),
    (226, 192, 202),
)


class _Canvas:
    """A transparent layer over a crop, and the face's own axes: right along the eyes, down to the mouth."""

    def __init__(self, size: int, points: FloatArray, box: FloatArray, rng: np.random.Generator) -> None:
        self.layer = Image.new("RGBA", (size * FINER, size * FINER))
        self.draw, self.rng = ImageDraw.Draw(self.layer), rng
        self.eyes, self.points, self.box = points[:2].mean(0), points, box
        across = points[1] - points[0]
        turn = float(np.arctan2(across[1], max(abs(float(across[0])), 4.0)))
        self.across = np.array([np.cos(turn), np.sin(turn)])
        self.down = np.array([-np.sin(turn), np.cos(turn)])
        self.width, self.height = float(box[2] - box[0]), float(box[3] - box[1])
        self.middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])

    def at(self, origin: npt.NDArray[Any], x: float, y: float) -> tuple[float, float]:
        """A point, x widths of the face to the right and y heights down from another."""
        px, py = (origin + self.across * x * self.width + self.down * y * self.height) * FINER
        return float(px), float(py)

    def shape(self, origin: npt.NDArray[Any], outline: list[tuple[float, float]], fill: Paint, **more: object) -> None:
        self.draw.polygon([self.at(origin, x, y) for x, y in outline], fill=fill, **more)  # type: ignore[arg-type]

    def any_paint(self, *, dark: float = 0.5) -> Paint:
        rng = self.rng
        rgb = rng.integers(8, 70, 3) if rng.random() < dark else rng.integers(0, 256, 3)
        return int(rgb[0]), int(rgb[1]), int(rgb[2]), 255


def _round(rx: float, ry: float, power: float, drop: float = 0.0) -> list[tuple[float, float]]:
    """A superellipse; ``drop`` pulls its lower half down."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    x, y = np.sign(c) * np.abs(c) ** (2 / power) * rx, np.sign(s) * np.abs(s) ** (2 / power) * ry
    return list(zip(x.tolist(), (y + drop * ry * (s > 0)).tolist(), strict=True))


def _lenses(canvas: _Canvas, lens: Paint, rim: Paint, thick: float) -> None:
    rng = canvas.rng
    rx, ry = rng.uniform(0.16, 0.24), rng.uniform(0.085, 0.17)
    outline = _round(rx, ry, rng.uniform(2.0, 5.0), rng.uniform(0, 0.35))
    line = max(1, round(thick * FINER))
    for eye in canvas.points[:2]:
        canvas.shape(eye, outline, lens)
        canvas.draw.line([canvas.at(eye, x, y) for x, y in [*outline, outline[0]]], fill=rim, width=line)
    left, right = canvas.points[0], canvas.points[1]
    canvas.draw.line([canvas.at(left, rx * 0.95, -ry * 0.2), canvas.at(right, -rx * 0.95, -ry * 0.2)], rim, line)
    for eye, way in ((left, -1.0), (right, 1.0)):
        side = abs(float((eye - canvas.middle) @ canvas.across)) / canvas.width
        if side > 0.12:
            reach = max(0.52 - side, rx)
            canvas.draw.line([canvas.at(eye, way * rx, -ry * 0.3), canvas.at(eye, way * reach, -ry * 0.5)], rim, line)


def _glasses(canvas: _Canvas) -> None:
    shine = int(canvas.rng.integers(0, 50)) if canvas.rng.random() < 0.5 else 0
    _lenses(canvas, (225, 235, 245, shine), canvas.any_paint(dark=0.75), float(canvas.rng.uniform(0.6, 2.2)))


def _sunglasses(canvas: _Canvas) -> None:
    r, g, b, _ = canvas.any_paint(dark=0.8)
    lens = (r, g, b, int(canvas.rng.integers(190, 256)))
    _lenses(canvas, lens, canvas.any_paint(dark=0.7), float(canvas.rng.uniform(0.8, 2.5)))


def _hat(canvas: _Canvas) -> None:
    rng, paint = canvas.rng, canvas.any_paint(dark=0.4)
    brow = canvas.middle - canvas.down * canvas.height * rng.uniform(0.30, 0.46)
    wide, tall = rng.uniform(0.56, 0.72), rng.uniform(0.3, 0.55)
    dome = [(x, -tall * (1 - abs(x / wide) ** rng.uniform(2.2, 5)) ** 0.6) for x in np.linspace(-wide, wide, 15)]
    canvas.shape(brow, dome, paint)
    shade = tuple(int(c * 0.75) for c in paint[:3])
    kind = rng.random()
    if kind < 0.4:  # a brim all around
        brim = _round(wide * rng.uniform(1.25, 1.9), rng.uniform(0.05, 0.11), 2)
        canvas.shape(brow, brim, (*shade, 255))  # type: ignore[arg-type]
    elif kind < 0.75:  # a visor
        lean = rng.uniform(-0.25, 0.25)
        visor = [(x + lean, y + 0.03) for x, y in _round(wide * rng.uniform(0.75, 1.0), rng.uniform(0.06, 0.12), 2.5)]
        canvas.shape(brow, visor, (*shade, 255))  # type: ignore[arg-type]
    else:  # a knitted one, with its hem
        hem = [(-wide, -0.1), (wide, -0.1), (wide, 0.03), (-wide, 0.03)]
        canvas.shape(brow, hem, (*shade, 255))  # type: ignore[arg-type]


def _mask(canvas: _Canvas) -> None:
    rng = canvas.rng
    base = MASKS[int(rng.integers(len(MASKS)))]
    light = rng.uniform(0.6, 1.05)
    r, g, b = (int(np.clip(c * light, 0, 255)) for c in base)
    nose = canvas.points[2] - canvas.down * canvas.height * rng.uniform(0.02, 0.14)
    lean = float((canvas.points[2] - canvas.middle) @ canvas.across) / canvas.width
    side = rng.uniform(0.44, 0.52)
    low = float((canvas.box[3] - nose[1]) / canvas.height) * rng.uniform(0.92, 1.08)
    outline = [
        (-side - lean, 0.08),
        (0, 0),
        (side - lean, 0.08),
        (side - lean - 0.06, low * 0.7),
        (0.2, low),
        (-0.2, low),
    ]
    canvas.shape(nose, [*outline, (-side - lean + 0.06, low * 0.7)], (r, g, b, 255))
    for fold in rng.uniform(0.3, 0.9, int(rng.integers(0, 4))):
        ends = [canvas.at(nose, x * 0.7 - lean, low * fold) for x in (-side, side)]
        canvas.draw.line(ends, fill=(int(r * 0.85), int(g * 0.85), int(b * 0.85), 255), width=FINER)


#: What can be worn.
WORN = {"glasses": _glasses, "sunglasses": _sunglasses, "hat": _hat, "mask": _mask}


def wear(crop: ImageArray, thing: str, *, points: FloatArray, box: FloatArray, rng: np.random.Generator) -> ImageArray:
    """The crop ``(S, S, 3)`` of somebody who now wears a thing of `WORN`."""
    canvas = _Canvas(len(crop), points, box, rng)
    WORN[thing](canvas)
    small = np.asarray(canvas.layer.resize((len(crop), len(crop)), Image.Resampling.BOX), np.float32)
    alpha, picture = small[..., 3:] / 255, crop.astype(np.float32)
    return np.asarray(np.clip(picture + (small[..., :3] - picture) * alpha, 0, 255), np.uint8)

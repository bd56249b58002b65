"""How much of a face lies under the opaque part of a cover, at which margin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from export.train.teachers import YuNetTeacher
from pyanon.types import FloatArray

from .experiments import MARGINS
from .portraits import BoolArray, Portrait, decoded, hidden, read_album

__all__ = ["hidden_share", "outline", "report"]

# An upright face in units of the way from the eyes down to the mouth, and sideways in distances of the eyes, both from
# the middle between the eyes: common proportions of drawing (hairline, ear to ear, chin), a little generous.
HAIRLINE, CHIN, EAR = -1.05, 1.75, 1.25
CORNERS = 64


def outline(landmarks: FloatArray) -> FloatArray:
    """An ellipse from hairline to chin and from ear to ear, ``(CORNERS, 2)`` in pixels, for landmarks ``(5, 2)``."""
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    down, across = mouth - eyes, landmarks[1] - landmarks[0]
    # Turned away, a head keeps its depth: it never looks narrower than this share of its height.
    least = 0.75 * float(np.hypot(*down))
    across = across * max(1.0, least / max(float(np.hypot(*across)), 1e-6))
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)[:, None]
    middle = eyes + down * (HAIRLINE + CHIN) / 2
    return np.asarray(middle + np.cos(angle) * across * EAR + np.sin(angle) * down * (CHIN - HAIRLINE) / 2, np.float32)


def _filled(shape: tuple[int, ...], polygon: FloatArray) -> BoolArray:
    canvas = Image.new("1", (shape[1], shape[0]))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in polygon], fill=1)
    return np.array(canvas, bool)


def hidden_share(portrait: Portrait, *, grow: float) -> float:
    """Share of the face's outline, inside the picture, under the opaque part of a cover of its box."""
    face = _filled(portrait.pixels.shape, outline(portrait.landmarks))
    return float((face & hidden(portrait.pixels.shape, portrait.box, grow=grow)).sum() / max(face.sum(), 1))


def _street(data: Path, count: int) -> Iterator[Portrait]:
    """Faces that YuNet finds in street photos."""
    locate = YuNetTeacher(data / "teachers")
    for encoded in pq.read_table(data / "scenes/ccp.parquet", columns=["image"]).slice(0, count)["image"].to_pylist():
        pixels = decoded(encoded)
        found = locate(pixels)
        for box, points in zip(found.xyxy, found.landmarks, strict=True):
            yield Portrait(pixels, box, points)


def report(data: Path, *, count: int = 400) -> None:
    """Prints the table."""
    files = sorted(data.glob("faces/fairface-*.parquet"))[:1]
    kinds: dict[str, list[Portrait]] = {
        "FairFace": list(read_album(files, count=count)),
        "SFHQ": list(read_album([data / "faces/sfhq.parquet"], count=count)),
        "street photos (CCP)": list(_street(data, count)),
    }
    print("\nShare of the face, hairline to chin and ear to ear, under the opaque part of the cover\n")
    print("| faces | n | " + " | ".join(f"margin {grow:.2f}: mean, worst twentieth" for grow in MARGINS) + " |")
    print("| --- | ---: |" + " ---: |" * len(MARGINS))
    for name, portraits in kinds.items():
        cells = []
        for grow in MARGINS:
            shares = np.array([hidden_share(portrait, grow=grow) for portrait in portraits])
            cells.append(f"{100 * shares.mean():.1f} %, {100 * np.quantile(shares, 0.05):.1f} %")
        print(f"| {name} | {len(portraits)} | " + " | ".join(cells) + " |", flush=True)

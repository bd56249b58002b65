"""A tiny cache of drawn faces, so that the recipes can be tried without the training data."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
# Behind everything else: `export` is only found here, `pyanon` stays the installed one.
sys.path.append(str(ROOT))

#: Pictures per group of `export.train.prepare.GROUPS`, their size, and whether they show a face.
GROUPS = [(8, 160, True), (8, 200, True), (8, 240, True), (4, 240, True), (6, 200, False), (4, 240, False)]


def draw_face(size: int, rng: np.random.Generator, *, face: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A noisy picture ``(size, size, 3)`` with a cartoon face; its box ``(n, 5)`` and landmarks ``(n, 5, 2)``."""
    image = Image.fromarray(rng.integers(0, 90, (size, size, 3), np.uint8))
    if not face:
        return np.asarray(image), np.zeros((0, 5), np.float32), np.zeros((0, 5, 2), np.float32)
    w = size * rng.uniform(0.4, 0.6)
    x0, y0 = rng.uniform(0.05, 0.35, 2) * size
    box = np.array([x0, y0, x0 + w, y0 + 1.25 * w], np.float32)
    marks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.78], [0.65, 0.78]], np.float32)
    marks = box[:2] + marks * (box[2:] - box[:2])
    draw = ImageDraw.Draw(image)
    draw.ellipse(box.tolist(), fill=(220, 180, 150))
    for x, y in marks.tolist():
        draw.ellipse([x - w / 16, y - w / 16, x + w / 16, y + w / 16], fill=(30, 20, 20))
    return np.asarray(image), np.append(box, np.float32(1))[None], marks[None]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `export.train.prepare` writes it."""
    folder, rng = tmp_path_factory.mktemp("cache"), np.random.default_rng(0)
    rows, boxes, points, owner, offset = [], [], [], [], 0
    with (folder / "pixels.bin").open("wb") as out:
        for group, (count, size, face) in enumerate(GROUPS):
            for _ in range(count):
                pixels, box, marks = draw_face(size, rng, face=face)
                out.write(pixels.tobytes())
                owner.append(np.full(len(box), len(rows)))
                rows.append((group, offset, *pixels.shape[:2]))
                offset += pixels.size
                boxes.append(box)
                points.append(marks)
    np.savez(
        folder / "index.npz",
        rows=np.array(rows, np.int64),
        boxes=np.concatenate(boxes),
        points=np.concatenate(points),
        owner=np.concatenate(owner),
    )
    return folder


@pytest.fixture(scope="session")
def faces_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `export.train.faces.prepare` writes it."""
    from tests.export.drawn_faces import write_faces  # the recipes are not installed everywhere

    folder = tmp_path_factory.mktemp("faces")
    write_faces(folder)
    return folder

"""A folder as `export.train.faces.prepare` writes it, of drawn faces with drawn embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from export.train.faces.prepare import AGES, FULL, GENDERS, RACES
from export.train.faces.template import TEMPLATE

COUNT = 400


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def write_faces(folder: Path) -> None:
    """Writes the folder."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:FULL, :FULL]
    with (folder / "crops.bin").open("wb") as out:
        for _ in range(COUNT):
            face = ((x - 80) ** 2 / 50**2 + (y - 78) ** 2 / 62**2 < 1)[..., None]
            out.write(np.where(face, rng.integers(60, 250, 3), rng.integers(0, 120, 3)).astype(np.uint8).tobytes())
    labels = np.stack([rng.integers(0, len(names), COUNT) for names in (AGES, GENDERS, RACES)], 1)
    np.savez(
        folder / "faces.npz",
        row=np.arange(COUNT),
        landmarks=(TEMPLATE + rng.normal(0, 1, (COUNT, 5, 2))).astype(np.float32),
        labels=labels,
        synthetic=np.zeros(COUNT, bool),
        mirrored=np.zeros(COUNT),
        pose=np.zeros((COUNT, 3), np.float32),
        mobilefacenet=unit(rng.normal(0, 1, (COUNT, 128)) + labels[:, 1:2]),
        retail=unit(rng.normal(0, 1, (COUNT, 256)) + labels[:, 1:2]),
    )

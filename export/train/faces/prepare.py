"""Cuts the training faces once, and asks the teachers what they see in them.

    python -m export.train.faces.prepare --data ../shared/data --cache checkpoints/faces

``crops.bin`` holds the aligned faces ``(n, 160, 160, 3)`` uint8, with 16 pixels of margin around the crop that the
networks see; ``faces.npz`` their landmarks, labels and the teachers' embeddings. Every tenth face is held out: no
network is ever trained on it.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from export.train.faces.recognisers import HeadPose, MobileFaceNet, Retail0095
from export.train.faces.template import MARGIN, SIZE, TEMPLATE
from pyanon import ops
from pyanon.geometry import similarity, transform
from pyanon.types import FloatArray, ImageArray

__all__ = ["AGES", "GENDERS", "HELD_OUT", "RACES", "TRAITS", "usable"]

AGES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
GENDERS = ("Female", "Male")
RACES = ("Black", "East Asian", "Indian", "Latino_Hispanic", "Middle Eastern", "Southeast Asian", "White")
#: Categories of all three, side by side.
TRAITS = len(AGES) + len(GENDERS) + len(RACES)
#: Every so many faces one is kept for measuring.
HELD_OUT = 10
#: Least score of the detector for a face to be learnt from, and most share of a synthetic portrait's width per pixel.
LEAST_SCORE = 0.82
#: Pixels of mirror image around a picture: the crop of a turned head reaches over a tight portrait's edge.
PAD = 96
FULL = SIZE + 2 * MARGIN


@dataclass(frozen=True)
class Row:
    """One face of the data: its picture, with ``pad`` mirrored pixels around it, and what is known of it."""

    image: ImageArray
    pad: int
    landmarks: FloatArray
    labels: tuple[int, int, int]
    synthetic: bool


def rows(data: Path) -> Iterator[Row | None]:
    """Every face of the data in order; None where it is not usable."""
    for path in sorted((data / "faces").glob("fairface-*.parquet")):
        for row in pq.read_table(path).to_pylist():
            labels = AGES.index(row["age"]), GENDERS.index(row["gender"]), RACES.index(row["race"])
            yield _row(row, labels, synthetic=False) if usable(row) else None
    for row in pq.read_table(data / "faces/sfhq.parquet").to_pylist():
        yield _row(row, (-1, -1, -1), synthetic=True) if usable(row) and not row["greyscale"] else None


def usable(row: dict[str, Any]) -> bool:
    """Whether a row's landmarks can be trusted: a sure detection, all points where the picture is, eyes apart."""
    points = np.asarray(row["landmarks"], np.float32).reshape(5, 2)
    apart = np.linalg.norm(points[1] - points[0]) > 0.3 * np.linalg.norm(points[3:].mean(0) - points[:2].mean(0))
    return bool((row["score"] or 0) >= LEAST_SCORE and np.isfinite(points).all() and points.min() > 2 and apart)


def _row(row: dict[str, Any], labels: tuple[int, int, int], *, synthetic: bool) -> Row:
    picture = Image.open(io.BytesIO(row["image"])).convert("RGB")
    points: FloatArray = np.asarray(row["landmarks"], np.float32).reshape(5, 2)
    # A warp samples, so that what is much larger than the crop is averaged first.
    shrink = max(1.0, float(1 / np.linalg.norm(similarity(points[None], TEMPLATE)[0, 0, :2])))
    if shrink > 1.25:
        size = (round(picture.width / shrink), round(picture.height / shrink))
        points = np.multiply(points, np.divide(size, picture.size), dtype=np.float32)
        picture = picture.resize(size, Image.Resampling.BOX)
    pad = min(PAD, picture.width - 1, picture.height - 1)
    image: ImageArray = np.pad(np.array(picture, np.uint8), ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    return Row(np.ascontiguousarray(image), pad, points + np.float32(pad), labels, synthetic)


def mirrored(matrix: FloatArray, row: Row) -> float:
    """Share of the crop that lies outside the picture, where its mirror image is shown."""
    places = np.stack(np.meshgrid(np.arange(4, SIZE, 8), np.arange(4, SIZE, 8)), -1).reshape(-1, 2) + MARGIN
    there = (places - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T - row.pad
    size = np.array(row.image.shape[1::-1]) - 2 * row.pad
    return float(((there < 0) | (there >= size)).any(1).mean())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"))
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    teachers = {"mobilefacenet": MobileFaceNet, "retail": Retail0095, "pose": HeadPose}
    asked = {name: teacher(args.data / "teachers") for name, teacher in teachers.items()}
    kept: dict[str, list[Any]] = {name: [] for name in ("row", "landmarks", "labels", "synthetic", "mirrored", *asked)}
    with (args.cache / "crops.bin").open("wb") as out:
        for number, row in enumerate(rows(args.data)):
            if row is not None:
                found = {"row": number, **cut(row, asked)}
                out.write(found.pop("crop").tobytes())
                for name, value in found.items():
                    kept[name].append(value)
            if number % 1000 == 0:
                print(f"{number} rows, {len(kept['row'])} faces", flush=True)
    arrays: dict[str, Any] = {name: np.asarray(values) for name, values in kept.items()}
    np.savez(args.cache / "faces.npz", **arrays)


def cut(row: Row, asked: dict[str, Any]) -> dict[str, Any]:
    """The crop of one face, its landmarks there, and the teachers' answers."""
    matrix = similarity(row.landmarks[None], TEMPLATE + np.float32(MARGIN))
    points = transform(row.landmarks[None], matrix)[0] - np.float32(MARGIN)
    return {
        "crop": ops.warp(row.image, matrix=matrix, size=FULL)[0],
        "landmarks": points.astype(np.float32),
        "labels": np.asarray(row.labels, np.int64),
        "synthetic": row.synthetic,
        "mirrored": mirrored(matrix[0], row),
        **{name: teacher(row.image, row.landmarks[None])[0] for name, teacher in asked.items()},
    }


if __name__ == "__main__":
    main()

"""Cuts people out of the data once: heads, bodies, backdrops; asks a teacher where the faces of bodies are.

    python -m export.train.captions.people_prepare --data ../shared/data --cache checkpoints/people

Each file ``NAME.bin`` holds crops ``(n, 152, 152, 3)`` uint8, cut as `pyanon.likeness` cuts people, with 12 pixels of
margin; ``NAME.npz`` what is known of them. Every tenth picture is held out: no network is ever trained on it.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from export.train.faces.prepare import usable
from export.train.teachers import YuNetTeacher
from pyanon import ops
from pyanon.geometry import transform
from pyanon.likeness import person_squares
from pyanon.types import FloatArray, ImageArray

__all__ = ["DROP", "FULL", "MARGIN", "REACH", "SIZE", "crop", "main", "person_matrix"]

#: Side of the crop in pixels; in units of the face's longer side; and how far its middle lies below the face's.
SIZE, REACH, DROP = 128, 2.4, 0.36
MARGIN = 12
FULL = SIZE + 2 * MARGIN
#: Least height in pixels of a face on a street photo, and least score of the detector.
SMALLEST, SURE = 22, 0.75


def person_matrix(xyxy: FloatArray) -> FloatArray:
    """Matrices ``(n, 2, 3)`` from a picture to crops with their margin."""
    matrix = person_squares(xyxy, reach=REACH, drop=DROP, size=SIZE)
    matrix[:, :, 2] += np.float32(MARGIN)
    return matrix


def crop(image: ImageArray, matrix: FloatArray) -> ImageArray:
    """The crop ``(152, 152, 3)`` that a matrix ``(2, 3)`` says, averaged where the picture is larger."""
    times = int(np.clip(2 ** np.floor(np.log2(1 / max(float(matrix[0, 0]), 1e-6))), 1, 8))
    return ops.warp(image, matrix=matrix[None], size=FULL, times=times)[0]


def _pixels(row: dict[str, Any]) -> ImageArray:
    return np.array(Image.open(io.BytesIO(row["image"])).convert("RGB"), np.uint8)


def _cut(image: ImageArray, xyxy: FloatArray, points: FloatArray) -> dict[str, Any]:
    """A crop; the face's box and landmarks, and the picture's extent, in its pixels."""
    matrix = person_matrix(xyxy[None])
    extent = np.array([[[0, 0], image.shape[1::-1]]], np.float32)
    return {
        "crop": crop(image, matrix[0]),
        "box": transform(xyxy.reshape(1, 2, 2), matrix).reshape(4),
        "points": transform(points[None], matrix)[0],
        "extent": transform(extent, matrix).reshape(4),
    }


def heads(data: Path) -> Iterator[dict[str, Any]]:
    """Faces of FairFace and SFHQ, numbered as `export.train.faces.prepare` numbers them."""
    number = -1
    for path in [*sorted((data / "faces").glob("fairface-*.parquet")), data / "faces/sfhq.parquet"]:
        for row in pq.read_table(path).to_pylist():
            number += 1
            if usable(row) and not row.get("greyscale"):
                x, y, w, h = row["box_xywh"]
                xyxy, points = np.array([x, y, x + w, y + h], np.float32), np.asarray(row["landmarks"], np.float32)
                yield {"row": number, **_cut(_pixels(row), xyxy, points.reshape(5, 2))}


def bodies(data: Path) -> Iterator[dict[str, Any]]:
    """People on street photos and in COCO's pictures, and what stands in their captions."""
    teacher, number = YuNetTeacher(data / "teachers"), -1
    for name in ("ccp", "coco"):
        for row in pq.read_table(data / f"scenes/{name}.parquet").to_pylist():
            number += 1
            image = _pixels(row)
            found = teacher(image, long_side=640, threshold=SURE)
            for xyxy, points in zip(found.xyxy, found.landmarks, strict=True):
                if xyxy[3] - xyxy[1] >= SMALLEST:
                    yield {"row": number, "coco": name == "coco", **_cut(image, xyxy, points)}


def backdrops(data: Path) -> Iterator[dict[str, Any]]:
    """Pictures without a face."""
    for number, row in enumerate(pq.read_table(data / "scenes/negatives.parquet").to_pylist()):
        picture = Image.open(io.BytesIO(row["image"])).convert("RGB")
        side = min(picture.size)
        box = ((picture.width - side) // 2, (picture.height - side) // 2)
        window = (*box, box[0] + side, box[1] + side)
        small = picture.resize((FULL, FULL), Image.Resampling.BILINEAR, box=window, reducing_gap=2.0)
        yield {"row": number, "crop": np.asarray(small)}


def write(cache: Path, name: str, found: Iterator[dict[str, Any]]) -> None:
    """Writes crops and what is known of them."""
    kept: dict[str, list[Any]] = {}
    with (cache / f"{name}.bin").open("wb") as out:
        for each in found:
            out.write(np.ascontiguousarray(each.pop("crop")).tobytes())
            for key, value in each.items():
                kept.setdefault(key, []).append(value)
    arrays: dict[str, Any] = {key: np.asarray(values) for key, values in kept.items()}
    np.savez(cache / f"{name}.npz", **arrays)
    print(f"{name}: {len(arrays['row'])}", flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/people"))
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    for name, source in (("backdrops", backdrops), ("bodies", bodies), ("heads", heads)):
        write(args.cache, name, source(args.data))


if __name__ == "__main__":
    main()

"""Unpacks the training pictures once, labels them with the teachers, and stores both for fast random access.

    python -m export.train.prepare --data ../shared/data --cache checkpoints/cache

Every picture is stored raw (uint8 RGB) in one flat file; ``index.npz`` holds offsets, sizes and groups, and all boxes
with landmarks. A box whose teachers are unsure is kept as *ignored*: neither a face nor background.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from export.train.teachers import RfbTeacher, YuNetTeacher, iou_matrix, suppress
from pyanon.types import Detections, FloatArray, ImageArray

GROUPS = ("fairface", "sfhq", "ccp", "coco", "negatives", "clip")
#: People from behind and above: heads that are not faces. The second half of the clip is left for measuring.
CLIP, CLIP_FRAMES, CLIP_STEP = "clips/walking_no_faces.mp4", 700, 5
SURE, UNSURE = 0.65, 0.35
#: In scenes (numbers of `GROUPS`): mean score over three sizes, or the score both teachers must give.
SCENES, SURE_ON_AVERAGE, AGREED = (2, 3), 0.6, 0.5


def pictures(data: Path) -> Iterator[tuple[int, ImageArray]]:
    """Yields (group number, picture) over the whole data folder, always in the same order."""
    files = [(0, p) for p in sorted((data / "faces").glob("fairface-*.parquet"))]
    files += [(1, data / "faces/sfhq.parquet")]
    files += [(i, data / f"scenes/{GROUPS[i]}.parquet") for i in (2, 3, 4)]
    for group, path in files:
        for encoded in pq.read_table(path, columns=["image"]).column("image"):
            yield group, np.asarray(Image.open(io.BytesIO(encoded.as_py())).convert("RGB"))
    with av.open(str(data / CLIP)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number >= CLIP_FRAMES:
                break
            if number % CLIP_STEP == 0:
                yield 5, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def label(image: ImageArray, group: int, yunet: YuNetTeacher, rfb: RfbTeacher) -> tuple[FloatArray, FloatArray]:
    """Labels one picture with the teachers.

    Faces photographed close are looked at smaller (a detector misses what overfills its field); one look that is
    certain is enough there. In scenes, where hands and leaves look like faces to one look, a face is what YuNet is sure
    of on average over three sizes, or what both teachers see.

    Returns:
        ``(n, 5)`` boxes with weight 1 (face) or 0 (ignore), and ``(n, 5, 2)`` landmarks, in picture pixels.
    """
    scene = group in SCENES
    sides = {0: (320, 192), 1: (320, 192), 4: (640,), 5: (768,)}.get(group, (1280, 768, 512))
    views: list[Detections] = [yunet(image, long_side=side, threshold=UNSURE) for side in sides]
    boxes = np.concatenate([v.xyxy for v in views])
    best = np.concatenate([v.score for v in views])
    points = np.concatenate([v.landmarks for v in views])
    kept = suppress(boxes, best, 0.4)
    boxes, best, points = boxes[kept], best[kept], points[kept]
    sure = best >= SURE
    if scene and len(boxes):
        mean = np.mean([_score_there(boxes, view) for view in views], axis=0)
        second = _score_there(boxes, rfb(image, threshold=AGREED))
        sure = (mean >= SURE_ON_AVERAGE) | ((best >= AGREED) & (second >= AGREED))
    return np.concatenate([boxes, sure[:, None]], 1).astype(np.float32), points


def _score_there(boxes: FloatArray, view: Detections) -> FloatArray:
    """The best score ``(n,)`` that a view gives to each box, nought where it sees nothing."""
    there = iou_matrix(boxes, view.xyxy) > 0.4
    return np.asarray((there * view.score).max(1, initial=0), np.float32)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/cache"))
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    yunet, rfb = YuNetTeacher(args.data / "teachers"), RfbTeacher(args.data / "teachers")
    rows, boxes, points, owner, offset = [], [], [], [], 0
    with (args.cache / "pixels.bin").open("wb") as out:
        for number, (group, image) in enumerate(pictures(args.data)):
            found, marks = label(image, group, yunet, rfb)
            out.write(np.ascontiguousarray(image).tobytes())
            rows.append((group, offset, image.shape[0], image.shape[1]))
            offset += image.size
            boxes.append(found)
            points.append(marks)
            owner.append(np.full(len(found), number))
            if number % 2000 == 0:
                print(f"{number} pictures, {sum(map(len, boxes))} boxes", flush=True)
    np.savez(
        args.cache / "index.npz",
        rows=np.asarray(rows, np.int64),
        boxes=np.concatenate(boxes),
        points=np.concatenate(points),
        owner=np.concatenate(owner),
    )


if __name__ == "__main__":
    main()

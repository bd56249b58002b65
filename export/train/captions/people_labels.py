"""Says what is known of the people that `people_prepare` cut: from labels, teachers, colours, and what was looked at.

    python -m export.train.captions.people_labels --data ../shared/data --faces checkpoints/faces

``labels.npz`` holds, for heads and bodies, a number for each attribute of `claims.ATTRIBUTES`, -1 where unknown;
``masks.npy`` which pixels of bodies are their main garment.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.train.captions.claims import ATTRIBUTES
from export.train.captions.clothes import colour_of, mask_of
from export.train.captions.people_prepare import FULL
from export.train.captions.seen import add_seen
from export.train.faces.prepare import AGES
from export.train.faces.recognisers import HeadPose, MobileFaceNet
from pyanon.captions.describe import AGES as GROUPS
from pyanon.captions.describe import portrait_of
from pyanon.runtime import load_pack
from pyanon.types import FloatArray

__all__ = ["NAMES", "main", "posed", "unknown"]

NAMES = tuple(ATTRIBUTES)
Labels = npt.NDArray[np.int64]
#: Yaw in degrees within which a face looks ahead, and from which on it looks aside; pitch that is level, and from
#: which on it is up or down. What lies between is not labelled.
AHEAD, ASIDE, LEVEL, UP, DOWN = 10.0, 22.0, (-13.0, 1.0), 7.0, -20.0
#: Least score of the probe for gender, where labels are +-1.
SURE = 0.9


def unknown(count: int) -> Labels:
    """Labels of people of whom nothing is known."""
    return np.full((count, len(NAMES)), -1, np.int64)


def posed(labels: Labels, pose: FloatArray) -> None:
    """Sets, in place, where people look, from yaw and pitch ``(n, 3)``; positive yaw is the viewer's left."""
    yaw, pitch = pose[:, 0], pose[:, 1]
    turn = np.select([np.abs(yaw) < AHEAD, yaw > ASIDE, yaw < -ASIDE], [0, 1, 2], -1)
    tilt = np.select([(pitch > LEVEL[0]) & (pitch < LEVEL[1]), pitch > UP, pitch < DOWN], [0, 1, 2], -1)
    labels[:, NAMES.index("turn")] = turn
    # Of profiles the estimator knows no pitch.
    labels[:, NAMES.index("tilt")] = np.where(np.abs(yaw) < 45, tilt, -1)


def _heads(cache: Path, faces: dict[str, npt.NDArray[Any]]) -> Labels:
    rows = np.load(cache / "heads.npz")["row"]
    place = np.searchsorted(faces["row"], rows)
    if not np.array_equal(faces["row"][place], rows):
        raise SystemExit("the faces' cache is of other data: run export.train.faces.prepare again")
    labels = unknown(len(rows))
    groups = np.array([GROUPS.index(portrait_of({"age": age}).age) for age in AGES])
    age, gender = (faces["labels"][place, k].astype(np.int64) for k in (0, 1))
    labels[:, NAMES.index("gender")] = gender
    labels[:, NAMES.index("age")] = np.where(age >= 0, groups[age], -1)
    posed(labels, np.asarray(faces["pose"][place], np.float32))
    return labels


def _bodies(cache: Path, teachers: Path, faces: dict[str, npt.NDArray[Any]]) -> tuple[Labels, FloatArray]:
    """Labels of the people on street photos: pose and gender by what teachers see, colour by what is worn."""
    facts = np.load(cache / "bodies.npz")
    crops = np.memmap(cache / "bodies.bin", np.uint8, "r").reshape(-1, FULL, FULL, 3)
    labels, pose, recognise = unknown(len(crops)), HeadPose(teachers), MobileFaceNet(teachers)
    known = faces["labels"][:, 1] >= 0
    seen, wanted = faces["mobilefacenet"][known], faces["labels"][known, 1].astype(np.float64) * 2 - 1
    probe = np.linalg.lstsq(np.c_[seen, np.ones(len(seen))], wanted, rcond=None)[0]
    angles, masks = [], np.zeros((len(crops), FULL, FULL), np.uint8)
    for index, crop in enumerate(map(np.array, crops)):
        points, box = facts["points"][index][None], facts["box"][index]
        angles.append(pose(crop, points)[0])
        score = float(np.append(recognise(crop, points)[0], 1) @ probe)
        labels[index, NAMES.index("gender")] = int(score > 0) if abs(score) > SURE else -1
        labels[index, NAMES.index("colour")] = colour_of(crop, box)
        masks[index] = mask_of(crop, box)
    posed(labels, np.array(angles))
    np.save(cache / "masks.npy", masks)
    return labels, np.array(angles)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--faces", type=Path, default=Path("checkpoints/faces"))
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/people"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"), help="its face encoder is used")
    args = parser.parse_args()
    stored = np.load(args.faces / "faces.npz")
    faces = {name: stored[name] for name in ("row", "labels", "pose", "mobilefacenet")}
    heads = _heads(args.cache, faces)
    bodies, _ = _bodies(args.cache, args.data / "teachers", faces)
    add_seen(args.cache, load_pack(args.pack), heads, bodies)
    np.savez(args.cache / "labels.npz", heads=heads, bodies=bodies)
    for name, labels in (("heads", heads), ("bodies", bodies)):
        print(name, {each: np.bincount(labels[:, k] + 1).tolist() for k, each in enumerate(NAMES)}, flush=True)


if __name__ == "__main__":
    main()

"""Finds what a locator takes for faces in the training pictures although no teacher does: hands, wheels, lamps, leaves.

    python -m export.train.mine --cache checkpoints/cache --pack engines/pocket

Writes ``hard.npz`` into the cache: the windows that `compose` then shows as often as other pictures without a face,
and that the confirming net learns to turn down. Run again with a better pack, it finds what is left.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from export.train.library import Library, Picture
from export.train.teachers import iou_matrix
from pyanon.runtime import load_pack, open_runner
from pyanon.stages.locate import Locator
from pyanon.types import BoolArray, Detections, FloatArray, Frame

__all__ = ["mistaken"]

#: Longer sides at which a picture is looked at.
DETAILS = (320, 512, 768, 1152)
#: Groups of `prepare.GROUPS` that are looked through: streets, scenes, things, people from behind.
SEARCHED = (2, 3, 4, 5)
#: From which score on a find counts, and up to which; above, the teachers rather than the locator may be wrong.
LEAST, MOST = 0.08, 0.85


def mistaken(found: Detections, picture: Picture) -> BoolArray:
    """``(n,)`` True where a find touches nothing that the teachers saw, sure or unsure."""
    faces = picture.labels.xyxy
    apart = iou_matrix(found.xyxy, faces).max(1, initial=0) < 0.1
    middle = (found.xyxy[:, None, :2] + found.xyxy[:, None, 2:]) / 2
    within = np.all((faces[:, :2] <= middle) & (middle <= faces[:, 2:]), axis=2).any(axis=1)
    return np.asarray(apart & ~within & (found.score <= MOST))


def _search(locator: Locator, picture: Picture) -> tuple[FloatArray, FloatArray]:
    """Boxes ``(n, 4)`` and scores ``(n,)`` of the mistakes in one picture, over all sizes."""
    frame = Frame(np.asarray(picture.image))
    views = [locator(frame, details=(detail,)) for detail in DETAILS]
    kept = [mistaken(view, picture) for view in views]
    boxes = [view.xyxy[rows] for view, rows in zip(views, kept, strict=True)]
    scores = [view.score[rows] for view, rows in zip(views, kept, strict=True)]
    return np.concatenate(boxes), np.concatenate(scores)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/cache"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    library, pack = Library(args.cache), load_pack(args.pack)
    runner = open_runner(pack, "locator", device="cpu")
    runner.activate()
    locator = Locator(runner, pack=pack, prompts=("face",), threshold=2 * LEAST)
    owner, boxes, scores = [], [], []
    for number in np.concatenate([library.groups[group] for group in SEARCHED]).tolist():
        box, certainty = _search(locator, library[number])
        owner.append(np.full(len(box), number))
        boxes.append(box)
        scores.append(certainty)
    score = np.concatenate(scores)
    np.savez(args.cache / "hard.npz", owner=np.concatenate(owner), boxes=np.concatenate(boxes), score=score)
    print(f"{len(score)} windows, {int((score > 0.3).sum())} of them score over 0.3")


if __name__ == "__main__":
    main()

"""The sets that the model card measures on, and the choice of the threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="the data is read with pyarrow (in the test extra)")

from export.train import held_out
from export.train.library import Labels, Library
from export.train.measure import Case
from pyanon.errors import InputError
from pyanon.types import Detections


@pytest.mark.parametrize("size", [14, 64, 256])
@pytest.mark.parametrize("mask", [False, True])
def test_every_portrait_is_placed_once_at_its_size(cache: Path, size: int, mask: bool) -> None:
    library = Library(cache, holdout=2, validation=True)
    portraits = [int(n) for n in library.groups[0]]
    seen: list[int] = []
    for placed in held_out.placed_faces(library, size, mask=mask):
        labels, image = placed.picture.labels, placed.picture.image
        assert image.size == (640, 480)
        assert len(labels.xyxy) == len(placed.rows)
        sides = np.ptp(labels.xyxy.reshape(-1, 2, 2), axis=1)
        assert np.allclose(np.sqrt(sides.prod(-1)), size, rtol=1e-3)
        middle = (labels.xyxy[:, :2] + labels.xyxy[:, 2:]) / 2
        assert (middle >= 0).all()
        assert (middle <= image.size).all()
        seen += placed.rows
    assert sorted(seen) == portraits


def test_a_placed_face_is_where_its_label_says(cache: Path) -> None:
    """The drawn faces are skin coloured discs: the middle of the box is skin, its outside is dark."""
    library = Library(cache, holdout=2, validation=True)
    for placed in held_out.placed_faces(library, 64, mask=False):
        pixels = np.asarray(placed.picture.image).astype(int)
        for x0, y0, x1, y1 in placed.picture.labels.xyxy.tolist():
            forehead = pixels[round(y0 + 0.2 * (y1 - y0)), round((x0 + x1) / 2)]
            assert np.abs(forehead - [220, 180, 150]).max() < 40
            assert pixels[round(y0 - 6), round((x0 + x1) / 2), 0] < 180


def test_a_review_changes_only_what_it_names() -> None:
    number, x, y, verdict = next(row for row in held_out.REVIEWED if row[3] == -1)
    assert verdict == -1
    boxes = np.array([[x - 5, y - 5, x + 5, y + 5], [x + 50, y, x + 60, y + 10]], np.float32)
    labels = Labels(boxes, np.ones(2, np.float32), np.zeros((2, 5, 2), np.float32))
    others = sum(row[0] == number for row in held_out.REVIEWED)
    if others == 1:
        assert held_out.reviewed(number, labels).xyxy.tolist() == boxes[1:].tolist()
    assert held_out.reviewed(1, labels).xyxy.tolist() == boxes.tolist()
    picture, box = held_out.MISSED[0]
    assert np.allclose(held_out.reviewed(picture, Labels.none()).xyxy, [box])


def scored(*scores: float) -> Detections:
    n = len(scores)
    boxes = np.array([[20 * i, 0, 20 * i + 15, 15] for i in range(n)], np.float32).reshape(n, 4)
    return Detections(boxes, np.array(scores, np.float32), np.zeros((n, 5, 2), np.float32), np.zeros(n, np.int64))


def test_calibration_takes_the_lowest_threshold_that_is_quiet_enough() -> None:
    pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")
    from export.train.evaluate import OURS, Sets, calibrated

    quiet = [Case(Labels.none(), {OURS: scored()}, 640)]
    noisy = [Case(Labels.none(), {OURS: scored(0.2, 0.45)}, 640), *quiet * 9]
    sets = Sets(people=quiet, composed=quiet, negatives=noisy, walking=quiet)
    assert calibrated(sets, OURS) == pytest.approx(0.46)
    hopeless = [Case(Labels.none(), {OURS: scored(0.99)}, 640)]
    with pytest.raises(InputError, match="no threshold"):
        calibrated(Sets(people=quiet, composed=hopeless, negatives=quiet, walking=quiet), OURS)


@pytest.mark.data
def test_demographics_follow_the_order_of_the_cache() -> None:
    import os

    data = Path(os.environ.get("PYANON_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
    if not (data / "faces").is_dir():
        pytest.skip(f"needs the training data in {data} (set PYANON_DATA)")
    people = held_out.demographics(data)
    assert len(people) == 30_000
    assert {gender for _, gender in people} == {"Female", "Male"}
    assert len({race for race, _ in people}) == 7

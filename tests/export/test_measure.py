"""The figures of the model card are only as good as the counting."""

from __future__ import annotations

import numpy as np
import pytest

from export.train.library import Labels
from export.train.measure import BINS, Case, area_under_curve, at, judge, share, sizes_at, tally
from pyanon.types import Detections


def truth(*boxes: tuple[float, float, float, float], weight: float = 1.0) -> Labels:
    n = len(boxes)
    xyxy = np.array(boxes, np.float32).reshape(n, 4)
    return Labels(xyxy, np.full(n, weight, np.float32), np.zeros((n, 5, 2), np.float32))


def found(*boxes: tuple[float, float, float, float, float]) -> Detections:
    rows = np.array(boxes, np.float32).reshape(-1, 5)
    n = len(rows)
    return Detections(rows[:, :4].copy(), rows[:, 4].copy(), np.zeros((n, 5, 2), np.float32), np.zeros(n, np.int64))


def test_a_face_is_found_once_and_a_second_box_on_it_is_extra() -> None:
    hit, extra = judge(truth((0, 0, 10, 10)), found((0, 0, 10, 9, 0.6), (0, 0, 10, 10, 0.9)))
    assert hit.tolist() == [True]
    assert extra.tolist() == [True, False]


def test_a_loose_box_is_neither_a_hit_nor_an_extra() -> None:
    loose = found((0, 0, 10, 25, 0.9))
    hit, extra = judge(truth((0, 0, 10, 10)), loose, iou=0.5)
    assert (hit.tolist(), extra.tolist()) == ([False], [False])
    assert judge(truth((0, 0, 10, 10)), loose, iou=0.3)[0].tolist() == [True]


def test_a_box_where_the_teachers_are_unsure_counts_for_nothing() -> None:
    unsure = truth((0, 0, 40, 40), weight=0.0)
    hit, extra = judge(unsure, found((15, 15, 25, 25, 0.9), (60, 60, 70, 70, 0.9)))
    assert hit.tolist() == [False]
    assert extra.tolist() == [False, True]


def test_nothing_against_nothing() -> None:
    hit, extra = judge(truth(), found())
    assert len(hit) == len(extra) == 0
    assert judge(truth(), found((0, 0, 5, 5, 0.5)))[1].tolist() == [True]


def test_tally_counts_by_size_in_the_640_input() -> None:
    # 20 px in a picture of 320 is 40 px in the input; 5 px is 10 px, too small to count.
    case = Case(truth((0, 0, 20, 20), (50, 50, 55, 55)), {"x": found((0, 0, 20, 20, 0.5), (90, 90, 99, 99, 0.3))}, 320)
    count = tally([case, case], "x", threshold=0.2)
    assert count.faces.tolist() == [0, 0, 2, 0, 0, 0]
    assert count.recall == 1.0
    assert count.extras_per_picture == 1.0
    assert tally([case], "x", threshold=0.4).extras == 0
    assert tally([case], "x", threshold=0.6).recall == 0.0
    assert len(count.faces) == len(BINS) - 1


def test_size_is_the_side_of_a_square_of_the_same_area() -> None:
    assert sizes_at(np.array([[0, 0, 9, 16]], np.float32), 640)[0] == pytest.approx(12)


def test_threshold_keeps_rows_together() -> None:
    kept = at(found((0, 0, 1, 1, 0.2), (2, 2, 3, 3, 0.7)), 0.5)
    assert kept.xyxy.tolist() == [[2, 2, 3, 3]]


def test_wilson_interval() -> None:
    # 81 of 263: the worked example of Newcombe, Statistics in Medicine 17 (1998), table I.
    assert share(81, 263) == "30.8 % (25.5-36.6)"
    assert share(0, 0) == "-"


def test_area_under_curve() -> None:
    assert area_under_curve([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert area_under_curve([0.1], [0.9]) == 0.0
    assert area_under_curve([0.3, 0.7], [0.5]) == 0.5

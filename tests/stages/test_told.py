"""Faces of which somebody says where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyanon.errors import InputError
from pyanon.geometry import unmatched
from pyanon.stages.track import with_told
from pyanon.types import FloatArray, Tracks
from tests.stages.scenes import Box, found

HERE, NEAR, FAR = (10.0, 10.0, 50.0, 60.0), (14.0, 12.0, 56.0, 64.0), (200.0, 10.0, 240.0, 60.0)


def boxes(*each: Box) -> FloatArray:
    return np.asarray(each, np.float32).reshape(-1, 4)


def tracks(*each: Box) -> Tracks:
    seen = found(*each)
    numbers = np.arange(5, 5 + len(each))
    return Tracks(seen.xyxy, seen.score, seen.landmarks, seen.prompt, numbers, np.zeros(len(each), np.bool_))


def test_what_was_located_is_not_hidden_twice_and_the_rest_comes_after_it() -> None:
    both = with_told(tracks(HERE), boxes(NEAR, FAR))
    assert both.xyxy.tolist() == [list(HERE), list(FAR)]
    assert both.track_id.tolist() == [5, 6]
    assert both.score.tolist() == pytest.approx([0.9, 1.0])
    assert np.isfinite(both.landmarks[0]).all()
    assert np.isnan(both.landmarks[1]).all(), "nobody knows where its eyes are"
    assert not both.coasted.any()


def test_without_a_located_face_and_without_a_box() -> None:
    assert with_told(tracks(), boxes(HERE, FAR)).track_id.tolist() == [0, 1]
    assert len(with_told(tracks(HERE), boxes())) == 1
    assert len(with_told(tracks(), boxes())) == 0


@pytest.mark.parametrize(
    ("told", "located", "free"),
    [
        ([HERE], [HERE], [False]),
        ([HERE, NEAR], [HERE], [False, True]),  # one face stands for one box
        ([HERE, NEAR], [HERE, NEAR], [False, False]),
        ([HERE], [(45.0, 10.0, 85.0, 60.0)], [True]),  # a neighbour that overlaps is somebody else
        ([(0.0, 0.0, 80.0, 90.0)], [HERE], [False]),  # a box drawn by hand, hair and all
        ([(0.0, 0.0, 400.0, 400.0)], [HERE], [True]),  # one that says nothing of where
        ([FAR], [], [True]),
        ([], [HERE], []),
    ],
)
def test_which_boxes_no_face_stands_for(told: list[Box], located: list[Box], free: list[bool]) -> None:
    assert unmatched(boxes(*told), boxes(*located)).tolist() == free


sides = st.tuples(*[st.integers(0, 60)] * 4).map(lambda b: (b[0], b[1], b[0] + b[2] + 1, b[1] + b[3] + 1))


@given(st.lists(sides, max_size=5), st.lists(sides, max_size=5))
def test_every_box_is_hidden_by_something_that_lies_over_it(told: list[Box], located: list[Box]) -> None:
    hidden = with_told(tracks(*located), boxes(*told)).xyxy
    assert len(told) <= len(hidden) <= len(told) + len(located)
    for box in told:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        held = (hidden[:, 0] <= x) & (x <= hidden[:, 2]) & (hidden[:, 1] <= y) & (y <= hidden[:, 3])
        mx, my = (hidden[:, 0] + hidden[:, 2]) / 2, (hidden[:, 1] + hidden[:, 3]) / 2
        holds = (box[0] <= mx) & (mx <= box[2]) & (box[1] <= my) & (my <= box[3])
        assert (held | holds).any()


@pytest.mark.parametrize(
    "bad", [np.zeros(4), np.zeros((1, 5)), np.full((1, 4), np.nan), np.full((1, 4), np.inf), [["a"] * 4]]
)
def test_what_are_no_boxes_is_refused(bad: Any) -> None:
    with pytest.raises(InputError, match="do not say where faces are"):
        with_told(tracks(HERE), bad)

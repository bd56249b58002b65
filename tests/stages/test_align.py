from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pyanon.runtime import load_pack
from pyanon.runtime.port import Array
from pyanon.stages.align import LandmarkNet, _cut, _foreign
from pyanon.types import Frame, Tracks
from tests.stages.scenes import texture


class Centred:
    """A runner that finds all five points in the middle of every crop."""

    def __init__(self) -> None:
        self.crops: list[Array] = []

    def infer(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        self.crops.append(inputs["crops"])
        n = len(inputs["crops"])
        return {"points": np.full((n, 5, 2), 0.5, np.float32), "score": np.full(n, 0.7, np.float32)}


def net(runner: Centred) -> LandmarkNet:
    return LandmarkNet(runner, pack=load_pack("pocket"))  # type: ignore[arg-type]


def test_points_come_back_in_source_pixels() -> None:
    boxes = np.array([[40, 30, 60, 70], [0, 0, 10, 10]], np.float32)
    points, score = net(Centred())(Frame(texture(1)), boxes)
    np.testing.assert_allclose(points[0], np.tile([50, 50], (5, 1)), atol=1e-3)
    np.testing.assert_allclose(points[1], np.tile([5, 5], (5, 1)), atol=1e-3)
    assert score.tolist() == [np.float32(0.7)] * 2


def test_no_box_asks_nobody() -> None:
    runner = Centred()
    points, score = net(runner)(Frame(texture(1)), np.zeros((0, 4), np.float32))
    assert points.shape == (0, 5, 2)
    assert score.shape == (0,)
    assert not runner.crops


def test_only_rows_without_landmarks_are_completed() -> None:
    known = np.full((5, 2), 3, np.float32)
    marks = np.stack([known, np.full((5, 2), np.nan, np.float32)])
    boxes = np.array([[0, 0, 9, 9], [40, 30, 60, 70]], np.float32)
    one = np.ones(2, np.float32)
    tracks = Tracks(boxes, one, marks, np.zeros(2, np.int64), np.arange(2), np.array([False, True]))
    runner = Centred()
    done = net(runner).complete(Frame(texture(1)), tracks)
    assert (done.landmarks[0] == known).all()
    np.testing.assert_allclose(done.landmarks[1], np.tile([50, 50], (5, 1)), atol=1e-3)
    assert len(runner.crops[0]) == 1


def test_all_rows_are_refined() -> None:
    boxes = np.array([[0, 0, 9, 9], [40, 30, 60, 70]], np.float32)
    one, marks = np.ones(2, np.float32), np.zeros((2, 5, 2), np.float32)
    marks[1] = np.nan
    tracks = Tracks(boxes, one, marks, np.zeros(2, np.int64), np.arange(2), np.array([False, True]))
    done, witness = net(Centred()).refine(Frame(texture(1)), tracks)
    crowded = Tracks(boxes, one, marks, np.zeros(2, np.int64), np.arange(2), np.array([False, False]))
    assert np.isnan(net(Centred()).refine(Frame(texture(1)), crowded)[0].landmarks[1]).all()
    np.testing.assert_allclose(done.landmarks[:, 0], [[4.5, 4.5], [50, 50]], atol=1e-3)
    assert witness.tolist() == [np.float32(0.7)] * 2


def test_a_large_face_is_averaged_down_and_not_sampled() -> None:
    """Stripes finer than a crop's pixel become grey, not other stripes."""
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[:, ::2] = 200
    matrix = np.array([[[0.125, 0, 0], [0, 0.125, 0]], [[1, 0, 0], [0, 1, 0]]], np.float32)
    large, plain = _cut(pixels, matrix, 64)
    assert np.abs(large.astype(int) - 100).max() <= 2
    assert set(np.unique(plain)) == {0, 200}


def test_a_face_found_twice_is_not_its_own_neighbour() -> None:
    frame = Frame(texture(1))
    box = np.array([[40, 30, 80, 70]], np.float32)
    matrix = np.array([[[1, 0, -30], [0, 1, -20]]], np.float32)
    twice = np.concatenate([box, box + np.float32(2)])
    assert not _foreign(frame, box, matrix, twice, 64).any()
    other = np.array([[80, 30, 120, 70]], np.float32)
    foreign = _foreign(frame, box, matrix, np.concatenate([box, other]), 64)[0]
    assert foreign[10:50, 50:].all()
    assert foreign.sum() == 40 * 14

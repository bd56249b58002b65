from __future__ import annotations

import numpy as np
import pytest

from pyanon.stages.track import CutDetector, Tracker
from pyanon.types import Detections, FloatArray, Frame
from tests.stages.scenes import Box, contains, found, frame, texture

FACE: Box = (40, 40, 60, 64)


def moved(box: Box, x: float, y: float = 0.0) -> Box:
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


def test_keeps_one_number_while_a_face_moves() -> None:
    tracker = Tracker(threshold=0.5)
    numbers = [tracker(frame(i), found(moved(FACE, 6.0 * i))).track_id.tolist() for i in range(8)]
    assert numbers == [[0]] * 8


def test_two_faces_that_pass_each_other_keep_both_covered() -> None:
    tracker = Tracker(threshold=0.5)
    for i in range(20):
        tracks = tracker(frame(i), found(moved(FACE, 4.0 * i), moved((100, 40, 120, 64), -4.0 * i)))
        assert len(tracks) == 2
        assert not tracks.coasted.any()


def test_weak_detection_starts_nothing_but_keeps_a_track_alive() -> None:
    tracker = Tracker(threshold=0.5)
    assert len(tracker(frame(0), found(FACE, score=0.3))) == 0
    assert len(tracker(frame(1), found(FACE, score=0.8))) == 1
    tracks = tracker(frame(2), found(moved(FACE, 2), score=0.3))
    assert tracks.coasted.tolist() == [False]
    assert tracks.track_id.tolist() == [0]


def test_a_strong_detection_wins_over_a_weak_one_nearer_by() -> None:
    tracker = Tracker(threshold=0.5)
    tracker(frame(0), found(FACE))
    tracks = tracker(frame(1), found(moved(FACE, 1), moved(FACE, 5), score=[0.3, 0.9]))
    assert tracks.xyxy[0].tolist() == list(moved(FACE, 5))


def test_lost_face_stays_covered_for_the_stated_time_and_no_longer() -> None:
    tracker = Tracker(threshold=0.5, coast=1.0)
    tracker(frame(0), found(FACE))
    covered = [len(tracker(frame(i), Detections.empty())) for i in range(1, 40)]
    assert covered[:25] == [1] * 25
    assert not any(covered[26:])


def test_coasting_cover_holds_the_last_place_and_the_predicted_one_and_grows() -> None:
    tracker = Tracker(threshold=0.5)
    for i in range(5):
        tracker(frame(i), found(moved(FACE, 4.0 * i)))
    areas = []
    for i in range(5, 10):
        tracks = tracker(frame(i), Detections.empty())
        assert tracks.coasted.all()
        assert np.isnan(tracks.landmarks).all()
        x0, y0, x1, y1 = map(float, tracks.xyxy[0])
        assert contains((x0, y0, x1, y1), moved(FACE, 16.0))
        areas.append((x1 - x0) * (y1 - y0))
    assert contains((x0, y0, x1, y1), moved(FACE, 16.0 + 4.0 * 4))
    assert areas == sorted(areas)


def test_found_again_it_is_the_same_track() -> None:
    tracker = Tracker(threshold=0.5)
    for i in range(4):
        tracker(frame(i), found(moved(FACE, 5.0 * i)))
    for i in range(4, 9):
        tracker(frame(i), Detections.empty())
    tracks = tracker(frame(9), found(moved(FACE, 40.0)))
    assert tracks.track_id.tolist() == [0]
    assert not tracks.coasted.any()


def test_a_face_that_left_the_picture_is_forgotten() -> None:
    tracker = Tracker(threshold=0.5, coast=50.0)
    for i in range(6):
        tracker(frame(i), found((-10.0 - 8 * i, 40, 10.0 - 8 * i, 64)))
    assert len(tracker(frame(7), Detections.empty())) == 0


@pytest.mark.parametrize(("score", "most"), [(0.9, 4.0), (0.1, 1.0)])
def test_a_witness_decides_once_the_time_is_up(score: float, most: float) -> None:
    def witness(_: Frame, boxes: FloatArray) -> FloatArray:
        return np.full(len(boxes), score, np.float32)

    tracker = Tracker(threshold=0.5, coast=1.0, witness=witness)
    for i in range(3):
        tracker(frame(i), found(FACE))
    covered = [len(tracker(frame(i), Detections.empty())) for i in range(3, 140)]
    assert sum(covered) == pytest.approx(most * 25, abs=27)
    assert not covered[-1]


@pytest.mark.parametrize(("score", "least", "most"), [(0.9, 75, 127), (0.1, 6, 7)])
def test_a_chance_find_ends_early_unless_the_witness_sees_a_face(score: float, least: int, most: int) -> None:
    def witness(_: Frame, boxes: FloatArray) -> FloatArray:
        return np.full(len(boxes), score, np.float32)

    tracker = Tracker(threshold=0.5, coast=1.0, witness=witness)
    tracker(frame(0), found(FACE))
    assert least <= sum(len(tracker(frame(i), Detections.empty())) for i in range(1, 140)) <= most


@pytest.mark.parametrize(("seen", "least", "most"), [(0.9, 24, 27), (0.55, 5, 8)])
def test_what_was_never_surely_seen_ends_early_too(seen: float, least: int, most: int) -> None:
    tracker = Tracker(threshold=0.5, coast=1.0, witness=lambda _, boxes: np.zeros(len(boxes), np.float32))
    for i in range(8):
        tracker(frame(i), found(FACE, score=seen))
    assert least <= sum(len(tracker(frame(i), Detections.empty())) for i in range(8, 80)) <= most


def test_a_weak_detection_of_another_size_or_place_is_not_believed() -> None:
    tracker = Tracker(threshold=0.5)
    tracker(frame(0), found(FACE))
    tracks = tracker(frame(1), found((0, 0, 150, 110), moved(FACE, 15), score=0.3))
    assert tracks.coasted.tolist() == [True]


def test_a_cut_forgets_every_face_and_numbers_are_not_reused() -> None:
    tracker = Tracker(threshold=0.5)
    tracker(frame(0, seed=1), found(FACE))
    assert len(tracker(frame(1, seed=2), Detections.empty())) == 0
    assert tracker.cut
    assert tracker(frame(2, seed=2), found(FACE)).track_id.tolist() == [1]
    assert not tracker.cut


def test_time_running_backwards_starts_afresh() -> None:
    tracker = Tracker(threshold=0.5)
    tracker(frame(10), found(FACE))
    assert len(tracker(frame(0), Detections.empty())) == 0


def test_another_prompt_is_another_track() -> None:
    tracker = Tracker(threshold=0.5)
    tracker(frame(0), found(FACE))
    one = found(FACE)
    plate = Detections(one.xyxy, one.score, one.landmarks, np.ones(1, np.int64))
    assert tracker(frame(1), plate).prompt.tolist() == [0, 1]


def test_uneven_frame_times_do_not_end_a_track_early() -> None:
    tracker = Tracker(threshold=0.5, coast=1.0)
    tracker(frame(0), found(FACE))
    assert len(tracker(frame(24), Detections.empty())) == 1
    assert len(tracker(frame(26), Detections.empty())) == 0


@pytest.mark.parametrize("gain", [0.2, 1.7])
def test_flashes_and_fades_are_not_cuts(gain: float) -> None:
    cuts = CutDetector()
    picture = texture(3) // 2
    assert not cuts(frame(0, pixels=picture))
    assert not cuts(frame(1, pixels=np.clip(picture * gain, 0, 255).astype(np.uint8)))
    assert not cuts(frame(2, pixels=np.full_like(picture, 255)))
    assert not cuts(frame(3, pixels=picture))


def test_another_view_is_a_cut() -> None:
    cuts = CutDetector()
    assert [cuts(frame(i, seed=seed)) for i, seed in enumerate([1, 1, 2, 2, 3])] == [False, False, True, False, True]


def test_tiny_pictures_have_no_cuts_to_trip_over() -> None:
    cuts = CutDetector()
    assert not cuts(frame(0, pixels=np.zeros((1, 1, 3), np.uint8)))
    assert not cuts(frame(1, pixels=np.full((1, 1, 3), 255, np.uint8)))


def test_a_cover_holds_every_sighting_and_moves_like_a_head() -> None:
    """A detector's box jitters by some pixels; the cover follows the head, and never shows what was seen."""
    rng, tracker = np.random.default_rng(0), Tracker(threshold=0.5)
    seen, shown = [], []
    for i in range(60):
        jitter = rng.uniform(-2, 2, 4)
        x0, y0, x1, y1 = (np.array(moved(FACE, 0.5 * i)) + jitter).tolist()
        box = tracker(frame(i), found((x0, y0, x1, y1))).xyxy[0]
        assert contains(tuple(box.tolist()), tuple(np.float32([x0, y0, x1, y1]).tolist()))
        seen.append((x0, y0, x1, y1))
        shown.append(box)
    shake = [np.abs(np.diff(np.array(boxes)[10:], n=2, axis=0)).mean() for boxes in (shown, seen)]
    assert shake[0] < 0.75 * shake[1], shake


def test_a_steady_motion_costs_no_larger_cover() -> None:
    tracker = Tracker(threshold=0.5)
    for i in range(20):
        box = moved(FACE, 4.0 * i)
        assert tracker(frame(i), found(box)).xyxy[0].tolist() == pytest.approx(list(box), abs=0.01)


def test_the_motion_of_a_chance_find_is_not_believed() -> None:
    """Its cover stays where it was seen; that of a face that was surely seen goes on with it."""
    for score, far in ((0.55, False), (0.9, True)):
        tracker = Tracker(threshold=0.5)
        for i in range(4):
            tracker(frame(i), found(moved(FACE, 8.0 * i), score=score))
        box = tracker(frame(4), Detections.empty()).xyxy[0]
        assert (box[2] > moved(FACE, 24.0)[2] + 5) == far

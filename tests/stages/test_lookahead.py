from __future__ import annotations

import numpy as np

from pyanon.stages.track import Lookahead, Tracker
from pyanon.types import Detections, Frame, Tracks
from tests.stages.scenes import Box, contains, found, frame

FACE: Box = (40, 40, 60, 64)


def play(detections: list[Detections], depth: int, *, cut_at: int | None = None) -> list[tuple[Frame, Tracks]]:
    tracker, window, out = Tracker(threshold=0.5), Lookahead(depth), []
    for i, each in enumerate(detections):
        picture = frame(i, seed=1 if cut_at is None or i < cut_at else 2)
        tracks = tracker(picture, each)
        out += window.push(picture, tracks, cut=tracker.cut)
    return out + window.flush()


def box(tracks: Tracks, row: int = 0) -> Box:
    x0, y0, x1, y1 = map(float, tracks.xyxy[row])
    return x0, y0, x1, y1


def test_without_depth_frames_pass_at_once() -> None:
    tracker, window = Tracker(threshold=0.5), Lookahead(0)
    picture = frame(0)
    tracks = tracker(picture, found(FACE))
    assert [f.index for f, _ in window.push(picture, tracks, cut=False)] == [0]
    assert window.flush() == []


def test_frames_leave_in_order_and_none_is_lost() -> None:
    out = play([Detections.empty()] * 10, 4)
    assert [f.index for f, _ in out] == list(range(10))


def test_a_face_first_found_later_is_covered_before() -> None:
    out = play([Detections.empty()] * 5 + [found(FACE)] * 3, 3)
    covered = [len(tracks) for _, tracks in out]
    assert covered == [0, 0, 1, 1, 1, 1, 1, 1]
    assert all(contains(box(tracks), FACE) for _, tracks in out[2:])
    assert [bool(tracks.coasted[0]) for _, tracks in out[2:]] == [True] * 3 + [False] * 3
    assert {int(tracks.track_id[0]) for _, tracks in out[2:]} == {0}


def test_it_is_carried_back_along_its_motion() -> None:
    walk = [Detections.empty()] * 4 + [found((40.0 + 5 * i, 40, 60.0 + 5 * i, 64)) for i in range(4, 10)]
    out = play(walk, 4)
    # When frame 0 leaves, one sighting is known and no motion yet; every other frame has at least two.
    for i in range(1, 4):
        assert contains(box(out[i][1]), (40.0 + 5 * i, 40, 60.0 + 5 * i, 64))


def test_a_gap_is_bridged_where_the_face_really_went() -> None:
    # It stops, turns and comes back up: prediction alone would have looked for it on the right.
    path = [found((40.0 + 4 * i, 40, 60.0 + 4 * i, 64)) for i in range(4)]
    gap = [Detections.empty()] * 4
    back = [found((52.0, 70, 72.0, 94))] * 4
    out = play(path + gap + back, 6)
    for step, (_, tracks) in enumerate(out[4:8], start=1):
        y = 40 + 30 * step / 5
        assert len(tracks) >= 1
        assert any(contains(box(tracks, row), (52.0, y, 72.0, y + 24)) for row in range(len(tracks)))


def test_nothing_is_carried_over_a_cut() -> None:
    out = play([Detections.empty()] * 4 + [found(FACE)] * 4, 4, cut_at=4)
    assert [len(tracks) for _, tracks in out] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_memory_bounds_the_hold() -> None:
    picture = frame(0)
    window = Lookahead(100, most_bytes=3 * picture.pixels.nbytes)
    tracker = Tracker(threshold=0.5)
    left = []
    for i in range(10):
        each = frame(i)
        left += window.push(each, tracker(each, Detections.empty()), cut=False)
        assert len(left) >= i - 2
    assert [f.index for f, _ in left] == list(range(7))


def test_reset_forgets_what_is_held() -> None:
    window = Lookahead(5)
    empty = Detections.empty()
    nobody = Tracks(empty.xyxy, empty.score, empty.landmarks, empty.prompt, np.zeros(0, np.int64), np.zeros(0, bool))
    window.push(frame(0), nobody, cut=False)
    window.reset()
    assert window.flush() == []


def test_a_chance_find_is_not_carried_back_but_three_of_them_are() -> None:
    def covered(*scores: float) -> list[int]:
        window, tracker, out = Lookahead(6, surely=0.65), Tracker(threshold=0.5), []
        for i in range(12):
            seen = found(FACE, score=scores[i - 4]) if 4 <= i < 4 + len(scores) else Detections.empty()
            out += window.push(frame(i), tracker(frame(i), seen), cut=False)
        return [f.index for f, tracks in out + window.flush() if f.index < 5 and len(tracks)]

    assert covered(0.55) == [4]
    assert covered(0.55, 0.55, 0.55) == [0, 1, 2, 3, 4]
    assert covered(0.7) == [0, 1, 2, 3, 4]

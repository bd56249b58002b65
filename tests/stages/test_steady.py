from __future__ import annotations

import numpy as np
import pytest

from pyanon.stages.track import Steadier
from pyanon.stages.track.steady import ASTRAY, FORGET
from pyanon.types import Attributes, FloatArray, Tracks

FACE = np.array([[40, 50], [80, 50], [60, 72], [46, 92], [74, 92]], np.float32)
EYES = 40.0


def tracks(*landmarks: FloatArray, first: int = 0) -> Tracks:
    count = len(landmarks)
    return Tracks(
        xyxy=np.tile(np.array([20, 20, 100, 110], np.float32), (count, 1)),
        track_id=np.arange(first, first + count, dtype=np.int64),
        score=np.ones(count, np.float32),
        landmarks=np.stack(landmarks).astype(np.float32),
        prompt=np.zeros(count, np.int64),
        coasted=np.zeros(count, np.bool_),
    )


def run(path: list[FloatArray], *, rate: float = 25.0) -> FloatArray:
    steady = Steadier()
    return np.stack([steady(tracks(points), n / rate).landmarks[0] for n, points in enumerate(path)])


def test_a_still_head_trembles_less() -> None:
    rng = np.random.default_rng(0)
    raw = np.stack([FACE + rng.normal(0, 0.6, (5, 2)) for _ in range(100)])
    out = run(list(raw))
    trembling = [np.abs(np.diff(path, 2, axis=0)).mean() for path in (raw, out)]
    assert trembling[1] < 0.25 * trembling[0]
    assert np.abs(out[20:].mean(0) - FACE).max() < 0.5


@pytest.mark.parametrize("speed", [1.0, 5.0, 30.0], ids=lambda s: f"{s:g} px a frame")
def test_a_moving_head_is_followed(speed: float) -> None:
    raw = [FACE + np.array([speed * n, 0], np.float32) for n in range(30)]
    behind = np.linalg.norm(run(raw) - np.stack(raw), axis=2)
    assert behind.max() <= ASTRAY * EYES * 1.001
    assert behind[15:].max() < max(0.045 * EYES, 0.2 * speed)


def test_a_jump_is_no_glide() -> None:
    raw = [FACE] * 10 + [FACE + 60] * 3
    assert np.abs(run(raw)[10:] - raw[10:]).max() <= ASTRAY * EYES * 1.001


def test_the_first_sight_and_the_first_after_a_while_are_as_found() -> None:
    steady = Steadier()
    assert np.array_equal(steady(tracks(FACE), 0.0).landmarks[0], FACE)
    later = steady(tracks(FACE + 3), FORGET)
    assert np.array_equal(later.landmarks[0], FACE + 3)


def test_faces_do_not_mix() -> None:
    steady = Steadier()
    steady(tracks(FACE, FACE + 200), 0.0)
    out = steady(tracks(FACE + 200, FACE, first=1), 0.04)
    assert np.allclose(out.landmarks[0], FACE + 200)  # track 1 goes on where it was
    assert np.array_equal(out.landmarks[1], FACE)  # track 2 is new


def test_unknown_landmarks_stay_unknown_and_nothing_is_changed_in_place() -> None:
    steady, unknown = Steadier(), np.full((5, 2), np.nan, np.float32)
    steady(tracks(FACE, FACE), 0.0)
    given = tracks(unknown, FACE + 1)
    out = steady(given, 0.04)
    assert np.isnan(out.landmarks[0]).all()
    assert np.array_equal(given.landmarks[1], FACE + 1)
    assert not np.array_equal(out.landmarks[1], FACE + 1)


def test_frames_at_one_time_are_as_found() -> None:
    steady = Steadier()
    steady(tracks(FACE), 1.0)
    assert np.array_equal(steady(tracks(FACE + 5), 1.0).landmarks[0], FACE + 5)


def attributes(*codes: FloatArray) -> Attributes:
    count, size = len(codes), 8
    return Attributes(
        context=np.zeros((count, 1, 2, 2), np.float32),
        code=np.stack(codes).astype(np.float32),
        inside=np.zeros((count, size, size), np.float32),
        front=np.zeros((count, size, size), np.float32),
        surround=np.zeros((count, size, size, 3), np.uint8),
        visible=np.zeros((count, size, size), np.bool_),
        matrix=np.zeros((count, 2, 3), np.float32),
    )


def told(codes: FloatArray, *, rate: float = 25.0) -> FloatArray:
    """Codes ``(T, A, h, w)`` of one face, as they leave."""
    steady, one = Steadier(), np.zeros(1, np.int64)
    return np.stack([steady.expressions(attributes(code), one, n / rate).code[0] for n, code in enumerate(codes)])


CALM_CODE = np.random.default_rng(1).normal(0, 1, (12, 4, 4)).astype(np.float32)


def test_an_expression_that_is_held_trembles_less() -> None:
    raw = CALM_CODE + np.random.default_rng(0).normal(0, 0.1, (100, 12, 4, 4)).astype(np.float32)
    out = told(raw)
    assert np.abs(np.diff(out, axis=0)).mean() < 0.5 * np.abs(np.diff(raw, axis=0)).mean()
    assert np.abs(out[20:].mean(0) - CALM_CODE).max() < 0.1


def test_a_blink_is_seen_at_once_and_where_it_is() -> None:
    raw = np.tile(CALM_CODE, (12, 1, 1, 1))
    raw[6:8, :, 1, 1] += 1.8
    out = told(raw)
    assert out[[6, 8], :, 1, 1] == pytest.approx(raw[[6, 8], :, 1, 1], abs=1e-6)
    still = np.ones((4, 4), np.bool_)
    still[1, 1] = False
    assert np.array_equal(out[:, :, still], raw[:, :, still])


def test_expressions_of_faces_do_not_mix_and_are_forgotten() -> None:
    steady, other = Steadier(), -CALM_CODE
    steady.expressions(attributes(CALM_CODE, other), np.array([1, 2]), 0.0)
    out = steady.expressions(attributes(other + 0.1, CALM_CODE), np.array([2, 3]), 0.04).code
    assert np.abs(out[0] - other).max() < 0.1
    assert np.array_equal(out[1], CALM_CODE)
    later = steady.expressions(attributes(other + 0.1), np.array([3]), 0.04 + FORGET).code
    assert np.array_equal(later[0], other + np.float32(0.1))


def test_a_code_that_is_not_finite_is_not_remembered() -> None:
    out = told(np.stack([CALM_CODE, np.full_like(CALM_CODE, np.nan), CALM_CODE]))
    assert np.isnan(out[1]).all()
    assert np.array_equal(out[2], CALM_CODE)


def test_no_faces_have_no_expressions() -> None:
    steady, nobody = Steadier(), attributes(CALM_CODE)
    none = Attributes(**{field: getattr(nobody, field)[:0] for field in nobody.__dataclass_fields__})
    assert len(steady.expressions(none, np.zeros(0, np.int64), 0.0)) == 0

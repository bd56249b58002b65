import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import boxes, seeds

PER_TARGET = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PER_TARGET
@given(
    rows=boxes(most=40, extent=30),
    seed=seeds,
    iou=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    limit=st.integers(0, 5),
    grouped=st.booleans(),
)
def test_nms_is_its_definition(backend, rows, seed, iou, limit, grouped):
    rng = np.random.default_rng(seed)
    scores = rng.choice(np.array([0.1, 0.5, 0.5, 0.9, np.nan], np.float32), len(rows))
    rows = np.where(rng.random(rows.shape) < 0.02, np.float32(np.nan), rows)
    groups = rng.integers(0, 3, len(rows)) if grouped else None
    kept = backend.nms(rows, scores=scores, iou=iou, groups=groups, limit=limit)
    np.testing.assert_array_equal(kept, reference.nms(rows, scores=scores, iou=iou, groups=groups, limit=limit))


def test_the_better_box_wins_and_equals_keep_their_order(backend):
    rows = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60], [80, 0, 90, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.7, 0.7], np.float32)
    np.testing.assert_array_equal(backend.nms(rows, scores=scores), [1, 2, 3])
    np.testing.assert_array_equal(backend.nms(rows, scores=scores, limit=2), [1, 2])
    np.testing.assert_array_equal(backend.nms(rows, scores=scores, groups=np.arange(4)), [1, 2, 3, 0])


def test_nothing_gives_nothing(backend):
    kept = backend.nms(np.zeros((0, 4), np.float32), scores=np.zeros(0, np.float32))
    assert kept.shape == (0,)
    assert kept.dtype == np.int64


def test_any_strides(backend):
    rows = np.random.default_rng(0).uniform(0, 40, (60, 4)).astype(np.float32)
    rows[:, 2:] += rows[:, :2]
    scores = np.random.default_rng(1).random(120).astype(np.float32)[::2]
    np.testing.assert_array_equal(
        backend.nms(np.asfortranarray(rows), scores=scores), reference.nms(rows, scores=scores.copy())
    )


def test_scores_of_another_length_are_refused(backend):
    with pytest.raises(InputError, match="scores is not the array"):
        backend.nms(np.zeros((2, 4), np.float32), scores=np.zeros(3, np.float32))

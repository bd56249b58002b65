from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pyanon.geometry import centres, clip_boxes, grow_boxes, iou, sizes, squares, union_boxes, visible
from pyanon.types import FloatArray

BOX = np.array([[10, 20, 30, 60]], np.float32)


def _ordered(raw: FloatArray) -> FloatArray:
    return np.concatenate([np.minimum(raw[:, :2], raw[:, 2:]), np.maximum(raw[:, :2], raw[:, 2:])], axis=1)


boxes = arrays(np.float32, st.tuples(st.integers(0, 6), st.just(4)), elements=st.integers(-200, 200).map(float)).map(
    _ordered
)


def test_sizes_and_centres() -> None:
    assert sizes(BOX).tolist() == [[20, 40]]
    assert centres(BOX).tolist() == [[20, 40]]


def test_growing_keeps_the_centre() -> None:
    assert grow_boxes(BOX, 0.5).tolist() == [[5, 10, 35, 70]]
    two = np.repeat(BOX, 2, axis=0)
    assert grow_boxes(two, np.array([0, 0.5], np.float32)).tolist() == [[10, 20, 30, 60], [5, 10, 35, 70]]


def test_visible_share() -> None:
    assert visible(BOX, 20, 100).tolist() == [0.5]
    assert visible(BOX, 5, 5).tolist() == [0]
    assert visible(np.zeros((1, 4), np.float32), 5, 5).tolist() == [0]


@given(boxes, boxes)
def test_iou_is_a_share_and_symmetric(a: FloatArray, b: FloatArray) -> None:
    both = iou(a, b)
    assert both.shape == (len(a), len(b))
    assert ((both >= 0) & (both <= 1 + 1e-6)).all()
    np.testing.assert_allclose(both, iou(b, a).T, atol=1e-6)


@given(boxes)
def test_a_box_overlaps_itself_wholly_unless_empty(a: FloatArray) -> None:
    full = sizes(a).prod(axis=1) > 0
    np.testing.assert_allclose(np.diag(iou(a, a))[full], 1, atol=1e-5)


@given(boxes)
def test_union_and_clip_bound_each_other(a: FloatArray) -> None:
    inside = clip_boxes(a, 50, 40)
    assert (inside >= 0).all()
    assert (inside[:, [0, 2]] <= 50).all()
    assert (inside[:, [1, 3]] <= 40).all()
    assert (union_boxes(a, inside)[:, :2] <= a[:, :2]).all()


@given(boxes)
def test_squares_map_the_centre_to_the_middle(a: FloatArray) -> None:
    matrix = squares(a, grow=1.4, size=64)
    assert matrix.shape == (len(a), 2, 3)
    middle = np.einsum("nij,nj->ni", matrix[:, :, :2], centres(a)) + matrix[:, :, 2]
    np.testing.assert_allclose(middle, np.full((len(a), 2), 32.0), rtol=2e-2, atol=2e-2)

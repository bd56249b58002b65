from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pyanon.geometry import (
    centres,
    clip_boxes,
    face_region,
    grow_boxes,
    iou,
    pixel_centres,
    similarity,
    sizes,
    squares,
    transform,
    union_boxes,
    visible,
    within_boxes,
)
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


#: ArcFace's landmarks in a crop of 128.
TEMPLATE = np.array([(43.02, 41.12), (84.78, 40.89), (64.03, 64.87), (46.87, 89.32), (81.46, 89.13)], np.float32)

turns = st.tuples(st.floats(-3, 3), st.floats(0.05, 20), st.floats(-500, 500), st.floats(-500, 500))


def turned(points: FloatArray, angle: float, scale: float, x: float, y: float) -> FloatArray:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T + (x, y)).astype(np.float32)


@given(turns)
def test_similarity_undoes_what_turned_the_template(turn: tuple[float, float, float, float]) -> None:
    landmarks = turned(TEMPLATE, *turn)[None]
    back = transform(landmarks, similarity(landmarks, TEMPLATE))
    np.testing.assert_allclose(back[0], TEMPLATE, atol=0.05)


def test_similarity_is_the_least_squares_solution() -> None:
    rng = np.random.default_rng(0)
    landmarks = (TEMPLATE * 1.7 + rng.normal(0, 4, (3, 5, 2))).astype(np.float32)
    best = similarity(landmarks, TEMPLATE)

    def loss(matrix: FloatArray) -> FloatArray:
        return ((transform(landmarks, matrix) - TEMPLATE) ** 2).sum(axis=(1, 2))

    assert (best[:, 0, 0] == best[:, 1, 1]).all()
    assert (best[:, 0, 1] == -best[:, 1, 0]).all()
    for _ in range(50):
        a, b, x, y = rng.normal(0, 1, 4) * (0.01, 0.01, 0.5, 0.5)
        other = best + np.array([[a, -b, x], [b, a, y]], np.float32)
        assert (loss(other) >= loss(best) - 1e-2).all()


def test_similarity_of_what_has_no_place_is_not_finite() -> None:
    rows = np.stack([np.full((5, 2), 3.0), np.full((5, 2), np.nan), TEMPLATE]).astype(np.float32)
    assert np.isfinite(similarity(rows, TEMPLATE)).all(axis=(1, 2)).tolist() == [False, False, True]
    assert similarity(rows[:0], TEMPLATE).shape == (0, 2, 3)


def solid(region: FloatArray) -> tuple[list[int], list[int]]:
    rows, columns = np.flatnonzero((region >= 1).any(axis=1)), np.flatnonzero((region >= 1).any(axis=0))
    return [int(rows[0]), int(rows[-1])], [int(columns[0]), int(columns[-1])]


def test_the_region_of_a_frontal_face_reaches_from_hair_to_chin_and_cheek_to_cheek() -> None:
    region = face_region(TEMPLATE[None], 128)[0]
    assert region.dtype == np.float32
    rows, columns = solid(region)
    assert rows[0] <= 6
    assert rows[1] >= 118
    assert columns[0] <= 20
    assert columns[1] >= 107
    assert region[0].max() < 0.05
    assert region[:, 0].max() < 0.05
    assert np.abs(np.diff(region, axis=0)).max() < 0.4
    # A chin is narrower than a forehead.
    assert (region[112] >= 1).sum() < (region[12] >= 1).sum()


def test_the_region_follows_a_turned_head_away_from_its_nose() -> None:
    def profile(yaw: float) -> FloatArray:
        depth = np.array([-4, -4, -22, -4, -4]) / 21 * 20.9
        across = (TEMPLATE[:, 0] - 64) * np.cos(yaw) - depth * np.sin(yaw)
        points = np.column_stack([across + 64, TEMPLATE[:, 1]]).astype(np.float32)[None]
        return transform(points, similarity(points, TEMPLATE))

    right, left = (face_region(profile(yaw), 128)[0] for yaw in (0.9, -0.9))
    middle = [(region * np.arange(128)).sum() / region.sum() for region in (right, left)]
    assert middle[0] < 62
    assert middle[1] > 66
    for yaw in (-1.2, -0.6, 0.0, 0.6, 1.2):
        marks = profile(yaw)
        region = face_region(marks, 128)[0]
        assert all(region[int(y), int(x)] >= 1 for x, y in marks[0])


def test_regions_are_cut_row_by_row_and_scale_with_the_crop() -> None:
    rows = np.stack([TEMPLATE, turned(TEMPLATE, 0.3, 0.9, 10, -8), turned(TEMPLATE, -0.4, 1.1, -20, 20)])
    many = face_region(rows, 128)
    for row, alone in zip(rows, many, strict=True):
        assert (face_region(row[None], 128)[0] == alone).all()
    small = face_region(TEMPLATE[None] / 2, 64)[0]
    assert np.abs(small[8:56, 8:56] - many[0].reshape(64, 2, 64, 2).mean(axis=(1, 3))[8:56, 8:56]).max() < 0.15
    assert face_region(rows[:0], 64).shape == (0, 64, 64)


def test_pixels_of_a_crop_lie_in_the_frame_where_the_matrix_says() -> None:
    matrix = squares(BOX, grow=1.0, size=8)
    points = pixel_centres(matrix, 8)
    assert points.shape == (1, 8, 8, 2)
    np.testing.assert_allclose(points[0, 0, 0], (2.5, 22.5))
    np.testing.assert_allclose(points[0, 0, 7], (37.5, 22.5))
    np.testing.assert_allclose(pixel_centres(matrix, 8, step=7)[0, 1, 1], points[0, 7, 7])
    inside = within_boxes(points[0], BOX)
    assert inside[0].tolist() == [False, False, True, True, True, True, False, False]

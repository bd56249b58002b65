import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import LAYOUTS, boxes, layouts, picture, seeds

PER_TARGET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
styles = st.sampled_from(["blur", "mosaic", "solid"])
frames = st.tuples(st.integers(1, 80), st.integers(1, 110))
looks = st.fixed_dictionaries(
    {"style": styles, "seed": st.integers(-(2**63), 2**63 - 1)},
    optional={
        "cells": st.integers(1, 32),
        "grow": st.floats(0, 4),
        "feather": st.floats(0, 4),
        "grain": st.floats(0, 64),
        "colour": st.tuples(*[st.integers(0, 255)] * 3),
    },
)


def inside(rows, frame):
    """The pixels that a box touches, by the plain definition: the pixel's area meets the box."""
    y, x = np.arange(frame[0])[:, None], np.arange(frame[1])[None, :]
    hidden = np.zeros(frame, bool)
    for x0, y0, x1, y1 in rows.astype(np.float64):
        wide = (x + 1 > x0) & (x < x1) | (x == np.floor(x0))
        high = (y + 1 > y0) & (y < y1) | (y == np.floor(y0))
        hidden |= wide & high
    return hidden


@PER_TARGET
@given(seed=seeds, frame=frames, rows=boxes(), look=looks, layout=layouts)
def test_cover_is_its_definition(backend, seed, frame, rows, look, layout):
    expected = picture(seed, *frame)
    image = LAYOUTS[layout](expected)
    backend.cover(image, boxes=rows, **look)
    reference.cover(expected, boxes=rows, **look)
    np.testing.assert_array_equal(image, expected)


@PER_TARGET
@given(seed=seeds, frame=frames, rows=boxes(), look=looks)
def test_nothing_under_a_box_shows_anywhere(backend, seed, frame, rows, look):
    """The privacy claim: two frames that differ only under boxes are covered to the same picture."""
    image = picture(seed, *frame)
    other = np.where(inside(rows, frame)[:, :, None], picture(seed + 1, *frame), image)
    backend.cover(image, boxes=rows, **look)
    backend.cover(other, boxes=rows, **look)
    np.testing.assert_array_equal(image, other)


@PER_TARGET
@given(seed=seeds, frame=frames, rows=boxes(), style=styles)
def test_every_pixel_of_a_box_is_overwritten(backend, seed, frame, rows, style):
    # A pixel that kept a share of its source would differ between a black and a white frame around the same ring.
    hidden = inside(rows, frame)[:, :, None]
    outcomes = []
    for level in (0, 255):
        image = np.where(hidden, np.uint8(level), picture(seed, *frame))
        backend.cover(image, boxes=rows, style=style, colour=(9, 99, 199))
        outcomes.append(image)
    np.testing.assert_array_equal(*outcomes)
    if style == "solid":
        assert (outcomes[0][hidden[:, :, 0]] == (9, 99, 199)).all()


@pytest.mark.parametrize("style", ["blur", "mosaic", "solid"])
def test_the_order_of_boxes_does_not_matter(backend, style):
    rows = np.array([[10, 10, 40, 50], [35, 20, 60, 40], [5, 5, 15, 15]], np.float32)
    images = [picture(7, 80, 90) for _ in range(2)]
    backend.cover(images[0], boxes=rows, style=style)
    backend.cover(images[1], boxes=rows[::-1], style=style)
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize("style", ["blur", "mosaic"])
def test_the_pattern_moves_with_the_box(style):
    frame = np.full((120, 160, 3), 90, np.uint8)
    here, there = frame.copy(), frame.copy()
    ops.cover(here, boxes=np.array([[40, 40, 70, 80]], np.float32), style=style)
    ops.cover(there, boxes=np.array([[43, 42, 73, 82]], np.float32), style=style)
    np.testing.assert_array_equal(here[10:110, 10:140], there[12:112, 13:143])
    assert not np.array_equal(here, there)


def test_what_is_far_from_every_box_is_untouched(backend):
    image = picture(3, 200, 200)
    before = image.copy()
    backend.cover(image, boxes=np.array([[80, 80, 120, 120]], np.float32))
    changed = np.argwhere((image != before).any(2))
    assert changed.min() >= 60
    assert changed.max() < 140


def test_another_seed_is_another_grain():
    frame = np.full((100, 100, 3), 90, np.uint8)
    rows = np.array([[30, 30, 70, 70]], np.float32)
    images = [frame.copy() for _ in range(3)]
    for image, seed in zip(images, (1, 1, 2), strict=True):
        ops.cover(image, boxes=rows, seed=seed)
    np.testing.assert_array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_a_frame_without_anything_visible_gets_a_plain_tone(backend):
    image = picture(1, 40, 40)
    backend.cover(image, boxes=np.array([[-1e9, -1e9, 1e9, 1e9]], np.float32), grain=0)
    assert np.ptp(image.reshape(-1, 3), axis=0).max() == 0
    assert image[0, 0, 0] > image[0, 0, 1] > image[0, 0, 2]


def test_no_boxes_change_nothing():
    image = picture(1, 40, 40)
    before = image.copy()
    ops.cover(image, boxes=np.zeros((0, 4), np.float32))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("bad", [(0, 0, np.nan, 9), (0, 0, np.inf, 9), (9, 0, 5, 9), (0, 9, 5, 5)])
def test_a_box_that_cannot_be_covered_stops_everything(backend, bad):
    image = picture(1, 40, 40)
    before = image.copy()
    with pytest.raises(InputError, match=r"a box cannot be covered; given: row 1"):
        backend.cover(image, boxes=np.array([[5, 5, 20, 20], bad], np.float32))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    "look",
    [{"style": "pixels"}, {"cells": 0}, {"cells": 33}, {"grow": -0.1}, {"feather": np.nan}, {"grain": 65}],
)
def test_a_look_that_is_none_is_refused(backend, look):
    with pytest.raises(InputError):
        backend.cover(picture(1, 40, 40), boxes=np.zeros((0, 4), np.float32), **look)

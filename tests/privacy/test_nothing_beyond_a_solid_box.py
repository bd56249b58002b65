"""The claim behind every cover: whoever has the picture with solid boxes can paint the covers himself.

So a cover tells nothing that a solid box of the same outline does not (data-processing inequality). `tests/ops` proves
it of boxes; here it is held for the whole outline, and for the finished frames of the pipeline.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyanon import ops
from pyanon.policy import Policy
from pyanon.stages.blend import Blender, nothing_accepted, nothing_painted
from pyanon.types import Frame, Tracks

SHAPE = (90, 120, 3)
styles = st.sampled_from(["blur", "mosaic", "solid"])
seeds = st.integers(0, 2**32 - 1)
edges = st.floats(-20, 130, width=32)
boxes = st.lists(st.tuples(edges, edges, edges, edges), min_size=1, max_size=4).map(
    lambda rows: np.sort(np.array(rows, np.float32).reshape(-1, 2, 2), axis=1).reshape(-1, 4)
)


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8)


def outline(rows, *, grow):
    """Where a solid cover leaves nothing of the picture: where a black and a white one end up the same."""
    ends = []
    for level in (0, 255):
        picture = np.full(SHAPE, level, np.uint8)
        ops.cover(picture, boxes=rows, style="solid", colour=(1, 2, 3), grow=grow)
        ends.append(picture)
    return (ends[0] == ends[1]).all(axis=2)


def tracks(rows):
    n = len(rows)
    return Tracks(
        np.asarray(rows, np.float32),
        np.ones(n, np.float32),
        np.full((n, 5, 2), np.nan, np.float32),
        np.zeros(n, np.int64),
        np.arange(n, dtype=np.int64),
        np.zeros(n, np.bool_),
    )


def finished(pixels, rows, policy):
    """The frame that leaves the pipeline when these boxes have been tracked in it."""
    n = len(rows)
    return Blender(policy)(Frame(pixels), tracks(rows), nothing_painted(n), nothing_accepted(n, "no generator")).pixels


@given(seed=seeds, rows=boxes, style=styles, grow=st.floats(0, 1))
def test_a_cover_can_be_painted_from_the_picture_with_solid_boxes(seed, rows, style, grow):
    boxed = np.where(outline(rows, grow=grow)[:, :, None], np.uint8(0), noise(seed))
    of_the_boxes, of_the_picture = boxed, noise(seed)
    for picture in (of_the_boxes, of_the_picture):
        ops.cover(picture, boxes=rows, style=style, grow=grow)
    np.testing.assert_array_equal(of_the_boxes, of_the_picture)


@given(seed=seeds, rows=boxes, style=styles, margin=st.floats(0, 1), colour=st.tuples(*[st.integers(0, 255)] * 3))
def test_finished_frames_do_not_depend_on_the_faces(seed, rows, style, margin, colour):
    policy = Policy(cover=style, margin=margin, colour=colour)
    inside = np.zeros(SHAPE[:2], bool)
    for x0, y0, x1, y1 in rows.astype(np.float64):
        low_x, low_y = max(int(np.floor(x0)), 0), max(int(np.floor(y0)), 0)
        if x1 > max(x0, 0) and y1 > max(y0, 0):
            inside[low_y : max(int(np.ceil(y1)), 0), low_x : max(int(np.ceil(x1)), 0)] = True
    one = noise(seed)
    other = np.where(inside[:, :, None], noise(seed + 1), one)
    np.testing.assert_array_equal(finished(one, rows, policy), finished(other, rows, policy))


@pytest.mark.parametrize("style", ["blur", "mosaic", "solid"])
def test_the_pictures_outside_of_the_cover_do_count(style):
    """The two tests above can fail: they compare more than empty frames."""
    rows = np.array([[40, 30, 70, 60]], np.float32)
    one, other = (finished(noise(seed), rows, Policy(cover=style)) for seed in (1, 2))
    assert (one != other).any(axis=2).mean() > 0.5
    assert (one == noise(1)).all(axis=2).mean() > 0.5


def test_a_cover_of_the_face_itself_would_be_caught():
    """The usual mosaic, held to the same test, fails it."""
    rows = np.array([[32, 32, 64, 64]], np.float32)

    def mosaic(picture):
        cells = picture[32:64, 32:64].reshape(4, 8, 4, 8, 3).mean((1, 3)).astype(np.uint8)
        picture[32:64, 32:64] = cells.repeat(8, 0).repeat(8, 1)
        return picture

    boxed = np.where(outline(rows, grow=0.0)[:, :, None], np.uint8(0), noise(3))
    assert (mosaic(boxed) != mosaic(noise(3))).any()

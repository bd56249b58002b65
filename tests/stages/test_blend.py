from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pyanon.policy import Cover, Policy
from pyanon.stages.blend import Blender, nothing_accepted, nothing_painted
from pyanon.types import Detections, Frame, Replacements, Tracks, Verdicts
from tests.stages.scenes import texture


def tracks(*boxes: tuple[float, float, float, float]) -> Tracks:
    n = len(boxes)
    return Tracks(
        np.asarray(boxes, np.float32).reshape(n, 4),
        np.ones(n, np.float32),
        np.full((n, 5, 2), np.nan, np.float32),
        np.zeros(n, np.int64),
        np.arange(n),
        np.zeros(n, np.bool_),
    )


def covered(frame: Frame, faces: Tracks, cover: Cover = "blur") -> Frame:
    n = len(faces)
    return Blender(Policy(cover=cover))(frame, faces, nothing_painted(n), nothing_accepted(n, "covered"))


def test_no_face_no_change_and_a_new_picture() -> None:
    frame = Frame(texture(1), pts=7, index=3)
    out = covered(frame, tracks())
    assert (out.pixels == frame.pixels).all()
    assert out.pixels is not frame.pixels
    assert (out.pts, out.time_base, out.index) == (7, frame.time_base, 3)


@pytest.mark.parametrize("cover", ["blur", "mosaic", "solid"])
def test_the_output_does_not_depend_on_what_is_under_the_covers(cover: Cover) -> None:
    rng = np.random.default_rng(4)
    boxes = tracks((30, 20, 62, 60), (55, 40, 90, 80), (-10, 90, 20, 140), (150, 0, 400, 30))
    one = texture(1)
    other = one.copy()
    for x0, y0, x1, y1 in boxes.xyxy.astype(int).clip(0):
        part = other[y0:y1, x0:x1]
        part[:] = rng.integers(0, 256, part.shape)
    assert (one != other).any()
    assert (covered(Frame(one), boxes, cover).pixels == covered(Frame(other), boxes, cover).pixels).all()


@pytest.mark.parametrize("cover", ["blur", "mosaic", "solid"])
def test_far_from_the_faces_nothing_changes(cover: Cover) -> None:
    frame = Frame(texture(1))
    out = covered(frame, tracks((60, 40, 80, 64)), cover)
    assert (out.pixels[:10] == frame.pixels[:10]).all()
    assert (out.pixels[:, 120:] == frame.pixels[:, 120:]).all()
    assert (out.pixels[45:60, 65:75] != frame.pixels[45:60, 65:75]).any()


def test_boxes_outside_the_frame_and_empty_ones_are_harmless() -> None:
    frame = Frame(texture(1))
    out = covered(frame, tracks((-50, -50, -10, -10), (200, 10, 240, 40), (30, 30, 30, 60)))
    assert (out.pixels == frame.pixels).all()


def test_accepted_faces_are_pasted_and_the_others_covered() -> None:
    frame = Frame(texture(1))
    faces = tracks((20, 20, 52, 52), (100, 60, 132, 92))
    red = np.zeros((2, 32, 32, 3), np.uint8)
    red[..., 0] = 255
    matrix = np.array([[[1, 0, -20], [0, 1, -20]], [[1, 0, -100], [0, 1, -60]]], np.float32)
    painted = Replacements(red, np.full((2, 32, 32), 255, np.uint8), matrix)
    verdicts = Verdicts(np.array([True, False]), np.zeros((2, 1), np.float32), ("", "too alike"))
    out = Blender(Policy(cover="solid", colour=(0, 0, 255)))(frame, faces, painted, verdicts).pixels
    assert (out[25:45, 25:45] == (255, 0, 0)).all()
    assert (out[62:90, 102:130] == (0, 0, 255)).all()


def test_a_whole_frame_is_one_colour() -> None:
    out = Blender(Policy(colour=(9, 8, 7))).whole(Frame(texture(1), pts=5))
    assert (out.pixels == (9, 8, 7)).all()
    assert out.pts == 5


def test_rows_of_the_corridor_stay_aligned_when_nobody_is_there() -> None:
    assert len(nothing_painted(0)) == len(nothing_accepted(0, "")) == len(Detections.empty()) == 0


@pytest.mark.parametrize("cover", ["blur", "mosaic", "solid"])
def test_a_face_that_is_kept_is_not_touched_but_where_a_cover_reaches_it(cover: Cover) -> None:
    frame, faces = Frame(texture(1)), tracks((20, 20, 60, 60), (50, 20, 90, 60))
    verdicts = replace(nothing_accepted(2, ""), kept=np.array([True, False]))
    out = Blender(Policy(cover=cover, margin=0))(frame, faces, nothing_painted(2), verdicts)
    alone = Blender(Policy(cover=cover, margin=0))(
        frame, faces.pick(np.array([1])), nothing_painted(1), nothing_accepted(1, "")
    )
    assert (out.pixels == alone.pixels).all()
    assert (out.pixels[20:60, 20:32] == frame.picture[20:60, 20:32]).all()
    assert (out.pixels[24:56, 54:60] != frame.picture[24:56, 54:60]).any()


def test_what_was_painted_for_a_face_that_is_kept_is_not_pasted() -> None:
    frame, faces = Frame(texture(1)), tracks((10, 10, 42, 42), (60, 10, 92, 42))
    matrix = np.array([[[1, 0, -10], [0, 1, -10]], [[1, 0, -60], [0, 1, -10]]], np.float32)
    painted = Replacements(np.full((2, 32, 32, 3), 77, np.uint8), np.full((2, 32, 32), 255, np.uint8), matrix)
    verdicts = Verdicts(np.ones(2, np.bool_), np.zeros((2, 0), np.float32), ("", ""), kept=np.array([True, False]))
    out = Blender(Policy())(frame, faces, painted, verdicts).pixels
    assert (out[10:42, 10:42] == frame.picture[10:42, 10:42]).all()
    assert (out[14:38, 64:88] == 77).all()

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from pyanon.errors import RunnerError, UnknownPromptError
from pyanon.runtime import load_pack
from pyanon.runtime.port import Array
from pyanon.stages.locate import Confirmer, Locator, apart, fused, input_size, still_details
from pyanon.types import Detections, FloatArray, Frame
from tests.stages.scenes import found as detections
from tests.stages.scenes import texture


@dataclass
class Scripted:
    """Stands where a runner stands and answers what it was told."""

    boxes: list[tuple[float, float, float, float]]
    scores: list[float]
    asked: list[tuple[int, ...]] = field(default_factory=list)
    marks: bool = True

    def infer(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        self.asked.append(inputs["image"].shape)
        n = len(self.boxes)
        xyxy = np.asarray(self.boxes, np.float32).reshape(1, n, 4)
        marks = {"landmarks": np.repeat(xyxy[:, :, None, :2], 5, axis=2)} if self.marks else {}
        return {"boxes": xyxy, "scores": np.asarray(self.scores, np.float32).reshape(1, n, 1), **marks}


def locator(runner: Scripted, threshold: float | None = 0.5, confirm: Confirmer | None = None) -> Locator:
    pack = load_pack("pocket")
    return Locator(runner, pack=pack, prompts=("face",), threshold=threshold, confirm=confirm)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "detail", "expected"),
    [
        ((1280, 720), 640, (640, 352)),
        ((640, 480), 640, (640, 480)),
        ((1920, 1080), 640, (640, 352)),
        ((480, 640), 640, (480, 640)),
        ((7680, 4320), 640, (640, 352)),
        ((1, 1), 640, (640, 640)),
        ((4000, 3), 640, (640, 32)),
    ],
)
def test_input_size(frame: tuple[int, int], detail: int, expected: tuple[int, int]) -> None:
    assert input_size(*frame, detail=detail, multiple=32) == expected


def test_still_pictures_are_looked_at_more_closely() -> None:
    assert [still_details(w, h) for w, h in [(100, 80), (900, 700), (4000, 3000)]] == [
        (480, 640, 960),
        (480, 640, 960),
        (480, 640, 960, 1280),
    ]


def test_several_looks_are_averaged() -> None:
    runner = Scripted([(16, 16, 48, 48)], [0.9])
    found = locator(runner)(Frame(texture(1, height=240, width=320)), details=(640, 640))
    assert len(runner.asked) == 2
    assert found.score.tolist() == pytest.approx([0.9])
    assert found.xyxy[0].tolist() == pytest.approx([8, 8, 24, 24])


def test_what_only_one_look_sees_counts_less() -> None:
    both = detections((0, 0, 20, 20), (60, 60, 90, 90), score=[0.8, 0.6])
    one = detections((2, 0, 22, 20), score=[0.4])
    merged = fused([both, one], scales=(1.0, 1.5), overlap=0.4)
    assert merged.score.tolist() == pytest.approx([0.6, 0.3])
    assert merged.xyxy[0].tolist() == pytest.approx([2 / 3, 0, 20 + 2 / 3, 20])
    assert merged.xyxy[1].tolist() == pytest.approx([60, 60, 90, 90])


def test_looks_that_see_nothing_give_nothing() -> None:
    assert len(fused([Detections.empty(), Detections.empty()], scales=(1.0, 2.0), overlap=0.4)) == 0


def test_a_look_abstains_where_a_face_has_no_size_for_it() -> None:
    huge, tiny = (0, 0, 200, 200), (300, 300, 308, 308)
    merged = fused([detections(huge, score=[0.8]), detections(tiny, score=[0.6])], scales=(0.5, 2.0), overlap=0.4)
    assert merged.score.tolist() == pytest.approx([0.8, 0.6])


def test_a_look_that_is_too_close_does_not_outvote_one_that_sees_well() -> None:
    forehead = detections((0, 0, 200, 200), score=[0.8])
    assert fused([Detections.empty(), forehead], scales=(0.5, 2.0), overlap=0.4).score.tolist() == [0]
    assert fused([forehead], scales=(2.0,), overlap=0.4).score.tolist() == pytest.approx([0.8])


def test_a_closer_look_has_a_third_of_the_say() -> None:
    runner = Scripted([(0, 0, 60, 60), (100, 100, 160, 160), (200, 200, 230, 230)], [0.8, 0.5, 0.2])
    asked: list[list[list[float]]] = []

    def confirm(frame: Frame, xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
        asked.append(xyxy.tolist())
        return np.zeros((3, 5, 2), np.float32), np.array([0.1, 1.0, 0.0], np.float32)

    found = locator(runner, confirm=confirm)(Frame(texture(1, height=480, width=640)))
    assert asked == [[[0, 0, 60, 60], [100, 100, 160, 160], [200, 200, 230, 230]]]
    assert found.score.tolist() == pytest.approx([2 / 3, 0.56667], abs=1e-4)
    assert found.xyxy.tolist() == [[100, 100, 160, 160], [0, 0, 60, 60]]
    assert found.landmarks[:, 0].tolist() == [[100, 100], [0, 0]], "the locator's own are kept"


def test_a_locator_without_landmarks_takes_those_of_the_closer_look() -> None:
    """Two faces, one of them around a third: only that one stays without landmarks, as after any locator."""
    boxes = [(0, 0, 100, 120), (50, 60, 95, 115), (300, 0, 340, 50)]

    def confirm(frame: Frame, xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.repeat(xyxy[:, None, :2] + 1, 5, axis=1), np.ones(len(xyxy), np.float32)

    frame = Frame(texture(1, height=480, width=640))
    found = locator(Scripted(boxes, [0.9, 0.8, 0.7], marks=False), confirm=confirm)(frame)
    assert found.xyxy.tolist() == [list(boxes[0]), list(boxes[2])]
    assert np.isnan(found.landmarks[0]).all()
    assert found.landmarks[1].tolist() == [[301, 1]] * 5
    alone = locator(Scripted(boxes[2:], [0.9], marks=False))(frame, details=(480, 640))
    assert np.isnan(alone.landmarks).all()


def test_what_lies_inside_a_better_find_is_part_of_it() -> None:
    face, mouth, child, other = (0, 0, 100, 120), (30, 80, 70, 100), (60, 60, 110, 130), (300, 0, 340, 50)
    found = detections(face, mouth, child, other, score=[0.9, 0.8, 0.7, 0.6])
    assert apart(found, threshold=0.5).xyxy.tolist() == [list(face), list(child), list(other)]
    # A find that is not covered itself hides nothing; neither does a worse one.
    assert len(apart(found, threshold=0.95)) == 4
    assert len(apart(detections(mouth, face, score=[0.9, 0.8]), threshold=0.5)) == 2
    assert len(apart(Detections.empty(), threshold=0.5)) == 0


def test_what_sticks_out_of_a_better_find_stays_covered() -> None:
    face, ear = (0, 0, 100, 120), (85, 50, 102, 70)
    assert apart(detections(face, ear, score=[0.9, 0.7]), threshold=0.5).xyxy.tolist() == [[0, 0, 102, 120]]


def test_a_face_inside_another_face_leaves_no_landmarks() -> None:
    """A replacement would hide only one of them."""
    adult, child, mouth = (0, 0, 100, 120), (50, 60, 95, 115), (30, 80, 50, 95)
    found = apart(detections(adult, child, score=[0.9, 0.7]), threshold=0.5)
    assert len(found) == 1
    assert np.isnan(found.landmarks).all()
    for inner, score in ((mouth, 0.7), (child, 0.4), ((2, 2, 98, 118), 0.7)):
        assert np.isfinite(apart(detections(adult, inner, score=[0.9, score]), threshold=0.5).landmarks).all()


def test_nothing_found_asks_nobody() -> None:
    def confirm(frame: Frame, xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
        raise AssertionError

    assert len(locator(Scripted([], []), confirm=confirm)(Frame(texture(1)))) == 0


def test_a_second_opinion_that_is_not_finite_is_an_error() -> None:
    def confirm(frame: Frame, xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.zeros((len(xyxy), 5, 2), np.float32), np.full(len(xyxy), np.nan, np.float32)

    with pytest.raises(RunnerError, match="confirming network"):
        locator(Scripted([(0, 0, 9, 9)], [0.9]), confirm=confirm)(Frame(texture(1)))


def test_boxes_come_back_in_source_pixels() -> None:
    runner = Scripted([(16, 16, 48, 48)], [0.9])
    found = locator(runner)(Frame(texture(1, height=240, width=320)))
    assert runner.asked == [(1, 3, 480, 640)]
    assert found.xyxy.tolist() == [[8, 8, 24, 24]]
    assert found.landmarks[0, 0].tolist() == [8, 8]


def test_weak_ones_are_reported_and_hopeless_ones_are_not() -> None:
    runner = Scripted([(0, 0, 20, 20), (40, 40, 60, 60), (80, 80, 99, 99)], [0.3, 0.9, 0.05])
    found = locator(runner)(Frame(texture(1)))
    assert found.score.tolist() == pytest.approx([0.9, 0.3])


def test_overlapping_boxes_are_one_face() -> None:
    runner = Scripted([(10, 10, 50, 50), (12, 11, 51, 52)], [0.8, 0.9])
    assert locator(runner)(Frame(texture(1))).score.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_answer_that_is_not_finite_is_an_error_not_an_empty_frame(bad: float) -> None:
    with pytest.raises(RunnerError, match="not finite"):
        locator(Scripted([(0, 0, 9, 9)], [bad]))(Frame(texture(1)))
    with pytest.raises(RunnerError, match="not finite"):
        locator(Scripted([(0, bad, 9, 9)], [0.9]))(Frame(texture(1)))


def test_the_pack_sets_the_threshold() -> None:
    assert locator(Scripted([], []), None).threshold == load_pack("pocket").role("locator").number("threshold")


def test_an_unknown_prompt_names_the_known_ones() -> None:
    with pytest.raises(UnknownPromptError, match="face"):
        Locator(Scripted([], []), pack=load_pack("pocket"), prompts=("licence plate",))  # type: ignore[arg-type]

"""The whole corridor on real frames, and the first law: no source pixel of a located face in any output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pyanon.anonymizer import Anonymizer, _Clock, _Seen
from pyanon.errors import InputError, PackError, StageError, UnknownPromptError
from pyanon.policy import Policy
from pyanon.stages.track import Tracker
from pyanon.types import Detections, Frame, ImageArray, Result

#: Covers whatever the pack can do; tests/test_replace.py is about replacing.
COVERS = Policy(method="blur")
STAGES = ["locate", "track", "align", "blend"]


@pytest.fixture(scope="module")
def portrait() -> ImageArray:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the test photograph")
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture
def anonymizer() -> Iterator[Anonymizer]:
    with Anonymizer(policy=COVERS) as it:
        yield it


def pan(picture: ImageArray, count: int) -> list[Frame]:
    """A camera that moves over a picture."""
    return [
        Frame(np.ascontiguousarray(picture[4 * i : 300 + 4 * i, 3 * i : 400 + 3 * i]), i, Fraction(1, 25), i)
        for i in range(count)
    ]


def face_pixels(picture: ImageArray, result: Result) -> Iterator[tuple[ImageArray, ImageArray]]:
    """Source and output inside every reported face."""
    height, width = picture.shape[:2]
    for face in result.faces:
        x0, y0, x1, y1 = (round(v) for v in face.xyxy)
        window = np.s_[max(0, y0) : min(height, y1), max(0, x0) : min(width, x1)]
        yield picture[window], result.frame[window]


def test_a_picture_goes_in_and_its_face_does_not_come_out(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    before = portrait.copy()
    result = anonymizer(portrait)
    assert (portrait == before).all()
    assert any(f.xyxy[0] < 225 < f.xyxy[2] and f.xyxy[1] < 120 < f.xyxy[3] for f in result.faces)
    assert set(result.timings) == {*STAGES, "total"}
    for source, output in face_pixels(portrait, result):
        # What remains must be as unlike the face as any flat tone is: correlation, not just difference.
        a, b = source.astype(float).mean(-1).ravel(), output.astype(float).mean(-1).ravel()
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.5
        assert (source == output).all(-1).mean() < 0.05


def test_what_comes_out_does_not_depend_on_the_face(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    """Any change inside the covered boxes leaves the output identical, bit for bit."""
    _, tracks = anonymizer._look(Frame(portrait), anonymizer._tracker(0.5), _seen(), (640,))
    other = portrait.copy()
    for x0, y0, x1, y1 in tracks.xyxy.clip(0).astype(int):
        other[y0:y1, x0:x1] = np.random.default_rng(1).integers(0, 256, other[y0:y1, x0:x1].shape)
    one = anonymizer._finish(Frame(portrait), tracks, _seen())
    two = anonymizer._finish(Frame(other), tracks, _seen())
    assert len(one.faces)
    assert (one.frame == two.frame).all()


def _seen() -> _Seen:
    return _Seen(_Clock())


def test_a_stream_keeps_order_times_and_faces(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    frames = pan(portrait, 20)
    results = list(anonymizer.stream(frames, lookahead=5))
    assert [r.output.index for r in results] == list(range(20))
    assert [(r.output.pts, r.output.time_base) for r in results] == [(f.pts, f.time_base) for f in frames]
    assert all(r.faces for r in results)
    first = {min(r.faces, key=lambda f: f.track).track for r in results}
    assert first == {0}


def test_lookahead_delays_by_exactly_that_many_frames(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    taken: list[int] = []

    def frames() -> Iterator[Frame]:
        for each in pan(portrait, 8):
            taken.append(each.index)
            yield each

    stream = anonymizer.stream(frames(), lookahead=3)
    assert next(stream).output.index == 0
    assert taken == [0, 1, 2, 3]
    live = Anonymizer(policy=COVERS).stream(iter(pan(portrait, 3)), lookahead=0)
    assert next(live).output.index == 0


def test_a_reused_buffer_does_not_leak_through_held_frames(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    buffer = np.zeros((300, 400, 3), np.uint8)

    def camera() -> Iterator[ImageArray]:
        for each in pan(portrait, 8):
            buffer[:] = each.pixels
            yield buffer

    plain = list(anonymizer.stream(pan(portrait, 8), lookahead=4))
    reused = list(anonymizer.stream(camera(), lookahead=4))
    assert all((a.frame == b.frame).all() for a, b in zip(plain, reused, strict=True))


def fail(monkeypatch: pytest.MonkeyPatch, anonymizer: Anonymizer, stage: str, when: Callable[[int], bool]) -> None:
    """Makes one stage raise at some of its calls."""
    calls = {"n": 0}

    def broken(real: Any) -> Any:
        def step(*args: Any, **kwargs: Any) -> Any:
            calls["n"] += 1
            if when(calls["n"] - 1):
                raise MemoryError("no room")
            return real(*args, **kwargs)

        return step

    if stage == "track":
        monkeypatch.setattr(Tracker, "__call__", broken(Tracker.__call__))
    elif stage == "align":
        monkeypatch.setattr(anonymizer.align, "complete", broken(anonymizer.align.complete))
    else:
        real = getattr(anonymizer, stage)
        patched = broken(real)
        patched.__dict__.update(whole=getattr(real, "whole", None), threshold=0.5, still_threshold=0.45)
        monkeypatch.setattr(anonymizer, stage, patched)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_raises_stops_a_picture(
    monkeypatch: pytest.MonkeyPatch, anonymizer: Anonymizer, portrait: ImageArray, stage: str
) -> None:
    fail(monkeypatch, anonymizer, stage, lambda _: True)
    with pytest.raises(StageError, match=f"'{stage}' failed: no room") as caught:
        anonymizer(portrait)
    assert caught.value.stage == stage
    assert isinstance(caught.value.__cause__, MemoryError)


@pytest.mark.parametrize("lookahead", [0, 4])
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_raises_ends_the_stream_and_shows_nothing_more(
    monkeypatch: pytest.MonkeyPatch, anonymizer: Anonymizer, portrait: ImageArray, stage: str, lookahead: int
) -> None:
    fail(monkeypatch, anonymizer, stage, lambda call: call == 6)
    shown: list[Result] = []
    with pytest.raises(StageError, match=stage):
        shown.extend(anonymizer.stream(pan(portrait, 12), lookahead=lookahead))
    assert len(shown) < 12


@pytest.mark.parametrize("lookahead", [0, 4])
@pytest.mark.parametrize("stage", STAGES)
def test_or_covers_the_whole_frame_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, portrait: ImageArray, stage: str, lookahead: int
) -> None:
    colour = (12, 34, 56)
    with Anonymizer(policy=Policy(method="blur", on_error="cover", colour=colour)) as anonymizer:
        fail(monkeypatch, anonymizer, stage, lambda call: call in (5, 6))
        frames = pan(portrait, 12)
        results = list(anonymizer.stream(frames, lookahead=lookahead))
    assert [r.output.index for r in results] == list(range(12))
    assert [r.failed for r in results] == [stage if i in (5, 6) else "" for i in range(12)]
    for frame, result in zip(frames, results, strict=True):
        if result.failed:
            assert (result.frame == colour).all()
            assert result.faces == ()
        else:
            assert result.faces
            for source, output in face_pixels(frame.pixels, result):
                assert (source == output).all(-1).mean() < 0.05


def test_a_face_that_the_locator_misses_for_a_while_stays_covered(
    monkeypatch: pytest.MonkeyPatch, anonymizer: Anonymizer, portrait: ImageArray
) -> None:
    real, calls = anonymizer.locate, iter(range(100))

    def blinking(frame: Frame, *, details: tuple[int, ...]) -> Detections:
        return Detections.empty() if 6 <= next(calls) < 14 else real(frame, details=details)

    blinking.threshold = real.threshold  # type: ignore[attr-defined]
    monkeypatch.setattr(anonymizer, "locate", blinking)
    frames = pan(portrait, 20)
    for index, result in enumerate(anonymizer.stream(frames, lookahead=0)):
        x, y = 225 - 3 * index, 120 - 4 * index
        over = [f for f in result.faces if f.xyxy[0] < x < f.xyxy[2] and f.xyxy[1] < y < f.xyxy[3]]
        assert over, f"frame {index} shows the face"
        if 6 <= index < 14:
            assert all(f.coasted for f in over)
            assert all(np.isfinite(f.landmarks).all() for f in over)


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3, 5), (33, 31)])
def test_tiny_and_odd_pictures(anonymizer: Anonymizer, shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    assert anonymizer(picture).frame.shape == picture.shape


def test_any_strides(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    flipped = portrait[::-1, ::-1][::-1, ::-1]
    assert (anonymizer(flipped).frame == anonymizer(portrait).frame).all()


def test_boxes_that_somebody_gives_are_covered_where_no_face_was_located(
    anonymizer: Anonymizer, portrait: ImageArray
) -> None:
    plain = anonymizer(portrait)
    located = np.array([face.xyxy for face in plain.faces], np.float32)
    elsewhere = np.array([[400, 300, 460, 380]], np.float32)
    result = anonymizer(portrait, also=np.concatenate([located, elsewhere]))
    assert [face.told for face in result.faces] == [False] * len(located) + [True]
    assert result.faces[: len(located)] == plain.faces
    assert (result.faces[-1].xyxy, result.faces[-1].action) == ((400, 300, 460, 380), "covered")
    assert (result.frame[320:360, 415:445] != portrait[320:360, 415:445]).any(-1).mean() > 0.95
    assert (anonymizer(portrait, also=located).frame == plain.frame).all()
    with pytest.raises(InputError, match="where faces are"):
        anonymizer(portrait, also=np.zeros(4))


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (np.zeros((4, 4), np.uint8), "uint8 of shape"),
        (np.zeros((4, 4, 4), np.uint8), "uint8 of shape"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (np.zeros((0, 4, 3), np.uint8), "no pixel"),
        ("picture.png", "not a picture"),
    ],
)
def test_what_is_not_a_picture_is_refused(anonymizer: Anonymizer, bad: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        anonymizer(bad)


def test_unknown_prompts_and_packs_are_refused() -> None:
    with pytest.raises(UnknownPromptError, match="face"):
        Anonymizer(policy=Policy(prompts=("licence plate",)))
    with pytest.raises(PackError, match="pocket"):
        Anonymizer(pack="pockets")


def test_after_closing_nothing_runs(portrait: ImageArray) -> None:
    anonymizer = Anonymizer()
    anonymizer.close()
    anonymizer.close()
    with pytest.raises(StageError, match="locate"):
        anonymizer(portrait)

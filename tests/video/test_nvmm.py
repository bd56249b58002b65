"""Videos and cameras of a Jetson, with GStreamer, libnvbufsurface and CUDA simulated, and the real kernels."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import pyanon.video.nvmm
from pyanon import ops
from pyanon.arrays import DeviceArray
from pyanon.errors import InputError, SourceError, SourceNotFoundError, TruncatedSourceError
from pyanon.runtime import nvmm
from pyanon.runtime.device import Stream
from pyanon.surfaces import Surfaces
from pyanon.types import ImageArray
from pyanon.video import gstreamer, open_camera, open_sink, open_video
from pyanon.video.feed import LiveSettings
from pyanon.video.gstreamer import pipeline_of
from pyanon.video.live import Clock
from pyanon.video.nvmm import NvmmSource
from pyanon.video.orientation import Orientation
from tests.runtime.simulated.machine import Machine
from tests.simulated_surfaces import Nvmm, upload
from tests.video.media import card, set_display_matrix, times, write_video
from tests.video.simulated_gstreamer import Script, simulate

TAIL = "nvvidconv bl-output=false ! video/x-raw(memory:NVMM),format=NV12 ! appsink name=frames"
SECOND = 1_000_000_000


def planes() -> tuple[ImageArray, ImageArray]:
    rng = np.random.default_rng(11)
    return rng.integers(0, 256, (36, 50), np.uint8), rng.integers(0, 256, (18, 25, 2), np.uint8)


@pytest.fixture
def surface(gpu: Machine, place: Stream, monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    library = Nvmm(gpu.cuda, tuple(upload(plane, place) for plane in planes()))
    monkeypatch.setattr(nvmm, "_library", lambda: library)
    yield library.surface()
    assert library.open == 0


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "a clip.mp4"
    path.write_bytes(b"for GStreamer to read")
    return f"nvmm:{path}"


class Hands:
    """A clock that goes on by what is waited for."""

    def __init__(self) -> None:
        self.now, self.waits = 100.0, list[float]()

    def clock(self) -> Clock:
        def wait(event: object, seconds: float) -> bool:
            self.waits.append(seconds)
            self.now += seconds
            return False

        return Clock(lambda: self.now, wait)


def test_frames_of_a_file(
    surface: bytes, place: Stream, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stamps: list[int | None] = [0, 33_366_700, 66_733_333, 9 * SECOND]
    gst = simulate(monkeypatch, Script(stamps, surface, rate=(30000, 1001), begin=SECOND))
    with open_video(file, gpu=Surfaces(place)) as source:
        assert (source.info.width, source.info.height, source.info.rate) == (50, 36, Fraction(30000, 1001))
        assert (source.info.source, source.info.duration, source.info.live) == (file[5:], 2.0, False)
        frames = list(source)
        with open_sink(tmp_path / "out.mp4", like=source.info) as sink:
            for frame in frames:
                sink.write(frame)
    assert [(frame.pts, frame.index) for frame in frames] == [(0, 0), (33367, 1), (66733, 2), (9_000_000, 3)]
    assert times(tmp_path / "out.mp4") == [Fraction(frame.pts, 1_000_000) for frame in frames]
    luma, chroma = planes()
    expected = ops.rgb_from_nv12(luma, chroma=chroma)
    for frame in frames:
        assert isinstance(frame.pixels, DeviceArray)
        np.testing.assert_array_equal(frame.picture, expected)
    uri = Path(file[5:]).as_uri()
    assert gst.texts == [f'uridecodebin uri="{uri}" ! {TAIL} sync=false max-buffers=4 drop=false']
    assert gst.mapped == []
    assert not gst.pipelines[0].playing


def test_a_phone_that_was_held_upright(
    surface: bytes, place: Stream, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(monkeypatch, Script([0], surface, orientation="rotate-90"))
    with open_video(file, gpu=Surfaces(place)) as source:
        assert (source.info.width, source.info.height) == (36, 50)
        (frame,) = source
    luma, chroma = planes()
    expected = np.rot90(ops.rgb_from_nv12(luma, chroma=chroma), -1)  # a quarter turn clockwise
    np.testing.assert_array_equal(frame.picture, expected)
    assert Orientation(swap=True, mirror_x=True).size(50, 36) == (36, 50)


@pytest.mark.parametrize(
    ("source", "settings", "live", "head", "tail"),
    [
        ("csi:1", {"size": (1280, 720), "rate": 30}, True, "nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM)"
         ",width=1280,height=720,framerate=30/1", "sync=false max-buffers=2 drop=true"),
        ('rtsp://a/b?c="d"', {"queue": 3}, True, r'uridecodebin uri="rtsp://a/b?c=\"d\""',
         "sync=false max-buffers=3 drop=true"),
        ("/dev/null", {"rate": 15}, True, 'v4l2src device="/dev/null" ! video/x-raw,framerate=15/1',
         "sync=false max-buffers=2 drop=true"),
        ("http://a/b.mp4", {}, False, 'uridecodebin uri="http://a/b.mp4"', "sync=false max-buffers=4 drop=false"),
    ],
)  # fmt: skip
def test_pipelines(source: str, settings: dict[str, object], live: bool, head: str, tail: str) -> None:
    text = pipeline_of(f"nvmm:{source}", LiveSettings(**settings), live=live)  # type: ignore[arg-type]
    assert text == f"{head} ! {TAIL} {tail}"


def test_a_file_as_a_camera_keeps_its_own_pace(file: str) -> None:
    assert pipeline_of(file, LiveSettings(), live=True).endswith("sync=true max-buffers=2 drop=true")


def test_a_camera_that_is_lost_is_opened_again(surface: bytes, place: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = Hands()
    scripts = [
        Script([0, SECOND // 2], surface, error="the cable"),
        "no plugin for a moment",
        Script([7 * SECOND, 8 * SECOND], surface),
        Script(surface=surface, starts=False),
        *[Script(surface=surface, hangs=True)] * 4,
    ]
    gst = simulate(monkeypatch, *scripts)
    settings = LiveSettings(patience=10)
    source = NvmmSource("nvmm:csi:0", settings=settings, gpu=Surfaces(place), live=True, clock=hands.clock())
    stamps = []
    with source, pytest.raises(TruncatedSourceError, match="the source broke off; given: csi:0"):
        stamps.extend(frame.pts for frame in source)
    # It was away for 0.5 and 1 seconds: the clock of the frames shows that, whatever the camera's own says.
    assert stamps == [0, 500_000, 2_000_000, 3_000_000]
    assert hands.waits == [0.5, 1.0, 0.5, 1.0, 2.0, 4.0, 8.0]
    assert source.reconnects == 7
    assert not any(pipeline.playing for pipeline in gst.pipelines)


def test_a_camera_that_is_closed_ends(surface: bytes, place: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(monkeypatch, Script([0, 1, 2], surface))
    source = open_camera("nvmm:csi:0", gpu=Surfaces(place))
    frames = iter(source)
    next(frames)
    source.close()
    assert list(frames) == []


def test_a_file_that_breaks_off_delivers_what_it_has(
    surface: bytes, place: Stream, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate(monkeypatch, Script([0, None], surface, error="Stream is damaged"))
    frames = []
    broken = pytest.raises(TruncatedSourceError, match="the source broke off")
    with open_video(file, gpu=Surfaces(place)) as source, broken as caught:
        frames.extend(frame.pts for frame in source)
    assert frames == [0, 33333]
    assert "Stream is damaged" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            'no element "nvvidconv"',
            r'cannot build the pipeline \(no element "nvvidconv"\).*do: sudo apt install nvidia-l4t',
        ),
        (Script(starts=False), r"the pipeline does not start \(no permission\)"),
        (Script(hangs=True), r"delivers nothing more \(nothing within 10 seconds\)"),
        (Script(error="codec unknown"), r"delivers nothing more \(codec unknown\)"),
        (Script(), "holds no frame"),
    ],
    ids=["plugin", "start", "silence", "error", "empty"],
)
def test_what_cannot_be_opened(
    place: Stream, file: str, monkeypatch: pytest.MonkeyPatch, script: Script | str, message: str
) -> None:
    gst = simulate(monkeypatch, script)
    with pytest.raises(SourceError, match=message):
        open_video(file, gpu=Surfaces(place))
    assert not any(pipeline.playing for pipeline in gst.pipelines)


@pytest.mark.parametrize(
    ("opened", "message"),
    [
        (lambda gpu: open_video("nvmm:clip.mp4", gpu=None), "need a GPU to make them; given: nvmm:clip.mp4"),
        (lambda gpu: open_camera("nvmm:csi:left", gpu=gpu), "no camera of the board; given: csi:left"),
    ],
)
def test_what_cannot_be_asked_for(place: Stream, opened: Callable[[Surfaces], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        opened(Surfaces(place))


def test_what_is_not_there(place: Stream, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    with pytest.raises(SourceNotFoundError, match=r"no such camera or file; given: missing\.mp4"):
        open_video("nvmm:missing.mp4", gpu=Surfaces(place))
    monkeypatch.setitem(sys.modules, "gi", None)
    with pytest.raises(SourceError, match=r"GStreamer cannot be used from Python .* do: sudo apt install python3-gi"):
        open_video(file, gpu=Surfaces(place))


class HostPictures:
    """Stands for the GPU: takes the bytes of a picture for those of a surface."""

    device = 0

    def nvmm(self, surface: bytes, *, turn: Orientation) -> ImageArray:
        luma = np.frombuffer(surface[: 64 * 48], np.uint8).reshape(48, 64)
        return turn.apply(np.repeat(luma[..., None], 3, axis=2))


def test_the_real_gstreamer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but NVIDIA's plugins: what the simulated one is like, and what the bindings take and give."""
    pytest.importorskip("gi", reason="PyGObject is a package of the system (python3-gi)")
    try:
        gst, _ = gstreamer._gstreamer()
    except SourceError as error:
        pytest.skip(str(error))
    wanted = ("uridecodebin", "qtdemux", "avdec_h264", "avdec_aac", "videoconvert", "appsink")
    if missing := [name for name in wanted if gst.ElementFactory.find(name) is None]:
        pytest.skip(f"GStreamer lacks {', '.join(missing)}")
    path = write_video(tmp_path / "clip.mp4", [card(64, 48, number=n) for n in range(8)], sound="aac")
    set_display_matrix(path, (0, 1, -1, 0))

    def of_the_host(source: str, settings: LiveSettings, *, live: bool) -> str:
        text = pipeline_of(source, settings, live=live)
        return text.replace(TAIL.split(" ! app")[0], "videoconvert ! video/x-raw,format=NV12")

    monkeypatch.setattr(pyanon.video.nvmm, "pipeline_of", of_the_host)
    with open_video(f"nvmm:{path}", gpu=HostPictures()) as source:  # type: ignore[arg-type]
        assert (source.info.width, source.info.height) == (48, 64)
        frames = list(source)
    with open_video(path) as source:
        expected = list(source)
    assert [frame.pts for frame in frames] == [round(frame.pts * frame.time_base * 1_000_000) for frame in expected]
    for frame, wanted_frame in zip(frames, expected, strict=True):
        lightness = wanted_frame.picture @ (0.299, 0.587, 0.114)
        assert np.corrcoef(frame.picture[..., 0].ravel(), lightness.ravel())[0, 1] > 0.99
    (tmp_path / "text.mp4").write_text("nothing to see " * 99)
    with pytest.raises(SourceError, match=r"delivers nothing more .*text"):
        open_video(f"nvmm:{tmp_path / 'text.mp4'}", gpu=HostPictures())  # type: ignore[arg-type]
    monkeypatch.setattr(pyanon.video.nvmm, "pipeline_of", pipeline_of)
    if gst.ElementFactory.find("nvvidconv") is None:
        with pytest.raises(SourceError, match=r'cannot build the pipeline .*no element "nvvidconv"'):
            open_video(f"nvmm:{path}", gpu=HostPictures())  # type: ignore[arg-type]

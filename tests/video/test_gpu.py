"""Videos that stay on a GPU: NVDEC's frames simulated from those of the CPU, the pictures made by the real kernels."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import av
import numpy as np
import pytest
from av.codec.hwaccel import HWAccel

import pyanon.video.gpu
import pyanon.video.live
import pyanon.video.sink
import pyanon.video.source
from pyanon import ops
from pyanon.arrays import DeviceArray
from pyanon.errors import SourceError
from pyanon.ops import cuda
from pyanon.runtime.device import Stream
from pyanon.surfaces import Surfaces
from pyanon.types import Frame
from pyanon.video import open_camera, open_sink, open_video
from pyanon.video.colour import ToRgb
from pyanon.video.formats import Encoder, choose_nvenc, format_of
from pyanon.video.info import Chroma, Colour, VideoInfo
from pyanon.video.orientation import UPRIGHT, Orientation
from tests.simulated_surfaces import Plane, upload
from tests.video.media import NTSC, set_display_matrix, times, write_video

#: Levels of 255 between our kernel and the fast path of libswscale, which is too dark by one to one and a half.
NEAR = 3


class Decoded:
    """A frame as NVDEC leaves it: its samples on the GPU, the rest where it was."""

    def __init__(self, frame: av.VideoFrame, place: Stream) -> None:
        self.real = frame
        self.format = SimpleNamespace(name="cuda")
        deep = max(part.bits for part in frame.format.components) > 8
        self.sw_format = av.VideoFormat("p010le" if deep else "nv12", frame.width, frame.height)
        self.planes: list[Plane] = []
        if frame.width % 2 or frame.height % 2:
            return  # nobody may look at them: PyAV tells too small a size for their colours
        whole = frame.reformat(format="nv12", dst_color_range=frame.color_range).to_ndarray()
        luma, chroma = whole[: frame.height], whole[frame.height :]
        chroma = chroma.reshape(len(chroma), -1, 2)
        self.planes = [Plane(upload(np.ascontiguousarray(part), place)) for part in (luma, chroma)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class Downloading(ToRgb):
    """What PyAV does by itself with a frame that lies on a GPU."""

    def __call__(self, frame: Any) -> Any:
        return super().__call__(getattr(frame, "real", frame))


@pytest.fixture
def surfaces(place: Stream, monkeypatch: pytest.MonkeyPatch) -> Surfaces:
    """Whatever a source decodes lies on the GPU."""
    for owner in (pyanon.video.source.FileSource, pyanon.video.live.LiveSource):
        decode = owner._decode_packet

        def on_gpu(self: Any, packet: Any, decode: Any = decode) -> list[Any]:
            return [Decoded(frame, place) for frame in decode(self, packet)]

        monkeypatch.setattr(owner, "_decode_packet", on_gpu)
    monkeypatch.setattr(pyanon.video.gpu, "ToRgb", Downloading)
    return Surfaces(place)


def smooth(width: int, height: int, *, number: int) -> np.ndarray:
    """A picture without edges: how finely colour is sampled does not matter there."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([255 * rows / height, 255 * columns / width, 40 + 8 * number + 0 * rows], 2).astype(np.uint8)


def clip(tmp_path: Path, width: int = 64, height: int = 48, **choices: Any) -> Path:
    return write_video(tmp_path / "clip.mp4", (smooth(width, height, number=n) for n in range(8)), **choices)


def on_cpu(path: Path) -> list[Frame]:
    with open_video(path) as source:
        return list(source)


BT709_FULL = {"colorspace": 1, "color_range": 2, "color_primaries": 1, "color_trc": 1}
BT2020 = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": 1}


def read_both(path: Path, surfaces: Surfaces, opened: Any = open_video) -> tuple[list[Frame], list[Frame]]:
    with opened(path, gpu=surfaces) as there, open_video(path) as here:
        assert there.info.colour == here.info.colour
        return list(there), list(here)


@pytest.mark.parametrize("choices", [{}, {"colour": BT709_FULL}], ids=["untagged", "bt709 full range"])
@pytest.mark.parametrize("matrix", [None, (0, 1, -1, 0), (-1, 0, 0, -1), (1, 0, 0, -1)], ids=str)
def test_frames_of_nvdec_stay_on_the_gpu(
    surfaces: Surfaces, tmp_path: Path, choices: dict[str, Any], matrix: tuple[int, int, int, int] | None
) -> None:
    path = clip(tmp_path, **choices)
    if matrix is not None:
        set_display_matrix(path, matrix)
    there, here = read_both(path, surfaces)
    assert len(there) == 8
    for frame, expected in zip(there, here, strict=True):
        assert isinstance(frame.pixels, DeviceArray)
        assert (frame.pts, frame.time_base, frame.index) == (expected.pts, expected.time_base, expected.index)
        assert frame.pixels.shape == expected.pixels.shape
        assert np.abs(frame.picture.astype(int) - expected.picture).max() <= NEAR


@pytest.mark.parametrize(
    ("size", "choices"),
    [
        ((64, 48), {"codec": "libx265", "layout": "yuv420p10le", "options": {"x265-params": "log-level=none"}}),
        ((64, 48), {"colour": BT2020}),
        ((63, 47), {"layout": "yuv444p"}),
    ],
    ids=["10 bits", "bt2020", "odd"],
)
def test_what_the_kernels_do_not_know_is_made_on_the_cpu(
    surfaces: Surfaces, tmp_path: Path, size: tuple[int, int], choices: dict[str, Any]
) -> None:
    there, here = read_both(clip(tmp_path, *size, **choices), surfaces)
    assert len(there) == 8
    for frame, expected in zip(there, here, strict=True):
        np.testing.assert_array_equal(frame.pixels, expected.pixels)


def test_a_live_source_stays_on_the_gpu(surfaces: Surfaces, tmp_path: Path) -> None:
    there, here = read_both(clip(tmp_path), surfaces, lambda path, gpu: open_camera(path, gpu=gpu, queue=8))
    assert len(there) == 8
    for frame, expected in zip(there, here, strict=True):
        assert isinstance(frame.pixels, DeviceArray)
        assert np.abs(frame.picture.astype(int) - expected.picture).max() <= NEAR


def test_where_ffmpeg_finds_no_gpu_the_cpu_decodes(place: Stream, tmp_path: Path) -> None:
    """There is none in the simulation, whatever this machine has: no context of CUDA is current."""
    with open_video(clip(tmp_path), gpu=Surfaces(place)) as source:
        assert all(isinstance(frame.pixels, np.ndarray) for frame in source)


def test_a_gpu_that_fails_is_no_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def decode(self, packet: object) -> NoReturn:
            raise av.error.ExternalError(0, "Generic error in an external library")

    with open_video(clip(tmp_path)) as source:
        monkeypatch.setattr(source, "_stream", SimpleNamespace(codec_context=Context()))
        with pytest.raises(SourceError, match=r"the decoder's device failed; given: .*clip.mp4"):
            source._decode_packet(None)  # type: ignore[attr-defined]
        assert source.corrupt == 0


LIKE = VideoInfo("camera", 64, 48, NTSC, Fraction(1, 30000))


def test_nvenc_is_set_as_libx264_is() -> None:
    chosen = choose_nvenc(format_of("a.mp4"), like=LIKE, quality=None, preset=None)
    assert chosen == Encoder("h264_nvenc", "nv12", {"rc": "vbr", "cq": "20", "b": "0", "bf": "0"})
    assert choose_nvenc(format_of("a.mkv"), like=LIKE, quality=0, preset=None).options["cq"] == "1"  # type: ignore[union-attr]
    live = choose_nvenc(format_of("rtsp://x/y"), like=LIKE, quality=30, preset=None)
    assert live is not None
    assert live.options.items() >= {"cq": "30", "zerolatency": "1", "g": "60"}.items()


@pytest.mark.parametrize(
    ("name", "like", "preset"),
    [
        ("a.mp4", LIKE, "slow"),
        ("a.webm", LIKE, None),
        ("a.gif", LIKE, None),
        ("a.mp4", VideoInfo("x", 63, 48), None),
        ("a.mp4", VideoInfo("x", 62, 48), None),
        ("a.mp4", VideoInfo("x", 64, 48, colour=Colour(chroma=Chroma.FULL)), None),
    ],
)
def test_what_nvenc_is_not_for(name: str, like: VideoInfo, preset: str | None) -> None:
    assert choose_nvenc(format_of(name), like=like, quality=None, preset=preset) is None


@pytest.fixture
def recent() -> None:
    """A PyAV that can encode on a GPU; what an older one does is `why_not`'s to say."""
    if reason := pyanon.video.gpu.why_not():
        pytest.skip(reason)


@pytest.fixture
def nvenc(recent: None, surfaces: Surfaces, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """libx264 in NVENC's place, which takes NV12 as well; tells where each frame came from."""
    told: list[str] = []
    sinks = pyanon.video.sink.VideoSink
    add = sinks._add_stream

    def imported(planes: tuple[DeviceArray, ...], context: object) -> av.VideoFrame:
        told.append("gpu")
        rows = [plane.place.download(plane).reshape(len(plane), -1) for plane in planes]
        return av.VideoFrame.from_ndarray(np.concatenate(rows), format="nv12")

    options = {"crf": "1", "preset": "ultrafast", "bf": "0"}
    monkeypatch.setattr(pyanon.video.sink, "choose_nvenc", lambda *_, **__: Encoder("libx264", "nv12", options))
    monkeypatch.setattr(pyanon.video.sink, "cuda_device", lambda gpu: "the door")
    monkeypatch.setattr(sinks, "_add_stream", lambda self, encoder, door: add(self, encoder, None))
    monkeypatch.setattr(pyanon.video.gpu, "_imported", imported)
    return told


@pytest.mark.parametrize("colour", [None, BT709_FULL], ids=["untagged", "bt709 full range"])
def test_frames_go_to_nvenc_from_the_gpu(
    nvenc: list[str], surfaces: Surfaces, tmp_path: Path, colour: dict[str, int] | None
) -> None:
    path, output = clip(tmp_path, colour=colour), tmp_path / "out.mp4"
    with open_video(path, gpu=surfaces) as source, open_sink(output, like=source.info, gpu=surfaces) as sink:
        frames = list(source)
        for frame in frames:
            sink.write(frame)
        assert (sink.frames, sink.note) == (8, "")
    assert nvenc == ["gpu"] * 8
    assert times(output) == times(path)
    with open_video(output) as back:
        assert back.info.colour == source.info.colour
        for frame, written in zip(back, frames, strict=True):
            assert np.abs(frame.picture.astype(int) - written.picture).max() <= 2 * NEAR


def test_frames_of_the_host_go_there_as_well(nvenc: list[str], surfaces: Surfaces, tmp_path: Path) -> None:
    """A frame that was covered whole comes from the host: it keeps its place among the others."""
    path, output = clip(tmp_path), tmp_path / "out.mp4"
    with open_video(path, gpu=surfaces) as source, open_sink(output, like=source.info, gpu=surfaces) as sink:
        for frame in source:
            pixels = np.full((48, 64, 3), 90, np.uint8) if frame.index == 3 else frame.pixels
            sink.write(Frame(pixels, frame.pts, frame.time_base, frame.index))
    assert nvenc == ["gpu"] * 7
    grey = [np.ptp(frame.picture) <= NEAR for frame in on_cpu(output)]
    assert grey == [n == 3 for n in range(8)]


def test_without_nvenc_frames_of_the_gpu_are_written_all_the_same(surfaces: Surfaces, tmp_path: Path) -> None:
    path, output = clip(tmp_path), tmp_path / "out.mp4"
    with open_video(path, gpu=surfaces) as source, open_sink(output, like=source.info, gpu=surfaces) as sink:
        for frame in source:
            sink.write(frame)
        reason = pyanon.video.gpu.why_not() or "FFmpeg does not find the GPU"
        assert (sink.codec, sink.note) == ("libx264", f"{reason}: the CPU encodes")
    assert times(output) == times(path)


def test_nvenc_that_cannot_be_opened(
    recent: None, place: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real one, which finds no context: what was begun is undone, and libx264 writes the same file as ever."""
    options = {"primary_ctx": "0", "current_ctx": "1"}
    for user in (pyanon.video.sink, pyanon.video.gpu):
        monkeypatch.setattr(user, "cuda_device", lambda gpu: HWAccel("cuda", "0", options=options, is_hw_owned=True))
    path, plain, output = clip(tmp_path, sound="aac"), tmp_path / "plain.mp4", tmp_path / "out.mp4"
    for target, gpu in ((plain, None), (output, Surfaces(place))):
        with open_video(path) as source, open_sink(target, like=source.info, audio="copy", gpu=gpu) as sink:
            for frame in source:
                sink.write(frame)
    assert sink.codec == "libx264"
    assert sink.note.startswith("NVENC cannot be opened (")
    assert pyanon.video.gpu.nvenc_fault(Surfaces(place)) in sink.note
    assert output.read_bytes() == plain.read_bytes()


def real(absent: Callable[[str], NoReturn], place: Stream) -> Surfaces:
    if not cuda.is_built():
        absent("this pyanon was built without CUDA kernels")
    surfaces = Surfaces(place)
    if pyanon.video.gpu.cuda_device(surfaces) is None:
        absent(pyanon.video.gpu.why_not() or pyanon.video.gpu.NO_DOOR)
    return surfaces


@pytest.mark.gpu
@pytest.mark.parametrize("matrix", [None, (0, 1, -1, 0)], ids=str)
def test_nvdec_gives_what_the_cpu_decodes(
    tmp_path: Path,
    gpu_place: Stream,
    gpu_absent: Callable[[str], NoReturn],
    matrix: tuple[int, int, int, int] | None,
) -> None:
    surfaces = real(gpu_absent, gpu_place)
    path = clip(tmp_path, 640, 480)
    if matrix is not None:
        set_display_matrix(path, matrix)
    there, here = read_both(path, surfaces)
    if not isinstance(there[0].pixels, DeviceArray):
        gpu_absent("NVDEC does not decode here (is the capability 'video' given to this container?)")
    turn = Orientation.from_matrix((*matrix[:2], 0, *matrix[2:])) if matrix is not None else UPRIGHT
    with av.open(str(path)) as container:
        decoded = [frame.reformat(format="nv12").to_ndarray() for frame in container.decode(video=0)]
    for frame, expected, nv12 in zip(there, here, decoded, strict=True):
        assert (frame.pts, frame.index) == (expected.pts, expected.index)
        chroma = np.ascontiguousarray(nv12[480:]).reshape(240, 320, 2)
        exact = turn.apply(ops.rgb_from_nv12(nv12[:480], chroma=chroma, standard="bt601"))
        assert np.abs(frame.picture.astype(int) - exact).max() <= 2


@pytest.mark.gpu
def test_nvenc_writes_what_it_is_given(
    tmp_path: Path, gpu_place: Stream, gpu_absent: Callable[[str], NoReturn]
) -> None:
    surfaces = real(gpu_absent, gpu_place)
    path, output = clip(tmp_path, 640, 480), tmp_path / "out.mp4"
    with open_video(path) as source, open_sink(output, like=source.info, quality=1, gpu=surfaces) as sink:
        if sink.codec != "h264_nvenc":
            gpu_absent(sink.note)
        frames = list(source)
        for frame in frames:
            on_gpu = gpu_place.upload(frame.picture) if frame.index % 2 else frame.picture
            sink.write(Frame(on_gpu, frame.pts, frame.time_base, frame.index))
    assert times(output) == times(path)
    for written, expected in zip(on_cpu(output), frames, strict=True):
        assert np.abs(written.picture.astype(int) - expected.picture).mean() <= 2

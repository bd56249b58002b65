"""Reading videos: frames, times, orientation, and inputs that are not what they should be."""

from __future__ import annotations

import itertools
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pyanon.errors import InputError, SourceNotFoundError, TruncatedSourceError, UnsupportedMediaError
from pyanon.types import Frame
from pyanon.video import open_video
from tests.video.media import (
    NTSC,
    NTSC_BASE,
    QUADRANTS,
    add_sound,
    card,
    noise,
    set_display_matrix,
    write_tone,
    write_video,
)


def cards(count: int, *, width: int = 64, height: int = 48) -> list[np.ndarray]:
    return [card(width, height, number=index % 40) for index in range(count)]


def test_frames_carry_exact_times_and_numbers(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", cards(12))
    with open_video(path) as source:
        frames = list(source)
    assert source.info.rate == NTSC
    assert [frame.pts * frame.time_base for frame in frames] == [index / NTSC for index in range(12)]
    assert [frame.index for frame in frames] == list(range(12))
    assert all(frame.pixels.shape == (48, 64, 3) for frame in frames)


def test_info_tells_what_the_container_says(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", cards(30), sound="aac")
    with open_video(path) as source:
        info = source.info
    assert (info.width, info.height, info.frame_count, info.codec) == (64, 48, 30, "h264")
    assert info.time_base == NTSC_BASE
    assert info.duration == pytest.approx(30 / NTSC, abs=0.04)
    assert [(audio.codec, audio.rate, audio.channels) for audio in info.audio] == [("aac", 48000, 1)]
    assert not info.live


def test_variable_frame_rate_is_told_and_kept(tmp_path: Path) -> None:
    pts = [0, 1001, 5005, 5100, 20000, 20001, 90000]
    path = write_video(tmp_path / "a.mp4", cards(7), pts=pts)
    with open_video(path) as source:
        assert [frame.pts for frame in source] == pts
    assert source.info.variable_rate


def corners(pixels: np.ndarray) -> list[int]:
    """Which quadrant of the test card is seen at top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    points = itertools.product((height // 4, 3 * height // 4), (width // 4, 3 * width // 4))
    palette = np.array(QUADRANTS, int)
    return [int(np.abs(palette - pixels[y, x].astype(int)).sum(1).argmin()) for y, x in points]


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), [0, 1, 2, 3]),
        ((0, 1, -1, 0), [2, 0, 3, 1]),  # a quarter turn clockwise, as most telephones hold it
        ((-1, 0, 0, -1), [3, 2, 1, 0]),
        ((0, -1, 1, 0), [1, 3, 0, 2]),
        ((-1, 0, 0, 1), [1, 0, 3, 2]),  # mirrored, as selfie cameras do
        ((1, 0, 0, -1), [2, 3, 0, 1]),
        ((0, 1, 1, 0), [0, 2, 1, 3]),
        ((0, -1, -1, 0), [3, 1, 2, 0]),
    ],
)
def test_every_orientation_is_turned_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], expected: list[int]
) -> None:
    path = set_display_matrix(write_video(tmp_path / "a.mp4", cards(2)), matrix)
    with open_video(path) as source:
        frame = next(iter(source))
    swapped = matrix[0] == 0
    assert (source.info.width, source.info.height) == ((48, 64) if swapped else (64, 48))
    assert frame.pixels.shape == ((64, 48, 3) if swapped else (48, 64, 3))
    assert frame.pixels.flags.c_contiguous
    assert corners(frame.pixels) == expected


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (641, 361)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write_video(tmp_path / "a.mkv", cards(3, width=size[0], height=size[1]), layout="yuv444p")
    with open_video(path) as source:
        frames = list(source)
    assert [(frame.width, frame.height) for frame in frames] == [size] * 3


def test_a_stream_that_changes_its_size_is_given_out_at_its_first_size(tmp_path: Path) -> None:
    small = write_video(tmp_path / "a.ts", cards(5)).read_bytes()
    large = write_video(tmp_path / "b.ts", cards(5, width=128, height=96)).read_bytes()
    (tmp_path / "c.ts").write_bytes(small + large)
    with open_video(tmp_path / "c.ts") as source:
        frames = list(source)
    assert len(frames) == 10
    assert {frame.pixels.shape for frame in frames} == {(48, 64, 3)}
    assert corners(frames[-1].pixels) == [0, 1, 2, 3]
    stamps = [frame.pts for frame in frames]
    assert stamps == sorted(set(stamps)), "the clock of the second half starts anew, the frames' must not"


def test_frames_without_time_stamps_get_the_rate_of_the_stream(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.h264", cards(8), rate=Fraction(25), time_base=Fraction(1, 25))
    with open_video(path) as source:
        moments = [frame.pts * frame.time_base for frame in source]
    assert [later - earlier for earlier, later in itertools.pairwise(moments)] == [Fraction(1, 25)] * 7


def test_cover_art_is_not_the_video(tmp_path: Path) -> None:
    def add_cover(output: av.container.OutputContainer) -> None:
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 300, 300, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(card(300, 300), format="rgb24").reformat(format="yuvj420p")
        cover.codec_context.time_base = Fraction(1, 25)
        packets = cover.encode(frame) + cover.encode(None)
        output.start_encoding()
        output.mux(packets)

    path = write_video(tmp_path / "a.mp4", cards(4), extra=add_cover)
    with open_video(path) as source:
        assert len(list(source)) == 4
    assert (source.info.width, source.info.height) == (64, 48)
    assert source.info.left_out == ("1 cover picture",)


def test_frames_can_be_read_once_only(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / "a.mp4", cards(3))) as source:
        list(source)
        with pytest.raises(InputError, match="read once"):
            iter(source)


def test_closing_while_reading_ends_the_frames(tmp_path: Path) -> None:
    source = open_video(write_video(tmp_path / "a.mp4", cards(30)))
    frames = iter(source)
    next(frames)
    closer = threading.Thread(target=source.close)
    closer.start()
    closer.join()
    assert len(list(frames)) < 29
    source.close()


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_corrupt_packets_in_the_middle_cost_only_themselves(tmp_path: Path, codec: str) -> None:
    pictures = [noise(64, 48, seed=index) for index in range(60)]
    path = write_video(tmp_path / "a.mp4", pictures, codec=codec, muxer={"movflags": "+faststart"}, options={"g": "5"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(np.random.default_rng(0).integers(0, 255, 3000, np.uint8))
    path.write_bytes(data)
    with open_video(path) as source:
        frames = list(source)
    assert frames[-1].pts == round(59 / NTSC / NTSC_BASE)
    assert 40 <= len(frames) <= 60
    if codec == "libx264":
        assert source.corrupt > 0


@pytest.mark.parametrize(
    ("name", "muxer"),
    [
        ("a.mp4", {"movflags": "+faststart"}),
        ("a.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("a.mkv", {}),
        ("a.webm", {}),
        ("a.avi", {}),
    ],
)
def test_a_truncated_video_delivers_what_it_has_and_then_says_so(
    tmp_path: Path, name: str, muxer: dict[str, str]
) -> None:
    codec = "libvpx" if name.endswith("webm") else "mpeg4" if name.endswith("avi") else "libx264"
    pictures = [noise(64, 48, seed=index) for index in range(50)]
    path = write_video(
        tmp_path / name,
        pictures,
        codec=codec,
        muxer=muxer,
        rate=Fraction(25),
        time_base=Fraction(1, 25),
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    frames: list[Frame] = []
    with open_video(path) as source, pytest.raises(TruncatedSourceError, match="breaks off"):
        frames.extend(source)
    assert 15 <= len(frames) < 45


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts", "a.webm", "a.mov"])
def test_a_complete_video_is_not_called_truncated(tmp_path: Path, name: str) -> None:
    codec = "libvpx" if name.endswith("webm") else "mpeg4" if name.endswith("avi") else "libx264"
    path = write_video(
        tmp_path / name, cards(20), codec=codec, rate=Fraction(25), time_base=Fraction(1, 25), sound=None
    )
    with open_video(path) as source:
        assert len(list(source)) == 20


def test_damage_that_swallows_the_rest_of_a_matroska_file_is_told(tmp_path: Path) -> None:
    pictures = [noise(64, 48, seed=index) for index in range(60)]
    path = write_video(tmp_path / "a.mkv", pictures)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) - 200] = bytes(len(data) - 200 - len(data) // 3)
    path.write_bytes(data)
    with open_video(path) as source, pytest.raises(TruncatedSourceError, match="breaks off"):
        list(source)


def test_an_index_that_is_cut_off_is_truncation(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [noise(64, 48, seed=index) for index in range(20)])
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(TruncatedSourceError, match="before the index"):
        open_video(path)


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        write_tone(output, add_sound(output, "aac"), seconds=0.5)
    return path


def test_inputs_that_are_no_video_get_an_error_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("these are words, and no pictures at all\n" * 100)
    (tmp_path / "text.txt").write_text("these are words, and no pictures at all\n" * 100)
    (tmp_path / "bytes.mp4").write_bytes(np.random.default_rng(0).bytes(20000))
    Image.new("RGB", (20, 20)).save(tmp_path / "photo.jpg")
    (tmp_path / "folder.mp4").mkdir()
    expected = {
        "empty.mp4": "empty file",
        "text.mp4": "not a video",
        "text.txt": "not a video",
        "bytes.mp4": "not a video",
        "photo.jpg": "still picture",
        "folder.mp4": "folder",
        write_sound(tmp_path / "sound.m4a").name: "sound only",
    }
    for name, text in expected.items():
        with pytest.raises(UnsupportedMediaError, match=text):
            open_video(tmp_path / name)
    with pytest.raises(SourceNotFoundError, match="does not exist"):
        open_video(tmp_path / "missing.mp4")


@pytest.mark.parametrize(
    ("name", "muxer", "text"),
    [
        ("a.mp4", {"movflags": "empty_moov+frag_keyframe"}, "no frames"),
        ("a.mp4", {}, "no video stream"),
        ("a.mkv", {}, "not a video"),
    ],
)
def test_a_video_of_no_length_is_told(tmp_path: Path, name: str, muxer: dict[str, str], text: str) -> None:
    with av.open(str(tmp_path / name), "w", container_options=muxer) as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        output.start_encoding()
    with pytest.raises(UnsupportedMediaError, match=text):
        open_video(tmp_path / name)


def test_names_that_look_like_addresses_or_patterns_are_files(tmp_path: Path) -> None:
    for name in ("rtsp:odd.mp4", "%03d.mp4", "-i.mp4", "with space ä.mp4", "a?b#c.mp4"):
        (tmp_path / name).write_bytes(write_video(tmp_path / "a.mp4", cards(2)).read_bytes())
        with open_video(tmp_path / name) as source:
            assert len(list(source)) == 2


def test_a_playlist_cannot_make_us_read_other_files(tmp_path: Path) -> None:
    write_video(tmp_path / "secret.mp4", cards(2))
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(UnsupportedMediaError, match="not a video"):
        open_video(tmp_path / "list.mp4")


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animated_picture_is_a_video(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind.lower()}"
    pictures = [Image.fromarray(card(40, 30, number=index * 5)) for index in range(4)]
    options = {"lossless": True} if kind == "WEBP" else {}
    pictures[0].save(path, kind, save_all=True, append_images=pictures[1:], duration=[100, 40, 200, 60], **options)
    with open_video(path) as source:
        frames = list(source)
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.14, 0.34])
    assert corners(frames[0].pixels) == [0, 1, 2, 3]
    assert frames[3].pixels.mean() < frames[0].pixels.mean() * 0.8


def test_a_truncated_animation_delivers_what_it_has_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    pictures = [Image.fromarray(noise(64, 48, seed=index)) for index in range(6)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    frames: list[Frame] = []
    with open_video(path) as source, pytest.raises(TruncatedSourceError, match="breaks off"):
        frames.extend(source)
    assert 2 <= len(frames) < 6


def test_8k_is_read_frame_by_frame(tmp_path: Path) -> None:
    picture = card(64, 36).repeat(120, axis=0).repeat(120, axis=1)
    path = write_video(tmp_path / "a.mp4", [picture], options={"preset": "ultrafast"})
    with open_video(path) as source:
        frame = next(iter(source))
    assert frame.pixels.shape == (4320, 7680, 3)
    assert corners(frame.pixels) == [0, 1, 2, 3]

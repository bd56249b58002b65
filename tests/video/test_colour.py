"""Colours: matrix, range, depth and sampling are honoured on the way in and tagged the same on the way out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pyanon.types import Frame
from pyanon.video import open_sink, open_video
from pyanon.video.colour import FromRgb, ToRgb, colour_of
from pyanon.video.info import Chroma, Colour
from tests.video.media import card, write_video

LIMITED, FULL = 1, 2
BT709, BT601, BT2020 = 1, 5, 9

#: Pure red as each standard writes it: Y, Cb, Cr (ITU-R BT.601, BT.709 and BT.2020, 8 bits).
RED = {
    (BT601, LIMITED): (81, 90, 240),
    (BT601, FULL): (76, 85, 255),
    (BT709, LIMITED): (63, 102, 240),
    (BT709, FULL): (54, 99, 255),
    (BT2020, LIMITED): (74, 97, 240),
}


def solid(samples: tuple[int, ...], *, layout: str = "yuv420p", width: int = 64, height: int = 48) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, layout)
    for plane, value in zip(frame.planes, samples, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


@pytest.mark.parametrize(("matrix", "span"), RED)
def test_red_is_red_in_every_standard(matrix: int, span: int) -> None:
    frame = solid(RED[matrix, span])
    frame.colorspace, frame.color_range = matrix, span
    pixels = ToRgb(64, 48)(frame)
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 3
    assert colour_of(frame) == Colour(matrix=matrix, full_range=span == FULL)


@pytest.mark.parametrize(("matrix", "span"), RED)
def test_red_is_written_as_the_standard_says(matrix: int, span: int) -> None:
    convert = FromRgb(layout="yuv420p", colour=Colour(matrix=matrix, full_range=span == FULL), height=48)
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    samples = [bytes(plane)[0] for plane in convert(red).planes]
    assert np.abs(np.subtract(samples, RED[matrix, span])).max() <= 1


def test_one_converter_serves_frames_of_different_standards() -> None:
    convert = ToRgb(64, 48)
    for matrix, span in (*RED, *reversed(RED)):
        frame = solid(RED[matrix, span])
        frame.colorspace, frame.color_range = matrix, span
        assert np.abs(convert(frame).astype(int) - (255, 0, 0)).max() <= 3


def test_the_j_formats_are_full_range() -> None:
    frame = solid(RED[BT601, FULL], layout="yuvj420p")
    assert colour_of(frame).full_range is True
    assert np.abs(ToRgb(64, 48)(frame).astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize(("height", "matrix"), [(480, BT601), (720, BT709), (1080, BT709)])
def test_where_nothing_is_stated_the_size_decides_as_in_players(height: int, matrix: int) -> None:
    frame = solid(RED[matrix, LIMITED], width=64, height=height)
    assert np.abs(ToRgb(64, height)(frame).astype(int) - (255, 0, 0)).max() <= 3


def average(path: Path) -> np.ndarray:
    with open_video(path) as video:
        return next(iter(video)).pixels.reshape(-1, 3).mean(0)


@pytest.mark.parametrize("span", [LIMITED, FULL])
@pytest.mark.parametrize(("matrix", "primaries", "transfer"), [(1, 1, 1), (5, 5, 6), (6, 6, 6), (9, 9, 16)])
def test_tags_and_colours_survive_the_way_through(
    tmp_path: Path, span: int, matrix: int, primaries: int, transfer: int
) -> None:
    colour = {"colorspace": matrix, "color_range": span, "color_primaries": primaries, "color_trc": transfer}
    source = write_video(tmp_path / "a.mp4", [card(64, 48)] * 2, colour=colour)
    with open_video(source) as video, open_sink(tmp_path / "b.mp4", like=video.info) as sink:
        assert video.info.colour == Colour(matrix, span == FULL, primaries, transfer)
        for frame in video:
            sink.write(frame)
    with open_video(tmp_path / "b.mp4") as video:
        assert video.info.colour == Colour(matrix, span == FULL, primaries, transfer)
    assert np.abs(average(tmp_path / "b.mp4") - average(source)).max() < 3


@pytest.mark.parametrize(
    ("layout", "chroma", "depth"),
    [
        ("yuv420p", Chroma.HALF, 8),
        ("yuv422p", Chroma.HALF_WIDTH, 8),
        ("yuv444p", Chroma.FULL, 8),
        ("yuv420p10le", Chroma.HALF, 10),
        ("yuv444p10le", Chroma.FULL, 10),
        ("gray", Chroma.HALF, 8),
        ("gray10le", Chroma.HALF, 10),
    ],
)
def test_depths_samplings_and_grey(tmp_path: Path, layout: str, chroma: Chroma, depth: int) -> None:
    source = write_video(tmp_path / "a.mkv", [card(64, 48)] * 2, layout=layout)
    with open_video(source) as video, open_sink(tmp_path / "b.mkv", like=video.info) as sink:
        assert (video.info.colour.chroma, video.info.colour.depth) == (chroma, depth)
        first = next(iter(video))
        sink.write(first)
    wanted = card(64, 48).astype(int)
    if layout.startswith("gray"):
        assert (first.pixels == first.pixels[..., :1]).all()
    else:
        assert np.abs(first.pixels[10, 10].astype(int) - wanted[10, 10]).max() <= 8
    with open_video(tmp_path / "b.mkv") as video:
        assert (video.info.colour.chroma, video.info.colour.depth) == (chroma, 8)
        assert np.abs(next(iter(video)).pixels.astype(int) - first.pixels).mean() < 4


@pytest.mark.parametrize(("codec", "layout"), [("ffv1", "yuva420p"), ("png", "rgba"), ("ffv1", "gbrp16le")])
def test_alpha_and_rgb_in_16_bits(tmp_path: Path, codec: str, layout: str) -> None:
    name = "a.mov" if codec == "png" else "a.mkv"
    source = write_video(tmp_path / name, [card(64, 48)] * 2, codec=codec, layout=layout)
    with open_video(source) as video, open_sink(tmp_path / "b.mp4", like=video.info) as sink:
        for frame in video:
            assert np.abs(frame.pixels.astype(int) - card(64, 48)).mean() < 3
            sink.write(frame)
    with open_video(tmp_path / "b.mp4") as video:
        assert np.abs(next(iter(video)).pixels.astype(int) - card(64, 48)).mean() < 6
        if layout != "yuva420p":
            assert video.info.colour.matrix == 6, "what was RGB must say how it became YCbCr"


def test_the_way_through_costs_little_quality() -> None:
    """YCbCr -> RGB -> YCbCr: what is not a face stays what it was, but for a level or two (docs/video.md)."""
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.integers(60, 200, (6, 8, 3)), np.ones((8, 8, 1), int)).astype(np.uint8)
    colour = Colour(matrix=BT709, full_range=False)
    there, back = FromRgb(layout="yuv420p", colour=colour, height=48), ToRgb(64, 48)
    original = there(smooth)
    again = there(back(original))
    for before, after in zip(original.planes, again.planes, strict=True):
        difference = np.frombuffer(after, np.uint8).astype(int) - np.frombuffer(before, np.uint8)
        assert np.abs(difference).mean() <= 1.2


def test_pixels_of_the_caller_are_not_touched_and_not_kept(tmp_path: Path) -> None:
    pixels = card(64, 48)
    before = pixels.copy()
    with open_video(write_video(tmp_path / "a.mp4", [card(64, 48)])) as video:
        info = video.info
    for name in ("b.mp4", "b.gif", "b.apng"):
        with open_sink(tmp_path / name, like=info) as sink:
            sink.write(Frame(pixels, pts=0, time_base=Fraction(1, 30000)))
            assert (pixels == before).all()
            pixels[:] = 0  # as a caller does who uses one buffer for all frames
            sink.write(Frame(pixels, pts=3003, time_base=Fraction(1, 30000)))
            pixels[:] = before
        assert np.abs(average(tmp_path / name) - before.reshape(-1, 3).mean(0)).max() < 4

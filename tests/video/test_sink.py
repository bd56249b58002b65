"""Writing videos: exact times, exact sizes, atomic files, and outputs that cannot be written."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pyanon.errors import InputError, SinkError, TruncatedSourceError
from pyanon.types import Frame
from pyanon.video import VideoInfo, atomic, formats, open_sink, open_video
from tests.video.media import NTSC, NTSC_BASE, card, noise, set_display_matrix, sound_packets, times, write_video


def copy(source: Path, output: Path, **choices: object) -> Path:
    with open_video(source) as video, open_sink(output, like=video.info, **choices) as sink:
        for frame in video:
            sink.write(frame)
    return output


def frames(count: int, *, width: int = 64, height: int = 48, pts: Iterable[int] | None = None) -> list[Frame]:
    return [
        Frame(card(width, height, number=index % 40), pts=stamp, time_base=NTSC_BASE, index=index)
        for index, stamp in enumerate(pts if pts is not None else range(0, 1001 * count, 1001))
    ]


def like(width: int = 64, height: int = 48, **known: object) -> VideoInfo:
    return VideoInfo("", width, height, rate=NTSC, time_base=NTSC_BASE, **known)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


IRREGULAR = [0, 1001, 5005, 5100, 20000, 20001, 90000, 90500]
LATE = [45045 + stamp for stamp in IRREGULAR]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
@pytest.mark.parametrize("pts", [None, IRREGULAR, LATE], ids=["constant", "variable", "late start"])
def test_times_are_exact_to_the_unit(tmp_path: Path, suffix: str, pts: list[int] | None) -> None:
    pictures = [card(64, 48, number=index) for index in range(8)]
    source = write_video(tmp_path / "a.mp4", pictures, pts=pts, muxer={"movie_timescale": "30000"})
    output = copy(source, tmp_path / f"b{suffix}")
    assert times(output) == times(source) == [stamp * NTSC_BASE for stamp in pts or range(0, 8008, 1001)]


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "libx264"), (".webm", "libvpx")])
@pytest.mark.parametrize("container", [".mkv", ".webm", ".mp4", ".mov"])
def test_times_of_matroska_are_exact_everywhere(tmp_path: Path, suffix: str, codec: str, container: str) -> None:
    pictures = [card(64, 48, number=index) for index in range(8)]
    distinct = [45045, 46046, 50050, 50145, 65045, 65080, 135045, 135545]  # at least a millisecond apart
    source = write_video(tmp_path / f"a{suffix}", pictures, codec=codec, pts=distinct)
    assert times(copy(source, tmp_path / f"b{container}")) == times(source)


@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_matroska_tells_milliseconds_and_keeps_the_rate(tmp_path: Path, suffix: str) -> None:
    source = write_video(tmp_path / "a.mp4", [card(64, 48, number=index) for index in range(20)])
    output = copy(source, tmp_path / f"b{suffix}")
    differences = [abs(ours - theirs) for ours, theirs in zip(times(output), times(source), strict=True)]
    assert max(differences) <= Fraction(1, 2000)
    with av.open(str(output)) as container:
        assert container.streams.video[0].average_rate == NTSC


def test_transport_streams_keep_their_clock(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.ts", [card(64, 48, number=index) for index in range(8)], options={"bf": "0"})
    assert times(copy(source, tmp_path / "b.ts")) == times(source)
    assert times(copy(source, tmp_path / "b.mp4")) == times(source)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(60000, 1001), Fraction(120)])
def test_rates_survive(tmp_path: Path, rate: Fraction) -> None:
    source = write_video(
        tmp_path / "a.mp4", [card(64, 48, number=index) for index in range(20)], rate=rate, time_base=1 / rate
    )
    output = copy(source, tmp_path / "b.mp4")
    assert times(output) == times(source) == [index / rate for index in range(20)]
    with open_video(output) as video:
        assert video.info.rate == rate


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".gif", ".webp", ".apng", ".png"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (65, 41), (64, 47), (63, 48)])
def test_every_size_comes_out_as_it_is(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    output = tmp_path / f"a{suffix}"
    with open_sink(output, like=like(*size)) as sink:
        for index in range(4):  # far apart: WebP takes frames that look the same for one
            sink.write(Frame(card(*size, number=10 * index), pts=1001 * index, time_base=NTSC_BASE))
    with open_video(output) as video:
        assert [(frame.width, frame.height) for frame in video] == [size] * 4


def test_641x361_into_h264(tmp_path: Path) -> None:
    with open_sink(tmp_path / "a.mp4", like=like(641, 361)) as sink:
        for frame in frames(3, width=641, height=361):
            sink.write(frame)
    with open_video(tmp_path / "a.mp4") as video:
        pictures = [frame.pixels for frame in video]
    assert video.info.codec == "h264"
    assert np.abs(pictures[0].astype(int) - card(641, 361)).mean() < 4


def test_the_picture_survives(tmp_path: Path) -> None:
    for suffix in (".mp4", ".mkv", ".webm", ".gif", ".webp", ".apng"):
        with open_sink(tmp_path / f"a{suffix}", like=like(128, 96)) as sink:
            for frame in frames(3, width=128, height=96):
                sink.write(frame)
        with open_video(tmp_path / f"a{suffix}") as video:
            error = np.abs(next(iter(video)).pixels.astype(int) - card(128, 96)).mean()
        assert error < 5, suffix


def test_a_turned_video_is_written_upright_and_says_nothing_of_a_turn(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mp4", [card(64, 48)] * 2)
    output = copy(set_display_matrix(source, (0, 1, -1, 0)), tmp_path / "b.mp4")
    with av.open(str(output)) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height, frame.rotation) == (48, 64, 0)


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    with open_sink(output, like=like(sample_aspect=Fraction(4, 3))) as sink:
        sink.write(frames(1)[0])
    with open_video(output) as video:
        assert video.info.sample_aspect == Fraction(4, 3)


def test_nothing_appears_before_the_end(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    sink = open_sink(output, like=like())
    for frame in frames(5):
        sink.write(frame)
        assert not output.exists()
    sink.close()
    sink.close()
    assert output.exists()
    assert leftovers(tmp_path) == []


def test_an_error_leaves_nothing_and_spoils_nothing(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    output.write_text("from before")
    sink = open_sink(output, like=like())

    def fail() -> None:
        with sink:
            sink.write(frames(1)[0])
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert output.read_text() == "from before"
    assert leftovers(tmp_path) == []
    with pytest.raises(InputError, match="closed"):
        sink.write(frames(1)[0])


def test_a_finished_file_replaces_the_old_one_and_keeps_its_permissions(tmp_path: Path) -> None:
    output = tmp_path / "a.mp4"
    output.write_text("from before")
    output.chmod(0o640)
    with open_sink(output, like=like()) as sink:
        sink.write(frames(1)[0])
    assert stat.S_IMODE(output.stat().st_mode) == 0o640
    assert len(times(output)) == 1


def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    with open_sink(tmp_path / "a.mp4", like=like()) as sink:
        sink.write(frames(1)[0])
    assert (tmp_path / "a.mp4").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_truncated_source_keeps_what_was_decoded(tmp_path: Path) -> None:
    pictures = [noise(64, 48, seed=index) for index in range(50)]
    source = write_video(tmp_path / "a.mp4", pictures, muxer={"movflags": "+faststart"})
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    with pytest.raises(TruncatedSourceError):
        copy(source, tmp_path / "b.mp4")
    assert 15 <= len(times(tmp_path / "b.mp4")) < 45
    assert leftovers(tmp_path) == []


def test_the_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "real" / "a.mp4")
    with open_sink(tmp_path / "link.mp4", like=like()) as sink:
        sink.write(frames(1)[0])
    assert (tmp_path / "link.mp4").is_symlink()
    assert len(times(tmp_path / "real" / "a.mp4")) == 1


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mp4", [card(64, 48)] * 2)
    (tmp_path / "soft.mp4").symlink_to(source)
    os.link(source, tmp_path / "hard.mp4")
    before = source.read_bytes()
    for name in ("a.mp4", "soft.mp4", "hard.mp4", "../" + tmp_path.name + "/a.mp4"):
        with pytest.raises(InputError, match="input itself"):
            copy(source, tmp_path / name)
    assert source.read_bytes() == before
    assert leftovers(tmp_path) == []


def test_outputs_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    for output, text in {
        "folder.mp4": "is a folder",
        "pipe.mp4": "device or a pipe",
        "missing/a.mp4": "does not exist",
    }.items():
        with pytest.raises(SinkError, match=text):
            open_sink(tmp_path / output, like=like())
    for output in ("a.txt", "a", "a.jpg", "gopher://a/b"):
        with pytest.raises(InputError, match="no video can be written"):
            open_sink(output, like=like())


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(atomic.os, "open", refuse)
    with pytest.raises(SinkError, match="Permission denied"):
        open_sink(tmp_path / "a.mp4", like=like())


class _FullDisk:
    """A file on a disk with room for so many bytes."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 100, 100_000])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".gif"])
def test_a_full_disk_is_told_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, suffix: str
) -> None:
    """Wherever it runs full: in the header or in the middle; the very end has a test of its own."""
    output = tmp_path / f"a{suffix}"
    output.write_text("from before")
    real = atomic.os.fdopen
    monkeypatch.setattr(atomic.os, "fdopen", lambda *given, **named: _FullDisk(real(*given, **named), room))

    def write() -> None:
        with open_sink(output, like=like(), quality=4) as sink:
            for index in range(30):
                sink.write(Frame(noise(64, 48, seed=index), pts=1001 * index, time_base=NTSC_BASE))

    with pytest.raises(SinkError, match="No space left"):
        write()
    assert output.read_text() == "from before"
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_runs_full_on_the_last_flush_is_told(tmp_path: Path) -> None:
    file = atomic.AtomicFile(tmp_path / "a.mp4")
    os.dup2(os.open("/dev/full", os.O_WRONLY), file._file.fileno())
    file.write(b"some bytes that stay in the buffer")
    with pytest.raises(SinkError, match="No space left"):
        file.commit()
    assert list(tmp_path.iterdir()) == []


def test_no_frame_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="no frame"), open_sink(tmp_path / "a.mp4", like=like()):
        pass
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_or_out_of_order_are_refused(tmp_path: Path) -> None:
    first, second = frames(2)
    with open_sink(tmp_path / "a.mp4", like=like()) as sink:
        sink.write(second)
        with pytest.raises(InputError, match="not later"):
            sink.write(first)
        with pytest.raises(InputError, match="size"):
            sink.write(frames(1, width=32)[0])
    assert len(times(tmp_path / "a.mp4")) == 1


def test_another_time_base_is_converted(tmp_path: Path) -> None:
    with open_sink(tmp_path / "a.mp4", like=like()) as sink:
        for index in range(4):
            sink.write(Frame(card(64, 48), pts=index * 40, time_base=Fraction(1, 1000)))
    assert times(tmp_path / "a.mp4") == [index * Fraction(1, 25) for index in range(4)]


@pytest.mark.parametrize(
    ("suffix", "sound", "container"),
    [(".mp4", "aac", ".mp4"), (".mp4", "aac", ".mkv"), (".mkv", "libopus", ".webm"), (".mkv", "libopus", ".mkv")],
)
def test_sound_is_copied_untouched_and_in_step(tmp_path: Path, suffix: str, sound: str, container: str) -> None:
    pictures = [card(64, 48, number=index % 40) for index in range(60)]
    source = write_video(tmp_path / f"a{suffix}", pictures, sound=sound)
    output = copy(source, tmp_path / f"b{container}", audio="copy")
    ours, theirs = sound_packets(output), sound_packets(source)
    assert [data for _, data in ours] == [data for _, data in theirs]
    shifts = [mine - other for (mine, _), (other, _) in zip(ours, theirs, strict=True)]
    pictured = [mine - other for mine, other in zip(times(output), times(source), strict=True)]
    drift = max(abs(value) for value in (*shifts, *pictured))
    assert drift <= (Fraction(1, 1000) if container != suffix else Fraction(0))


def test_sound_is_dropped_unless_asked_for(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mp4", [card(64, 48)] * 10, sound="aac")
    with av.open(str(copy(source, tmp_path / "b.mp4"))) as container:
        assert not container.streams.audio


def test_sound_ends_with_the_pictures_where_the_rest_is_not_wanted(tmp_path: Path) -> None:
    pictures = [card(64, 48, number=index % 40) for index in range(90)]
    source = write_video(tmp_path / "a.mp4", pictures, sound="aac")
    with open_video(source) as video, open_sink(tmp_path / "b.mp4", like=video.info, audio="copy") as sink:
        for frame in itertools.islice(video, 30):
            sink.write(frame)
        sink.end_here()
    assert 0.9 < sound_packets(tmp_path / "b.mp4")[-1][0] < 1.1


def test_sound_is_interleaved(tmp_path: Path) -> None:
    """A player must not have to read to the end of the file to find the sound of its first second."""
    pictures = [noise(64, 48, seed=index) for index in range(120)]
    source = write_video(tmp_path / "a.mp4", pictures, sound="aac")
    output = copy(source, tmp_path / "b.mp4", audio="copy")
    with av.open(str(output)) as container:
        order = [packet.stream.type for packet in container.demux() if packet.size]
    assert order.index("audio") < 10
    assert max(len(list(group)) for kind, group in itertools.groupby(order) if kind == "video") < 30


def test_sound_that_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mp4", [card(64, 48)] * 5, sound="aac")
    with pytest.raises(InputError, match="cannot hold the sound"):
        copy(source, tmp_path / "b.webm", audio="copy")
    assert not (tmp_path / "b.webm").exists()
    assert leftovers(tmp_path) == []
    with pytest.raises(InputError, match="unknown choice"):
        copy(source, tmp_path / "b.mp4", audio="keep")


def test_everything_else_is_left_out(tmp_path: Path) -> None:
    tags = {"title": "A walk", "comment": "with Anna", "location": "+52.5+013.4/", "artist": "Ben"}

    def add_others(output: av.container.OutputContainer) -> None:
        output.add_attachment("font.ttf", "font/ttf", b"some bytes of a font")
        output.set_chapters(
            [{"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": "Anna comes"}}]
        )

    source = write_video(tmp_path / "a.mkv", [card(64, 48)] * 10, tags=tags, extra=add_others)
    with open_video(source) as video:
        assert video.info.left_out == ("1 attachment", "1 chapter")
    for name, keep in (("b.mkv", False), ("c.mkv", True)):
        with av.open(str(copy(source, tmp_path / name, keep_metadata=keep))) as container:
            found = {tag.lower(): text for tag, text in container.metadata.items()}
            assert not found.keys() & {"comment", "location", "artist"}
            assert found.get("title") == ("A walk" if keep else None)
            assert container.chapters() == []
            assert [stream.type for stream in container.streams] == ["video"]
        assert b"Anna" not in (tmp_path / name).read_bytes()


def test_the_place_of_a_video_is_never_kept(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mov", [card(64, 48)] * 3, tags={"location": "+52.5200+013.4050/"})
    assert b"+52.52" in source.read_bytes()
    with open_video(source) as video:
        assert "+52.5200+013.4050/" in video.info.tags.values()
    for keep in (False, True):
        assert b"+52.52" not in copy(source, tmp_path / f"{keep}.mov", keep_metadata=keep).read_bytes()


def test_encoders_are_tried_in_the_stated_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def without(*missing: str) -> None:
        monkeypatch.setattr(formats, "_is_installed", lambda codec: codec not in missing)

    choices = {}
    for missing in ((), ("libx264",), ("libx264", "libopenh264")):
        without(*missing)
        choices[missing] = formats.choose_encoder(
            formats.format_of("a.mp4"), like=like(), quality=None, preset=None
        ).codec
    assert list(choices.values()) == ["libx264", "libopenh264", "mpeg4"]
    with open_sink(tmp_path / "a.mp4", like=like(63, 47, sample_aspect=Fraction(1))) as sink:  # the last resort works
        for frame in frames(3, width=63, height=47):
            sink.write(frame)
    assert sink.codec == "mpeg4"
    without("libx264", "libopenh264", "mpeg4")
    with pytest.raises(SinkError, match="no encoder"):
        open_sink(tmp_path / "b.mp4", like=like())


def test_an_animation_stays_one(tmp_path: Path) -> None:
    pictures = [Image.fromarray(card(40, 30, number=index * 5)) for index in range(4)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=[100, 40, 200, 60], loop=0)
    for name in ("b.gif", "b.webp", "b.apng"):
        with open_video(copy(tmp_path / "a.gif", tmp_path / name)) as video:
            assert [frame.time for frame in video] == pytest.approx([0, 0.1, 0.14, 0.34], abs=0.001), name


def test_8k_is_written(tmp_path: Path) -> None:
    picture = card(64, 36).repeat(120, axis=0).repeat(120, axis=1)
    with open_sink(tmp_path / "a.mp4", like=like(7680, 4320), preset="ultrafast") as sink:
        sink.write(Frame(picture, time_base=NTSC_BASE))
    with open_video(tmp_path / "a.mp4") as video:
        assert (video.info.width, video.info.height) == (7680, 4320)

"""Files in, files out: nothing overwritten, nothing half done, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pyanon
from pyanon.anonymizer import Anonymizer
from pyanon.errors import (
    InputError,
    SinkError,
    SourceNotFoundError,
    StageError,
    TruncatedSourceError,
    UnsupportedMediaError,
)
from pyanon.files import FileSummary, Progress, anonymize_folder, anonymize_picture, anonymize_video
from pyanon.policy import Policy
from pyanon.types import Face, FloatArray, Frame, Result
from pyanon.video import open_video, read_picture
from tests.video.media import card, noise, times, write_video

SIZE = (64, 48)
BOX = (8.0, 8.0, 24.0, 32.0)


class Painter:
    """Stands for an anonymizer: the same face in every frame, painted blue; no network needed.

    It fails at a frame where it is told to.
    """

    method, gpu_pictures = "blur", None

    def __init__(self, *, fail_at: int | None = None) -> None:
        self.policy, self._fail_at = Policy(), fail_at

    def __call__(self, picture: Frame, *, captions: Sequence[str] = (), also: FloatArray | None = None) -> Result:
        if picture.index == self._fail_at:
            raise StageError("blend", "the stage 'blend' failed: no paint left")
        pixels = picture.pixels.copy()
        pixels[8:32, 8:24] = (0, 0, 255)
        face = Face(BOX, 0.9, track=7, coasted=picture.index % 4 == 3, action="covered")
        return Result(Frame(pixels, picture.pts, picture.time_base, picture.index), (face,), {"total": 1.0})

    def stream(self, frames: Iterable[Frame]) -> Iterator[Result]:
        return (self(frame) for frame in frames)


def painter(*, fail_at: int | None = None) -> Anonymizer:
    return Painter(fail_at=fail_at)  # type: ignore[return-value]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", [card(*SIZE, number=n) for n in range(12)], sound="aac")


def is_painted(path: Path) -> bool:
    with open_video(path) as source:
        return all(frame.pixels[20, 16, 2] > 200 and frame.pixels[20, 16, 0] < 60 for frame in source)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_video_goes_in_and_a_painted_one_comes_out(clip: Path) -> None:
    before = clip.read_bytes()
    done = anonymize_video(clip, clip.with_name("out.mp4"), anonymizer=painter())
    assert isinstance(done, FileSummary)
    assert (done.frames, done.faces, done.coasted, done.tracks, done.failed) == (12, 12, 3, 1, 0)
    assert (done.source, done.output, done.truncated) == (str(clip), str(clip.with_name("out.mp4")), False)
    assert done.seconds > 0
    assert is_painted(clip.with_name("out.mp4"))
    assert times(clip.with_name("out.mp4")) == times(clip)
    assert clip.read_bytes() == before


def test_the_output_lies_beside_the_input_unless_it_is_named(clip: Path, tmp_path: Path) -> None:
    assert anonymize_video(clip, anonymizer=painter()).output == str(tmp_path / "clip.anon.mp4")
    folder = tmp_path / "there"
    folder.mkdir()
    assert anonymize_video(clip, folder, anonymizer=painter()).output == str(folder / "clip.anon.mp4")
    assert is_painted(folder / "clip.anon.mp4")


def test_what_cannot_be_written_by_its_own_suffix_becomes_mp4(tmp_path: Path) -> None:
    clip = write_video(tmp_path / "old.avi", [card(*SIZE)] * 3, codec="mpeg4")
    assert anonymize_video(clip, anonymizer=painter()).output == str(tmp_path / "old.anon.mp4")


def test_it_is_said_that_the_sound_was_left_out(clip: Path, tmp_path: Path) -> None:
    assert any("sound" in note for note in anonymize_video(clip, anonymizer=painter()).notes)
    kept = anonymize_video(clip, tmp_path / "loud.mp4", anonymizer=painter(), audio="copy")
    assert kept.notes == ()
    with open_video(tmp_path / "loud.mp4") as source:
        assert [sound.codec for sound in source.info.audio] == ["aac"]
    with open_video(tmp_path / "clip.anon.mp4") as source:
        assert source.info.audio == ()
    silent = anonymize_video(clip, tmp_path / "silent.gif", anonymizer=painter(), audio="copy")
    assert any("holds none" in note for note in silent.notes)


def test_an_existing_output_is_refused_or_replaced_on_request(clip: Path) -> None:
    out = clip.with_name("out.mp4")
    out.write_bytes(b"precious")
    with pytest.raises(SinkError, match="exists already"):
        anonymize_video(clip, out, anonymizer=painter())
    assert out.read_bytes() == b"precious"
    anonymize_video(clip, out, anonymizer=painter(), overwrite=True)
    assert is_painted(out)


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_input_is_never_the_output(clip: Path, overwrite: bool) -> None:
    before, link = clip.read_bytes(), clip.with_name("link.mp4")
    link.symlink_to(clip)
    for output in (clip, link, clip.parent / "." / "clip.mp4"):
        with pytest.raises(InputError, match="the input itself"):
            anonymize_video(clip, output, anonymizer=painter(), overwrite=overwrite)
    assert clip.read_bytes() == before


def test_a_stage_that_fails_leaves_nothing_behind_and_nothing_lost(clip: Path) -> None:
    out, report = clip.with_name("out.mp4"), clip.with_name("faces.jsonl")
    out.write_bytes(b"precious")
    with pytest.raises(StageError, match="no paint"):
        anonymize_video(clip, out, anonymizer=painter(fail_at=6), overwrite=True, report=report)
    assert out.read_bytes() == b"precious"
    assert names(clip.parent) == {"clip.mp4", "out.mp4"}


def test_of_a_video_that_breaks_off_the_beginning_is_kept(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mkv", [noise(*SIZE, seed=n) for n in range(50)])
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    done = anonymize_video(cut, anonymizer=painter(), report=tmp_path / "faces.jsonl")
    assert done.truncated
    assert 0 < done.frames < 50
    assert is_painted(Path(done.output))
    assert len((tmp_path / "faces.jsonl").read_text().splitlines()) == done.frames + 1


def test_of_a_video_that_breaks_off_before_its_first_frame_nothing_is_written(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", [noise(*SIZE, seed=n) for n in range(50)])
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(TruncatedSourceError):
        anonymize_video(cut, anonymizer=painter())
    assert names(tmp_path) == {"whole.mp4", "cut.mp4"}


def test_the_report_has_a_line_for_every_frame(clip: Path, tmp_path: Path) -> None:
    anonymize_video(clip, anonymizer=painter(), report=tmp_path / "faces.jsonl")
    *lines, last = [json.loads(line) for line in (tmp_path / "faces.jsonl").read_text().splitlines()]
    assert (last["file"], last["summary"]["covered"], last["summary"]["exposed"]) == (str(clip), 12, 0)
    assert last["summary"]["policy"]["cover"] == "blur"
    assert [line["frame"] for line in lines] == list(range(12))
    assert [line["time"] for line in lines] == pytest.approx([float(time) for time in times(clip)], abs=1e-6)
    assert {line["file"] for line in lines} == {str(clip)}
    assert lines[0]["faces"] == [{"xyxy": list(BOX), "score": 0.9, "track": 7, "coasted": False, "action": "covered"}]
    assert lines[3]["faces"][0]["coasted"]


def test_the_report_is_neither_input_nor_output(clip: Path) -> None:
    for report in (clip, clip.with_name("out.mp4")):
        with pytest.raises(InputError, match="would replace"):
            anonymize_video(clip, clip.with_name("out.mp4"), anonymizer=painter(), report=report, overwrite=True)
    assert names(clip.parent) == {"clip.mp4"}


def test_progress_is_told_after_every_frame(clip: Path) -> None:
    told: list[Progress] = []
    anonymize_video(clip, anonymizer=painter(), progress=told.append)
    assert [progress.frames for progress in told] == list(range(13))
    assert {(progress.source, progress.total, progress.file, progress.files) for progress in told} == {
        (str(clip), 12, 1, 1)
    }


def test_a_policy_and_an_anonymizer_contradict_each_other(clip: Path) -> None:
    with pytest.raises(InputError, match="both a policy and an anonymizer"):
        anonymize_video(clip, anonymizer=painter(), policy=Policy())
    assert names(clip.parent) == {"clip.mp4"}


def test_an_address_needs_a_named_output() -> None:
    with pytest.raises(InputError, match="without an output"):
        anonymize_video("http://127.0.0.1:9/clip.mp4", anonymizer=painter())


def test_the_example_of_the_readme(clip: Path) -> None:
    done = pyanon.anonymize_video(str(clip), str(clip.with_name("out.mp4")), policy=pyanon.Policy(cover="mosaic"))
    assert done.frames == 12
    assert times(clip.with_name("out.mp4")) == times(clip)


def picture(path: Path, *, size: tuple[int, int] = SIZE, mode: str = "RGB") -> Path:
    Image.fromarray(card(*size)).convert(mode).save(path)
    return path


def test_a_picture_goes_in_and_a_painted_one_comes_out(tmp_path: Path) -> None:
    source = picture(tmp_path / "photo.png", mode="RGBA")
    before = source.read_bytes()
    done = anonymize_picture(source, anonymizer=painter(), report=tmp_path / "faces.jsonl")
    assert (done.output, done.frames, done.faces) == (str(tmp_path / "photo.anon.png"), 1, 1)
    assert tuple(read_picture(done.output).frame.pixels[20, 16]) == (0, 0, 255)
    assert source.read_bytes() == before
    assert len((tmp_path / "faces.jsonl").read_text().splitlines()) == 2


def test_a_picture_is_not_overwritten(tmp_path: Path) -> None:
    source, out = picture(tmp_path / "photo.png"), tmp_path / "out.png"
    out.write_bytes(b"precious")
    with pytest.raises(SinkError, match="exists already"):
        anonymize_picture(source, out, anonymizer=painter())
    with pytest.raises(InputError, match="the input itself"):
        anonymize_picture(source, source, anonymizer=painter(), overwrite=True)
    assert out.read_bytes() == b"precious"
    anonymize_picture(source, out, anonymizer=painter(), overwrite=True)
    assert read_picture(out).frame.width == SIZE[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "deep").mkdir(parents=True)
    write_video(root / "b.mp4", [card(*SIZE)] * 3)
    write_video(root / "deep" / "c.avi", [card(*SIZE)] * 3, codec="mpeg4")
    picture(root / "deep" / "d.JPG")
    (root / "broken.mp4").write_bytes(b"this is no video at all")
    (root / "notes.txt").write_text("hello")
    (root / ".hidden.mp4").write_bytes(b"hidden")
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names(folder)}


def test_a_folder_is_mirrored_and_a_bad_file_does_not_end_it(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    done = anonymize_folder(folder, anonymizer=painter(), report=tmp_path / "faces.jsonl")
    out = tmp_path / "media.anon"
    assert done.output == out
    assert names(out) == {"b.mp4", "deep/c.avi.mp4", "deep/d.JPG"}
    assert {Path(summary.output) for summary in done.files} == {out / name for name in names(out)}
    assert [failure.source.name for failure in done.failures] == ["broken.mp4"]
    assert isinstance(done.failures[0].error, UnsupportedMediaError)
    assert [path.name for path in done.left] == ["notes.txt"]
    assert is_painted(out / "b.mp4")
    assert contents(folder) == before
    lines = [json.loads(line) for line in (tmp_path / "faces.jsonl").read_text().splitlines()]
    reported = [line["file"] for line in lines if "frame" in line]
    assert len(lines) == len(reported) + len(done.files)
    assert {Path(name).name: reported.count(name) for name in reported} == {"b.mp4": 3, "c.avi": 3, "d.JPG": 1}


def test_a_second_run_does_what_the_first_one_left(folder: Path, tmp_path: Path) -> None:
    first = anonymize_folder(folder, anonymizer=painter())
    kept = contents(first.output)
    (first.output / "b.mp4").unlink()
    second = anonymize_folder(folder, anonymizer=painter())
    assert [Path(summary.output).name for summary in second.files] == ["b.mp4"]
    assert {failure.source.name for failure in second.failures} == {"broken.mp4", "c.avi", "d.JPG"}
    assert set(contents(second.output)) == set(kept)


def test_an_output_folder_inside_the_input_is_not_read(folder: Path) -> None:
    inside = folder / "anonymized"
    anonymize_folder(folder, inside, anonymizer=painter())
    first = names(inside)
    anonymize_folder(folder, inside, anonymizer=painter(), overwrite=True)
    assert names(inside) == first


def test_the_input_folder_is_never_the_output_folder(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(InputError, match="the input folder itself"):
        anonymize_folder(folder, folder.parent / "." / "media", anonymizer=painter(), overwrite=True)
    assert contents(folder) == before


def test_a_folder_that_is_none(tmp_path: Path, clip: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="does not exist"):
        anonymize_folder(tmp_path / "nowhere", anonymizer=painter())
    with pytest.raises(InputError, match="not a folder"):
        anonymize_folder(clip, anonymizer=painter())
    with pytest.raises(SinkError, match="input a folder"):
        anonymize_folder(tmp_path, clip, anonymizer=painter())
    with pytest.raises(SinkError, match="does not exist"):
        anonymize_folder(tmp_path, tmp_path / "no" / "where", anonymizer=painter())


def test_an_error_nobody_foresaw_does_not_end_a_folder_either(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise ZeroDivisionError(f"in the reader of {path.name}")

    monkeypatch.setattr("pyanon.files.read_picture", fail)
    done = anonymize_folder(folder, anonymizer=painter())
    assert {failure.source.name for failure in done.failures} == {"broken.mp4", "d.JPG"}
    assert len(done.files) == 2


def test_names_are_public_and_load_on_use() -> None:
    for name in pyanon.__all__:
        assert getattr(pyanon, name) is not None
    assert set(pyanon.__all__) <= set(dir(pyanon))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pyanon.nothing
    assert np.dtype(np.uint8) == pyanon.Frame(np.zeros((1, 1, 3), np.uint8)).pixels.dtype

"""``pyanon camera``: live, from a file at its own pace, where no camera is at hand."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyanon.types import Frame
from pyanon.video import open_video
from tests.cli.conftest import Outcome
from tests.cli.test_exit_codes import names, start, wait_for
from tests.video.media import card, write_video

Pyanon = Callable[..., Outcome]


def test_a_file_at_its_own_pace(pyanon: Pyanon, clip: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "out.mp4", tmp_path / "faces.jsonl"
    done = pyanon("camera", clip, out, "--report", report)
    assert done.code == 0, done.err
    assert "dropped" in done.out
    assert "the sound is left out" in done.err
    with open_video(out) as source:
        written = len(list(source))
    assert 0 < written <= 12
    assert len(report.read_text().splitlines()) == written + 1


def test_every_frame_is_either_written_or_counted_as_dropped(
    pyanon: Pyanon, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is too slow leaves frames out, the oldest first, and says how many."""
    monkeypatch.setattr("pyanon.anonymizer.Anonymizer.stream", slowly())
    facts = json.loads(pyanon("camera", clip, tmp_path / "out.mp4", "--json").out)
    assert facts["dropped"] > 0
    assert facts["frames"] + facts["dropped"] == 12
    with open_video(tmp_path / "out.mp4") as source:
        assert len(list(source)) == facts["frames"]


def slowly() -> Callable[..., Iterator[Any]]:
    from pyanon.anonymizer import Anonymizer

    real = Anonymizer.stream

    def stream(self: Anonymizer, frames: Iterator[Frame], *, lookahead: int | None = None) -> Iterator[Any]:
        for result in real(self, frames, lookahead=lookahead):
            time.sleep(0.2)
            yield result

    return stream


def test_without_an_output_it_is_watched_only(pyanon: Pyanon, clip: Path) -> None:
    done = pyanon("camera", clip)
    assert done.code == 0
    assert "frames" in done.out
    assert names(clip.parent) == {"clip.mp4"}


def test_a_live_picture_is_not_held_back(pyanon: Pyanon, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depths: list[int | None] = []

    def stream(self: object, frames: Iterator[Frame], *, lookahead: int | None = None) -> Iterator[Any]:
        depths.append(lookahead)
        return iter(())

    monkeypatch.setattr("pyanon.anonymizer.Anonymizer.stream", stream)
    pyanon("camera", clip)
    pyanon("camera", clip, "--lookahead", 3)
    assert depths == [0, 3]


def test_a_stage_that_fails_leaves_no_file(
    pyanon: Pyanon, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def letterbox(*_: object, **__: object) -> None:
        raise FloatingPointError("made to fail")

    monkeypatch.setattr("pyanon.ops.pictures.letterbox", letterbox)
    done = pyanon("camera", clip, tmp_path / "out.mp4", "--report", tmp_path / "faces.jsonl")
    assert done.code == 1
    assert "made to fail" in done.err
    assert names(tmp_path) == {"clip.mp4"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["/dev/video97"], 3),
        (["97"], 3),
        (["nowhere.mp4"], 3),
        (["rtsp://127.0.0.1:9/none", "--timeout", "1"], 3),
        (["{clip}", "--size", "big"], 2),
        (["{clip}", "--timeout", "-1"], 2),
        (["{clip}", "{clip}"], 2),
        (["{clip}", "out.xyz"], 2),
        (["{clip}", "/nowhere/out.mp4"], 4),
        (["{clip}", "rtsp://127.0.0.1:9/none"], 4),
        (["{clip}", "--prompt", "unicorn"], 2),
        (["{clip}", "--pack", "pickpocket"], 7),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_done(pyanon: Pyanon, clip: Path, arguments: list[str], code: int) -> None:
    done = pyanon("camera", *(argument.replace("{clip}", str(clip)) for argument in arguments))
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert names(clip.parent) == {"clip.mp4"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_finishes_its_file(tmp_path: Path, number: signal.Signals) -> None:
    clip = write_video(tmp_path / "clip.mp4", [card(64, 48, number=n % 40) for n in range(3000)])
    process = start("camera", clip, tmp_path / "out.mkv")
    wait_for(lambda: any(name.endswith(".part") for name in names(tmp_path)), process)
    time.sleep(1.0)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "frames" in out
    assert names(tmp_path) == {"clip.mp4", "out.mkv"}
    with open_video(tmp_path / "out.mkv") as source:
        assert len(list(source)) > 0

"""``pyanon anonymize``: what is written, what is said, and what the options do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pyanon.anonymizer import Anonymizer
from pyanon.policy import Policy
from pyanon.video import open_video, read_picture
from tests.cli.conftest import Outcome
from tests.video import described as made
from tests.video.media import card, times, write_video

Pyanon = Callable[..., Outcome]


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the test photograph")
    Image.fromarray(data.astronaut()).save(tmp_path / "portrait.png")
    return tmp_path / "portrait.png"


#: Where the face is in the portrait.
FACE = np.s_[85:170, 185:265]


def flatness(pixels: np.ndarray) -> float:
    return float(pixels.astype(float).std())


def test_a_video(pyanon: Pyanon, clip: Path) -> None:
    done = pyanon("anonymize", clip)
    assert done.code == 0
    assert "clip.anon.mp4: 12 frames" in done.out
    assert "the sound was left out, because voices identify people" in done.err
    assert times(clip.with_name("clip.anon.mp4")) == times(clip)


def test_a_face_in_a_picture_is_covered(pyanon: Pyanon, portrait: Path) -> None:
    done = pyanon("anonymize", portrait, portrait.with_name("out.png"), "--method", "solid", "--colour", "#00ff00")
    assert done.code == 0, done.err
    assert "covered" in done.out
    covered = read_picture(portrait.with_name("out.png")).frame.pixels[FACE]
    assert (np.median(covered.reshape(-1, 3), axis=0) == (0, 255, 0)).all()


def test_a_face_in_a_video_is_covered_in_every_frame(pyanon: Pyanon, portrait: Path) -> None:
    still = np.asarray(Image.open(portrait))
    clip = write_video(portrait.with_name("pan.mp4"), [np.roll(still, 2 * n, axis=1) for n in range(10)])
    report = portrait.with_name("faces.jsonl")
    done = pyanon("anonymize", clip, portrait.with_name("out.mp4"), "--method", "solid", "--report", report)
    assert done.code == 0, done.err
    with open_video(portrait.with_name("out.mp4")) as source:
        for number, frame in enumerate(source):
            face = np.roll(frame.pixels, -2 * number, axis=1)[FACE]
            assert np.median(face) < 40
    *lines, last = [json.loads(line) for line in report.read_text().splitlines()]
    assert len(lines) == 10
    assert last["summary"]["covered"] == sum(len(line["faces"]) for line in lines)
    for number, line in enumerate(lines):
        centre = (225 + 2 * number, 128)
        assert any(
            x0 < centre[0] < x1 and y0 < centre[1] < y1 for x0, y0, x1, y1 in (face["xyxy"] for face in line["faces"])
        )
        assert {"file", "frame", "time", "faces", "timings"} == set(line)


def test_words_in_a_picture_are_left_out_or_rewritten_on_request(pyanon: Pyanon, portrait: Path) -> None:
    packet = made.packet(
        made.listed("dc:description", "My neighbour Wilhelmina Fenwick, 34, laughs at the bus stop.", kind="Alt")
        + made.listed("dc:subject", "bus stop", "Fenwick")
    )
    chunk = made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)
    portrait.write_bytes(made.in_png(np.asarray(Image.open(portrait)), chunk))
    plain, public = portrait.with_name("plain.png"), portrait.with_name("public.png")
    done = pyanon("anonymize", portrait, plain)
    assert (done.code, "left out: 1 caption, 2 keywords" in done.err) == (0, True)
    assert read_picture(plain).descriptions.captions == ()
    done = pyanon("anonymize", portrait, public, "--rewrite-captions")
    assert (done.code, "rewritten to fit the new picture: 1 caption, 1 keyword" in done.err) == (0, True)
    found = read_picture(public).descriptions
    assert "laughs at the bus stop" in found.descriptions[0]
    assert found.keywords == ("bus stop",)
    for output in (plain, public):
        assert not [word for word in (b"Wilhelmina", b"Fenwick", b"neighbour") if word in output.read_bytes()]


def test_a_folder(pyanon: Pyanon, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    (folder / "deep").mkdir(parents=True)
    write_video(folder / "a.mp4", [card(64, 48)] * 3)
    Image.fromarray(card(64, 48)).save(folder / "deep" / "b.jpg")
    (folder / "c.mp4").write_bytes(b"no video")
    (folder / "read.me").write_text("text")
    done = pyanon("anonymize", folder)
    assert done.code == 6
    assert "c.mp4: the input is not a video" in done.err
    assert "1 file left alone" in done.err
    assert "2 of 3 files anonymized" in done.out
    assert {str(path.relative_to(tmp_path)) for path in (tmp_path / "media.anon").rglob("*.*")} == {
        "media.anon/a.mp4",
        "media.anon/deep/b.jpg",
    }


def test_json_says_the_same_to_programs(pyanon: Pyanon, clip: Path, tmp_path: Path) -> None:
    facts = json.loads(pyanon("anonymize", clip, "--json").out)
    assert facts["exit_code"] == 0
    assert (facts["frames"], facts["source"], facts["output"]) == (12, str(clip), str(tmp_path / "clip.anon.mp4"))
    assert facts["notes"]
    folder = json.loads(pyanon("anonymize", tmp_path, tmp_path / "out", "--json").out)
    assert [Path(entry["output"]).name for entry in folder["files"]] == ["clip.anon.mp4", "clip.mp4"]


def test_quiet_says_nothing(pyanon: Pyanon, clip: Path) -> None:
    done = pyanon("anonymize", clip, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_sound_is_copied_on_request(pyanon: Pyanon, clip: Path, tmp_path: Path) -> None:
    done = pyanon("anonymize", clip, "--audio", "copy")
    assert "sound" not in done.err
    with open_video(tmp_path / "clip.anon.mp4") as source:
        assert source.info.audio


def test_every_option_reaches_the_policy(pyanon: Pyanon, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class StoppedError(Exception):
        pass

    def spy(**given: object) -> Anonymizer:
        asked.update(given)
        raise StoppedError

    monkeypatch.setattr("pyanon.anonymizer.Anonymizer", spy)
    options = (
        "--cover mosaic --color 1,2,3 --prompt face --threshold 0.3 --margin 0.2 --lookahead 5 --coast 2.5 "
        "--detail 320 --on-error cover --seed 9 --pack ./mine --device cpu --threads 2 --method replace "
        "--preserve age,pose --alter gender --fmr 0.01 --epsilon 2 --steps 3"
    )
    pyanon("anonymize", clip, *options.split())
    assert asked == {
        "policy": Policy(
            cover="mosaic",
            colour=(1, 2, 3),
            prompts=("face",),
            threshold=0.3,
            margin=0.2,
            lookahead=5,
            coast=2.5,
            detail=320,
            on_error="cover",
            seed=9,
            method="replace",
            preserve={"age", "pose"},
            alter={"gender"},
            fmr=0.01,
            epsilon=2.0,
            steps=3,
        ),
        "pack": "./mine",
        "device": "cpu",
        "threads": 2,
        "extractors": (),
    }


def test_options_that_are_not_given_leave_the_policy_as_it_is(
    pyanon: Pyanon, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Policy] = []

    def spy(*, policy: Policy, **_: object) -> Anonymizer:
        asked.append(policy)
        raise RuntimeError

    monkeypatch.setattr("pyanon.anonymizer.Anonymizer", spy)
    pyanon("anonymize", clip)
    assert asked == [Policy()]


def test_quality_and_preset_reach_the_encoder(pyanon: Pyanon, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", [card(320, 240, number=n) for n in range(10)])
    sizes = []
    for quality in (10, 45):
        out = tmp_path / f"{quality}.mp4"
        assert pyanon("anonymize", clip, out, "--quality", quality, "--preset", "ultrafast").code == 0
        sizes.append(out.stat().st_size)
    assert sizes[0] > sizes[1]


def failing(number: int) -> Callable[..., Any]:
    """A letterbox that fails at its n-th call."""
    from pyanon import ops

    calls: Iterator[int] = iter(range(1_000_000))

    def letterbox(*given: Any, **named: Any) -> Any:
        if next(calls) == number:
            raise FloatingPointError("the stage was made to fail")
        return real(*given, **named)

    real = ops.letterbox
    return letterbox


def test_a_stage_that_fails_ends_with_nothing_written(
    pyanon: Pyanon, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyanon.ops.pictures.letterbox", failing(5))
    done = pyanon("anonymize", clip)
    assert done.code == 1
    assert "the stage 'locate' failed: the stage was made to fail" in done.err
    assert "Traceback" not in done.err
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


def test_a_stage_that_fails_covers_the_frame_on_request(
    pyanon: Pyanon, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyanon.ops.pictures.letterbox", failing(5))
    done = pyanon("anonymize", clip, "--on-error", "cover", "--colour", "255,0,255")
    assert done.code == 0
    assert "1 frame covered whole, because a stage failed" in done.err
    with open_video(clip.with_name("clip.anon.mp4")) as source:
        frames = [frame.pixels for frame in source]
    assert flatness(frames[5][..., 1]) < 2
    assert flatness(frames[4][..., 1]) > 20

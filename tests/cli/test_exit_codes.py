"""Bad input gets one clear message and the right exit code, and loses nothing."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import pyanon as package
from pyanon.video import open_video, read_picture
from tests.cli.conftest import Outcome
from tests.video.media import add_sound, card, noise, write_tone, write_video

Pyanon = Callable[..., Outcome]


def cards(count: int, *, width: int = 64, height: int = 48) -> list[np.ndarray]:
    return [card(width, height, number=n) for n in range(count)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("this is no video\n" * 100)
    return folder / "text.mp4"


def rubbish(folder: Path) -> Path:
    (folder / "rubbish.mkv").write_bytes(np.random.default_rng(1).bytes(20_000))
    return folder / "rubbish.mkv"


def sound_only(folder: Path) -> Path:
    path = folder / "sound.mp4"
    with av.open(str(path), "w") as output:
        write_tone(output, add_sound(output, "aac"), seconds=0.5)
    return path


def zero_length(folder: Path, name: str = "zero.avi") -> Path:
    """A video whose header promises a stream that has no frame."""
    path = folder / name
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.codec_context.width, stream.codec_context.height = 64, 48
        stream.codec_context.pix_fmt = "yuv420p"
        output.start_encoding()
    return path


def zero_length_mp4(folder: Path) -> Path:
    return zero_length(folder, "zero.mp4")


def beheaded(folder: Path) -> Path:
    """An MP4 that broke off before its index."""
    whole = write_video(folder / "whole.mp4", [noise(64, 48, seed=n) for n in range(20)])
    data = whole.read_bytes()
    whole.unlink()
    (folder / "beheaded.mp4").write_bytes(data[: len(data) // 2])
    return folder / "beheaded.mp4"


def cut_picture(folder: Path) -> Path:
    path = folder / "cut.png"
    Image.fromarray(noise(64, 48, seed=1)).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    return path


UNREADABLE: dict[Callable[[Path], Path], str] = {
    empty: "empty file",
    text: "not a video",
    rubbish: "not a video",
    sound_only: "sound only",
    zero_length: "no frames",
    zero_length_mp4: "no video stream",
    beheaded: "breaks off before",
    cut_picture: "breaks off",
}


@pytest.mark.parametrize("make", UNREADABLE, ids=lambda make: make.__name__)
def test_inputs_that_cannot_be_read(pyanon: Pyanon, tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    before = path.read_bytes()
    done = pyanon("anonymize", path)
    assert done.code == 3, done.err
    assert UNREADABLE[make] in done.err.splitlines()[0]
    assert str(path) in done.err
    assert "Traceback" not in done.err
    assert names(tmp_path) == {path.name}
    assert path.read_bytes() == before


def test_an_input_that_is_missing(pyanon: Pyanon, tmp_path: Path) -> None:
    done = pyanon("anonymize", tmp_path / "nowhere.mp4")
    assert done.code == 3
    assert done.err.splitlines()[0] == "pyanon: the input does not exist"
    assert names(tmp_path) == set()


def test_an_input_that_is_a_pipe(pyanon: Pyanon, tmp_path: Path) -> None:
    """Opening it would wait for ever."""
    os.mkfifo(tmp_path / "pipe.mp4")
    done = pyanon("anonymize", tmp_path / "pipe.mp4")
    assert done.code == 3
    assert "a device or a pipe" in done.err
    assert "pyanon camera" in done.err


def test_a_name_that_is_no_text(pyanon: Pyanon, clip: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(clip.parent) + b"/\xff.mp4"))
    clip.rename(odd)
    done = pyanon("anonymize", odd)
    assert done.code == 0, done.err
    assert "udcff.anon.mp4: 12 frames" in done.out


def test_a_video_that_breaks_off(pyanon: Pyanon, tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mkv", [noise(64, 48, seed=n) for n in range(40)])
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    before = cut.read_bytes()
    done = pyanon("anonymize", cut)
    assert done.code == 5
    assert "breaks off" in done.err
    with open_video(tmp_path / "cut.anon.mkv") as source:
        assert 0 < len(list(source)) < 40
    assert cut.read_bytes() == before


ODD: dict[str, Callable[[Path], Image.Image]] = {
    "1x1.png": lambda _: Image.fromarray(card(1, 1)),
    "8k.jpg": lambda _: Image.fromarray(card(7680, 4320)),
    "sixteen.png": lambda _: Image.fromarray(np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)),
    "grey.jpg": lambda _: Image.fromarray(card(64, 48)).convert("L"),
    "alpha.png": lambda _: Image.fromarray(np.dstack([card(64, 48), np.full((48, 64), 90, np.uint8)])),
    "cmyk.jpg": lambda _: Image.fromarray(card(64, 48)).convert("CMYK"),
    "cmyk.tif": lambda _: Image.fromarray(card(64, 48)).convert("CMYK"),
    "palette.gif": lambda _: Image.fromarray(card(64, 48)).convert("P"),
    "lossy.webp": lambda _: Image.fromarray(card(64, 48)),
}


@pytest.mark.parametrize("name", ODD)
def test_pictures_of_every_kind(pyanon: Pyanon, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    ODD[name](path).save(path)
    before, size = path.read_bytes(), Image.open(path).size
    done = pyanon("anonymize", path, tmp_path / f"out{path.suffix}")
    assert done.code == 0, done.err
    written = read_picture(tmp_path / f"out{path.suffix}")
    assert (written.frame.width, written.frame.height) == size
    assert (written.alpha is not None) == (name == "alpha.png")
    assert path.read_bytes() == before
    assert names(tmp_path) == {name, f"out{path.suffix}"}


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_animated_pictures(pyanon: Pyanon, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"moving{suffix}"
    first, *others = [Image.fromarray(picture) for picture in cards(4)]
    first.save(path, save_all=True, append_images=others, duration=100)
    before = path.read_bytes()
    assert pyanon("anonymize", path).code == 0
    with Image.open(tmp_path / f"moving.anon{suffix}") as moved:
        assert moved.n_frames == 4
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 48), (63, 47), pytest.param(7680, 4320, marks=pytest.mark.slow)]
)
def test_videos_of_every_size(pyanon: Pyanon, tmp_path: Path, width: int, height: int) -> None:
    path = write_video(tmp_path / "clip.mov", cards(2, width=width, height=height), codec="png", layout="rgb24")
    done = pyanon("anonymize", path, tmp_path / "out.mp4", "--lookahead", 1)
    assert done.code == 0, done.err
    with open_video(tmp_path / "out.mp4") as source:
        assert (source.info.width, source.info.height) == (width, height)
        assert len(list(source)) == 2


@pytest.mark.parametrize("layout", ["gray", "gray16le", "yuv420p10le", "yuva420p", "rgb48le"])
def test_videos_of_every_depth(pyanon: Pyanon, tmp_path: Path, layout: str) -> None:
    path = write_video(tmp_path / "clip.mkv", cards(3), codec="ffv1", layout=layout)
    done = pyanon("anonymize", path, tmp_path / "out.mp4")
    assert done.code == 0, done.err
    with open_video(tmp_path / "out.mp4") as source:
        assert len(list(source)) == 3


def test_an_output_that_is_the_input(pyanon: Pyanon, clip: Path) -> None:
    before = clip.read_bytes()
    done = pyanon("anonymize", clip, clip, "--overwrite")
    assert done.code == 2
    assert "the output is the input itself" in done.err
    assert clip.read_bytes() == before


def test_an_output_that_exists(pyanon: Pyanon, clip: Path) -> None:
    out = clip.with_name("out.mp4")
    out.write_bytes(b"precious")
    done = pyanon("anonymize", clip, out)
    assert done.code == 4
    assert "--overwrite" in done.err
    assert out.read_bytes() == b"precious"
    assert pyanon("anonymize", clip, out, "--overwrite").code == 0


@pytest.mark.parametrize("output", ["nowhere/out.mp4", "/proc/out.mp4", "/dev/full", "/dev/null"])
def test_an_output_that_cannot_be_written(pyanon: Pyanon, clip: Path, output: str) -> None:
    done = pyanon("anonymize", clip, clip.parent / output, "--overwrite")
    assert done.code == 4, done.err
    assert names(clip.parent) == {"clip.mp4"}


def test_an_output_of_an_unknown_kind(pyanon: Pyanon, clip: Path) -> None:
    done = pyanon("anonymize", clip, clip.with_name("out.xyz"))
    assert done.code == 2
    assert ".mp4" in done.err
    assert names(clip.parent) == {"clip.mp4"}


def test_a_report_that_cannot_be_written(pyanon: Pyanon, clip: Path) -> None:
    assert pyanon("anonymize", clip, "--report", clip.parent / "nowhere" / "faces.jsonl").code == 4
    assert pyanon("anonymize", clip, "--report", clip).code == 2
    assert names(clip.parent) == {"clip.mp4"}


def small_files_only() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def start(*arguments: object, limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    where = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "pyanon", *map(str, arguments)],
        env=where,
        cwd=tempfile.gettempdir(),  # not the checkout, whose package need not be the one that is installed
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
    )


@pytest.mark.parametrize("report", [False, True])
def test_a_full_disk(tmp_path: Path, report: bool) -> None:
    """The system refuses files beyond 20 kB, as it does where no room is left."""
    clip = write_video(tmp_path / "clip.mp4", [noise(128, 96, seed=n) for n in range(30)])
    before = clip.read_bytes()
    arguments = ["--report", tmp_path / "faces.jsonl"] if report else []
    process = start("anonymize", clip, *arguments, limit=small_files_only)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "cannot be written" in err
    assert names(tmp_path) == {"clip.mp4"}
    assert clip.read_bytes() == before


def tampered(folder: Path, file: str) -> Path:
    """A copy of the pocket pack with one bit changed."""
    from pyanon.runtime import load_pack

    copy = folder / "tampered"
    shutil.copytree(load_pack().folder, copy)
    data = bytearray((copy / file).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / file).write_bytes(data)
    return copy


@pytest.mark.parametrize("file", ["locator.onnx", "landmarks.onnx", "prompts.npy"])
def test_a_pack_that_was_tampered_with(
    pyanon: Pyanon, clip: Path, file: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pack = tampered(tmp_path_factory.mktemp("packs"), file)
    done = pyanon("anonymize", clip, "--pack", pack)
    assert done.code == 7
    assert f"{file} is not the file that pack.toml states" in done.err
    assert "sha256" in done.err
    assert names(clip.parent) == {"clip.mp4"}


def test_a_pack_that_is_not_there(pyanon: Pyanon, clip: Path) -> None:
    done = pyanon("anonymize", clip, "--pack", "pickpocket")
    assert done.code == 7
    assert "pocket" in done.err


def test_a_prompt_that_nobody_knows(pyanon: Pyanon, clip: Path) -> None:
    done = pyanon("anonymize", clip, "--prompt", "unicorn")
    assert done.code == 2
    assert "'unicorn'" in done.err
    assert "expected: one of: face" in done.err
    assert names(clip.parent) == {"clip.mp4"}


@pytest.mark.parametrize(
    "options",
    [
        ["--threshold", "2"],
        ["--margin", "-1"],
        ["--lookahead", "-1"],
        ["--coast", "1e9"],
        ["--detail", "1"],
        ["--colour", "mauve"],
        ["--colour", "1,2"],
        ["--colour", "1,2,999"],
        ["--cover", "moustache"],
        ["--threads", "0"],
        ["--seed", "x"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_options_that_cannot_be_used(pyanon: Pyanon, clip: Path, options: list[str]) -> None:
    done = pyanon("anonymize", clip, *options)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert names(clip.parent) == {"clip.mp4"}


def test_an_error_nobody_foresaw(pyanon: Pyanon, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the bug")

    monkeypatch.setattr("pyanon.files.open_sink", fail)
    done = pyanon("anonymize", clip)
    assert done.code == 1
    assert "ZeroDivisionError: the bug" in done.err
    assert "--debug" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in pyanon("anonymize", clip, "--debug").err
    assert names(clip.parent) == {"clip.mp4"}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    clip = write_video(tmp_path / "clip.mp4", cards(40) * 500)
    process = start("anonymize", clip)
    wait_for(lambda: any(name.endswith(".part") for name in names(tmp_path)), process)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "pyanon: interrupted; nothing unfinished was left behind"
    assert names(tmp_path) == {"clip.mp4"}

"""The command line as a whole: help, version, what it costs to start, and how it shows progress."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pyanon as package
from pyanon.cli.console import Bar, Console, counted, explain
from pyanon.cli.exit_codes import ExitCode, code_of
from pyanon.errors import InputError, SinkError, SourceNotFoundError, TruncatedSourceError, UnknownPromptError
from pyanon.files import Progress
from tests.cli.conftest import Outcome

Pyanon = Callable[..., Outcome]
ROOT = Path(__file__).resolve().parents[2]


def test_help_and_version(pyanon: Pyanon) -> None:
    assert pyanon("--help").code == 0
    assert pyanon("--version").out == f"pyanon {package.__version__}\n"
    for command in ("anonymize", "camera", "caption", "dataset", "demo", "doctor", "bench"):
        said = pyanon(command, "--help")
        assert said.code == 0
        assert "--pack" in said.out
        assert command in pyanon("--help").out


@pytest.mark.parametrize("arguments", [[], ["dance"], ["anonymize"], ["anonymize", "a", "b", "c"]])
def test_a_command_line_that_is_none(pyanon: Pyanon, arguments: list[str]) -> None:
    assert pyanon(*arguments).code == 2


def python(*arguments: str, folder: Path) -> str:
    """What a fresh interpreter says, running the pyanon under test, wherever it is installed."""
    where = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=where)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python_m_pyanon(tmp_path: Path) -> None:
    assert python("-m", "pyanon", "--version", folder=tmp_path) == f"pyanon {package.__version__}\n"


def loaded(command: list[str], folder: Path) -> set[str]:
    """The packages that a command loads."""
    code = f"import sys, pyanon.cli; pyanon.cli.main({command!r}); print(); print(*sys.modules)"
    return {name.partition(".")[0] for name in python("-c", code, folder=folder).splitlines()[-1].split()}


def test_help_loads_neither_codecs_nor_networks(tmp_path: Path) -> None:
    names = loaded(["anonymize", "--help"], tmp_path)
    assert "argparse" in names
    assert not names & {"numpy", "av", "PIL", "onnxruntime", "tqdm", "skimage"}


def test_a_run_loads_nothing_that_it_does_not_need(clip: Path) -> None:
    """Without a terminal there is no bar; training, demo and test packages have no business in a run."""
    names = loaded(["anonymize", str(clip), "-q"], clip.parent)
    assert {"numpy", "av", "onnxruntime"} <= names
    assert not names & {"tqdm", "skimage", "scipy", "torch", "cv2", "multiprocessing", "onnx", "sympy"}


def test_errors_become_codes() -> None:
    assert code_of(KeyboardInterrupt()) is ExitCode.INTERRUPTED
    assert code_of(InputError("x")) is ExitCode.USAGE
    assert code_of(UnknownPromptError("x")) is ExitCode.USAGE
    assert code_of(SourceNotFoundError("x")) is ExitCode.INPUT
    assert code_of(TruncatedSourceError("x")) is ExitCode.INPUT
    assert code_of(SinkError("x")) is ExitCode.OUTPUT
    assert code_of(ZeroDivisionError()) is ExitCode.FAILED


def test_every_code_is_documented() -> None:
    listed = re.findall(r"^\| (\d+) \|", (ROOT / "docs/cli.md").read_text(), re.MULTILINE)
    assert sorted(map(int, listed)) == sorted(map(int, ExitCode))


def test_every_option_is_documented(pyanon: Pyanon) -> None:
    text = (ROOT / "docs/cli.md").read_text()
    for command in ("anonymize", "camera", "caption", "dataset", "demo", "doctor", "bench"):
        for option in re.findall(r"--[a-z][a-z-]+", pyanon(command, "--help").out):
            assert f"`{option}" in text, f"{command} {option}"


def test_explained_errors() -> None:
    said = explain(InputError("it is wrong", given="3", expected="4", do="give 4"))
    assert said.splitlines() == ["it is wrong", "  given: 3", "  expected: 4", "  do: give 4"]
    assert "memory" in explain(MemoryError())
    assert "KeyError: 'x'" in explain(KeyError("x"))


def test_counting() -> None:
    assert [counted(n, "frame") for n in (0, 1, 1200)] == ["0 frames", "1 frame", "1,200 frames"]
    assert counted(2, "reply", plural="replies") == "2 replies"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with Console().bar() as bar:
        for number in range(11):
            bar(Progress("some/clip.mp4", number, 40))
        shown = bar._bar.format_dict
        assert (shown["n"], shown["total"]) == (10, 40)
        bar(Progress("some/other.mp4", 0, 5, file=2, files=3))
        assert bar._bar.total == 5
    assert "clip.mp4" in screen.getvalue()
    assert "2/3 other.mp4" in screen.getvalue()
    assert re.search(r"\d+:\d+<", screen.getvalue())


@pytest.mark.parametrize("options", [{"quiet": True}, {"as_json": True}])
def test_the_bar_keeps_quiet(monkeypatch: pytest.MonkeyPatch, options: dict[str, bool]) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with Console(**options).bar() as bar:
        bar(Progress("clip.mp4", 1, 40))
    assert screen.getvalue() == ""


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar(visible=Console().is_live)
    bar(Progress("clip.mp4", 1, 40))
    bar.close()
    assert capsys.readouterr().err == ""

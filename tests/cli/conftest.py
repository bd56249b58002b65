"""Running commands as a user would, in this process; and small media to run them on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pyanon.cli import main
from tests.video.media import card, write_video


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit code and what it said."""

    code: int
    out: str
    err: str


Pyanon = Callable[..., Outcome]


@pytest.fixture
def pyanon(capfd: pytest.CaptureFixture[str]) -> Pyanon:
    """Runs a command line; everything said is captured, also by libraries."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twelve frames with sound."""
    return write_video(tmp_path / "clip.mp4", [card(64, 48, number=n) for n in range(12)], sound="aac")

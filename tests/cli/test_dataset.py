"""``pyanon dataset``: what is written, what is said, and what the options do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.dataset.fakes import FakeOpening, face_of, leaks, paint, read_lines, write_lines

Pyanon = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyanon.dataset.run.Opening", FakeOpening)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [{"image": "maria.png", "caption": "Maria", "note": "Lopez"}, {"image": "lost.png", "caption": "Lopez"}]
    return write_lines(tmp_path / "rows.jsonl", [*rows, "{"])


def test_some_rows_fail(pyanon: Pyanon, source: Path, tmp_path: Path) -> None:
    images = paint(tmp_path / "in", "maria.png")
    done = pyanon("dataset", source, "--images", images, "--output", tmp_path / "out")
    assert done.code == 6
    assert done.err.splitlines() == [
        "pyanon: row 2: the picture does not exist",
        "pyanon: row 3: the row is not valid JSON",
        "note: left out, because they may give somebody away (--keep FIELD, --caption FIELD): note (1)",
    ]
    assert f"{tmp_path / 'out' / 'captions.jsonl'}: 1 of 3 rows anonymized, 1 picture, changed: 1 name, in" in done.out
    assert read_lines(tmp_path / "out" / "captions.jsonl")[0]["caption"] == face_of(images / "maria.png")
    assert leaks(tmp_path / "out") == []
    again = pyanon("dataset", source, "--images", images, "--output", tmp_path / "out")
    assert "1 of 3 rows anonymized (1 by an earlier run)" in again.out


def test_for_programs(pyanon: Pyanon, source: Path, tmp_path: Path) -> None:
    said = pyanon("dataset", source, "--output", tmp_path / "out", "--json", "--keep", "note", "--private")
    facts = json.loads(said.out)
    assert (said.code, facts["exit_code"]) == (6, 6)
    assert (facts["rows"], facts["written"], facts["failed"]) == (3, 2, 1)
    assert facts["failures"] == [{"row": 3, "reason": "the row is not valid JSON", "section": ""}]
    assert facts["left_out"] == {"image": 2}
    assert facts["kept"] == ["note"]
    assert facts["private"] == str(tmp_path / "out.private.jsonl")
    assert read_lines(tmp_path / "out" / "captions.jsonl")[0]["note"] == "Lopez"


def test_all_is_well(pyanon: Pyanon, tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [{"words": "Maria", "caption": "Lopez"}])
    done = pyanon("dataset", source, "--output", tmp_path / "out", "--caption", "words", "--private")
    assert done.code == 0, done.err
    assert "note: left out" in done.err
    assert "out.private.jsonl: never publish it" in done.err
    assert read_lines(tmp_path / "out" / "captions.jsonl") == [{"words": "someone", "edit_instruction": "show someone"}]
    quiet = pyanon("dataset", source, "--output", tmp_path / "quiet", "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_options_reach_the_policy(pyanon: Pyanon, source: Path, tmp_path: Path) -> None:
    arguments = ("dataset", source, "--output", tmp_path / "out")
    assert pyanon(*arguments, "--cover", "mosaic").code == 6
    refused = pyanon(*arguments, "--cover", "solid")
    assert refused.code == 2
    assert "changed: policy.cover" in refused.err
    assert pyanon(*arguments, "--cover", "solid", "--restart").code == 6


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--workers", "0"], 2, "nobody to work"),
        (["--keep", "caption", "--caption", "caption"], 2, "kept as it is and be rewritten"),
        (["--images", "nowhere"], 3, "the folder of the pictures is not there"),
    ],
)
def test_a_command_line_that_cannot_be_used(
    pyanon: Pyanon, source: Path, tmp_path: Path, more: list[str], code: int, said: str
) -> None:
    done = pyanon("dataset", source, "--output", tmp_path / "out", *more)
    assert (done.code, said in done.err) == (code, True), done.err


def test_ctrl_c_says_that_what_is_done_is_kept(
    pyanon: Pyanon, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeOpening, "_note", interrupted)
    done = pyanon("dataset", source, "--output", tmp_path / "out")
    assert done.code == 130
    assert "the same command goes on" in done.err

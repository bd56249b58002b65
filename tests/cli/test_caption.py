"""``pyanon caption``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyanon.cli import main
from pyanon.cli.exit_codes import ExitCode

PRIVATE = "My neighbour Maria Lopez, 34, in a red coat, laughs at the bus stop."
PUBLIC = "A young woman in a coat laughs at the bus stop."


@pytest.fixture
def captions(tmp_path: Path) -> Path:
    path = tmp_path / "captions.txt"
    path.write_bytes(f"\ufeff{PRIVATE}\r\n\nTwo dogs play.\n{'a ' * 2001}\nTom sleeps.".encode())
    return path


def test_lines_in_lines_out(captions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caption", str(captions)]) == ExitCode.SOME_FAILED
    said = capsys.readouterr()
    assert said.out.split("\n") == [PUBLIC, "", "Two dogs play.", "", "A man sleeps.", ""]
    assert "line 4" in said.err
    assert "1 line of 5" in said.err


def test_to_a_file(captions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "public.txt"
    main(["caption", str(captions), str(output)])
    assert output.read_text(encoding="utf-8").splitlines()[0] == PUBLIC
    assert main(["caption", str(captions), str(output)]) == ExitCode.OUTPUT
    assert "exists already" in capsys.readouterr().err
    assert main(["caption", str(captions), str(captions)]) == ExitCode.USAGE
    assert PRIVATE in captions.read_text(encoding="utf-8")


def test_explained(captions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["caption", str(captions), "--explain"])
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first["caption"] == PUBLIC
    assert {change["kind"] for change in first["changes"]} >= {"name"}
    assert "Maria" not in json.dumps(first)


def test_what_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caption", str(tmp_path / "none.txt")]) == ExitCode.INPUT
    latin = tmp_path / "latin.txt"
    latin.write_bytes("Zoë smiles.\n".encode("latin-1"))
    assert main(["caption", str(latin)]) == ExitCode.USAGE
    assert "line 1" in capsys.readouterr().err


def test_options_reach_the_captioner(captions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    main(["caption", str(captions), "--key-file", str(key), "--pseudonyms"])
    said = capsys.readouterr().out.splitlines()[0]
    assert said.endswith(" in a coat laughs at the bus stop.")
    assert "Maria" not in said
    assert not said.startswith("A ")
    assert main(["caption", str(captions), "--pseudonyms"]) == ExitCode.USAGE
    main(["caption", str(captions), "--operator", "default=mask"])
    assert "*****" in capsys.readouterr().out

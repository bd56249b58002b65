"""``pyanon pack`` without a network: what its commands say and leave behind, with packs of every kind of trouble."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pyanon.cli.pack_words import amount
from pyanon.runtime import load_pack
from tests.cli.conftest import Outcome
from tests.cli.test_exit_codes import tampered

Pyanon = Callable[..., Outcome]
ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("list", "verify", "pull", "pin", "remove")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with a pack on its shelf, as if it had been pulled."""
    monkeypatch.setenv("PYANON_HOME", str(tmp_path / "home"))
    shutil.copytree(load_pack().folder, tmp_path / "home/packs/mine")
    return tmp_path / "home"


def test_help(pyanon: Pyanon) -> None:
    said = pyanon("pack")
    assert said.code == 2
    for command in COMMANDS:
        assert command in said.out
        assert pyanon("pack", command, "--help").code == 0


def test_every_option_is_documented(pyanon: Pyanon) -> None:
    text = (ROOT / "docs/cli.md").read_text()
    for command in COMMANDS:
        assert f"pyanon pack {command}" in text
        for option in re.findall(r"--[a-z][a-z-]+", pyanon("pack", command, "--help").out):
            assert f"`{option}" in text, f"{command} {option}"


class TestList:
    def test_what_is_there(self, pyanon: Pyanon, own: Path) -> None:
        done = pyanon("pack", "list")
        assert done.code == 0
        assert "ok pocket 0.1.0, Apache-2.0: replaces faces" in done.out
        assert f"pulled: {own / 'packs/mine'}" in done.out
        assert "not pinned yet; next: pyanon pack pin full" in done.out

    def test_trouble(self, pyanon: Pyanon, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shelf = own.parent / "shelf"
        shutil.copytree(load_pack().folder, shelf / "pocket")
        monkeypatch.setenv("PYANON_PACKS", str(shelf))
        (own / "packs/broken").mkdir()
        (own / "packs/broken/pack.toml").write_text("[pack")
        (own / "sources/odd").mkdir(parents=True)
        (own / "incoming/half").mkdir(parents=True)
        facts = json.loads(pyanon("pack", "list", "--json").out)
        rows = {(row["name"], row["origin"]): row for row in facts["packs"]}
        assert [row["state"] for row in rows.values()] == ["ok", "shadowed", "malformed", "ok"]
        assert str(load_pack().folder) in rows["pocket", "named"]["reason"]
        assert "not valid TOML" in rows["broken", "pulled"]["reason"]
        assert rows["mine", "pulled"]["does"] == "replaces faces"
        assert "pulled.toml" in facts["sources"][0]["reason"]
        assert facts["unfinished"][0]["name"] == "half"
        said = pyanon("pack", "list").out
        for words in ("-- pocket", "!! broken", "!! odd", "-- half: unfinished", "shadowed:", "malformed:"):
            assert words in said


class TestVerify:
    def test_all_is_well(self, pyanon: Pyanon, own: Path) -> None:
        done = pyanon("pack", "verify")
        assert done.code == 0
        assert done.out.count("ok locator.onnx") == 2
        assert re.search(r"^\d+ files verified$", done.out, re.MULTILINE)

    def test_goes_on_to_the_last(self, pyanon: Pyanon, tmp_path: Path) -> None:
        folder = tampered(tmp_path, "locator.onnx")
        (folder / "occlusion.onnx").unlink()
        done = pyanon("pack", "verify", folder)
        assert done.code == 7
        for words in (
            "!! locator.onnx",
            "ok landmarks.onnx",
            "!! occlusion.onnx",
            "ok manifold.npz",
            "expected: sha256",
        ):
            assert words in done.out
        facts = json.loads(pyanon("pack", "verify", folder, "--json").out)
        assert f"2 of {len(facts['files'])} files wrong" in done.out
        assert (facts["wrong"], facts["exit_code"]) == (2, 7)
        assert {row["file"] for row in facts["files"] if not row["ok"]} == {"locator.onnx", "occlusion.onnx"}
        quiet = pyanon("pack", "verify", folder, "-q")
        assert quiet.out == ""
        assert "locator.onnx is not the file" in quiet.err

    def test_no_such_pack(self, pyanon: Pyanon, tmp_path: Path) -> None:
        done = pyanon("pack", "verify", "nix")
        assert done.code == 7
        assert "one of: pocket" in done.err
        assert pyanon("pack", "verify", tmp_path).code == 7


class TestRemove:
    def test_what_was_pulled_and_its_plans(self, pyanon: Pyanon, own: Path) -> None:
        (own / "plans").mkdir()
        key = "0123456789abcdef0123"
        kept = {f"mine-too-locator-{key}.plan", f"pocket-locator-{key}.plan", "timing-0123.cache"}
        gone = {f"mine-locator-{key}.plan", f"mine-locator-{key}.json", f"mine-oracle.arc_2-{key}.plan"}
        for name in kept | gone:
            (own / "plans" / name).write_text("x")
        (own / "lists").mkdir()
        (own / "lists/mine.toml").write_text("")
        done = pyanon("pack", "remove", "mine", "--yes")
        assert done.code == 0
        assert "freed" in done.out
        assert not (own / "packs/mine").exists()
        assert {path.name for path in (own / "plans").iterdir()} == kept
        assert (own / "lists/mine.toml").exists()

    def test_asks(self, pyanon: Pyanon, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        done = pyanon("pack", "remove", "mine")
        assert done.code == 2
        assert "add --yes" in done.err
        for answer, left in (("n", True), ("", True), ("y", False)):
            monkeypatch.setattr("sys.stdin", Typed(answer))
            assert pyanon("pack", "remove", "mine").code == (2 if left else 0)
            assert (own / "packs/mine").exists() == left

    def test_a_link_leaves_what_it_links_to(self, pyanon: Pyanon, own: Path) -> None:
        (own / "packs/linked").symlink_to(own / "packs/mine")
        assert pyanon("pack", "remove", "linked", "--yes").code == 0
        assert (own / "packs/mine/pack.toml").exists()
        assert not (own / "packs/linked").is_symlink()

    @pytest.mark.parametrize("name", ["pocket", "elsewhere", "nix", "../packs/mine", "..", ""])
    def test_nothing_else(self, pyanon: Pyanon, own: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        shelf = own.parent / "shelf"
        shutil.copytree(load_pack().folder, shelf / "elsewhere")
        monkeypatch.setenv("PYANON_PACKS", str(shelf))
        done = pyanon("pack", "remove", name, "--yes")
        assert done.code in {2, 7}
        assert re.search("was not pulled|nothing of this name|not the name of a pack", done.err)
        assert (shelf / "elsewhere/pack.toml").exists()
        assert (own / "packs/mine/pack.toml").exists()
        load_pack("pocket").verify()


class Typed:
    """A terminal at which somebody has typed a line."""

    def __init__(self, line: str) -> None:
        self.line = line

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.line + "\n"


def test_amounts() -> None:
    said = [amount(size) for size in (0, 999, 1000, 135_000_000, 1_719_000_000, 12_000_000_000)]
    assert said == ["0 bytes", "999 bytes", "1.0 kB", "135 MB", "1.7 GB", "12 GB"]

"""``pyanon pack pin`` and ``pull`` against a stand-in for the hub, as a user sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyanon.cli.console import Console
from pyanon.runtime import load_pack
from tests.cli.conftest import Outcome
from tests.cli.test_pack import Typed
from tests.hub_stand_in import Repository, StandIn, hub_stand_in

pytest.importorskip("huggingface_hub", reason="what talks to the hub is not installed (it is in the test extra)")

Pyanon = Callable[..., Outcome]
LIST = """
[list]
schema = 1
name = "tiny"
kind = "sources"
description = "a tiny one"

[[source]]
repo = "someone/locator"
revision = "main"
licence = { name = "MIT", url = "https://example.org/mit", commercial = true }
files = [{ path = "weights.pt", family = "locator" }]

[[source]]
repo = "someone/faces"
revision = "main"
licence = { name = "research only", url = "https://example.org/research", commercial = false }
files = [{ path = "a/one.bin", family = "adapter" }, { path = "a/two.bin", family = "generator" }]
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    (tmp_path / "mine.toml").write_text(LIST)
    with hub_stand_in() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        running.repositories["someone/locator"] = Repository({"weights.pt": b"w" * 5000}, large={"weights.pt"})
        running.repositories["someone/faces"] = Repository({"a/one.bin": b"1" * 3000, "a/two.bin": b"2" * 2000})
        yield running


@pytest.fixture
def own(hub: StandIn, tmp_path: Path, pyanon: Pyanon) -> Path:
    """The user's folder, with the list pinned."""
    assert pyanon("pack", "pin", tmp_path / "mine.toml").code == 0
    hub.asked.clear()
    return tmp_path / "home"


def test_pin_shows_what_it_pins(pyanon: Pyanon, hub: StandIn, tmp_path: Path) -> None:
    done = pyanon("pack", "pin", tmp_path / "mine.toml")
    assert done.code == 0
    for words in (
        "trust on first use",
        hub.address,
        "sha256 ",
        "commit   c0ffee",
        "NOT FOR COMMERCIAL USE",
        "pull tiny",
    ):
        assert words in done.out
    facts = json.loads(pyanon("pack", "pin", tmp_path / "mine.toml", "--json").out)
    assert (facts["new"], facts["changes"], facts["size"], len(facts["files"])) == (False, [], 10_000, 3)
    hub.repositories["someone/faces"].files["a/one.bin"] = b"!"
    refused = pyanon("pack", "pin", tmp_path / "mine.toml")
    assert refused.code == 7
    assert "a/one.bin was" in refused.err
    assert "changed: someone/faces/a/one.bin" in pyanon("pack", "pin", tmp_path / "mine.toml", "--renew").out


def test_nothing_is_fetched_before_licences_are_agreed_to(pyanon: Pyanon, hub: StandIn, own: Path) -> None:
    done = pyanon("pack", "pull", "tiny")
    assert done.code == 2
    for words in (
        "licence: MIT, https://example.org/mit",
        "a/one.bin, 3.0 kB, adapter",
        "to fetch: 10 kB",
        "free here",
    ):
        assert words in done.out
    assert "someone/faces: research only ** NOT FOR COMMERCIAL USE **, https://example.org/research" in done.err
    assert "--agree-licences" in done.err
    for options in (["--json"], ["-q"]):
        assert pyanon("pack", "pull", "tiny", *options).code == 2
    assert not hub.asked


@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("", 2), ("y", 0), ("Yes", 0)])
def test_asks(pyanon: Pyanon, hub: StandIn, own: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    monkeypatch.setattr("sys.stdin", Typed(answer))
    done = pyanon("pack", "pull", "tiny")
    assert done.code == code
    assert "1 of 2 not for commercial use" in done.err
    assert bool(hub.asked) == (own / "sources/tiny").exists() == (code == 0)


def test_pulled_says_what_comes_next(pyanon: Pyanon, hub: StandIn, own: Path) -> None:
    done = pyanon("pack", "pull", "tiny", "--agree-licences")
    assert done.code == 0
    folder = own / "sources/tiny"
    assert f"python -m export.yolo_world OUT --from {folder}/someone/locator/weights.pt\n" in done.out
    faces = folder / "someone/faces"
    assert f"export.generator OUT --adapter {faces}/a/one.bin --from {faces}/a/two.bin\n" in done.out
    assert "3 files fetched and verified" in done.out
    hub.asked.clear()
    again = json.loads(pyanon("pack", "pull", "tiny", "--json").out)
    assert (again["fetched"], again["folder"], again["exit_code"]) == ([], str(folder), 0)
    assert not hub.asked
    assert pyanon("pack", "verify", "tiny").code == 0
    (folder / "someone/faces/a/one.bin").write_bytes(b"!")
    assert "!! someone/faces/a/one.bin" in pyanon("pack", "verify", "tiny").out
    assert pyanon("pack", "remove", "tiny", "--yes").code == 0
    assert not folder.exists()


def test_a_finished_pack(pyanon: Pyanon, hub: StandIn, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in load_pack().folder.iterdir()}
    files["pack.toml"] = files["pack.toml"].replace(b'name = "pocket"', b'name = "other"')
    hub.repositories["someone/pack"] = Repository(files, large={"generator.onnx"})
    refused = pyanon("pack", "pull", "someone/pack")
    assert refused.code == 7
    assert "do: pyanon pack pin someone/pack" in refused.err
    assert pyanon("pack", "pin", "someone/pack").code == 0
    done = pyanon("pack", "pull", "someone/pack", "--agree-licences")
    assert done.code == 0
    assert "pyanon anonymize INPUT --pack other" in done.out
    assert "ok other 0.1.0" in pyanon("pack", "list").out
    manifest = tmp_path / "home/packs/other/pack.toml"
    manifest.write_text(manifest.read_text().replace("0.1.0", "0.2.0"))
    changed = pyanon("pack", "verify", "other")
    assert changed.code == 7
    assert "!! pack.toml" in changed.out
    manifest.write_text("[")
    broken = pyanon("pack", "verify", "other").out
    assert "not valid TOML" in broken
    assert "ok generator.onnx" in broken


@pytest.mark.parametrize(
    ("refused", "code", "said"),
    [((404, "RepoNotFound"), 3, "no such repository"), ((403, "GatedRepo"), 3, "is gated"), ((401, ""), 3, "HF_TOKEN")],
)
def test_what_the_hub_refuses(
    pyanon: Pyanon, hub: StandIn, own: Path, refused: tuple[int, str], code: int, said: str
) -> None:
    hub.refused["someone/faces"] = refused
    done = pyanon("pack", "pull", "tiny", "--agree-licences")
    assert done.code == code
    assert said in done.err
    assert "do:" in done.err
    assert "-- tiny: unfinished" in pyanon("pack", "list").out
    assert pyanon("pack", "remove", "tiny", "--yes").code == 0


def test_tampered(pyanon: Pyanon, hub: StandIn, own: Path) -> None:
    hub.tampered["weights.pt"] = b"v" * 5000
    done = pyanon("pack", "pull", "tiny", "--agree-licences")
    assert done.code == 7
    assert "someone/locator/weights.pt is not the file that was pinned; it was removed" in done.err


def test_no_room(pyanon: Pyanon, hub: StandIn, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyanon.runtime.pull.free_space", lambda _: 10)
    done = pyanon("pack", "pull", "tiny", "--agree-licences")
    assert done.code == 4
    assert "PYANON_HOME" in done.err
    assert not hub.asked


def test_interrupted(pyanon: Pyanon, hub: StandIn, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyanon.runtime.hub._check", interrupt)
    done = pyanon("pack", "pull", "tiny", "--agree-licences")
    assert done.code == 130
    assert "the same command goes on" in done.err


def test_the_bar_counts_all_bytes(
    pyanon: Pyanon, hub: StandIn, own: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Console, "is_live", property(lambda self: True))
    done = pyanon("pack", "pull", "tiny", "--agree-licences")
    assert done.code == 0
    assert "3/3 two.bin" in done.err
    assert "10.0k/10.0k" in done.err

"""Pulling and pinning against a stand-in for the hub: what is verified, what is kept, and what each failure says."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import pyanon
from pyanon.errors import InputError, PackError, PackIntegrityError, SinkError, SourceError, SourceNotFoundError
from pyanon.runtime import Pack, available_packs, load_pack
from pyanon.runtime.hub import Hub
from pyanon.runtime.pins import find_pinned, pin, save_pins
from pyanon.runtime.pull import Fetching, incoming, plan_pull, pull
from pyanon.runtime.shelves import home, lists
from pyanon.runtime.sources import Licence, RemoteFile, Source, SourceList, format_sources, read_sources
from tests.hub_stand_in import Repository, StandIn, hub_stand_in

pytest.importorskip("huggingface_hub", reason="what talks to the hub is not installed (it is in the test extra)")

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = bytes(range(256)) * 4000
LICENCE = Licence("MIT", "https://example.org/licence", commercial=True)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A hub with one repository of checkpoints, and a user's folder of the test's own."""
    monkeypatch.setenv("PYANON_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    # What came of a piece is lost with the connection; a piece has 10 MB, which is more than these files have.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    with hub_stand_in() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        files = {"config.json": b"{}", "unet/weights.safetensors": WEIGHTS, "not/asked.bin": b"x"}
        running.repositories["someone/net"] = Repository(files, large={"unet/weights.safetensors"})
        yield running


def loose(*paths: str) -> SourceList:
    files = tuple(RemoteFile(path, "generator") for path in paths or ("config.json", "unet/weights.safetensors"))
    return SourceList("tiny", "a tiny one", (Source("someone/net", "main", LICENCE, files),))


def written(folder: Path, what: SourceList) -> str:
    path = folder / "mine.toml"
    path.write_text(format_sources(what))
    return str(path)


@pytest.fixture
def pinned(hub: StandIn, tmp_path: Path) -> SourceList:
    what = save_pins(pin(written(tmp_path, loose()), Hub())).what
    hub.asked.clear()
    return what


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class TestPin:
    def test_large_files_by_what_the_hub_says_and_small_ones_by_their_bytes(
        self, hub: StandIn, pinned: SourceList
    ) -> None:
        (source,) = pinned.sources
        assert source.revision == hub.repositories["someone/net"].commit
        assert [(file.path, file.sha256, file.size) for file in source.files] == [
            ("config.json", sha256(b"{}"), 2),
            ("unet/weights.safetensors", sha256(WEIGHTS), len(WEIGHTS)),
        ]
        assert {file.family for file in source.files} == {"generator"}
        assert read_sources(lists() / "tiny.toml") == pinned == find_pinned("tiny")

    def test_fetches_only_what_the_hub_states_no_sha256_of(self, hub: StandIn, tmp_path: Path) -> None:
        pin(written(tmp_path, loose()), Hub())
        assert hub.downloads() == [("config.json", "")]

    def test_again_is_no_news(self, hub: StandIn, pinned: SourceList, tmp_path: Path) -> None:
        again = save_pins(pin(written(tmp_path, loose()), Hub()))
        assert (again.changes, again.is_new, again.what) == ((), False, pinned)

    def test_what_was_pinned_is_not_given_up_silently(self, hub: StandIn, pinned: SourceList, tmp_path: Path) -> None:
        hub.repositories["someone/net"].files["config.json"] = b"[]"
        now = pin(written(tmp_path, loose()), Hub())
        with pytest.raises(PackError, match=r"config.json was .* and is .*--renew"):
            save_pins(now)
        assert find_pinned("tiny") == pinned
        assert save_pins(now, renew=True).changes
        assert find_pinned("tiny") == now

    def test_a_file_that_is_not_there(self, hub: StandIn, tmp_path: Path) -> None:
        with pytest.raises(SourceNotFoundError, match=r"no such file; given: someone/net/gone.bin .*config.json"):
            pin(written(tmp_path, loose("gone.bin")), Hub())

    def test_a_revision_that_is_not_there(self, hub: StandIn, tmp_path: Path) -> None:
        other = replace(loose(), sources=(replace(loose().sources[0], revision="v9"),))
        with pytest.raises(SourceNotFoundError, match=r"no such revision; given: someone/net@v9"):
            pin(written(tmp_path, other), Hub())

    def test_a_small_file_that_is_shorter_than_the_hub_says(self, hub: StandIn, tmp_path: Path) -> None:
        hub.tampered["config.json"] = b"{"
        with pytest.raises(PackIntegrityError, match="shorter than the hub says"):
            pin(written(tmp_path, loose()), Hub())

    def test_a_hub_that_names_no_commit(self, hub: StandIn, tmp_path: Path) -> None:
        hub.repositories["someone/net"].commit = "main"
        with pytest.raises(PackError, match="not pinned"):
            save_pins(pin(written(tmp_path, loose()), Hub()))

    def test_says_little_of_itself(self, hub: StandIn, pinned: SourceList) -> None:
        assert hub.agents == {"pyanon"}


class TestPull:
    def test_whole(self, pinned: SourceList, hub: StandIn) -> None:
        seen: list[Fetching] = []
        plan = plan_pull(pinned)
        assert (plan.size, plan.is_done, len(plan.missing)) == (len(WEIGHTS) + 2, False, 2)
        folder = pull(plan, Hub(), on_fetch=seen.append)
        assert folder == home() / "sources/tiny"
        assert tree(folder) == {"pulled.toml", "someone/net/config.json", "someone/net/unet/weights.safetensors"}
        assert (folder / "someone/net/unet/weights.safetensors").read_bytes() == WEIGHTS
        assert read_sources(folder / "pulled.toml") == pinned
        assert [at.done for at in seen] == sorted(at.done for at in seen)
        assert (seen[-1].done, seen[-1].total, seen[-1].number, seen[-1].files) == (plan.size, plan.size, 2, 2)
        assert tree(home() / "incoming") == {".tiny.lock"}

    def test_again_fetches_nothing(self, pinned: SourceList, hub: StandIn) -> None:
        pull(plan_pull(pinned), Hub())
        hub.asked.clear()
        assert plan_pull(pinned).is_done
        pull(plan_pull(pinned), Hub())
        assert not hub.asked

    def test_what_was_damaged_since_is_fetched_and_nothing_else(self, pinned: SourceList, hub: StandIn) -> None:
        folder = pull(plan_pull(pinned), Hub())
        hub.asked.clear()
        (folder / "someone/net/config.json").write_bytes(b"!!")
        plan = plan_pull(pinned)
        assert plan.missing == ("someone/net/config.json",)
        pull(plan, Hub())
        assert hub.downloads() == [("config.json", "")]
        assert plan_pull(pinned).is_done

    def test_what_is_whole_comes_before_what_is_left_of_something(self, pinned: SourceList, hub: StandIn) -> None:
        folder = pull(plan_pull(pinned), Hub())
        (folder / "pulled.toml").unlink()
        left = incoming("tiny") / "someone/net/config.json"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"!!")
        assert (pull(plan_pull(pinned), Hub()) / "someone/net/config.json").read_bytes() == b"{}"
        assert plan_pull(pinned).is_done

    def test_what_another_process_took_away_meanwhile(self, pinned: SourceList, hub: StandIn) -> None:
        pull(plan_pull(pinned), Hub()).rename(incoming("tiny"))
        plan = plan_pull(pinned)
        assert not plan.missing
        (incoming("tiny") / "someone/net/config.json").unlink()
        with pytest.raises(InputError, match=r"changed what was fetched meanwhile.*config.json"):
            pull(plan, Hub())
        assert not (home() / "sources/tiny").exists()

    def test_a_connection_that_is_cut_is_taken_up_again(self, pinned: SourceList, hub: StandIn) -> None:
        hub.cuts = [-1, 300_000]
        folder = pull(plan_pull(pinned), Hub())
        assert (folder / "someone/net/unet/weights.safetensors").read_bytes() == WEIGHTS
        parts = [part for name, part in hub.downloads() if name == "weights.safetensors"]
        assert parts == ["", "bytes=300000-"]

    def test_a_pull_that_broke_off_goes_on_in_the_next_run(self, pinned: SourceList, hub: StandIn) -> None:
        hub.cuts = [-1, 300_000] + [0] * 20
        with pytest.raises(SourceError, match=r"connection to the hub failed.*run the same command again"):
            pull(plan_pull(pinned), Hub())
        assert not (home() / "sources").exists()
        hub.cuts = []
        hub.asked.clear()
        plan = plan_pull(pinned)
        assert plan.size == len(WEIGHTS) - 300_000
        folder = pull(plan, Hub())
        assert hub.downloads() == [("weights.safetensors", "bytes=300000-")]
        assert plan_pull(pinned).is_done
        assert (folder / "someone/net/unet/weights.safetensors").read_bytes() == WEIGHTS

    @pytest.mark.parametrize("sent", [WEIGHTS[:-1] + b"!", WEIGHTS[:-1], WEIGHTS + b"!"], ids=["other", "less", "more"])
    def test_other_bytes_than_pinned(self, pinned: SourceList, hub: StandIn, sent: bytes) -> None:
        hub.tampered["unet/weights.safetensors"] = sent
        with pytest.raises(PackIntegrityError, match=r"someone/net/unet/weights.safetensors .*it was removed"):
            pull(plan_pull(pinned), Hub())
        assert not (home() / "sources").exists()
        assert tree(incoming("tiny")) == {"someone/net/config.json"}

    def test_a_file_that_became_shorter_than_what_came_of_it(self, pinned: SourceList, hub: StandIn) -> None:
        hub.cuts = [-1, 300_000] + [0] * 20
        with pytest.raises(SourceError):
            pull(plan_pull(pinned), Hub())
        hub.cuts, hub.tampered["unet/weights.safetensors"] = [], b"short"
        with pytest.raises(PackIntegrityError, match="shorter than what was pinned"):
            pull(plan_pull(pinned), Hub())
        assert tree(incoming("tiny")) == {"someone/net/config.json"}

    def test_what_is_not_pinned_is_not_fetched(self, hub: StandIn, tmp_path: Path) -> None:
        with pytest.raises(PackError, match=r"not pinned, so nothing of it is fetched; given: someone/net@main"):
            plan_pull(loose())
        with pytest.raises(PackError, match=r"do: pyanon pack pin .*mine.toml"):
            find_pinned(written(tmp_path, loose()))
        assert not hub.asked

    def test_a_disk_that_is_too_small(self, pinned: SourceList, hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pyanon.runtime.pull.free_space", lambda _: 1000)
        with pytest.raises(
            SinkError, match=r"not enough room.*expected: 1 MB; do: free some space, or set PYANON_HOME"
        ):
            pull(plan_pull(pinned), Hub())
        assert not hub.asked

    def test_a_disk_that_fills_up(self, pinned: SourceList, hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pyanon.runtime.hub._Measured.write", full)
        with pytest.raises(SinkError, match=r"No space left on device"):
            pull(plan_pull(pinned), Hub())

    def test_a_folder_that_cannot_be_made(self, pinned: SourceList, tmp_path: Path) -> None:
        (home() / "incoming").write_text("in the way")
        with pytest.raises(SinkError, match=r"pyanon's folder cannot be written to"):
            pull(plan_pull(pinned), Hub())

    def test_two_at_once(self, pinned: SourceList, hub: StandIn) -> None:
        from pyanon.runtime.storage import locked

        with locked(incoming("tiny")), pytest.raises(InputError, match="another pyanon is fetching this"):
            pull(plan_pull(pinned), Hub())

    def test_other_pins_leave_nothing_of_the_old_ones(self, pinned: SourceList, hub: StandIn, tmp_path: Path) -> None:
        pull(plan_pull(pinned), Hub())
        fewer = save_pins(pin(written(tmp_path, loose("config.json")), Hub()), renew=True).what
        folder = pull(plan_pull(fewer), Hub())
        assert tree(folder) == {"pulled.toml", "someone/net/config.json"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("refused", "said"),
        [
            ((401, ""), r"given: someone/net.* answer 401; do: .*HF_TOKEN"),
            ((404, "RepoNotFound"), r"no such repository; given: someone/net.*; do: check the name"),
            ((403, "GatedRepo"), r"gated.*; do: log in at the hub, ask for access .*HF_TOKEN"),
            ((403, ""), r"does not let us.* answer 403"),
            ((500, ""), r"does not serve this.* answer 500; do: .*run the same command again"),
        ],
    )
    def test_of_a_pin_and_of_a_pull(
        self, hub: StandIn, pinned: SourceList, tmp_path: Path, refused: tuple[int, str], said: str
    ) -> None:
        hub.refused["someone/net"] = refused
        with pytest.raises(SourceError, match=said):
            pin(written(tmp_path, loose()), Hub())
        with pytest.raises(SourceError, match=said.replace("given: someone/net", "given: someone/net/config.json")):
            pull(plan_pull(pinned), Hub())
        assert not (home() / "sources").exists()

    def test_a_commit_that_is_gone(self, hub: StandIn, pinned: SourceList) -> None:
        hub.repositories["someone/net"].commit = "d" * 40
        with pytest.raises(SourceNotFoundError, match="no such revision"):
            pull(plan_pull(pinned), Hub())

    def test_a_file_that_is_gone(self, hub: StandIn, pinned: SourceList) -> None:
        del hub.repositories["someone/net"].files["config.json"]
        with pytest.raises(SourceNotFoundError, match=r"no such file; given: someone/net/config.json"):
            pull(plan_pull(pinned), Hub())

    def test_no_hub_at_all(self, hub: StandIn, pinned: SourceList, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        with pytest.raises(SourceError, match=r"connection to the hub failed.*127.0.0.1:9; do: check the network"):
            pull(plan_pull(pinned), Hub())

    def test_a_token_is_sent(self, hub: StandIn, pinned: SourceList, monkeypatch: pytest.MonkeyPatch) -> None:
        hub.token = "secret"  # noqa: S105 - of the stand-in
        with pytest.raises(SourceError):
            pull(plan_pull(pinned), Hub())
        monkeypatch.setenv("HF_TOKEN", "secret")
        assert pull(plan_pull(pinned), Hub()).is_dir()


@pytest.fixture
def published(hub: StandIn, pack: Pack) -> Repository:
    """A finished pack, on the hub; what a repository has besides is not of the pack."""
    files = {path.name: path.read_bytes() for path in pack.folder.iterdir()}
    hub.repositories["someone/pack"] = Repository({**files, "README.md": b"hello"}, large={"locator.onnx"})
    return hub.repositories["someone/pack"]


class TestPacks:
    def test_pinned_and_pulled_it_is_loadable(self, hub: StandIn, published: Repository) -> None:
        what = save_pins(pin("someone/pack", Hub())).what
        assert (what.name, what.kind, what.sources[0].licence.commercial) == ("tiny", "pack", None)
        assert find_pinned("someone/pack") == find_pinned(f"someone/pack@{published.commit}") == find_pinned("tiny")
        folder = pull(plan_pull(what), Hub())
        assert available_packs()["tiny"] == folder
        assert tree(folder) == {*published.files, "pulled.toml"} - {"README.md"}
        load_pack("tiny").verify()

    def test_not_pinned(self, hub: StandIn, published: Repository) -> None:
        with pytest.raises(PackError, match=r"not pinned.*do: pyanon pack pin someone/pack@main"):
            find_pinned("someone/pack@main")

    def test_no_pack(self, hub: StandIn) -> None:
        with pytest.raises(PackError, match=r"holds no pack; given: someone/net .*expected: pack.toml"):
            pin("someone/net", Hub())

    def test_a_file_that_its_manifest_does_not_state(self, hub: StandIn, published: Repository) -> None:
        published.files["locator.onnx"] += b"!"
        with pytest.raises(PackIntegrityError, match=r"someone/pack/locator.onnx is not the file that its pack.toml"):
            pin("someone/pack", Hub())

    def test_the_name_of_a_pack_that_would_be_found_first(self, hub: StandIn, published: Repository) -> None:
        toml = published.files["pack.toml"].decode()
        published.files["pack.toml"] = toml.replace('name = "tiny"', 'name = "pocket"').encode()
        with pytest.raises(InputError, match=r"a pack of this name already.*pocket in"):
            plan_pull(pin("someone/pack", Hub()))

    def test_a_pack_that_is_malformed_inside_does_not_appear(self, hub: StandIn, published: Repository) -> None:
        """Each file is what was stated, and yet it is no pack that could be used."""
        old = published.files["prompts.npy"]
        published.files["prompts.npy"] = old.replace(b"<f4", b"<i4")
        toml = published.files["pack.toml"].decode().replace(sha256(old), sha256(published.files["prompts.npy"]))
        published.files["pack.toml"] = toml.encode()
        with pytest.raises(PackError, match="does not hold the embeddings"):
            pull(plan_pull(pin("someone/pack", Hub())), Hub())
        assert "tiny" not in available_packs()

    def test_a_pack_that_comes_with_pyanon_wins(self, hub: StandIn, published: Repository) -> None:
        folder = pull(plan_pull(pin("someone/pack", Hub())), Hub())
        folder.rename(folder.with_name("pocket"))
        assert available_packs()["pocket"] != folder.with_name("pocket")


def test_only_one_module_speaks_to_the_hub(tmp_path: Path) -> None:
    speakers = [path.name for path in (ROOT / "pyanon").rglob("*.py") if '"huggingface_hub' in path.read_text()]
    assert speakers == ["hub.py"]
    code = "import sys, pyanon.cli, pyanon.runtime.hub, pyanon.runtime.pull; print(*sys.modules)"
    where = {**os.environ, "PYTHONPATH": str(Path(pyanon.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=where, capture_output=True, text=True)
    loaded = done.stdout
    assert "pyanon.runtime.hub" in loaded.split()
    assert "huggingface_hub" not in loaded.split()


def test_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"pip install 'pyanon\[hub\]'"):
        Hub()

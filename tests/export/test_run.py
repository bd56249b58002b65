"""What all export scripts share: where weights come from, and what is said where they do not."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")
hub = pytest.importorskip("huggingface_hub", reason="fetching needs huggingface_hub (pip install 'pyanon[export]')")

from export.run import arguments, fetched, prepared  # noqa: E402
from pyanon.errors import InputError  # noqa: E402


def given(*words: str) -> argparse.Namespace:
    return arguments("", source="").parse_args(["out", *words])


def test_a_file_is_itself_or_in_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(b"x")
    assert fetched(given("--from", str(file)), "net.onnx") == file
    assert fetched(given("--from", str(tmp_path)), "net.onnx") == file
    with pytest.raises(InputError, match=r"other.onnx is not there; given: .*a file, its folder, or OWNER/NAME"):
        fetched(given("--from", str(tmp_path)), "other.onnx")


def test_the_hub_is_asked_for_one_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = []

    def download(*args: str, **more: str | None) -> str:
        asked.append((args, more))
        return str(tmp_path / "net.onnx")

    monkeypatch.setattr(hub, "hf_hub_download", download)
    assert fetched(given("--from", "owner/name", "--revision", "abc"), "net.onnx") == tmp_path / "net.onnx"
    assert asked == [(("owner/name", "net.onnx"), {"revision": "abc"})]


def test_a_hub_that_does_not_answer_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: str, **more: str | None) -> str:
        raise hub.errors.LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(hub, "hf_hub_download", offline)
    with pytest.raises(InputError, match=r"net.onnx cannot be fetched.*no connection.*owner/name at main.*local path"):
        fetched(given("--from", "owner/name"), "net.onnx")


def test_small_is_for_random_weights() -> None:
    with pytest.raises(InputError, match="--small is for --random-init"):
        prepared(given("--from", "x", "--small"))
    for wrong in ((), ("--from", "x", "--random-init"), ("--random-init", "--half", "--int8", "p")):
        with pytest.raises(SystemExit):
            given(*wrong)

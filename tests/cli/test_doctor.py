"""``pyanon doctor``: what it finds, and what it says where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.cli.test_exit_codes import tampered

Pyanon = Callable[..., Outcome]


def test_all_is_well(pyanon: Pyanon) -> None:
    done = pyanon("doctor")
    assert done.code == 0, done.out
    assert done.out.splitlines()[-1] == "pyanon is ready."
    for word in ("pocket", "verified", "runs on cpu", "libx264", "instructions"):
        assert word in done.out
    assert "!!" not in done.out


def test_json(pyanon: Pyanon) -> None:
    facts = json.loads(pyanon("doctor", "--json").out)
    assert facts["ready"] is True
    found = {(finding["topic"], finding["name"]): finding for finding in facts["findings"]}
    assert found["runtime", "locator"]["state"] == "ok"
    assert "asked for" in found["runtime", "locator"]["value"]


@pytest.mark.parametrize("options", [["--pack", "pickpocket"], ["--device", "cuda"], ["--pack", "{tampered}"]])
def test_something_is_wrong(pyanon: Pyanon, tmp_path: Path, options: list[str]) -> None:
    from pyanon.anonymizer import Anonymizer

    if "cuda" in options and Anonymizer().device.startswith("cuda"):
        pytest.skip("this machine has CUDA")
    pack = tampered(tmp_path, "landmarks.onnx")
    done = pyanon("doctor", *(option.replace("{tampered}", str(pack)) for option in options))
    assert done.code == 1
    assert "!!" in done.out
    assert "pyanon cannot work here" in done.out
    assert "libx264" in done.out  # the rest was looked at all the same


def test_a_missing_encoder_is_said(pyanon: Pyanon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyanon.cli.doctor._has_codec", lambda name, mode: name != "libx264")
    done = pyanon("doctor")
    assert done.code == 0
    assert "because libx264 is missing" in done.out
    monkeypatch.setattr("pyanon.cli.doctor._has_codec", lambda name, mode: mode == "r")
    assert pyanon("doctor").code == 1

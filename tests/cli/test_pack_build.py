"""``pyanon pack build``, on the simulated GPU."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.runtime.simulated.machine import Machine, machine

Pyanon = Callable[..., Outcome]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path))
    return machine(monkeypatch)


def test_builds_what_is_not_built(pyanon: Pyanon, gpu: Machine, tmp_path: Path) -> None:
    done = pyanon("pack", "build", "--role", "landmarks", "--role", "locator")
    assert done.code == 0, done.err
    assert "pocket/landmarks" in done.out
    assert "built in" in done.out
    assert f"2 plans in {tmp_path / 'plans'}" in done.out
    again = json.loads(pyanon("pack", "build", "--role", "landmarks", "--json").out)
    assert again["plans"][0]["seconds"] == 0
    assert Path(again["plans"][0]["file"]).is_file()


def test_removing_a_pack_takes_its_plans_with_it(pyanon: Pyanon, gpu: Machine, tmp_path: Path) -> None:
    from pyanon.runtime.shelves import plans_of

    pyanon("pack", "build", "--role", "landmarks")
    assert len(plans_of("pocket")) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["pack", "build", "nowhere"], 7, "there is no pack of this name"),
        (["pack", "build", "--role", "chef"], 7, "has no 'chef'"),
        (["pack", "build", "--gpu", "7"], 1, "there is no such GPU"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_built(pyanon: Pyanon, gpu: Machine, arguments: list[str], code: int, said: str) -> None:
    done = pyanon(*arguments)
    assert said in done.err
    assert done.code == code


def test_without_tensorrt(pyanon: Pyanon, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "tensorrt", None)
    done = pyanon("pack", "build")
    assert "the package 'tensorrt' cannot be imported" in done.err
    assert "do: on a Jetson" in done.err
    assert done.code != 0

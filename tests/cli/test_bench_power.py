"""Watts: from the sensors of a board, from NVML, or none, and then it says why."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from pyanon.cli import bench_power
from pyanon.cli.bench_power import Watts, find_sensor


def rail(folder: Path, number: int, name: str, millivolts: int, milliamperes: int) -> None:
    for file, text in (
        (f"in{number}_label", name),
        (f"in{number}_input", str(millivolts)),
        (f"curr{number}_input", str(milliamperes)),
    ):
        (folder / file).write_text(f"{text}\n")


def nvml(*, milliwatts: int, fails: bool = False) -> ModuleType:
    """NVML of a machine with one GPU; or one whose GPU has no such sensor."""
    module = ModuleType("pynvml")

    class NVMLError(Exception):
        pass

    def power(handle: int) -> int:
        if fails:
            raise NVMLError("Not Supported")
        return milliwatts + handle

    module.NVMLError = NVMLError  # type: ignore[attr-defined]
    module.nvmlInit = lambda: None  # type: ignore[attr-defined]
    module.nvmlDeviceGetHandleByIndex = lambda index: index  # type: ignore[attr-defined]
    module.nvmlDeviceGetPowerUsage = power  # type: ignore[attr-defined]
    return module


def test_a_board_whose_whole_supply_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rail(tmp_path, 1, "VDD_IN", 5000, 1200)
    rail(tmp_path, 2, "VDD_CPU_GPU_CV", 5000, 400)
    monkeypatch.setattr(bench_power, "_RAILS", f"{tmp_path}/in*_label")
    sensor, source = find_sensor()
    assert sensor is not None
    assert sensor() == pytest.approx(6.0)
    assert source == "the board, VDD_IN"


def test_a_board_whose_rails_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rail(tmp_path, 1, "VDD_GPU_SOC", 19000, 500)
    rail(tmp_path, 2, "VDD_CPU_CV", 19000, 100)
    monkeypatch.setattr(bench_power, "_RAILS", f"{tmp_path}/in*_label")
    sensor, source = find_sensor()
    assert sensor is not None
    assert sensor() == pytest.approx(11.4)
    assert source == "the board, VDD_GPU_SOC + VDD_CPU_CV"


def test_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(milliwatts=70_000))
    sensor, source = find_sensor()
    assert sensor is not None
    assert (sensor(), source) == (70.0, "the GPU, by NVML")


def test_no_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert find_sensor()[1].startswith("not measured: pip install")
    monkeypatch.setitem(sys.modules, "pynvml", nvml(milliwatts=0, fails=True))
    assert find_sensor() == (None, "not measured: NVML says Not Supported")


def test_watts_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_power, "_EVERY", 0.001)
    told = iter([10.0, 30.0])
    with Watts(lambda: next(told, 20.0), "a sensor") as watts:
        time.sleep(0.05)
    facts = watts.facts(frames=2)
    assert facts["most_watts"] == 30
    assert 15 < facts["mean_watts"] < 25
    assert 0.2 < facts["joules_per_frame"] < 5


def test_nothing_measured() -> None:
    with Watts(None, "not measured: no sensor") as watts:
        pass
    assert watts.facts(frames=3) == {"source": "not measured: no sensor"}

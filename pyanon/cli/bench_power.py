"""Watts, while something runs: of an NVIDIA GPU by NVML, of a Jetson by the sensors of its board."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Watts", "find_sensor"]

#: Where the INA3221 power monitors of a Jetson show: one file each for the volts and the amperes of a rail.
_RAILS = "/sys/bus/i2c/drivers/ina3221/*/hwmon/hwmon*/in*_label"
#: Rails through which the whole module is fed, where a board has one; else its rails add up.
_WHOLE = ("VDD_IN", "POM_5V_IN", "VIN_SYS_5V0")
_EVERY = 0.1

#: Gives watts, now.
Sensor = Callable[[], float]


def find_sensor(device: int = 0) -> tuple[Sensor | None, str]:
    """A sensor of power, and what it measures; or None, and why there is none.

    Args:
        device: Ordinal of the GPU.
    """
    rails = sorted(Path("/").glob(_RAILS[1:]))
    if rails:
        return _board(rails)
    try:
        import pynvml

        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(device)
        pynvml.nvmlDeviceGetPowerUsage(handle)
    except ImportError:
        return None, "not measured: pip install 'pyanon[cuda]' brings what reads it"
    except pynvml.NVMLError as error:
        return None, f"not measured: NVML says {error}"
    return lambda: float(pynvml.nvmlDeviceGetPowerUsage(handle)) / 1e3, "the GPU, by NVML"


def _board(labels: list[Path]) -> tuple[Sensor, str]:
    names = {label: label.read_text().strip() for label in labels}
    used = [label for label, name in names.items() if name in _WHOLE] or labels

    def watts() -> float:
        return sum(_rail(label) for label in used)

    return watts, f"the board, {' + '.join(names[label] for label in used)}"


def _rail(label: Path) -> float:
    """Watts of a rail: millivolts and milliamperes lie beside its label."""
    number = label.name.removeprefix("in").removesuffix("_label")
    volts, amperes = (label.with_name(f"{kind}{number}_input").read_text() for kind in ("in", "curr"))
    return float(volts) * float(amperes) / 1e6


class Watts:
    """Measures power from the beginning to the end of a with block.

    Args:
        sensor: What gives watts; None measures nothing.
        source: What it measures, for people.
    """

    def __init__(self, sensor: Sensor | None, source: str) -> None:
        self._sensor, self._source = sensor, source
        self._seen: list[float] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._began = self._seconds = 0.0

    def __enter__(self) -> Watts:
        self._began = time.monotonic()
        if self._sensor is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seconds = time.monotonic() - self._began
        self._end.set()
        if self._sensor is not None:
            self._thread.join()

    def _watch(self) -> None:
        sensor = self._sensor
        while sensor is not None and not self._end.is_set():
            self._seen.append(sensor())
            self._end.wait(_EVERY)

    def facts(self, *, frames: int) -> dict[str, Any]:
        """What was measured, of so many frames: mean and greatest watts, and joules for each frame."""
        if not self._seen:
            return {"source": self._source}
        mean = sum(self._seen) / len(self._seen)
        return {
            "source": self._source,
            "mean_watts": round(mean, 2),
            "most_watts": round(max(self._seen), 2),
            "joules_per_frame": round(mean * self._seconds / max(frames, 1), 4),
        }

"""Times variants of one job side by side: one process, one thread, repeats interleaved, medians.

Interleaving spreads whatever else the machine does evenly over the variants; the median leaves out what it does
rarely. What is counted is the thread's time on the processor, so that another process taking its turn does not count;
each timed call follows an untimed one of the same variant, so that none pays for the caches another one left behind.

Bytes are counted once per byte that the job must read and once per byte it must write, and set against what
``memcpy`` moves (read and written) at the same size, so that the roof is known.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pyanon import ops

__all__ = ["Case", "Row", "has_opencv", "main", "measure"]


@dataclass(frozen=True)
class Case:
    """One job and the ways to do it.

    Attributes:
        name: What is done, at which size.
        variants: Name to callable; the first one is ours, to which the others are compared.
        traffic: Bytes that the job must read plus bytes it must write; 0 where that says nothing.
    """

    name: str
    variants: Mapping[str, Callable[[], object]]
    traffic: int = 0


@dataclass(frozen=True)
class Row:
    """What one variant took.

    Attributes:
        case: Name of the case.
        variant: Name of the variant.
        microseconds: Median of a call.
        ratio: How many times longer than ours.
        gigabytes: Traffic per second, 1e9 bytes; 0 where not counted.
        memcpy_share: The same over what memcpy moves at that size.
    """

    case: str
    variant: str
    microseconds: float
    ratio: float
    gigabytes: float
    memcpy_share: float


def has_opencv() -> bool:
    """Whether OpenCV is installed; if so, it is held to one thread from now on."""
    try:
        import cv2
    except ImportError:
        return False
    cv2.setNumThreads(1)
    return True


def _seconds(call: Callable[[], object]) -> float:
    call()
    start = time.thread_time()
    call()
    return time.thread_time() - start


def _medians(calls: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Median seconds of each call; rounds are repeated for about this long, at least 7 and at most 300 times."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    while len(next(iter(times.values()))) < 300 and (time.perf_counter() < end or len(next(iter(times.values()))) < 7):
        for name, call in calls.items():
            times[name].append(_seconds(call))
    return {name: statistics.median(taken) for name, taken in times.items()}


def measure(case: Case, *, seconds: float = 1.0) -> list[Row]:
    """Time all variants of a case, and a memcpy that moves as many bytes, in one interleaved run.

    Args:
        case: What to time.
        seconds: About how long to repeat.
    """
    half = np.ones(max(case.traffic // 2, 1), np.uint8)
    to = np.empty_like(half)
    medians = _medians({**case.variants, "memcpy": lambda: np.copyto(to, half)}, seconds)
    roof = medians.pop("memcpy")
    ours = next(iter(medians.values()))
    counted = bool(case.traffic)
    return [
        Row(
            case=case.name,
            variant=variant,
            microseconds=taken * 1e6,
            ratio=taken / ours,
            gigabytes=case.traffic / taken / 1e9,
            memcpy_share=roof / taken if counted else 0.0,
        )
        for variant, taken in medians.items()
    ]


def _processor() -> str:
    """Model name of the processor, as the kernel tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _print_table(rows: Sequence[Row]) -> None:
    print(f"{'case':34} {'variant':26} {'us':>10} {'x ours':>8} {'GB/s':>7} {'of memcpy':>10}")
    for row in rows:
        moved = f"{row.gigabytes:7.1f} {row.memcpy_share:10.0%}" if row.gigabytes else ""
        print(f"{row.case:34} {row.variant:26} {row.microseconds:10.1f} {row.ratio:8.2f} {moved}")


def main(title: str, cases: Sequence[Case]) -> None:
    """Run a benchmark from the command line: a table, or JSON with ``--json``.

    Args:
        title: Name of the op.
        cases: What to time.
    """
    parser = argparse.ArgumentParser(description=f"Benchmark of {title}.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--seconds", type=float, default=1.0, help="about how long to repeat each case")
    arguments = parser.parse_args()
    rows = [row for case in cases for row in measure(case, seconds=arguments.seconds)]
    machine = {"processor": _processor(), "simd": ops.simd_target(), "threads": 1}
    if arguments.json:
        print(json.dumps({"op": title, "machine": machine, "rows": [asdict(row) for row in rows]}, indent=2))
        return
    print(f"{title} on {machine['processor']} ({machine['simd']}, one thread)")
    _print_table(rows)

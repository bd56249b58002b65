"""How long each network takes by itself, for the batches with which the pipeline calls it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from pyanon.cli.bench_words import percentiles

if TYPE_CHECKING:
    from pyanon.runtime import Runner, Stream

__all__ = ["measure_engines"]

#: Calls of each network that are measured, and before that.
_CALLS, _WARM_UP = 50, 5

#: A network and the shapes of its inputs in one call.
Call = tuple[str, tuple[tuple[str, tuple[int, ...], str], ...]]


def measure_engines(
    runners: Mapping[str, Runner], run: Callable[[], int], *, place: Stream | None
) -> dict[str, dict[str, Any]]:
    """Watch which calls a run makes, then measure each of them alone, from its inputs to its last output.

    Args:
        runners: Role -> active runner.
        run: Runs the pipeline on some frames; says on how many.
        place: Where the networks get and leave arrays; None: on the host.

    Returns:
        Role -> calls per frame, mean rows per call, percentiles of milliseconds per call, and milliseconds per frame.
    """
    with _watched(runners) as calls:
        frames = run()
    found: dict[str, dict[str, Any]] = {}
    for role in runners:
        own = {call: count for call, count in calls.items() if call[0] == role}
        if own:
            times = {call: _alone(runners[role], call, place) for call in own}
            every = [ms for call, count in own.items() for ms in times[call] * count]
            total, rows = sum(own.values()), sum(count * call[1][0][1][0] for call, count in own.items())
            medians = sum(count * float(np.median(times[call])) for call, count in own.items())
            found[role] = {
                "calls_per_frame": round(total / frames, 2),
                "rows_per_call": round(rows / total, 2),
                **percentiles(every),
                "ms_per_frame": round(medians / frames, 3),
            }
    return found


@contextmanager
def _watched(runners: Mapping[str, Runner]) -> Iterator[Counter[Call]]:
    """Counts the calls of runners, by shapes."""
    calls: Counter[Call] = Counter()

    def watch(role: str, infer: Callable[..., Any]) -> Callable[..., Any]:
        def watched(inputs: Mapping[str, Any]) -> Any:
            shapes = tuple((name, tuple(array.shape), array.dtype.name) for name, array in inputs.items())
            if all(0 not in shape for _, shape, _ in shapes):
                calls[role, shapes] += 1
            return infer(inputs)

        return watched

    # On the objects, not on their classes: only these runners are watched, and only here.
    for role, runner in runners.items():
        for name in ("infer", "infer_device"):
            setattr(runner, name, watch(role, getattr(runner, name)))
    try:
        yield calls
    finally:
        for runner in runners.values():
            for name in ("infer", "infer_device"):
                delattr(runner, name)


def _alone(runner: Runner, call: Call, place: Stream | None) -> list[float]:
    """Milliseconds of calls of a network with inputs of these shapes."""
    inputs: dict[str, Any] = {name: np.zeros(shape, dtype) for name, shape, dtype in call[1]}
    if place is not None:
        inputs = {name: place.upload(array) for name, array in inputs.items()}
    spent = []
    for _ in range(_WARM_UP + _CALLS):
        began = time.perf_counter()
        if place is None:
            runner.infer(inputs)
        else:
            runner.infer_device(inputs)
            place.synchronize()
        spent.append(1e3 * (time.perf_counter() - began))
    return spent[_WARM_UP:]

"""The figures of `pyanon bench`, and the tables in which it shows them."""

from __future__ import annotations

from typing import Any

__all__ = ["percentiles", "table"]

_PERCENTILES = (50, 90, 95, 99)
_SHOWN = ("p50", "p95", "p99", "mean")


def percentiles(values: list[float]) -> dict[str, float]:
    """The middle and the slow end of some measurements.

    Args:
        values: At least one.

    Returns:
        ``p50``, ``p90``, ``p95``, ``p99`` and ``mean``, in the unit of the values.
    """
    import numpy as np

    found = {f"p{share}": float(np.percentile(values, share)) for share in _PERCENTILES}
    return {name: round(value, 3) for name, value in {**found, "mean": float(np.mean(values))}.items()}


def table(facts: dict[str, Any]) -> str:
    """All that was measured, for people.

    Args:
        facts: As `pyanon bench --json` writes them.
    """
    machine, (width, height) = facts["machine"], facts["size"]
    lines = [
        f"{machine['processor']}, {machine['usable_cores']} cores; {facts['device']}",
        *([f"power mode: {facts['power_mode']}"] if facts["power_mode"] else []),
        f"{facts['frames']} frames of {width}x{height} after {facts['warm_up']} to warm up",
        "",
        *_stages(facts["stages_ms"]),
        "",
        *_engines(facts),
        "",
        *_single_stream(facts.get("single_stream")),
        _whole(facts["whole"]),
        _power(facts["power"]),
    ]
    return "\n".join(lines)


def _figures(figures: dict[str, float]) -> str:
    return "".join(f"{figures[name]:>10.2f}" for name in _SHOWN)


def _stages(stages: dict[str, dict[str, float]]) -> list[str]:
    head = f"{'stage':<20}" + "".join(f"{name:>10}" for name in _SHOWN) + "   ms per frame"
    return [head, *(f"{stage:<20}{_figures(figures)}" for stage, figures in stages.items())]


def _engines(facts: dict[str, Any]) -> list[str]:
    head = f"{'network':<20}" + "".join(f"{name:>10}" for name in _SHOWN) + "   ms per call, alone"
    rows = [
        f"{role:<20}{_figures(own)}   {own['calls_per_frame']:g} a frame, {own['rows_per_call']:g} rows each"
        for role, own in facts["engines_ms"].items()
    ]
    ratio = (
        f"all networks: {facts['engines_ms_per_frame']:.2f} ms per frame; the path of a frame: {facts['path']:.2f} x"
    )
    return [head, *rows, ratio]


def _single_stream(facts: dict[str, Any] | None) -> list[str]:
    if facts is None:
        return []
    return [
        f"single stream, {facts['seconds']:.0f} s, {facts['frames']} frames one by one: "
        f"p90 {facts['p90']:.2f} ms, p50 {facts['p50']:.2f}, p99 {facts['p99']:.2f}",
        "",
    ]


def _whole(whole: dict[str, float]) -> str:
    return (
        f"whole: {whole['frames_per_second']:.1f} frames/s, {whole['cpu_ms_per_frame']:.1f} ms of CPU time per frame, "
        f"{whole['faces_per_frame']:.1f} faces per frame"
    )


def _power(power: dict[str, Any]) -> str:
    if "mean_watts" not in power:
        return f"power: {power['source']}"
    return (
        f"power of {power['source']}: {power['mean_watts']:.1f} W, at most {power['most_watts']:.1f} W, "
        f"{power['joules_per_frame']:.2f} J per frame"
    )

"""``pyanon bench``: the figures are there and fit each other; what they are is the machine's affair."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pyanon.cli.bench_words import percentiles
from tests.cli.conftest import Outcome

Pyanon = Callable[..., Outcome]


def test_percentiles() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "mean": 50}


def test_figures_and_machine(pyanon: Pyanon, clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    arguments = ["--input", clip, "--size", "320x240", "--frames", 6, "--warm-up", 2, "--method", "blur"]
    done = pyanon("bench", *arguments, "--json", path)
    assert done.code == 0, done.err
    facts = json.loads(path.read_text())
    assert {"read", "locate", "track", "align", "blend", "total", "write", "end to end"} == set(facts["stages_ms"])
    for figures in facts["stages_ms"].values():
        assert 0 <= figures["p50"] <= figures["p95"] <= figures["p99"]
    assert facts["whole"]["cpu_ms_per_frame"] > 0
    assert facts["machine"]["cores"] >= 1
    assert (facts["frames"], facts["size"]) == (6, [320, 240])
    locator = facts["engines_ms"]["locator"]
    assert (locator["calls_per_frame"], locator["rows_per_call"]) == (1, 1)
    assert 0 < locator["p50"] <= locator["p99"]
    assert facts["engines_ms_per_frame"] >= locator["ms_per_frame"]
    assert facts["path"] > 0
    assert "single_stream" not in facts
    for word in ("p95", "locate", "frames/s", "CPU time", "all networks", "power"):
        assert word in done.out
    assert json.loads(pyanon("bench", *arguments, "--json", "-").out)["size"] == [320, 240]


def test_single_stream(pyanon: Pyanon, clip: Path) -> None:
    arguments = ["--input", clip, "--size", "160x120", "--frames", 2, "--warm-up", 0, "--method", "solid"]
    done = pyanon("bench", *arguments, "--single-stream", "0.5", "--json", "-")
    facts = json.loads(done.out)["single_stream"]
    assert facts["seconds"] == 0.5
    assert facts["frames"] >= 1
    assert 0 < facts["p50"] <= facts["p90"] <= facts["p99"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--frames", "0"], 2),
        (["--size", "0x5"], 2),
        (["--single-stream", "0"], 2),
        (["--input", "nowhere.mp4"], 3),
        (["--input", "{clip}", "--frames", "1", "--warm-up", "0", "--json", "/nowhere/b.json"], 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_measured(pyanon: Pyanon, clip: Path, arguments: list[str], code: int) -> None:
    done = pyanon("bench", *(argument.replace("{clip}", str(clip)) for argument in arguments))
    assert done.code == code, done.err
    assert "Traceback" not in done.err

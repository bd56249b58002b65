"""``pyanon bench``: how long each stage and each network takes on this machine, and the whole command."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyanon.cli.bench_power import Watts, find_sensor
from pyanon.cli.bench_words import percentiles, table
from pyanon.cli.console import Console
from pyanon.cli.doctor import describe_machine
from pyanon.cli.doctor_gpu import power_mode
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common, add_policy, add_runtime, open_anonymizer, policy_of, size_of
from pyanon.errors import InputError, SinkError

if TYPE_CHECKING:
    from pyanon.anonymizer import Anonymizer
    from pyanon.types import Frame
    from pyanon.video import VideoInfo

__all__ = ["add_parser", "run"]

#: Different frames that are measured on, repeated as often as needed.
_DISTINCT = 100
#: Bytes that they may take in memory: large frames are fewer.
_MOST_BYTES = 256 << 20
#: Frames on which calls of networks are counted.
_COUNTED = 30
#: Seconds of a run in the manner of MLPerf's edge single stream: its least duration.
_SINGLE_STREAM = 600


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "bench",
        help="measure how long each stage takes here",
        description="Measures, after a warm-up, the time of each stage for a frame and of each network for a call "
        "(p50, p95, p99), and frames per second, CPU time and watts of the whole: decoding, anonymizing and encoding "
        "side by side.",
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("--input", metavar="FILE", help="video to measure on (default: the film of pyanon demo; needs scikit-image)")
    add("--size", default="1280x720", metavar="WxH", help="size of its frames (default: 1280x720)")
    add("--frames", type=int, default=300, metavar="N", help="frames to measure (default: 300)")
    add("--warm-up", type=int, default=30, metavar="N", help="frames before that (default: 30)")
    add(
        "--single-stream",
        nargs="?",
        type=float,
        const=_SINGLE_STREAM,
        metavar="SECONDS",
        help="also one frame after the other for so long, as MLPerf's edge single stream does, whose figure is the p90 "
        f"(default: {_SINGLE_STREAM})",
    )
    add("--json", metavar="FILE", help="write figures and a description of the machine as JSON; - for standard output")
    add_policy(parser)
    add_runtime(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    policy, size = policy_of(given), size_of(given.size)
    if given.frames < 1 or given.warm_up < 0 or (given.single_stream is not None and given.single_stream <= 0):
        raise InputError(
            "nothing would be measured",
            given=f"--frames {given.frames} --warm-up {given.warm_up} --single-stream {given.single_stream}",
        )
    console = Console(as_json=given.json == "-")
    console.status("preparing ...")
    with tempfile.TemporaryDirectory(prefix="pyanon-bench-") as folder, open_anonymizer(given, policy) as anonymizer:
        bench = _Bench(anonymizer, Path(folder), _frames(given.input, size))
        facts: dict[str, Any] = {
            **_circumstances(given, anonymizer),
            "size": list(size),
            "stages_ms": bench.stages(given.frames, warm_up=given.warm_up, console=console),
            **bench.engines(console),
            **bench.whole(console),
        }
        facts["path"] = round(facts["stages_ms"]["total"]["p50"] / max(facts["engines_ms_per_frame"], 1e-6), 3)
        if given.single_stream:
            facts["single_stream"] = bench.single_stream(given.single_stream, console=console)
    console.status("")
    console.result(table(facts))
    console.data(facts)
    if given.json and given.json != "-":
        _write(Path(given.json), facts)
    return ExitCode.OK


def _circumstances(given: argparse.Namespace, anonymizer: Anonymizer) -> dict[str, Any]:
    """What a figure means nothing without."""
    return {
        "machine": describe_machine(),
        "device": anonymizer.device,
        "power_mode": power_mode(),
        "pack": f"{anonymizer.pack.name} {anonymizer.pack.manifest.version}",
        "policy": str(anonymizer.policy),
        "input": given.input or "the film of pyanon demo",
        "frames": given.frames,
        "warm_up": given.warm_up,
    }


def _frames(source: str | None, size: tuple[int, int]) -> list[Frame]:
    """Frames to measure on, of this size; all in memory, so that reading them costs nothing."""
    import numpy as np
    from PIL import Image

    def fit(frame: Frame) -> Frame:
        if (frame.width, frame.height) == size:
            return frame
        return replace(frame, pixels=np.asarray(Image.fromarray(frame.picture).resize(size, Image.Resampling.BILINEAR)))

    count = max(2, min(_DISTINCT, _MOST_BYTES // (3 * size[0] * size[1])))
    if source is not None:
        from pyanon.video import open_video

        with open_video(source) as video:
            return [fit(frame) for frame in islice(video, count)]
    from pyanon.cli.demo_scene import Film, photographs

    film = Film(photographs(), size=size)
    return list(islice(film, 0, None, max(1, len(film) // count)))


class _Bench:
    """Measures the stages one by one, then everything together."""

    def __init__(self, anonymizer: Anonymizer, folder: Path, frames: list[Frame]) -> None:
        self._anonymizer, self._distinct = anonymizer, frames
        self._input, self._output = folder / "input.mp4", folder / "output.mp4"
        self._like = _info(frames[0])

    def stages(self, count: int, *, warm_up: int, console: Console) -> dict[str, dict[str, float]]:
        """Milliseconds per frame of reading, of each stage, and of writing; writes the input of `whole`."""
        from pyanon.video import open_sink, open_video

        console.status("measuring the stages ...")
        frames, spent = list(_numbered(self._distinct, warm_up + count)), defaultdict[str, list[float]](list)
        with open_sink(self._input, like=self._like) as sink:
            for frame in frames:
                began = time.perf_counter()
                sink.write(frame)
                spent["write"].append(1e3 * (time.perf_counter() - began))
        with open_video(self._input) as source:
            spent["read"] = list(_intervals(source))
        timings = [result.timings for result in self._anonymizer.stream(frames)]
        stages = list(dict.fromkeys(stage for each in timings for stage in each if stage != "total"))
        for stage in (*stages, "total"):
            # A frame without a face has no part in the later stages.
            spent[stage] = [each.get(stage, 0.0) for each in timings]
        parts = zip(spent["read"], spent["total"], spent["write"], strict=True)
        spent["end to end"] = [sum(part) for part in parts]
        order = ["read", *stages, "total", "write", "end to end"]
        return {stage: percentiles(spent[stage][warm_up:]) for stage in order}

    def engines(self, console: Console) -> dict[str, Any]:
        """Every network by itself, and all of them for a frame."""
        from pyanon.cli.bench_engines import measure_engines

        console.status("measuring the networks ...")
        frames = list(_numbered(self._distinct, _COUNTED))
        found = measure_engines(
            self._anonymizer.runners, lambda: len(list(self._anonymizer.stream(frames))), place=self._anonymizer.place
        )
        every = sum(own["ms_per_frame"] for own in found.values())
        return {"engines_ms": found, "engines_ms_per_frame": round(every, 3)}

    def whole(self, console: Console) -> dict[str, Any]:
        """A file in, a file out, as `pyanon anonymize` does it; the start of the program is not counted."""
        from pyanon import stream
        from pyanon.video import open_sink, open_video

        console.status("measuring the whole ...")
        watts, before, began = Watts(*find_sensor()), _cpu_seconds(), time.perf_counter()
        gpu = self._anonymizer.gpu_pictures
        with (
            watts,
            open_video(self._input, gpu=gpu) as source,
            open_sink(self._output, like=source.info, gpu=gpu) as sink,
        ):
            done = stream.run(source, self._anonymizer.stream, sink)
        seconds, spent = time.perf_counter() - began, _cpu_seconds() - before
        return {
            "whole": {
                "frames_per_second": round(done.frames / seconds, 2),
                "cpu_ms_per_frame": round(1e3 * spent / done.frames, 3),
                "faces_per_frame": round(done.faces / done.frames, 2),
            },
            "power": watts.facts(frames=done.frames),
        }

    def single_stream(self, seconds: float, *, console: Console) -> dict[str, float]:
        """One frame after the other, each asked for when the one before is there, nothing held back."""
        spent, end = list[float](), time.perf_counter() + seconds
        results = self._anonymizer.stream(_numbered(self._distinct, sys.maxsize), lookahead=0)
        while time.perf_counter() < end:
            began = time.perf_counter()
            next(results)
            spent.append(1e3 * (time.perf_counter() - began))
            console.status(f"single stream: {len(spent)} frames, {end - time.perf_counter():.0f} s to go")
        return {"seconds": seconds, "frames": len(spent), **percentiles(spent)}


def _info(frame: Frame) -> VideoInfo:
    from pyanon.video import VideoInfo

    return VideoInfo("bench", frame.width, frame.height, time_base=Fraction(1, 25))


def _numbered(frames: list[Frame], count: int) -> Iterator[Frame]:
    """So many frames, the given ones over and over, one after the other in time."""
    for index, frame in enumerate(islice(cycle(frames), count)):
        yield replace(frame, pts=index, time_base=Fraction(1, 25), index=index)


def _intervals(source: Iterable[Frame]) -> Iterator[float]:
    """Milliseconds that each frame takes to come."""
    began = time.perf_counter()
    for _ in source:
        yield 1e3 * (time.perf_counter() - began)
        began = time.perf_counter()


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _write(path: Path, facts: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(facts, indent=2) + "\n")
    except OSError as error:
        raise SinkError(f"the figures cannot be written ({error.strerror})", given=path) from error

"""Whole command against whole command: `pyanon anonymize` and `deface`, start-up, decoding and encoding included.

What is compared is the CPU time (user and system) of the process and all its children, which another process taking its
turn does not change; the repeats of both are interleaved, and medians are taken. Run it on a quiet machine for the
wall-clock figures. Without `deface` (pip install deface==1.5.0 opencv-python-headless) there is nothing to compare
with, and it says so.

pyanon runs twice: `covering` faces, which is what deface does, and `replacing` them.

    python benchmarks/bench_vs_deface.py [--input VIDEO] [--sizes 1280x720 640x480] [--frames 260] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from pyanon.cli.demo_scene import RATE, Film, photographs
from pyanon.cli.doctor import describe_machine
from pyanon.types import Frame
from pyanon.video import VideoInfo, open_sink, open_video

#: The issue's goal: CPU time per frame as a share of deface's, by frame size.
GOALS = {(1280, 720): 0.25, (640, 480): 0.40}


@dataclass(frozen=True)
class Cost:
    """What one run of a command took, per frame of the clip.

    Attributes:
        cpu_ms: User and system time of the process and its children, milliseconds.
        wall_ms: Wall-clock time, milliseconds.
    """

    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True)
class Row:
    """The medians of one command at one size.

    Attributes:
        size: Columns and rows.
        command: Name of the command.
        cpu_ms: CPU milliseconds per frame.
        wall_ms: Wall-clock milliseconds per frame.
        share: CPU time as a share of deface's.
        goal: What the share should be at most; None where there is no goal.
    """

    size: tuple[int, int]
    command: str
    cpu_ms: float
    wall_ms: float
    share: float
    goal: float | None = None


def write_clip(path: Path, *, source: str | None, size: tuple[int, int], count: int) -> int:
    """Write a clip of one size, H.264; returns the number of its frames."""
    like = VideoInfo("bench", *size, rate=Fraction(RATE), time_base=Fraction(1, RATE))
    written = 0
    with open_sink(path, like=like) as sink:
        for frame in islice(_frames(source, size), count):
            sink.write(replace(frame, pts=written, time_base=Fraction(1, RATE), index=written))
            written += 1
    return written


def _frames(source: str | None, size: tuple[int, int]) -> Iterator[Frame]:
    if source is None:
        yield from Film(photographs(), size=size)
        return
    with open_video(source) as video:
        for frame in video:
            scaled = Image.fromarray(frame.picture).resize(size, Image.Resampling.BICUBIC)
            yield replace(frame, pixels=np.asarray(scaled))


def cost(command: Sequence[str | Path], *, frames: int) -> Cost:
    """Run a command and say what it took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, stdin=subprocess.DEVNULL)  # noqa: S603
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed ({done.returncode}):\n{done.stderr}")
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(1e3 * spent / frames, 1e3 * wall / frames)


def compare(clip: Path, *, deface: str, size: tuple[int, int], frames: int, repeats: int) -> list[Row]:
    """The commands on one clip, taking turns; pyanon covers faces, as deface does, and replaces them."""
    anonymize = [sys.executable, "-m", "pyanon", "anonymize", str(clip), str(clip.with_name("a.mp4"))]
    anonymize += ["--overwrite", "--quiet"]
    commands: dict[str, list[str | Path]] = {
        "covering": [*anonymize, "--method", "blur"],
        "replacing": [*anonymize, "--method", "replace"],
        "deface": [deface, clip, "--output", clip.with_name("b.mp4"), "--backend", "opencv"],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            costs[name].append(cost(command, frames=frames))
    cpu = {name: statistics.median(run.cpu_ms for run in runs) for name, runs in costs.items()}
    wall = {name: statistics.median(run.wall_ms for run in runs) for name, runs in costs.items()}
    goals = {"covering": GOALS.get(size)}
    return [Row(size, name, cpu[name], wall[name], cpu[name] / cpu["deface"], goals.get(name)) for name in commands]


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    print(f"{'size':>10}  {'command':<10}{'CPU ms/frame':>14}{'ms/frame':>10}{'of deface':>11}{'goal':>7}")
    for row in rows:
        goal = f"{row.goal:.0%}" if row.goal is not None else ""
        print(
            f"{row.size[0]:>5}x{row.size[1]:<4}  {row.command:<10}{row.cpu_ms:>14.1f}{row.wall_ms:>10.1f}"
            f"{row.share:>11.1%}{goal:>7}"
        )


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description="pyanon anonymize against deface, whole commands")
    parser.add_argument("--input", help="video to scale to each size (default: the film of pyanon demo)")
    parser.add_argument("--sizes", nargs="+", default=["1280x720", "640x480"], metavar="WxH")
    parser.add_argument("--frames", type=int, default=260, help="frames of each clip at most (default: 260)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each command (default: 3)")
    parser.add_argument("--json", type=Path, help="also write the figures and the machine to this file")
    given = parser.parse_args()
    deface = shutil.which(
        "deface", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    )
    if deface is None:
        print("skipped: deface is not installed (pip install deface==1.5.0 opencv-python-headless)")
        return
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pyanon-bench-") as folder:
        for text in given.sizes:
            width, height = (int(side) for side in text.split("x"))
            clip = Path(folder) / f"{text}.mp4"
            frames = write_clip(clip, source=given.input, size=(width, height), count=given.frames)
            rows += compare(clip, deface=deface, size=(width, height), frames=frames, repeats=given.repeats)
    show(rows)
    if given.json:
        facts = {"machine": describe_machine(), "rows": [asdict(row) for row in rows]}
        given.json.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Peak memory of `pyanon anonymize` by length: a long video must take no more than a short one.

The whole command is watched from outside (the largest resident set of the process), at one size, for films that differ
in nothing but how often ten seconds with faces and sound come again.

    python benchmarks/bench_memory.py [--seconds 60 3600] [--size 1920x1080] [--audio drop|copy] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pyanon.cli.demo_scene import RATE, Film, photographs
from pyanon.cli.doctor import describe_machine

#: Length in seconds of what is repeated, and samples of sound per second.
LOOP, SOUND = 10, 48_000


@dataclass(frozen=True)
class Row:
    """One film.

    Attributes:
        seconds: Its length.
        frames: Its frames.
        peak_mb: Most memory the command ever held, megabytes.
        of_first: The same as a share of the first film's.
        wall_s: How long the command took, seconds.
    """

    seconds: int
    frames: int
    peak_mb: float
    of_first: float
    wall_s: float


def write_loop(path: Path, size: tuple[int, int]) -> None:
    """Ten seconds of the demo's film with a tone, H.264 and AAC."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "30"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        sound = out.add_stream("aac", rate=SOUND, layout="mono")
        for number, frame in zip(range(LOOP * RATE), Film(photographs(), size=size), strict=False):
            picture = av.VideoFrame.from_ndarray(frame.picture, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            out.mux(video.encode(picture))
        for start in range(0, LOOP * SOUND, 1024):
            wave = np.sin(np.arange(start, start + 1024) * (2 * np.pi * 440 / SOUND)).astype(np.float32)
            chunk = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            chunk.sample_rate, chunk.pts, chunk.time_base = SOUND, start, Fraction(1, SOUND)
            out.mux(sound.encode(chunk))
        out.mux(video.encode())
        out.mux(sound.encode())


def repeat(loop: Path, path: Path, seconds: int) -> None:
    """Writes the loop's packets again and again, without encoding anything."""
    with av.open(str(path), "w") as out:
        with av.open(str(loop)) as source:
            streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for turn in range(seconds // LOOP):
            with av.open(str(loop)) as source:
                for packet in source.demux():
                    length = round(LOOP / packet.time_base)
                    # The encoder's delay makes sound begin before nought and end after the pictures: no overlap.
                    if packet.dts is None or packet.pts is None or packet.dts + (packet.duration or 0) > length:
                        continue
                    if packet.stream.type == "audio" and packet.dts < 0:
                        continue
                    packet.pts, packet.dts = packet.pts + turn * length, packet.dts + turn * length
                    packet.stream = streams[packet.stream_index]
                    out.mux(packet)


def peak(command: Sequence[str | Path]) -> tuple[float, float]:
    """Runs a command; its largest resident set in megabytes, and the seconds it took."""
    began = time.perf_counter()
    with subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"the command failed ({process.returncode})")
    return usage.ru_maxrss / 1024, time.perf_counter() - began


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description="peak memory of pyanon anonymize by length")
    parser.add_argument("--seconds", nargs="+", type=int, default=[60, 3600])
    parser.add_argument("--size", default="1920x1080", metavar="WxH")
    parser.add_argument("--audio", default="drop", choices=["drop", "copy"])
    parser.add_argument("--json", type=Path, help="also write the figures and the machine to this file")
    given = parser.parse_args()
    width, height = (int(side) for side in given.size.split("x"))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="pyanon-bench-") as folder:
        loop, film, result = (Path(folder) / name for name in ("loop.mp4", "film.mp4", "result.mp4"))
        write_loop(loop, (width, height))
        for seconds in given.seconds:
            repeat(loop, film, seconds)
            command: list[str | Path] = [sys.executable, "-m", "pyanon", "anonymize", film, result]
            most, wall = peak([*command, "--overwrite", "--quiet", "--audio", given.audio])
            first = rows[0].peak_mb if rows else most
            rows.append(Row(seconds, seconds * RATE, most, most / first, wall))
            print(f"{seconds:>6} s {rows[-1].frames:>7} frames {most:>8.1f} MB {most / first:>7.1%} {wall:>8.0f} s")
    if given.json:
        facts = {"machine": describe_machine(), "rows": [asdict(row) for row in rows]}
        given.json.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Long videos take no more memory than short ones: seen from outside, the codecs' buffers included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyanon
from tests.video.media import noise, write_video

_COPY = """
import resource, sys
from pyanon.stream import run
from pyanon.types import Result
from pyanon.video import open_sink, open_video

def transform(frames):
    for frame in frames:
        yield Result(frame, (), {})

with open_video(sys.argv[1]) as source, open_sink(sys.argv[2], like=source.info) as sink:
    report = run(source, transform, sink)
print(report.frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(source: Path, output: Path) -> tuple[int, int]:
    """Frames written, and the most memory the process ever had, in kilobytes."""
    where = {**os.environ, "PYTHONPATH": str(Path(pyanon.__file__).parents[1])}
    command = [sys.executable, "-c", _COPY, str(source), str(output)]
    done = subprocess.run(command, env=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    frames, kilobytes = done.stdout.split()
    return int(frames), int(kilobytes)


def test_ten_times_the_frames_take_the_same_memory(tmp_path: Path) -> None:
    pictures = [noise(16, 9, seed=index).repeat(20, axis=0).repeat(20, axis=1) for index in range(8)]
    peaks = {}
    for count in (150, 1500):
        path = write_video(tmp_path / f"{count}.mp4", (pictures[index // 30 % 8] for index in range(count)))
        frames, peaks[count] = peak(path, tmp_path / f"{count}-out.mp4")
        assert frames == count
    assert peaks[1500] < 1.1 * peaks[150]

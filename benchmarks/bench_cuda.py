"""Benchmark of the CUDA kernels: ``python benchmarks/bench_cuda.py [--json]``, on a machine with an NVIDIA GPU.

Calls are recorded as a graph, many in a row, so that what is timed, by CUDA events around it, is the GPU and not the
processor that asks it; only ops that wait or copy from the host are called one by one, and say so. Bytes are counted
once per byte that must be read and once per byte that must be written, and set against a copy from device to device of
as many bytes in the same run. What fits into the GPU's cache is faster than its memory: look at the largest frame.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np

from pyanon import ops
from pyanon.arrays import DeviceArray
from pyanon.runtime.device import Graph, Stream, cuda, find_gpu, open_place

CALLS, ROUNDS = 50, 9
CALLED = " (called)"  # at the end of a name: not recorded


#: Name to what is called, and the bytes that it must move.
Jobs: TypeAlias = dict[str, tuple[Callable[[], object], int]]


@dataclass(frozen=True)
class Row:
    """What one op took.

    Attributes:
        op: What was done, at which size.
        microseconds: Of a call; the median of some rounds.
        megabytes: That a call must move, 1e6 bytes.
        gigabytes: Moved per second, 1e9 bytes.
        copy_share: The same over what a copy of as many bytes moves.
    """

    op: str
    microseconds: float
    megabytes: float
    gigabytes: float
    copy_share: float


def microseconds(place: Stream, call: Callable[[], object], *, recorded: bool) -> float:
    """Of one call, by events on the stream."""
    start, stop = cuda("cudaEventCreate"), cuda("cudaEventCreate")
    taken = []

    def many() -> None:
        for _ in range(CALLS):
            call()

    many()  # from now on the stream has all memory that is asked for
    graph = Graph(place, many) if recorded else None
    for _ in range(ROUNDS):
        cuda("cudaEventRecord", start, place.stream)
        if graph:
            graph.launch()
        else:
            many()
        cuda("cudaEventRecord", stop, place.stream)
        cuda("cudaEventSynchronize", stop)
        taken.append(float(cuda("cudaEventElapsedTime", start, stop)) * 1e3 / CALLS)
    return statistics.median(taken)


def noise(place: Stream, *shape: int) -> DeviceArray:
    """Bytes of 1..255: where 16 bytes of a mask are 0, blend reads nothing else."""
    return place.upload(np.random.default_rng(0).integers(1, 256, shape, np.uint8))


def frame_jobs(place: Stream, width: int, height: int) -> Jobs:
    """What is done to whole frames."""
    pixels, name = height * width, f"{width} x {height}"
    image, patch, mask = noise(place, height, width, 3), noise(place, height, width, 3), noise(place, height, width)
    chroma, planes = noise(place, height // 2, width // 2, 2), place.empty((3, 352, 640), np.float32)
    return {
        f"blend {name}": (lambda: ops.blend(image, patch=patch, mask=mask, at=(0, 0)), 10 * pixels),
        f"letterbox {name}": (
            lambda: ops.letterbox(image, size=(640, 352), out=planes),
            3 * pixels + planes.nbytes,
        ),
        f"letterbox_nv12 {name}": (
            lambda: ops.letterbox_nv12(mask, chroma=chroma, size=(640, 352), out=planes),
            pixels * 3 // 2 + planes.nbytes,
        ),
        f"rgb_from_nv12 {name}": (lambda: ops.rgb_from_nv12(mask, chroma=chroma), pixels * 9 // 2),
        f"nv12_from_rgb {name}": (lambda: ops.nv12_from_rgb(image), pixels * 9 // 2),
    }


def face_jobs(place: Stream) -> Jobs:
    """What is done to eight faces of a frame, and to two thousand finds."""
    rng, (width, height) = np.random.default_rng(0), (1920, 1080)
    image = noise(place, height, width, 3)
    crops, masks = noise(place, 8, 224, 224, 3), noise(place, 8, 224, 224)
    centres = rng.uniform((250, 250), (width - 250, height - 250), (8, 2))
    matrix = np.stack([np.column_stack([np.eye(2), 112 - centre]) for centre in centres]).astype(np.float32)
    boxes = np.concatenate([centres - 100, centres + 100], 1).astype(np.float32)
    corners = rng.uniform(0, 600, (2000, 4)).astype(np.float32)
    corners[:, 2:] = corners[:, :2] + 30
    found, scores = place.upload(corners), place.upload(rng.random(2000).astype(np.float32))
    crop_bytes = 8 * 224 * 224
    return {
        "paste 8 of 224": (lambda: ops.paste(image, pixels=crops, mask=masks, matrix=matrix), 10 * crop_bytes),
        "warp 8 of 224": (lambda: ops.warp(image, matrix=matrix, size=224), 6 * crop_bytes),
        "warp 8 of 224, 4 times": (
            lambda: ops.warp(image, matrix=matrix * np.float32(0.25), size=224, times=4),
            3 * 17 * crop_bytes,
        ),
        f"cover 8 of 200{CALLED}": (lambda: ops.cover(image, boxes=boxes), 8 * 6 * 200 * 200),
        f"nms of 2000{CALLED}": (lambda: ops.nms(found, scores=scores, iou=0.5), found.nbytes + scores.nbytes),
    }


def copied(place: Stream, nbytes: int) -> float:
    """Microseconds of a copy from device to device that reads and writes as many bytes together."""
    source, target = (place.empty((max(nbytes // 2, 1),), np.uint8) for _ in range(2))
    return microseconds(place, lambda: place.write(target, source), recorded=True)


def main() -> None:
    """Print a table, or JSON with ``--json``."""
    parser = argparse.ArgumentParser(description="Benchmark of the CUDA kernels.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    as_json, rows = parser.parse_args().json, []
    with open_place() as place:
        frames = frame_jobs(place, 1920, 1080) | frame_jobs(place, 3840, 2160)
        for op, (call, nbytes) in (frames | face_jobs(place)).items():
            taken, copy = microseconds(place, call, recorded=not op.endswith(CALLED)), copied(place, nbytes)
            rows.append(Row(op, taken, nbytes / 1e6, nbytes / taken / 1e3, copy / taken))
    gpu = find_gpu()
    if as_json:
        print(json.dumps({"gpu": asdict(gpu), "rows": [asdict(row) for row in rows]}, indent=2))
        return
    print(f"{gpu.name} ({gpu.architecture}, CUDA {gpu.driver})")
    print(f"{'op':30} {'us':>10} {'MB':>8} {'GB/s':>8} {'of copy':>8}")
    for row in rows:
        print(f"{row.op:30} {row.microseconds:10.1f} {row.megabytes:8.1f} {row.gigabytes:8.1f} {row.copy_share:8.0%}")


if __name__ == "__main__":
    main()

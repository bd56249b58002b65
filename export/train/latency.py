"""Processor time of the pack's networks on one core."""

from __future__ import annotations

import time

import numpy as np

from export.train.card import Table
from pyanon.runtime import Pack, open_runner
from pyanon.runtime.port import Array

__all__ = ["latency_table"]

INPUTS = ((640, 352), (640, 480), (320, 192))
RUNS, WARM = 80, 10


def latency_table(pack: Pack) -> Table:
    """Median and least processor time per call, one thread."""
    prompts = pack.prompt("face")[None]
    noise = np.random.default_rng(0)
    rows = []
    for width, height in INPUTS:
        image = noise.random((1, 3, height, width), np.float32)
        rows.append([f"locator, {width}x{height}", *_timed(pack, "locator", {"image": image, "prompts": prompts})])
    for faces in (1, 8):
        crops = noise.random((faces, 3, 64, 64), np.float32)
        rows.append(
            [
                f"landmarks, {faces} faces" if faces > 1 else "landmarks, 1 face",
                *_timed(pack, "landmarks", {"crops": crops}),
            ]
        )
    note = f"ONNX Runtime, one thread, {RUNS} calls after {WARM}; processor time, so that other load counts little."
    return Table("Latency on one core", ["network", "median", "least"], rows, note)


def _timed(pack: Pack, role: str, inputs: dict[str, Array]) -> list[str]:
    runner = open_runner(pack, role, device="cpu")
    runner.activate()
    spent = []
    for _ in range(WARM + RUNS):
        began = time.process_time()
        runner.infer(inputs)
        spent.append(time.process_time() - began)
    runner.deactivate()
    return [f"{1000 * value:.2f} ms" for value in (float(np.median(spent[WARM:])), min(spent[WARM:]))]

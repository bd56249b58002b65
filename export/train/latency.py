"""Processor time of the pack's networks on one core."""

from __future__ import annotations

import time

import numpy as np

from export.train.card import Table
from pyanon.runtime import OCCLUSION, ORACLE, Pack, open_runner
from pyanon.runtime.port import Array

__all__ = ["latency_table", "replacing_table"]

INPUTS = ((640, 352), (640, 480), (320, 192))
RUNS, WARM = 80, 10
NOTE = f"ONNX Runtime, one thread, {RUNS} calls after {WARM}; processor time, so that other load counts little."


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
    return Table("Latency on one core", ["network", "median", "least"], rows, NOTE)


def replacing_table(pack: Pack) -> Table:
    """The same of the networks that replace one face, in one step, and of the oracles, each of which looks twice."""
    noise, rows = np.random.default_rng(0), []
    painters = ("face_encoder", OCCLUSION, "generator", "face_decoder")
    roles = {"paint": [role for role in painters if role in pack.manifest.roles]}
    roles["verify"] = [role for role in pack.manifest.roles if role.startswith(ORACLE)]
    for task, names in roles.items():
        sums = np.zeros(2)
        for role in names:
            shapes = {p.name: [1 if isinstance(axis, str) else axis for axis in p.axes] for p in pack.role(role).inputs}
            spent = _spent(pack, role, {name: noise.random(shape, np.float32) for name, shape in shapes.items()})
            rows.append([role, *_in_ms(*spent)])
            sums += spent
        rows.append([f"together, to {task} one face", *_in_ms(*sums)])
    return Table("Latency on one core", ["network", "median", "least"], rows, NOTE)


def _timed(pack: Pack, role: str, inputs: dict[str, Array]) -> list[str]:
    return _in_ms(*_spent(pack, role, inputs))


def _in_ms(*seconds: float) -> list[str]:
    return [f"{1000 * value:.2f} ms" for value in seconds]


def _spent(pack: Pack, role: str, inputs: dict[str, Array]) -> tuple[float, float]:
    """Median and least processor time of a call, in seconds."""
    runner = open_runner(pack, role, device="cpu")
    runner.activate()
    spent = []
    for _ in range(WARM + RUNS):
        began = time.process_time()
        runner.infer(inputs)
        spent.append(time.process_time() - began)
    runner.deactivate()
    return float(np.median(spent[WARM:])), min(spent[WARM:])

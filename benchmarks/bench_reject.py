"""Benchmark of `reject`: ``OPENBLAS_NUM_THREADS=1 python benchmarks/bench_reject.py [--json]``.

A case is a run of draws that all tests are made for; divide their number by the time. Codes have 128 values, there are
three oracles and ten live identities. The spectrum of the prior falls like ``1 / (1 + i / fall)``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, main

from pyanon import ops
from pyanon.ops import Oracle, SamplerSpec
from pyanon.ops.philox import normals
from pyanon.types import FloatArray

SIZE, ORACLES, LIVE, GALLERY = 128, 3, 10, 30_000


def scene(*, fall: float, threshold: float, gallery: int = 0) -> tuple[SamplerSpec, list[FloatArray]]:
    """A prior, oracles that turn and bend codes a little, live people; the first oracle has a gallery."""
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0]
    factor = (turned / np.sqrt(1 + np.arange(SIZE) / fall)).astype(np.float32)
    mean = rng.normal(0, 0.05, SIZE).astype(np.float32)

    def people(count: int) -> FloatArray:
        return np.asarray(mean + rng.normal(size=(count, SIZE)) @ factor.T, np.float32)

    oracles = []
    for index in range(ORACLES):
        bend = 0.02 * rng.normal(size=(SIZE, SIZE))
        projection = (np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0] + bend).astype(np.float32)
        known = (people(gallery if index == 0 else 0) @ projection.T).astype(np.float32)
        oracles.append(Oracle(projection, threshold, known))
    spec = SamplerSpec(mean, factor, 14.0, tuple(oracles))
    originals = people(LIVE)
    return spec, [np.ascontiguousarray(originals @ oracle.projection.T) for oracle in oracles]


def _unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def _good(spec: SamplerSpec, others: list[FloatArray], drawn: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The tests by matrix products, for rows of normals."""
    code = spec.mean + drawn @ spec.factor.T
    good = np.linalg.norm(drawn, axis=1) <= spec.radius
    for oracle, rows in zip(spec.oracles, others, strict=True):
        good &= (_unit(code @ oracle.projection.T) @ rows.T).max(1) < oracle.threshold
    return np.asarray(good)


def judge_case(name: str, count: int, *, fall: float, threshold: float, gallery: int = 0) -> Case:
    """This many draws, each through all tests."""
    spec, live = scene(fall=fall, threshold=threshold, gallery=gallery)
    others = [
        _unit(np.concatenate([rows, oracle.gallery.reshape(-1, SIZE)]))
        for rows, oracle in zip(live, spec.oracles, strict=True)
    ]
    rng = np.random.default_rng(1)

    def loop() -> None:
        for draw in range(count):
            _good(spec, others, normals(5, draw=draw, size=SIZE)[None].astype(np.float32) / np.float32(4096))

    def batches() -> None:
        for start in range(0, count, 256):
            _good(spec, others, rng.standard_normal((min(256, count - start), SIZE), dtype=np.float32))

    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.judge(spec, live=live, key=5, count=count),
        "NumPy loop": loop,
        "NumPy, 256 at a time": batches,
    }
    return Case(f"{count} draws, {name}", variants)


def reject_case() -> Case:
    """What a new face costs: its first acceptable draw, gallery and all."""
    spec, live = scene(fall=10, threshold=0.5, gallery=GALLERY)
    keys = np.arange(1, dtype=np.uint64)
    return Case("reject, one face", {"pyanon": lambda: ops.reject(spec, live=live, keys=keys, max_draws=256)})


if __name__ == "__main__":
    main(
        "reject",
        [
            judge_case("live, steep", 8192, fall=3, threshold=0.45),
            judge_case("live", 8192, fall=10, threshold=0.35),
            judge_case("live, flat", 8192, fall=1e9, threshold=0.35),
            judge_case("gallery, steep", 256, fall=3, threshold=0.5, gallery=GALLERY),
            judge_case("gallery", 256, fall=10, threshold=0.5, gallery=GALLERY),
            judge_case("gallery, flat", 256, fall=1e9, threshold=0.4, gallery=GALLERY),
            reject_case(),
        ],
    )

"""Benchmark of `nms` against NumPy and OpenCV: ``python benchmarks/bench_nms.py [--json]``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import Case, has_opencv, main

from pyanon import ops
from pyanon.ops import reference


def nms_case(count: int) -> Case:
    """This many candidates, ten around each face."""
    rng = np.random.default_rng(0)
    centres = np.repeat(rng.uniform(0, 600, (count // 10, 2)), 10, 0) + rng.normal(0, 2, (count, 2))
    sides = rng.uniform(18, 22, (count, 2))
    boxes = np.concatenate([centres - sides / 2, centres + sides / 2], 1).astype(np.float32)
    scores = rng.random(count).astype(np.float32)
    variants: dict[str, Callable[[], object]] = {
        "pyanon": lambda: ops.nms(boxes, scores=scores),
        "NumPy": lambda: reference.nms(boxes, scores=scores),
    }
    if has_opencv():
        import cv2

        corners = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1).astype(np.float64).tolist()
        ranks = scores.tolist()
        variants["OpenCV NMSBoxes"] = lambda: cv2.dnn.NMSBoxes(corners, ranks, 0.0, 0.5)
    return Case(f"nms {count}", variants)


if __name__ == "__main__":
    main("nms", [nms_case(count) for count in (20, 200, 2000)])

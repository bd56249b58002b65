"""Rejection samplers of every size, and scenes for them."""

import numpy as np

from pyanon.ops import Oracle, SamplerSpec
from pyanon.types import FloatArray


def sampler(
    seed: int = 0,
    *,
    size: int = 24,
    widths: tuple[int, ...] = (24, 16),
    threshold: float = 0.5,
    radius: float = float("inf"),
    gallery: int = 0,
    anchors: int = 0,
    neighbours: int = 0,
    reach: float = 1.0,
) -> SamplerSpec:
    """A prior whose spectrum falls, oracles that turn and bend codes, gallery and anchors from the prior itself."""
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(size, size)))[0]
    factor = (turned * np.sqrt(1 / (1 + np.arange(size) / 4))).astype(np.float32)
    mean = rng.normal(0, 0.1, size).astype(np.float32)

    def people(count: int) -> FloatArray:
        return (mean + rng.normal(size=(count, size)) @ factor.T).astype(np.float32)

    oracles = []
    for width in widths:
        projection = rng.normal(size=(width, size)).astype(np.float32)
        oracles.append(Oracle(projection, threshold, (people(gallery) @ projection.T).astype(np.float32)))
    return SamplerSpec(mean, factor, radius, tuple(oracles), people(anchors), neighbours, reach)


def crowd(spec: SamplerSpec, count: int, *, seed: int = 0) -> list[FloatArray]:
    """What each oracle says of this many people drawn from the prior."""
    rng = np.random.default_rng([seed, 1])
    people = (spec.mean + rng.normal(size=(count, spec.size)) @ spec.factor.T).astype(np.float32)
    return [np.ascontiguousarray(people @ oracle.projection.T) for oracle in spec.oracles]


def keys(*values: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(values, np.uint64)

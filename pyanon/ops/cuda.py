"""The ops on an NVIDIA GPU: the doors of `pyanon.ops.cpu`, for arrays that live there.

Pictures, boxes and scores are `pyanon.arrays.DeviceArray`s of one place, on whose stream the work is put: a call
returns before it has run, unless its result is NumPy (said where that is so). Small arguments that are checked first
(matrices, boxes to cover, keys) are NumPy arrays, as on the CPU. Results and scratch memory come from ``place.empty``,
so that a place with a pool allocates nothing in steady state; scratch is dropped before the work on it has run, so a
place must give it to nobody but later work of the same stream.

Needs the extension ``pyanon._cuda``, which only a build for CUDA has.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from pyanon.arrays import DeviceArray
from pyanon.errors import InputError, RunnerError
from pyanon.ops.cpu import CoverStyle, Standard
from pyanon.ops.philox import normal_table
from pyanon.ops.spec import SamplerSpec
from pyanon.types import FloatArray, IntArray

__all__ = [
    "blend",
    "cover",
    "exponential",
    "extension",
    "is_built",
    "judge",
    "letterbox",
    "letterbox_nv12",
    "nms",
    "nv12_from_rgb",
    "paste",
    "planes",
    "reject",
    "relight",
    "rgb_from_nv12",
    "warp",
]


@cache
def extension() -> ModuleType:
    """The extension, which is looked for when the first op is called.

    Raises:
        RunnerError: This pyanon was built without it.
    """
    try:
        from pyanon import _cuda
    except ImportError as missing:
        raise RunnerError(
            "this pyanon was built without CUDA",
            given=str(missing),
            expected="the extension pyanon._cuda",
            do="build it where nvcc is: CMAKE_ARGS=-DPYANON_CUDA=ON pip install . (docs/kernels.md)",
        ) from missing
    return _cuda


def is_built() -> bool:
    """Whether this pyanon was built for CUDA."""
    try:
        extension()
    except RunnerError:
        return False
    return True


class _Lazy:
    """The extension's functions; pyanon imports without it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(extension(), name)


if TYPE_CHECKING:
    from pyanon import _cuda as _native
else:
    _native = _Lazy()


def letterbox(
    image: DeviceArray,
    *,
    size: tuple[int, int],
    mean: float = 0.0,
    scale: float = 1 / 255,
    fill: float = 114,
    out: DeviceArray | None = None,
) -> tuple[DeviceArray, float, tuple[float, float]]:
    """Fit a frame into a fixed size as planes of float32, in one pass; see `pyanon.ops.cpu.letterbox`."""
    return _native.letterbox(image, size, mean, scale, fill, out)


def letterbox_nv12(
    luma: DeviceArray,
    *,
    chroma: DeviceArray,
    size: tuple[int, int],
    standard: Standard = "bt709",
    full_range: bool = False,
    mean: float = 0.0,
    scale: float = 1 / 255,
    fill: float = 114,
    out: DeviceArray | None = None,
) -> tuple[DeviceArray, float, tuple[float, float]]:
    """Fit an NV12 frame into a fixed size, in one pass; see `pyanon.ops.cpu.letterbox_nv12`.

    To the bit what `letterbox` makes of what `rgb_from_nv12` gives, without a picture in between.
    """
    return _native.letterbox_nv12(luma, chroma, standard, full_range, size, mean, scale, fill, out)


def rgb_from_nv12(
    luma: DeviceArray, *, chroma: DeviceArray, standard: Standard = "bt709", full_range: bool = False
) -> DeviceArray:
    """The RGB picture of an NV12 frame; see `pyanon.ops.cpu.rgb_from_nv12`."""
    return _native.rgb_from_nv12(luma, chroma, standard, full_range)


def nv12_from_rgb(
    image: DeviceArray, *, standard: Standard = "bt709", full_range: bool = False
) -> tuple[DeviceArray, DeviceArray]:
    """The NV12 frame of an RGB picture; see `pyanon.ops.cpu.nv12_from_rgb`."""
    return _native.nv12_from_rgb(image, standard, full_range)


def warp(image: DeviceArray, *, matrix: FloatArray, size: int, times: int = 1) -> DeviceArray:
    """Cut aligned crops out of a frame, all of them at once; see `pyanon.ops.cpu.warp`."""
    return _native.warp(image, matrix, size, times)


def blend(image: DeviceArray, *, patch: DeviceArray, mask: DeviceArray, at: tuple[int, int]) -> None:
    """Put a patch onto a frame through a mask, in place; see `pyanon.ops.cpu.blend`.

    Where rows begin at multiples of 16 bytes, or where all three are in one piece, it moves 16 bytes at a time.
    """
    _native.blend(image, patch, mask, at)


def paste(image: DeviceArray, *, pixels: DeviceArray, mask: DeviceArray, matrix: FloatArray) -> None:
    """Put aligned crops back to where they were cut from, in place and in order; see `pyanon.ops.cpu.paste`."""
    _native.paste(image, pixels, mask, matrix)


def nms(
    boxes: DeviceArray,
    *,
    scores: DeviceArray,
    iou: float = 0.5,
    groups: DeviceArray | None = None,
    limit: int = 0,
) -> IntArray:
    """Keep the best of boxes that overlap; see `pyanon.ops.cpu.nms`.

    Waits: the indices are NumPy. At most 32768 boxes, whose overlaps take a bit for each pair.
    """
    return _native.nms(boxes, scores, iou, groups, limit)


def cover(
    image: DeviceArray,
    *,
    boxes: FloatArray,
    style: CoverStyle = "blur",
    colour: tuple[int, int, int] = (0, 0, 0),
    seed: int = 0,
    cells: int = 8,
    grow: float = 0.05,
    feather: float = 0.2,
    grain: float = 4.0,
) -> None:
    """Paint over boxes for good, in place; see `pyanon.ops.cpu.cover`."""
    _native.cover(image, boxes, style, colour, seed, cells, grow, feather, grain)


def exponential(
    utilities: DeviceArray,
    *,
    sizes: IntArray,
    epsilon: float,
    sensitivity: float,
    keys: npt.NDArray[np.uint64],
    ranks: tuple[int, int] | None = None,
    draws: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """Choose a group of identities for every face, and one of its members; see `pyanon.ops.cpu.exponential`.

    Waits: groups and members are NumPy.
    """
    return _native.exponential(utilities, sizes, epsilon, sensitivity, keys, ranks, draws)


@lru_cache(maxsize=8)
def _resident(spec: SamplerSpec, place: Any) -> _native.RejectSampler:
    """A spec's tables in a place: a spec is frozen and known by its identity, so that it is taken there once."""
    setup = {
        "mean": spec.mean,
        "factor": spec.factor,
        "table": normal_table(),
        "radius": float(spec.radius),
        "oracles": [
            {"projection": one.projection, "threshold": float(one.threshold), "gallery": one.gallery}
            for one in spec.oracles
        ],
        "anchors": spec.anchors,
        "neighbours": int(spec.neighbours),
        "reach": float(spec.reach),
    }
    return _native.RejectSampler(setup, place)


def _sampler(spec: SamplerSpec, live: Sequence[FloatArray | DeviceArray]) -> _native.RejectSampler:
    place = next((rows.place for rows in live if isinstance(rows, DeviceArray)), None)
    if place is None:
        raise InputError(
            "nothing says where the sampler is to run",
            given=f"{len(live)} arrays of the host",
            expected="embeddings of at least one oracle as a device array",
            do="place.upload(live[0]), or call pyanon.ops.cpu",
        )
    return _resident(spec, cast("Hashable", place))


def reject(
    spec: SamplerSpec,
    *,
    live: Sequence[FloatArray | DeviceArray],
    keys: npt.NDArray[np.uint64],
    max_draws: int,
    first: IntArray | None = None,
) -> tuple[FloatArray, IntArray]:
    """Draw an identity for every key; see `pyanon.ops.cpu.reject`.

    Runs in the place of ``live``, of which NumPy arrays are copied there. Batches of draws of all faces are judged at
    once; then the faces are served in order, and one whose batch holds none that fits gets its next one (csrc/cuda/
    reject.h). Waits once for each round, mostly one: the codes are NumPy. The spec's tables stay in the place's memory,
    those of the last eight specs.
    """
    return _native.reject(_sampler(spec, live), live, keys, max_draws, first)


def judge(
    spec: SamplerSpec, *, live: Sequence[FloatArray | DeviceArray], key: int, count: int, first: int = 0
) -> npt.NDArray[np.uint8]:
    """Say what becomes of each of a run of draws, for statistics; see `pyanon.ops.cpu.judge`. Waits."""
    return _native.judge(_sampler(spec, live), live, key, count, first)


def planes(pixels: DeviceArray) -> DeviceArray:
    """Turn crops into what networks take; see `pyanon.ops.cpu.planes`."""
    return _native.planes(pixels)


def relight(
    painted: DeviceArray,
    *,
    around: DeviceArray,
    regions: DeviceArray,
    grain: DeviceArray,
    out: DeviceArray | None = None,
) -> tuple[DeviceArray, DeviceArray]:
    """Fit painted faces to the light and the grain around them, in four launches; see `pyanon.ops.cpu.relight`.

    Needs 20 bytes of scratch memory a pixel.
    """
    return _native.relight(painted, around, regions, grain, out)

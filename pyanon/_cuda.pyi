"""Types of the CUDA kernels; pyanon.ops.cuda is the door to them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyanon.arrays import DeviceArray, Place
from pyanon.types import FloatArray, IntArray

class RejectSampler:
    """A rejection sampler whose tables lie in one place: constant."""

    def __init__(self, setup: dict[str, Any], place: Place) -> None: ...

def blend(image: DeviceArray, patch: DeviceArray, mask: DeviceArray, at: tuple[int, int]) -> None: ...
def letterbox(
    image: DeviceArray, size: tuple[int, int], mean: float, scale: float, fill: float, out: DeviceArray | None
) -> tuple[DeviceArray, float, tuple[float, float]]: ...
def letterbox_nv12(
    luma: DeviceArray,
    chroma: DeviceArray,
    standard: str,
    full_range: bool,
    size: tuple[int, int],
    mean: float,
    scale: float,
    fill: float,
    out: DeviceArray | None,
) -> tuple[DeviceArray, float, tuple[float, float]]: ...
def rgb_from_nv12(luma: DeviceArray, chroma: DeviceArray, standard: str, full_range: bool) -> DeviceArray: ...
def nv12_from_rgb(image: DeviceArray, standard: str, full_range: bool) -> tuple[DeviceArray, DeviceArray]: ...
def cover(
    image: DeviceArray,
    boxes: FloatArray,
    style: str,
    colour: tuple[int, int, int],
    seed: int,
    cells: int,
    grow: float,
    feather: float,
    grain: float,
) -> None: ...
def exponential(
    utilities: DeviceArray,
    sizes: IntArray,
    epsilon: float,
    sensitivity: float,
    keys: npt.NDArray[np.uint64],
    ranks: tuple[int, int] | None,
    draws: IntArray | None,
) -> tuple[IntArray, IntArray]: ...
def nms(boxes: DeviceArray, scores: DeviceArray, iou: float, groups: DeviceArray | None, limit: int) -> IntArray: ...
def paste(image: DeviceArray, pixels: DeviceArray, mask: DeviceArray, matrix: FloatArray) -> None: ...
def planes(pixels: DeviceArray) -> DeviceArray: ...
def relight(
    painted: DeviceArray, around: DeviceArray, regions: DeviceArray, grain: DeviceArray, out: DeviceArray | None
) -> tuple[DeviceArray, DeviceArray]: ...
def warp(image: DeviceArray, matrix: FloatArray, size: int, times: int) -> DeviceArray: ...
def judge(
    sampler: RejectSampler, live: Sequence[FloatArray | DeviceArray], key: int, count: int, first: int
) -> npt.NDArray[np.uint8]: ...
def reject(
    sampler: RejectSampler,
    live: Sequence[FloatArray | DeviceArray],
    keys: npt.NDArray[np.uint64],
    max_draws: int,
    first: IntArray | None,
) -> tuple[FloatArray, IntArray]: ...

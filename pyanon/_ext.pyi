"""Types of the native kernels; pyanon.ops is the door to them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyanon.types import FloatArray, ImageArray, IntArray

class RejectSampler:
    """A prepared rejection sampler: constant, for any thread."""

    def __init__(self, setup: dict[str, Any]) -> None: ...

def simd_targets() -> list[str]: ...
def simd_target() -> str: ...
def force_simd(name: str) -> None: ...
def blend(image: ImageArray, patch: ImageArray, mask: ImageArray, at: tuple[int, int]) -> None: ...
def paste(image: ImageArray, pixels: ImageArray, mask: ImageArray, matrix: FloatArray) -> None: ...
def cover(
    image: ImageArray,
    boxes: FloatArray,
    style: str,
    colour: tuple[int, int, int],
    seed: int,
    cells: int,
    grow: float,
    feather: float,
    grain: float,
) -> None: ...
def letterbox(
    image: ImageArray, size: tuple[int, int], mean: float, scale: float, fill: float, out: FloatArray | None
) -> tuple[FloatArray, float, tuple[float, float]]: ...
def rgb_from_nv12(luma: ImageArray, chroma: ImageArray, standard: str, full_range: bool) -> ImageArray: ...
def nv12_from_rgb(image: ImageArray, standard: str, full_range: bool) -> tuple[ImageArray, ImageArray]: ...
def nms(boxes: FloatArray, scores: FloatArray, iou: float, groups: IntArray | None, limit: int) -> IntArray: ...
def planes(pixels: ImageArray) -> FloatArray: ...
def relight(
    painted: FloatArray,
    around: ImageArray,
    regions: ImageArray,
    grain: npt.NDArray[np.int16],
    out: ImageArray | None,
) -> tuple[ImageArray, ImageArray]: ...
def warp(image: ImageArray, matrix: FloatArray, size: int, times: int) -> ImageArray: ...
def judge(
    sampler: RejectSampler, live: Sequence[FloatArray], key: int, count: int, first: int
) -> npt.NDArray[np.uint8]: ...
def reject(
    sampler: RejectSampler,
    live: Sequence[FloatArray],
    keys: npt.NDArray[np.uint64],
    max_draws: int,
    first: IntArray | None,
) -> tuple[FloatArray, IntArray]: ...
def exponential(
    utilities: npt.NDArray[np.float64],
    sizes: IntArray,
    epsilon: float,
    sensitivity: float,
    keys: npt.NDArray[np.uint64],
    ranks: tuple[int, int] | None,
    draws: IntArray | None,
) -> tuple[IntArray, IntArray]: ...

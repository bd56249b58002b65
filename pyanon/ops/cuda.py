"""The ops on an NVIDIA GPU: the doors of `pyanon.ops.cpu`, for arrays that live there.

Pictures, boxes and scores are `pyanon.arrays.DeviceArray`s of one place, on whose stream the work is put: a call
returns before it has run, unless its result is NumPy (said where that is so). Small arguments that are checked first
(matrices, boxes to cover, keys) are NumPy arrays, as on the CPU. Results and scratch memory come from ``place.empty``,
so that a place with a pool allocates nothing in steady state; scratch is dropped before the work on it has run, so a
place must give it to nobody but later work of the same stream.

Needs the extension ``pyanon._cuda``, which only a build for CUDA has.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pyanon.arrays import DeviceArray
from pyanon.errors import RunnerError
from pyanon.types import FloatArray

__all__ = ["blend", "extension", "paste", "warp"]


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


class _Lazy:
    """The extension's functions; pyanon imports without it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(extension(), name)


if TYPE_CHECKING:
    from pyanon import _cuda as _native
else:
    _native = _Lazy()


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

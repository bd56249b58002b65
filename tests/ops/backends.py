"""The ops of every backend behind one face, NumPy in and NumPy out: one test holds all of them to a definition."""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyanon import ops
from pyanon.arrays import DeviceArray, Place
from pyanon.ops import cpu

Array = npt.NDArray[Any]

#: The arguments that live on the device; the first one named is written to by the ops of `IN_PLACE`.
ON_DEVICE = {
    "blend": ("image", "patch", "mask"),
    "paste": ("image", "pixels", "mask"),
    "cover": ("image",),
    "exponential": ("utilities",),
    "nms": ("boxes", "scores", "groups"),
    "judge": ("live",),
    "reject": ("live",),
    "letterbox": ("image", "out"),
    "letterbox_nv12": ("luma", "chroma", "out"),
    "nv12_from_rgb": ("image",),
    "planes": ("pixels",),
    "relight": ("painted", "around", "regions", "grain", "out"),
    "rgb_from_nv12": ("luma", "chroma"),
    "warp": ("image",),
}
IN_PLACE = {"blend", "cover", "paste"}


class HostPlace:
    """A place for the emulated kernels: its device memory is NumPy's."""

    device = 0

    def __init__(self, stream: int = 0) -> None:
        self.stream = stream

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Filled with what nobody would expect there."""
        made = np.empty(shape, dtype)
        made.reshape(-1).view(np.uint8)[:] = 0xA5
        return self._of(made)

    def upload(self, array: Array) -> DeviceArray:
        return self._of(np.array(array, order="C"))

    def download(self, array: DeviceArray) -> Array:
        assert array.is_contiguous
        values = (ctypes.c_uint8 * array.nbytes).from_address(array.pointer) if array.nbytes else b""
        return np.frombuffer(values, array.dtype).reshape(array.shape).copy()

    def _of(self, array: Array) -> DeviceArray:
        return DeviceArray(array.ctypes.data, array.shape, array.dtype, array.strides, self, owner=array)


def put(array: Array, place: Place) -> tuple[DeviceArray, DeviceArray]:
    """An array on the device with the same strides, and the piece of memory that it lies in."""
    if array.size == 0:
        empty = place.empty(array.shape, array.dtype)
        return empty, empty
    low, high = np.lib.array_utils.byte_bounds(array)
    piece = place.upload(np.frombuffer((ctypes.c_uint8 * (high - low)).from_address(low), np.uint8))
    at = piece.pointer + array.ctypes.data - low
    return DeviceArray(at, array.shape, array.dtype, array.strides, place, owner=piece), piece


def get(array: DeviceArray, piece: DeviceArray) -> Array:
    """What `put` put there, as it is now."""
    values = array.place.download(piece)
    if array.size == 0:
        return values
    whole = values.reshape(-1).view(np.uint8)
    return np.ndarray(array.shape, array.dtype, whole.data, array.pointer - piece.pointer, array.strides)


class OnCpu:
    """The ops as they are, with one SIMD target."""

    is_cuda = False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(ops, name)  # type: ignore[no-any-return]


class OnCuda:
    """The ops for device arrays: copies arguments there and results back."""

    is_cuda = True

    def __init__(self, place: Place) -> None:
        self.place = place

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in ON_DEVICE:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            given = inspect.signature(getattr(cpu, name)).bind(*args, **kwargs).arguments
            moved = {key: self._put(given[key]) for key in ON_DEVICE[name] if given.get(key) is not None}
            first, *rest = [*given.items()]
            arguments = {key: moved[key][0] if key in moved else value for key, value in [first, *rest]}
            result = getattr(ops, name)(arguments.pop(first[0]), **arguments)
            if name in IN_PLACE and isinstance(first[1], np.ndarray):
                first[1][...] = get(*moved[first[0]])
            return self._get(result)

        return call

    def _put(self, value: Any) -> tuple[Any, Any]:
        if isinstance(value, (list, tuple)):
            return [self._put(one)[0] for one in value], None
        return put(value, self.place) if isinstance(value, np.ndarray) else (value, None)

    def _get(self, result: Any) -> Any:
        if isinstance(result, tuple):
            return tuple(self._get(one) for one in result)
        if not isinstance(result, DeviceArray):
            return result
        assert result.is_contiguous
        return self.place.download(result)


Backend = OnCpu | OnCuda

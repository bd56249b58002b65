"""Arrays of other libraries on the GPU, taken as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pyanon import dlpack
from pyanon.arrays import DeviceArray, contiguous_strides
from pyanon.errors import InputError
from pyanon.runtime.device import Stream

__all__ = ["adopt"]


def adopt(value: Any, place: Stream) -> DeviceArray:
    """An array of another library on the GPU, without a copy; it is held as long as the result is.

    Args:
        value: What has ``__cuda_array_interface__`` (CuPy, Numba, PyTorch, ...) or ``__dlpack__`` (JAX, ...).
        place: Where it shall be used: what its own library still has to do for it is done before that.

    Raises:
        InputError: It is no such array, or lies on another device.
    """
    if isinstance(value, DeviceArray):
        if value.place is not place:
            place.wait_for(value.place.stream)
        return replace(value, place=place)
    if hasattr(value, "__cuda_array_interface__"):
        return _by_interface(value, place)
    if hasattr(value, "__dlpack__") and hasattr(value, "__dlpack_device__"):
        return _by_dlpack(value, place)
    raise InputError(
        "this is no array of a GPU",
        given=type(value).__name__,
        expected="something with __cuda_array_interface__ or __dlpack__",
        do="give NumPy arrays as they are",
    )


def _by_interface(value: Any, place: Stream) -> DeviceArray:
    told = value.__cuda_array_interface__
    dtype, shape = np.dtype(told["typestr"]), tuple(told["shape"])
    if told.get("stream") is not None:
        place.wait_for(int(told["stream"]))
    strides = told.get("strides") or contiguous_strides(shape, dtype.itemsize)
    return DeviceArray(int(told["data"][0]), shape, dtype, tuple(strides), place, value)


def _by_dlpack(value: Any, place: Stream) -> DeviceArray:
    kind, index = value.__dlpack_device__()
    if (int(kind), index) not in ((dlpack.CUDA, place.device), (dlpack.CUDA_MANAGED, place.device)):
        raise InputError(
            "this array is not on the GPU that is used",
            given=f"DLPack device ({int(kind)}, {index})",
            expected=f"({dlpack.CUDA}, {place.device})",
            do="move it there first; give arrays of the host as NumPy arrays",
        )
    told = dlpack.take(value.__dlpack__(stream=place.stream))
    strides = told.strides or contiguous_strides(told.shape, told.dtype.itemsize)
    return DeviceArray(told.pointer, told.shape, told.dtype, strides, place, told.owner)

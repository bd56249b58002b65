"""Surfaces of a Jetson's decoders and cameras (NVMM) as planes that CUDA reads where they lie: nothing is copied.

A surface is shown to CUDA as an EGL image by ``libnvbufsurface.so`` of Jetson Linux, whose nvbufsurface.h has the
structures (https://docs.nvidia.com/jetson/archives/r36.4/ApiReference/group__ds__nvbuf__api.html); the calls of CUDA
are in https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__EGL.html.

**Not run on a board yet**: written after that documentation, and tested against a simulated library and CUDA.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pyanon.arrays import DeviceArray
from pyanon.errors import InputError, RunnerError
from pyanon.runtime.device import Stream, cuda

__all__ = ["MappedPlanes", "mapped"]

_LIBRARY = "libnvbufsurface.so"
_PLANES, _SPARE = 4, 4
#: ``NvBufSurfaceColorFormat`` of NV12 with 8 bits -> matrix of its samples, and whether they use 0..255.
_COLOURS: dict[int, tuple[Literal["bt601", "bt709"], bool]] = {
    6: ("bt601", False),
    7: ("bt601", True),
    33: ("bt709", False),
    34: ("bt709", True),
}
#: ``cudaGraphicsRegisterFlagsReadOnly`` and ``cudaEglFrameTypePitch``.
_READ_ONLY, _PITCH = 1, 1


class _PlaneParams(ctypes.Structure):
    _fields_ = [
        ("num_planes", ctypes.c_uint32),
        *((name, ctypes.c_uint32 * _PLANES) for name in ("width", "height", "pitch", "offset", "psize", "bytes_per")),
        ("reserved", ctypes.c_void_p * (_SPARE * _PLANES)),
    ]


class _MappedAddr(ctypes.Structure):
    _fields_ = [
        ("addr", ctypes.c_void_p * _PLANES),
        ("egl_image", ctypes.c_void_p),
        ("reserved", ctypes.c_void_p * _SPARE),
    ]


class _Params(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("pitch", ctypes.c_uint32),
        ("colour", ctypes.c_uint32),
        ("layout", ctypes.c_uint32),
        ("descriptor", ctypes.c_uint64),
        ("size", ctypes.c_uint32),
        ("data", ctypes.c_void_p),
        ("planes", _PlaneParams),
        ("mapped", _MappedAddr),
        ("more", ctypes.c_void_p * _SPARE),
    ]


class _Surface(ctypes.Structure):
    _fields_ = [
        ("gpu", ctypes.c_uint32),
        ("batch", ctypes.c_uint32),
        ("filled", ctypes.c_uint32),
        ("contiguous", ctypes.c_bool),
        ("memory", ctypes.c_uint32),
        ("surfaces", ctypes.POINTER(_Params)),
        ("more", ctypes.c_void_p * (_SPARE + 1)),
    ]


@dataclass(frozen=True)
class MappedPlanes:
    """The planes of a surface, for as long as it is mapped.

    Attributes:
        luma: ``(H, W)`` uint8, with a pitch.
        chroma: ``(H / 2, W / 2, 2)`` uint8, rounded up, with a pitch.
        standard: The matrix of the samples.
        full_range: Whether they use 0..255, and not 16..235.
    """

    luma: DeviceArray
    chroma: DeviceArray
    standard: Literal["bt601", "bt709"]
    full_range: bool


@contextlib.contextmanager
def mapped(surface: bytes, place: Stream) -> Iterator[MappedPlanes]:
    """Show a surface to CUDA; work on its planes must have run before this ends.

    Args:
        surface: The bytes of an ``NvBufSurface``: what a GStreamer buffer of ``memory:NVMM`` holds.
        place: Where the planes are to be read.

    Raises:
        InputError: It is no surface, or not NV12 with 8 bits in rows.
        RunnerError: It cannot be mapped, or CUDA failed.
    """
    header = _header(surface)
    params = header.surfaces[0]
    _told("NvBufSurfaceMapEglImage", header)
    try:
        resource = cuda("cudaGraphicsEGLRegisterImage", params.mapped.egl_image, _READ_ONLY)
        try:
            yield _planes(cuda("cudaGraphicsResourceGetMappedEglFrame", resource, 0, 0), params, place)
        finally:
            cuda("cudaGraphicsUnregisterResource", resource)
    finally:
        _told("NvBufSurfaceUnMapEglImage", header)


def _header(surface: bytes) -> _Surface:
    smallest = _Surface.more.offset
    header = _Surface.from_buffer_copy(surface.ljust(ctypes.sizeof(_Surface), b"\0"))
    if len(surface) < smallest or not header.filled or not header.surfaces:
        raise InputError(
            "this buffer holds no surface of NVMM",
            given=f"{len(surface)} bytes, {header.filled} surfaces",
            expected="an NvBufSurface with a surface in it",
            do="end the pipeline with caps of video/x-raw(memory:NVMM)",
        )
    if header.surfaces[0].colour not in _COLOURS:
        raise InputError(
            "the surface is not NV12 with 8 bits",
            given=f"NvBufSurfaceColorFormat {header.surfaces[0].colour}",
            expected=f"one of {', '.join(map(str, _COLOURS))}",
            do="put nvvidconv with caps of format=NV12 before the sink",
        )
    return header


def _told(call: str, header: _Surface) -> None:
    """Ask the library for something of the first surface."""
    status = getattr(_library(), call)(ctypes.byref(header), 0)
    if status:
        raise RunnerError(
            f"{call} failed", given=f"status {status}", expected="0", do="see the kernel's messages: sudo dmesg"
        )


def _library() -> Any:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise RunnerError(
            f"the surfaces of NVMM cannot be mapped ({error})",
            expected=f"{_LIBRARY} of Jetson Linux",
            do="sudo apt install nvidia-l4t-multimedia; elsewhere read the video without 'nvmm:'",
        ) from error


def _planes(frame: Any, params: _Params, place: Stream) -> MappedPlanes:
    """The two planes of a mapped frame."""
    if int(frame.frameType) != _PITCH or int(frame.planeCount) != 2:
        raise InputError(
            "the surface does not lie in rows",
            given=f"EGL frame of type {int(frame.frameType)} with {int(frame.planeCount)} planes",
            expected="two planes with a pitch",
            do="put nvvidconv bl-output=false before the sink",
        )
    height, width = params.height, params.width
    shapes = (height, width), ((height + 1) // 2, (width + 1) // 2, 2)
    luma, chroma = (
        DeviceArray(int(at.ptr), shape, np.dtype(np.uint8), (int(at.pitch), *range(len(shape) - 1, 0, -1)), place)
        for at, shape in zip(frame.frame.pPitch, shapes, strict=False)
    )
    standard, full_range = _COLOURS[params.colour]
    return MappedPlanes(luma, chroma, standard, full_range)

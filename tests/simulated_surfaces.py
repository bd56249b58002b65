"""Surfaces of decoders on the simulated GPU: planes with a pitch, as NVDEC and NVMM lay them out."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import numpy as np

from pyanon import dlpack
from pyanon.arrays import DeviceArray
from pyanon.runtime import nvmm
from pyanon.runtime.device import Stream
from pyanon.types import ImageArray
from tests.runtime.simulated.cuda import SimulatedCuda, cudaEglFrameType

PITCH = 256


class Plane:
    """A plane as PyAV shows it: with DLPack, and with no order of streams."""

    def __init__(self, array: DeviceArray) -> None:
        self.array = array

    def __dlpack_device__(self) -> tuple[int, int]:
        return dlpack.CUDA, self.array.place.device

    def __dlpack__(self, *, stream: int | None = None) -> object:
        if stream is not None:
            raise NotImplementedError("CUDA stream synchronization is not supported")
        array = self.array
        return dlpack.give(
            dlpack.Told(array.pointer, array.shape, array.strides, array.dtype, self.__dlpack_device__(), array)
        )


def upload(plane: ImageArray, place: Stream) -> DeviceArray:
    """A plane of the host, with gaps between its rows."""
    rows = np.full((len(plane), PITCH), 0xEE, np.uint8)
    rows[:, : plane[0].size] = plane.reshape(len(plane), -1)
    there = place.upload(rows)
    strides = (PITCH, *range(plane.ndim - 1, 0, -1))
    return DeviceArray(there.pointer, plane.shape, plane.dtype, strides, place, owner=there)


class Nvmm:
    """``libnvbufsurface`` with one surface, whose planes lie on the simulated GPU.

    Attributes:
        failing: Name of a call that fails.
        open: How many images are mapped.
    """

    def __init__(self, cuda: SimulatedCuda, planes: tuple[DeviceArray, ...], *, colour: int = 33) -> None:
        self.failing, self.open = "", 0
        self._cuda, self._planes = cuda, planes
        self.params = nvmm._Params(width=planes[0].shape[1], height=planes[0].shape[0], colour=colour)
        self.kind = cudaEglFrameType.cudaEglFrameTypePitch

    def surface(self) -> bytes:
        """What a buffer of GStreamer holds."""
        header = nvmm._Surface(batch=1, filled=1, memory=4, surfaces=ctypes.pointer(self.params))
        return bytes(header)[:64]

    def NvBufSurfaceMapEglImage(self, surface: object, index: int) -> int:  # noqa: N802 - its name
        if self.failing == "NvBufSurfaceMapEglImage":
            return -1
        self.open += 1
        pitched = [SimpleNamespace(ptr=plane.pointer, pitch=plane.strides[0]) for plane in self._planes]
        self._cuda.images[4096] = SimpleNamespace(
            frame=SimpleNamespace(pPitch=[*pitched, None]), planeCount=len(pitched), frameType=self.kind
        )
        surface._obj.surfaces[index].mapped.egl_image = 4096  # type: ignore[attr-defined]
        return 0

    def NvBufSurfaceUnMapEglImage(self, surface: object, index: int) -> int:  # noqa: N802 - its name
        self.open -= 1
        return -1 if self.failing == "NvBufSurfaceUnMapEglImage" else 0

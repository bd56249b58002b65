"""``cuda.bindings.runtime`` on the memory of the host: every function that pyanon calls, and no other."""

from __future__ import annotations

import ctypes
import enum
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

__all__ = ["SimulatedCuda"]

ALIGNMENT = 512


class cudaError_t(enum.IntEnum):
    cudaSuccess = 0
    cudaErrorInvalidValue = 1
    cudaErrorMemoryAllocation = 2
    cudaErrorNoDevice = 100
    cudaErrorInvalidResourceHandle = 400
    cudaErrorIllegalAddress = 700
    cudaErrorStreamCaptureUnsupported = 900


class cudaMemcpyKind(enum.IntEnum):
    cudaMemcpyHostToHost = 0
    cudaMemcpyHostToDevice = 1
    cudaMemcpyDeviceToHost = 2
    cudaMemcpyDeviceToDevice = 3


class cudaEglFrameType(enum.IntEnum):
    cudaEglFrameTypeArray = 0
    cudaEglFrameTypePitch = 1


class cudaGraphicsRegisterFlags(enum.IntEnum):
    cudaGraphicsRegisterFlagsNone = 0
    cudaGraphicsRegisterFlagsReadOnly = 1


class cudaStreamCaptureMode(enum.IntEnum):
    cudaStreamCaptureModeGlobal = 0
    cudaStreamCaptureModeThreadLocal = 1


Status = tuple[Any, ...]
OK = cudaError_t.cudaSuccess


class SimulatedCuda(ModuleType):
    """The module. Work on a stream runs at once, except while a graph is recorded.

    Attributes:
        failures: Name of a call -> the status that it gives from now on.
        blocks: Address -> bytes of what is allocated.
        calls: Names of all calls so far.
        images: EGL image -> the frame that it shows to CUDA.
    """

    cudaError_t, cudaMemcpyKind, cudaStreamCaptureMode = cudaError_t, cudaMemcpyKind, cudaStreamCaptureMode
    cudaEglFrameType, cudaGraphicsRegisterFlags = cudaEglFrameType, cudaGraphicsRegisterFlags
    cudaStreamNonBlocking, cudaEventDisableTiming = 1, 2

    def __init__(self) -> None:
        super().__init__("cuda.bindings.runtime")
        self.failures: dict[str, cudaError_t] = {}
        self.blocks: dict[int, int] = {}
        self.calls: list[str] = []
        self.images: dict[int, Any] = {}
        self._resources: dict[int, Any] = {}
        self.properties = SimpleNamespace(
            name=b"Simulated GPU\0", major=8, minor=7, totalGlobalMem=8 << 30, integrated=1
        )
        self.devices, self.driver = 1, 12060
        self._memory: dict[int, Any] = {}
        self._handles: dict[int, str] = {}
        self._graphs: dict[int, list[Callable[[], None]]] = {}
        self._recording: dict[int, list[Callable[[], None]]] = {}
        self._next = 16

    def _status(self, call: str) -> cudaError_t:
        self.calls.append(call)
        return self.failures.get(call, OK)

    def _handle(self, kind: str) -> int:
        self._next += 16
        self._handles[self._next] = kind
        return self._next

    def _drop(self, call: str, handle: int, kind: str) -> Status:
        if self._handles.get(int(handle)) != kind:
            return (cudaError_t.cudaErrorInvalidResourceHandle,)
        status = self._status(call)
        del self._handles[int(handle)]
        return (status,)

    def open_handles(self) -> list[str]:
        """Streams, events and graphs that were not let go."""
        return sorted(self._handles.values())

    def enqueue(self, stream: int, work: Callable[[], None]) -> None:
        """Runs work, or records it where the stream is recorded."""
        if stream in self._recording:
            self._recording[stream].append(work)
        else:
            work()

    def inside(self, address: int, count: int) -> bool:
        """Whether so many bytes from an address on are allocated."""
        return any(start <= address and address + count <= start + size for start, size in self.blocks.items())

    def cudaGetErrorName(self, error: Any) -> Status:
        return OK, cudaError_t(error).name.encode()

    def cudaGetErrorString(self, error: Any) -> Status:
        return OK, f"simulated {int(error)}".encode()

    def cudaGetDeviceCount(self) -> Status:
        status = self._status("cudaGetDeviceCount")
        return status, None if status else self.devices

    def cudaGetDeviceProperties(self, device: int) -> Status:
        return self._status("cudaGetDeviceProperties"), self.properties

    def cudaDriverGetVersion(self) -> Status:
        return self._status("cudaDriverGetVersion"), self.driver

    def cudaSetDevice(self, device: int) -> Status:
        return (self._status("cudaSetDevice"),)

    def cudaMalloc(self, size: int) -> Status:
        status = self._status("cudaMalloc")
        if self._recording:
            return cudaError_t.cudaErrorStreamCaptureUnsupported, None
        if status:
            return status, None
        room = ctypes.create_string_buffer(b"\xa5" * (size + ALIGNMENT), size + ALIGNMENT)
        address = -(-ctypes.addressof(room) // ALIGNMENT) * ALIGNMENT
        self.blocks[address], self._memory[address] = size, room
        return OK, address

    def cudaFree(self, devPtr: int) -> Status:
        status = self._status("cudaFree")
        if devPtr not in self.blocks:
            return (cudaError_t.cudaErrorInvalidValue,)
        del self.blocks[devPtr], self._memory[devPtr]
        return (status,)

    def cudaMemcpyAsync(self, dst: int, src: int, count: int, kind: Any, stream: int) -> Status:
        status = self._status("cudaMemcpyAsync")
        to_device, from_device = kind in (1, 3), kind in (2, 3)
        if (to_device and not self.inside(dst, count)) or (from_device and not self.inside(src, count)):
            return (cudaError_t.cudaErrorIllegalAddress,)
        if not status:
            self.enqueue(int(stream), lambda: ctypes.memmove(dst, src, count))
        return (status,)

    def cudaMemcpy2DAsync(
        self, dst: int, dpitch: int, src: int, spitch: int, width: int, height: int, kind: Any, stream: int
    ) -> Status:
        status = self._status("cudaMemcpy2DAsync")
        if width > min(dpitch, spitch):
            return (cudaError_t.cudaErrorInvalidValue,)

        def copy() -> None:
            for row in range(height):
                ctypes.memmove(dst + row * dpitch, src + row * spitch, width)

        if not status:
            self.enqueue(int(stream), copy)
        return (status,)

    def cudaStreamCreateWithFlags(self, flags: int) -> Status:
        return self._status("cudaStreamCreateWithFlags"), self._handle("stream")

    def cudaStreamDestroy(self, stream: int) -> Status:
        return self._drop("cudaStreamDestroy", stream, "stream")

    def cudaStreamSynchronize(self, stream: int) -> Status:
        if self._recording:
            return (cudaError_t.cudaErrorStreamCaptureUnsupported,)
        return (self._status("cudaStreamSynchronize"),)

    def cudaStreamWaitEvent(self, stream: int, event: int, flags: int) -> Status:
        return (self._status("cudaStreamWaitEvent"),)

    def cudaEventCreateWithFlags(self, flags: int) -> Status:
        return self._status("cudaEventCreateWithFlags"), self._handle("event")

    def cudaEventRecord(self, event: int, stream: int) -> Status:
        return (self._status("cudaEventRecord"),)

    def cudaEventDestroy(self, event: int) -> Status:
        return self._drop("cudaEventDestroy", event, "event")

    def cudaStreamBeginCapture(self, stream: int, mode: Any) -> Status:
        status = self._status("cudaStreamBeginCapture")
        if not status:
            self._recording[int(stream)] = []
        return (status,)

    def cudaStreamEndCapture(self, stream: int) -> Status:
        work = self._recording.pop(int(stream))
        status = self._status("cudaStreamEndCapture")
        if status:
            return status, None
        graph = self._handle("graph")
        self._graphs[graph] = work
        return OK, graph

    def cudaGraphInstantiate(self, graph: int, flags: int) -> Status:
        status = self._status("cudaGraphInstantiate")
        if status:
            return status, None
        run = self._handle("graph exec")
        self._graphs[run] = self._graphs[graph]
        return OK, run

    def cudaGraphDestroy(self, graph: int) -> Status:
        return self._drop("cudaGraphDestroy", graph, "graph")

    def cudaGraphLaunch(self, graphExec: int, stream: int) -> Status:
        status = self._status("cudaGraphLaunch")
        for work in self._graphs[graphExec] if not status else ():
            work()
        return (status,)

    def cudaGraphExecDestroy(self, graphExec: int) -> Status:
        return self._drop("cudaGraphExecDestroy", graphExec, "graph exec")

    def cudaGraphicsEGLRegisterImage(self, image: int, flags: int) -> Status:
        status = self._status("cudaGraphicsEGLRegisterImage")
        if status or image not in self.images:
            return status or cudaError_t.cudaErrorInvalidValue, None
        resource = self._handle("resource")
        self._resources[resource] = self.images[image]
        return OK, resource

    def cudaGraphicsResourceGetMappedEglFrame(self, resource: int, index: int, mipLevel: int) -> Status:
        status = self._status("cudaGraphicsResourceGetMappedEglFrame")
        return status, None if status else self._resources[resource]

    def cudaGraphicsUnregisterResource(self, resource: int) -> Status:
        return self._drop("cudaGraphicsUnregisterResource", resource, "resource")

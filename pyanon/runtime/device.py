"""GPUs, their memory, their streams and graphs of recorded work: the one door to the CUDA runtime.

Built on ``cuda.bindings.runtime``, which is imported when it is first needed. Every status is checked.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from pyanon.arrays import DeviceArray, contiguous_strides
from pyanon.errors import InputError, RunnerError

__all__ = ["Gpu", "Graph", "Stream", "cuda", "find_gpu", "open_place"]

#: Blocks of memory start, and so differ in size, by at least this many bytes.
GRAIN = 512
#: Memory is taken in this many sizes between one power of two and the next: at most an eighth is wasted.
SIZES = 8

_GET_BINDINGS = "pip install 'pyanon[cuda]'; on a Jetson with JetPack 6 pip install 'cuda-bindings<13' instead"
_GET_DRIVER = "install the NVIDIA driver (nvidia-smi must list the GPU), or ask for device 'cpu'"


def cuda(call: str, *arguments: Any) -> Any:
    """Call a function of the CUDA runtime and check its status.

    Args:
        call: Its name, ``"cudaMalloc"``.
        arguments: What it takes.

    Returns:
        What it returns besides the status: nothing, one value, or a tuple.

    Raises:
        RunnerError: There is no CUDA, or the call failed; names the call and what CUDA says of it.
    """
    library = _library()
    status, *answer = getattr(library, call)(*arguments)
    if int(status):
        raise RunnerError(
            f"CUDA: {call} failed: {_described(library, status)}",
            do=_GET_DRIVER
            if int(status) in _NO_GPU
            else "see `pyanon doctor`; nvidia-smi shows what else uses the GPU",
        )
    return answer[0] if len(answer) == 1 else tuple(answer)


#: cudaErrorInsufficientDriver and cudaErrorNoDevice.
_NO_GPU = (35, 100)


def _library() -> Any:
    try:
        from cuda.bindings import runtime
    except ImportError as error:
        raise RunnerError(
            f"the package 'cuda-bindings' cannot be imported ({error})", expected="CUDA", do=_GET_BINDINGS
        ) from error
    return runtime


def _described(library: Any, status: Any) -> str:
    _, name = library.cudaGetErrorName(status)
    _, text = library.cudaGetErrorString(status)
    return f"{name.decode()} ({text.decode()})"


@dataclass(frozen=True)
class Gpu:
    """A GPU of this machine.

    Attributes:
        index: Its ordinal.
        name: What its maker calls it.
        capability: Compute capability, major and minor.
        memory: Bytes of its memory.
        integrated: Whether that is the memory of the CPU, too, as on a Jetson.
        driver: Version of CUDA that the driver knows, ``"12.6"``.
    """

    index: int
    name: str
    capability: tuple[int, int]
    memory: int
    integrated: bool
    driver: str

    @property
    def architecture(self) -> str:
        """``"sm_87"``: what code is compiled for."""
        return "sm_{}{}".format(*self.capability)


def find_gpu(index: int = 0) -> Gpu:
    """A GPU that works.

    Args:
        index: Its ordinal.

    Raises:
        RunnerError: There is none, or CUDA cannot be used; says why.
    """
    count = cuda("cudaGetDeviceCount")
    if not 0 <= index < count:
        raise RunnerError("there is no such GPU", given=index, expected=f"0 to {count - 1}", do="see nvidia-smi -L")
    told = cuda("cudaGetDeviceProperties", index)
    version = cuda("cudaDriverGetVersion")
    return Gpu(
        index=index,
        name=told.name.decode(errors="replace").rstrip("\0"),
        capability=(int(told.major), int(told.minor)),
        memory=int(told.totalGlobalMem),
        integrated=bool(told.integrated),
        driver=f"{version // 1000}.{version % 1000 // 10}",
    )


class Stream:
    """A stream of a GPU and the memory that is used on it: a `pyanon.arrays.Place`.

    Memory that is given back is kept and given out again, so that work which repeats allocates nothing after its first
    round. That is safe without waiting, because everything here runs in order.

    Args:
        device: Ordinal of the GPU.
        handle: A ``cudaStream_t`` of the caller, who keeps it; 0 opens one of our own.

    Attributes:
        device: The GPU.
        stream: The handle.
        allocations: How often memory was asked of CUDA so far.
        turn: Held while a graph is recorded: what another thread asks of the stream meanwhile would be recorded, too,
            or break the recording. The methods here take it; threads besides the one that runs the networks take it
            around kernels.
    """

    def __init__(self, device: int = 0, *, handle: int = 0) -> None:
        cuda("cudaSetDevice", device)
        self.device = device
        self._owned = not handle
        self.stream = handle or int(cuda("cudaStreamCreateWithFlags", int(_library().cudaStreamNonBlocking)))
        self.allocations = 0
        self.turn = threading.RLock()
        self._free: defaultdict[int, list[int]] = defaultdict(list)
        # Arrays of a cycle may be let go at any line, also inside of the lock.
        self._lock, self._closed = threading.RLock(), False

    @cached_property
    def gpu(self) -> Gpu:
        """What the GPU is."""
        return find_gpu(self.device)

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """A C-contiguous array whose values are whatever lies there; its memory comes back when it is let go."""
        kind, lengths = np.dtype(dtype), tuple(map(int, shape))
        strides = contiguous_strides(lengths, kind.itemsize)
        nbytes = math.prod(lengths) * kind.itemsize
        block = _Block(self, _rounded(nbytes)) if nbytes else None
        return DeviceArray(block.pointer if block else 0, lengths, kind, strides, self, block)

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """A copy of a NumPy array, which may change as soon as this returns."""
        given = np.asarray(array, order="C")
        target = self.empty(given.shape, given.dtype)
        self.write(target, given)
        return target

    def write(self, target: DeviceArray, values: npt.NDArray[Any] | DeviceArray) -> None:
        """Copy contiguous values, of the host or of this GPU, over the first bytes of a contiguous array."""
        if not values.nbytes:
            return
        with self.turn:
            values = self.packed(values) if isinstance(values, DeviceArray) else values
            # From pageable memory CUDA has taken its copy when this returns.
            on_host = isinstance(values, np.ndarray)
            source = values.ctypes.data if isinstance(values, np.ndarray) else values.pointer
            kind = _kind("cudaMemcpyHostToDevice" if on_host else "cudaMemcpyDeviceToDevice")
            cuda("cudaMemcpyAsync", target.pointer, source, values.nbytes, kind, self.stream)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        """A copy for NumPy; waits until everything that writes to the array has run."""
        with self.turn:
            packed = self.packed(array)
            values = np.empty(packed.shape, packed.dtype)
            if packed.nbytes:
                kind = _kind("cudaMemcpyDeviceToHost")
                cuda("cudaMemcpyAsync", values.ctypes.data, packed.pointer, packed.nbytes, kind, self.stream)
            self.synchronize()
        return values

    def packed(self, array: DeviceArray) -> DeviceArray:
        """The array itself where its values follow each other, else such a copy.

        Raises:
            InputError: Its gaps are not at the ends of its rows (the entries of its first axis).
        """
        if array.is_contiguous:
            return array
        row = array.nbytes // len(array)
        if array.strides[1:] != contiguous_strides(array.shape[1:], array.dtype.itemsize) or array.strides[0] < row:
            raise InputError(
                "a device array has gaps inside of its rows",
                given=f"{array.dtype}{array.shape} with strides {array.strides}",
                expected="rows without gaps, one after the other",
                do="make it contiguous first",
            )
        copy, kind = self.empty(array.shape, array.dtype), _kind("cudaMemcpyDeviceToDevice")
        rows = (copy.pointer, row, array.pointer, array.strides[0], row, len(array))
        with self.turn:
            cuda("cudaMemcpy2DAsync", *rows, kind, self.stream)
        return copy

    def wait_for(self, stream: int) -> None:
        """Let what is asked for from now on wait for all that was asked of another stream so far."""
        with self.turn:
            _order(stream, self.stream)

    def precede(self, stream: int) -> None:
        """Let what is asked of another stream from now on wait for all that was asked of this one."""
        with self.turn:
            _order(self.stream, stream)

    def synchronize(self) -> None:
        """Wait until everything that was asked for has run."""
        with self.turn:
            cuda("cudaStreamSynchronize", self.stream)

    def close(self) -> None:
        """Let go of the stream and of the memory that is not in use; harmless when repeated."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            free, self._free = self._free, defaultdict(list)
        self.synchronize()
        for pointer in (pointer for pointers in free.values() for pointer in pointers):
            cuda("cudaFree", pointer)
        if self._owned:
            cuda("cudaStreamDestroy", self.stream)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take(self, size: int) -> int:
        """Address of a block of memory of one of the sizes in use."""
        with self._lock:
            kept = self._free[size]
            if kept:
                return kept.pop()
            self.allocations += 1
        return int(cuda("cudaMalloc", size))

    def give(self, pointer: int, size: int) -> None:
        """Take a block back."""
        with self._lock:
            if not self._closed:
                self._free[size].append(pointer)
                return
        cuda("cudaFree", pointer)


class _Block:
    """Memory of one array; goes back to its stream when the last array in it is let go."""

    __slots__ = ("_size", "_stream", "pointer")

    def __init__(self, stream: Stream, size: int) -> None:
        self.pointer = stream.take(size)
        self._stream, self._size = stream, size

    def __del__(self) -> None:
        # It has no size where the memory ran out; and where the driver is gone, so is the memory.
        if hasattr(self, "_size"):
            with suppress(RunnerError):
                self._stream.give(self.pointer, self._size)


class Graph:
    """Work that was recorded from a stream, to be run again by one call.

    What is recorded holds the addresses that it was recorded with.

    Args:
        stream: The stream.
        work: Asks the stream for the work; must not wait for it, nor allocate.
    """

    def __init__(self, stream: Stream, work: Callable[[], None]) -> None:
        with stream.turn:
            graph = _captured(stream, work)
        try:
            self._run: Any = cuda("cudaGraphInstantiate", graph, 0)
        finally:
            cuda("cudaGraphDestroy", graph)
        self._stream = stream

    def launch(self) -> None:
        """Ask the stream for all of it once more."""
        with self._stream.turn:
            cuda("cudaGraphLaunch", self._run, self._stream.stream)

    def close(self) -> None:
        """Let go of it; harmless when repeated."""
        run, self._run = self._run, None
        if run is not None:
            cuda("cudaGraphExecDestroy", run)


def _captured(stream: Stream, work: Callable[[], None]) -> Any:
    mode = _library().cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
    cuda("cudaStreamBeginCapture", stream.stream, mode)
    try:
        work()
    except BaseException:
        # The capture has to be ended whatever became of it; its own failure would hide the cause.
        _library().cudaStreamEndCapture(stream.stream)
        raise
    return cuda("cudaStreamEndCapture", stream.stream)


def open_place(device: int = 0) -> Stream:
    """A stream of its own on a GPU that works.

    Args:
        device: Ordinal of the GPU.

    Raises:
        RunnerError: There is no such GPU, or CUDA cannot be used; says why.
    """
    return Stream(find_gpu(device).index)


def _order(first: int, then: int) -> None:
    """Let what is asked of one stream from now on wait for all that was asked of another so far."""
    event = cuda("cudaEventCreateWithFlags", int(_library().cudaEventDisableTiming))
    try:
        cuda("cudaEventRecord", event, first)
        cuda("cudaStreamWaitEvent", then, event, 0)
    finally:
        cuda("cudaEventDestroy", event)


def _kind(name: str) -> Any:
    return getattr(_library().cudaMemcpyKind, name)


def _rounded(nbytes: int) -> int:
    """The size of the block that is taken for so many bytes."""
    step = max(GRAIN, (1 << (nbytes - 1).bit_length()) // (2 * SIZES))
    return -(-nbytes // step) * step

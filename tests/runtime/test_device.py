"""Memory, streams and graphs of a GPU: on the simulated one always, on a real one where there is one."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from threading import Thread

import numpy as np
import numpy.typing as npt
import pytest

from pyanon.arrays import DeviceArray
from pyanon.errors import InputError, RunnerError
from pyanon.runtime.adoption import adopt
from pyanon.runtime.device import Graph, Stream, find_gpu, open_place
from tests.runtime.simulated.cuda import SimulatedCuda, cudaError_t
from tests.runtime.simulated.machine import machine


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> SimulatedCuda:
    return machine(monkeypatch).cuda


@pytest.mark.parametrize("shape", [(3,), (2, 5, 3), (), (0, 4), (1, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_round_trip(cuda: SimulatedCuda, shape: tuple[int, ...], dtype: str) -> None:
    given = np.arange(np.prod(shape, dtype=int), dtype=dtype).reshape(shape)
    with open_place() as place:
        there = place.upload(given)
        given_again = place.download(there)
    assert (there.shape, there.dtype, given_again.dtype) == (shape, given.dtype, given.dtype)
    np.testing.assert_array_equal(given_again, given)


def test_uploads_what_lies_anyhow(cuda: SimulatedCuda) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (6, 5, 3), np.uint8)
    with open_place() as place:
        np.testing.assert_array_equal(place.download(place.upload(picture[::-2, ::2])), picture[::-2, ::2])


def test_rows_with_gaps_between_them_come_back(cuda: SimulatedCuda) -> None:
    """Video decoders pad the rows of their pictures."""
    whole = np.arange(60, dtype=np.uint8).reshape(5, 12)
    with open_place() as place:
        there = place.upload(whole)
        cut = DeviceArray(there.pointer, (5, 7), there.dtype, (12, 1), place, there)
        np.testing.assert_array_equal(place.download(cut), whole[:, :7])


def test_gaps_inside_of_rows_are_refused(cuda: SimulatedCuda) -> None:
    with open_place() as place:
        there = place.upload(np.zeros((5, 12), np.uint8))
        with pytest.raises(InputError, match=r"gaps inside of its rows.*strides \(12, 2\)"):
            place.download(DeviceArray(there.pointer, (5, 6), there.dtype, (12, 2), place, there))


def test_work_that_repeats_allocates_nothing(cuda: SimulatedCuda) -> None:
    with open_place() as place:

        def once() -> None:
            first, second = place.empty((3, 640, 480), np.float32), place.upload(np.zeros(1000, np.uint8))
            place.write(first, second)

        once()
        known = place.allocations
        assert known == 2
        for _ in range(10):
            once()
        assert place.allocations == known


def test_memory_in_use_is_not_given_out_again(cuda: SimulatedCuda) -> None:
    with open_place() as place:
        arrays = [place.upload(np.full(100, value, np.uint8)) for value in range(5)]
        view = arrays[0][10:20]
        del arrays[0]
        place.upload(np.full(100, 77, np.uint8))
        assert (place.download(view) == 0).all()
        assert [int(place.download(array)[0]) for array in arrays] == [1, 2, 3, 4]


def test_everything_is_let_go(cuda: SimulatedCuda) -> None:
    place = open_place()
    kept = place.empty((100,), np.uint8)
    place.empty((5000,), np.uint8)
    place.close()
    place.close()
    assert len(cuda.blocks) == 1
    assert cuda.open_handles() == []
    del kept
    gc.collect()
    assert not cuda.blocks


def test_a_stream_of_the_caller_stays_open(cuda: SimulatedCuda) -> None:
    with open_place() as mine, Stream(handle=mine.stream) as borrowed:
        assert borrowed.stream == mine.stream
        borrowed.close()
        assert cuda.open_handles() == ["stream"]


def test_out_of_memory(cuda: SimulatedCuda) -> None:
    with open_place() as place:
        cuda.failures["cudaMalloc"] = cudaError_t.cudaErrorMemoryAllocation
        with pytest.raises(RunnerError, match=r"CUDA: cudaMalloc failed: cudaErrorMemoryAllocation.*do: .*nvidia-smi"):
            place.empty((10,), np.uint8)


@pytest.mark.parametrize("call", ["cudaMemcpyAsync", "cudaStreamSynchronize", "cudaStreamCreateWithFlags"])
def test_every_status_counts(cuda: SimulatedCuda, call: str) -> None:
    def round_trip() -> None:
        place = open_place()
        place.download(place.upload(np.zeros(4)))

    cuda.failures[call] = cudaError_t.cudaErrorIllegalAddress
    with pytest.raises(RunnerError, match=f"CUDA: {call} failed: cudaErrorIllegalAddress"):
        round_trip()


def test_graph(cuda: SimulatedCuda) -> None:
    with open_place() as place:
        source, target = place.upload(np.full(10, 1, np.uint8)), place.upload(np.zeros(10, np.uint8))
        graph = Graph(place, lambda: place.write(target, source))
        assert (place.download(target) == 0).all(), "recording runs nothing"
        place.write(source, np.full(10, 9, np.uint8))
        graph.launch()
        assert (place.download(target) == 9).all()
        graph.close()
        graph.close()
    assert cuda.open_handles() == []


def test_other_threads_wait_while_a_graph_is_recorded(cuda: SimulatedCuda) -> None:
    """What they ask of the stream would be recorded with it, and run again with every launch."""
    with open_place() as place, ThreadPoolExecutor(1) as pool:
        got: list[bool] = []
        Graph(place, lambda: got.append(pool.submit(place.turn.acquire, blocking=False).result()))
        assert got == [False]
        assert pool.submit(place.turn.acquire, blocking=False).result()
        pool.submit(place.turn.release).result()


def test_another_thread_downloads_while_a_graph_is_recorded(cuda: SimulatedCuda) -> None:
    """As the thread of a sink does, which waits for pictures."""
    with open_place() as place, ThreadPoolExecutor(1) as pool:
        source, target = place.upload(np.full(10, 1, np.uint8)), place.upload(np.zeros(10, np.uint8))
        elsewhere: list[Future[npt.NDArray[np.uint8]]] = []

        def work() -> None:
            elsewhere.append(pool.submit(place.download, source))
            with suppress(FutureTimeoutError):
                elsewhere[0].result(timeout=0.05)
            place.write(target, source)

        Graph(place, work).launch()
        assert (elsewhere[0].result() == 1).all()
        assert (place.download(target) == 1).all()


def test_memory_may_come_back_while_memory_is_taken(cuda: SimulatedCuda) -> None:
    """The garbage collector lets go of arrays whenever it runs."""

    class Kept(defaultdict[int, list[int]]):
        def __missing__(self, size: int) -> list[int]:
            gc.collect()
            return super().__missing__(size)

    place = open_place()
    cycle: list[object] = [place.empty((100,), np.uint8)]
    cycle.append(cycle)
    place._free = Kept(list)
    del cycle
    thread = Thread(target=place.empty, args=((5000,), np.uint8), daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()
    place.close()


def test_what_fails_while_it_is_recorded_ends_the_recording(cuda: SimulatedCuda) -> None:
    with open_place() as place:
        with pytest.raises(RunnerError, match="cudaMalloc failed: cudaErrorStreamCaptureUnsupported"):
            Graph(place, lambda: void(place.empty((10,), np.uint8)))
        place.synchronize()
        assert place.download(place.upload(np.ones(3))).sum() == 3


def void(_: object) -> None:
    """Lets go of a value."""


def test_waiting_for_another_stream(cuda: SimulatedCuda) -> None:
    with open_place() as one, open_place() as other:
        one.wait_for(other.stream)
    assert cuda.calls.index("cudaEventRecord") < cuda.calls.index("cudaStreamWaitEvent")
    assert cuda.open_handles() == []


def test_gpu(cuda: SimulatedCuda) -> None:
    gpu = find_gpu()
    assert (gpu.name, gpu.architecture, gpu.driver, gpu.integrated) == ("Simulated GPU", "sm_87", "12.6", True)


def test_no_such_gpu(cuda: SimulatedCuda) -> None:
    with pytest.raises(RunnerError, match=r"there is no such GPU; given: 3; expected: 0 to 0"):
        find_gpu(3)


def test_no_gpu_at_all(cuda: SimulatedCuda) -> None:
    cuda.failures["cudaGetDeviceCount"] = cudaError_t.cudaErrorNoDevice
    with pytest.raises(RunnerError, match=r"cudaErrorNoDevice.*do: install the NVIDIA driver"):
        find_gpu()


def test_no_bindings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    with pytest.raises(RunnerError, match=r"'cuda-bindings' cannot be imported.*do: pip install 'pyanon\[cuda\]'"):
        find_gpu()


@pytest.mark.gpu
def test_on_this_machines_gpu() -> None:
    with open_place() as place:
        given = np.random.default_rng(0).random((7, 5, 3))
        there, target = place.upload(given), place.upload(np.zeros((7, 5, 3)))
        Graph(place, lambda: place.write(target, there)).launch()
        np.testing.assert_array_equal(place.download(target), given)


class Foreign:
    """An array of another library."""

    def __init__(self, array: DeviceArray, *, stream: int | None) -> None:
        told = array.__cuda_array_interface__
        self.held, self.__cuda_array_interface__ = array, {**told, "stream": stream}


@pytest.mark.parametrize("stream", [None, 7])
def test_an_array_of_another_library_is_adopted(cuda: SimulatedCuda, stream: int | None) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    with open_place() as place:
        adopted = adopt(Foreign(place.upload(values), stream=stream), place)
        np.testing.assert_array_equal(place.download(adopted), values)
    assert ("cudaStreamWaitEvent" in cuda.calls) == (stream is not None)


def test_an_array_comes_and_goes_by_dlpack(cuda: SimulatedCuda) -> None:
    values = np.arange(6, dtype=np.uint8).reshape(2, 3)
    with open_place() as place, open_place() as other:
        there = place.upload(values)

        class Producer:
            """Has nothing but DLPack."""

            __dlpack__, __dlpack_device__ = there.__dlpack__, there.__dlpack_device__

        adopted = adopt(Producer(), other)
        assert adopted.pointer == there.pointer
        np.testing.assert_array_equal(other.download(adopted), values)
        del there
        np.testing.assert_array_equal(other.download(adopted), values)
    assert "cudaStreamWaitEvent" in cuda.calls


def test_a_device_array_of_another_stream_is_waited_for(cuda: SimulatedCuda) -> None:
    with open_place() as place, open_place() as other:
        there = place.upload(np.ones(3))
        assert adopt(there, place) is not None
        assert "cudaStreamWaitEvent" not in cuda.calls
        assert adopt(there, other).place is other
        assert "cudaStreamWaitEvent" in cuda.calls


@pytest.mark.parametrize(("value", "given"), [([1, 2], "given: list"), (np.ones(3), r"DLPack device \(1, 0\)")])
def test_not_of_this_gpu(cuda: SimulatedCuda, value: object, given: str) -> None:
    with open_place() as place, pytest.raises(InputError, match=given):
        adopt(value, place)

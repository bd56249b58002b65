"""TensorRT behind the runner contract: plans on an NVIDIA GPU, every batch a profile and a CUDA graph of its own."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pyanon.arrays import DeviceArray
from pyanon.errors import RunnerError
from pyanon.runtime.device import Graph, Stream, cuda, open_place
from pyanon.runtime.manifest import Role
from pyanon.runtime.port import AnyArray, Array, Port, check_file, empty_outputs
from pyanon.runtime.profiles import BATCH, Profile, batches, profiles_of, shape_of
from pyanon.runtime.runner import CheckedRunner
from pyanon.runtime.tensorrt_api import DTYPES, Messages, import_tensorrt

__all__ = ["TensorRtRunner"]


class TensorRtRunner(CheckedRunner):
    """Runs a plan.

    A call with more rows than the largest batch is cut into several; see `pyanon.runtime.profiles`. Each profile has an
    execution context; all share their scratch memory and the buffers of inputs and outputs, since one stream runs them
    in order. The second call of the same sizes records a CUDA graph, which the later ones launch.

    Args:
        network: Name for error texts, ``"<pack>/<role>"``.
        role: What the pack states of the network.
        read: Gives the verified bytes of the plan; called by `activate`.
        rebuild: The command that builds the plan again, for error texts.
        place: The stream of the pipeline, which stays the caller's; None opens one for this runner alone.
        graphs: Whether to record CUDA graphs.

    Attributes:
        role: What the pack states of the network.
    """

    takes_device_arrays = True

    def __init__(
        self,
        network: str,
        *,
        role: Role,
        read: Callable[[], bytes],
        rebuild: str,
        place: Stream | None = None,
        graphs: bool = True,
    ) -> None:
        super().__init__(network, inputs=role.inputs, outputs=role.outputs)
        self.role = role
        self._profiles = profiles_of(role)
        self._read, self._rebuild, self._graphs = read, rebuild, graphs
        self._given, self._lock = place, threading.Lock()
        self._loaded: _Loaded | None = None
        self._version = "not loaded yet"

    def _open(self) -> tuple[str, str]:
        tensorrt, plan = import_tensorrt(), self._read()
        self._version = tensorrt.__version__
        place = self._given or open_place()
        try:
            self._loaded = _Loaded(self, tensorrt, plan, place, owns_place=self._given is None)
        except BaseException:
            if self._given is None:
                place.close()
            raise
        graphs = "with CUDA graphs" if self._graphs else "without CUDA graphs"
        return f"cuda:{place.device}", f"a plan for this GPU; TensorRT {tensorrt.__version__}, {graphs}"

    def _run(self, arrays: dict[str, AnyArray], sizes: dict[str, int]) -> dict[str, Array]:
        with self._lock:
            loaded = self._require_loaded()
            with self._named():
                outputs = loaded.run(arrays, sizes)
                return {name: loaded.place.download(array) for name, array in outputs.items()}

    def _run_device(self, arrays: dict[str, AnyArray], sizes: dict[str, int]) -> dict[str, DeviceArray]:
        with self._lock:
            loaded = self._require_loaded()
            with self._named():
                empty = empty_outputs(self.outputs, sizes, make=loaded.place.empty)
                return loaded.run(arrays, sizes) if empty is None else empty

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Says which network it was, in errors of what does not know it."""
        try:
            yield
        except RunnerError as error:
            if error.what.startswith(self.network):
                raise
            if error.what.startswith("CUDA"):
                raise self.failed(error.what, given=error.given) from error
            raise RunnerError(
                f"{self.network}: {error.what}", given=error.given, expected=error.expected, do=error.do
            ) from error

    def _require_loaded(self) -> _Loaded:
        # Another thread may have deactivated since the contract looked.
        self._require_active()
        if self._loaded is None:
            raise RunnerError(f"{self.network}: deactivated while a call began", do="deactivate after the last call")
        return self._loaded

    def _close(self) -> None:
        with self._lock:
            loaded, self._loaded = self._loaded, None
            if loaded is not None:
                loaded.close()

    def failed(self, what: str, *, given: object = "") -> RunnerError:
        """The error of something that TensorRT refused."""
        return RunnerError(
            f"{self.network}: {what}",
            given=given,
            expected=f"a plan that TensorRT {self._version} built on this GPU",
            do=f"build it again: {self._rebuild}; pyanon doctor shows what is there",
        )

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The sizes that its plan is for."""
        return self._profiles

    @property
    def records(self) -> bool:
        """Whether it records CUDA graphs."""
        return self._graphs


class _Loaded:
    """A plan that was loaded: its engine, its contexts and all memory that they use."""

    def __init__(self, runner: TensorRtRunner, tensorrt: Any, plan: bytes, place: Stream, *, owns_place: bool) -> None:
        self.place, self._owns_place = place, owns_place
        self._runner, self._messages = runner, Messages(tensorrt)
        self._runtime = tensorrt.Runtime(self._messages.logger)
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise runner.failed(
                f"TensorRT {tensorrt.__version__} cannot load the plan ({self._messages.last()})",
                given=f"{len(plan)} bytes",
            )
        self._engine = engine
        _check_ports(runner, tensorrt, engine)
        # `tensorrt` may grow the scratch memory of a context only where it owns it; shared, it is that of the largest.
        size = engine.device_memory_size_v2 if hasattr(engine, "device_memory_size_v2") else engine.device_memory_size
        self._scratch = place.empty((max(int(size), 1),), np.uint8)
        self._slots = [self._slot(tensorrt, index, profile) for index, profile in enumerate(runner.profiles)]
        self._buffers = self._allocated()
        for slot in self._slots:
            slot.bind(self._buffers)
            if slot.profile.is_static and runner.records:
                slot.warm_up()

    def _slot(self, tensorrt: Any, index: int, profile: Profile) -> _Slot:
        engine = self._engine
        if hasattr(tensorrt, "ExecutionContextAllocationStrategy"):
            context = engine.create_execution_context(strategy=tensorrt.ExecutionContextAllocationStrategy.USER_MANAGED)
        else:
            context = engine.create_execution_context_without_device_memory()
        if context is None:
            raise self._runner.failed(f"TensorRT cannot make an execution context ({self._messages.last()})")
        if hasattr(context, "set_device_memory"):
            context.set_device_memory(self._scratch.pointer, self._scratch.nbytes)
        else:
            context.device_memory = self._scratch.pointer
        if not context.set_optimization_profile_async(index, self.place.stream):
            raise self._runner.failed(f"TensorRT refuses profile {index} ({self._messages.last()})", given=profile)
        self.place.synchronize()
        return _Slot(self._runner, context, profile, self.place, self._messages)

    def _allocated(self) -> dict[str, DeviceArray]:
        """One buffer for each port, of the size of the largest profile; all 0, which every network can be run on."""
        most: dict[str, int] = {}
        for slot in self._slots:
            for name, nbytes in slot.greatest().items():
                most[name] = max(most.get(name, 0), nbytes)
        return {name: self.place.upload(np.zeros(max(nbytes, 1), np.uint8)) for name, nbytes in most.items()}

    def run(self, arrays: Mapping[str, AnyArray], sizes: Mapping[str, int]) -> dict[str, DeviceArray]:
        """The outputs of a call, in memory of its own."""
        cuda("cudaSetDevice", self.place.device)  # of the calling thread
        outputs: dict[str, DeviceArray] = {}
        for batch in batches(self._runner.profiles, sizes):
            slot, part = self._slots[batch.profile], {**sizes}
            if BATCH in part:
                part[BATCH] = slot.profile.batch
            slot.prepare(part)
            for port in self._runner.inputs:
                given = arrays[port.name]
                self.place.write(self._buffers[port.name], given[batch.rows] if _is_batched(port) else given)
            slot.run()
            for port in self._runner.outputs:
                self._collect(port, slot, batch.rows, sizes, outputs)
        return outputs

    def _collect(
        self, port: Port, slot: _Slot, rows: slice, sizes: Mapping[str, int], outputs: dict[str, DeviceArray]
    ) -> None:
        """Copies an output of a part to its rows of the whole call's."""
        shape = slot.outputs[port.name]
        if port.name not in outputs:
            whole = (sizes[BATCH], *shape[1:]) if _is_batched(port) else shape
            outputs[port.name] = self.place.empty(whole, port.dtype)
        target = outputs[port.name][rows] if _is_batched(port) else outputs[port.name]
        self.place.write(target, self._buffers[port.name].head(shape, port.dtype))

    def close(self) -> None:
        """Let go of everything, in the order in which it depends on each other."""
        self.place.synchronize()
        for slot in self._slots:
            slot.close()
        self._slots, self._buffers = [], {}
        del self._engine, self._runtime, self._scratch
        if self._owns_place:
            self.place.close()


class _Slot:
    """An execution context with a profile, and the graph of its last sizes.

    Attributes:
        profile: The profile.
        outputs: Output -> its shape at the sizes that were prepared.
    """

    def __init__(
        self, runner: TensorRtRunner, context: Any, profile: Profile, place: Stream, messages: Messages
    ) -> None:
        self.profile, self.outputs = profile, dict[str, tuple[int, ...]]()
        self._runner, self._context, self._place, self._messages = runner, context, place, messages
        self._sizes: dict[str, int] | None = None
        self._graph: Graph | None = None
        self._runs, self._records = 0, runner.records

    def greatest(self) -> dict[str, int]:
        """Port -> bytes at the greatest sizes."""
        self.prepare(self.profile.sizes(2))
        shapes = {port.name: shape_of(port, self.profile.sizes(2)) for port in self._runner.inputs} | self.outputs
        ports = (*self._runner.inputs, *self._runner.outputs)
        return {port.name: math.prod(shapes[port.name]) * np.dtype(port.dtype).itemsize for port in ports}

    def bind(self, buffers: Mapping[str, DeviceArray]) -> None:
        """Tells the context where its inputs and outputs lie."""
        for name, buffer in buffers.items():
            self._must(self._context.set_tensor_address(name, buffer.pointer), f"the address of {name!r}")

    def prepare(self, sizes: Mapping[str, int]) -> None:
        """Sets the sizes of the next run; what was recorded for others is let go."""
        wanted = {axis: sizes[axis] for axis, _ in self.profile.ranges}
        if wanted == self._sizes:
            return
        self._forget()
        for port in self._runner.inputs:
            shape = shape_of(port, wanted)
            self._must(self._context.set_input_shape(port.name, shape), f"the shape {shape} of {port.name!r}")
        missing = self._context.infer_shapes()
        self._must(not missing, f"these sizes, for want of {missing}")
        self.outputs = {port.name: tuple(self._context.get_tensor_shape(port.name)) for port in self._runner.outputs}
        if any(size < 0 for shape in self.outputs.values() for size in shape):
            raise self._runner.failed("an output's size depends on values, not on sizes alone", given=self.outputs)
        self._sizes = wanted

    def run(self) -> None:
        """Asks the stream for a run at the sizes that were prepared."""
        if self._graph is None and self._records and self._runs:
            self._record()
        if self._graph is not None:
            self._graph.launch()
        else:
            self._execute()
        self._runs += 1

    def warm_up(self) -> None:
        """Runs once and records, so that not even the first call does."""
        self.prepare(self.profile.sizes(2))
        self._execute()
        self._place.synchronize()
        self._record()

    def _execute(self) -> None:
        self._must(self._context.execute_async_v3(self._place.stream), "a run")

    def _record(self) -> None:
        try:
            self._graph = Graph(self._place, self._execute)
        except RunnerError:
            # Networks with loops or conditions cannot be recorded; they run as well without.
            self._records = False

    def _forget(self) -> None:
        if self._graph is not None:
            self._place.synchronize()
            self._graph.close()
        self._graph, self._runs, self._sizes = None, 0, None

    def _must(self, done: bool, what: str) -> None:
        if not done:
            raise self._runner.failed(f"TensorRT refuses {what} ({self._messages.last()})", given=self.profile)

    def close(self) -> None:
        """Let go of the graph and the context."""
        self._forget()
        self._context = None


def _is_batched(port: Port) -> bool:
    return bool(port.axes) and port.axes[0] == BATCH


def _check_ports(runner: TensorRtRunner, tensorrt: Any, engine: Any) -> None:
    """Hold the engine's inputs and outputs against the pack's, and its profiles against ours."""
    modes = {tensorrt.TensorIOMode.INPUT: "input", tensorrt.TensorIOMode.OUTPUT: "output"}
    actual: dict[str, dict[str, tuple[str, Sequence[int | None]]]] = {"input": {}, "output": {}}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        kind = engine.get_tensor_dtype(name).name
        shape = [size if size >= 0 else None for size in engine.get_tensor_shape(name)]
        actual[modes[engine.get_tensor_mode(name)]][name] = (DTYPES.get(kind, kind), shape)
    check_file(runner.inputs, actual["input"], kind="input", network=runner.network)
    check_file(runner.outputs, actual["output"], kind="output", network=runner.network)
    if engine.num_optimization_profiles != len(runner.profiles):
        raise runner.failed(
            "the plan has other profiles than the pack states",
            given=f"{engine.num_optimization_profiles}, not {len(runner.profiles)}",
        )

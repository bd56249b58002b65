"""``tensorrt`` over ONNX Runtime and the simulated CUDA: every class and call that pyanon uses, and no other.

A plan is the ONNX file with a header that says for which version and profiles it was made. Where versions differ, it
behaves as the version that it is made for.
"""

from __future__ import annotations

import ctypes
import enum
import hashlib
import json
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime

from tests.runtime.simulated.cuda import SimulatedCuda

__all__ = ["simulated_tensorrt"]

MAGIC = b"simulated plan\n"


class DataType(enum.IntEnum):
    FLOAT, HALF, INT8, INT32, BOOL, UINT8, INT64 = 0, 1, 2, 3, 4, 5, 8


class TensorIOMode(enum.IntEnum):
    NONE, INPUT, OUTPUT = 0, 1, 2


class MemoryPoolType(enum.IntEnum):
    WORKSPACE = 0


class OnnxParserFlag(enum.IntEnum):
    NATIVE_INSTANCENORM = 0


class ExecutionContextAllocationStrategy(enum.IntEnum):
    STATIC, ON_PROFILE_CHANGE, USER_MANAGED = 0, 1, 2


_KINDS = {"float32": "FLOAT", "float16": "HALF", "int8": "INT8", "int32": "INT32", "bool": "BOOL", "uint8": "UINT8"}


class ILogger:
    INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = range(5)

    def __init__(self) -> None:
        self.ready = True

    def log(self, severity: Any, msg: str) -> None:
        raise NotImplementedError


class IHostMemory(bytearray):
    """Bytes behind the buffer protocol."""


class IProgressMonitor:
    def __init__(self) -> None:
        self.ready = True


class ITimingCache:
    def __init__(self, data: bytes) -> None:
        self.entries = data.split() if data.startswith(b"timing") else [b"timing"]

    def serialize(self) -> IHostMemory:
        return IHostMemory(b" ".join(self.entries))


class IOptimizationProfile:
    def __init__(self) -> None:
        self.shapes: dict[str, list[tuple[int, ...]]] = {}

    def set_shape(self, input: str, min: Any, opt: Any, max: Any) -> None:  # noqa: A002 - TensorRT's names
        assert len(min) == len(opt) == len(max)
        assert all(0 <= a <= b <= c for a, b, c in zip(min, opt, max, strict=True))
        self.shapes[input] = [tuple(min), tuple(opt), tuple(max)]


class ITensor:
    def __init__(self, dtype: DataType) -> None:
        self._dtype = dtype

    @property
    def dtype(self) -> DataType:
        return self._dtype


class ILayer:
    def __init__(self, dtype: DataType) -> None:
        self._dtype = dtype

    @property
    def num_outputs(self) -> int:
        return 1

    def get_output(self, index: int) -> ITensor:
        return ITensor(self._dtype)


class INetworkDefinition:
    def __init__(self, flags: int) -> None:
        self.flags, self.model = flags, b""

    @property
    def num_layers(self) -> int:
        return len(onnx.load_from_string(self.model).graph.node)

    def get_layer(self, index: int) -> ILayer:
        weights = onnx.load_from_string(self.model).graph.initializer
        half = any(weight.data_type == onnx.TensorProto.FLOAT16 for weight in weights)
        return ILayer(DataType.HALF if half else DataType.FLOAT)


class ParserError:
    def __init__(self, text: str) -> None:
        self._text = text

    def desc(self) -> str:
        return self._text


class OnnxParser:
    def __init__(self, network: INetworkDefinition, logger: ILogger) -> None:
        assert logger.ready
        self._network, self._errors, self._flags = network, list[str](), set[OnnxParserFlag]()

    @property
    def num_errors(self) -> int:
        return len(self._errors)

    def get_error(self, index: int) -> ParserError:
        return ParserError(self._errors[index])

    def set_flag(self, flag: OnnxParserFlag) -> None:
        self._flags.add(flag)

    def parse(self, model: bytes) -> bool:
        assert OnnxParserFlag.NATIVE_INSTANCENORM in self._flags, "instance norm would be a plugin"
        try:
            onnx.checker.check_model(onnx.load_from_string(model))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it
            self._errors.append(f"not ONNX: {type(error).__name__}")
            return False
        self._network.model = model
        return True


class IBuilderConfig:
    def __init__(self) -> None:
        self.profiles: list[IOptimizationProfile] = []
        self.flags: list[Any] = []
        self.pools: dict[Any, int] = {}
        self.monitor: Any = None
        self._cache = ITimingCache(b"")

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int) -> None:
        self.pools[pool] = pool_size

    def set_flag(self, flag: Any) -> None:
        self.flags.append(flag)

    def add_optimization_profile(self, profile: IOptimizationProfile) -> int:
        self.profiles.append(profile)
        return len(self.profiles) - 1

    def create_timing_cache(self, serialized_timing_cache: bytes) -> ITimingCache:
        return ITimingCache(bytes(serialized_timing_cache))

    def set_timing_cache(self, cache: ITimingCache, ignore_mismatch: bool) -> bool:
        self._cache = cache
        return True

    def get_timing_cache(self) -> ITimingCache:
        return self._cache


class Builder:
    def __init__(self, logger: ILogger) -> None:
        assert logger.ready
        self._logger = logger

    def create_network(self, flags: int = 0) -> INetworkDefinition:
        wanted = sum(1 << int(flag) for flag in self.package.NetworkDefinitionCreationFlag)
        assert flags == wanted, "explicit batches, and strongly typed where there is such a thing"
        return INetworkDefinition(flags)

    def create_builder_config(self) -> IBuilderConfig:
        return self.package.IBuilderConfig()

    def create_optimization_profile(self) -> IOptimizationProfile:
        return IOptimizationProfile()

    def build_serialized_network(self, network: INetworkDefinition, config: IBuilderConfig) -> IHostMemory | None:
        if self.package.out_of_memory:
            self._logger.log(ILogger.ERROR, "out of memory")
            return None
        if config.monitor is not None:
            config.monitor.phase_start("tactics", None, 2)
            for step in range(2):
                assert config.monitor.step_complete("tactics", step)
            config.monitor.phase_finish("tactics")
        config.get_timing_cache().entries.append(hashlib.sha256(network.model).hexdigest().encode())
        header = {
            "version": self.package.__version__,
            "flags": [int(flag) for flag in config.flags],
            "profiles": [profile.shapes for profile in config.profiles],
        }
        return IHostMemory(MAGIC + json.dumps(header).encode() + b"\n" + network.model)


class Runtime:
    def __init__(self, logger: ILogger) -> None:
        assert logger.ready
        self._logger = logger

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> ICudaEngine | None:
        data = bytes(serialized_engine)
        header, _, model = data[len(MAGIC) :].partition(b"\n")
        if not data.startswith(MAGIC) or json.loads(header)["version"] != self.package.__version__:
            self._logger.log(ILogger.ERROR, "the engine plan file is not compatible with this version of TensorRT")
            return None
        return self.package.ICudaEngine(model, json.loads(header)["profiles"])


class ICudaEngine:
    SCRATCH = 4096

    def __init__(self, model: bytes, profiles: list[dict[str, list[list[int]]]]) -> None:
        self.session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        graph = onnx.load_from_string(model).graph
        self.ports = {
            value.name: (
                np.dtype(onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)).name,
                tuple(
                    axis.dim_value if axis.HasField("dim_value") else -1 for axis in value.type.tensor_type.shape.dim
                ),
            )
            for value in (*graph.input, *graph.output)
        }
        self.names = list(self.ports)
        self.inputs = {value.name for value in graph.input}
        self.profiles = profiles

    @property
    def num_io_tensors(self) -> int:
        return len(self.names)

    @property
    def num_optimization_profiles(self) -> int:
        return len(self.profiles)

    def get_tensor_name(self, index: int) -> str:
        return self.names[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return TensorIOMode.INPUT if name in self.inputs else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name: str) -> DataType:
        return DataType[_KINDS[self.ports[name][0]]]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self.ports[name][1]


def _port(tensor: Any) -> tuple[str, tuple[int, ...]]:
    kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)).name
    return kind, tuple(axis.dim_value if axis.HasField("dim_value") else -1 for axis in tensor.shape.dim)


class IExecutionContext:
    """Checks what TensorRT would: that a profile, every shape, every address and the scratch memory are given."""

    def __init__(self, engine: ICudaEngine, cuda: SimulatedCuda) -> None:
        self._engine, self._cuda = engine, cuda
        self._profile, self._scratch = -1, 0
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._addresses: dict[str, int] = {}

    def set_optimization_profile_async(self, profile_index: int, stream_handle: int) -> bool:
        self._profile, self._shapes = profile_index, {}
        return 0 <= profile_index < self._engine.num_optimization_profiles

    def set_input_shape(self, name: str, shape: Sequence[int]) -> bool:
        low, _, high = self._engine.profiles[self._profile][name]
        fits = len(shape) == len(low) and all(a <= b <= c for a, b, c in zip(low, shape, high, strict=True))
        if fits:
            self._shapes[name] = tuple(shape)
        return fits

    def infer_shapes(self) -> list[str]:
        return sorted(self._engine.inputs - set(self._shapes))

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        if name in self._engine.inputs:
            return self._shapes[name]
        zeros = {n: np.zeros(self._shapes[n], self._engine.ports[n][0]) for n in self._engine.inputs}
        return tuple(self._engine.session.run([name], zeros)[0].shape)

    def set_tensor_address(self, name: str, memory: int) -> bool:
        self._addresses[name] = memory
        return name in self._engine.ports and memory % 256 == 0

    def execute_async_v3(self, stream_handle: int) -> bool:
        shapes, addresses = dict(self._shapes), dict(self._addresses)
        if set(addresses) != set(self._engine.ports) or not self._cuda.inside(self._scratch, self._engine.SCRATCH):
            return False
        self._cuda.enqueue(stream_handle, lambda: self._run(shapes, addresses))
        return True

    def _run(self, shapes: dict[str, tuple[int, ...]], addresses: dict[str, int]) -> None:
        inputs = {name: self._memory(name, shapes[name], addresses).copy() for name in self._engine.inputs}
        outputs = [name for name in self._engine.names if name not in inputs]
        for name, value in zip(outputs, self._engine.session.run(outputs, inputs), strict=True):
            self._memory(name, value.shape, addresses)[...] = value

    def _memory(self, name: str, shape: Sequence[int], addresses: dict[str, int]) -> np.ndarray:
        kind = np.dtype(self._engine.ports[name][0])
        nbytes = int(np.prod(shape)) * kind.itemsize
        assert self._cuda.inside(addresses[name], nbytes), f"{name} reaches beyond its buffer"
        room = (ctypes.c_byte * nbytes).from_address(addresses[name])
        return np.frombuffer(room, kind).reshape(shape)


#: What is the same in all versions.
_ALIKE = (
    DataType,
    TensorIOMode,
    MemoryPoolType,
    OnnxParserFlag,
    ILogger,
    INetworkDefinition,
    ILayer,
    ITensor,
    OnnxParser,
    ParserError,
    IOptimizationProfile,
    ITimingCache,
)


def simulated_tensorrt(version: str, cuda: SimulatedCuda) -> Any:
    """The package as of a version: ``"8.6.1"``, ``"10.3.0"``, ``"11.4.0"``."""
    package: Any = ModuleType("tensorrt")
    package.__version__, package.out_of_memory = version, False
    modern, eleven = int(version.split(".")[0]) >= 10, int(version.split(".")[0]) >= 11

    class Engine(ICudaEngine):
        if modern:
            device_memory_size_v2 = ICudaEngine.SCRATCH

            def create_execution_context(self, strategy: Any = 0) -> IExecutionContext:
                assert strategy == ExecutionContextAllocationStrategy.USER_MANAGED
                return Context(self, cuda)

        else:
            device_memory_size = ICudaEngine.SCRATCH

            def create_execution_context_without_device_memory(self) -> IExecutionContext:
                return Context(self, cuda)

    class Context(IExecutionContext):
        if modern:

            def set_device_memory(self, memory: int, size: int) -> None:
                assert size >= ICudaEngine.SCRATCH
                self._scratch = memory

        else:

            @property
            def device_memory(self) -> int:
                return self._scratch

            @device_memory.setter
            def device_memory(self, memory: int) -> None:
                self._scratch = memory

    class Config(IBuilderConfig):
        if modern:

            @property
            def progress_monitor(self) -> Any:
                return self.monitor

            @progress_monitor.setter
            def progress_monitor(self, monitor: Any) -> None:
                self.monitor = monitor

    flags = ["STRONGLY_TYPED"] if eleven else ["EXPLICIT_BATCH", "STRONGLY_TYPED"] if modern else ["EXPLICIT_BATCH"]
    package.NetworkDefinitionCreationFlag = enum.IntEnum(
        "NetworkDefinitionCreationFlag", {name: ["EXPLICIT_BATCH", "STRONGLY_TYPED"].index(name) for name in flags}
    )
    if not eleven:
        package.BuilderFlag = enum.IntEnum("BuilderFlag", {"FP16": 0})
    if modern:
        package.ExecutionContextAllocationStrategy = ExecutionContextAllocationStrategy
        package.IProgressMonitor = IProgressMonitor
    for kind in _ALIKE:
        setattr(package, kind.__name__, kind)
    package.Builder = type("Builder", (Builder,), {"package": package})
    package.Runtime = type("Runtime", (Runtime,), {"package": package})
    package.ICudaEngine = Engine
    package.IExecutionContext = Context
    package.IBuilderConfig = Config
    return package

"""The simulated CUDA and TensorRT take what the real packages take: our calls, which pass the one, fit the other.

The simulation has the calls that pyanon makes and no others; a call that it lacks fails in the other tests.
"""

from __future__ import annotations

import enum
import inspect
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.real_bindings import fetch, signatures
from tests.runtime.simulated.cuda import SimulatedCuda
from tests.runtime.simulated.tensorrt import simulated_tensorrt

#: JetPack 5 and others; JetPack 6.2; JetPack 7.2; the newest.
REAL = {
    "8.6.1": "tensorrt_bindings",
    "10.3.0": "tensorrt_cu12_bindings",
    "10.16.1.11": "tensorrt_cu13_bindings",
    "11.4.0.106": "tensorrt_cu13_bindings",
}


#: What the simulation has of its own.
OURS = {"SCRATCH", "package"}
#: Classes of which our code makes objects; TensorRT makes the others.
MADE_BY_US = {"Builder", "OnnxParser", "Runtime", "ILogger", "IProgressMonitor"}


@pytest.fixture(scope="module", params=REAL)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def real(version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    folder: Path = tmp_path_factory.mktemp("bindings")
    try:
        return signatures(fetch(REAL[version], version, folder))
    except LookupError as error:
        pytest.skip(str(error))


@pytest.fixture
def simulated(version: str) -> Any:
    return simulated_tensorrt(version, SimulatedCuda())


def members(kind: type) -> dict[str, Any]:
    """What users of a simulated class may call or read."""
    names = {name for base in kind.__mro__[:-1] for name in vars(base) if name[0] != "_"} - OURS
    made = {"__init__"} if kind.__name__ in MADE_BY_US else set()
    return {name: inspect.getattr_static(kind, name) for name in names | made}


def classes(simulated: Any) -> dict[str, type]:
    return {
        name: value
        for name, value in vars(simulated).items()
        if isinstance(value, type) and not issubclass(value, enum.Enum)
    }


def test_the_version_is_the_one_that_was_asked_for(version: str, real: dict[str, Any]) -> None:
    assert real["version"] == version


def test_every_call_of_ours_fits(simulated: Any, real: dict[str, Any]) -> None:
    checked = 0
    for name, kind in classes(simulated).items():
        for member, value in members(kind).items():
            known = real["classes"][name].get(member)
            assert known is not None, f"{name}.{member} is not in TensorRT {real['version']}"
            if inspect.isfunction(value):
                ours = list(inspect.signature(value).parameters)[1:]
                fitting = [
                    way
                    for way in known
                    if [given for given, _ in way[: len(ours)]] == ours and all(free for _, free in way[len(ours) :])
                ]
                assert fitting, f"{name}.{member}({', '.join(ours)}) does not fit TensorRT {real['version']}: {known}"
            checked += 1
    assert checked > 40


def test_every_enum_of_ours_is_there(simulated: Any, real: dict[str, Any]) -> None:
    kinds = [v for v in vars(simulated).values() if isinstance(v, type) and issubclass(v, enum.Enum)]
    assert len(kinds) >= 4
    for kind in kinds:
        # 8.6 has no dtype of 64 bits; a plan of it cannot name one.
        missing = {member.name for member in kind} - set(real["enums"][kind.__name__]) - {"INT64"}
        assert not missing, f"{kind.__name__} of TensorRT {real['version']} lacks {missing}"


@pytest.mark.parametrize(
    ("owner", "member"),
    [
        ("ICudaEngine", "device_memory_size_v2"),
        ("IExecutionContext", "set_device_memory"),
        ("IBuilderConfig", "progress_monitor"),
    ],
)
def test_where_our_code_asks_what_there_is_both_answer_alike(
    simulated: Any, real: dict[str, Any], owner: str, member: str
) -> None:
    assert hasattr(getattr(simulated, owner), member) == (member in real["classes"][owner])


@pytest.mark.parametrize("name", ["EXPLICIT_BATCH", "STRONGLY_TYPED"])
def test_flags_are_set_where_they_exist(simulated: Any, real: dict[str, Any], name: str) -> None:
    kind = "NetworkDefinitionCreationFlag"
    assert hasattr(getattr(simulated, kind), name) == (name in real["enums"][kind])


def test_strategies_and_monitors_are_of_the_same_versions(simulated: Any, real: dict[str, Any]) -> None:
    strategy = "ExecutionContextAllocationStrategy"
    assert hasattr(simulated, strategy) == bool(real["enums"][strategy])
    assert hasattr(simulated, "IProgressMonitor") == ("IProgressMonitor" in real["classes"])


def test_progress_is_told_by_the_names_that_tensorrt_uses(real: dict[str, Any]) -> None:
    told = real["classes"].get("IProgressMonitor")
    if told is None:
        pytest.skip("this version tells no progress")
    assert [name for name, _ in told["phase_start"][0]] == ["phase_name", "parent_phase", "num_steps"]
    assert [name for name, _ in told["step_complete"][0]] == ["phase_name", "step"]
    assert [name for name, _ in told["phase_finish"][0]] == ["phase_name"]


CALLS = [name for name, value in vars(SimulatedCuda).items() if name.startswith("cuda") and inspect.isfunction(value)]


@pytest.mark.parametrize("call", CALLS)
def test_calls_of_cuda(call: str) -> None:
    runtime = pytest.importorskip("cuda.bindings.runtime", reason="cuda-bindings is in the cuda extra")
    ours = list(inspect.signature(getattr(SimulatedCuda, call)).parameters)
    assert list(inspect.signature(getattr(runtime, call)).parameters) == ours[1:]


def test_constants_of_cuda() -> None:
    runtime = pytest.importorskip("cuda.bindings.runtime", reason="cuda-bindings is in the cuda extra")
    for name in ("cudaStreamNonBlocking", "cudaEventDisableTiming"):
        assert int(getattr(runtime, name)) == getattr(SimulatedCuda, name)
    kinds = ("cudaMemcpyKind", "cudaStreamCaptureMode", "cudaError_t", "cudaEglFrameType", "cudaGraphicsRegisterFlags")
    for kind in kinds:
        for member in getattr(SimulatedCuda, kind):
            assert int(getattr(getattr(runtime, kind), member.name)) == member.value


def test_frames_of_egl() -> None:
    runtime = pytest.importorskip("cuda.bindings.runtime", reason="cuda-bindings is in the cuda extra")
    frame = runtime.cudaEglFrame()
    for name in ("frameType", "planeCount"):
        assert int(getattr(frame, name)) == 0
    for plane in frame.frame.pPitch:
        assert (int(plane.ptr), int(plane.pitch)) == (0, 0)


def test_properties_of_a_gpu() -> None:
    runtime = pytest.importorskip("cuda.bindings.runtime", reason="cuda-bindings is in the cuda extra")
    for name in vars(SimulatedCuda().properties):
        assert hasattr(runtime.cudaDeviceProp, name)

"""What is particular to TensorRT: profiles, graphs, memory, device arrays, and plans that do not fit."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.arrays import DeviceArray
from pyanon.errors import PackError, PackIntegrityError, RunnerError
from pyanon.runtime import Pack, Port, Role, Runner, open_runner
from pyanon.runtime.device import open_place
from pyanon.runtime.plans import Plan, build_plan, build_plans, find_plan, read_plan
from pyanon.runtime.shelves import plan_folder
from pyanon.runtime.tensorrt import TensorRtRunner
from tests.runtime.simulated.cuda import cudaError_t
from tests.runtime.simulated.machine import VERSIONS, Machine, machine


@pytest.fixture(params=VERSIONS)
def gpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path / "home"))
    return machine(monkeypatch, request.param)


@pytest.fixture
def built(gpu: Machine, pack: Pack) -> Pack:
    assert [built.plan.is_there for built in build_plans(pack)] == [True, True]
    gpu.cuda.calls.clear()
    return pack


@pytest.fixture
def landmarks(built: Pack) -> Iterator[Runner]:
    with open_runner(built, "landmarks") as runner:
        yield runner


def rows(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(count)
    return {"crops": rng.random((count, 3), dtype=np.float32), "bias": rng.random((count, 3), dtype=np.float32)}


def total(given: dict[str, np.ndarray]) -> np.ndarray:
    return given["crops"] + given["bias"]


@pytest.mark.parametrize("count", [*range(1, 9), 9, 16, 21])
def test_any_batch(landmarks: Runner, count: int) -> None:
    given = rows(count)
    np.testing.assert_array_equal(landmarks.infer(given)["sum"], total(given))


def test_without_plans_onnx_runtime_runs_it_and_says_what_to_do(gpu: Machine, pack: Pack) -> None:
    with open_runner(pack, "landmarks") as runner:
        assert runner.device == "cpu"
        assert "there is no plan for Simulated GPU" in runner.device_reason
        assert "pyanon pack build tiny" in runner.device_reason


def test_device_cpu_never_looks_at_the_gpu(built: Pack, gpu: Machine) -> None:
    gpu.cuda.calls.clear()
    with open_runner(built, "landmarks", device="cpu") as runner:
        assert runner.device == "cpu"
    assert gpu.cuda.calls == []


def test_says_what_runs_it(landmarks: Runner, gpu: Machine) -> None:
    assert landmarks.device == "cuda:0"
    assert gpu.tensorrt.__version__ in landmarks.device_reason


def test_static_profiles_are_recorded_before_the_first_call(landmarks: Runner, gpu: Machine) -> None:
    assert gpu.cuda.calls.count("cudaGraphInstantiate") == 8
    gpu.cuda.calls.clear()
    for count in (1, 8, 3):
        landmarks.infer(rows(count))
    assert gpu.cuda.calls.count("cudaGraphLaunch") == 3
    assert "cudaStreamBeginCapture" not in gpu.cuda.calls


def test_other_sizes_are_recorded_when_they_come_again(built: Pack, gpu: Machine) -> None:
    prompts = np.zeros((2, 4), np.float32)
    small, large = np.ones((1, 3, 5, 7), np.float32), np.ones((1, 3, 64, 64), np.float32)
    with open_runner(built, "locator") as runner:
        for image, launches in [(small, 0), (small, 1), (small, 2), (large, 2), (large, 3), (small, 3), (small, 4)]:
            doubled = runner.infer({"image": image, "prompts": prompts})["doubled"]
            np.testing.assert_array_equal(doubled, image * 2)
            assert gpu.cuda.calls.count("cudaGraphLaunch") == launches
    assert gpu.cuda.open_handles() == []


def test_what_cannot_be_recorded_runs_all_the_same(built: Pack, gpu: Machine) -> None:
    gpu.cuda.failures["cudaStreamEndCapture"] = cudaError_t.cudaErrorStreamCaptureUnsupported
    with open_runner(built, "landmarks") as runner:
        for _ in range(3):
            np.testing.assert_array_equal(runner.infer(rows(2))["sum"], total(rows(2)))
    assert "cudaGraphLaunch" not in gpu.cuda.calls


def test_steady_state_allocates_nothing(built: Pack, gpu: Machine) -> None:
    with open_place() as place, open_runner(built, "landmarks", place=place) as runner:
        there = {count: {name: place.upload(array) for name, array in rows(count).items()} for count in (1, 5, 8)}
        for count in there:
            runner.infer_device(there[count])
        gpu.cuda.calls.clear()
        for _ in range(20):
            for count in there:
                runner.infer_device(there[count])
        assert "cudaMalloc" not in gpu.cuda.calls
        assert "cudaStreamSynchronize" not in gpu.cuda.calls, "nothing waits for the GPU"
        assert set(gpu.cuda.calls) == {"cudaSetDevice", "cudaMemcpyAsync", "cudaGraphLaunch"}


def test_device_arrays_stay_on_the_device(built: Pack) -> None:
    given = rows(11)
    with open_place() as place, open_runner(built, "landmarks", place=place) as runner:
        summed = runner.infer_device({"crops": place.upload(given["crops"]), "bias": given["bias"]})["sum"]
        assert isinstance(summed, DeviceArray)
        runner.infer_device(rows(3))
        np.testing.assert_array_equal(place.download(summed), total(given))


def test_empty_batch_on_the_device(built: Pack) -> None:
    with open_place() as place, open_runner(built, "landmarks", place=place) as runner:
        none = place.empty((0, 3), np.float32)
        assert runner.infer_device({"crops": none, "bias": none})["sum"].shape == (0, 3)


def test_onnx_runtime_has_no_device_arrays(gpu: Machine, pack: Pack) -> None:
    with open_place() as place, open_runner(pack, "landmarks", device="cpu") as runner:
        given = {name: place.upload(array) for name, array in rows(1).items()}
        with pytest.raises(RunnerError, match=r"NumPy arrays only.*expected: TensorRT.*do: .*pyanon pack build"):
            runner.infer_device(given)
        with pytest.raises(RunnerError, match=r"'crops' is not a NumPy array; given: DeviceArray"):
            runner.infer(given)  # type: ignore[arg-type]


def test_everything_is_let_go(built: Pack, gpu: Machine) -> None:
    for _ in range(2):
        with open_runner(built, "landmarks") as runner:
            runner.infer(rows(4))
    gc.collect()
    assert not gpu.cuda.blocks
    assert gpu.cuda.open_handles() == []


def test_size_that_it_was_not_compiled_for(built: Pack) -> None:
    given = {"image": np.zeros((1, 3, 65, 7), np.float32), "prompts": np.zeros((1, 4), np.float32)}
    refused = pytest.raises(RunnerError, match=r"not compiled for this size; given: height 65.*height 1\.\.64.*profile")
    with open_runner(built, "locator") as runner, refused:
        runner.infer(given)


@pytest.mark.parametrize("call", ["cudaGraphLaunch", "cudaMemcpyAsync"])
def test_a_call_that_fails_is_an_error(landmarks: Runner, gpu: Machine, call: str) -> None:
    gpu.cuda.failures[call] = cudaError_t.cudaErrorIllegalAddress
    version = gpu.tensorrt.__version__
    with pytest.raises(RunnerError, match=f"tiny/landmarks: CUDA: {call} failed.*TensorRT {version}.*--role landmarks"):
        landmarks.infer(rows(2))
    gpu.cuda.failures.clear()
    np.testing.assert_array_equal(landmarks.infer(rows(2))["sum"], total(rows(2)))


def test_a_plan_of_another_version_is_another_plan(built: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, "10.16.1")
    plan, why = find_plan(built, "landmarks")
    assert plan is None
    assert "TensorRT 10.16.1" in why


@pytest.mark.parametrize("change", ["name", "capability"])
def test_a_plan_of_another_gpu_is_another_plan(built: Pack, gpu: Machine, change: str) -> None:
    gpu.cuda.properties.name = b"Other GPU" if change == "name" else gpu.cuda.properties.name
    gpu.cuda.properties.major = 9 if change == "capability" else 8
    assert find_plan(built, "landmarks")[0] is None


def test_a_plan_that_tensorrt_refuses(built: Pack) -> None:
    runner = TensorRtRunner(
        "tiny/landmarks", role=built.role("landmarks"), read=lambda: b"?", rebuild="pyanon pack build"
    )
    with pytest.raises(RunnerError, match=r"cannot load the plan \(.*not compatible.*build it again: pyanon pack"):
        runner.activate()
    assert runner.device == "inactive"


def test_plan_under_another_name_is_not_loaded(built: Pack) -> None:
    plans = [find_plan(built, role)[0] for role in ("landmarks", "locator")]
    (one, other) = (plan for plan in plans if plan is not None)
    for suffix in (".plan", ".json"):
        one.file.with_suffix(suffix).write_bytes(other.file.with_suffix(suffix).read_bytes())
    with pytest.raises(PackIntegrityError, match=r"not the one that its name stands for.*pyanon pack build tiny"):
        read_plan(one)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 1}'])
def test_broken_record_of_a_plan(built: Pack, text: str) -> None:
    plan, _ = find_plan(built, "landmarks")
    assert plan is not None
    plan.file.with_suffix(".json").write_text(text)
    with pytest.raises(PackError, match=r"tiny/landmarks.*do: pyanon pack build tiny --role landmarks --force"):
        read_plan(plan)


def test_building_again_builds_nothing(built: Pack) -> None:
    assert [again.seconds for again in build_plans(built)] == [0, 0]


def test_building_by_force(built: Pack) -> None:
    plan, _ = find_plan(built, "landmarks")
    assert plan is not None
    plan.file.write_bytes(b"broken")
    list(build_plans(built, roles=["landmarks"], force=True))
    assert read_plan(plan)


def test_a_build_reports_progress(gpu: Machine, pack: Pack) -> None:
    told: list[tuple[str, str, float]] = []
    list(build_plans(pack, report=lambda *progress: told.append(progress)))
    expected = [] if gpu.tensorrt.__version__.startswith("8") else [("tiny/locator", "tactics", 0.5)]
    assert told[:1] == expected


def test_a_build_that_fails_leaves_nothing(gpu: Machine, pack: Pack) -> None:
    gpu.tensorrt.out_of_memory = True
    with pytest.raises(RunnerError, match=r"tiny/locator: TensorRT .* cannot compile the network \(out of memory\)"):
        list(build_plans(pack))
    assert not list(plan_folder().glob("*.plan"))


def test_timing_cache_is_kept(built: Pack) -> None:
    (cache,) = plan_folder().glob("timing-*.cache")
    assert len(cache.read_bytes().split()) == 3  # its head, and what was measured of two networks


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_half_precision_is_allowed_where_it_must_be(gpu: Machine, network: Callable[..., bytes], dtype: str) -> None:
    """Before networks were strongly typed, TensorRT would have run all of them in single precision."""
    role = Role(file="x.onnx", inputs=(Port("x", dtype, ("n", 3)),), outputs=(Port("y", dtype, ("n", 3)),))
    model = network([("Add", ["x", "more"], "y")], role, more=np.ones(3, dtype))
    configs: list[Any] = []
    create = gpu.tensorrt.Builder.create_builder_config
    gpu.tensorrt.Builder.create_builder_config = lambda builder: configs.append(create(builder)) or configs[-1]
    plan = Plan("tiny/x", {"gpu": "", "tensorrt": ""}, plan_folder() / "x.plan")
    build_plan(plan, role=role, model=model)
    needed = dtype == "float16" and gpu.tensorrt.__version__.startswith("8")
    assert [flag.name for flag in configs[0].flags] == ["FP16"] * needed


def test_a_network_that_tensorrt_cannot_read(gpu: Machine, built: Pack) -> None:
    plan, _ = find_plan(built, "landmarks")
    assert plan is not None
    with pytest.raises(
        RunnerError, match=r"tiny/landmarks: TensorRT .* cannot read the network \(not ONNX.*--opset 17"
    ):
        build_plan(plan, role=built.role("landmarks"), model=b"nonsense")


def test_a_plan_that_computes_something_else_is_not_kept(gpu: Machine, pack: Pack) -> None:
    run = gpu.tensorrt.IExecutionContext._run

    def wrong(context: Any, shapes: dict[str, tuple[int, ...]], addresses: dict[str, int]) -> None:
        run(context, shapes, addresses)
        if "scores" in addresses:
            context._memory("scores", (2, 2), addresses)[...] *= np.float32(-1)

    gpu.tensorrt.IExecutionContext._run = wrong
    refused = pytest.raises(RunnerError, match=r"tiny/locator: its plan answers otherwise.*cosine -.* in 'scores'")
    with refused:
        list(build_plans(pack))
    assert not list(plan_folder().glob("*locator*"))
    assert [built.plan.is_there for built in build_plans(pack, roles=["landmarks"])] == [True]

"""What every runner does, whatever its runtime. A new runtime adds itself to `RUNTIMES` and passes the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime
import pytest

from pyanon.errors import RunnerError
from pyanon.runtime import Pack, Runner, open_runner
from pyanon.runtime.plans import build_plans
from pyanon.runtime.tensorrt import TensorRtRunner
from tests.runtime.simulated.machine import VERSIONS, machine

Make: TypeAlias = Callable[[str], Runner]


class OnnxRuntime:
    """ONNX Runtime with certain options."""

    def __init__(self, **options: object) -> None:
        self._options = options

    def start(self, patch: pytest.MonkeyPatch) -> None:
        """Nothing has to be there but the package."""

    def open(self, pack: Pack, role: str) -> Runner:
        return open_runner(pack, role, **self._options)  # type: ignore[arg-type]

    def files(self, pack: Pack, home: Path) -> list[Path]:
        """What is loaded."""
        return sorted(pack.folder.glob("*.onnx"))


class SimulatedTensorRt:
    """TensorRT of some version, its plans built from the pack as a user would."""

    def __init__(self, version: str) -> None:
        self._version = version

    def start(self, patch: pytest.MonkeyPatch) -> None:
        machine(patch, self._version)

    def open(self, pack: Pack, role: str) -> Runner:
        list(build_plans(pack, roles=[role]))
        runner = open_runner(pack, role)
        assert isinstance(runner, TensorRtRunner)
        return runner

    def files(self, pack: Pack, home: Path) -> list[Path]:
        return sorted((home / "plans").glob("*.plan"))


class RealTensorRt(SimulatedTensorRt):
    """TensorRT of the machine that the tests run on."""

    def __init__(self) -> None:
        super().__init__("")

    def start(self, patch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("tensorrt", reason="needs TensorRT")


HAS_CUDA = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
NEEDS_CUDA = [] if HAS_CUDA else [pytest.mark.skip(reason="needs onnxruntime-gpu")]
RUNTIMES = [
    pytest.param(OnnxRuntime(device="cpu"), id="onnx"),
    pytest.param(OnnxRuntime(device="cpu", threads=2), id="onnx-two-threads"),
    pytest.param(OnnxRuntime(device="cuda"), id="onnx-cuda", marks=[pytest.mark.gpu, *NEEDS_CUDA]),
    *(pytest.param(SimulatedTensorRt(version), id=f"simulated-tensorrt-{version}") for version in VERSIONS),
    pytest.param(RealTensorRt(), id="tensorrt", marks=pytest.mark.gpu),
]
#: Column weights of the locator of the tiny pack.
WEIGHTS = np.arange(8, dtype=np.float32).reshape(4, 2)


def image(height: int = 5, width: int = 7) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).random((1, 3, height, width), dtype=np.float32)


def prompts(rows: int = 2) -> np.ndarray:
    return np.random.default_rng(rows).random((rows, 4), dtype=np.float32)


@pytest.mark.parametrize("runtime", RUNTIMES)
class TestRunnerContract:
    @pytest.fixture
    def make(
        self, pack: Pack, runtime: OnnxRuntime | SimulatedTensorRt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Make:
        monkeypatch.setenv("PYANON_HOME", str(tmp_path / "home"))
        runtime.start(monkeypatch)
        return lambda role: runtime.open(pack, role)

    @pytest.fixture
    def locator(self, make: Make) -> Iterator[Runner]:
        with make("locator") as runner:
            yield runner

    @pytest.fixture
    def landmarks(self, make: Make) -> Iterator[Runner]:
        with make("landmarks") as runner:
            yield runner

    def test_computes(self, locator: Runner) -> None:
        given = {"image": image(), "prompts": prompts()}
        outputs = locator.infer(given)
        assert set(outputs) == {"doubled", "scores"}
        np.testing.assert_array_equal(outputs["doubled"], given["image"] * 2)
        np.testing.assert_allclose(outputs["scores"], given["prompts"] @ WEIGHTS, rtol=1e-5)

    def test_states_its_ports(self, locator: Runner) -> None:
        assert [(port.name, port.dtype, port.shape) for port in locator.inputs] == [
            ("image", "float32", (1, 3, None, None)),
            ("prompts", "float32", (None, 4)),
        ]
        assert [port.name for port in locator.outputs] == ["doubled", "scores"]

    def test_dynamic_axes_vary_from_call_to_call(self, locator: Runner) -> None:
        for height, width, rows in [(5, 7, 1), (64, 32, 3), (1, 1, 2), (5, 7, 1)]:
            outputs = locator.infer({"image": image(height, width), "prompts": prompts(rows)})
            assert outputs["doubled"].shape == (1, 3, height, width)
            assert outputs["scores"].shape == (rows, 2)

    def test_unknown_input(self, locator: Runner) -> None:
        with pytest.raises(RunnerError, match=r"tiny/locator: inputs do not match the pack \(unknown mask\)"):
            locator.infer({"image": image(), "prompts": prompts(), "mask": image()})

    def test_missing_input(self, locator: Runner) -> None:
        with pytest.raises(RunnerError, match=r"missing prompts.*given: image; expected: image, prompts; do: "):
            locator.infer({"image": image()})

    @pytest.mark.parametrize("dtype", ["float64", "uint8", ">f4"])
    def test_wrong_dtype(self, locator: Runner, dtype: str) -> None:
        with pytest.raises(RunnerError, match=rf"'image' has the wrong dtype; given: {dtype}.*expected: image float32"):
            locator.infer({"image": image().astype(dtype), "prompts": prompts()})

    def test_not_an_array(self, locator: Runner) -> None:
        with pytest.raises(RunnerError, match=r"'prompts' is not a NumPy array; given: list"):
            locator.infer({"image": image(), "prompts": prompts().tolist()})

    @pytest.mark.parametrize("shape", [(3, 5, 7), (1, 1, 3, 5, 7), ()])
    def test_wrong_rank(self, locator: Runner, shape: tuple[int, ...]) -> None:
        with pytest.raises(RunnerError, match=r"'image' has the wrong shape.*expected: image float32\(1, 3, height"):
            locator.infer({"image": np.zeros(shape, np.float32), "prompts": prompts()})

    @pytest.mark.parametrize("shape", [(2, 3, 5, 7), (1, 4, 5, 7), (0, 3, 5, 7)])
    def test_wrong_fixed_size(self, locator: Runner, shape: tuple[int, ...]) -> None:
        with pytest.raises(RunnerError, match="'image' has the wrong shape"):
            locator.infer({"image": np.zeros(shape, np.float32), "prompts": prompts()})

    def test_axes_of_one_name_have_one_size(self, landmarks: Runner) -> None:
        # The network itself would broadcast the single row without a word.
        with pytest.raises(RunnerError, match=r"'bias' has the wrong shape.*\(n, 3\) with n = 2"):
            landmarks.infer({"crops": np.zeros((2, 3), np.float32), "bias": np.zeros((1, 3), np.float32)})

    def test_empty_batch(self, landmarks: Runner) -> None:
        none = np.zeros((0, 3), np.float32)
        total = landmarks.infer({"crops": none, "bias": none})["sum"]
        assert total.shape == (0, 3)
        assert total.dtype == np.float32

    def test_nan_and_infinity_pass_through(self, landmarks: Runner) -> None:
        crops = np.array([[np.nan, np.inf, -np.inf]], np.float32)
        total = landmarks.infer({"crops": crops, "bias": np.ones((1, 3), np.float32)})["sum"]
        np.testing.assert_array_equal(total, crops)

    def test_inputs_need_not_be_contiguous(self, locator: Runner) -> None:
        picture = np.random.default_rng(0).random((5, 7, 3), dtype=np.float32)
        planes = picture.transpose(2, 0, 1)[None, :, ::-1]
        outputs = locator.infer({"image": planes, "prompts": np.asfortranarray(prompts())})
        np.testing.assert_array_equal(outputs["doubled"], planes * 2)
        np.testing.assert_allclose(outputs["scores"], prompts() @ WEIGHTS, rtol=1e-5)

    def test_inputs_are_not_written_to(self, locator: Runner) -> None:
        given = {"image": image(), "prompts": prompts()}
        for array in given.values():
            array.setflags(write=False)
        locator.infer(given)
        np.testing.assert_array_equal(given["image"], image())

    def test_returned_arrays_stay_valid(self, locator: Runner) -> None:
        given = {"image": image(), "prompts": prompts()}
        first = locator.infer(given)
        kept = {name: array.copy() for name, array in first.items()}
        given["image"] += 1
        given["prompts"] += 1
        for _ in range(5):
            locator.infer(given)
        locator.deactivate()
        for name, array in kept.items():
            np.testing.assert_array_equal(first[name], array)

    def test_two_threads(self, locator: Runner) -> None:
        def run(height: int) -> bool:
            picture = image(height, 9)
            doubled = locator.infer({"image": picture, "prompts": prompts()})["doubled"]
            return np.array_equal(doubled, picture * 2)

        with ThreadPoolExecutor(2) as pool:
            assert all(pool.map(run, [3, 4, 5, 6] * 25))

    def test_infer_before_activate(self, make: Make) -> None:
        runner = make("landmarks")
        assert runner.device == "inactive"
        with pytest.raises(RunnerError, match=r"not active; do: call activate\(\) first"):
            runner.infer({})

    def test_infer_after_deactivate(self, landmarks: Runner) -> None:
        landmarks.deactivate()
        assert landmarks.device == "inactive"
        with pytest.raises(RunnerError, match="not active"):
            landmarks.infer({"crops": np.zeros((1, 3), np.float32), "bias": np.zeros((1, 3), np.float32)})

    def test_activate_twice(self, landmarks: Runner) -> None:
        with pytest.raises(RunnerError, match="tiny/landmarks: activated twice"):
            landmarks.activate()
        ones = np.ones((1, 3), np.float32)
        assert landmarks.infer({"crops": ones, "bias": ones})["sum"].tolist() == [[2, 2, 2]]

    def test_deactivate_twice(self, make: Make) -> None:
        runner = make("landmarks")
        runner.deactivate()
        runner.activate()
        runner.deactivate()
        runner.deactivate()

    def test_active_again_after_deactivate(self, make: Make) -> None:
        runner = make("landmarks")
        ones = np.ones((1, 3), np.float32)
        for _ in range(2):
            with runner:
                assert runner.infer({"crops": ones, "bias": ones})["sum"].tolist() == [[2, 2, 2]]

    def test_says_where_it_runs_and_why(self, locator: Runner) -> None:
        assert locator.device in ("cpu", "cuda:0")
        assert locator.device_reason

    def test_tampered_file_is_never_loaded(
        self, make: Make, pack: Pack, runtime: OnnxRuntime | SimulatedTensorRt, tmp_path: Path
    ) -> None:
        runner = make("landmarks")
        files = runtime.files(pack, tmp_path / "home")
        assert files
        for path in files:
            path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(RuntimeError, match=r"sha256"):
            runner.activate()
        assert runner.device == "inactive"

"""What is particular to ONNX Runtime: its options, its providers, and files it should not trust."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pyanon.errors import InputError, RunnerError
from pyanon.runtime import Pack, Port, Role, open_runner
from pyanon.runtime.onnx import OnnxRunner

Network = Callable[..., bytes]
ROLE = Role(file="x.onnx", inputs=(Port("x", "float32", ("n", 3)),), outputs=(Port("y", "float32", ("n", 3)),))
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def runner(model: bytes, role: Role = ROLE, **options: Any) -> OnnxRunner:
    return OnnxRunner("tiny/x", role=role, read=lambda: model, **options)


def test_threads_do_not_spin(pack: Pack) -> None:
    with open_runner(pack, "locator", device="cpu", threads=2) as active:
        options = active._session.get_session_options()  # type: ignore[attr-defined]
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.get_session_config_entry("session.inter_op.allow_spinning") == "0"
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)


@pytest.mark.parametrize(("option", "value"), [("device", "gpu"), ("threads", 0)])
def test_unusable_option(pack: Pack, option: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"given: '?{value}"):
        open_runner(pack, "locator", **{option: value})


@pytest.mark.parametrize("model", [b"", b"not a network"], ids=["empty", "text"])
def test_not_a_network(model: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunnerError, match=rf"cannot load the network.*given: {len(model)} bytes.*do: "):
        runner(model, device="cpu").activate()
    assert capfd.readouterr() == ("", "")


def test_failure_while_running_is_raised_and_not_printed(network: Network, capfd: pytest.CaptureFixture[str]) -> None:
    role = Role(
        file="x.onnx",
        inputs=(Port("x", "float32", ("n", 3)), Port("shape", "int64", (1,))),
        outputs=(Port("y", "float32", ("m",)),),
    )
    with runner(network([("Reshape", ["x", "shape"], "y")], role), role, device="cpu") as active:
        with pytest.raises(RunnerError, match=r"failed on cpu.*given: x float32\(2, 3\), shape int64\(1,\)"):
            active.infer({"x": np.zeros((2, 3), np.float32), "shape": np.array([5])})
        flat = active.infer({"x": np.zeros((2, 3), np.float32), "shape": np.array([6])})["y"]
    assert flat.shape == (6,)
    assert capfd.readouterr() == ("", "")


STATED = {
    "other name": Role("x", (Port("z", "float32", ("n", 3)),), ROLE.outputs),
    "one more": Role("x", (*ROLE.inputs, Port("z", "float32", ("n", 3))), ROLE.outputs),
    "other dtype": Role("x", (Port("x", "float16", ("n", 3)),), ROLE.outputs),
    "other rank": Role("x", (Port("x", "float32", ("n", 3, 1)),), ROLE.outputs),
    "other size": Role("x", (Port("x", "float32", ("n", 4)),), ROLE.outputs),
    "size not fixed": Role("x", (Port("x", "float32", ("n", "m")),), ROLE.outputs),
    "other output": Role("x", ROLE.inputs, (Port("y", "float32", ("n", 2)),)),
}


@pytest.mark.parametrize("stated", STATED.values(), ids=STATED)
def test_network_is_not_what_the_pack_states(network: Network, stated: Role) -> None:
    active = runner(network([("Relu", ["x"], "y")], ROLE), stated, device="cpu")
    with pytest.raises(RunnerError, match="are not those that the pack states"):
        active.activate()
    assert active.device == "inactive"


def test_pack_may_fix_an_axis_that_the_network_leaves_open(network: Network) -> None:
    stated = Role("x", (Port("x", "float32", (2, 3)),), (Port("y", "float32", (2, 3)),))
    with (
        runner(network([("Relu", ["x"], "y")], ROLE), stated, device="cpu") as active,
        pytest.raises(RunnerError, match=r"'x' has the wrong shape.*\(1, 3\)"),
    ):
        active.infer({"x": np.zeros((1, 3), np.float32)})


def test_output_that_breaks_the_pack_is_an_error(network: Network) -> None:
    """A network whose output is larger than its pack says is caught in the call."""
    stated = Role("x", ROLE.inputs, (Port("y", "float32", ("n", 3)),))
    loose = Role("x", ROLE.inputs, (Port("y", "float32", ("m", 3)),))
    model = network([("Tile", ["x", "twice"], "y")], loose, twice=np.array([2, 1]))
    with (
        runner(model, stated, device="cpu") as active,
        pytest.raises(RunnerError, match=r"output 'y' has the wrong shape.*\(4, 3\).*with n = 2"),
    ):
        active.infer({"x": np.zeros((2, 3), np.float32)})


def test_weights_in_a_second_file_are_refused(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such weights would never have been hashed; ONNX Runtime alone reads them from the working directory."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(network([("MatMul", ["x", "w"], "y")], ROLE, w=np.eye(3, dtype=np.float32)))
    path = tmp_path / "x.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunnerError, match="weights included"):
        runner(path.read_bytes(), device="cpu").activate()


def test_missing_package(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RunnerError, match=r"'onnxruntime' cannot be imported.*do: pip install onnxruntime"):
        open_runner(pack, "locator").activate()


class Providers:
    """Stands in for the onnxruntime package on a machine with or without a working CUDA."""

    __version__ = "9.9"

    def __init__(self, *, built_in: bool, loads: bool = True, raises: bool = False) -> None:
        self._built_in, self._loads, self._raises = built_in, loads, raises
        self.asked: list[list[str]] = []
        self.severity = 2

    def get_available_providers(self) -> list[str]:
        return [CUDA, CPU] if self._built_in else [CPU]

    def set_default_logger_severity(self, severity: int) -> None:
        self.severity = severity

    def SessionOptions(self) -> Any:  # noqa: N802 - the name is ONNX Runtime's
        return SimpleNamespace(add_session_config_entry=lambda key, value: None)

    def InferenceSession(self, model: bytes, options: Any, *, providers: list[str], enable_fallback: int) -> Any:  # noqa: N802
        self.asked.append(providers)
        self.quiet = self.severity == 4
        assert enable_fallback == 0
        if self._raises and CUDA in providers:
            raise RuntimeError("no CUDA-capable device\nstack")
        obtained = [name for name in providers if name != CUDA or self._loads]
        node = [SimpleNamespace(name=name, type="tensor(float)", shape=["n", 3]) for name in ("x", "y")]
        return SimpleNamespace(
            get_providers=lambda: obtained, get_inputs=lambda: node[:1], get_outputs=lambda: node[1:]
        )


BROKEN = {
    "not built in": (Providers(built_in=False), "ONNX Runtime 9.9 is built without it"),
    "does not load": (Providers(built_in=True, loads=False), "built in but did not load"),
    "raises": (Providers(built_in=True, raises=True), "no CUDA-capable device"),
}


@pytest.mark.parametrize(("package", "why"), BROKEN.values(), ids=BROKEN)
class TestCudaThatDoesNotWork:
    def test_asked_for(self, monkeypatch: pytest.MonkeyPatch, package: Any, why: str) -> None:
        monkeypatch.setitem(sys.modules, "onnxruntime", package)
        active = runner(b"", device="cuda")
        with pytest.raises(RunnerError, match=rf"CUDA is not to be had.*{why}.*do: pip install onnxruntime-gpu"):
            active.activate()
        assert active.device == "inactive"

    def test_auto_falls_back_and_says_why(self, monkeypatch: pytest.MonkeyPatch, package: Any, why: str) -> None:
        monkeypatch.setitem(sys.modules, "onnxruntime", package)
        with runner(b"", device="auto") as active:
            assert active.device == "cpu"
            assert why in active.device_reason
        assert package.severity == 2


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_cuda_that_works_is_used(monkeypatch: pytest.MonkeyPatch, device: Any) -> None:
    package = Providers(built_in=True)
    monkeypatch.setitem(sys.modules, "onnxruntime", package)
    with runner(b"", device=device) as active:
        assert active.device == "cuda:0"
    assert package.asked == [[CUDA, CPU]]
    assert package.quiet == (device == "auto")  # the log says what is missing: worth reading where CUDA was insisted on


def test_cpu_never_tries_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Providers(built_in=True)
    monkeypatch.setitem(sys.modules, "onnxruntime", package)
    with runner(b"", device="cpu") as active:
        assert active.device == "cpu"
    assert package.asked == [[CPU]]

"""Where a network is compared: by ONNX Runtime always, by TensorRT where it is, and else it says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")

from export.asked import asked
from export.compare import check
from pyanon.errors import RunnerError
from pyanon.runtime import Pack
from tests.export import families
from tests.runtime.simulated.machine import Machine, machine


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    found: Pack = families.export("text_vae", tmp_path_factory.mktemp("text_vae"))
    return found


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path))
    return machine(monkeypatch)


@pytest.mark.parametrize("role", [0, 1])
def test_a_plan_is_built_and_compared(pack: Pack, gpu: Machine, role: int, tmp_path: Path) -> None:
    piece = families.pieces("text_vae")[role]
    lines, _ = check(pack, piece, asked(piece, None), precision="float32")
    assert {line.runtime for line in lines} == {"onnx", "tensorrt"}
    assert not any(line.skipped for line in lines)
    assert list((tmp_path / "plans").glob("*.plan"))


def test_without_tensorrt_the_line_says_so(pack: Pack) -> None:
    piece = families.pieces("text_vae")[0]
    lines, _ = check(pack, piece, asked(piece, None), precision="float32")
    assert [bool(line.skipped) for line in lines if line.runtime == "tensorrt"] == [True]


def test_a_gpu_that_computes_something_else_is_found_out(pack: Pack, gpu: Machine) -> None:
    run = gpu.tensorrt.IExecutionContext._run

    def wrong(context: object, shapes: dict[str, tuple[int, ...]], addresses: dict[str, int]) -> None:
        run(context, shapes, addresses)
        context._memory("mean", shapes["tokens"][:1], addresses)[...] += 100  # type: ignore[attr-defined]

    gpu.tensorrt.IExecutionContext._run = wrong
    piece = families.pieces("text_vae")[0]
    with pytest.raises(RunnerError, match=r"caption_encoder: its plan answers otherwise.*in 'mean'"):
        check(pack, piece, asked(piece, None), precision="float32")

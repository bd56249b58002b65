"""``pyanon doctor`` on machines with a GPU, simulated."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pyanon.cli import doctor_gpu
from pyanon.runtime import load_pack
from pyanon.runtime.plans import build_plans
from pyanon.video.gpu import why_not
from tests.cli.conftest import Outcome
from tests.runtime.simulated.cuda import cudaError_t
from tests.runtime.simulated.machine import Machine, machine

Pyanon = Callable[..., Outcome]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path))
    return machine(monkeypatch)


def lines(done: Outcome, topic: str = "gpu") -> str:
    """What is said of a topic."""
    return done.out.split(f"\n{topic}\n")[1].split("\n\n")[0]


def test_without_a_gpu_nothing_is_wrong(pyanon: Pyanon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_gpu, "_TRACES", ())
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    assert lines(pyanon("doctor")).strip() == "ok NVIDIA                    none; everything runs on the CPU"


def test_a_gpu_that_cannot_be_used(pyanon: Pyanon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor_gpu, "_TRACES", (tmp_path,))
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    told = lines(pyanon("doctor"))
    assert "there, but cannot be used: the package 'cuda-bindings' cannot be imported" in told
    assert "do: pip install 'pyanon[cuda]'" in told


def test_what_is_missing(pyanon: Pyanon, gpu: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    told = lines(pyanon("doctor"))
    assert "Simulated GPU, sm_87, 8.0 GiB shared with the CPU, driver for CUDA 12.6" in told
    assert "10.3.0" in told
    assert "not built for any network of pocket" in told
    assert "do: pyanon pack build pocket" in told
    assert "GStreamer nvv4l2decoder, PyGObject (gi) missing: the CPU decodes" in told
    assert "do: sudo apt install nvidia-l4t-gstreamer" in told
    gpu.cuda.properties.integrated = 0
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    told = lines(pyanon("doctor"))
    assert "the package 'tensorrt' cannot be imported" in told
    # The GPU that pyanon finds here is simulated; FFmpeg's own calls of CUDA are not.
    assert f"{why_not() or 'FFmpeg does not find the GPU'}: the CPU decodes and encodes" in told


def test_plans_that_were_built(pyanon: Pyanon, gpu: Machine) -> None:
    list(build_plans(load_pack(), roles=["landmarks"]))
    assert "not built for locator, oracle" in lines(pyanon("doctor"))
    told = {line.split()[1]: line for line in lines(pyanon("doctor"), "runtime").splitlines()}
    assert "runs on cuda:0 (a plan for this GPU; TensorRT 10.3.0" in told["landmarks"]
    assert "runs on cpu" in told["generator"]
    assert "TensorRT: there is no plan for Simulated GPU" in told["generator"]


@pytest.mark.parametrize(
    ("release", "board", "told"),
    [
        ("# R36 (release), REVISION: 4.0, GCID: 1", "NVIDIA Jetson Orin Nano\0", "NVIDIA Jetson Orin Nano, L4T 36.4.0"),
        ("# R39 (release), REVISION: 2.0", "NVIDIA Jetson AGX Thor", "NVIDIA Jetson AGX Thor, L4T 39.2.0"),
    ],
)
def test_jetson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, board: str, told: str) -> None:
    for name, text in (("_RELEASE", release), ("_BOARD", board)):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(doctor_gpu, name, tmp_path / name)
    assert doctor_gpu.jetson() == told


@pytest.mark.parametrize(("mode", "state"), [("MAXN", "ok"), ("15W", "missing")])
def test_power_mode(
    pyanon: Pyanon, gpu: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, state: str
) -> None:
    tool = tmp_path / "nvpmodel"
    tool.write_text(f"#!/bin/sh\necho NV Fan Mode:quiet\necho NV Power Mode: {mode}\necho 0\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    told = lines(pyanon("doctor"))
    assert f"power mode                {mode}" in told
    assert ("do: for full speed: sudo nvpmodel" in told) == (state == "missing")


def test_a_driver_that_fails(pyanon: Pyanon, gpu: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor_gpu, "_TRACES", (tmp_path,))
    gpu.cuda.failures["cudaGetDeviceCount"] = cudaError_t.cudaErrorNoDevice
    assert "cudaErrorNoDevice" in lines(pyanon("doctor"))


@pytest.mark.parametrize(
    ("library", "fault", "told"),
    [
        (True, "", ["decoder                   NVDEC, through PyAV", "encoder                   NVENC (h264_nvenc)"]),
        (False, "no such device", ["libnvcuvid.so.1 is missing", "NVENC cannot be opened (no such device): the CPU"]),
    ],
)
def test_what_decodes_and_encodes(
    pyanon: Pyanon, gpu: Machine, monkeypatch: pytest.MonkeyPatch, library: bool, fault: str, told: list[str]
) -> None:
    gpu.cuda.properties.integrated = 0
    monkeypatch.setattr("pyanon.video.gpu.cuda_device", lambda gpu: "the door")
    monkeypatch.setattr("pyanon.video.gpu.nvenc_fault", lambda gpu: fault)
    monkeypatch.setattr(doctor_gpu, "_is_library", lambda name: library)
    said = lines(pyanon("doctor"))
    assert all(line in said for line in told)


def test_an_older_pyav(pyanon: Pyanon, gpu: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu.cuda.properties.integrated = 0
    monkeypatch.setattr("pyanon.video.gpu.CudaContext", object)
    said = lines(pyanon("doctor"))
    assert "cannot use the CUDA context of this process (18.1 can): the CPU decodes and encodes" in said
    assert "do: pip install --upgrade av, on Python 3.11 or later" in said


def test_what_a_jetson_decodes_with(
    pyanon: Pyanon, gpu: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "gst-inspect-1.0"
    tool.write_text("#!/bin/sh\n[ $1 = nvv4l2decoder ]\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(doctor_gpu, "find_spec", lambda name: name)
    assert "GStreamer nvv4l2decoder, for sources that begin with nvmm:" in lines(pyanon("doctor"))

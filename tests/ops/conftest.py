"""Every test of an op that asks for `simd` runs once per SIMD target of this machine, and one that asks for `backend`
also with the CUDA kernels: on the CPU, where they are emulated, and on a GPU where there is one."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from pyanon import ops
from pyanon.errors import RunnerError
from pyanon.ops import cuda
from tests.ops.backends import Backend, HostPlace, OnCpu, OnCuda

ROOT = Path(__file__).parents[2]
EMULATED, GPU = "cuda emulated", "cuda"


@pytest.fixture(params=ops.simd_targets())
def simd(request: pytest.FixtureRequest) -> Iterator[str]:
    before = ops.simd_target()
    ops.force_simd(request.param)
    yield request.param
    ops.force_simd(before)


@pytest.fixture(params=[*ops.simd_targets(), EMULATED, pytest.param(GPU, marks=pytest.mark.gpu)])
def backend(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, gpu_absent: Callable[[str], NoReturn]
) -> Iterator[Backend]:
    if request.param == EMULATED:
        emulated = request.getfixturevalue("emulated_kernels")
        monkeypatch.setattr(cuda, "extension", lambda: emulated)
        yield OnCuda(HostPlace())
    elif request.param == GPU:
        try:
            cuda.extension()
        except RunnerError as error:
            gpu_absent(str(error))
        yield OnCuda(request.getfixturevalue("gpu_place"))
    else:
        before = ops.simd_target()
        ops.force_simd(request.param)
        yield OnCpu()
        ops.force_simd(before)


@pytest.fixture
def emulated(emulated_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch) -> OnCuda:
    """The CUDA kernels on the CPU."""
    monkeypatch.setattr(cuda, "extension", lambda: emulated_kernels)
    return OnCuda(HostPlace())


@pytest.fixture(scope="session")
def emulated_kernels(pytestconfig: pytest.Config) -> ModuleType:
    """The extension of the CUDA kernels, compiled for the CPU by csrc/tests/emulation; kept from run to run."""
    compiler = os.environ.get("CXX") or next((name for name in ("c++", "g++", "clang++") if shutil.which(name)), "")
    if not compiler or not shutil.which("cmake") or not importlib.util.find_spec("pybind11"):
        pytest.skip("needs cmake, a C++ compiler and pybind11 (the test extra has two of them)")
    options = [
        "-DPYANON_PYTHON=OFF",
        "-DPYANON_CUDA_EMULATION=ON",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
        f"-DCMAKE_CXX_COMPILER={compiler}",
        f"-DPython_EXECUTABLE={sys.executable}",
        f"-Dpybind11_DIR={_run(sys.executable, '-m', 'pybind11', '--cmakedir').strip()}",
    ]
    # Where all that is the same, only what has changed is compiled again.
    key = hashlib.sha256("\n".join([*options, os.environ.get("CMAKE_GENERATOR", ""), str(ROOT)]).encode()).hexdigest()
    build = pytestconfig.cache.mkdir("cuda-emulation") / key[:12]
    _run("cmake", "-S", str(ROOT), "-B", str(build), *options)
    _run("cmake", "--build", str(build), "--target", "_cuda", "--parallel", "2")
    (path,) = (build / "csrc" / "cuda").glob("_cuda*.so")
    spec = importlib.util.spec_from_file_location("_cuda", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

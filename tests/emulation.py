"""The CUDA kernels, compiled for the CPU (csrc/tests/emulation), and a simulated GPU that runs them, for every test."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyanon.runtime.device import Stream
    from tests.runtime.simulated.machine import Machine

__all__ = ["emulated_kernels", "gpu", "place"]

ROOT = Path(__file__).resolve().parents[1]


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


# What these import loads NumPy, which is to find the environment that `tests.conftest` sets.


@pytest.fixture
def gpu(emulated_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The simulated GPU with the kernels; modules that need other things of it have a `gpu` of their own."""
    from pyanon.ops import cuda
    from tests.runtime.simulated.machine import machine

    monkeypatch.setattr(cuda, "extension", lambda: emulated_kernels)
    return machine(monkeypatch)


@pytest.fixture
def place(gpu: Machine) -> Iterator[Stream]:
    """A stream of that GPU."""
    from pyanon.runtime.device import open_place

    with open_place() as opened:
        yield opened


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

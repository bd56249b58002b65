"""The CUDA sources compile and link with the toolkit at hand; what comes out imports on a machine without a driver."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pyanon

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURES = ("75", "87", "90", "110")

#: Runs the built extension on memory of the host: without a driver, no launch gets as far as touching it.
USE = """
import sys
sys.path[:0] = [{folder!r}, {root!r}]
import numpy as np
import _cuda
from pyanon.errors import RunnerError
from tests.ops.backends import HostPlace

image = HostPlace().upload(np.zeros((4, 4, 3), np.uint8))
try:
    _cuda.warp(image, np.eye(3, dtype=np.float32)[None, :2], 4, 1)
except RunnerError as error:
    print(error)
"""


def find_nvcc() -> Path | None:
    """The compiler, on the path or where CUDA_HOME says that the toolkit is."""
    on_path = shutil.which("nvcc")
    if on_path:
        return Path(on_path)
    home = Path(os.environ.get("CUDA_HOME", "/usr/local/cuda")) / "bin" / "nvcc"
    return home if home.is_file() else None


def run(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def has_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def nvcc() -> Path:
    found = find_nvcc()
    if found is None:
        pytest.skip("no nvcc on the path or in CUDA_HOME")
    if not shutil.which("cmake") or not importlib.util.find_spec("pybind11"):
        pytest.skip("needs cmake and pybind11 (both are in the test extra)")
    return found


def known_to(nvcc: Path) -> set[str]:
    """The architectures that a toolkit compiles for."""
    return set(re.findall(r"compute_(\d+)", run(nvcc, "--list-gpu-arch")))


def configure(nvcc: Path, build: Path, *more: str) -> None:
    options = {
        "PYANON_PYTHON": "OFF",
        "PYANON_CUDA": "ON",
        "PYANON_WERROR": "ON",
        "CMAKE_CUDA_COMPILER": nvcc,
        "Python_EXECUTABLE": sys.executable,
        "pybind11_DIR": run(sys.executable, "-m", "pybind11", "--cmakedir").strip(),
    }
    run("cmake", "-S", ROOT, "-B", build, *(f"-D{name}={value}" for name, value in options.items()), *more)


@pytest.fixture(scope="module")
def built(nvcc: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension for every architecture that is asked for; a warning is an error."""
    wanted = [name for name in ARCHITECTURES if name in known_to(nvcc)]
    assert wanted, f"{nvcc} knows none of {ARCHITECTURES}"
    build = tmp_path_factory.mktemp("cuda")
    configure(nvcc, build, "-DCMAKE_CUDA_ARCHITECTURES=" + ";".join(f"{name}-real" for name in wanted))
    run("cmake", "--build", build, "--target", "_cuda", "--parallel", "2")
    (path,) = (build / "csrc" / "cuda").glob("_cuda*.so")
    return path


def test_without_a_wish_it_is_for_all_gpus_that_the_toolkit_knows(nvcc: Path, tmp_path: Path) -> None:
    configure(nvcc, tmp_path)
    rules = [path for pattern in ("build.ninja", "flags.make") for path in tmp_path.rglob(pattern)]
    code = "".join(path.read_text() for path in rules)
    ours = {"75", "80", "86", "87", "89", "90", "100", "110", "120"} & known_to(nvcc)
    assert set(re.findall(r"code=\[sm_(\d+)\]", code)) == ours
    assert set(re.findall(r"code=\[compute_(\d+)\]", code)) == {max(ours, key=int)}


@pytest.mark.slow
def test_it_links_no_library_of_cuda(built: Path) -> None:
    if not shutil.which("readelf"):
        pytest.skip("needs readelf (binutils)")
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", built))
    assert needed
    assert not [name for name in needed if "cuda" in name or "nv" in name]


@pytest.mark.slow
def test_it_imports_without_a_driver_and_says_what_cuda_says(built: Path, tmp_path: Path) -> None:
    if has_driver():
        pytest.skip("there is a driver here")
    script = USE.format(folder=str(built.parent), root=str(Path(pyanon.__file__).parents[1]))
    said = run(sys.executable, "-c", script)
    assert re.search(r"CUDA refused to run warp; given: .*(driver|device)", said), said


@pytest.mark.slow
def test_it_holds_code_for_every_architecture(nvcc: Path, built: Path) -> None:
    tool = shutil.which("cuobjdump") or str(nvcc.resolve().parent / "cuobjdump")
    if not Path(tool).is_file():
        pytest.skip("needs cuobjdump (of the CUDA toolkit)")
    found = set(re.findall(r"\.sm_(\d+)\w*\.cubin", run(tool, "--list-elf", built)))
    assert found == set(ARCHITECTURES) & known_to(nvcc)

"""The C++ tests of the kernels, under the address and undefined-behaviour sanitizers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILER = os.environ.get("CXX") or next((name for name in ("c++", "g++", "clang++") if shutil.which(name)), "")


def run(*command: str | Path) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def can_sanitize(folder: Path) -> bool:
    """Whether the compiler brings the sanitizers' libraries: a bare one may not."""
    source = folder / "probe.cc"
    source.write_text("int main() {}\n")
    flags = ["-fsanitize=address,undefined", str(source), "-o", str(folder / "probe")]
    return subprocess.run([COMPILER, *flags], capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_the_native_tests_pass_under_sanitizers(tmp_path):
    if not COMPILER or not shutil.which("cmake"):
        pytest.skip("needs cmake and a C++ compiler")
    if not can_sanitize(tmp_path):
        pytest.skip(f"{COMPILER} has no address and undefined-behaviour sanitizers")
    build = tmp_path / "build"
    emulation = ["-DPYANON_CUDA_EMULATION=ON", "-DPYANON_CUDA_PYTHON=OFF"]
    options = ["-DPYANON_PYTHON=OFF", "-DPYANON_TESTS=ON", *emulation, f"-DCMAKE_CXX_COMPILER={COMPILER}"]
    run("cmake", "-S", ROOT, "-B", build, *options)
    run("cmake", "--build", build, "--parallel", "2")
    run("ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error")

"""The C++ tests of the kernels, built and run under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROBE = """
cmake_minimum_required(VERSION 3.18)
project(probe LANGUAGES CXX)
file(WRITE ${CMAKE_BINARY_DIR}/probe.cc "int main() { return 0; }")
add_executable(probe ${CMAKE_BINARY_DIR}/probe.cc)
target_compile_options(probe PRIVATE -fsanitize=address,undefined)
target_link_options(probe PRIVATE -fsanitize=address,undefined)
"""


@pytest.fixture
def sanitizers(run_tool: Callable[..., str], tmp_path: Path) -> None:
    """Skips where the compiler has no sanitizers: some distributions package their libraries apart."""
    (tmp_path / "CMakeLists.txt").write_text(PROBE)
    run_tool("cmake", "-G", "Ninja", "-S", str(tmp_path), "-B", str(tmp_path / "probe"))
    try:
        run_tool("cmake", "--build", str(tmp_path / "probe"))
        subprocess.run([tmp_path / "probe/probe"], check=True, capture_output=True)
    except (AssertionError, subprocess.CalledProcessError):
        pytest.skip("the compiler has no address sanitizer that works here")


@pytest.mark.slow
@pytest.mark.usefixtures("sanitizers")
def test_kernels_under_sanitizers(
    run_tool: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The leak checker needs ptrace, which containers often refuse.
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    build = str(tmp_path / "build")
    run_tool("cmake", "-G", "Ninja", "-S", ".", "-B", build, "-DPYANON_PYTHON=OFF", "-DPYANON_TESTS=ON")
    run_tool("cmake", "--build", build, "--parallel", "2")
    run_tool("ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error")

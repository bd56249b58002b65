"""What all tests share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

from pyanon.errors import PyanonError
from tests.emulation import emulated_kernels as emulated_kernels
from tests.emulation import gpu as gpu
from tests.emulation import place as place

ROOT = Path(__file__).resolve().parents[1]

# Before NumPy is loaded: the threads of its linear algebra spin while they wait, which takes ten times as long as the
# work itself where the machine has other things to do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Nothing that a user has pulled takes part in a test, and nothing can be written there: tests that need such a folder
# set their own.
os.environ["PYANON_HOME"] = os.devnull

# How long an example takes says more about the machine than about the code.
settings.register_profile("pyanon", deadline=None, print_blob=True)
settings.load_profile("pyanon")


# A shell that starts the tests in the background has them ignore Ctrl-C, and what they start would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `.venv/bin/pytest` does not put its own folder on the path, and the machine may have neither CMake, Ninja nor Make.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
if shutil.which("ninja"):
    os.environ.setdefault("CMAKE_GENERATOR", "Ninja")


@pytest.fixture
def run_tool() -> Callable[..., None]:
    """Runs a tool of the test environment in the root of the checkout; its complaints are the failure's text."""

    def run(tool: str, *arguments: str) -> None:
        path = shutil.which(tool)
        if path is None:
            pytest.skip(f"{tool} is not installed (it is in the test extra)")
        done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{tool} {' '.join(arguments)}\n{done.stdout}{done.stderr}"

    return run


@cache
def _gpu() -> tuple[Any, str]:
    """A stream of a GPU that pyanon can use, or why there is none: the only place that decides it."""
    try:
        from pyanon.runtime.device import open_place

        return open_place(), ""
    except (ImportError, PyanonError) as error:
        return None, str(error)


def _gpu_absent(reason: str) -> NoReturn:
    if os.environ.get("PYANON_REQUIRE_GPU") == "1":
        pytest.fail(f"PYANON_REQUIRE_GPU=1, but there is no GPU to test on: {reason}", pytrace=False)
    pytest.skip(f"no GPU to test on: {reason}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") and (reason := _gpu()[1]):
        _gpu_absent(reason)


@pytest.fixture
def gpu_absent() -> Callable[[str], NoReturn]:
    """Skips a test that needs a GPU, for a reason; fails it where PYANON_REQUIRE_GPU=1."""
    return _gpu_absent


@pytest.fixture
def gpu_place() -> Any:
    """Where tests that are marked `gpu` put their arrays."""
    return _gpu()[0]

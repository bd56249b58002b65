"""What all tests share."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

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

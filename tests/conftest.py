"""What all tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# How long an example takes says more about the machine than about the code.
settings.register_profile("pyanon", deadline=None, print_blob=True)
settings.load_profile("pyanon")


@pytest.fixture
def run_tool() -> Callable[..., str]:
    """Runs a tool in the root of the checkout, this environment's own first; its complaints are the failure's text."""
    where = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

    def run(tool: str, *arguments: str) -> str:
        path = shutil.which(tool, path=where)
        if path is None:
            pytest.skip(f"{tool} is not installed (it is in the test extra)")
        done = subprocess.run(
            [path, *arguments],
            cwd=ROOT,
            env={**os.environ, "PATH": where},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{tool} {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyanon import ops
from pyanon.errors import InputError


def test_portable_code_is_always_there():
    assert ops.simd_targets()[0] == "portable"
    assert ops.simd_target() in ops.simd_targets()


def test_an_unknown_target_is_refused_and_changes_nothing():
    before = ops.simd_target()
    with pytest.raises(InputError, match="given: mmx; expected: portable"):
        ops.force_simd("mmx")
    assert ops.simd_target() == before


def run_with(simd: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # Elsewhere than in the checkout, whose sources would hide the installed package.
    code = "from pyanon import ops; print(ops.simd_target())"
    environment = os.environ | {"PYANON_SIMD": simd}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def test_the_environment_names_the_target(tmp_path: Path):
    assert run_with("portable", tmp_path).stdout.strip() == "portable"


def test_a_wrong_name_in_the_environment_is_an_error_not_a_guess(tmp_path: Path):
    failed = run_with("mmx", tmp_path)
    assert failed.returncode != 0
    assert "InputError: PYANON_SIMD names SIMD instructions that this machine cannot run" in failed.stderr

import os
import subprocess
import sys

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


def run_with(simd: str) -> subprocess.CompletedProcess[str]:
    code = "from pyanon import ops; print(ops.simd_target())"
    environment = os.environ | {"PYANON_SIMD": simd}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_the_environment_names_the_target():
    assert run_with("portable").stdout.strip() == "portable"


def test_a_wrong_name_in_the_environment_is_an_error_not_a_guess():
    failed = run_with("mmx")
    assert failed.returncode != 0
    assert "InputError: PYANON_SIMD names SIMD instructions that this machine cannot run" in failed.stderr

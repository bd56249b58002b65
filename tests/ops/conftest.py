"""Every test of an op that asks for `simd` runs once per SIMD target of this machine."""

from collections.abc import Iterator

import pytest

from pyanon import ops


@pytest.fixture(params=ops.simd_targets())
def simd(request: pytest.FixtureRequest) -> Iterator[str]:
    before = ops.simd_target()
    ops.force_simd(request.param)
    yield request.param
    ops.force_simd(before)

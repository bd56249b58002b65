"""Every test of an op that asks for `simd` runs once per SIMD target of this machine, and one that asks for `backend`
also with the CUDA kernels: on the CPU, where they are emulated, and on a GPU where there is one."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import NoReturn

import pytest

from pyanon import ops
from pyanon.errors import RunnerError
from pyanon.ops import cuda
from tests.ops.backends import Backend, HostPlace, OnCpu, OnCuda

EMULATED, GPU = "cuda emulated", "cuda"


@pytest.fixture(params=ops.simd_targets())
def simd(request: pytest.FixtureRequest) -> Iterator[str]:
    before = ops.simd_target()
    ops.force_simd(request.param)
    yield request.param
    ops.force_simd(before)


@pytest.fixture(params=[*ops.simd_targets(), EMULATED, pytest.param(GPU, marks=pytest.mark.gpu)])
def backend(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, gpu_absent: Callable[[str], NoReturn]
) -> Iterator[Backend]:
    if request.param == EMULATED:
        emulated = request.getfixturevalue("emulated_kernels")
        monkeypatch.setattr(cuda, "extension", lambda: emulated)
        yield OnCuda(HostPlace())
    elif request.param == GPU:
        try:
            cuda.extension()
        except RunnerError as error:
            gpu_absent(str(error))
        yield OnCuda(request.getfixturevalue("gpu_place"))
    else:
        before = ops.simd_target()
        ops.force_simd(request.param)
        yield OnCpu()
        ops.force_simd(before)


@pytest.fixture
def emulated(emulated_kernels: ModuleType, monkeypatch: pytest.MonkeyPatch) -> OnCuda:
    """The CUDA kernels on the CPU."""
    monkeypatch.setattr(cuda, "extension", lambda: emulated_kernels)
    return OnCuda(HostPlace())

"""A machine with the simulated GPU: puts the simulated packages where pyanon imports them from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tests.runtime.simulated.cuda import SimulatedCuda
from tests.runtime.simulated.tensorrt import simulated_tensorrt

__all__ = ["VERSIONS", "Machine", "machine"]

#: One for each way in which TensorRT's calls differ.
VERSIONS = ("8.6.1", "10.3.0", "11.4.0")


@dataclass(frozen=True)
class Machine:
    """The packages of the machine."""

    cuda: SimulatedCuda
    tensorrt: Any


def machine(patch: pytest.MonkeyPatch, version: str = "10.3.0") -> Machine:
    """Makes this process one on a machine with the simulated GPU and that version of TensorRT."""
    cuda = SimulatedCuda()
    tensorrt = simulated_tensorrt(version, cuda)
    bindings = ModuleType("cuda.bindings")
    bindings.runtime = cuda  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "cuda", ModuleType("cuda"))
    patch.setitem(sys.modules, "cuda.bindings", bindings)
    patch.setitem(sys.modules, "cuda.bindings.runtime", cuda)
    patch.setitem(sys.modules, "tensorrt", tensorrt)
    return Machine(cuda, tensorrt)

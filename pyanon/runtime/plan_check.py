"""A plan is held against the ONNX file that it was built from before it counts as there.

A locator whose plan computes something else finds no face, and nothing later would notice: so it is asked once, here.
"""

from __future__ import annotations

import numpy as np

from pyanon.errors import RunnerError
from pyanon.runtime.onnx import OnnxRunner
from pyanon.runtime.port import Array, Port
from pyanon.runtime.profiles import profiles_of, shape_of
from pyanon.runtime.tensorrt import TensorRtRunner

__all__ = ["check_plan"]

#: Least cosine of an output of the plan and the file's: half precision and other orders of sums keep far above it,
#: a layer that is wrong does not.
AGREED = 0.99


def check_plan(runner: TensorRtRunner, *, model: bytes) -> None:
    """Run a plan and its ONNX file on the same inputs of chance, at the usual sizes.

    Args:
        runner: Of the plan, not active.
        model: The bytes of the ONNX file.

    Raises:
        RunnerError: One of them cannot be run, or they disagree.
    """
    sizes = profiles_of(runner.role)[0].sizes(1)
    rng = np.random.default_rng(0)
    given = {port.name: _values(port, shape_of(port, sizes), rng) for port in runner.inputs}
    with OnnxRunner(runner.network, role=runner.role, read=lambda: model, device="cpu") as on_cpu:
        expected = on_cpu.infer(given)
    with runner:
        got = runner.infer(given)
    for name, values in expected.items():
        agreed = _cosine(values, got[name])
        if not agreed >= AGREED:
            raise RunnerError(
                f"{runner.network}: its plan answers otherwise than the ONNX file, and is not kept",
                given=f"cosine {agreed:.4f} in {name!r}",
                expected=f"at least {AGREED}",
                do="report this with the versions that `pyanon doctor` shows; --device cpu works meanwhile",
            )


def _values(port: Port, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Shares where numbers are wanted, and whole numbers that every table has."""
    if np.dtype(port.dtype).kind == "f":
        return rng.random(shape).astype(port.dtype)
    return rng.integers(0, 2, shape).astype(port.dtype)


def _cosine(expected: Array, got: Array) -> float:
    """Of two answers as one row each; 0 where they are not finite in the same places."""
    known = np.isfinite(expected.astype(np.float64))
    if (known != np.isfinite(got.astype(np.float64))).any():
        return 0.0
    a, b = (values[known].astype(np.float64) for values in (expected, got))
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float(not a.any() and not b.any())

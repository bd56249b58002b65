"""Small networks of every family, exported once for all tests."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

for package in ("torch", "onnx", "onnxscript", "onnx_ir"):
    pytest.importorskip(package, reason="exporting needs it (pip install 'pyanon[export]')")


def arguments(family: str, out: Path, *more: str) -> Any:
    """The arguments of an export of small random networks."""
    module = importlib.import_module(f"export.{family}")
    return module.parser().parse_args([str(out), "--random-init", "--small", "--opset", "17", *more])


def pieces(family: str, *more: str) -> tuple[Any, ...]:
    """The networks themselves, with the weights that an export writes."""
    found = importlib.import_module(f"export.{family}").family(arguments(family, Path("nowhere"), *more))
    return tuple(found.pieces)


def export(family: str, out: Path, *more: str) -> Any:
    """The pack that an export writes."""
    from export.run import export as run

    args = arguments(family, out, *more)
    return run(importlib.import_module(f"export.{family}").family(args), args)

"""A torchvision that does not fit to torch stands in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")

ROOT = Path(__file__).resolve().parents[2]
#: What the real one does while it is imported: its operators come from a library that does not load.
BROKEN = """
import torch

for name in ("nms", "qnms"):
    torch.library.register_fake(f"torchvision::{name}")(lambda *_: None)
"""


def ran(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    return subprocess.run([sys.executable, "-c", code], env=where, capture_output=True, text=True)


def test_it_imports_once_its_operators_are_declared(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(BROKEN)
    (package / "_C.so").write_bytes(b"built for something else")
    alone = ran("import torchvision", tmp_path)
    assert "operator torchvision::nms does not exist" in alone.stderr
    code = "from export.torchvision_door import mend; mend(); mend(); import torchvision; print('there')"
    mended = ran(code, tmp_path)
    assert mended.stdout == "there\n", mended.stderr

"""What the rooms of the house promise each other (docs/DESIGN.md)."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pyanon
from pyanon.runtime import load_pack

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "pyanon"
FILES = sorted(PACKAGE.rglob("*.py"))

#: Packages that are not there on every machine, and ONNX Runtime, which only a runner may load.
OPTIONAL = [
    *("clang_format", "hypothesis", "mypy", "onnx", "pyarrow", "pytest", "ruff", "scipy", "skimage"),
    *("cryptography", "faker", "gliner", "presidio_analyzer", "spacy", "tldextract"),
    *("cuda", "cupy", "cv2", "huggingface_hub", "onnxruntime", "openvino", "tensorrt", "torch", "ultralytics"),
]

_IMPORT_ALL = """
import importlib, pkgutil, sys, traceback

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OPTIONAL:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import pyanon

names = [module.name for module in pkgutil.walk_packages(pyanon.__path__, "pyanon.")]
for name in names:
    if not name.endswith("__main__"):
        try:
            importlib.import_module(name)
        except Exception:
            print(f"--- {name}")
            traceback.print_exc(limit=-2, file=sys.stdout)
print(f"tried {len(names)}")
"""


def python(code: str, folder: Path) -> str:
    """What `code` prints in a fresh interpreter that imports the pyanon under test, wherever it is installed."""
    where = {**os.environ, "PYTHONPATH": str(Path(pyanon.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_with_nothing_optional_installed(tmp_path: Path) -> None:
    failures, _, tried = python(f"OPTIONAL = {OPTIONAL!r}\n{_IMPORT_ALL}", tmp_path).rpartition("tried ")
    assert not failures, failures
    assert int(tried) >= 10


def test_import_pyanon_loads_no_heavy_package(tmp_path: Path) -> None:
    """Start-up is part of every command: codecs and networks are loaded by those who use them."""
    loaded = {name.partition(".")[0] for name in python("import sys, pyanon; print(*sys.modules)", tmp_path).split()}
    assert "pyanon" in loaded
    assert not loaded & {*OPTIONAL, "av", "PIL", "tqdm"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_no_pickle_at_run_time(path: Path) -> None:
    """Unpickling runs code from the file: nothing that pyanon reads may be able to do that."""
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in imported} & {"pickle", "marshal", "shelve", "dill", "joblib"}
    for name, call in calls(tree):
        assert name != "torch.load"
        if name in ("np.load", "numpy.load", "np.lib.format.read_array"):
            assert ast.unparse(call).endswith("allow_pickle=False)"), ast.unparse(call)


def test_the_committed_packs_are_whole() -> None:
    folders = [path.parent for path in ROOT.glob("engines/*/pack.toml")]
    assert ROOT / "engines/pocket" in folders
    for folder in folders:
        load_pack(folder).verify()


def test_pocket_is_the_default_pack() -> None:
    pack = load_pack()
    assert pack.name == "pocket"
    assert "face" in pack.prompts
    assert {"locator", "landmarks"} <= set(pack.manifest.roles)

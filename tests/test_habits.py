"""The habits of the code, as tests: formatting, lint, types, imports, and a README that tells the truth."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

Run = Callable[..., None]
ROOT = Path(__file__).resolve().parents[1]


def sources(patterns: Iterable[str], folder: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in (ROOT / folder).rglob(pattern))


def test_ruff(run_tool: Run) -> None:
    run_tool("ruff", "check", "--no-cache", ".")


def test_ruff_format(run_tool: Run) -> None:
    run_tool("ruff", "format", "--no-cache", "--check", ".")


def test_mypy(run_tool: Run) -> None:
    """The types of NumPy differ from version to version: they are checked against one, that of Python 3.11."""
    if not np.__version__.startswith("2.4."):
        pytest.skip(f"types are checked against NumPy 2.4, this is {np.__version__}")
    folders = ["pyanon", "benchmarks"]
    if importlib.util.find_spec("torch"):
        folders.append("export")  # without torch its classes have no types to be checked against
    run_tool("mypy", "--python-version", "3.10", *(folder for folder in folders if sources(["*.py"], folder)))


def test_import_linter(run_tool: Run) -> None:
    run_tool("lint-imports", "--no-cache")


def test_clang_format(run_tool: Run) -> None:
    files = sources(["*.cc", "*.cu", "*.h", "*.cuh"], "csrc")
    assert files
    run_tool("clang-format", "--dry-run", "--Werror", *files)


def test_ci_runs_the_command_of_the_readme() -> None:
    """Whatever passes for us passes for the newcomer, who types nothing else."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    commands = [line.strip() for block in blocks for line in block.splitlines() if "pytest" in line]
    script = [line.strip() for line in (ROOT / ".ci/run").read_text().splitlines() if "pytest" in line]
    assert script == commands[:1]

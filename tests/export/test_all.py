"""The one command that runs every recipe."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from export.train.all import steps


def arguments(work: Path) -> argparse.Namespace:
    return argparse.Namespace(
        data=Path("data"), work=work, out=Path("pack"), locator_minutes=90.0, landmarks_minutes=20.0
    )


def test_steps_are_modules_in_order(tmp_path: Path) -> None:
    modules = [command[0] for command in steps(arguments(tmp_path))]
    assert [name.rpartition(".")[2] for name in modules] == ["prepare", "locator", "landmarks", "pack", "evaluate"]
    assert all(importlib.util.find_spec(name) for name in modules)


def test_what_is_unpacked_is_not_unpacked_again(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/index.npz").touch()
    assert steps(arguments(tmp_path))[0][0] == "export.train.locator"

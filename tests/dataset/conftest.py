"""Workers are processes of their own, which have to find the stand-ins by their name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker is told to import it finds; last of all here, because our sources have no kernels."""
    root = str(Path(__file__).resolve().parents[2])
    monkeypatch.setattr(sys, "path", [*(place for place in sys.path if place != root), root])

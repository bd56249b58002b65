"""Workers are processes of their own, which have to find the stand-ins by their name."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker is told to import it finds."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2]))

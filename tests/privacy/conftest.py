"""The attack of `benchmarks.cover_privacy`, and where its pictures lie."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Last, so that the package under test stays the installed one.
sys.path.append(str(ROOT))


@pytest.fixture(scope="session")
def data() -> Path:
    folder = Path(os.environ.get("PYANON_DATA", ROOT.parent / "shared/data"))
    if not (folder / "faces").is_dir():
        pytest.skip("needs the training data folder (PYANON_DATA, default ../shared/data)")
    return folder

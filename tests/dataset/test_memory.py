"""A data set of ten times the rows takes no more memory."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pyanon

ROOT = Path(__file__).resolve().parents[2]
#: Megabytes that the allocator may differ by. Held as objects, the texts of the larger data set would take 15 MB more,
#: and the rows around them as much again.
SLACK = 6

_PEAK = r"""
import re, sys
from pathlib import Path
from tests.dataset.fakes import publish

publish(Path(sys.argv[1]), Path(sys.argv[2]))
# Not ru_maxrss, which begins with that of the process which started this one.
print(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        text = f"Maria Lopez, number {number}, " + "sits in a café and reads the paper; " * 20
        yield {"id": number, "caption": text, "author": f"Quintero {number}"}


def write(path: Path, count: int) -> Path:
    with path.open("w", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row) + "\n" for row in rows(count))
        elif path.suffix == ".csv":
            writer = csv.DictWriter(file, ["id", "caption", "author"])
            writer.writeheader()
            writer.writerows(rows(count))
        elif path.suffix == ".json":
            file.write('{"images": [' + ", ".join(f'{{"id": {number}}}' for number in range(count)))
            notes = ({"id": n, "image_id": row["id"], "caption": row["caption"]} for n, row in enumerate(rows(count)))
            file.write('], "annotations": [')
            file.writelines(("" if not note["id"] else ", ") + json.dumps(note) for note in notes)
            file.write("]}")
    if path.suffix == ".parquet":
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.Table.from_pylist(list(rows(count))), path, row_group_size=1000)
    return path


def peak(source: Path) -> float:
    """Most memory that anonymizing a data set ever held, megabytes."""
    where = os.pathsep.join([str(Path(pyanon.__file__).parents[1]), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(source), str(source.with_suffix(".out"))],
        env={**os.environ, "PYTHONPATH": where, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout) / 1024


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the most memory ever held is told by Linux")
@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".json", ".parquet"])
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, suffix: str) -> None:
    small, large = (peak(write(tmp_path / f"{count}{suffix}", count)) for count in (2_000, 20_000))
    assert large - small < SLACK, f"2,000 rows: {small:.1f} MB, 20,000 rows: {large:.1f} MB"

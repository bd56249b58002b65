"""What a run over a data set says: while it works, and at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["SHOWN", "DatasetProgress", "DatasetSummary", "RowFailure"]

#: Failures that a summary holds; all of them are in ``failures.jsonl``.
SHOWN = 100


@dataclass(frozen=True)
class DatasetProgress:
    """How far a run has come.

    Attributes:
        done: Rows that are done or have failed, those of earlier runs among them.
        total: Rows there are.
    """

    done: int
    total: int


@dataclass(frozen=True)
class RowFailure:
    """A row that is not in the output.

    Attributes:
        row: Its number in the file (a line of JSON Lines, a row below the header, an object of its array), from 1.
        reason: Why, without a word of the row.
        section: The array of a COCO file that it is in; else empty.
    """

    row: int
    reason: str
    section: str = ""

    def __str__(self) -> str:
        return f"{self.section or 'row'} {self.row}: {self.reason}"


@dataclass(frozen=True)
class DatasetSummary:
    """What was done to a data set.

    Attributes:
        source: The data set.
        output: The output folder.
        file: The public data set in it.
        private: The file with the original captions, where it was asked for.
        rows: Rows there are.
        written: Rows that are in the public data set.
        failed: Rows that are not.
        earlier: Rows that an earlier run had done.
        pictures: Pictures in the output.
        changes: Spans of captions that were changed, by kind.
        failures: The first 100 rows that failed.
        left_out: Fields that are not in the output, or empty where they held what a field of their name should not, and
            in how many rows.
        kept: Fields that were written as they are, because the settings say so.
        seconds: Wall-clock time.
    """

    source: Path
    output: Path
    file: Path
    private: Path | None
    rows: int
    written: int
    failed: int
    earlier: int
    pictures: int
    changes: Mapping[str, int]
    failures: tuple[RowFailure, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    seconds: float = 0.0

"""Which rows there are, which belong together, and which are done: a database on disk that vanishes when it is closed.

It holds numbers, and digests under a secret of this run; never a word of the data set. So the memory of a run does not
grow with its rows.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyanon.dataset.records import Place

__all__ = ["Plan", "Planned"]

_TABLES = """
CREATE TABLE rows (
    number INTEGER PRIMARY KEY, section TEXT, position INTEGER, at INTEGER, size INTEGER,
    head INTEGER, fault TEXT, entry INTEGER);
CREATE TABLE groups (digest BLOB PRIMARY KEY, head INTEGER, pictures INTEGER) WITHOUT ROWID;
"""
_PAGE = 256


@dataclass(frozen=True)
class Planned:
    """A row as the plan knows it.

    Attributes:
        number: Its number in the file, from 1, over all sections.
        place: Where it is.
        head: Number of the first row of its group.
    """

    number: int
    place: Place
    head: int


class Plan:
    """The rows of a data set."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)  # a file without a name
        self._base.executescript(_TABLES)
        self._base.execute("BEGIN")
        self._secret, self._rows = secrets.token_bytes(32), 0

    def add(self, place: Place, *, group: str | None = None, picture: bool = False, fault: str = "") -> None:
        """Add the next row.

        Args:
            place: Where it is.
            group: What it shares with the rows that belong to it; None: it stands alone.
            picture: Whether it is the one row of its group that names the picture; a second one is a fault.
            fault: Why it cannot be used; it belongs to nothing then.
        """
        self._rows += 1
        number, head = self._rows, self._rows
        if group is not None and not fault:
            head, pictures = self._head(f"group {group}", number, picture)
            fault = "another row with the same id, or the same picture, was there before" if pictures > 1 else ""
        values = (number, place.section, place.position, place.at, place.size, number if fault else head, fault or None)
        self._base.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", values)

    def _head(self, group: str, number: int, picture: bool) -> tuple[int, int]:
        digest = hashlib.blake2b(group.encode("utf-8", "surrogatepass"), digest_size=16, key=self._secret).digest()
        self._base.execute("INSERT OR IGNORE INTO groups VALUES (?, ?, 0)", (digest, number))
        if picture:
            self._base.execute("UPDATE groups SET pictures = pictures + 1 WHERE digest = ?", (digest,))
        head, pictures = self._base.execute("SELECT head, pictures FROM groups WHERE digest = ?", (digest,)).fetchone()
        return head, pictures if picture else 0

    def is_new(self, text: str) -> bool:
        """Whether this was not asked about before; to be asked while rows are added.

        Args:
            text: Anything.
        """
        return self._head(f"new {text}", 0, True)[1] == 1

    def complete(self, *, need_picture: str = "") -> None:
        """All rows are there.

        Args:
            need_picture: What is wrong with rows whose group has no row that names the picture; empty: nothing.
        """
        self._base.execute("CREATE INDEX heads ON rows (head)")
        if need_picture:
            self._base.execute(
                "UPDATE rows SET fault = ? WHERE fault IS NULL "
                "AND head IN (SELECT head FROM groups WHERE pictures = 0)",
                (need_picture,),
            )
        self._base.execute("DROP TABLE groups")

    def done(self, numbers: Iterable[int], entry: int) -> None:
        """Rows are done.

        Args:
            numbers: Their numbers.
            entry: Where the journal says so.
        """
        self._base.executemany(
            "UPDATE rows SET entry = ? WHERE number = ? AND fault IS NULL", [(entry, number) for number in numbers]
        )

    def fail(self, head: int, reason: str) -> None:
        """The rows of a group cannot be done.

        Args:
            head: Number of its first row.
            reason: Why, without a word of the data set.
        """
        self._base.execute("UPDATE rows SET fault = ?, entry = NULL WHERE head = ? AND fault IS NULL", (reason, head))

    def todo(self) -> Iterator[tuple[Planned, ...]]:
        """The groups that are not done, in order of their first rows; what is done meanwhile is passed over."""
        last = 0
        query = (
            "SELECT DISTINCT head FROM rows WHERE head > ? AND entry IS NULL AND fault IS NULL ORDER BY head LIMIT ?"
        )
        while page := self._base.execute(query, (last, _PAGE)).fetchall():
            for (last,) in page:
                yield self._group(last)

    def _group(self, head: int) -> tuple[Planned, ...]:
        rows = self._base.execute(
            "SELECT number, section, position, at, size FROM rows WHERE head = ? AND fault IS NULL ORDER BY number",
            (head,),
        )
        return tuple(
            Planned(number, Place(position, at, size, section), head) for number, section, position, at, size in rows
        )

    def finished(self) -> Iterator[tuple[Planned, int]]:
        """The rows that are done, in order, and where the journal has them."""
        rows = self._base.execute(
            "SELECT number, section, position, at, size, head, entry FROM rows WHERE entry IS NOT NULL ORDER BY number"
        )
        for number, section, position, at, size, head, entry in rows:
            yield Planned(number, Place(position, at, size, section), head), entry

    def failures(self) -> Iterator[tuple[str, int, str]]:
        """Section, position and reason of every row that could not be done, in order."""
        return self._base.execute("SELECT section, position, fault FROM rows WHERE fault IS NOT NULL ORDER BY number")

    def count(self) -> tuple[int, int, int]:
        """How many rows there are, how many of them are done, and how many cannot be done."""
        counts = self._base.execute("SELECT count(*), count(entry), count(fault) FROM rows").fetchone()
        return int(counts[0]), int(counts[1]), int(counts[2])

    def close(self) -> None:
        """Lets go of it; nothing stays."""
        self._base.close()

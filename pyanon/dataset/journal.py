"""What is done, row by row, so that a run that was ended goes on where it stopped; and one run at a time.

The journal lies in the output folder. Its first line says what the output is made of, as salted digests; each further
line holds the public rows of one group (a picture and all rows about it), so that a group is done as a whole or not at
all. Nothing private is ever in it. A line that breaks off is cut away.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyanon.errors import InputError, SinkError
from pyanon.runtime.storage import held
from pyanon.video.atomic import sink_error

__all__ = ["FOLDER", "Journal", "digests_of", "locked"]

#: What a run keeps for the next one, in the output folder.
FOLDER = ".pyanon"
_VERSION = 1
#: Seconds of work that a machine that loses its power may lose; a process that is killed loses nothing.
_SYNC_EVERY = 0.5


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """One run at a time in an output folder. The system lets go of the lock when a process ends, however it ends.

    Args:
        output: The folder.

    Raises:
        InputError: Another run is at it.
        SinkError: It cannot be made.
    """
    try:
        (output / FOLDER).mkdir(parents=True, exist_ok=True)
        opened = (output / FOLDER / "lock").open("w")
    except OSError as error:
        raise sink_error(output, error) from error
    with held(opened, busy="another run is writing to this output", given=output):
        yield


def digests_of(facts: Mapping[str, object], salt: bytes) -> dict[str, str]:
    """Facts as digests: they can be compared, and not read.

    Args:
        facts: Values of JSON by name.
        salt: Another one for every output.
    """
    texts = {name: json.dumps(value, sort_keys=True, default=str) for name, value in facts.items()}
    return {name: hashlib.blake2b(text.encode(), digest_size=8, salt=salt).hexdigest() for name, text in texts.items()}


class Journal:
    """The journal of an output folder; whoever opens it holds the lock.

    Args:
        output: The folder.

    Attributes:
        salt: Of the digests of this output.

    Raises:
        SinkError: It cannot be read or made.
    """

    def __init__(self, output: Path) -> None:
        self._path = output / FOLDER / "journal.jsonl"
        try:
            self._file = self._path.open("r+b" if self._path.exists() else "w+b")
        except OSError as error:
            raise sink_error(output, error) from error
        self._head = self._first_line()
        self.salt = bytes.fromhex(str(self._head["salt"])) if self._head else secrets.token_bytes(16)
        self._synced = time.monotonic()

    def _first_line(self) -> dict[str, Any]:
        try:
            head = json.loads(self._file.readline())
        except ValueError:
            return {}  # the run was ended before it had done anything
        return head if isinstance(head, dict) and head.get("pyanon") == _VERSION and "salt" in head else {}

    def agree(self, facts: Mapping[str, str]) -> None:
        """Make sure that this output is made of the same things as before, where there was anything before.

        Args:
            facts: As `digests_of` gives them with `salt`.

        Raises:
            InputError: It was begun with something else.
        """
        before = self._head.get("facts", facts)
        changed = sorted(name for name in {*before, *facts} if before.get(name) != facts.get(name))
        if changed:
            raise InputError(
                "this output was begun with something else, so it cannot be gone on with",
                given=f"changed: {', '.join(changed)}",
                expected="the same data set, policy, key and settings as before",
                do="give them again, name another output, or begin anew with --restart (restart=True)",
            )

    def begin(self, facts: Mapping[str, str]) -> None:
        """Note what this output is made of, where nothing was noted before.

        Args:
            facts: As `agree` takes them.

        Raises:
            SinkError: It cannot be written.
        """
        if not self._head:
            self._file.seek(0)
            self._file.truncate()
            self._write({"pyanon": _VERSION, "salt": self.salt.hex(), "facts": dict(facts)})
            self.sync()

    def entries(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """What was done before, with the place of each; what was being written when a run was killed is cut away."""
        self._file.seek(0)
        end = len(self._file.readline())
        for line in self._file:
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if not isinstance(entry, dict) or not {"rows", "picture", "changes"} <= entry.keys():
                break
            yield end, entry
            end += len(line)
        self._file.seek(end)
        self._file.truncate()

    def add(self, entry: Mapping[str, Any]) -> int:
        """Note what was done.

        Args:
            entry: Public rows.

        Returns:
            Where it is.

        Raises:
            SinkError: It cannot be written.
        """
        place = self._write(entry)
        if time.monotonic() - self._synced > _SYNC_EVERY:
            self.sync()
        return place

    def _write(self, entry: Mapping[str, Any]) -> int:
        try:
            place = self._file.seek(0, os.SEEK_END)
            self._file.write(json.dumps(entry, ensure_ascii=False, default=str).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise sink_error(self._path, error) from error
        return place

    def read(self, place: int) -> dict[str, Any]:
        """What was noted.

        Args:
            place: Where.

        Raises:
            SinkError: Somebody has changed the journal.
        """
        self._file.seek(place)
        try:
            entry: dict[str, Any] = json.loads(self._file.readline())
        except ValueError as error:
            raise SinkError("the journal was changed", given=self._path, do="begin anew with --restart") from error
        return entry

    def sync(self) -> None:
        """Have all of it on the disk.

        Raises:
            SinkError: It cannot be written.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise sink_error(self._path, error) from error
        self._synced = time.monotonic()

    def close(self) -> None:
        """Lets go of it, with all of it on the disk."""
        if not self._file.closed:
            self.sync()
            self._file.close()

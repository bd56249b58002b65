"""The output folder: what is in it, what may be, and the files that appear when all rows are done."""

from __future__ import annotations

import contextlib
import glob
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from pyanon.dataset.journal import FOLDER, Journal
from pyanon.dataset.lines import LineWriter
from pyanon.dataset.names import checked_name
from pyanon.dataset.plan import Plan
from pyanon.dataset.reading import Reading
from pyanon.dataset.records import LONGEST, Layout, Record
from pyanon.dataset.settings import DatasetSettings
from pyanon.dataset.summary import SHOWN, RowFailure
from pyanon.errors import InputError, SinkError

__all__ = ["IMAGES", "Output"]

#: The folder of the anonymized pictures.
IMAGES = "images"


class Output:
    """An output folder.

    Args:
        folder: The folder.
        source: The data set.
        settings: What the user said.
    """

    def __init__(self, folder: Path, source: Path, settings: DatasetSettings) -> None:
        self.folder, self._source, self._settings = folder, source, settings
        self.pictures, self.failures = folder / IMAGES, folder / "failures.jsonl"
        self._journal = folder / FOLDER / "journal.jsonl"
        # The name of the data set may be that of somebody in it, as those of pictures may.
        self.file = folder / (source.name if settings.keep_names else f"captions{source.suffix.lower()}")
        full = folder.resolve()
        self.private = full.with_name(f"{full.name}.private.jsonl")

    def check(self) -> None:
        """Make sure that nothing of somebody else is written over.

        Raises:
            InputError: The data set lies in the output folder.
            SinkError: The folder holds something that no earlier run has made, or cannot be made.
        """
        if self.folder.resolve() == self._source.resolve().parent:
            raise InputError("the data set lies in the output folder", given=self.folder, do="choose another folder")
        if self.folder.exists() and not self.folder.is_dir():
            raise SinkError("the output is a file", given=self.folder, expected="a folder", do="name another one")
        if not self.folder.resolve().parent.is_dir():
            raise SinkError("the folder of the output does not exist", given=self.folder.parent, do="create it first")
        if self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / FOLDER).is_dir():
            raise SinkError(
                "the output folder holds something that no run has made", given=self.folder, do="name another folder"
            )
        is_ours = self._journal.exists() or self._settings.restart
        if self._settings.private and self.private.exists() and not is_ours:
            raise SinkError("the file for private captions exists already", given=self.private, do="move it away")

    def clear(self) -> None:
        """Remove what an earlier run has made, and nothing else."""
        if self._journal.exists():
            journal = Journal(self.folder)
            for _, entry in journal.entries():
                if isinstance(name := checked_name(entry["picture"]), str):
                    (self.pictures / name).unlink(missing_ok=True)
            journal.close()
        for path in (self._journal, self.file, self.failures):
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove drafts of a run that was killed; whoever calls holds the lock."""
        ours = (self.folder.glob(".*.part"), self.pictures.rglob(".*.part"))
        for draft in (*chain(*ours), *self.private.parent.glob(f".{glob.escape(self.private.name[:100])}.*.part")):
            draft.unlink(missing_ok=True)

    def has(self, picture: str | None) -> bool:
        """Whether a picture is there.

        Args:
            picture: Its name; None: there is none to be there.
        """
        return picture is None or (self.pictures / picture).is_file()

    def write(self, plan: Plan, journal: Journal, reading: Reading) -> tuple[Counter[str], int]:
        """Write the public data set, in the order of the input, and where asked for the private captions.

        Args:
            plan: What is done.
            journal: With what came of it.
            reading: The data set.

        Returns:
            Changed spans by kind, and how many pictures there are.

        Raises:
            SinkError: It cannot be written; what was there before still is.
        """
        changes, pictures, last, rows = Counter[str](), 0, -1, dict[int, Record]()
        fields, picture = reading.fields, None
        with contextlib.ExitStack() as stack:
            writer = stack.enter_context(
                reading.table.writer(Layout(self.file, fields.columns(), fields.same_type(), self._rest(reading)))
            )
            secret = self._settings.private
            private = stack.enter_context(LineWriter(self.private, secret=True)) if secret else None
            for planned, place in plan.finished():
                if place != last:
                    entry, last = journal.read(place), place
                    rows, picture = {int(number): record for number, record in entry["rows"]}, entry["picture"]
                    if planned.number == min(rows):
                        changes.update(entry["changes"])
                        pictures += picture is not None
                writer.write(rows[planned.number], planned.place.section)
                captions = reading.private(planned) if private is not None else {}
                if private is not None and captions:
                    at = {"section": planned.place.section} if planned.place.section else {}
                    private.write({**at, "row": planned.place.position, "picture": picture, "private": captions})
        return changes, pictures

    def _rest(self, reading: Reading) -> Record:
        """What a COCO file has besides arrays, as far as the user keeps it."""
        kept = dict[str, Any]()
        for name, place in reading.table.rest.items():
            value = reading.table.read(place) if place.size <= LONGEST and name in self._settings.keep else None
            if isinstance(value, dict):
                kept[name] = value
            else:
                reading.left_out[name] += 1
        return kept

    def write_failures(self, plan: Plan) -> tuple[RowFailure, ...]:
        """Write the list of what failed, or remove an old one where nothing did.

        Args:
            plan: What failed.

        Returns:
            The first of them.
        """
        first = list[RowFailure]()
        if not plan.count()[2]:
            self.failures.unlink(missing_ok=True)
            return ()
        with LineWriter(self.failures) as writer:
            for section, row, reason in plan.failures():
                if len(first) < SHOWN:
                    first.append(RowFailure(row, reason, section))
                writer.write({**({"section": section} if section else {}), "row": row, "reason": reason})
        return tuple(first)

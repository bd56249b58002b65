"""A data set in, the same data set out, with its people anonymized in pictures and words."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from pyanon.dataset.crew import crew_of
from pyanon.dataset.fields import Fields
from pyanon.dataset.folder import IMAGES, Output
from pyanon.dataset.journal import Journal, digests_of, locked
from pyanon.dataset.names import Names
from pyanon.dataset.plan import Plan
from pyanon.dataset.reading import Reading, Task
from pyanon.dataset.records import Fault, Table, open_table
from pyanon.dataset.settings import INSTRUCTION, DatasetSettings
from pyanon.dataset.summary import DatasetProgress, DatasetSummary
from pyanon.dataset.work import Job, Opening, Reply
from pyanon.errors import InputError, SinkError, SourceNotFoundError, UnsupportedMediaError
from pyanon.policy import Policy

__all__ = ["OnProgress", "Request", "anonymize_dataset", "run"]

#: Called with the progress after every picture or row, in the thread that called.
OnProgress: TypeAlias = Callable[[DatasetProgress], object]


@dataclass(frozen=True)
class Request:
    """What is to be done.

    Attributes:
        source: The data set.
        output: The output folder.
        images: Folder of the pictures; None: the data set is text alone.
        settings: How it is read, run and written.
        opening: How workers get what treats pictures and captions.
        progress: Called after every picture or row.
    """

    source: Path
    output: Path
    images: Path | None
    settings: DatasetSettings
    opening: Opening
    progress: OnProgress | None = None


def anonymize_dataset(
    source: str | Path,
    output: str | Path,
    *,
    images: str | Path | None = None,
    policy: Policy | None = None,
    settings: DatasetSettings | None = None,
    progress: OnProgress | None = None,
) -> DatasetSummary:
    """Anonymizes a data set of captions and, where there are any, their pictures.

    Each picture is anonymized once, and all captions about it are changed to agree with the faces that are in it then.
    The output folder gets the rows, in the format of the input and in its order, the pictures, and a list of what
    failed. Called again after it was ended, in whatever way, it goes on where it stopped; called again after it was
    done, it tries again what failed. The same input and the same key give the same bytes.

    Args:
        source: A .jsonl, .ndjson, .csv, .tsv or .parquet file, or a .json file in the format of COCO's captions.
        output: The output folder, made where it does not exist.
        images: Folder that names of pictures start from; None: captions are changed without looking at pictures.
        policy: What shall happen to people; None for the default.
        settings: How the data set is read, run and written; None for the default.
        progress: Called after every picture or row.

    Returns:
        What was done. A row that fails does not end the run; the summary counts and lists them.

    Raises:
        InputError: A setting cannot be used; the output was begun with others; another run is writing to it.
        SourceError: The data set is missing, or cannot be read as a whole.
        SinkError: The output cannot be written, or holds files of somebody else.
        PackError: The pack is missing, malformed or tampered with, or cannot do what the policy asks for.
        RunnerError: A network cannot be run on this machine, or a worker not be started; pyarrow is missing.
    """
    how = settings or DatasetSettings()
    opening = Opening(
        policy or Policy(),
        how.pack,
        how.device,
        how.threads,
        pictures=images is not None,
        extractors=how.extractors,
        extractor_options=how.extractor_options,
    )
    folder = None if images is None else Path(images)
    return run(Request(Path(source), Path(output), folder, how, opening, progress))


def run(request: Request) -> DatasetSummary:
    """Anonymizes a data set; see `anonymize_dataset`.

    Args:
        request: What is to be done.
    """
    began = time.monotonic()
    try:
        return replace(_locked(request), seconds=time.monotonic() - began)
    except sqlite3.Error as error:
        raise SinkError(
            f"the plan of the run cannot be kept ({error})",
            given=tempfile.gettempdir(),
            expected="room for files that are gone with the run",
            do="free some space, or set SQLITE_TMPDIR to a folder on another disk",
        ) from error


def _locked(request: Request) -> DatasetSummary:
    output = Output(request.output, request.source, request.settings)
    with closing(open_table(request.source)) as table, closing(Plan()) as plan:
        _check_images(request)
        output.check()
        with locked(request.output):
            if request.settings.restart:
                output.clear()
            output.sweep()
            try:
                with closing(Journal(request.output)) as journal:
                    return _Run(request, output, journal, plan, _reading(request, table, output)).run()
            finally:
                output.sweep()


def _check_images(request: Request) -> None:
    if request.images is None:
        return
    if not request.images.is_dir():
        raise SourceNotFoundError("the folder of the pictures is not there", given=request.images, do="check the path")
    if (request.output / IMAGES).resolve() == request.images.resolve():
        raise InputError("the pictures would be written over", given=request.images, do="choose another output folder")


def _reading(request: Request, table: Table, output: Output) -> Reading:
    settings, pictures = request.settings, request.images is not None
    fields = Fields(settings, textual=table.textual, pictures=pictures, columns=table.columns)
    names = Names(request.opening.policy.key, keep=settings.keep_names)
    return Reading(table, fields, names, request.images, output.pictures)


@dataclass
class _Run:
    """One run; the lock is held."""

    request: Request
    output: Output
    journal: Journal
    plan: Plan
    reading: Reading
    waiting: dict[int, Task] = field(default_factory=dict)
    earlier: int = 0
    past: int = 0
    total: int = 0

    def run(self) -> DatasetSummary:
        facts = self._facts()
        self.journal.agree(facts)
        self.reading.plan(self.plan)
        if not self.plan.count()[0]:
            raise UnsupportedMediaError("the data set has no row", given=self.request.source, do="check the file")
        self.journal.begin(facts)
        self._restore()
        self._work()
        return self._finish()

    def _facts(self) -> dict[str, str]:
        """What the output is made of, as digests."""
        policy = {f"policy.{name}": value for name, value in self.request.opening.policy.facts().items()}
        facts = {
            "data set": _digest(self.request.source),
            "with pictures": self.request.images is not None,
            "key": self.reading.names.check(self.journal.salt),
        }
        return digests_of({**facts, **policy, **self.request.settings.facts()}, self.journal.salt)

    def _restore(self) -> None:
        """What earlier runs have done is done, where its picture is still there."""
        for place, entry in self.journal.entries():
            if self.output.has(entry["picture"]):
                self.plan.done((number for number, _ in entry["rows"]), place)
        self.total, self.earlier, failed = self.plan.count()
        self.past = self.earlier + failed

    def _work(self) -> None:
        tasks = self._tasks()
        first = next(tasks, None)
        if first is None:
            return  # no network is opened for nothing
        self._show()
        with crew_of(self.request.opening, self.request.settings.workers) as crew:
            for job, reply in crew.run(chain([first], tasks)):
                task = self.waiting.pop(job.head)
                self._settle(task, reply)
                self.past += len(task.members)
                self._show()

    def _tasks(self) -> Iterator[Job]:
        for rows in self.plan.todo():
            task = self.reading.task(rows)
            if isinstance(task, Fault):
                self.plan.fail(rows[0].head, task.reason)
                self.past += len(rows)
                continue
            self.waiting[rows[0].head] = task
            yield task.job

    def _settle(self, task: Task, reply: Reply) -> None:
        """Note what was done, or why it was not."""
        if not reply.reason and len(reply.texts) != len(task.job.texts):
            reply = Reply(reason="there are not as many public captions as private ones")
        if reply.reason:
            self.plan.fail(task.job.head, reply.reason)
            return
        try:
            rows = self.reading.public(task, reply, instruction=INSTRUCTION)
            place = self.journal.add({"picture": task.picture, "rows": rows, "changes": reply.changes})
        except UnicodeEncodeError:  # something that the user keeps
            self.plan.fail(task.job.head, "a field that is kept is not valid Unicode")
            return
        self.plan.done((number for number, _ in rows), place)

    def _show(self) -> None:
        if self.request.progress is not None:
            self.request.progress(DatasetProgress(self.past, self.total))

    def _finish(self) -> DatasetSummary:
        self.journal.sync()
        changes, pictures = self.output.write(self.plan, self.journal, self.reading)
        failures = self.output.write_failures(self.plan)
        rows, written, failed = self.plan.count()
        settings = self.request.settings
        return DatasetSummary(
            source=self.request.source,
            output=self.request.output,
            file=self.output.file,
            private=self.output.private if settings.private else None,
            rows=rows,
            written=written,
            failed=failed,
            earlier=self.earlier,
            pictures=pictures,
            changes=dict(sorted(changes.items())),
            failures=failures,
            left_out=dict(sorted(self.reading.left_out.items())),
            kept=settings.keep,
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()

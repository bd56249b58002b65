"""One run over a data set: what is not done goes to workers, what they did is noted, and at the end it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from pyanon.dataset.crew import crew_of
from pyanon.dataset.folder import Output
from pyanon.dataset.journal import Journal, digests_of
from pyanon.dataset.plan import Plan
from pyanon.dataset.reading import Reading, Task
from pyanon.dataset.records import Fault
from pyanon.dataset.settings import INSTRUCTION, DatasetSettings
from pyanon.dataset.summary import DatasetProgress, DatasetSummary
from pyanon.dataset.work import Job, Opening, Reply
from pyanon.errors import UnsupportedMediaError
from pyanon.photos import Photo

__all__ = ["OnProgress", "Request", "Run"]

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


@dataclass
class Run:
    """One run; whoever starts it holds the lock.

    Attributes:
        request: What is to be done.
        output: The output folder.
        journal: What is done.
        plan: Which rows there are.
        reading: Makes jobs of rows, and rows of replies.
        waiting: What workers have, by the number of the first row.
        earlier: Rows that earlier runs had done.
        past: Rows that are done or have failed.
        total: Rows there are.
    """

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
        """Does all that is not done, and writes the public data set.

        Raises:
            InputError: The output was begun with something else.
            SourceError: The data set cannot be read as a whole.
            SinkError: The output cannot be written.
        """
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
            "photos": [each.digest() for each in self.request.opening.policy.meant if isinstance(each, Photo)],
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

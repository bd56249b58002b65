"""From rows to jobs: what the rows of a data set say about pictures and captions, and which belong together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyanon.dataset.fields import Fields, Texts
from pyanon.dataset.names import Names, checked_name
from pyanon.dataset.plan import Plan, Planned
from pyanon.dataset.records import Fault, Place, Record, Table
from pyanon.dataset.work import Job, Reply

__all__ = ["Member", "Reading", "Task"]

#: Different names of fields that are counted; more come from rows that are no table, such as names of people as keys.
_MOST_NAMES = 1000
_NO_IMAGE = "its image is not in this file, or cannot be used"


@dataclass(frozen=True)
class Member:
    """A row of a task.

    Attributes:
        planned: Where it is.
        record: Its private fields.
        texts: Its private captions, by field.
    """

    planned: Planned
    record: Record
    texts: Texts


@dataclass(frozen=True)
class Task:
    """A picture and all rows about it, or one row of text.

    Attributes:
        job: What a worker does.
        members: The rows.
        picture: New name of the picture; None where there is none.
    """

    job: Job
    members: tuple[Member, ...]
    picture: str | None = None


@dataclass
class Reading:
    """Reads the rows of one data set.

    Attributes:
        table: The file.
        fields: What becomes of its fields.
        names: Gives new names.
        images: Folder of the pictures; None: there are none.
        target: Folder of the anonymized ones.
        left_out: Fields that will not be in the output, or be empty there, and in how many rows.
    """

    table: Table
    fields: Fields
    names: Names
    images: Path | None
    target: Path
    left_out: Counter[str] = field(default_factory=Counter)

    def plan(self, plan: Plan) -> None:
        """Look at every row once.

        Args:
            plan: Gets all of them.

        Raises:
            SourceError: The file as a whole cannot be read.
        """
        for place, record in self.table.scan():
            if self.table.sections and not self.fields.is_section(place.section):
                self._leave_out(place.section)
                continue
            if isinstance(record, Fault):
                plan.add(place, fault=record.reason)
                continue
            self._count(place.section, record)
            if self.table.sections:
                self._add_object(plan, place, record)
            else:
                self._add_row(plan, place, record)
        plan.complete(need_picture=_NO_IMAGE if self.table.sections else "")

    def _count(self, section: str, record: Record) -> None:
        for name in self.fields.left_out(section, record):
            self._leave_out(f"{section}.{name}" if section else name)

    def _leave_out(self, name: str) -> None:
        if name in self.left_out or len(self.left_out) < _MOST_NAMES:
            self.left_out[name] += 1

    def _add_row(self, plan: Plan, place: Place, record: Record) -> None:
        texts = self.fields.texts(place.section, record)
        name = self._picture_of(record) if self.images is not None else None
        fault = next((each.reason for each in (texts, name) if isinstance(each, Fault)), "")
        if not fault and not texts:
            fault = "there is no caption in this row"
        plan.add(place, group=name if isinstance(name, str) else None, fault=fault)

    def _add_object(self, plan: Plan, place: Place, record: Record) -> None:
        """An object of a COCO file: an image, what is said about one, or anything else."""
        if place.section not in {"images", "annotations"}:
            plan.add(place, fault=_reason(self.fields.texts(place.section, record)))
            return
        is_image = place.section == "images"
        key, fault = record.get("id" if is_image else "image_id"), ""
        if isinstance(key, bool) or not isinstance(key, (int, str)):
            fault = "it has no id" if is_image else "it does not say of which image it is"
        if is_image and self.images is not None and not fault:
            name = self._picture_of(record)
            fault = _reason(name)
            if isinstance(name, str) and not plan.is_new(name):
                fault = "another image with the same picture was there before"
        texts = self.fields.texts(place.section, record)
        if not fault and not is_image and "caption" in record and not texts:
            fault = "there is no caption in it"
        plan.add(place, group=f"{key!r}", picture=is_image, fault=fault or _reason(texts))

    def _picture_of(self, record: Record) -> str | Fault:
        name = self.fields.picture_field(record)
        return checked_name(record[name] if name is not None else None)

    def task(self, rows: tuple[Planned, ...]) -> Task | Fault:
        """What there is to do about a group of rows.

        Args:
            rows: The group.
        """
        members = []
        for planned in rows:
            record = self.table.read(planned.place)
            texts = record if isinstance(record, Fault) else self.fields.texts(planned.place.section, record)
            if isinstance(record, Fault) or isinstance(texts, Fault):
                return Fault("the data set was changed while it was read")
            members.append(Member(planned, record, texts))
        return self._task(tuple(members))

    def _task(self, members: tuple[Member, ...]) -> Task | Fault:
        head = members[0].planned.head
        texts = tuple(text for member in members for each in member.texts.values() for text in each)
        name = next(filter(None, (self._named(member) for member in members)), None)
        if name is None or self.images is None:
            return Task(Job(head, texts), members)
        new = self.names.picture(name, head)
        job = Job(head, texts, str(self.images / name), str(self.target / new))
        return Task(job, members, new)

    def _named(self, member: Member) -> str | None:
        if self.images is None or member.planned.place.section not in {"", "images"}:
            return None
        name = self._picture_of(member.record)
        return name if isinstance(name, str) else None

    def public(self, task: Task, reply: Reply, *, instruction: str) -> list[tuple[int, Record]]:
        """The public rows of a task.

        Args:
            task: What was to be done.
            reply: What was done.
            instruction: Name of the field for the instruction of the editor.

        Returns:
            Number and public fields of each row.
        """
        left = iter(reply.texts)
        rows = []
        for member in task.members:
            texts = {name: [next(left) for _ in each] for name, each in member.texts.items()}
            record = self.fields.publish(
                member.planned.place.section,
                member.record,
                texts=texts,
                picture=task.picture,
                rename=lambda name, old, planned=member.planned: self._renamed(name, old, planned),  # type: ignore[misc]
            )
            if member.planned.place.section in {"", "images"}:
                record[instruction] = reply.instruction
            rows.append((member.planned.number, record))
        return rows

    def _renamed(self, field_name: str, old: str, planned: Planned) -> str:
        """A new id: rows of one picture agree about the picture's, and only about that."""
        of_picture = field_name in {"image_id", "img_id", "imgid", "cocoid"} or planned.place.section == "images"
        return self.names.row(old, planned.head if of_picture else planned.number)

    def private(self, planned: Planned) -> dict[str, Any]:
        """The original captions of a row, by field.

        Args:
            planned: The row.
        """
        record = self.table.read(planned.place)
        texts = record if isinstance(record, Fault) else self.fields.texts(planned.place.section, record)
        return {} if isinstance(texts, Fault) else dict(texts)


def _reason(value: object) -> str:
    return value.reason if isinstance(value, Fault) else ""

"""Fetching what a pinned source list names: complete and verified into the user's folder, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from pyanon.errors import InputError, PackError, SinkError
from pyanon.runtime.hub import Hub, part_of
from pyanon.runtime.manifest import MANIFEST
from pyanon.runtime.pack import load_pack
from pyanon.runtime.shelves import HOME_VARIABLE, built_in, home, named, pulled
from pyanon.runtime.sources import RECORD, RemoteFile, SourceList, format_sources, require_pins
from pyanon.runtime.storage import appear, free_space, locked, sha256_of, stored

__all__ = ["Fetching", "OnFetch", "Plan", "incoming", "plan_pull", "pull"]


@dataclass(frozen=True)
class Fetching:
    """How far a pull has come.

    Attributes:
        file: What is being fetched, by its place in the folder.
        number: Number of the file among those to fetch, from 1.
        files: How many there are to fetch.
        done: Bytes that were fetched, of all of them.
        total: Bytes to fetch.
    """

    file: str
    number: int
    files: int
    done: int
    total: int


#: Called with the progress as bytes come.
OnFetch: TypeAlias = Callable[[Fetching], object]


@dataclass(frozen=True)
class Plan:
    """What a pull will do.

    Attributes:
        what: The pinned list.
        folder: Where it will be.
        missing: Places of the files that have to be fetched.
        present: Places of the files that are there and verified, each with the folder that has it: that of an earlier
            pull, or of one that broke off.
        size: Bytes to fetch.
        free: Bytes free on that disk.
        is_done: Whether all of it is there already, so that nothing has to be done.
    """

    what: SourceList
    folder: Path
    missing: tuple[str, ...]
    present: Mapping[str, Path]
    size: int
    free: int
    is_done: bool

    def check_room(self) -> None:
        """Raises `SinkError` where it does not fit on the disk."""
        if self.size > self.free:
            raise SinkError(
                "there is not enough room for this",
                given=f"{self.free / 1e6:,.0f} MB free at {home()}",
                expected=f"{self.size / 1e6:,.0f} MB",
                do=f"free some space, or set {HOME_VARIABLE} to a folder on another disk",
            )


def incoming(name: str) -> Path:
    """The folder of what is being fetched, kept where that breaks off.

    Args:
        name: Name of the source list.
    """
    return home() / "incoming" / name


def plan_pull(what: SourceList) -> Plan:
    """See what is there already, and hash it; fetches nothing.

    Args:
        what: A source list.

    Raises:
        PackError: It is not pinned, so nothing of it may be fetched.
        InputError: It is a pack whose name is taken by one that would be found in its place.
    """
    require_pins(what, asked=what.name)
    _check_name(what)
    folder, files = pulled(what.kind, what.name), what.files()
    found = {place: _where(place, what.name, folder, file) for place, (_, file) in files.items()}
    present = {place: where for place, where in found.items() if where is not None}
    missing = tuple(place for place in files if place not in present)
    return Plan(
        what,
        folder,
        missing,
        present,
        size=sum(files[place][1].size - _begun(what.name, place, files[place][1]) for place in missing),
        free=free_space(home()),
        is_done=all(where == folder for where in found.values()) and _is_recorded(what, folder),
    )


def pull(plan: Plan, hub: Hub, *, on_fetch: OnFetch | None = None) -> Path:
    """Fetch what is missing, verify it, and let all of it appear at once.

    What an attempt fetched before it broke off is kept, and used by the next.

    Args:
        plan: By `plan_pull`.
        hub: Where to fetch from.
        on_fetch: Called as bytes come.

    Returns:
        The folder.

    Raises:
        SinkError: It does not fit on the disk, or cannot be written.
        PackIntegrityError: A file is not what was pinned; it was removed.
        PackError: It shall be a pack and is none.
        SourceError: The hub cannot be reached, does not let us, or has no such thing.
        InputError: Another process is at it.
    """
    plan.check_room()
    made = incoming(plan.what.name)
    with locked(made):
        _reuse(plan, made)
        _fetch(plan, hub, made, on_fetch)
        with stored():
            _tidy(plan.what, made)
            (made / RECORD).write_text(format_sources(plan.what), encoding="utf-8")
        if plan.what.kind == "pack":
            _check_pack(plan.what, made)
        appear(made, plan.folder)
    return plan.folder


def _check_name(what: SourceList) -> None:
    first = next((shelf for shelf in [*built_in(), *named()] if (shelf / what.name / MANIFEST).exists()), None)
    if what.kind == "pack" and first is not None:
        raise InputError(
            "there is a pack of this name already, which would be found in place of this one",
            given=f"{what.name} in {first}",
            do="fetch it by other means, and give its folder with --pack",
        )


def _where(place: str, name: str, folder: Path, file: RemoteFile) -> Path | None:
    return next((root for root in (folder, incoming(name)) if _is_whole(root / place, file)), None)


def _is_whole(path: Path, file: RemoteFile) -> bool:
    with stored():
        return path.is_file() and path.stat().st_size == file.size and sha256_of(path) == file.sha256


def _begun(name: str, place: str, file: RemoteFile) -> int:
    part = part_of(incoming(name) / place, file)
    return min(part.stat().st_size, file.size) if part.is_file() else 0


def _is_recorded(what: SourceList, folder: Path) -> bool:
    record = folder / RECORD
    return record.is_file() and record.read_text(encoding="utf-8") == format_sources(what)


def _reuse(plan: Plan, made: Path) -> None:
    """What the folder has from an earlier pull need not come again."""
    with stored():
        for place, where in plan.present.items():
            target = made / place
            if where != made:
                target.unlink(missing_ok=True)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(where / place, target)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # some file systems have no such thing
        shutil.copyfile(source, target)


def _fetch(plan: Plan, hub: Hub, made: Path, on_fetch: OnFetch | None) -> None:
    files, done = plan.what.files(), 0
    for number, place in enumerate(plan.missing, 1):
        source, file = files[place]
        began = _begun(plan.what.name, place, file)
        at = Fetching(place, number, len(plan.missing), done - began, plan.size)
        (made / place).unlink(missing_ok=True)
        hub.fetch(source.repo, source.revision, file, to=made / place, on_bytes=partial(_tell, on_fetch, at))
        done += file.size - began


def _tell(on_fetch: OnFetch | None, at: Fetching, there: int) -> None:
    if on_fetch is not None:
        on_fetch(replace(at, done=at.done + there))


def _tidy(what: SourceList, made: Path) -> None:
    """What is left of other pins must not appear with this one, nor without what another process took away."""
    wanted = {made / place: file for place, (_, file) in what.files().items()}
    for path in list(made.rglob("*")):
        if path not in wanted and not path.is_dir():
            path.unlink()
    gone = [path for path, file in wanted.items() if not path.is_file() or path.stat().st_size != file.size]
    if gone:
        raise InputError(
            "somebody changed what was fetched meanwhile",
            given=", ".join(map(str, gone)),
            do="run the same command again",
        )


def _check_pack(what: SourceList, made: Path) -> None:
    pack = load_pack(made)
    if pack.name != what.name:
        raise PackError(
            "the pack calls itself by another name than its list",
            given=pack.name,
            expected=what.name,
            do="tell who gave you the list; pyanon pack pin OWNER/NAME makes one",
        )
    pack.verify()

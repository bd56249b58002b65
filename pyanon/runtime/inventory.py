"""What lies on the shelves, good or bad, and whether each file of it is what it has to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from pyanon.errors import PackError, PackIntegrityError, PyanonError
from pyanon.runtime.manifest import MANIFEST
from pyanon.runtime.pack import FETCH_AGAIN, Pack, load_pack
from pyanon.runtime.shelves import built_in, home, named, pulled_packs
from pyanon.runtime.sources import RECORD, RemoteFile, SourceList, read_sources
from pyanon.runtime.storage import sha256_of

__all__ = ["Checked", "FoundPack", "FoundSources", "check_folder", "find_packs", "find_sources", "unfinished"]

#: Where a pack comes from.
Origin: TypeAlias = Literal["built in", "named", "pulled"]


@dataclass(frozen=True)
class FoundPack:
    """A folder on a shelf of packs.

    Attributes:
        name: Its name, by which it is looked up.
        folder: Where it is.
        origin: ``"built in"``, ``"named"`` by the environment variable, or ``"pulled"``.
        pack: What it is; None where its manifest cannot be read.
        fault: Why not.
        shadowed_by: The folder that is found in its place; None where it is found itself.
    """

    name: str
    folder: Path
    origin: Origin
    pack: Pack | None
    fault: PyanonError | None
    shadowed_by: Path | None


@dataclass(frozen=True)
class FoundSources:
    """A folder of checkpoints that were pulled.

    Attributes:
        name: Its name.
        folder: Where it is.
        what: The list it was pulled by; None where that cannot be read.
        fault: Why not.
    """

    name: str
    folder: Path
    what: SourceList | None
    fault: PyanonError | None


@dataclass(frozen=True)
class Checked:
    """A file that was read and hashed.

    Attributes:
        file: Its place in the folder.
        size: Bytes; 0 where it is not there.
        fault: What is wrong with it.
    """

    file: str
    size: int
    fault: PyanonError | None


def find_packs() -> Iterator[FoundPack]:
    """Every pack on every shelf, in the order in which names are looked up."""
    first: dict[str, Path] = {}
    origins: list[tuple[Origin, list[Path]]] = [
        ("built in", built_in()),
        ("named", named()),
        ("pulled", [pulled_packs()]),
    ]
    for origin, shelf in ((origin, shelf) for origin, rows in origins for shelf in rows):
        for manifest in sorted(shelf.glob(f"*/{MANIFEST}")):
            folder = manifest.parent
            before = first.setdefault(folder.name, folder)
            if folder is not before and folder.resolve() == before.resolve():
                continue  # the same shelf, named twice
            pack, fault = _loaded(folder)
            yield FoundPack(folder.name, folder, origin, pack, fault, None if before is folder else before)


def find_sources() -> Iterator[FoundSources]:
    """Every folder of checkpoints that was pulled."""
    for folder in sorted(path for path in (home() / "sources").glob("*") if path.is_dir()):
        yield FoundSources(folder.name, folder, *_read(folder))


def unfinished() -> list[Path]:
    """The folders of pulls that broke off."""
    return sorted(path for path in (home() / "incoming").glob("*") if path.is_dir() and not path.name.startswith("."))


def check_folder(folder: Path) -> Iterator[Checked]:
    """Read and hash every file of a pack, or of checkpoints that were pulled; goes on where one is wrong.

    Args:
        folder: The folder.

    Yields:
        Each file, with what is wrong with it.
    """
    record, fault = _read(folder) if (folder / RECORD).exists() else (None, None)
    if fault is not None:
        yield Checked(RECORD, 0, fault)
    pins = {place: file for place, (_, file) in record.files().items()} if record else {}
    if record is not None and record.kind == "sources":
        for place, file in pins.items():
            yield _checked(folder, place, _check_pin(folder / place, file))
        return
    pack, unread = _loaded(folder)
    if unread is None and MANIFEST in pins:  # who can change a file can change what the manifest says of it
        unread = _check_pin(folder / MANIFEST, pins[MANIFEST])
    yield _checked(folder, MANIFEST, unread)
    for name, check in pack.checks() if pack else ():
        yield _checked(folder, name, _fault_of(check))
    for place in pins if pack is None else ():
        if place != MANIFEST:
            yield _checked(folder, place, _check_pin(folder / place, pins[place]))


def _loaded(folder: Path) -> tuple[Pack | None, PyanonError | None]:
    try:
        return load_pack(folder), None
    except PackError as error:
        return None, error


def _fault_of(check: Callable[[], object]) -> PyanonError | None:
    try:
        check()
    except PyanonError as error:
        return error
    return None


def _read(folder: Path) -> tuple[SourceList | None, PyanonError | None]:
    try:
        return read_sources(folder / RECORD), None
    except PackError as error:
        return None, error


def _checked(folder: Path, file: str, fault: PyanonError | None) -> Checked:
    path = folder / file
    return Checked(file, path.stat().st_size if path.is_file() else 0, fault)


def _check_pin(path: Path, file: RemoteFile) -> PyanonError | None:
    try:
        size, actual = path.stat().st_size, sha256_of(path)
    except OSError as error:
        return PackError(f"the file cannot be read ({error.strerror})", given=path, do=FETCH_AGAIN)
    if actual == file.sha256:
        return None
    return PackIntegrityError(
        f"{path} is not the file that was pinned",
        given=f"sha256 {actual}, {size} bytes",
        expected=f"sha256 {file.sha256}, {file.size} bytes",
        do=FETCH_AGAIN,
    )

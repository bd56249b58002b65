"""The user's folder as a disk: how much room there is, one writer at a time, folders that appear complete."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pyanon.errors import InputError, PyanonError, SinkError
from pyanon.runtime.shelves import HOME_VARIABLE, home

__all__ = [
    "appear",
    "folder_size",
    "free_space",
    "held",
    "locked",
    "remove",
    "sha256_of",
    "storage_error",
    "stored",
    "write_whole",
]


def storage_error(error: OSError) -> SinkError:
    """What to raise where the user's folder cannot be written to.

    Args:
        error: What the system said.
    """
    return SinkError(
        f"pyanon's folder cannot be written to ({error.strerror or error})",
        given=error.filename or home(),
        expected="a folder that may be written to, with room for what is fetched",
        do=f"free some space, or set {HOME_VARIABLE} to a folder on another disk",
    )


@contextmanager
def stored() -> Iterator[None]:
    """Errors of the disk as pyanon's.

    Raises:
        SinkError: The user's folder cannot be written to.
    """
    try:
        yield
    except PyanonError:  # some of them are an OSError, too
        raise
    except OSError as error:
        raise storage_error(error) from error


def free_space(folder: Path) -> int:
    """Bytes that can be written where a folder is, or will be.

    Args:
        folder: The folder; it need not exist.
    """
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder, or of a file; links are not followed.

    Args:
        folder: The folder; it need not exist.
    """
    below = (folder,) if folder.is_file() else folder.rglob("*")
    return sum(path.lstat().st_size for path in below if not path.is_dir() or path.is_symlink())


def sha256_of(path: Path) -> str:
    """The sha256 of a file, read piece by piece.

    Args:
        path: The file.
    """
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while piece := opened.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


@contextmanager
def held(lock: IO[str], *, busy: str, given: object) -> Iterator[None]:
    """Holds an opened file, and closes it; the system lets go of it when the process ends, however it ends.

    Args:
        lock: The file.
        busy: What to say where somebody else holds it.
        given: What it is the lock of.

    Raises:
        InputError: Somebody else holds it.
    """
    import fcntl  # only systems like Unix have it, and all of pyanon can be imported everywhere

    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(busy, given=given, do="let it finish, or end it, and run this again") from error
        yield


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Makes a folder and keeps others out of it; the lock ends with the process, however that ends.

    Args:
        folder: The folder.

    Raises:
        InputError: Somebody else is at it.
        SinkError: It cannot be made.
    """
    with stored():
        folder.mkdir(parents=True, exist_ok=True)
        opened = (folder.parent / f".{folder.name}.lock").open("w")
    with held(opened, busy="another pyanon is fetching this", given=folder.name):
        yield


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is seen complete or not at all; what had the name before is replaced.

    Args:
        path: The file; its folder is made.
        data: What it holds.

    Raises:
        OSError: It cannot be written; what had the name before is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    draft.write_bytes(data)
    draft.replace(path)


def appear(made: Path, place: Path) -> None:
    """Give a complete folder its name; what had the name before is removed.

    Args:
        made: The folder, on the same file system.
        place: Its name from now on.

    Raises:
        SinkError: It cannot be moved.
    """
    old = made.with_name(f".{made.name}.old")
    with stored():
        shutil.rmtree(old, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            place.rename(old)
        made.rename(place)
        shutil.rmtree(old, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a folder or a file; of a link the link, and nothing that it links to.

    Args:
        path: The folder or file; it need not exist.

    Raises:
        SinkError: It cannot be removed.
    """
    with stored():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

"""Files that appear under their name complete, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from pyanon.errors import InputError, SinkError

__all__ = ["AtomicFile", "check_output", "sink_error"]


def sink_error(path: object, error: BaseException) -> SinkError:
    """What to raise where writing fails.

    Args:
        path: The output.
        error: What the system said.
    """
    reason = getattr(error, "strerror", None) or str(error)
    return SinkError(
        f"the output cannot be written ({reason})",
        given=path,
        expected="a folder that may be written to, and room for the file",
        do="free some space or choose another place; nothing was left under this name",
    )


def check_output(path: Path, *, source: str | None) -> Path:
    """The path to write to: links followed, so that the file they lead to is replaced and not the link.

    Args:
        path: The output.
        source: The input, where it is a file.

    Raises:
        InputError: The output is the input, also by another name of it.
        SinkError: It is a folder or a device, or its folder does not exist or may not be written to.
    """
    target = path.resolve()
    if source and target.exists() and Path(source).exists() and target.samefile(Path(source)):
        raise InputError(
            "the output is the input itself", given=path, expected="another file", do="choose another name"
        )
    if target.is_dir():
        raise SinkError("the output is a folder", given=path, expected="a file", do="add a file name")
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        raise SinkError("the output is a device or a pipe", given=path, expected="a file", do="choose a file name")
    if not target.parent.is_dir():
        raise SinkError("the folder of the output does not exist", given=target.parent, do="create it first")
    return target


class AtomicFile:
    """A binary file that takes its name only when it is complete.

    It is written beside its destination, under a hidden name, so that the last step is a rename within one file
    system. It has the methods that PyAV asks of a file object.

    Args:
        path: Where it shall be; see `check_output`.

    Attributes:
        name: The hidden name.
        error: The first error of a write: a muxer may swallow it, we must not.

    Raises:
        SinkError: The folder may not be written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.error: OSError | None = None
        self.name = str(path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part"))
        try:
            handle = os.open(self.name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise sink_error(path, error) from error
        self._file = os.fdopen(handle, "w+b", buffering=1 << 18)
        self._done = False

    def write(self, data: bytes | memoryview) -> int:
        """Append or overwrite at the current position.

        Args:
            data: What to write.
        """
        if self._done or self.error is not None:
            return len(data)  # what a muxer writes after the end or after an error goes nowhere, without noise
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the current position.

        Args:
            offset: Where to, in bytes.
            whence: As for `io.IOBase.seek`.
        """
        if self._done or self.error is not None:
            return offset
        try:
            return self._file.seek(offset, whence)  # writes out what is buffered, and may fail as a write does
        except OSError as error:
            self.error = error
            raise

    def tell(self) -> int:
        """The current position."""
        return 0 if self._done else self._file.tell()

    def truncate(self) -> None:
        """Cut off what lies behind the current position."""
        self._file.truncate()

    @property
    def closed(self) -> bool:
        """Whether it was completed or discarded: PyAV then writes no more to it."""
        return self._done

    def commit(self) -> None:
        """Make it appear under its name, with all of it safely on the disk.

        Raises:
            SinkError: Some of it could not be written; nothing appears.
        """
        try:
            if self.error is not None:
                raise self.error
            self._file.flush()
            os.fsync(self._file.fileno())
            if self._path.exists():
                os.fchmod(self._file.fileno(), stat.S_IMODE(self._path.stat().st_mode))
            self._file.close()
            Path(self.name).replace(self._path)
            self._done = True
            self._sync_folder()
        except OSError as error:
            self.discard()
            raise sink_error(self._path, error) from error

    def discard(self) -> None:
        """Remove it, as if it had never been."""
        if self._done:
            return
        self._done = True
        with contextlib.suppress(OSError):  # closing flushes, which fails where the disk is full
            self._file.close()
        Path(self.name).unlink(missing_ok=True)

    def _sync_folder(self) -> None:
        with contextlib.suppress(OSError):  # some file systems have no such thing
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

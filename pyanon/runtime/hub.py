"""The model hub: the one place that talks to it, through huggingface_hub, which is loaded only when it is needed.

``HF_ENDPOINT`` names another hub, ``HF_TOKEN`` or ``hf auth login`` the user's token, as everywhere with that library.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from pyanon.errors import InputError, PackIntegrityError
from pyanon.runtime.hub_errors import PIN_AGAIN, explained, is_of_transport
from pyanon.runtime.sources import RemoteFile
from pyanon.runtime.storage import sha256_of, stored

__all__ = ["Hub", "OnBytes", "Revision", "part_of"]

#: Called with the bytes of the file that are there.
OnBytes = Callable[[int], object]


@dataclass(frozen=True)
class Revision:
    """What the hub says of a repository at one commit.

    Attributes:
        commit: The commit, 40 hexadecimal digits.
        files: Path -> bytes and sha256; the sha256 is empty of files that are not in its large file storage.
    """

    commit: str
    files: dict[str, tuple[int, str]]


class Hub:
    """A connection to the hub.

    Raises:
        InputError: huggingface_hub is not installed.
    """

    def __init__(self) -> None:
        self._library = _load("huggingface_hub")
        self._utils, self._files = _load("huggingface_hub.utils"), _load("huggingface_hub.file_download")
        self._errors = _load("huggingface_hub.errors")
        self._utils.disable_progress_bars()  # ours counts all files together
        self._utils.logging.set_verbosity_error()  # it warns of each attempt; the last one's error is enough
        # The library reads its variable when it is loaded first; who set it later means it as well.
        self.endpoint = (os.environ.get("HF_ENDPOINT") or str(self._library.constants.ENDPOINT)).rstrip("/")

    def look(self, repo: str, revision: str | None = None) -> Revision:
        """Ask what a repository holds.

        Args:
            repo: ``owner/name``.
            revision: Branch, tag or commit; None for the branch that it shows to visitors.

        Raises:
            SourceNotFoundError: There is no such repository or revision.
            SourceError: The hub cannot be reached, or does not let us.
        """
        with explained(f"{repo}@{revision}" if revision else repo, self.endpoint, self._errors):
            api = self._library.HfApi(endpoint=self.endpoint, headers=_SAY_LITTLE)
            info = api.model_info(repo, revision=revision, files_metadata=True)
            files = {
                each.rfilename: (int(each.size or 0), each.lfs.sha256 if each.lfs else "")
                for each in info.siblings or ()
            }
            return Revision(str(info.sha), files)

    def fetch(self, repo: str, commit: str, file: RemoteFile, *, to: Path, on_bytes: OnBytes | None = None) -> None:
        """Fetch a file, from where an earlier attempt broke off, and let it appear when it is what it has to be.

        The library's own ``hf_hub_download`` forgets a file that is half there when the program ends (it names its
        temporary files at random); of a file of gigabytes that is too much to fetch twice.

        Args:
            repo: ``owner/name``.
            commit: The commit.
            file: The pinned file.
            to: Its path here; what came of it so far is at `part_of` it.
            on_bytes: Called as it comes.

        Raises:
            PackIntegrityError: What came is not what it has to be; it was removed.
            SourceNotFoundError: There is no such file.
            SourceError: The hub cannot be reached, does not let us, or broke off; what came is kept.
            SinkError: It cannot be written.
        """
        part = part_of(to, file)
        try:
            with stored():
                to.parent.mkdir(parents=True, exist_ok=True)
                with part.open("ab") as opened:
                    self._pour(repo, commit, file, _Measured(opened, repo, file, on_bytes))
                _check(part, repo, file)
                part.replace(to)
        except PackIntegrityError:
            part.unlink(missing_ok=True)
            raise

    def read(self, repo: str, commit: str, path: str, *, size: int, into: Path) -> tuple[bytes, str]:
        """Fetch a small file of which no sha256 is known, through a folder.

        Args:
            repo: ``owner/name``.
            commit: The commit.
            path: In the repository.
            size: Bytes that it has; more are refused.
            into: A folder for it meanwhile.

        Returns:
            Its bytes, and their sha256.

        Raises:
            PackIntegrityError: It has more or fewer bytes.
            SourceError: As `fetch`.
            SinkError: It cannot be written.
        """
        file, part = RemoteFile(path, size=size), into / "unpinned.part"
        with stored(), part.open("w+b") as opened:
            self._pour(repo, commit, file, _Measured(opened, repo, file, None))
            opened.seek(0)
            data = opened.read()
        part.unlink()
        if len(data) != size:
            raise PackIntegrityError(
                f"{repo}/{path} is shorter than the hub says",
                given=f"{len(data)} bytes",
                expected=f"{size} bytes",
                do="try again later; where it stays so, tell its authors",
            )
        return data, hashlib.sha256(data).hexdigest()

    def _pour(self, repo: str, commit: str, file: RemoteFile, into: _Measured) -> None:
        address = self._library.hf_hub_url(repo, file.path, revision=commit, endpoint=self.endpoint)
        # What is compressed on the way cannot be resumed by counting bytes.
        headers = {**self._utils.build_hf_headers(headers=_SAY_LITTLE), "Accept-Encoding": "identity"}
        with explained(f"{repo}/{file.path}", self.endpoint, self._errors):
            while self._comes(address, into, headers, file):
                pass

    def _comes(self, address: str, into: _Measured, headers: dict[str, str], file: RemoteFile) -> bool:
        """Fetch what is missing; whether it broke off, and it is worth going on, because something came.

        Not all versions of the library go on by themselves.
        """
        began = into.tell()
        try:
            if began < file.size:
                self._files.http_get(address, into, headers=headers, resume_size=began)
        except Exception as error:
            if into.tell() > began and is_of_transport(error):
                return True
            raise
        return False


def part_of(to: Path, file: RemoteFile) -> Path:
    """Where what came of a file so far is kept; another pin has another.

    Args:
        to: Where the file shall be.
        file: The pinned file.
    """
    return to.with_name(f"{to.name}.{file.sha256[:12]}.part")


def _load(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            "what talks to the hub is not installed", given=str(error), do="pip install 'pyanon[hub]'"
        ) from error


#: The library would tell the versions of Python, torch and more.
_SAY_LITTLE = {"user-agent": "pyanon"}


class _Measured:
    """A file that counts what is appended to it, and takes no more than it shall have.

    Args:
        file: Opened for appending.
        repo: Where it comes from, for error texts.
        expected: What it shall be.
        on_bytes: Called with the bytes that are there.
    """

    def __init__(self, file: BinaryIO, repo: str, expected: RemoteFile, on_bytes: OnBytes | None) -> None:
        self._file, self._repo, self._expected, self._on_bytes = file, repo, expected, on_bytes
        if file.tell() > expected.size:
            self.truncate(0)
        self._tell()

    def write(self, data: bytes) -> int:
        if self.tell() + len(data) > self._expected.size:
            raise PackIntegrityError(
                f"{self._repo}/{self._expected.path} is larger than it shall be; it was removed",
                expected=f"{self._expected.size} bytes",
                do=PIN_AGAIN,
            )
        written = self._file.write(data)
        self._tell()
        return written

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        left = self._file.truncate(size)
        self._file.seek(left)
        self._tell()
        return left

    def _tell(self) -> None:
        if self._on_bytes is not None:
            self._on_bytes(self.tell())


def _check(part: Path, repo: str, file: RemoteFile) -> None:
    with part.open("rb") as opened:
        os.fsync(opened.fileno())
    actual, size = sha256_of(part), part.stat().st_size
    if actual != file.sha256:
        raise PackIntegrityError(
            f"{repo}/{file.path} is not the file that was pinned; it was removed",
            given=f"sha256 {actual}, {size} bytes",
            expected=f"sha256 {file.sha256}, {file.size} bytes",
            do=PIN_AGAIN,
        )

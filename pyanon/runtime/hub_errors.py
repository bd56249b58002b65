"""What goes wrong between us and the hub, in pyanon's words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from pyanon.errors import PackIntegrityError, PyanonError, SourceError, SourceNotFoundError
from pyanon.runtime.storage import storage_error

__all__ = ["PIN_AGAIN", "explained", "is_of_transport"]

#: What to do where a file is not what was pinned.
PIN_AGAIN = (
    "do not use it; where you know that its authors changed it and you trust that, pin again: pyanon pack pin --renew"
)


@contextmanager
def explained(what: str, endpoint: str, errors: ModuleType) -> Iterator[None]:
    """Errors of the library, of its transport and of the disk as pyanon's.

    Args:
        what: What is asked for, for error texts.
        endpoint: Who is asked.
        errors: ``huggingface_hub.errors``.

    Raises:
        SourceNotFoundError: There is no such repository, revision or file.
        SourceError: The hub cannot be reached, does not let us, or broke off.
        PackIntegrityError: A file is shorter than what came of it.
        SinkError: The disk.
    """
    try:
        yield
    except PyanonError:
        raise
    except Exception as error:  # which classes a transport raises changes with the library's version
        raise _explanation(error, what, endpoint, errors) from error


def _explanation(error: Exception, what: str, endpoint: str, errors: ModuleType) -> Exception:
    status = getattr(getattr(error, "response", None), "status_code", 0)
    given = f"{what} at {endpoint}" + (f", answer {status}" if status else "")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO}:
        return storage_error(error)
    if isinstance(error, errors.GatedRepoError):
        return SourceError("the repository is gated: its authors want to know who fetches it", given=given, do=_GATED)
    if isinstance(error, errors.RevisionNotFoundError):
        return SourceNotFoundError("the repository has no such revision", given=given, do=_NO_REVISION)
    if isinstance(error, errors.EntryNotFoundError):
        return SourceNotFoundError("the repository has no such file", given=given, do=_NO_REVISION)
    if isinstance(error, errors.RepositoryNotFoundError) or status == 404:
        return SourceNotFoundError("the hub shows us no such repository", given=given, do=_NO_REPO)
    if status in {401, 403}:
        return SourceError("the hub does not let us", given=given, do=_NO_REPO)
    if status == 416:  # asked for what lies behind the end
        return PackIntegrityError("the file is shorter than what was pinned", given=given, do=PIN_AGAIN)
    if status:
        return SourceError(f"the hub does not serve this ({_short(error)})", given=given, do=_LATER)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return SourceError("the hub may not be asked: HF_HUB_OFFLINE is set", given=given, do="unset it, then again")
    if isinstance(error, OSError) or is_of_transport(error):
        return SourceError(f"the connection to the hub failed ({_short(error)})", given=given, do=_LATER)
    return error


def is_of_transport(error: Exception) -> bool:
    """Whether an error comes from what carries the library's requests: httpx2, httpx or requests, by version.

    Args:
        error: What was raised.
    """
    return any(kind.__module__.partition(".")[0] in {"httpx", "httpx2", "requests"} for kind in type(error).__mro__)


def _short(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


_GATED = "log in at the hub, ask for access on the repository's page, and put a token of yours into HF_TOKEN"
_NO_REVISION = "look at the repository's page; where its authors moved it, pin again: pyanon pack pin"
_NO_REPO = "check the name; of a private repository put a token that may read it into HF_TOKEN"
_LATER = "check the network and HF_ENDPOINT, and run the same command again: it goes on where it stopped"

"""What a command's exit code says (docs/cli.md lists them for people)."""

from __future__ import annotations

from enum import IntEnum

from pyanon.errors import InputError, PackError, SinkError, SourceError, UnknownPromptError

__all__ = ["ExitCode", "code_of"]


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    #: A stage or a network failed, a check of `pyanon doctor` did, or pyanon itself is at fault.
    FAILED = 1
    #: The command line cannot be used: an unknown option, a value out of range, an output that is the input.
    USAGE = 2
    #: The input is missing, unreadable, or not a picture or video.
    INPUT = 3
    #: The output exists already or cannot be written.
    OUTPUT = 4
    #: The input broke off; what was decoded before it did has been written.
    TRUNCATED = 5
    #: Of some files in the folder, or rows of the data set, there is no anonymized version.
    SOME_FAILED = 6
    #: The pack of networks is missing, malformed or tampered with.
    PACK = 7
    #: Ctrl-C, or asked to end by the system.
    INTERRUPTED = 130


_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
    (UnknownPromptError, ExitCode.USAGE),
    (PackError, ExitCode.PACK),
    (InputError, ExitCode.USAGE),
    (SourceError, ExitCode.INPUT),
    (SinkError, ExitCode.OUTPUT),
)


def code_of(error: BaseException) -> ExitCode:
    """The exit code of a command that ended with an error.

    Args:
        error: What was raised.
    """
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.FAILED)

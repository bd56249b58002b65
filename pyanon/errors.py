"""The exceptions of pyanon.

Every error says what happened, what was given, what is expected and what to do::

    PyanonError
    ├── InputError          (ValueError)         an argument or a setting that cannot be used
    ├── SourceError         (OSError)            an input that cannot be read
    │   ├── SourceNotFoundError (FileNotFoundError)
    │   ├── UnsupportedMediaError                it opens, but holds no picture we can read
    │   └── TruncatedSourceError                 it ended before its own index said so
    ├── SinkError           (OSError)            an output that cannot be written
    ├── PackError           (RuntimeError)       a pack that is missing, malformed or incomplete
    │   ├── PackIntegrityError                   a file of a pack is not the one that was signed
    │   └── UnknownPromptError (LookupError)     the locator has no embedding for this prompt
    ├── RunnerError         (RuntimeError)       a network could not be loaded or run
    ├── ExtractorError      (RuntimeError)       a caption could not be read: who reads it failed or made no sense
    └── StageError          (RuntimeError)       a stage of the pipeline raised; names the stage

Each also subclasses the builtin in brackets, so that callers who know only the builtins still catch it.
"""

from __future__ import annotations

__all__ = [
    "ExtractorError",
    "InputError",
    "PackError",
    "PackIntegrityError",
    "PyanonError",
    "RunnerError",
    "SinkError",
    "SourceError",
    "SourceNotFoundError",
    "StageError",
    "TruncatedSourceError",
    "UnknownPromptError",
    "UnsupportedMediaError",
]


class PyanonError(Exception):
    """Base of every error that pyanon raises on purpose.

    Args:
        what: What happened, one clause, no full stop.
        given: What was given (a path, a shape, a value).
        expected: What would have been accepted.
        do: What the caller can do about it.
    """

    def __init__(self, what: str, *, given: object = "", expected: str = "", do: str = "") -> None:
        parts = [what]
        if str(given):
            parts.append(f"given: {given}")
        if expected:
            parts.append(f"expected: {expected}")
        if do:
            parts.append(f"do: {do}")
        self.what, self.given, self.expected, self.do = what, given, expected, do
        super().__init__("; ".join(parts))

    def __str__(self) -> str:
        # OSError would rebuild its text from errno; ours is always the one composed above.
        return str(self.args[0])


class InputError(PyanonError, ValueError):
    """An argument or a setting that cannot be used."""


class SourceError(PyanonError, OSError):
    """An input that cannot be read."""


class SourceNotFoundError(SourceError, FileNotFoundError):
    """The input does not exist."""


class UnsupportedMediaError(SourceError):
    """The input can be opened but holds nothing that can be anonymized."""


class TruncatedSourceError(SourceError):
    """The input broke off; what was decoded before has been delivered."""


class SinkError(PyanonError, OSError):
    """An output that cannot be written."""


class PackError(PyanonError, RuntimeError):
    """A pack that is missing, malformed or lacks what was asked of it."""


class PackIntegrityError(PackError):
    """A file of a pack does not have the sha256 its manifest states."""


class UnknownPromptError(PackError, LookupError):
    """The pack's locator has no embedding for a prompt."""


class RunnerError(PyanonError, RuntimeError):
    """A network could not be loaded, or was given or returned something its pack does not state."""


class ExtractorError(PyanonError, RuntimeError):
    """An extractor failed, or answered what cannot be used; what it was to read may not leave. Never quotes it."""


class StageError(PyanonError, RuntimeError):
    """A stage of the pipeline raised; the cause is chained.

    Attributes:
        stage: Name of the stage ("locate", "track", ...).
    """

    def __init__(self, stage: str, what: str, *, given: object = "", expected: str = "", do: str = "") -> None:
        self.stage = stage
        super().__init__(what, given=given, expected=expected, do=do)

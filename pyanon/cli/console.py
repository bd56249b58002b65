"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyanon.errors import PyanonError

if TYPE_CHECKING:
    from pyanon.files import Progress

__all__ = ["Bar", "Console", "counted", "explain", "open_tqdm"]


def counted(number: int, thing: str, *, plural: str = "") -> str:
    """A number and its noun: ``1 frame``, ``1,200 frames``.

    Args:
        number: How many.
        thing: Of what, singular.
        plural: Of what, plural; the singular with an s where empty.
    """
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def explain(error: BaseException) -> str:
    """An error for people: what happened, then what was given, what is expected and what to do, a line each.

    Args:
        error: What was raised.
    """
    if isinstance(error, PyanonError):
        details = {"given": error.given, "expected": error.expected, "do": error.do}
        return "\n".join([error.what, *(f"  {name}: {text}" for name, text in details.items() if str(text))])
    if isinstance(error, MemoryError):
        return "there is not enough memory for this\n  do: close other programs, or scale the input down"
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"an error that pyanon did not foresee ({text})\n  do: run it again with --debug, and report what that shows"


class Console:
    """The two streams of a command.

    Args:
        quiet: Say errors only.
        as_json: Say results as JSON, and notes not at all.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet, self.as_json = quiet, as_json

    @property
    def is_live(self) -> bool:
        """Whether a line that changes can be shown."""
        return not self.quiet and not self.as_json and sys.stderr.isatty()

    def result(self, text: str) -> None:
        """Say a result, on standard output.

        Args:
            text: One or more lines.
        """
        if not self.quiet and not self.as_json:
            # Names of files may hold bytes that are no text; what stands for them cannot be written as it is.
            encoding = sys.stdout.encoding or "utf-8"
            sys.stdout.write(f"{text.encode(encoding, 'backslashreplace').decode(encoding)}\n")
            sys.stdout.flush()

    def data(self, facts: dict[str, Any]) -> None:
        """Give a result to another program, where JSON was asked for: one object on standard output.

        Args:
            facts: The result; paths and tuples are welcome.
        """
        if self.as_json:
            sys.stdout.write(json.dumps(facts, default=_plain, indent=2) + "\n")
            sys.stdout.flush()

    def note(self, text: str) -> None:
        """Say something worth knowing, on standard error.

        Args:
            text: One line.
        """
        if not self.quiet and not self.as_json:
            sys.stderr.write(f"note: {text}\n")

    def error(self, text: str) -> None:
        """Say what went wrong, on standard error, always.

        Args:
            text: One or more lines.
        """
        sys.stderr.write(f"pyanon: {text}\n")

    def status(self, text: str) -> None:
        """Show a line that replaces the one before, where there is a terminal.

        Args:
            text: The line; empty to clear it.
        """
        if self.is_live:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()

    @contextmanager
    def bar(self) -> Iterator[Bar]:
        """A progress bar, which is invisible where nobody would see it."""
        bar = Bar(visible=self.is_live)
        try:
            yield bar
        finally:
            bar.close()


class Bar:
    """A progress bar with frames per second and time left; call it with the progress.

    Args:
        visible: Whether it is shown at all.
    """

    def __init__(self, *, visible: bool) -> None:
        self._visible, self._file = visible, 0
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show how far it is.

        Args:
            progress: As given by `pyanon.files`.
        """
        if not self._visible:
            return
        if self._bar is None or progress.file != self._file:
            self._begin(progress)
        self._bar.update(progress.frames - self._bar.n)

    def close(self) -> None:
        """Take it off the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _begin(self, progress: Progress) -> None:
        self.close()
        self._file = progress.file
        place = f"{progress.file}/{progress.files} " if progress.files > 1 else ""
        self._bar = open_tqdm(total=progress.total, desc=place + Path(progress.source).name, unit=" frames")


def open_tqdm(**options: Any) -> Any:
    """A bar of tqdm on standard error, to be closed, that leaves no line behind.

    Args:
        options: Of ``tqdm.tqdm``: total, desc, unit, ...
    """
    import threading

    from tqdm import tqdm  # not worth its time where there is no terminal

    tqdm.monitor_interval = 0  # no thread that watches us
    tqdm.set_lock(threading.RLock())  # the default one would load multiprocessing
    return tqdm(leave=False, dynamic_ncols=True, file=sys.stderr, **options)


def _plain(value: object) -> object:
    """What JSON does not know, as text."""
    return str(value)

"""Signals, for as long as something runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Action", "handled", "interrupt"]

#: What a signal does: it gets the number of the signal and the frame that was interrupted.
Action = Callable[[int, "FrameType | None"], None]


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """The action of Ctrl-C."""
    raise KeyboardInterrupt


@contextmanager
def handled(*numbers: signal.Signals, action: Action) -> Iterator[None]:
    """Gives signals another action, and their own one back at the end.

    Args:
        numbers: The signals.
        action: What they do meanwhile.
    """
    try:
        before = [signal.signal(number, action) for number in numbers]
    except ValueError:  # not in the main thread: signals are somebody else's
        yield
        return
    try:
        yield
    finally:
        for number, own in zip(numbers, before, strict=True):
            signal.signal(number, own)

"""Time stamps that only ever grow."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["Timeline"]

#: A step back of more than this many seconds is a new start of the clock, not a hiccup.
RESTART = Fraction(1)


class Timeline:
    """Passes time stamps through untouched while they grow, and mends them where they do not.

    A missing stamp is one frame after the last; one that does not grow becomes the next possible moment; after a jump
    back by more than a second (a clock that wrapped or restarted) all that follows is shifted to go on seamlessly.

    Args:
        time_base: Seconds per unit.
        step: Seconds from frame to frame, where nothing better is known.

    Attributes:
        mended: How many stamps were changed.
    """

    def __init__(self, *, time_base: Fraction, step: Fraction) -> None:
        self._step = max(1, round(step / time_base))
        self._restart = RESTART / time_base
        self._shift = 0
        self._last: int | None = None
        self.mended = 0

    @property
    def last(self) -> int:
        """The stamp given out last; 0 before the first."""
        return self._last or 0

    def place(self, pts: int | None) -> int:
        """The stamp to use for the next frame.

        Args:
            pts: The stamp it came with, None where it has none.
        """
        placed = self._place(pts)
        self.mended += placed != pts
        self._last = placed
        return placed

    def _place(self, pts: int | None) -> int:
        if self._last is None:
            return 0 if pts is None else pts
        if pts is None:
            return self._last + self._step
        if pts + self._shift < self._last - self._restart:
            self._shift = self._last + self._step - pts
        return max(pts + self._shift, self._last + 1)

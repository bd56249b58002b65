"""Votes: a face of a video stays as it is once several frames of its track are sure of it, and none against."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pyanon.types import BoolArray, IntArray, Opinions

__all__ = ["NEEDED", "PATIENCE", "Ballot", "Votes"]

#: Sure frames after which a track is believed.
NEEDED = 5
#: Frames in a row that may be unsure before all begins anew.
PATIENCE = 12


@dataclass
class _Run:
    """Frames of a track without a contradiction, a gap or a crowd: how many were sure, and the last that was."""

    sure: int = 0
    last: int = 0


@dataclass(frozen=True, eq=False)
class Ballot:
    """What is known of the tracks of one frame; later frames add to it while it is held.

    Attributes:
        number: Of the frame.
        needed: Sure frames that it takes.
    """

    number: int
    needed: int
    _runs: dict[int, _Run] = field(default_factory=dict)

    def kept(self, track_id: IntArray) -> BoolArray:
        """Whether faces ``(n,)`` stay: a frame that is not sure itself lies between two of the run that are."""
        runs = [self._runs.get(int(number)) for number in track_id]
        return np.array(
            [run is not None and run.sure >= self.needed and self.number <= run.last for run in runs], np.bool_
        )


class Votes:
    """Counts the sure frames of each track; one per stream.

    Args:
        needed: Sure frames that it takes; 1 for a picture on its own.
    """

    def __init__(self, needed: int = NEEDED) -> None:
        self._needed = needed
        self._runs: dict[int, _Run] = {}
        self._number = 0

    def reset(self) -> None:
        """Forgets every track."""
        self._runs = {}

    def __call__(self, track_id: IntArray, opinion: Opinions, *, fit: BoolArray, over: BoolArray) -> Ballot:
        """Counts one frame; tracks that are not in it begin anew when they come back.

        Args:
            track_id: ``(n,)``.
            opinion: ``(n,)``, 1 where the face may surely stay, -1 where it surely may not, 0 where nobody knows.
            fit: ``(n,)``, whether it can be seen well enough to stay in this frame.
            over: ``(n,)``, whether it may be another face's track from now on: it coasts, or others are in the way.
        """
        self._number += 1
        runs = {}
        for row, number in enumerate(track_id.tolist()):
            run = self._runs.get(number, _Run(last=self._number))
            if opinion[row] < 0:
                run.last = 0  # nothing of it was true: frames that are held go back on it, too
            elif not over[row] and self._goes_on(run, sure=bool(opinion[row] > 0 and fit[row])):
                runs[number] = run
        self._runs = runs
        shown = {number: runs[number] for number in track_id[fit].tolist() if number in runs}
        return Ballot(self._number, self._needed, shown)

    def _goes_on(self, run: _Run, *, sure: bool) -> bool:
        if sure:
            run.sure, run.last = run.sure + 1, self._number
        return self._number - run.last <= PATIENCE

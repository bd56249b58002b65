"""What was done, counted and written down: one JSON line per frame, and the sums of a whole run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from pyanon.errors import InputError, SinkError
from pyanon.types import Face, Result
from pyanon.video.atomic import AtomicFile, check_output, sink_error

__all__ = ["FaceReport", "Tally", "check_report", "line_of", "summary_of"]


def line_of(source: str, result: Result) -> dict[str, Any]:
    """One line of a report: where the faces of a frame are and what was done to them; never how they look.

    Args:
        source: What to call the file.
        result: The anonymized frame.

    Returns:
        ``file``, ``frame`` (from 0), ``time`` (seconds), ``faces`` and ``timings`` (milliseconds per stage); and
        ``failed``, the name of a stage, where the frame was covered whole because that stage raised. Boxes are
        ``x0, y0, x1, y1`` in source pixels, cut off at the edges of the frame.
    """
    frame = result.output
    line: dict[str, Any] = {
        "file": source,
        "frame": frame.index,
        "time": round(frame.time, 6),
        "faces": [_entry(face, frame.width, frame.height) for face in result.faces],
        "timings": {stage: round(spent, 3) for stage, spent in result.timings.items()},
    }
    return {**line, "failed": result.failed} if result.failed else line


def _entry(face: Face, width: int, height: int) -> dict[str, Any]:
    return {
        "xyxy": [
            round(min(max(edge, 0.0), float(most)), 2)
            for edge, most in zip(face.xyxy, (width, height, width, height), strict=True)
        ],
        "score": round(face.score, 4),
        "track": face.track,
        "coasted": face.coasted,
        "action": face.action,
        **({"reason": face.reason} if face.reason else {}),
        **({"epsilon": face.epsilon} if face.epsilon else {}),
        **({"told": True} if face.told else {}),
    }


def summary_of(source: str, tally: Tally, facts: dict[str, Any]) -> dict[str, Any]:
    """The last line of a file in a report: what was done to it, altogether.

    Args:
        source: What to call the file.
        tally: Its results, counted.
        facts: The policy, as `Policy.facts` gives it: without its key.

    Returns:
        ``file`` and ``summary``: counts of frames and faces, epsilon for each track and in total, and the policy.
    """
    counts = {name: getattr(tally, name) for name in _COUNTS}
    epsilon = {"per_track": {str(track): spent for track, spent in tally.epsilon.items()}, "total": tally.total_epsilon}
    return {"file": source, "summary": {**counts, "epsilon": epsilon, "policy": facts}}


_COUNTS = ("frames", "faces", "replaced", "covered", "kept", "exposed", "coasted", "tracks", "failed")


def check_report(report: str | Path, *, others: Iterable[str | Path], overwrite: bool) -> Path:
    """The path of a report, once it is sure that writing it destroys nothing.

    Args:
        report: Where the report shall be.
        others: Inputs and outputs of the run.
        overwrite: Whether a report that is there already may be replaced.

    Raises:
        InputError: The report is an input or an output.
        SinkError: It exists already, it is a folder, or its folder does not exist.
    """
    path = Path(report)
    for other in others:
        if path.resolve() == Path(other).resolve() or (path.exists() and Path(other).exists() and path.samefile(other)):
            raise InputError(
                "the report would replace the input or the output", given=path, expected="a file of its own"
            )
    target = check_output(path, source=None)
    if target.exists() and not overwrite:
        raise SinkError("the report exists already", given=path, do="choose another name, or ask to overwrite it")
    return target


class FaceReport:
    """Writes a report, JSON Lines, that appears under its name when it is closed.

    Lines belong to a file of the input: `keep` them once its output is complete, or `forget` them where it failed, so
    that a report speaks of exactly those outputs that exist.

    Args:
        path: As `check_report` gave it.

    Raises:
        SinkError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._kept = path, 0
        self._file = AtomicFile(path)

    def __enter__(self) -> FaceReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.forget()
            if error is None or self._kept:
                self._file.commit()
        finally:
            self._file.discard()  # nothing to do where it was completed

    def write(self, source: str, result: Result) -> None:
        """Add the line of a frame.

        Args:
            source: What to call the file.
            result: The anonymized frame.

        Raises:
            SinkError: It cannot be written.
        """
        self._append(line_of(source, result))

    def _append(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
        except OSError as error:
            raise sink_error(self._path, error) from error

    def close_file(self, source: str, tally: Tally, facts: dict[str, Any]) -> None:
        """Add the last line of a file, and keep its lines.

        Args:
            source: What to call the file.
            tally: Its results, counted.
            facts: The policy, without its key.

        Raises:
            SinkError: It cannot be written.
        """
        self._append(summary_of(source, tally, facts))
        self.keep()

    def keep(self) -> None:
        """The lines so far stay, whatever comes after them."""
        self._kept = self._file.tell()

    def forget(self) -> None:
        """Take back the lines since the last `keep`.

        Raises:
            SinkError: The disk is full.
        """
        try:
            if self._file.tell() != self._kept:
                self._file.seek(self._kept)
                self._file.truncate()
        except OSError as error:
            raise sink_error(self._path, error) from error


@dataclass
class Tally:
    """Counts the results of one run.

    Attributes:
        frames: Frames that left, anonymized.
        faces: Faces located in them: one person in ten frames counts ten times.
        replaced: Those of them that left as somebody else's.
        covered: Those of them that left covered.
        kept: Those of them that left as they were, because the policy names them.
        exposed: Those of them that left in no such way; it says nothing about faces that were not found.
        coasted: Those of them that the locator missed and whose track kept them hidden.
        failed: Frames covered whole because a stage raised.
        tracks: Different faces as far as they could be followed; somebody who comes back counts again.
        epsilon: Privacy loss by track, where the exponential mechanism spent any.
    """

    frames: int = 0
    faces: int = 0
    replaced: int = 0
    covered: int = 0
    kept: int = 0
    coasted: int = 0
    failed: int = 0
    epsilon: dict[int, float] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set, repr=False)

    @property
    def exposed(self) -> int:
        """Located faces that left neither replaced nor covered, and that nobody named."""
        return self.faces - self.replaced - self.covered - self.kept

    @property
    def total_epsilon(self) -> float:
        """Privacy loss of all tracks together: that of one person, where all are the same."""
        return math.fsum(self.epsilon.values())

    @property
    def tracks(self) -> int:
        """Different faces as far as they could be followed."""
        return len(self._seen)

    def add(self, result: Result) -> None:
        """Count a frame.

        Args:
            result: The anonymized frame.
        """
        self.frames += 1
        self.faces += len(result.faces)
        self.replaced += sum(face.action == "replaced" for face in result.faces)
        self.covered += sum(face.action == "covered" for face in result.faces)
        self.kept += sum(face.action == "kept" for face in result.faces)
        self.epsilon.update({face.track: face.epsilon for face in result.faces if face.epsilon})
        self.coasted += sum(face.coasted for face in result.faces)
        self.failed += bool(result.failed)
        self._seen.update(face.track for face in result.faces)

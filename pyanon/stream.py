"""Source, anonymization and output, each in a thread of its own, joined by short queues.

::

    source ──> inbox ──> transform ──> outbox ──> sink, on_result

Frames leave in the order they came in. Whatever raises, anywhere, ends everything and reaches the caller. What the
sink gets came out of the transform: there is no other way to it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pyanon.errors import InputError, SourceError, StageError
from pyanon.types import Frame, Result
from pyanon.video.info import VideoInfo

__all__ = ["Lane", "Sink", "StreamReport", "run"]

_Item = TypeVar("_Item")

#: Bytes of frames a lane may hold where its length is not given, and its greatest length then.
_LANE_BYTES, _LANE_LENGTH = 256 << 20, 4
#: Seconds the threads get to notice that it is over; one that hangs in a library is left behind.
_PATIENCE = 3.0
#: Seconds between looks at a caller's stop event.
_GLANCE = 0.1


class Sink(Protocol):
    """What frames are written to; `pyanon.video.VideoSink` is one.

    Where it has a method ``end_here()``, it is called when the stream is told to stop before its source has ended.
    """

    def write(self, frame: Frame) -> None:
        """Take one anonymized frame."""


@dataclass
class StreamReport:
    """What a stream has done; it is kept up to date while the stream runs.

    Attributes:
        frames: Frames that left, anonymized.
        dropped: Frames that were never anonymized because the live source was faster.
        faces: Faces that were hidden in the frames that left.
        seconds: Wall-clock time from start to end.
        stopped: Whether it ended because it was told to.
    """

    frames: int = 0
    dropped: int = 0
    faces: int = 0
    seconds: float = 0.0
    stopped: bool = False

    @property
    def fps(self) -> float:
        """Frames per second of wall-clock time; 0 before the end."""
        return self.frames / self.seconds if self.seconds else 0.0


class _HaltedError(Exception):
    """The lane was shut because something else went wrong."""


class Lane(Generic[_Item]):
    """A queue of bounded length between two threads.

    Args:
        length: How many items it holds.
        drop_oldest: Where full, forget the oldest item instead of making the producer wait.

    Attributes:
        dropped: Items forgotten so far.
    """

    def __init__(self, length: int, *, drop_oldest: bool = False) -> None:
        self.length, self.dropped = length, 0
        self._drop_oldest = drop_oldest
        self._items: deque[_Item] = deque()
        self._ended = self._halted = False
        self._changed = threading.Condition()

    def put(self, item: _Item) -> None:
        """Append an item, waiting for room or making it.

        Args:
            item: The item.
        """
        with self._changed:
            while len(self._items) >= self.length and not self._closed and not self._drop_oldest:
                self._changed.wait()
            if self._closed:
                raise _HaltedError
            if len(self._items) >= self.length:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._changed.notify_all()

    def __iter__(self) -> Iterator[_Item]:
        while True:
            with self._changed:
                while not self._items and not self._closed:
                    self._changed.wait()
                if self._halted:
                    raise _HaltedError
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
            del item  # not to be kept while waiting for the next

    def end(self) -> None:
        """No more items come; those inside are still delivered."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def halt(self) -> None:
        """Stop at once, on both sides; what is inside is forgotten."""
        with self._changed:
            self._halted = True
            self._items.clear()
            self._changed.notify_all()

    @property
    def _closed(self) -> bool:
        return self._ended or self._halted


@dataclass
class _Parts:
    source: Iterable[Frame]
    transform: Callable[[Iterator[Frame]], Iterable[Result]]
    sink: Sink | None
    on_result: Callable[[Result], object] | None


class _Run:
    """One stream while it runs."""

    def __init__(self, parts: _Parts, *, inbox: Lane[Frame], outbox: Lane[Result], report: StreamReport) -> None:
        self._parts, self._inbox, self._outbox, self._report = parts, inbox, outbox, report
        self._failure: BaseException | None = None
        self._source_error: SourceError | None = None
        self._stopped = False
        self._over = threading.Event()
        steps = {"source": self._read, "anonymizer": self._transform, "output": self._write}
        self._threads = [
            threading.Thread(target=self._guarded, args=(step,), name=f"pyanon-{name}", daemon=True)
            for name, step in steps.items()
        ]

    def run(self, stop: threading.Event | None) -> None:
        try:
            for thread in self._threads:
                thread.start()
            self._wait(stop)
        except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt arrives here, in the main thread
            self._fail(error)
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        if self._failure is not None:
            raise self._failure
        if self._stopped:
            getattr(self._parts.sink, "end_here", _nothing)()
        elif self._source_error is not None:
            raise self._source_error

    def _wait(self, stop: threading.Event | None) -> None:
        if stop is None:
            self._over.wait()
            return
        while not self._over.wait(_GLANCE):
            if stop.is_set() and not self._stopped:
                self._stopped = self._report.stopped = True
                self._inbox.end()  # what was read is still anonymized and written

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except _HaltedError:
            pass
        except BaseException as error:  # noqa: BLE001 - everything a thread raises is the caller's
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None and not self._over.is_set():
            self._failure = error
        self._inbox.halt()
        self._outbox.halt()
        self._over.set()

    def _read(self) -> None:
        try:
            for frame in self._parts.source:
                self._inbox.put(frame)
                self._report.dropped = self._dropped()
        except SourceError as error:
            # The source broke off: what it delivered before is worth keeping, then the caller is told.
            self._source_error = error
        self._inbox.end()

    def _dropped(self) -> int:
        return self._inbox.dropped + int(getattr(self._parts.source, "dropped", 0))

    def _transform(self) -> None:
        results = self._parts.transform(iter(self._inbox))
        try:
            for result in results:
                self._outbox.put(result)
                del result
        finally:
            if hasattr(results, "close"):
                results.close()
        self._outbox.end()

    def _write(self) -> None:
        for result in self._outbox:
            if not isinstance(result, Result):
                raise StageError(
                    "stream", "the transform gave something that is no result", given=type(result).__name__
                )
            if self._parts.sink is not None:
                self._parts.sink.write(result.output)
            self._report.frames += 1
            self._report.faces += len(result.faces)
            if self._parts.on_result is not None:
                self._parts.on_result(result)
            del result
        self._over.set()


def run(
    source: Iterable[Frame],
    transform: Callable[[Iterator[Frame]], Iterable[Result]],
    sink: Sink | None = None,
    *,
    live: bool = False,
    queue: int | None = None,
    on_result: Callable[[Result], object] | None = None,
    stop: threading.Event | None = None,
    report: StreamReport | None = None,
) -> StreamReport:
    """Pass the frames of a source through a transform into a sink.

    Neither the source nor the sink is closed: that is for the caller, best in a ``with`` statement.

    Args:
        source: Frames; `pyanon.video.VideoSource` is one.
        transform: Makes results of frames, in order; ``anonymizer.stream`` is one.
        sink: Takes the anonymized frames; None where ``on_result`` does all.
        live: Where the transform is slower than the source, forget the oldest waiting frame and count it. Otherwise
            the source waits and no frame is ever left out.
        queue: How many frames wait at most before the transform, and after it; None for what 256 MiB hold, up to 4.
        on_result: Called with each result after it is written, in the output's thread.
        stop: Set it to end early: what was read so far is still anonymized and written.
        report: To be kept up to date while the stream runs, for a progress bar; None for a new one.

    Returns:
        The report.

    Raises:
        InputError: ``queue`` is not positive.
        SourceError: The source broke off; all that it delivered before has been written.
        BaseException: Whatever the source, the transform, the sink or ``on_result`` raised, as it was raised.
    """
    if queue is not None and queue < 1:
        raise InputError("the queue has no room", given=queue, expected="1 or more")
    length = queue or _length(source)
    report = report or StreamReport()
    start = time.monotonic()
    stream = _Run(
        _Parts(source, transform, sink, on_result),
        inbox=Lane(length, drop_oldest=live),
        outbox=Lane(length),
        report=report,
    )
    try:
        stream.run(stop)
    finally:
        report.seconds = time.monotonic() - start
    return report


def _nothing() -> None:
    """What is done where there is nothing to do."""


def _length(source: object) -> int:
    info = getattr(source, "info", None)
    size = 3 * info.width * info.height if isinstance(info, VideoInfo) else 1
    return max(1, min(_LANE_LENGTH, _LANE_BYTES // size))

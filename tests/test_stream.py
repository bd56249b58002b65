"""Source, transform and sink in their threads: order, errors from every side, live drops, stopping."""

from __future__ import annotations

import _thread
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from pyanon import stream
from pyanon.errors import InputError, SourceError, StageError, TruncatedSourceError
from pyanon.stream import Lane, StreamReport, run
from pyanon.types import Frame, Result


def frame(index: int) -> Frame:
    return Frame(np.full((4, 4, 3), index % 251, np.uint8), pts=index, index=index)


def endless() -> Iterator[Frame]:
    return map(frame, itertools.count())


def cover(frames: Iterable[Frame]) -> Iterator[Result]:
    """Paints every frame black, so that a source pixel in the sink is seen at once."""
    for taken in frames:
        yield Result(Frame(np.zeros_like(taken.pixels), pts=taken.pts, index=taken.index), (), {})


@dataclass
class Recorder:
    """A sink that keeps what it gets, and says so when it is told to stop early."""

    frames: list[Frame] = field(default_factory=list)
    ended_early: bool = False

    def write(self, taken: Frame) -> None:
        self.frames.append(taken)

    def end_here(self) -> None:
        self.ended_early = True


class Broken:
    """A sink that fails at its third frame."""

    def __init__(self) -> None:
        self.count = 0

    def write(self, taken: Frame) -> None:
        self.count += 1
        if self.count == 3:
            raise BufferError("the sink is broken")


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("pyanon-")]


#: What the parts that hang are waiting for.
RELEASE = threading.Event()


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    RELEASE.clear()
    yield
    RELEASE.set()
    for thread in threads():
        thread.join(20)
    assert threads() == []


def in_time(action: Callable[[], object]) -> object:
    """Run in a thread that can be given up: a stream that hangs must fail, not hang the tests."""
    outcome: list[object] = []

    def attempt() -> None:
        try:
            outcome.append(action())
        except BaseException as error:  # noqa: BLE001 - handed on to the test
            outcome.append(error)

    runner = threading.Thread(target=attempt, daemon=True)
    runner.start()
    runner.join(30)
    assert outcome, "the stream did not end"
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


@pytest.mark.parametrize("queue", [1, 2, 7])
def test_frames_leave_complete_and_in_order(queue: int) -> None:
    sink = Recorder()
    seen: list[int] = []
    report = run(
        map(frame, range(300)), cover, sink, queue=queue, on_result=lambda result: seen.append(result.output.index)
    )
    assert [taken.index for taken in sink.frames] == seen == list(range(300))
    assert (report.frames, report.dropped, report.stopped) == (300, 0, False)
    assert report.seconds > 0
    assert report.fps > 0
    assert not sink.ended_early


def test_what_reaches_the_sink_came_out_of_the_transform() -> None:
    sink = Recorder()
    run(map(frame, range(1, 50)), cover, sink)
    assert not any(taken.pixels.any() for taken in sink.frames)


def test_a_frame_that_is_no_result_never_reaches_the_sink() -> None:
    sink = Recorder()
    with pytest.raises(StageError, match="no result"):
        in_time(lambda: run(endless(), lambda frames: frames, sink))  # type: ignore[arg-type, return-value]
    assert sink.frames == []


def test_no_frames_are_no_frames() -> None:
    assert run(iter(()), cover, Recorder()).frames == 0


def test_a_transform_may_hold_frames_back_and_give_them_at_the_end() -> None:
    def look_ahead(frames: Iterator[Frame]) -> Iterator[Result]:
        held: list[Result] = []
        for result in cover(frames):
            held.append(result)
            if len(held) > 20:
                yield held.pop(0)
        yield from held

    sink = Recorder()
    run(map(frame, range(50)), look_ahead, sink, queue=2)
    assert [taken.index for taken in sink.frames] == list(range(50))


class Failure(BaseException):
    """Not an Exception: whatever is raised must arrive."""


def failing_source() -> Iterator[Frame]:
    yield from map(frame, range(5))
    raise Failure("source")


def failing_transform(frames: Iterator[Frame]) -> Iterator[Result]:
    yield from itertools.islice(cover(frames), 5)
    raise Failure("transform")


def failing_callback(result: Result) -> None:
    if result.output.index >= 5:
        raise Failure("callback")


def stuck(frames: Iterable[Frame]) -> Iterator[Result]:
    """A transform that takes one frame and never comes back, until the test is over."""
    for taken in frames:
        RELEASE.wait()
        yield from cover([taken])


def stuck_source() -> Iterator[Frame]:
    yield frame(0)
    RELEASE.wait()


class StuckSink:
    def write(self, taken: Frame) -> None:
        RELEASE.wait()


def failing_at_once(frames: Iterator[Frame]) -> Iterator[Result]:
    yield from cover([next(frames)])
    raise Failure("transform")


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize(
    ("source", "transform", "callback", "text"),
    [
        (failing_source, cover, None, "source"),
        (endless, failing_transform, None, "transform"),
        (endless, cover, failing_callback, "callback"),
        (failing_source, stuck, None, "source"),
        (stuck_source, failing_at_once, None, "transform"),
    ],
)
def test_a_raise_anywhere_ends_everything(
    source: Callable[[], Iterator[Frame]],
    transform: Callable[[Iterator[Frame]], Iterator[Result]],
    callback: Callable[[Result], None] | None,
    text: str,
    live: bool,
) -> None:
    with pytest.raises(Failure, match=text):
        in_time(lambda: run(source(), transform, Recorder(), live=live, queue=5, on_result=callback))


def test_a_raise_while_the_source_waits_for_room() -> None:
    full = threading.Event()

    def source() -> Iterator[Frame]:
        for index in itertools.count():
            if index == 2:  # one is taken, one waits, this one finds no room
                full.set()
            yield frame(index)

    def transform(frames: Iterator[Frame]) -> Iterator[Result]:
        next(frames)
        full.wait()
        raise Failure("transform")
        yield  # makes it a generator

    with pytest.raises(Failure, match="transform"):
        in_time(lambda: run(source(), transform, Recorder(), queue=1))


def test_the_threads_get_less_than_five_seconds_to_end() -> None:
    assert stream._PATIENCE < 5


def test_a_broken_sink_ends_everything() -> None:
    with pytest.raises(BufferError, match="the sink is broken"):
        in_time(lambda: run(endless(), cover, Broken(), queue=1))


def test_a_source_that_fails_while_the_sink_hangs() -> None:
    with pytest.raises(Failure, match="source"):
        in_time(lambda: run(failing_source(), cover, StuckSink(), queue=5))


def test_the_first_error_is_the_one_that_is_told() -> None:
    def follow(frames: Iterator[Frame]) -> Iterator[Result]:
        try:
            yield from cover(frames)
        except Exception as error:
            raise StageError("locate", "it was interrupted") from error

    with pytest.raises(Failure, match="source"):
        in_time(lambda: run(failing_source(), follow, Recorder()))


def test_an_error_keeps_its_traceback() -> None:
    with pytest.raises(Failure) as caught:
        run(failing_source(), cover)
    assert "failing_source" in [entry.name for entry in caught.traceback]


def test_a_transform_is_closed() -> None:
    closed = threading.Event()

    def transform(frames: Iterator[Frame]) -> Iterator[Result]:
        try:
            yield from cover(frames)
        finally:
            closed.set()

    with pytest.raises(BufferError):
        in_time(lambda: run(endless(), transform, Broken()))
    assert closed.wait(60)


@pytest.mark.parametrize("kind", [TruncatedSourceError, SourceError])
def test_what_a_broken_off_source_delivered_is_written_before_its_error_arrives(kind: type[SourceError]) -> None:
    def source() -> Iterator[Frame]:
        yield from map(frame, range(30))
        raise kind("it broke off")

    sink = Recorder()
    with pytest.raises(kind, match="broke off"):
        in_time(lambda: run(source(), cover, sink, queue=2))
    assert len(sink.frames) == 30


def test_ctrl_c_in_the_main_thread_ends_the_stream() -> None:
    sink = Recorder()
    with pytest.raises(KeyboardInterrupt):
        run(endless(), cover, sink, on_result=lambda _: _thread.interrupt_main())
    count = len(sink.frames)
    assert threads() == []
    assert len(sink.frames) == count


@pytest.mark.parametrize("source", [endless, stuck_source])
def test_stop_finishes_what_was_read(source: Callable[[], Iterator[Frame]]) -> None:
    stop, sink = threading.Event(), Recorder()
    report = in_time(lambda: run(source(), cover, sink, stop=stop, on_result=lambda _: stop.set()))
    assert isinstance(report, StreamReport)
    assert report.stopped
    assert report.frames == len(sink.frames) >= 1
    assert [taken.index for taken in sink.frames] == list(range(len(sink.frames)))
    assert sink.ended_early


def test_a_live_source_drops_its_oldest_frames_and_counts_them() -> None:
    offered, first_taken, all_offered = 100, threading.Event(), threading.Event()

    def source() -> Iterator[Frame]:
        yield frame(0)
        first_taken.wait()
        yield from map(frame, range(1, offered))
        all_offered.set()

    def slow(frames: Iterator[Frame]) -> Iterator[Result]:
        first = next(frames)
        first_taken.set()
        all_offered.wait()
        yield from cover(itertools.chain([first], frames))

    sink = Recorder()
    report = run(source(), slow, sink, live=True, queue=3)
    kept = [taken.index for taken in sink.frames]
    assert kept == [0, 97, 98, 99], "the newest are kept"
    assert report.dropped == 96


def test_a_file_never_drops() -> None:
    def slow(frames: Iterator[Frame]) -> Iterator[Result]:
        for result in cover(frames):
            time.sleep(0.001)
            yield result

    report = run(map(frame, range(100)), slow, Recorder(), queue=1)
    assert (report.frames, report.dropped) == (100, 0)


def test_what_the_source_itself_dropped_is_counted_too() -> None:
    class Camera:
        dropped = 7

        def __iter__(self) -> Iterator[Frame]:
            return map(frame, range(3))

    assert run(Camera(), cover).dropped == 7


def test_a_report_can_be_watched() -> None:
    report, seen = StreamReport(), []
    assert run(map(frame, range(5)), cover, on_result=lambda _: seen.append(report.frames), report=report) is report
    assert seen == [1, 2, 3, 4, 5]


def test_memory_is_bounded_by_the_queues() -> None:
    """At no moment are more frames alive than the lanes and the hands of the three threads can hold."""
    import weakref

    alive: weakref.WeakSet[Frame] = weakref.WeakSet()
    most = 0

    def source() -> Iterator[Frame]:
        nonlocal most
        for index in range(500):
            made = frame(index)
            alive.add(made)
            most = max(most, len(alive))
            yield made
            del made

    run(source(), cover, queue=2)
    assert most <= 2 + 4


@pytest.mark.parametrize("queue", [0, -1])
def test_a_queue_without_room_is_refused(queue: int) -> None:
    with pytest.raises(InputError, match="no room"):
        run(endless(), cover, queue=queue)


def test_lane_wakes_a_waiting_producer_when_it_is_halted() -> None:
    lane: Lane[int] = Lane(1)
    lane.put(1)
    ended = threading.Event()

    def put() -> None:
        with pytest.raises(stream._HaltedError):
            lane.put(2)
        ended.set()

    producer = threading.Thread(target=put, daemon=True)
    producer.start()
    lane.halt()
    assert ended.wait(60)

"""Cameras and streams: the newest frames, for as long as they come."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error

from pyanon.errors import (
    InputError,
    PyanonError,
    SourceError,
    SourceNotFoundError,
    TruncatedSourceError,
    UnsupportedMediaError,
)
from pyanon.types import Frame
from pyanon.video.feed import Feed, LiveSettings, feed_of
from pyanon.video.gpu import GpuPictures, ToPixels, cuda_device, gpu_failed
from pyanon.video.info import VideoInfo
from pyanon.video.orientation import UPRIGHT, Orientation, orientation_of
from pyanon.video.probe import choose_stream, describe, set_threads
from pyanon.video.sniff import acceptable, open_input
from pyanon.video.source import VideoSource
from pyanon.video.timeline import Timeline

__all__ = ["BACK_OFF", "Clock", "LiveSource"]

#: Seconds before the first, second, ... attempt to connect again; the last one is repeated.
BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Clock:
    """The time, and waiting for it: replaced in tests.

    Attributes:
        now: Seconds on a clock that never goes back.
        wait: Waits for some seconds, or less where the event is set.
    """

    now: Callable[[], float] = time.monotonic
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait


@dataclass(frozen=True)
class _Moment:
    """A decoded frame on its way to whoever fetches it."""

    decoded: av.VideoFrame
    pts: int
    index: int


@dataclass(frozen=True)
class _Session:
    """One connection's clock against the source's.

    Attributes:
        scale: Units of the source's clock for one of the connection's.
        shift: What to add, in units of the source's clock.
        begin: When its first frame came, in seconds of the system's clock.
    """

    scale: Fraction
    shift: int
    begin: float

    def place(self, pts: int | None) -> int | None:
        return None if pts is None else round(pts * self.scale) + self.shift

    def due(self, pts: int, time_base: Fraction) -> float:
        return self.begin + float((pts - self.shift) * time_base)


class LiveSource(VideoSource):
    """The newest frames of a camera or a stream; frames that nobody fetches in time are dropped and counted.

    A thread of its own reads. Where the connection is lost it is opened again, at growing intervals, until
    ``patience`` seconds have passed without a frame: then `TruncatedSourceError` is raised. A file ends at its end.

    Args:
        source: Number or path of a camera, an address, or the path of a video file.
        settings: How it is read.
        clock: The time; None for the system's.
        gpu: What keeps frames on a GPU (`open_camera`); None: they are NumPy arrays.

    Attributes:
        reconnects: How often it was opened again.

    Raises:
        SourceNotFoundError: There is no such camera or file.
        UnsupportedMediaError: It delivers no video.
        SourceError: It delivers nothing within the time-out.
    """

    def __init__(
        self,
        source: str | Path | int,
        *,
        settings: LiveSettings,
        clock: Clock | None = None,
        gpu: GpuPictures | None = None,
    ) -> None:
        self._settings, self._clock, self._gpu = settings, clock or Clock(), gpu
        self._feed = feed_of(source, settings)
        self.reconnects = 0
        self._waiting: deque[_Moment] = deque()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._ended = self._started = False
        self._error: BaseException | None = None
        self._known: VideoInfo | None = None
        self._timeline: Timeline | None = None
        self._thread = threading.Thread(target=self._read, name="pyanon-live", daemon=True)
        self._thread.start()
        self.info = self._await_info()

    def __iter__(self) -> Iterator[Frame]:
        if self._started:
            raise InputError("the frames of a source can be read once", given=self._feed.name, do="open it again")
        self._started = True
        return self._frames()

    def close(self) -> None:
        """Stop reading. A read that is under way may take up to the time-out to notice; nobody waits for it."""
        self._stop.set()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    # The fetching side.

    def _frames(self) -> Iterator[Frame]:
        turn, to_pixels = UPRIGHT, self._turned(UPRIGHT)
        while (moment := self._fetch()) is not None:
            if orientation_of(moment.decoded) != turn:
                turn = orientation_of(moment.decoded)
                to_pixels = self._turned(turn)
            pixels = to_pixels(moment.decoded)
            yield Frame(pixels, pts=moment.pts, time_base=self.info.time_base, index=moment.index)

    def _turned(self, turn: Orientation) -> ToPixels:
        return ToPixels(turn.size(self.info.width, self.info.height), turn=turn, gpu=self._gpu)

    def _fetch(self) -> _Moment | None:
        limit = self._settings.patience + self._settings.timeout
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended or self._stop.is_set(), timeout=limit)
            if self._stop.is_set():
                return None
            if self._waiting:
                return self._waiting.popleft()
            if not self._ended:  # a driver that hangs in a read: the reading thread cannot notice
                raise self._lost(None)
            if self._error is not None:
                raise self._error
            return None

    def _await_info(self) -> VideoInfo:
        with self._changed:
            # Finding out what a stream holds takes a second read after the connection.
            self._changed.wait_for(lambda: self._known or self._ended, timeout=2 * self._settings.timeout)
        if self._known is not None:
            return self._known
        self.close()
        if self._error is not None:
            raise self._error
        raise SourceError("the live source delivers nothing", given=self._feed.name, do="check that it is switched on")

    # The reading side: a thread of its own.

    def _read(self) -> None:
        try:
            self._read_until_lost()
        except Exception as error:  # noqa: BLE001 - everything a thread raises is the fetching side's
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_until_lost(self) -> None:
        self._seen = self._clock.now()
        self._index, attempt = 0, 0
        while not self._stop.is_set():
            before, reason = self._index, None
            try:
                self._session()
            except (PyanonError, av.error.FFmpegError) as error:
                reason = error
            if self._stop.is_set():
                return
            if self._known is None:
                raise _cannot_open(self._feed, reason)
            if self._feed.paced:  # its end, or damage: opening it again would start from the beginning
                return
            if self._clock.now() - self._seen >= self._settings.patience:
                raise self._lost(reason)
            attempt = 0 if self._index > before else attempt + 1
            self._clock.wait(self._stop, BACK_OFF[min(attempt, len(BACK_OFF) - 1)])
            self.reconnects += 1

    def _session(self) -> None:
        """One connection, from opening it to its end."""
        timeout = self._settings.timeout
        container = open_input(
            self._feed.address,
            format=self._feed.format,
            options=dict(self._feed.options),
            timeout=timeout,
            hwaccel=cuda_device(self._gpu),
        )
        with contextlib.closing(container):
            if self._feed.paced and not acceptable(container):
                raise UnsupportedMediaError("the input is not a video", given=self._feed.name, do="check the file")
            stream = choose_stream(container, name=self._feed.name)
            set_threads(stream.codec_context)
            session: _Session | None = None
            for decoded in self._decode(container, stream):
                if self._known is None:
                    self._announce(container, stream, decoded)
                session = session or self._begin_session(stream, decoded)
                self._publish(decoded, session)
                if self._stop.is_set():
                    return

    def _decode(self, container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        for packet in container.demux(stream):
            yield from self._decode_packet(packet)

    def _decode_packet(self, packet: av.Packet[av.VideoStream]) -> list[av.VideoFrame]:
        try:
            return packet.decode()
        except av.error.InvalidDataError:
            self.corrupt += 1
            return []
        except av.error.ExternalError as error:
            raise gpu_failed(self._feed.name) from error

    def _announce(self, container: av.container.InputContainer, stream: av.VideoStream, first: av.VideoFrame) -> None:
        turn = orientation_of(first)
        info = describe(container, stream, first=first, orientation=turn, name=self._feed.name, live=True)
        with self._changed:
            self._known = info
            self._changed.notify_all()

    def _begin_session(self, stream: av.VideoStream, first: av.VideoFrame) -> _Session:
        """Go on where the clock is now, however the camera counts after it was connected again."""
        info, now = self._known, self._clock.now()
        if info is None:
            raise SourceError("the live source is not known yet", given=self._feed.name)
        scale = Fraction(stream.time_base or info.time_base) / info.time_base
        if self._timeline is None:
            self._timeline = Timeline(time_base=info.time_base, step=1 / info.rate)
            self._seen = now
            return _Session(scale, shift=0, begin=now - float((first.pts or 0) * scale * info.time_base))
        gap = round(Fraction(now - self._seen) / info.time_base)
        return _Session(scale, shift=self._timeline.last + gap - round((first.pts or 0) * scale), begin=now)

    def _publish(self, decoded: av.VideoFrame, session: _Session) -> None:
        if self._timeline is None or self._known is None:
            return
        pts = self._timeline.place(session.place(decoded.pts))
        if self._feed.paced:
            self._clock.wait(self._stop, session.due(pts, self._known.time_base) - self._clock.now())
        self._seen = self._clock.now()
        with self._changed:
            if len(self._waiting) >= self._settings.queue:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(_Moment(decoded, pts, self._index))
            self._index += 1
            self._changed.notify_all()

    def _lost(self, reason: BaseException | None) -> SourceError:
        error = TruncatedSourceError(
            f"the live source has delivered nothing for {self._settings.patience:g} seconds",
            given=self._feed.name,
            do="check the camera and the network; what came before was delivered",
        )
        error.__cause__ = reason
        return error


def _cannot_open(feed: Feed, reason: BaseException | None) -> PyanonError:
    """What to raise where a live source was never seen to deliver anything."""
    if isinstance(reason, PyanonError):
        return reason
    if isinstance(reason, FileNotFoundError | av.error.HTTPNotFoundError):
        return SourceNotFoundError("nothing is found at this address", given=feed.name, do="check it")
    # A server that says nothing until the time-out looks like invalid data to the demuxer of RTSP.
    if isinstance(reason, av.error.InvalidDataError) and not feed.address.startswith("rtsp"):
        return UnsupportedMediaError("the input is not a video", given=feed.name, do="check it")
    text = getattr(reason, "strerror", None) or "it ended at once"
    return SourceError(f"the live source cannot be read ({text})", given=feed.name, do="check that it is switched on")

"""Videos, streams and cameras of a Jetson whose frames are on its GPU from the start: asked for by ``nvmm:``.

**Not run on a board yet**: see `pyanon.video.gstreamer`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from pyanon.errors import InputError, SourceError, TruncatedSourceError
from pyanon.types import Frame
from pyanon.video.feed import LiveSettings
from pyanon.video.gpu import GpuPictures
from pyanon.video.gstreamer import PREFIX, Pipeline, is_endless, pipeline_of
from pyanon.video.info import VideoInfo
from pyanon.video.live import BACK_OFF, Clock
from pyanon.video.source import VideoSource
from pyanon.video.timeline import Timeline

__all__ = ["NvmmSource"]

#: GStreamer counts nanoseconds, of which a pause of more than two seconds would be too many for MP4.
_TIME_BASE = Fraction(1, 1_000_000)


class NvmmSource(VideoSource):
    """Frames whose pixels are on the GPU of a Jetson from the start.

    Args:
        source: See `pipeline_of`.
        settings: How it is read.
        gpu: What makes pictures of surfaces.
        live: Whether the newest frames are wanted, and not all of them.
        clock: The time; None for the system's.

    Attributes:
        reconnects: How often a live source was opened again.

    Raises:
        InputError: There is nothing to make pictures with.
        SourceNotFoundError: There is no such file or camera.
        SourceError: GStreamer cannot be used, or it delivers nothing in time.
    """

    def __init__(
        self, source: str, *, settings: LiveSettings, gpu: GpuPictures | None, live: bool, clock: Clock | None = None
    ) -> None:
        if gpu is None:
            raise InputError(
                "pictures in NVMM need a GPU to make them",
                given=source,
                expected="gpu=anonymizer.gpu_pictures, and not None",
                do="see `pyanon doctor` for what is missing, or leave 'nvmm:' out",
            )
        self._name, self._settings, self._gpu = source.removeprefix(PREFIX), settings, gpu
        self._text, self._endless = pipeline_of(source, settings, live=live), live and is_endless(self._name)
        self._clock, self._stop, self._lock = clock or Clock(), threading.Event(), threading.Lock()
        self.reconnects, self._started, self._shift = 0, False, 0
        self._pipeline = Pipeline(self._text, name=self._name)
        try:
            self._first: Any = self._first_of(self._pipeline)
            self.info = self._describe(live)
        except BaseException:
            self.close()
            raise
        self._timeline = Timeline(time_base=_TIME_BASE, step=1 / self.info.rate)
        self._seen = self._clock.now()

    def __iter__(self) -> Iterator[Frame]:
        if self._started:
            raise InputError("the frames of a source can be read once", given=self._name, do="open it again")
        self._started = True
        return self._frames()

    def close(self) -> None:
        """Stop; a thread that waits for a frame at this moment gets none."""
        self._stop.set()
        with self._lock:
            self._pipeline.close()

    def _describe(self, live: bool) -> VideoInfo:
        caps = self._first.get_caps().get_structure(0)
        width, height = (int(caps.get_int(side)[1]) for side in ("width", "height"))
        known, over, under = caps.get_fraction("framerate")
        rate = Fraction(over, under) if known and over > 0 and under > 0 else Fraction(25)
        duration = None if live else self._pipeline.duration()
        width, height = self._pipeline.turn.size(width, height)
        return VideoInfo(
            source=self._name,
            width=width,
            height=height,
            rate=rate,
            time_base=_TIME_BASE,
            frame_count=max(1, round(duration * rate)) if duration is not None else None,
            duration=duration,
            container="gstreamer",
            live=live,
        )

    def _frames(self) -> Iterator[Frame]:
        index, sample, self._first = 0, self._first, None
        while sample is not None:
            pts = self._pipeline.pts(sample)
            placed = self._timeline.place(None if pts is None else pts + self._shift)
            pixels = self._gpu.nvmm(self._pipeline.surface(sample), turn=self._pipeline.turn)
            del sample  # its surface goes back to the decoder
            yield Frame(pixels, pts=placed, time_base=_TIME_BASE, index=index)
            index, sample = index + 1, self._next()

    def _next(self) -> Any:
        """The next sample; None at the end of a file, or where this was closed."""
        self._seen = self._clock.now()
        try:
            sample = self._pipeline.pull(self._settings.timeout)
        except SourceError as error:
            return self._again(error)
        return self._again(None) if sample is None and self._endless else sample

    def _again(self, reason: SourceError | None) -> Any:
        """The first sample of a new connection, whose clock goes on where that of the old one would be now."""
        if self._stop.is_set():
            return None
        attempt = 0
        while self._endless and self._clock.now() - self._seen < self._settings.patience:
            self._clock.wait(self._stop, BACK_OFF[min(attempt, len(BACK_OFF) - 1)])
            if self._stop.is_set():
                return None
            attempt, self.reconnects = attempt + 1, self.reconnects + 1
            with contextlib.suppress(SourceError):
                return self._reopened()
        raise TruncatedSourceError(
            "the source broke off", given=self._name, do="check it; what came before was delivered"
        ) from reason

    def _first_of(self, pipeline: Pipeline) -> Any:
        sample = pipeline.pull(self._settings.timeout)
        if sample is None:
            raise SourceError("the source holds no frame", given=self._name, expected="at least one")
        return sample

    def _reopened(self) -> Any:
        with self._lock:
            self._pipeline.close()
            if self._stop.is_set():
                return None
            self._pipeline = Pipeline(self._text, name=self._name)
        sample = self._first_of(self._pipeline)
        gap = round(Fraction(self._clock.now() - self._seen) / _TIME_BASE)
        self._shift = self._timeline.last + gap - (self._pipeline.pts(sample) or 0)
        return sample

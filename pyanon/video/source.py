"""Reading videos: every frame upright, in RGB, with the exact time it is shown at."""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeAlias, TypeVar

import av
import av.error

from pyanon.errors import InputError, SourceError, TruncatedSourceError, UnsupportedMediaError
from pyanon.types import Frame
from pyanon.video.completeness import missing_bytes
from pyanon.video.gpu import GpuPictures, ToPixels, cuda_device, gpu_failed
from pyanon.video.info import VideoInfo
from pyanon.video.orientation import orientation_of
from pyanon.video.probe import choose_stream, describe, is_address, open_container, set_threads
from pyanon.video.timeline import Timeline

__all__ = ["FileSource", "VideoSource"]

#: Failed reads in a row after which the rest of a file is given up.
_MAX_ERRORS = 100
#: Seconds that the last packet may end before the container says so.
_END_TOLERANCE = 0.5

_Source = TypeVar("_Source", bound="VideoSource")
_Packet: TypeAlias = "av.Packet[av.VideoStream]"


class VideoSource(ABC):
    """Frames of a video, one after the other; a context manager that closes itself.

    Attributes:
        info: What is known of it before its frames are read.
        corrupt: Packets and frames so far that could not be decoded.
        dropped: Frames so far that were left out because nobody fetched them in time (live sources only).
    """

    info: VideoInfo
    corrupt: int = 0
    dropped: int = 0

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """The frames, in the order they are shown in; can be asked for once."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file or the device; may be called from any thread, and more than once."""

    def __enter__(self: _Source) -> _Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FileSource(VideoSource):
    """The frames of a video file, or of one behind an http(s) address.

    Corrupt packets are counted and passed over. Where the file breaks off before its own index says so, every frame
    that can be decoded is delivered first, and then `TruncatedSourceError` is raised.

    Args:
        source: Path or address.
        timeout: Seconds to wait for a server.
        gpu: What keeps frames on a GPU (`open_video`); None: they are NumPy arrays.

    Raises:
        SourceNotFoundError: It does not exist.
        UnsupportedMediaError: It is empty, no video, or holds no frame.
        TruncatedSourceError: It broke off before its first frame.
        SourceError: The server does not deliver it.
    """

    def __init__(self, source: str | Path, *, timeout: float = 10.0, gpu: GpuPictures | None = None) -> None:
        self._path = None if is_address(source) else Path(source)
        self._name = str(source)
        self._lock = threading.Lock()  # a container must not be closed while it is being read
        self._closed = self._started = False
        self._broken: Exception | None = None
        self._end, self._gpu = 0.0, gpu
        self._container = open_container(source, timeout=timeout, hwaccel=cuda_device(gpu))
        try:
            self._stream = choose_stream(self._container, name=self._name)
            set_threads(self._stream.codec_context)
            self._decoded = self._decode()
            self._first = self._first_frame()
            self._orientation = orientation_of(self._first)
            self.info = self._describe()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Frame]:
        if self._started:
            raise InputError("the frames of a source can be read once", given=self._name, do="open it again")
        self._started = True
        return self._frames()

    def close(self) -> None:
        """Let go of the file; a thread that is reading a frame at this moment finishes that frame first."""
        self._closed = True
        with self._lock:
            self._container.close()

    def _describe(self) -> VideoInfo:
        return describe(
            self._container, self._stream, first=self._first, orientation=self._orientation, name=self._name
        )

    def _first_frame(self) -> av.VideoFrame:
        for frame in self._decoded:
            return frame
        if self._is_cut():
            raise self._cut()
        what = "none of its frames can be decoded" if self.corrupt else "the video has no frames"
        raise UnsupportedMediaError(what, given=self._name, expected="at least one frame", do="check the file")

    def _frames(self) -> Iterator[Frame]:
        timeline = Timeline(time_base=self.info.time_base, step=1 / self.info.rate)
        to_pixels = ToPixels((self._first.width, self._first.height), turn=self._orientation, gpu=self._gpu)
        for index, decoded in enumerate(itertools.chain([self._first], self._decoded)):
            pts = timeline.place(decoded.pts)
            yield Frame(to_pixels(decoded), pts=pts, time_base=self.info.time_base, index=index)
        if self._is_cut():
            raise self._cut()

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Every frame that can be decoded; the lock is held while the container is in use, never while waiting."""
        packets = self._packets()
        while True:
            with self._lock:
                if self._closed:
                    return
                packet = next(packets, None)
                frames = self._decode_packet(packet)
            yield from frames
            if packet is None:
                return

    def _decode_packet(self, packet: _Packet | None) -> list[av.VideoFrame]:
        try:
            return self._stream.codec_context.decode(packet)
        except av.error.MemoryError:
            raise
        except av.error.ExternalError as error:
            raise gpu_failed(self._name) from error  # a GPU that is lost must not look like a damaged file
        except (av.error.FFmpegError, EOFError):
            self.corrupt += 1
            return []

    def _packets(self) -> Iterator[_Packet]:
        self._errors = 0
        while self._errors < _MAX_ERRORS:
            if (yield from self._readable_run()):
                return

    def _readable_run(self) -> Generator[_Packet, None, bool]:
        """Packets up to the next damage; returns whether it was the end instead."""
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:  # the last one is empty, a sign of the end
                    self._errors = 0
                    self._note_end(packet)
                    yield packet
        except av.error.FFmpegError as error:
            self._errors, self._broken = self._errors + 1, error
            self.corrupt += 1
            return False
        return True

    def _note_end(self, packet: _Packet) -> None:
        if packet.pts is not None:
            self._end = max(self._end, float((packet.pts + (packet.duration or 0)) * packet.time_base))

    def _is_cut(self) -> bool:
        if self._closed:
            return False
        if self._path is None:
            return self._broken is not None
        return missing_bytes(self._path) > 0 or self._ends_early()

    def _ends_early(self) -> bool:
        """Matroska goes on behind damage where it can, and ends quietly where it cannot: its clock tells."""
        container = self._container
        if "matroska" not in container.format.name or len(container.streams) > 1 or not container.duration:
            return False
        return self._end < container.duration / 1_000_000 - _END_TOLERANCE  # both count from 0, not from the start

    def _cut(self) -> SourceError:
        return TruncatedSourceError(
            "the video breaks off before its end",
            given=self._name,
            expected="a complete file",
            do="fetch or copy it again; what could be decoded was delivered",
        )

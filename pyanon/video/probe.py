"""Opening containers: which stream is the video, what is known of it, and what is wrong where there is none."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.codec.hwaccel import HWAccel
from av.stream import Disposition

from pyanon.errors import SourceError, SourceNotFoundError, TruncatedSourceError, UnsupportedMediaError
from pyanon.video import sniff
from pyanon.video.colour import colour_of
from pyanon.video.completeness import missing_bytes
from pyanon.video.info import AudioInfo, VideoInfo
from pyanon.video.orientation import Orientation

__all__ = ["choose_stream", "describe", "is_address", "open_container", "set_threads"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
#: Rates above this come from containers that count ticks, not frames.
_MAX_RATE = 300
#: Pixels of a frame up to which one thread decodes: more threads cost CPU time and memory.
PIXELS_PER_THREAD = 1920 * 1088
_MAX_THREADS = 4


def is_address(source: object) -> bool:
    """Whether this is an address (``rtsp://...``) and not a path.

    Args:
        source: A path, an address, or the number of a camera.
    """
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def open_container(
    source: str | Path, *, timeout: float, hwaccel: HWAccel | None = None
) -> av.container.InputContainer:
    """Open a video file, or one behind an address, for reading.

    Args:
        source: Path or address.
        timeout: Seconds to wait for a server to answer, and for each read.
        hwaccel: What decodes on a GPU; None: nothing does.

    Raises:
        SourceNotFoundError: It does not exist.
        UnsupportedMediaError: It is empty, a still picture, or no video.
        TruncatedSourceError: It breaks off before its index.
        SourceError: The server does not deliver it.
    """
    if is_address(source):
        return _open_address(str(source), timeout=timeout, hwaccel=hwaccel)
    path = Path(source)
    sniff.read_head(path)
    if not path.is_file():
        raise UnsupportedMediaError("the input is not a file", given=path, do="open a device with open_camera()")
    if path.stat().st_size == 0:
        raise UnsupportedMediaError("the input is an empty file", given=path, do="fetch or copy it again")
    if sniff.is_picture(path):
        raise UnsupportedMediaError("the input is a still picture", given=path, do="open it with read_picture()")
    return _open_file(path, hwaccel)


def _open_file(path: Path, hwaccel: HWAccel | None) -> av.container.InputContainer:
    try:
        container = sniff.open_input(sniff.file_address(path), options=sniff.FILE_OPTIONS, hwaccel=hwaccel)
    except av.error.FFmpegError as error:
        if missing_bytes(path):
            raise TruncatedSourceError(
                "the video breaks off before the index that is needed to read it", given=path, do="fetch it again"
            ) from error
        raise _not_a_video(path) from error
    if not sniff.acceptable(container):
        container.close()
        raise _not_a_video(path)
    return container


def _not_a_video(path: Path) -> UnsupportedMediaError:
    return UnsupportedMediaError(
        "the input is not a video", given=path, expected="MP4, MOV, MKV, WebM, AVI, MPEG, GIF, ...", do="check the file"
    )


def _open_address(address: str, *, timeout: float, hwaccel: HWAccel | None) -> av.container.InputContainer:
    try:
        return sniff.open_input(address, timeout=timeout, hwaccel=hwaccel)
    except (av.error.HTTPNotFoundError, av.error.FileNotFoundError) as error:
        raise SourceNotFoundError("nothing is found at this address", given=address, do="check it") from error
    except av.error.InvalidDataError as error:
        raise UnsupportedMediaError("what this address delivers is not a video", given=address) from error
    except av.error.FFmpegError as error:
        raise SourceError(
            f"the address cannot be read ({error.strerror})", given=address, do="check that it is up and may be read"
        ) from error


def choose_stream(container: av.container.InputContainer, *, name: str) -> av.VideoStream:
    """The stream to anonymize: the one the container prefers, cover art and thumbnails left out.

    Args:
        container: An opened container.
        name: What to call it in an error.

    Raises:
        UnsupportedMediaError: It holds sound only, nothing at all, or a codec that cannot be decoded.
    """
    streams = sniff.video_streams(container)
    if not streams:
        raise UnsupportedMediaError(
            "the input holds sound only" if container.streams.audio else "the input holds no video stream",
            given=name,
            expected="a file with moving pictures",
        )
    best = container.streams.best("video")
    chosen = best if best in streams else streams[0]
    if chosen.codec_context is None:
        raise UnsupportedMediaError("no decoder for this video's codec is installed", given=name, do="convert it first")
    return chosen


def set_threads(context: av.VideoCodecContext) -> None:
    """Give a decoder as many threads as its pictures are worth; one where the GPU decodes.

    Args:
        context: The decoder, not yet opened.
    """
    wanted = context.width * context.height // PIXELS_PER_THREAD + 1
    context.thread_count = 1 if context.is_hwaccel else min(wanted, os.cpu_count() or 1, _MAX_THREADS)
    context.thread_type = "SLICE" if context.thread_count == 1 else "FRAME"


def describe(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    *,
    first: av.VideoFrame,
    orientation: Orientation,
    name: str,
    live: bool = False,
) -> VideoInfo:
    """All that is known of a video once its first frame is decoded.

    Args:
        container: The container.
        stream: The stream that was chosen.
        first: Its first frame.
        orientation: How its frames are turned upright.
        name: Path or address.
        live: Whether it has no end.
    """
    width, height = orientation.size(first.width, first.height)
    rate, duration = _rate(stream), None if live else _duration(container, stream)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return VideoInfo(
        source=name,
        width=width,
        height=height,
        rate=rate,
        time_base=Fraction(stream.time_base or Fraction(1, 1000)),
        frame_count=_frame_count(stream, rate=rate, duration=duration),
        duration=duration,
        codec=stream.codec_context.name,
        container=container.format.name,
        audio=tuple(_audio(audio) for audio in container.streams.audio),
        variable_rate=_is_variable(stream),
        live=live,
        colour=colour_of(first),
        sample_aspect=1 / aspect if orientation.swap else aspect,
        tags=dict(container.metadata),
        left_out=_left_out(container, stream),
    )


def _rate(stream: av.VideoStream) -> Fraction:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= _MAX_RATE:
            return Fraction(rate)
    return Fraction(25)


def _is_variable(stream: av.VideoStream) -> bool:
    average, base = stream.average_rate, stream.base_rate
    return bool(average and base and abs(average / base - 1) > 0.01)


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else None


def _frame_count(stream: av.VideoStream, *, rate: Fraction, duration: float | None) -> int | None:
    by_time = None if duration is None else max(1, round(duration * rate))
    # AVI counts the ticks of its clock where the rate varies; a count far from the time's is one of those.
    if stream.frames and (by_time is None or stream.frames <= 2 * by_time):
        return int(stream.frames)
    return by_time


def _audio(stream: av.AudioStream) -> AudioInfo:
    context = stream.codec_context
    if context is None:
        return AudioInfo(stream.index, "unknown")
    return AudioInfo(stream.index, context.name, context.sample_rate or 0, context.channels or 0)


def _left_out(container: av.container.InputContainer, chosen: av.VideoStream) -> tuple[str, ...]:
    covers = sum(bool(stream.disposition & Disposition.attached_pic) for stream in container.streams.video)
    counts = {
        "further video": len(sniff.video_streams(container)) - (chosen in sniff.video_streams(container)),
        "cover picture": covers,
        "subtitle stream": len(container.streams.subtitles),
        "data stream": len(container.streams.data),
        "attachment": len(container.streams.attachments),
        "chapter": len(container.chapters()),
    }
    return tuple(f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items() if count)

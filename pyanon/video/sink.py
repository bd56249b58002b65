"""Writing videos: complete under their name or not at all, and with nothing in them but what was written."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias, cast

import av
import av.error
from av.codec.hwaccel import HWAccel

from pyanon.errors import InputError, PyanonError, SinkError, TruncatedSourceError
from pyanon.types import Frame, ImageArray
from pyanon.video.atomic import AtomicFile, check_output, sink_error
from pyanon.video.audio import AudioCopy
from pyanon.video.colour import FromRgb, tag
from pyanon.video.formats import Encoder, choose_encoder, choose_nvenc, format_of
from pyanon.video.gpu import NO_DOOR, GpuPictures, ToNvenc, cuda_device, standard_of, why_not
from pyanon.video.info import VideoInfo
from pyanon.video.metadata import harmless_tags
from pyanon.video.network import check_reachable
from pyanon.video.palette import ToPalette
from pyanon.video.probe import PIXELS_PER_THREAD, is_address

__all__ = ["Audio", "SinkSettings", "VideoSink", "open_sink"]

#: What happens to the sound of a source: voices identify people, so that dropping it is the default.
Audio: TypeAlias = Literal["drop", "copy"]

_MAX_THREADS = 8
#: Seconds that giving up waits for a write that is under way.
_PATIENCE = 2.0


@dataclass(frozen=True)
class SinkSettings:
    """How a video is written.

    Attributes:
        audio: ``"drop"`` (the default: voices identify people) or ``"copy"``, which carries it over untouched.
        keep_metadata: Keep title, copyright, date, genre and language; never places, names, devices or thumbnails.
        quality: Constant rate factor of the encoder, lower is better; None for 20 in H.264 and 30 in VP9.
        preset: Speed of libx264; None for the one measured to cost least (docs/video.md).
        timeout: Seconds to wait for a server.
        gpu: What keeps frames on a GPU, for NVENC to encode them there; None: the CPU encodes.
    """

    audio: Audio = "drop"
    keep_metadata: bool = False
    quality: int | None = None
    preset: str | None = None
    timeout: float = 10.0
    gpu: GpuPictures | None = None

    def __post_init__(self) -> None:
        if self.audio not in ("drop", "copy"):
            raise InputError(
                "unknown choice for the sound", given=self.audio, expected='"drop" or "copy"', do="choose one of them"
            )


class VideoSink:
    """Takes frames and writes a video; see `open_sink`.

    In a ``with`` statement it is closed at the end, and aborted where an error passes through: then nothing is left
    under the output's name, and a file that was there before is still there. `TruncatedSourceError` is the exception:
    what came before the break is kept.

    Args:
        output: Path or address.
        like: The source.
        settings: How it is written.

    Attributes:
        frames: Frames written so far.
        codec: Name of the encoder: ``"h264_nvenc"`` where the GPU encodes.
        note: Why it is not the GPU's, where that was wanted; else empty.
    """

    def __init__(self, output: str | Path, *, like: VideoInfo, settings: SinkSettings) -> None:
        self._output, self._like = output, like
        self._format, self._settings = format_of(output), settings
        self.frames, self.codec, self.note = 0, "", ""
        self._time_base = self._format.time_base or like.time_base
        self._last: int | None = None
        self._end = Fraction(0)
        self._cut = self._done = False
        self._lock = threading.Lock()
        self._audio: AudioCopy | None = None
        on_cpu = choose_encoder(self._format, like=like, quality=settings.quality, preset=settings.preset)
        self._file = self._open_file(settings)
        try:
            with _reported(output):
                if not self._open_on_gpu():
                    self._open_container(on_cpu)
                    self._to_samples = _converter(on_cpu, like)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> VideoSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        elif isinstance(error, TruncatedSourceError) and self.frames:
            self.end_here()
            self.close()
        else:
            self.abort()

    def write(self, frame: Frame) -> None:
        """Add a frame.

        Args:
            frame: Of the size of the source, later than the one before.

        Raises:
            InputError: It has another size, or is not later than the one before, or the sink is closed.
            SinkError: It cannot be written (the disk is full, the server is gone, ...).
        """
        with self._lock:
            self._check(frame)
            moment = self._moment(frame)
            with _reported(self._output):
                samples = self._to_samples(frame)
                samples.pts, samples.time_base = moment, self._time_base
                samples.pict_type = 0  # the encoder decides
                self._mux(self._stream.encode(samples))
            self.frames += 1

    def end_here(self) -> None:
        """Say that the rest of the source is not wanted: copied sound then ends with the pictures."""
        self._cut = True

    def close(self) -> None:
        """Finish the file and let it appear under its name.

        Raises:
            SinkError: No frame was written, or the end of the file cannot be written; nothing appears.
        """
        with self._lock:
            if self._done:
                return
            try:
                with _reported(self._output):
                    self._finish()
            except BaseException:
                self._discard()
                raise
            self._done = True

    def abort(self) -> None:
        """Give up: nothing is left under the output's name, what was there before stays."""
        # A thread that hangs in a write (a stalled server) holds the lock: then only the hidden file can be removed.
        free = self._lock.acquire(timeout=_PATIENCE)
        try:
            if free and not self._done:
                self._discard()
            elif not free and self._file is not None:
                self._file.discard()
        finally:
            if free:
                self._lock.release()

    def _open_file(self, settings: SinkSettings) -> AtomicFile | None:
        if is_address(self._output):
            check_reachable(str(self._output), timeout=settings.timeout)
            return None
        source = None if is_address(self._like.source) else self._like.source
        return AtomicFile(check_output(Path(self._output), source=source))

    def _open_on_gpu(self) -> bool:
        """Opens it with NVENC; False where the CPU has to encode, with nothing written yet."""
        gpu, like, how = self._settings.gpu, self._like, self._settings
        encoder = choose_nvenc(self._format, like=like, quality=how.quality, preset=how.preset)
        standard = standard_of(like.colour, like.height)
        if gpu is None or encoder is None or standard is None:
            return False
        try:
            door = cuda_device(gpu)
            if door is None:
                self.note = f"{why_not() or NO_DOOR}: the CPU encodes"
                return False
            self._to_samples = _for_nvenc(ToNvenc(gpu, colour=like.colour, height=like.height, standard=standard))
            self._open_container(encoder, door)
        except (av.error.FFmpegError, NotImplementedError) as error:  # no session left, a size that it does not take
            self.note = f"NVENC cannot be opened ({getattr(error, 'strerror', None) or error}): the CPU encodes"
            self._let_go()
            if self._file is not None:
                self._file.seek(0)
                self._file.truncate()
            return False
        return True

    def _open_container(self, encoder: Encoder, hwaccel: HWAccel | None = None) -> None:
        settings, self.codec = self._settings, encoder.codec
        self._container = av.open(
            self._file or str(self._output),
            "w",
            format=self._format.container,
            container_options=self._muxer_options(settings),
            buffer_size=1 << 18,
        )
        self._stream = self._add_stream(encoder, hwaccel)
        if settings.keep_metadata:
            self._container.metadata.update(harmless_tags(self._like.tags))
        if settings.audio == "copy" and self._like.audio and self._format.sound:
            self._audio = AudioCopy(like=self._like, output=self._container)
        self._container.start_encoding()

    def _muxer_options(self, settings: SinkSettings) -> dict[str, str]:
        options = dict(self._format.options)
        if self._format.container == "rtsp":
            options["timeout"] = str(round(settings.timeout * 1_000_000))
        if self._format.container in {"mp4", "mov"}:
            # A start that is not 0 is written in units of the movie's clock: by default thousandths, too coarse.
            options["movie_timescale"] = str(max(1000, self._time_base.denominator))
        return options

    def _add_stream(self, encoder: Encoder, hwaccel: HWAccel | None) -> av.VideoStream:
        like = self._like
        on_gpu: dict[str, Any] = {} if hwaccel is None else {"hwaccel": hwaccel}  # older PyAV knows no such argument
        stream = cast(
            "av.VideoStream",
            self._container.add_stream(
                encoder.codec, rate=like.rate, options=dict(encoder.options), time_base=self._time_base, **on_gpu
            ),
        )
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = like.width, like.height, encoder.layout
        context.sample_aspect_ratio = like.sample_aspect
        context.thread_count = min(1 + like.width * like.height // PIXELS_PER_THREAD, os.cpu_count() or 1, _MAX_THREADS)
        if encoder.layout.startswith(("yuv", "nv")):
            tag(context, like.colour, height=like.height)
        return stream

    def _check(self, frame: Frame) -> None:
        if self._done:
            raise InputError("the output is already closed", given=self._output, do="open another sink")
        if (frame.width, frame.height) != (self._like.width, self._like.height):
            raise InputError(
                "the frame has not the size of the video",
                given=f"{frame.width}x{frame.height}",
                expected=f"{self._like.width}x{self._like.height}",
                do="write frames as they came from the source",
            )

    def _moment(self, frame: Frame) -> int:
        """The frame's time in units of the output: the very number where both count alike."""
        moment = frame.pts
        if frame.time_base != self._time_base:
            moment = round(frame.pts * frame.time_base / self._time_base)
            if self._last is not None and moment == self._last:  # two frames within one unit of a coarser clock
                moment += 1
        if self._last is not None and moment <= self._last:
            raise InputError(
                "the frame is not later than the one before",
                given=f"pts {frame.pts}",
                expected="growing time stamps",
                do="write frames in the order they came from the source",
            )
        self._last = moment
        self._end = moment * self._time_base
        return moment

    def _mux(self, packets: list[av.Packet[av.VideoStream]]) -> None:
        for packet in packets:
            if self._audio is not None and packet.dts is not None:
                self._audio.advance(packet.dts * packet.time_base)
            self._container.mux(packet)

    def _finish(self) -> None:
        if not self.frames:
            raise SinkError("no frame was written", given=self._output, expected="at least one frame")
        self._mux(self._stream.encode(None))
        if self._audio is not None:
            self._audio.advance(self._end if self._cut else None)
            self._audio.close()
        self._container.close()
        if self._file is not None:
            self._file.commit()

    def _discard(self) -> None:
        self._done = True
        if self._file is not None:
            self._file.discard()  # first, so that the trailer which closing writes finds no file
        self._let_go()

    def _let_go(self) -> None:
        with contextlib.suppress(av.error.FFmpegError, OSError, ValueError, AttributeError):
            self._container.close()
        if self._audio is not None:
            self._audio.close()
            self._audio = None


def _converter(encoder: Encoder, like: VideoInfo) -> Callable[[Frame], av.VideoFrame]:
    convert: Callable[[ImageArray], av.VideoFrame]
    if encoder.codec == "gif":
        convert = ToPalette(width=like.width, height=like.height)
    else:
        convert = FromRgb(layout=encoder.layout, colour=like.colour, height=like.height)
    return lambda frame: convert(frame.picture)


def _for_nvenc(convert: ToNvenc) -> Callable[[Frame], av.VideoFrame]:
    return lambda frame: convert(frame.pixels)


@contextlib.contextmanager
def _reported(output: str | Path) -> Iterator[None]:
    """Turn what the libraries raise into a SinkError."""
    try:
        yield
    except PyanonError:
        raise
    except (av.error.FFmpegError, OSError) as error:
        if is_address(output):
            reason = getattr(error, "strerror", None) or error
            raise SinkError(
                f"the server does not take the video ({reason})", given=output, do="check the server and the address"
            ) from error
        raise sink_error(output, error) from error


def open_sink(
    output: str | Path,
    *,
    like: VideoInfo,
    audio: Audio = "drop",
    keep_metadata: bool = False,
    quality: int | None = None,
    preset: str | None = None,
    timeout: float = 10.0,
    gpu: GpuPictures | None = None,
) -> VideoSink:
    """Open an output for the frames of a source.

    The frames keep the exact times they have in the source, as far as the container can tell them (Matroska and WebM
    tell milliseconds, GIF hundredths). Subtitles, chapters, attachments, cover pictures and descriptions of the source
    are left out. A file appears under its name when it is complete, and not before.

    Args:
        output: Path (.mp4, .m4v, .mov, .mkv, .ts, .webm, .gif, .webp, .apng, .png) or address (rtsp, udp, tcp).
        like: The source the frames come from: ``source.info``.
        audio: ``"drop"`` (the default: voices identify people) or ``"copy"``, which carries it over untouched.
        keep_metadata: Keep title, copyright, date, genre and language; never places, names, devices or thumbnails.
        quality: Constant rate factor of the encoder, lower is better; None for 20 in H.264 and 30 in VP9.
        preset: Speed of libx264; None for the one measured to cost least (docs/video.md).
        timeout: Seconds to wait for a server.
        gpu: ``anonymizer.gpu_pictures``: NVENC encodes H.264 where it can be opened, of frames on the GPU and of the
            host; ``sink.codec`` says what encodes and ``sink.note`` why it is not NVENC. None: the CPU encodes.

    Raises:
        InputError: The output is the input, its suffix is unknown, or it cannot hold the sound that is to be copied.
        SinkError: It is a folder, its folder does not exist or may not be written to, or the server does not answer.
    """
    settings = SinkSettings(audio, keep_metadata, quality, preset, timeout, gpu)
    return VideoSink(output, like=like, settings=settings)

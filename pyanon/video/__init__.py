"""Videos, cameras and pictures: in as upright RGB frames, out as files that carry nothing but the frames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pyanon.video.animation import AnimationSource
from pyanon.video.descriptions import Descriptions, PublicWords, Region
from pyanon.video.feed import LiveSettings
from pyanon.video.gpu import GpuPictures
from pyanon.video.gstreamer import is_nvmm
from pyanon.video.info import AudioInfo, Colour, VideoInfo
from pyanon.video.live import LiveSource
from pyanon.video.nvmm import NvmmSource
from pyanon.video.picture import Picture, read_picture, takes_words, write_picture
from pyanon.video.probe import is_address
from pyanon.video.sink import VideoSink, open_sink
from pyanon.video.sniff import is_animation, is_picture, is_video
from pyanon.video.source import FileSource, VideoSource

__all__ = [
    "AudioInfo",
    "Colour",
    "Descriptions",
    "GpuPictures",
    "Picture",
    "PublicWords",
    "Region",
    "VideoInfo",
    "VideoSink",
    "VideoSource",
    "is_picture",
    "is_video",
    "open_camera",
    "open_sink",
    "open_video",
    "read_picture",
    "takes_words",
    "write_picture",
]


def open_video(source: str | Path, *, timeout: float = 10.0, gpu: GpuPictures | None = None) -> VideoSource:
    """Open a video to read its frames.

    Args:
        source: Path of a video or of an animated GIF, PNG or WebP, or an http(s) address of a video; on a Jetson,
            ``nvmm:`` before a path or address has GStreamer read it and leave its frames on the GPU (docs/video.md).
        timeout: Seconds to wait for a server.
        gpu: ``anonymizer.gpu_pictures``: decodes on its GPU where that can be done, and leaves the frames there;
            None: frames are NumPy arrays.

    Returns:
        An iterable of `pyanon.types.Frame`, to be closed or used in a ``with`` statement.

    Raises:
        SourceNotFoundError: It does not exist.
        UnsupportedMediaError: It is empty, no video, sound only, a still picture, or holds no frame.
        TruncatedSourceError: It breaks off before its first frame. Broken off later, every frame that can be decoded
            is delivered before this is raised from the iteration.
        SourceError: The server does not deliver it.
    """
    if isinstance(source, str) and is_nvmm(source):
        return NvmmSource(source, settings=LiveSettings(timeout=timeout), gpu=gpu, live=False)
    if not is_address(source) and is_animation(source):
        return AnimationSource(source)
    return FileSource(source, timeout=timeout, gpu=gpu)


def open_camera(
    source: str | Path | int,
    *,
    size: tuple[int, int] | None = None,
    rate: int | None = None,
    timeout: float = 5.0,
    patience: float = 60.0,
    queue: int = 2,
    options: Mapping[str, str] | None = None,
    gpu: GpuPictures | None = None,
) -> VideoSource:
    """Open a camera, a stream, or a video file that is to be played at its own pace.

    Args:
        source: Number or path of a V4L2 camera (``0``, ``"/dev/video0"``), an address (``"rtsp://..."``, udp, http,
            ...), or the path of a video file; on a Jetson ``nvmm:`` before one of them, or ``"nvmm:csi:0"``, reads it
            through GStreamer and leaves its frames on the GPU (docs/video.md).
        size: Columns and rows to ask a camera for; None for its own choice.
        rate: Frames per second to ask a camera for; None for its own choice.
        timeout: Seconds to wait for a connection and for each frame before it is opened again.
        patience: Seconds without a frame after which that is given up.
        queue: Frames that wait at most to be fetched; the oldest is dropped for a new one, and counted.
        options: Further options of libavformat, for example ``{"rtsp_transport": "udp"}``.
        gpu: ``anonymizer.gpu_pictures``: decodes on its GPU where that can be done, and leaves the frames there;
            None: frames are NumPy arrays.

    Raises:
        InputError: A setting that cannot be used.
        SourceNotFoundError: There is no such camera or file.
        UnsupportedMediaError: It delivers no video.
        SourceError: It delivers nothing within the time-out.
    """
    settings = LiveSettings(size, rate, timeout, patience, queue, dict(options or {}))
    if isinstance(source, str) and is_nvmm(source):
        return NvmmSource(source, settings=settings, gpu=gpu, live=True)
    return LiveSource(source, settings=settings, gpu=gpu)

"""Videos, cameras and pictures: in as upright RGB frames, out as files that carry nothing but the frames."""

from __future__ import annotations

from pathlib import Path

from pyanon.video.animation import AnimationSource
from pyanon.video.gpu import GpuPictures
from pyanon.video.info import AudioInfo, Colour, VideoInfo
from pyanon.video.live import open_camera
from pyanon.video.picture import Picture, read_picture, write_picture
from pyanon.video.probe import is_address
from pyanon.video.sink import VideoSink, open_sink
from pyanon.video.sniff import is_animation, is_picture, is_video
from pyanon.video.source import FileSource, VideoSource

__all__ = [
    "AudioInfo",
    "Colour",
    "GpuPictures",
    "Picture",
    "VideoInfo",
    "VideoSink",
    "VideoSource",
    "is_picture",
    "is_video",
    "open_camera",
    "open_sink",
    "open_video",
    "read_picture",
    "write_picture",
]


def open_video(source: str | Path, *, timeout: float = 10.0, gpu: GpuPictures | None = None) -> VideoSource:
    """Open a video to read its frames.

    Args:
        source: Path of a video or of an animated GIF, PNG or WebP, or an http(s) address of a video.
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
    if not is_address(source) and is_animation(source):
        return AnimationSource(source)
    return FileSource(source, timeout=timeout, gpu=gpu)

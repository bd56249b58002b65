"""What a live source is: a camera, a stream, or a file that is to be played at its own pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyanon.errors import InputError, SourceNotFoundError
from pyanon.video import sniff
from pyanon.video.probe import is_address

__all__ = ["Feed", "LiveSettings", "feed_of"]


@dataclass(frozen=True)
class LiveSettings:
    """How a live source is read.

    Attributes:
        size: Columns and rows to ask a camera for; None for its own choice.
        rate: Frames per second to ask a camera for; None for its own choice.
        timeout: Seconds to wait for a connection and for each frame.
        patience: Seconds without a frame after which reconnecting is given up.
        queue: Frames that wait at most to be fetched; the oldest is dropped for a new one.
        options: Further options of libavformat, for example ``{"rtsp_transport": "udp"}``.
    """

    size: tuple[int, int] | None = None
    rate: int | None = None
    timeout: float = 5.0
    patience: float = 60.0
    queue: int = 2
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.queue < 1 or self.timeout <= 0 or self.patience < 0:
            raise InputError(
                "a live source cannot be read like this",
                given=f"queue={self.queue}, timeout={self.timeout}, patience={self.patience}",
                expected="queue >= 1, timeout > 0, patience >= 0",
            )


@dataclass(frozen=True)
class Feed:
    """Where a live source comes from, as libavformat takes it.

    Attributes:
        name: What the caller calls it.
        address: What libavformat calls it.
        format: Name of the demuxer, None to find out.
        options: Options of the demuxer.
        paced: Whether it is a file, to be slowed down to its own pace; it ends, and is not opened again.
    """

    name: str
    address: str
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    paced: bool = False


def feed_of(source: str | Path | int, settings: LiveSettings) -> Feed:
    """Find out what kind of live source this is.

    Args:
        source: Number or path of a camera, an address, or the path of a video file.
        settings: How it is to be read.

    Raises:
        SourceNotFoundError: There is no such camera or file.
        UnsupportedMediaError: It is a folder.
    """
    if is_address(source):
        return Feed(str(source), str(source), options=_address_options(str(source), settings))
    path = Path(f"/dev/video{source}") if isinstance(source, int) or str(source).isdigit() else Path(source)
    if not path.exists():
        raise SourceNotFoundError(
            "there is no such camera or file",
            given=path,
            expected="a number, /dev/video*, an address or a video file",
            do="list the cameras with: ls /dev/video*",
        )
    if path.is_char_device():
        return Feed(str(source), str(path), format="v4l2", options=_camera_options(settings))
    sniff.read_head(path)
    return Feed(str(source), sniff.file_address(path), options=sniff.FILE_OPTIONS, paced=True)


def _address_options(address: str, settings: LiveSettings) -> Mapping[str, str]:
    # UDP loses packets of large pictures; and nobody wants to wait five seconds, the default, for the first frame.
    options = {"rtsp_transport": "tcp"} if address.lower().startswith("rtsp") else {}
    return {"analyzeduration": "1000000", **options, **settings.options}


def _camera_options(settings: LiveSettings) -> Mapping[str, str]:
    options = dict(settings.options)
    if settings.size is not None:
        options.setdefault("video_size", f"{settings.size[0]}x{settings.size[1]}")
    if settings.rate is not None:
        options.setdefault("framerate", str(settings.rate))
    return options

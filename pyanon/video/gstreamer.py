"""GStreamer on a Jetson: pipelines that decode into NVMM, and the surfaces that come out of them.

    uridecodebin (nvv4l2decoder) | nvarguscamerasrc | v4l2src  ->  nvvidconv  ->  appsink

``nvvidconv`` runs on the image processor of the chip: it lays the decoder's blocks out in rows, which CUDA can read. No
byte of a picture passes the CPU. Needs PyGObject and the plugins of Jetson Linux, both packages of the system.

**Not run on a board yet**: written after the Accelerated GStreamer guide of Jetson Linux, and tested against a
simulated one: https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/Multimedia/AcceleratedGstreamer.html
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pyanon.errors import InputError, SourceError, SourceNotFoundError
from pyanon.video.feed import LiveSettings
from pyanon.video.orientation import UPRIGHT, Orientation
from pyanon.video.probe import is_address

__all__ = ["PREFIX", "Pipeline", "is_endless", "is_nvmm", "pipeline_of"]

#: What a source is asked for by that is to be read through NVMM.
PREFIX = "nvmm:"
_NANOSECONDS = 1_000_000_000
#: Seconds between looks at the messages of a pipeline that delivers nothing.
_GLANCE = 0.2
#: Frames that wait at most where none may be left out.
_FILE_QUEUE = 4
#: What GST_TAG_IMAGE_ORIENTATION says has to be done to see the picture upright.
_TURNS = {
    "rotate-90": Orientation(swap=True, mirror_x=True),
    "rotate-180": Orientation(mirror_x=True, mirror_y=True),
    "rotate-270": Orientation(swap=True, mirror_y=True),
    "flip-rotate-0": Orientation(mirror_x=True),
    "flip-rotate-90": Orientation(swap=True),
    "flip-rotate-180": Orientation(mirror_y=True),
    "flip-rotate-270": Orientation(swap=True, mirror_x=True, mirror_y=True),
}


def is_nvmm(source: object) -> bool:
    """Whether this is to be read through NVMM: ``nvmm:`` before a path, an address or a camera.

    Args:
        source: What is to be opened.
    """
    return isinstance(source, str) and source.startswith(PREFIX)


def pipeline_of(source: str, settings: LiveSettings, *, live: bool) -> str:
    """The pipeline for a source, as ``gst-launch-1.0`` takes it.

    Args:
        source: ``nvmm:`` and a path, an address, ``csi:0`` (a camera on the board's connector) or ``/dev/video0``.
        settings: How it is read.
        live: Whether the oldest waiting frame may make room for the newest.

    Raises:
        SourceNotFoundError: There is no such file or camera.
    """
    name = source.removeprefix(PREFIX)
    if name.startswith("csi:"):
        head = f"nvarguscamerasrc sensor-id={_number(name)} ! video/x-raw(memory:NVMM){_wishes(settings)}"
    elif is_address(name):
        head = f"uridecodebin uri={_quoted(name)}"
    elif not Path(name).exists():
        raise SourceNotFoundError(
            "there is no such camera or file", given=name, expected="csi:0, /dev/video0, an address or a video file"
        )
    elif Path(name).is_char_device():
        head = f"v4l2src device={_quoted(name)} ! video/x-raw{_wishes(settings)}"
    else:
        head = f"uridecodebin uri={_quoted(Path(name).absolute().as_uri())}"
    paced = str(live and not is_endless(name)).lower()
    length, drop = (settings.queue, "true") if live else (_FILE_QUEUE, "false")
    rows = "nvvidconv bl-output=false ! video/x-raw(memory:NVMM),format=NV12"
    return f"{head} ! {rows} ! appsink name=frames sync={paced} max-buffers={length} drop={drop}"


def _number(name: str) -> int:
    number = name.removeprefix("csi:")
    if not number.isdigit():
        raise InputError("this is no camera of the board", given=name, expected="csi:0, csi:1, ...")
    return int(number)


def is_endless(name: str) -> bool:
    """Whether this is a camera or a stream: it is opened again where it is lost, and sets the pace itself.

    Args:
        name: What was asked for, without the prefix.
    """
    return name.startswith("csi:") or is_address(name) or Path(name).is_char_device()


def _wishes(settings: LiveSettings) -> str:
    size = f",width={settings.size[0]},height={settings.size[1]}" if settings.size is not None else ""
    return size + (f",framerate={settings.rate}/1" if settings.rate is not None else "")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Pipeline:
    """A running pipeline, until it is closed.

    Args:
        text: As `pipeline_of` gives it.
        name: What to call it in an error.

    Attributes:
        turn: How its frames are turned upright, as far as it has said so.

    Raises:
        SourceError: GStreamer cannot be used, lacks a plugin, or cannot start it.
    """

    def __init__(self, text: str, *, name: str) -> None:
        self._name, self.turn, self._broken = name, UPRIGHT, ""
        self._gst, error = _gstreamer()
        try:
            self._pipeline = self._gst.parse_launch(text)
        except error as reason:
            raise SourceError(
                f"GStreamer cannot build the pipeline ({reason})",
                given=text,
                do="sudo apt install nvidia-l4t-gstreamer gstreamer1.0-plugins-good gstreamer1.0-plugins-bad",
            ) from reason
        self._sink = self._pipeline.get_by_name("frames")
        if self._pipeline.set_state(self._gst.State.PLAYING) == self._gst.StateChangeReturn.FAILURE:
            self._listen()
            self.close()
            raise SourceError(f"the pipeline does not start ({self._broken})", given=name, do="check the source")

    def pull(self, timeout: float) -> Any:
        """The next sample, or None at the end.

        Args:
            timeout: Seconds to wait for it.

        Raises:
            SourceError: It broke off, or nothing came in time.
        """
        for _ in range(math.ceil(timeout / _GLANCE)):
            sample = self._sink.emit("try-pull-sample", round(_GLANCE * _NANOSECONDS))
            self._listen()  # the sink itself does not notice an error
            if sample is not None or (self._sink.get_property("eos") and not self._broken):
                return sample
            if self._broken:
                break
        reason = self._broken or f"nothing within {timeout:g} seconds"
        raise SourceError(f"the source delivers nothing more ({reason})", given=self._name)

    def _listen(self) -> None:
        """Take in what the bus says: what went wrong first, and the orientation."""
        kinds, bus = self._gst.MessageType, self._pipeline.get_bus()
        while (message := bus.pop_filtered(kinds.ERROR | kinds.TAG)) is not None:
            if message.type == kinds.ERROR:
                self._broken = self._broken or str(message.parse_error()[0])
            else:
                told, turn = message.parse_tag().get_string("image-orientation")
                self.turn = _TURNS.get(turn, UPRIGHT) if told else self.turn

    def duration(self) -> float | None:
        """Seconds, where it says how long it is."""
        known, length = self._pipeline.query_duration(self._gst.Format.TIME)
        return length / _NANOSECONDS if known and length > 0 else None

    def surface(self, sample: Any) -> bytes:
        """The bytes of the ``NvBufSurface`` of a sample, which is good for as long as the sample is held.

        Args:
            sample: As `pull` gives it.

        Raises:
            SourceError: It cannot be looked into.
        """
        buffer = sample.get_buffer()
        mapped, view = buffer.map(self._gst.MapFlags.READ)
        if not mapped:
            raise SourceError("a buffer of GStreamer cannot be mapped", given=self._name)
        try:
            return bytes(view.data)
        finally:
            buffer.unmap(view)

    def pts(self, sample: Any) -> int | None:
        """When a sample is shown, in microseconds of the source; None where it does not say.

        Args:
            sample: As `pull` gives it.
        """
        none, stamp = self._gst.CLOCK_TIME_NONE, sample.get_buffer().pts
        # The stamp of a buffer counts from anywhere: the segment says where the source's own time begins.
        shown = none if stamp == none else sample.get_segment().to_stream_time(self._gst.Format.TIME, stamp)
        return None if shown == none else round(shown / 1000)

    def close(self) -> None:
        """Stops it."""
        self._pipeline.set_state(self._gst.State.NULL)


def _gstreamer() -> tuple[Any, type[Exception]]:
    """GStreamer, and what it raises."""
    try:
        import gi

        gi.require_version("Gst", "1.0")
        from gi.repository import GLib, Gst
    except (ImportError, ValueError) as error:
        raise SourceError(
            f"GStreamer cannot be used from Python ({error})",
            expected="PyGObject with GStreamer 1.0",
            do="sudo apt install python3-gi gir1.2-gst-plugins-base-1.0, and a venv with --system-site-packages",
        ) from error
    Gst.init(None)
    return Gst, GLib.Error

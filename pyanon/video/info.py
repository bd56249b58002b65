"""What is known of a video before its frames are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

__all__ = ["AudioInfo", "Chroma", "Colour", "VideoInfo"]

#: Codes of ITU-T H.273 for "not stated".
UNSPECIFIED = 2
#: Matrix coefficients of H.273: RGB, BT.709, BT.601.
MATRIX_RGB, MATRIX_BT709, MATRIX_BT601 = 0, 1, 6
#: Codes of libavutil for the range of samples: not stated, 16..235, 0..255.
RANGE_UNSPECIFIED, RANGE_LIMITED, RANGE_FULL = 0, 1, 2
#: From this height on, pictures that state no matrix are taken for BT.709, as players do.
HD_HEIGHT = 720


class Chroma(Enum):
    """How finely colour is sampled, next to brightness."""

    HALF = "4:2:0"
    HALF_WIDTH = "4:2:2"
    FULL = "4:4:4"


@dataclass(frozen=True)
class Colour:
    """How the samples of a video are to be understood.

    The numbers are those of ITU-T H.273; 2 means "not stated".

    Attributes:
        matrix: Matrix coefficients (1: BT.709, 5 and 6: BT.601, 9: BT.2020, 0: the samples are RGB).
        full_range: True where 0..255 is used, False for 16..235, None where it is not stated (taken as 16..235).
        primaries: Colour primaries.
        transfer: Transfer characteristics.
        chroma: Sampling of colour.
        depth: Bits per sample.
    """

    matrix: int = UNSPECIFIED
    full_range: bool | None = None
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    chroma: Chroma = Chroma.HALF
    depth: int = 8

    def working_matrix(self, height: int) -> int:
        """The matrix to convert with, for a picture of this height: the stated one, or the customary one.

        Args:
            height: Rows of the picture.
        """
        if self.matrix not in (UNSPECIFIED, MATRIX_RGB):
            return self.matrix
        return MATRIX_BT709 if height >= HD_HEIGHT else MATRIX_BT601


@dataclass(frozen=True)
class AudioInfo:
    """One audio stream of a source.

    Attributes:
        index: Number of the stream in its container.
        codec: Name of its codec ("aac", "opus", ...).
        rate: Samples per second.
        channels: Number of channels.
    """

    index: int
    codec: str
    rate: int = 0
    channels: int = 0


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video before its frames are read.

    Attributes:
        source: Path or address it was opened from.
        width: Columns of a frame, display orientation.
        height: Rows of a frame, display orientation.
        rate: Frames per second, the average for a variable rate.
        time_base: Seconds per unit of a frame's pts.
        frame_count: Estimated number of frames, None where the container does not say.
        duration: Estimated seconds, None where the container does not say.
        codec: Name of the codec.
        container: Name of the container format.
        audio: The audio streams.
        variable_rate: True where the container's own figures tell of a variable frame rate (an estimate).
        live: True for a camera or a stream: it has no end, and it cannot be read twice.
        colour: How the samples are to be understood; the frames handed out are always RGB.
        sample_aspect: Width of a pixel by its height, display orientation.
        tags: Global tags of the container, as found.
        left_out: What the container holds besides, in words: cover art, subtitles, chapters, a second video.
    """

    source: str
    width: int
    height: int
    rate: Fraction = Fraction(25)
    time_base: Fraction = Fraction(1, 1000)
    frame_count: int | None = None
    duration: float | None = None
    codec: str = ""
    container: str = ""
    audio: tuple[AudioInfo, ...] = ()
    variable_rate: bool = False
    live: bool = False
    colour: Colour = field(default_factory=Colour)
    sample_aspect: Fraction = Fraction(1)
    tags: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

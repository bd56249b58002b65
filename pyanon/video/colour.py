"""Between the samples of a video and 8-bit RGB, honouring matrix and range both ways."""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from pyanon.types import ImageArray
from pyanon.video.info import (
    MATRIX_RGB,
    RANGE_FULL,
    RANGE_LIMITED,
    RANGE_UNSPECIFIED,
    UNSPECIFIED,
    Chroma,
    Colour,
)

__all__ = ["FromRgb", "ToRgb", "colour_of", "samples_of"]

#: Matrix coefficients of H.273 -> number of the table of libswscale that has them (PyAV 17 has no name for the last).
_BT601_TABLE = 5
_TABLES = {1: 1, 4: 4, 5: _BT601_TABLE, 6: _BT601_TABLE, 7: 7, 9: 9, 10: 9}


def colour_of(frame: av.VideoFrame) -> Colour:
    """How the samples of a decoded frame are to be understood.

    Args:
        frame: A decoded frame.
    """
    layout = samples_of(frame)
    # The "J" formats say full range by their name and often nowhere else.
    stated = RANGE_FULL if layout.name.startswith("yuvj") else int(frame.color_range)
    return Colour(
        matrix=MATRIX_RGB if layout.is_rgb or layout.has_palette else int(frame.colorspace),
        full_range=None if stated == RANGE_UNSPECIFIED else stated == RANGE_FULL,
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        chroma=_chroma(layout),
        depth=max(component.bits for component in layout.components),
    )


def samples_of(frame: av.VideoFrame) -> av.VideoFormat:
    """The layout of a frame's samples, also where they lie on a GPU.

    Args:
        frame: A decoded frame.
    """
    on_gpu: av.VideoFormat | None = getattr(frame, "sw_format", None)  # older PyAV has no such frames here
    return on_gpu or frame.format


def _chroma(layout: av.VideoFormat) -> Chroma:
    """The sampling to write for this layout; grey, palettes and RGB become 4:2:0, which plays everywhere."""
    if layout.is_rgb or layout.has_palette or len(layout.components) < 3:
        return Chroma.HALF
    if layout.chroma_width(1024) == 1024:
        return Chroma.FULL if layout.chroma_height(1024) == 1024 else Chroma.HALF
    return Chroma.HALF_WIDTH if layout.chroma_height(1024) == 1024 else Chroma.HALF


class ToRgb:
    """Converts decoded frames to RGB, scaled to one size where a stream changes its own.

    Args:
        width: Columns to give out, stored orientation.
        height: Rows to give out, stored orientation.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> ImageArray:
        """``(H, W, 3)`` uint8 RGB, contiguous.

        Args:
            frame: A decoded frame of any pixel format.
        """
        colour = colour_of(frame)
        tables = {}
        if colour.matrix != MATRIX_RGB:
            tables = {"src_colorspace": _TABLES.get(colour.working_matrix(frame.height), _BT601_TABLE)}
        # threads=1: measured at half the CPU time of the automatic choice, and this thread has company.
        rgb = self._reformatter.reformat(
            frame, width=self._width, height=self._height, format="rgb24", threads=1, **tables
        )
        pixels: ImageArray = np.ascontiguousarray(rgb.to_ndarray())
        return pixels


class FromRgb:
    """Converts RGB pictures to the layout an encoder takes.

    Args:
        layout: Pixel format of the encoder ("yuv420p", ...).
        colour: How the source's samples were to be understood; the output is tagged the same.
        height: Rows of a picture.
    """

    def __init__(self, *, layout: str, colour: Colour, height: int) -> None:
        self._layout = layout
        self._table = _TABLES.get(colour.working_matrix(height), _BT601_TABLE)
        self._range = ColorRange(RANGE_FULL if colour.full_range else RANGE_LIMITED)
        self._reformatter = VideoReformatter()

    def __call__(self, pixels: ImageArray) -> av.VideoFrame:
        """A frame to encode; it shares no memory with ``pixels`` unless the layout is RGB itself.

        Args:
            pixels: ``(H, W, 3)`` uint8 RGB.
        """
        frame = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), format="rgb24")
        frame.colorspace = self._table  # the new frame inherits it: PyAV 17 does not take BT.2020 as an argument
        return self._reformatter.reformat(
            frame,
            format=self._layout,
            dst_colorspace=self._table,
            dst_color_range=self._range,
            threads=1,
        )


def tag(context: av.VideoCodecContext, colour: Colour, *, height: int) -> None:
    """Write into an encoder how its samples are to be understood.

    Args:
        context: The encoder, not yet opened.
        colour: The source's.
        height: Rows of a picture.
    """
    # Samples that were RGB have become YCbCr by the customary matrix: that is stated, nothing else would say it.
    context.colorspace = colour.working_matrix(height) if colour.matrix == MATRIX_RGB else colour.matrix
    context.color_range = RANGE_FULL if colour.full_range else RANGE_LIMITED
    if colour.full_range is None and colour.matrix == UNSPECIFIED:
        context.color_range = RANGE_UNSPECIFIED
    context.color_primaries = colour.primaries
    context.color_trc = colour.transfer

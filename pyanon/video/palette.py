"""RGB pictures to the 256 colours of a GIF, a palette for each frame."""

from __future__ import annotations

from fractions import Fraction

import av
import av.filter
import numpy as np

from pyanon.types import ImageArray

__all__ = ["ToPalette"]


class ToPalette:
    """Chooses 256 colours for each frame and draws it with them.

    Args:
        width: Columns of a frame.
        height: Rows of a frame.
    """

    def __init__(self, *, width: int, height: int) -> None:
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 1000)
        )
        split, palette = graph.add("split"), graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
        use, sink = graph.add("paletteuse", "new=1:dither=bayer"), graph.add("buffersink")
        source.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(palette, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        self._graph, self._count = graph, 0

    def __call__(self, pixels: ImageArray) -> av.VideoFrame:
        """A frame to encode.

        Args:
            pixels: ``(H, W, 3)`` uint8 RGB.
        """
        # A copy: the filter keeps the frame it has seen last, and the pixels are not ours.
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts, frame.time_base = self._count, Fraction(1, 1000)
        self._count += 1
        self._graph.push(frame)
        drawn = self._graph.pull()
        if not isinstance(drawn, av.VideoFrame):
            raise TypeError(f"the palette filter gave a {type(drawn).__name__}")
        return drawn

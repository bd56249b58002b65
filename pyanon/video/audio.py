"""Carrying the sound of a source over to an output, packet by packet, untouched."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from fractions import Fraction
from typing import TypeAlias

import av
import av.error
from av.stream import Discard

from pyanon.errors import InputError
from pyanon.video.info import VideoInfo
from pyanon.video.probe import open_container

__all__ = ["AudioCopy"]

_Packet: TypeAlias = "av.Packet[av.stream.Stream]"


class AudioCopy:
    """Copies the audio packets of a source into an output, in step with the pictures.

    The source is opened a second time and read on its own, so that nothing has to be kept waiting in memory.

    Args:
        like: The source.
        output: The output container, its header not yet written.

    Raises:
        InputError: The source is live, or the output cannot hold a codec of the source.
    """

    def __init__(self, *, like: VideoInfo, output: av.container.OutputContainer) -> None:
        if like.live:
            raise InputError(
                "the sound of a live source cannot be copied", given=like.source, expected='audio="drop"', do="drop it"
            )
        self._output = output
        self._input = open_container(like.source, timeout=10.0)
        try:
            self._outputs = {stream.index: self._add(stream) for stream in self._input.streams.audio}
        except BaseException:
            self._input.close()
            raise
        for stream in self._input.streams:
            if stream.index not in self._outputs:
                stream.discard = Discard.all
        self._last: dict[int, int] = {}
        self._packets = self._readable()
        self._waiting = next(self._packets, None)

    def advance(self, until: Fraction | None) -> None:
        """Write the packets up to a moment.

        Args:
            until: Seconds; None for all that is left.
        """
        while self._waiting is not None and (until is None or _start(self._waiting) <= until):
            self._write(self._waiting)
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        """Let go of the source."""
        self._waiting = None
        self._packets.close()
        self._input.close()

    def _add(self, stream: av.AudioStream) -> av.AudioStream:
        if stream.codec_context is None or stream.codec_context.name not in self._output.supported_codecs:
            raise InputError(
                "the output cannot hold the sound of this source as it is",
                given=stream.codec_context.name if stream.codec_context else "an unknown codec",
                expected=f"a codec that {self._output.format.name} takes",
                do="write to .mkv, which takes nearly all, or drop the sound",
            )
        return self._output.add_stream_from_template(stream)

    def _readable(self) -> Generator[_Packet, None, None]:
        with contextlib.suppress(av.error.FFmpegError):  # damage ends the sound, never the pictures
            for packet in self._input.demux(*self._input.streams.audio):
                if packet.size and packet.dts is not None:
                    yield packet

    def _write(self, packet: _Packet) -> None:
        index, moment = packet.stream_index, packet.dts or 0
        if moment <= self._last.get(index, moment - 1):  # a clock that steps back would be refused by the muxer
            return
        self._last[index] = moment
        packet.stream = self._outputs[index]
        self._output.mux(packet)


def _start(packet: _Packet) -> Fraction:
    return (packet.dts or 0) * packet.time_base

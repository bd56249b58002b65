"""Makes the media the tests read: every file is built here, nothing is committed."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

NTSC = Fraction(30000, 1001)
NTSC_BASE = Fraction(1, 30000)
#: Four quadrants of the test card: red, green, blue, white.
QUADRANTS = ((230, 20, 20), (20, 200, 20), (20, 20, 220), (235, 235, 235))


def card(width: int, height: int, *, number: int = 0) -> np.ndarray:
    """A picture whose quadrants have four colours, and whose brightness tells its number (at most 40)."""
    picture = np.zeros((height, width, 3), np.uint8)
    rows = (slice(None, (height + 1) // 2), slice((height + 1) // 2, None))
    columns = (slice(None, (width + 1) // 2), slice((width + 1) // 2, None))
    for index, colour in enumerate(QUADRANTS):
        picture[rows[index // 2], columns[index % 2]] = colour
    return (picture * (1 - 0.02 * number)).astype(np.uint8)


def noise(width: int, height: int, *, seed: int) -> np.ndarray:
    """A picture that is hard to compress, so that files become large enough to be cut and damaged."""
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def write_video(
    path: Path,
    pictures: Iterable[np.ndarray],
    *,
    codec: str = "libx264",
    layout: str = "yuv420p",
    rate: Fraction = NTSC,
    time_base: Fraction = NTSC_BASE,
    pts: Sequence[int] | None = None,
    container: str | None = None,
    muxer: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    colour: dict[str, int] | None = None,
    sound: str | None = None,
    tags: dict[str, str] | None = None,
    extra: object = None,
) -> Path:
    """Encode pictures, one frame each; ``pts`` defaults to the constant rate."""
    pictures = iter(pictures)
    first = next(pictures)
    count = 0
    with av.open(str(path), "w", format=container, container_options=muxer or {}) as output:
        stream = output.add_stream(codec, rate=rate, options=options or {}, time_base=time_base)
        context = stream.codec_context
        context.height, context.width = first.shape[:2]
        context.pix_fmt = layout
        for name, value in (colour or {}).items():
            setattr(context, name, value)
        audio = add_sound(output, sound) if sound else None
        output.metadata.update(tags or {})
        if callable(extra):
            extra(output)
        for index, picture in enumerate(itertools.chain([first], pictures)):
            count += 1
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if colour:
                frame = frame.reformat(
                    format=layout, dst_colorspace=colour.get("colorspace"), dst_color_range=colour.get("color_range")
                )
            else:
                frame = frame.reformat(format=layout)
            frame.pts = pts[index] if pts is not None else round(index / rate / time_base)
            frame.time_base = time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if audio is not None:
            write_tone(output, audio, seconds=float(count / rate))
    return path


def add_sound(output: av.container.OutputContainer, codec: str) -> av.AudioStream:
    """Add a stream for one channel of sound."""
    stream = output.add_stream(codec, rate=48000)
    stream.codec_context.layout = "mono"
    return stream


def write_tone(output: av.container.OutputContainer, stream: av.AudioStream, *, seconds: float) -> None:
    """Add a tone of 440 Hz."""
    context = stream.codec_context
    output.start_encoding()
    size = context.frame_size or 1024
    for start in range(0, int(48000 * seconds), size):
        wave = np.sin(2 * np.pi * 440 * (start + np.arange(size)) / 48000)[None].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        for converted in av.AudioResampler(format=context.format, layout="mono", rate=48000).resample(frame):
            converted.pts, converted.time_base = start, Fraction(1, 48000)
            output.mux(stream.encode(converted))
    output.mux(stream.encode(None))


def set_display_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a, b, c, d of the display matrix into the track header of an MP4 (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    # Type, version and flags, two times, id, reserved, duration, 8 reserved, layer, group, volume, reserved.
    start = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (value << 16 for value in matrix)
    data[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def times(path: Path) -> list[Fraction]:
    """When each frame is shown, in seconds, as PyAV alone reads it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return sorted(packet.pts * packet.time_base for packet in container.demux(stream) if packet.size)


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Time and content of each sound packet."""
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.audio[0])
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets if packet.size]

"""Which container and which encoder an output gets, by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import av.codec.codec

from pyanon.errors import InputError, SinkError
from pyanon.video.info import Chroma, VideoInfo

__all__ = ["NVENC", "VIDEO_SUFFIXES", "Encoder", "Format", "choose_encoder", "choose_nvenc", "format_of"]

#: The encoder of NVIDIA's GPUs.
NVENC = "h264_nvenc"
#: Constant rate factor where none is asked for.
_CRF = 20
_H264 = ("libx264", "libopenh264", "mpeg4")
#: Sound may begin before 0 (the priming of AAC): it does so in Matroska too, where else everything would be shifted.
_MATROSKA = {"avoid_negative_ts": "disabled"}


@dataclass(frozen=True)
class Format:
    """How a kind of output is written.

    Attributes:
        container: Name of the muxer.
        codecs: Encoders in the order they are tried.
        options: Options of the muxer.
        time_base: The finest time it can tell, where that is coarser than the source's.
        live: Whether it is watched while it is written.
        sound: Whether it can hold sound at all.
        reorder: Whether frames may be stored out of order (B-frames) without moving the start of the clock.
    """

    container: str
    codecs: tuple[str, ...] = _H264
    options: Mapping[str, str] = field(default_factory=dict)
    time_base: Fraction | None = None
    live: bool = False
    sound: bool = True
    reorder: bool = True


_FILES = {
    ".mp4": Format("mp4"),
    ".m4v": Format("mp4"),
    ".mov": Format("mov"),
    ".mkv": Format("matroska", options=_MATROSKA),
    ".ts": Format("mpegts", reorder=False),
    ".webm": Format("webm", ("libvpx-vp9", "libvpx"), _MATROSKA),
    ".gif": Format("gif", ("gif",), time_base=Fraction(1, 100), sound=False),
    ".webp": Format("webp", ("libwebp_anim",), {"loop": "0"}, time_base=Fraction(1, 1000), sound=False),
    ".apng": Format("apng", ("apng",), {"plays": "0"}, sound=False),
    ".png": Format("apng", ("apng",), {"plays": "0"}, sound=False),
}
_ADDRESSES = {
    "rtsp": Format("rtsp", options={"rtsp_transport": "tcp"}, live=True),
    "udp": Format("mpegts", live=True),
    "tcp": Format("mpegts", live=True),
}

#: Suffixes a video can be written to.
VIDEO_SUFFIXES = tuple(_FILES)


def format_of(output: str | Path) -> Format:
    """How an output of this name is written.

    Args:
        output: Path or address.

    Raises:
        InputError: Nothing is known of this suffix or kind of address.
    """
    scheme = re.match(r"([a-z][a-z0-9+.-]+)://", str(output), re.IGNORECASE)
    table, key = (_ADDRESSES, scheme[1].lower()) if scheme else (_FILES, Path(output).suffix.lower())
    if key not in table:
        kind = "kind of address" if scheme else "suffix"
        raise InputError(
            f"no video can be written to this {kind}",
            given=output,
            expected=", ".join(table),
            do=f"choose another {kind}",
        )
    return table[key]


@dataclass(frozen=True)
class Encoder:
    """An encoder and how it is set.

    Attributes:
        codec: Its name.
        layout: The pixel format it is given.
        options: Its options.
    """

    codec: str
    layout: str
    options: Mapping[str, str]


def choose_encoder(form: Format, *, like: VideoInfo, quality: int | None, preset: str | None) -> Encoder:
    """The first installed encoder of a format, set for a source.

    Args:
        form: The format of the output.
        like: The source.
        quality: Constant rate factor, lower is better; None for the default of the codec.
        preset: Speed of libx264; None for the default.

    Raises:
        SinkError: None of its encoders is installed.
    """
    codec = next((name for name in form.codecs if _is_installed(name)), None)
    if codec is None:
        raise SinkError(
            "no encoder for this output is installed",
            given=form.container,
            expected=" or ".join(form.codecs),
            do="install PyAV from its official wheels, or choose another suffix",
        )
    return Encoder(codec, _layout(codec, like), _options(codec, form, quality=quality, preset=preset, like=like))


def choose_nvenc(form: Format, *, like: VideoInfo, quality: int | None, preset: str | None) -> Encoder | None:
    """NVENC set for a source, or None where it is not what this output is to be made with.

    It makes H.264 in 4:2:0 of sizes that its planes have without gaps; a preset is libx264's, and asks for that.

    Args:
        form: The format of the output.
        like: The source.
        quality: Constant rate factor of libx264, which NVENC takes as its constant quality; None for the default.
        preset: Speed of libx264; None for the default.
    """
    suits = form.codecs == _H264 and _layout("libx264", like) == "yuv420p" and like.width % 4 == 0
    if preset is not None or not suits or not _is_installed(NVENC):
        return None
    # Without B-frames: FFmpeg guesses their first decoding times, and no GPU has been at hand to see how well.
    # A quality of 0 would mean "automatic".
    options = {"rc": "vbr", "cq": str(max(1, _CRF if quality is None else quality)), "b": "0", "bf": "0"}
    if form.live:
        options |= {"tune": "ull", "zerolatency": "1", "delay": "0", "g": _live_group(like)}
    return Encoder(NVENC, "nv12", options)


def _is_installed(codec: str) -> bool:
    try:
        av.Codec(codec, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _layout(codec: str, like: VideoInfo) -> str:
    fixed = {"gif": "pal8", "libwebp_anim": "bgra", "apng": "rgb24", "mpeg4": "yuv420p", "libopenh264": "yuv420p"}
    if codec in fixed:
        return fixed[codec]
    if codec != "libx264":  # VP8 and VP9 take odd sizes as they are
        return "yuv420p"
    chroma = like.colour.chroma
    # H.264 counts 4:2:0 in steps of two pixels: an odd size can only be kept with the colour at full size.
    if chroma is Chroma.FULL or like.width % 2 or (like.height % 2 and chroma is Chroma.HALF):
        return "yuv444p"
    return "yuv422p" if chroma is Chroma.HALF_WIDTH else "yuv420p"


def _options(
    codec: str, form: Format, *, quality: int | None, preset: str | None, like: VideoInfo
) -> Mapping[str, str]:
    if codec == "libx264":
        return _x264(form, crf=_CRF if quality is None else quality, preset=preset, like=like)
    if codec in {"libvpx-vp9", "libvpx"}:
        speed = {"deadline": "realtime", "cpu-used": "6", "row-mt": "1"}
        if codec == "libvpx":
            del speed["row-mt"]
        return {"crf": str(30 if quality is None else quality), "b": "0" if codec == "libvpx-vp9" else "8M", **speed}
    if codec == "mpeg4":
        return {"qmin": "2", "qmax": "6"}
    return {"quality": "90"} if codec == "libwebp_anim" else {}


def _x264(form: Format, *, crf: int, preset: str | None, like: VideoInfo) -> Mapping[str, str]:
    """Measured at 1280x720 (docs/video.md): as small as "veryfast" at three fifths of its CPU time."""
    options = {"crf": str(crf), "preset": preset or "superfast"}
    if form.live:
        return {**options, "tune": "zerolatency", "g": _live_group(like)}
    if preset is None:
        options |= {"mbtree": "1", "rc-lookahead": "10"}
    return options if form.reorder else {**options, "bf": "0"}


def _live_group(like: VideoInfo) -> str:
    """Frames from one that can be decoded alone to the next: who tunes in waits two seconds at most."""
    return str(max(1, round(2 * like.rate)))

"""Videos that stay on a GPU: NVDEC and NVENC through PyAV, their planes in and out by DLPack without a copy.

This floor knows no kernels and no CUDA: what makes pictures of planes comes from above, as `GpuPictures`. Why PyAV and
not another library: docs/adr/0010.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

import av
import av.error
from av.codec.codec import UnknownCodecError
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.video.frame import CudaContext

from pyanon.arrays import DeviceArray
from pyanon.errors import SourceError
from pyanon.types import ImageArray, Pixels
from pyanon.video.colour import FromRgb, ToRgb, colour_of, samples_of
from pyanon.video.formats import NVENC
from pyanon.video.info import MATRIX_BT601, MATRIX_BT709, Colour
from pyanon.video.orientation import Orientation

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NO_DOOR",
    "DecodedPlane",
    "GpuPictures",
    "Standard",
    "ToNvenc",
    "ToPixels",
    "cuda_device",
    "gpu_failed",
    "nvenc_fault",
    "standard_of",
    "why_not",
]

#: The matrices that the kernels know.
Standard: TypeAlias = Literal["bt601", "bt709"]
#: Matrix coefficients of H.273 -> the same; 5 is the other BT.601.
_STANDARDS: dict[int, Standard] = {MATRIX_BT709: "bt709", 5: "bt601", MATRIX_BT601: "bt601"}

#: What is said where FFmpeg cannot use a GPU that PyAV could.
NO_DOOR = "FFmpeg does not find the GPU"
#: The context that CUDA's runtime has made current. FFmpeg's own primary context would be refused, because it wants
#: another way of waiting than the one that the process has begun with.
_CURRENT = {"primary_ctx": "0", "current_ctx": "1"}


class GpuPictures(Protocol):
    """Makes pictures of the planes of decoders, and planes for encoders, on one GPU.

    Planes are NV12: luma ``(H, W)`` and chroma ``(H / 2, W / 2, 2)``, uint8, with any pitch.
    """

    @property
    def device(self) -> int:
        """Ordinal of the GPU."""

    def enter(self) -> None:
        """Make the GPU's context the current one of this thread."""

    def rgb(
        self, luma: Any, chroma: Any, *, standard: Standard, full_range: bool, turn: Orientation = ...
    ) -> DeviceArray:
        """A picture ``(H, W, 3)`` of planes that are given with DLPack or ``__cuda_array_interface__``.

        What was asked of the default stream before is done when the planes are read, and what is asked of it
        afterwards waits for that: a decoder that works on this stream may have its surface back at once.

        Args:
            luma: Even height and width where the picture is turned.
            chroma: The colours.
            standard: The matrix of the samples.
            full_range: Whether they use 0..255.
            turn: How the picture is turned upright.
        """

    def nv12(self, pixels: DeviceArray, *, standard: Standard, full_range: bool) -> tuple[DeviceArray, DeviceArray]:
        """The planes of a picture, chroma right behind luma and without gaps, written when this returns."""

    def nvmm(self, surface: bytes, *, turn: Orientation = ...) -> DeviceArray:
        """A picture of an ``NvBufSurface`` (Jetson), given by the bytes of that structure, turned upright."""


def why_not() -> str:
    """Why this PyAV cannot keep videos on a GPU, whatever the GPU; empty where it can."""
    if not hasattr(CudaContext, "current_ctx"):
        return f"PyAV {av.__version__} cannot use the CUDA context of this process (18.1 can)"
    if "cuda" not in hwdevices_available():
        return "this PyAV was built without CUDA"
    return ""


def cuda_device(gpu: GpuPictures | None) -> HWAccel | None:
    """FFmpeg's door to the GPU, or None where there is none: then the CPU decodes and encodes.

    It belongs to the thread that asks for it until it was used to open something.

    Args:
        gpu: The pictures' GPU.
    """
    if gpu is None or why_not():
        return None
    gpu.enter()
    door = HWAccel("cuda", str(gpu.device), allow_software_fallback=True, options=dict(_CURRENT), is_hw_owned=True)
    try:
        door.create(av.Codec("h264", "r"))  # tried here, where a failure cannot be taken for one of the file
    except (av.error.FFmpegError, NotImplementedError):
        return None
    return door


def nvenc_fault(gpu: GpuPictures) -> str:
    """Why NVENC cannot be opened on a GPU; empty where it can. A session of it is opened and closed.

    Args:
        gpu: The GPU.
    """
    door = cuda_device(gpu)
    if door is None:
        return why_not() or NO_DOOR
    try:
        context = cast("av.VideoCodecContext", av.CodecContext.create(NVENC, "w", door))
        context.width, context.height, context.pix_fmt, context.time_base = 256, 256, "nv12", Fraction(1, 25)
        context.open()
    except (av.error.FFmpegError, UnknownCodecError, NotImplementedError) as error:
        return str(getattr(error, "strerror", None) or error)
    return ""


def gpu_failed(name: str) -> SourceError:
    """What to raise where not the video but what decodes it fails.

    Args:
        name: The video.
    """
    return SourceError(
        "the decoder's device failed",
        given=name,
        expected="a GPU that works",
        do="see `pyanon doctor`; or device 'cpu'",
    )


def standard_of(colour: Colour, height: int) -> Standard | None:
    """The matrix to convert with on the GPU; None where the kernels do not know it.

    Args:
        colour: How the samples are to be understood.
        height: Rows of a picture.
    """
    return _STANDARDS.get(colour.working_matrix(height))


@dataclass(frozen=True)
class DecodedPlane:
    """A plane of PyAV, which refuses to order streams: `GpuPictures.rgb` does that."""

    plane: Any

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self.plane.__dlpack_device__()
        return device

    def __dlpack__(self, **_: object) -> Any:
        return self.plane.__dlpack__()


class ToPixels:
    """Makes upright pictures of decoded frames: on the GPU where NVDEC left them there, else on the CPU.

    The CPU makes those of software decoders, of more than 8 bits, of other sampling than 4:2:0, of rare matrices, of
    odd sizes, and those whose size is not that of the stream.

    Args:
        size: Columns and rows to give out, stored orientation.
        turn: How frames are turned upright.
        gpu: What makes pictures on a GPU; None: nothing does.
    """

    def __init__(self, size: tuple[int, int], *, turn: Orientation, gpu: GpuPictures | None) -> None:
        self._size, self._turn, self._gpu = size, turn, gpu
        self._to_rgb = ToRgb(*size)

    def __call__(self, frame: av.VideoFrame) -> Pixels:
        """``(H, W, 3)`` uint8 RGB, contiguous, display orientation.

        Args:
            frame: A decoded frame of any pixel format.
        """
        there = self._on_gpu(frame)
        return there if there is not None else self._turn.apply(self._to_rgb(frame))

    def _on_gpu(self, frame: av.VideoFrame) -> DeviceArray | None:
        if self._gpu is None or frame.format.name != "cuda" or samples_of(frame).name != "nv12":
            return None
        colour = colour_of(frame)
        standard = standard_of(colour, frame.height)
        if standard is None or (frame.width, frame.height) != self._size or frame.width % 2 or frame.height % 2:
            return None
        luma, chroma = (DecodedPlane(plane) for plane in frame.planes)
        return self._gpu.rgb(luma, chroma, standard=standard, full_range=bool(colour.full_range), turn=self._turn)


class ToNvenc:
    """Makes frames for NVENC of pictures on its GPU, and of pictures of the host, too.

    Args:
        gpu: What makes planes.
        colour: How the source's samples were to be understood; the output is tagged the same.
        height: Rows of a picture.
        standard: The matrix that `standard_of` gives for them.
    """

    def __init__(self, gpu: GpuPictures, *, colour: Colour, height: int, standard: Standard) -> None:
        self._gpu, self._standard, self._full_range = gpu, standard, bool(colour.full_range)
        self._from_host: Callable[[ImageArray], av.VideoFrame] = FromRgb(layout="nv12", colour=colour, height=height)
        self._context = CudaContext(gpu.device, primary_ctx=False, current_ctx=True)

    def __call__(self, pixels: Pixels) -> av.VideoFrame:
        """A frame to encode.

        Args:
            pixels: ``(H, W, 3)`` uint8 RGB, even height and width.
        """
        if not isinstance(pixels, DeviceArray):
            return self._from_host(pixels)
        self._gpu.enter()
        planes = self._gpu.nv12(pixels, standard=self._standard, full_range=self._full_range)
        return _imported(planes, self._context)


def _imported(planes: tuple[DeviceArray, DeviceArray], context: CudaContext) -> av.VideoFrame:
    """A frame that lies where its planes lie, and holds them until it was encoded."""
    return av.VideoFrame.from_dlpack(planes, format="nv12", cuda_context=context)

"""Pictures of what decoders leave on a GPU, and planes for what encodes there: the kernels behind `pyanon.video`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyanon.arrays import DeviceArray
from pyanon.errors import InputError
from pyanon.ops import cuda
from pyanon.runtime import Stream, adopt, device
from pyanon.runtime.nvmm import mapped
from pyanon.video.gpu import Standard
from pyanon.video.orientation import UPRIGHT, Orientation

__all__ = ["Surfaces"]

#: The legacy default stream of CUDA, on which FFmpeg's decoders and encoders work.
_DEFAULT_STREAM = 1


class Surfaces:
    """Pictures of planes and planes of pictures, on the GPU of a pipeline: a `pyanon.video.GpuPictures`.

    ``anonymizer.gpu_pictures`` is one, for `open_video`, `open_camera` and `open_sink`; and for frames of other
    decoders, whose surfaces it makes pictures of that the anonymizer takes as they are.

    Args:
        place: Stream of the pipeline.
    """

    def __init__(self, place: Stream) -> None:
        self._place = place

    @property
    def device(self) -> int:
        """Ordinal of the GPU."""
        return self._place.device

    def enter(self) -> None:
        """Make the GPU's context the current one of this thread."""
        device.cuda("cudaSetDevice", self.device)

    def rgb(
        self,
        luma: Any,
        chroma: Any,
        *,
        standard: Standard = "bt709",
        full_range: bool = False,
        turn: Orientation = UPRIGHT,
    ) -> DeviceArray:
        """The picture ``(H, W, 3)`` uint8 RGB of NV12 planes; they are free again in the order of the default stream.

        Args:
            luma: ``(H, W)`` uint8 with any strides, with ``__cuda_array_interface__`` or ``__dlpack__``.
            chroma: ``(H / 2, W / 2, 2)`` uint8, rounded up, the same.
            standard: The matrix of the samples.
            full_range: Whether they use 0..255, and not 16..235.
            turn: How the picture is turned upright; other than as it is, height and width must be even.

        Raises:
            InputError: They are not such arrays, or not on this GPU.
            RunnerError: CUDA failed.
        """
        self.enter()
        with self._place.turn:
            self._place.wait_for(_DEFAULT_STREAM)
            planes = [_turned(adopt(plane, self._place), turn) for plane in (luma, chroma)]
            picture = cuda.rgb_from_nv12(planes[0], chroma=planes[1], standard=standard, full_range=full_range)
            self._place.precede(_DEFAULT_STREAM)
        return picture

    def rgb_of_surface(self, surface: Any, *, standard: Standard = "bt709", full_range: bool = False) -> DeviceArray:
        """The same of one array ``(H * 3 / 2, W)``: luma with chroma behind it, as PyNvVideoCodec gives NV12 frames.

        Args:
            surface: uint8, H and W even, with ``__cuda_array_interface__`` or ``__dlpack__``.
            standard: The matrix of the samples.
            full_range: Whether they use 0..255, and not 16..235.

        Raises:
            InputError: It is not such an array, or not on this GPU.
            RunnerError: CUDA failed.
        """
        with self._place.turn:
            whole = adopt(surface, self._place)
        if whole.ndim != 2 or whole.shape[0] % 3 or whole.shape[1] % 2 or whole.strides[1] != 1:
            raise InputError(
                "this is no NV12 surface",
                given=f"{whole.dtype}{whole.shape} with strides {whole.strides}",
                expected="(height * 3 / 2, width), even height and width, samples side by side",
            )
        height, (rows, width) = 2 * whole.shape[0] // 3, whole.shape
        below = whole[height:]
        chroma = replace(below, shape=(rows - height, width // 2, 2), strides=(whole.strides[0], 2, 1))
        return self.rgb(whole[:height], chroma, standard=standard, full_range=full_range)

    def nv12(
        self, pixels: DeviceArray, *, standard: Standard = "bt709", full_range: bool = False
    ) -> tuple[DeviceArray, DeviceArray]:
        """The planes of a picture, in one piece, chroma right behind luma: encoders look for it there. Waits for them.

        Args:
            pixels: ``(H, W, 3)`` uint8 RGB of this GPU, H and W even.
            standard: The matrix of the samples.
            full_range: Whether they use 0..255, and not 16..235.

        Returns:
            Luma ``(H, W)`` and chroma ``(H / 2, W / 2, 2)``, uint8, without gaps.

        Raises:
            InputError: The picture is not such an array.
            RunnerError: CUDA failed.
        """
        self.enter()
        place = self._place
        with place.turn:
            planes = cuda.nv12_from_rgb(adopt(pixels, place), standard=standard, full_range=full_range)
            piece = place.empty((sum(plane.nbytes for plane in planes),), planes[0].dtype)
            luma = piece.head(planes[0].shape, piece.dtype)
            chroma = piece[luma.nbytes :].head(planes[1].shape, piece.dtype)
            place.write(luma, planes[0])
            place.write(chroma, planes[1])
            place.synchronize()
        return luma, chroma

    def nvmm(self, surface: bytes, *, turn: Orientation = UPRIGHT) -> DeviceArray:
        """The picture of an ``NvBufSurface`` of a Jetson; see `pyanon.runtime.nvmm`. Waits: the surface is free then.

        Args:
            surface: The bytes of that structure.
            turn: How the picture is turned upright.

        Raises:
            InputError: It is not NV12 in rows.
            RunnerError: It cannot be mapped, or CUDA failed.
        """
        self.enter()
        with self._place.turn, mapped(surface, self._place) as planes:
            picture = cuda.rgb_from_nv12(
                _turned(planes.luma, turn),
                chroma=_turned(planes.chroma, turn),
                standard=planes.standard,
                full_range=planes.full_range,
            )
            self._place.synchronize()
        return picture


def _turned(plane: DeviceArray, turn: Orientation) -> DeviceArray:
    """A view of a plane, upright: the kernels take any strides."""
    if turn == UPRIGHT:
        return plane
    shape, strides, at = list(plane.shape), list(plane.strides), plane.pointer
    if turn.swap:
        shape[:2], strides[:2] = shape[1::-1], strides[1::-1]
    for axis, mirrored in enumerate((turn.mirror_y, turn.mirror_x)):
        if mirrored:
            at += (shape[axis] - 1) * strides[axis]
            strides[axis] = -strides[axis]
    return replace(plane, pointer=at, shape=tuple(shape), strides=tuple(strides))

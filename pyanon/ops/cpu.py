"""The ops on the CPU: thin, typed doors to the native kernels, which check their arguments and release the GIL.

What each op computes is defined by the function of the same name in `pyanon.ops.reference`. A kernel may be called
from any thread; it never starts one. Which SIMD instructions it uses is chosen when the first one is called, or by
the environment variable ``PYANON_SIMD``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon import _ext
from pyanon.ops._prepare import prepare
from pyanon.ops.spec import SamplerSpec
from pyanon.types import FloatArray, ImageArray, IntArray

__all__ = [
    "CoverStyle",
    "Region",
    "Standard",
    "blend",
    "cover",
    "exponential",
    "force_simd",
    "judge",
    "letterbox",
    "letterbox_nv12",
    "nms",
    "nv12_from_rgb",
    "paste",
    "planes",
    "reject",
    "relight",
    "rgb_from_nv12",
    "simd_target",
    "simd_targets",
    "warp",
]

#: How the colours of a video were made luma and chroma.
Standard: TypeAlias = Literal["bt601", "bt709"]
#: How a covered face looks.
CoverStyle: TypeAlias = Literal["blur", "mosaic", "solid"]


class Region(IntFlag):
    """What `relight` is told of a pixel."""

    #: The real picture is known there.
    VISIBLE = 1
    #: It is, and what is painted there is good enough to be compared with it.
    RING = 2
    #: The face is surely painted there.
    INSIDE = 4


def letterbox(
    image: ImageArray,
    *,
    size: tuple[int, int],
    mean: float = 0.0,
    scale: float = 1 / 255,
    fill: float = 114,
    out: FloatArray | None = None,
) -> tuple[FloatArray, float, tuple[float, float]]:
    """Fit a frame into a fixed size, centred and normalised, as planes of float32.

    ``frame = (crop - offset) / ratio`` takes a point of the result back to the frame, both measured from the outer
    corner of the first pixel.

    Args:
        image: ``(H, W, 3)`` uint8, any strides, at least one pixel.
        size: Width and height of the result.
        mean: Level that becomes 0.
        scale: What a level is multiplied by, after ``mean`` is taken off.
        fill: Level of the border around the frame.
        out: ``(3, height, width)`` float32, C-contiguous, written to and returned; allocated where None.

    Returns:
        The planes ``(3, height, width)`` float32, the ratio, and the offset ``(x, y)`` in pixels of the result.

    Raises:
        InputError: An array has another dtype or shape, or ``size`` is not at least 1 x 1.
    """
    return _ext.letterbox(image, size, mean, scale, fill, out)


def rgb_from_nv12(
    luma: ImageArray, *, chroma: ImageArray, standard: Standard = "bt709", full_range: bool = False
) -> ImageArray:
    """The RGB picture of an NV12 frame, as video decoders give it.

    Args:
        luma: ``(H, W)`` uint8, any strides.
        chroma: ``(H / 2, W / 2, 2)`` uint8, both rounded up, any strides: blue and red difference of 2 x 2 pixels each.
        standard: How the colours were made luma and chroma: ``"bt601"`` or ``"bt709"``.
        full_range: Whether black and white are 0 and 255; else 16 and 235.

    Returns:
        ``(H, W, 3)`` uint8.

    Raises:
        InputError: An array has another dtype or shape, or there is no such standard.
    """
    return _ext.rgb_from_nv12(luma, chroma, standard, full_range)


def nv12_from_rgb(
    image: ImageArray, *, standard: Standard = "bt709", full_range: bool = False
) -> tuple[ImageArray, ImageArray]:
    """The NV12 frame of an RGB picture, as video encoders take it; the way back of `rgb_from_nv12`.

    Args:
        image: ``(H, W, 3)`` uint8, any strides.
        standard: As for `rgb_from_nv12`.
        full_range: As for `rgb_from_nv12`.

    Returns:
        Luma ``(H, W)`` and chroma ``(H / 2, W / 2, 2)`` uint8, rounded up.

    Raises:
        InputError: The array has another dtype or shape, or there is no such standard.
    """
    return _ext.nv12_from_rgb(image, standard, full_range)


def letterbox_nv12(
    luma: ImageArray,
    *,
    chroma: ImageArray,
    size: tuple[int, int],
    standard: Standard = "bt709",
    full_range: bool = False,
    mean: float = 0.0,
    scale: float = 1 / 255,
    fill: float = 114,
    out: FloatArray | None = None,
) -> tuple[FloatArray, float, tuple[float, float]]:
    """Fit an NV12 frame into a fixed size: `letterbox` of what `rgb_from_nv12` gives, whose arguments these are.

    Raises:
        InputError: As for both.
    """
    image = rgb_from_nv12(luma, chroma=chroma, standard=standard, full_range=full_range)
    return letterbox(image, size=size, mean=mean, scale=scale, fill=fill, out=out)


def warp(image: ImageArray, *, matrix: FloatArray, size: int, times: int = 1) -> ImageArray:
    """Cut aligned crops out of a frame, bilinear, repeating the frame's border outside of it.

    Args:
        image: ``(H, W, 3)`` uint8, any strides, at least one pixel.
        matrix: ``(n, 2, 3)`` float32, frame to crop coordinates, both from the outer corner of the first pixel.
        size: Side of the crops in pixels.
        times: A pixel of a crop is the mean of ``times`` x ``times`` samples, half-way cases to the even level: what
            keeps a crop that is much smaller than its face free of aliasing. 1..16.

    Returns:
        ``(n, size, size, 3)`` uint8.

    Raises:
        InputError: An array has another dtype or shape, a matrix cannot be inverted, or ``size`` or ``times`` is out of
            range.
    """
    return _ext.warp(image, matrix, size, times)


def blend(image: ImageArray, *, patch: ImageArray, mask: ImageArray, at: tuple[int, int]) -> None:
    """Put a patch onto a frame through a mask, in place; what lies outside the frame is left out.

    Every byte becomes ``round((under * (255 - mask) + over * mask) / 255)``, exactly.

    Args:
        image: ``(H, W, 3)`` uint8, any strides, writable.
        patch: ``(h, w, 3)`` uint8, any strides; must not share memory with ``image``.
        mask: ``(h, w)`` uint8, 255 where the patch replaces the frame.
        at: Column and row of the frame under the patch's first pixel; may be negative.

    Raises:
        InputError: An array has another dtype or shape, or ``image`` is read-only.
    """
    _ext.blend(image, patch, mask, at)


def paste(image: ImageArray, *, pixels: ImageArray, mask: ImageArray, matrix: FloatArray) -> None:
    """Put aligned crops back to where they were cut from, through their masks, in place and in order.

    Touches only the rectangles around the crops. Pixels and mask are sampled bilinearly; outside of a crop its mask
    is 0.

    Args:
        image: ``(H, W, 3)`` uint8, any strides, writable.
        pixels: ``(n, S, S, 3)`` uint8.
        mask: ``(n, S, S)`` uint8, 255 where the crop replaces the frame.
        matrix: ``(n, 2, 3)`` float32, frame to crop coordinates, both from the outer corner of the first pixel.

    Raises:
        InputError: An array has another dtype or shape, ``image`` is read-only, or a matrix cannot be inverted;
            nothing has been painted then.
    """
    _ext.paste(image, pixels, mask, matrix)


def planes(pixels: ImageArray) -> FloatArray:
    """Turn crops into what networks take: planes of float32, 0..1.

    Args:
        pixels: ``(n, S, S, 3)`` uint8, any strides.

    Returns:
        ``(n, 3, S, S)`` float32, C-contiguous: every level divided by 255.

    Raises:
        InputError: The array has another dtype or shape.
    """
    return _ext.planes(pixels)


def relight(
    painted: FloatArray,
    *,
    around: ImageArray,
    regions: ImageArray,
    grain: npt.NDArray[np.int16],
    out: ImageArray | None = None,
) -> tuple[ImageArray, ImageArray]:
    """Fit painted faces to the light and the grain of what is visible around them.

    On a ring, where both the painted and the real picture are known, the difference of their colours is fitted by a
    plane for each channel, of at most 6 levels, which is added to the painted face. Grain of at most 8 levels is added
    where the face is smoother than what is visible around it (Immerkaer, "Fast noise variance estimation", CVIU 64(2),
    1996, with the median). Where fewer than 64 pixels tell of it, nothing is added.

    Args:
        painted: ``(n, 3, S, S)`` float32, 0..1 as far as a network keeps to that; what is not a number is 0.
        around: ``(n, S, S, 3)`` uint8, the real picture where it is visible.
        regions: ``(n, S, S)`` uint8, what is known of each pixel: sums of `Region`.
        grain: ``(n, S, S)`` int16, standard normals in 1/4096 (`pyanon.ops.philox.normals`).
        out: ``(n, S, S, 3)`` uint8, C-contiguous, written to and returned; allocated where None. Must not share
            memory with ``around``.

    Returns:
        The faces ``(n, S, S, 3)`` uint8; and ``(n,)`` uint8, 1 where all painted values of a face are finite.

    Raises:
        InputError: An array has another dtype or shape, or ``out`` cannot be written to.
    """
    return _ext.relight(painted, around, regions, grain, out)


def nms(
    boxes: FloatArray, *, scores: FloatArray, iou: float = 0.5, groups: IntArray | None = None, limit: int = 0
) -> IntArray:
    """Keep the best of boxes that overlap (greedy non-maximum suppression).

    Args:
        boxes: ``(n, 4)`` float32, ``x0, y0, x1, y1``.
        scores: ``(n,)`` float32.
        iou: A box is dropped where its intersection over union with a kept, better one is above this.
        groups: ``(n,)`` int64; boxes of different groups leave each other alone. None: all in one group.
        limit: Keep at most this many; 0 keeps all.

    Returns:
        ``(kept,)`` int64: indices by falling score, equal scores in their given order. A row with a NaN in its box
        or score is never kept and suppresses nothing.

    Raises:
        InputError: An array has another dtype or shape.
    """
    return _ext.nms(boxes, scores, iou, groups, limit)


def cover(
    image: ImageArray,
    *,
    boxes: FloatArray,
    style: CoverStyle = "blur",
    colour: tuple[int, int, int] = (0, 0, 0),
    seed: int = 0,
    cells: int = 8,
    grow: float = 0.05,
    feather: float = 0.2,
    grain: float = 4.0,
) -> None:
    """Paint over boxes for good, in place.

    Every pixel that a box touches is overwritten, and nothing of what is painted anywhere depends on a pixel of any
    box: the colours come from pixels that stay visible around the covers, and from ``seed``. So a cover carries no
    more about the face under it than a plain box of the same outline does.

    Args:
        image: ``(H, W, 3)`` uint8 RGB, any strides, writable.
        boxes: ``(n, 4)`` float32, ``x0, y0, x1, y1`` in pixels; may overlap and reach outside the frame.
        style: ``"blur"``, a soft skin-toned smudge with grain; ``"mosaic"``, crisp cells; ``"solid"``, one colour
            with a hard edge.
        colour: RGB of style ``"solid"``.
        seed: Of the grain and of the mosaic's shades; keep it over the frames of a video.
        cells: Cells along each side of the colour grid, 1..32.
        grow: Margin around the box, as a share of its half side, 0..4.
        feather: Width of the soft edge outside the opaque region, as a share of the region's half side, 0..4; style
            ``"solid"`` has none.
        grain: Strength of the grain of style ``"blur"`` in levels, 0..64.

    Raises:
        InputError: An array has another dtype or shape, ``image`` is read-only, a box is not finite or inverted, or
            a setting is out of range. Nothing has been painted then: treat the whole frame as uncovered.
    """
    _ext.cover(image, boxes, style, colour, seed, cells, grow, feather, grain)


@lru_cache(maxsize=8)
def _prepared(spec: SamplerSpec) -> _ext.RejectSampler:
    """A spec is frozen and known by its identity: it is prepared once."""
    return prepare(spec)


def reject(
    spec: SamplerSpec,
    *,
    live: Sequence[FloatArray],
    keys: npt.NDArray[np.uint64],
    max_draws: int,
    first: IntArray | None = None,
) -> tuple[FloatArray, IntArray]:
    """Draw an identity for every key: the first draw that is distinct and realistic; see docs/sampler.md.

    The faces are served in order, and each accepted code joins the live ones for those after it. What a draw is
    depends on its key and number alone; whether it is accepted also on ``spec`` and on who is live. The first call with
    a spec prepares it, which takes a second or so where its gallery is large.

    Args:
        spec: Prior and tests; its arrays must not change after the first call.
        live: For each oracle, the embeddings ``(m, d)`` float32 of all faces of the scene that are to be unlike the new
            ones: the originals and the replacements in use. The same m for all.
        keys: ``(n,)`` uint64, one per face, from `track_key`.
        max_draws: How many draws each face has.
        first: ``(n,)`` int64, the number of each face's first draw; None: 0. A track whose replacement was refused goes
            on after its last draw.

    Returns:
        The codes ``(n, D)`` float32, NaN where no draw was accepted, and the numbers of the draws ``(n,)`` int64, -1
        there: such a face is to be covered.

    Raises:
        InputError: An array has another dtype or shape, an embedding is not finite or 0, or a draw has no number.
    """
    return _ext.reject(_prepared(spec), live, keys, max_draws, first)


def judge(
    spec: SamplerSpec, *, live: Sequence[FloatArray], key: int, count: int, first: int = 0
) -> npt.NDArray[np.uint8]:
    """Say what becomes of each of a run of draws, for statistics: none of them joins the live ones.

    Args:
        spec: As for `reject`.
        live: As for `reject`.
        key: 64 bits.
        count: How many draws.
        first: Number of the first one.

    Returns:
        ``(count,)`` uint8: the `Reason` of each.

    Raises:
        InputError: As for `reject`.
    """
    return _ext.judge(_prepared(spec), live, key, count, first)


def exponential(
    utilities: npt.NDArray[np.float64],
    *,
    sizes: IntArray,
    epsilon: float,
    sensitivity: float,
    keys: npt.NDArray[np.uint64],
    ranks: tuple[int, int] | None = None,
    draws: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """Choose a group of identities for every face by the exponential mechanism, and one of its members uniformly.

    Group j has a probability proportional to ``exp(epsilon u_j / (2 sensitivity))`` (McSherry and Talwar, FOCS 2007).
    Weights are whole numbers of 2^-44 of the best group's, at least 1, so that no utility overflows and every backend
    chooses alike. docs/sampler.md says what that guarantees, and that rank bounds which leave groups out guarantee
    less.

    Args:
        utilities: ``(n, groups)`` float64, how useful each group is for each face.
        sizes: ``(groups,)`` int64, members of each group, at least 1.
        epsilon: Privacy loss of one draw, more than 0; `EpsilonLedger` adds them up.
        sensitivity: The most that one face can change a utility, more than 0.
        keys: ``(n,)`` uint64, one per face, from `track_key`.
        ranks: The best and the worst rank that may be chosen, from 1, ranked by falling utility and then by index;
            None: all.
        draws: ``(n,)`` int64, the number of each face's draw; None: 0.

    Returns:
        Group and member ``(n,)`` int64.

    Raises:
        InputError: An array has another dtype or shape, a utility is not finite, a group is empty, or a number is out
            of range.
    """
    return _ext.exponential(utilities, sizes, epsilon, sensitivity, keys, ranks, draws)


def simd_targets() -> list[str]:
    """Names of the SIMD instruction sets that the kernels can use on this machine, plainest first."""
    return _ext.simd_targets()


def simd_target() -> str:
    """Name of the SIMD instruction set in use.

    Raises:
        InputError: ``PYANON_SIMD`` names one that this machine cannot run.
    """
    return _ext.simd_target()


def force_simd(name: str) -> None:
    """Use one SIMD instruction set from now on, in all threads; every one gives the same results.

    Raises:
        InputError: This machine cannot run it.
    """
    _ext.force_simd(name)

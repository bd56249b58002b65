"""The types on the corridor: one frozen struct of arrays per arrow between two stages.

Rows are aligned by index and ``n = 0`` is normal. Boxes are ``x0, y0, x1, y1`` in pixels of the source frame, with
the origin at the outer corner of the top-left pixel (a box around the whole of a W x H frame is ``0, 0, W, H``);
matrices are 2x3 and map frame coordinates to crop coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pyanon.errors import InputError

__all__ = [
    "Action",
    "Crops",
    "Detections",
    "Face",
    "FloatArray",
    "Frame",
    "Identities",
    "ImageArray",
    "Replacements",
    "Result",
    "Tracks",
    "Verdicts",
]

ImageArray: TypeAlias = npt.NDArray[np.uint8]
FloatArray: TypeAlias = npt.NDArray[np.float32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

#: What was done to a face: painted over, or swapped for a synthetic one.
Action: TypeAlias = Literal["covered", "replaced"]

LANDMARKS = 5


def _require(owner: str, name: str, array: Any, dtype: npt.DTypeLike, shape: tuple[int | None, ...]) -> None:
    """Raise InputError unless ``array`` has this dtype and shape (None: any length)."""
    fits = (
        isinstance(array, np.ndarray)
        and array.dtype == np.dtype(dtype)
        and array.ndim == len(shape)
        and all(want is None or have == want for have, want in zip(array.shape, shape, strict=True))
    )
    if not fits:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        given = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise InputError(
            f"{owner}.{name} is not the array the stage needs",
            given=given,
            expected=f"numpy {np.dtype(dtype)} of shape ({wanted})",
            do="convert it with numpy.asarray(..., dtype=...) and check its axes",
        )


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source.

    Attributes:
        pixels: ``(H, W, 3)`` uint8 RGB, display orientation.
        pts: Presentation time in units of ``time_base``; 0 for a still picture.
        time_base: Seconds per unit of ``pts``.
        index: Number of the frame in its source, from 0.

    Raises:
        InputError: ``pixels`` is not a ``(H, W, 3)`` uint8 array with at least one pixel.
    """

    pixels: ImageArray
    pts: int = 0
    time_base: Fraction = Fraction(1, 1000)
    index: int = 0

    def __post_init__(self) -> None:
        _require("Frame", "pixels", self.pixels, np.uint8, (None, None, 3))
        if self.pixels.shape[0] == 0 or self.pixels.shape[1] == 0:
            raise InputError(
                "Frame.pixels holds no pixel", given=f"shape {self.pixels.shape}", expected="H >= 1 and W >= 1"
            )

    @property
    def time(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])


@dataclass(frozen=True, eq=False)
class Detections:
    """What `locate` found in one frame.

    Attributes:
        xyxy: ``(n, 4)`` float32, source pixels, may reach outside the frame.
        score: ``(n,)`` float32 in 0..1.
        landmarks: ``(n, 5, 2)`` float32, source pixels: eyes, nose, mouth corners, the picture's left one first;
            NaN where unknown.
        prompt: ``(n,)`` int64, index into the prompts the locator was asked for.
    """

    xyxy: FloatArray
    score: FloatArray
    landmarks: FloatArray
    prompt: IntArray

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        _require("Detections", "xyxy", self.xyxy, np.float32, (None, 4))
        _require("Detections", "score", self.score, np.float32, (n,))
        _require("Detections", "landmarks", self.landmarks, np.float32, (n, LANDMARKS, 2))
        _require("Detections", "prompt", self.prompt, np.int64, (n,))

    def __len__(self) -> int:
        return len(self.xyxy)

    def pick(self, rows: BoolArray | npt.NDArray[np.integer[Any]]) -> Detections:
        """The rows that a mask ``(n,)`` or indices name, in their order."""
        return Detections(self.xyxy[rows], self.score[rows], self.landmarks[rows], self.prompt[rows])

    @classmethod
    def empty(cls) -> Detections:
        """No detection at all."""
        return cls(
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros((0, LANDMARKS, 2), np.float32),
            np.zeros(0, np.int64),
        )


@dataclass(frozen=True, eq=False)
class Tracks:
    """The faces to hide in one frame, each with its identity over time.

    Attributes:
        xyxy: ``(n, 4)`` float32, source pixels.
        score: ``(n,)`` float32, the last detection's score.
        landmarks: ``(n, 5, 2)`` float32, source pixels, NaN where unknown.
        prompt: ``(n,)`` int64.
        track_id: ``(n,)`` int64, unique within a stream, never reused.
        coasted: ``(n,)`` bool, True where the locator missed the face and the box is predicted.
    """

    xyxy: FloatArray
    score: FloatArray
    landmarks: FloatArray
    prompt: IntArray
    track_id: IntArray
    coasted: BoolArray

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        _require("Tracks", "xyxy", self.xyxy, np.float32, (None, 4))
        _require("Tracks", "score", self.score, np.float32, (n,))
        _require("Tracks", "landmarks", self.landmarks, np.float32, (n, LANDMARKS, 2))
        _require("Tracks", "prompt", self.prompt, np.int64, (n,))
        _require("Tracks", "track_id", self.track_id, np.int64, (n,))
        _require("Tracks", "coasted", self.coasted, np.bool_, (n,))

    def __len__(self) -> int:
        return len(self.xyxy)


@dataclass(frozen=True, eq=False)
class Crops:
    """Aligned pictures of the tracked faces.

    Attributes:
        pixels: ``(n, S, S, 3)`` uint8 RGB.
        matrix: ``(n, 2, 3)`` float32, frame to crop.
    """

    pixels: ImageArray
    matrix: FloatArray

    def __post_init__(self) -> None:
        n, size = len(self.pixels), self.pixels.shape[1] if self.pixels.ndim == 4 else None
        _require("Crops", "pixels", self.pixels, np.uint8, (n, size, size, 3))
        _require("Crops", "matrix", self.matrix, np.float32, (n, 2, 3))

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Identities:
    """Synthetic identity codes, one per track.

    Attributes:
        code: ``(n, D)`` float32; a row of NaN where no acceptable identity was drawn (the face is then covered).
    """

    code: FloatArray

    def __post_init__(self) -> None:
        _require("Identities", "code", self.code, np.float32, (None, None))

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, eq=False)
class Replacements:
    """Painted faces, in crop coordinates.

    Attributes:
        pixels: ``(n, S, S, 3)`` uint8 RGB.
        mask: ``(n, S, S)`` uint8, 255 where the painted face replaces the frame.
        matrix: ``(n, 2, 3)`` float32, frame to crop.
    """

    pixels: ImageArray
    mask: ImageArray
    matrix: FloatArray

    def __post_init__(self) -> None:
        n, size = len(self.pixels), self.pixels.shape[1] if self.pixels.ndim == 4 else None
        _require("Replacements", "pixels", self.pixels, np.uint8, (n, size, size, 3))
        _require("Replacements", "mask", self.mask, np.uint8, (n, size, size))
        _require("Replacements", "matrix", self.matrix, np.float32, (n, 2, 3))

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What `verify` says of each replacement.

    Attributes:
        accepted: ``(n,)`` bool; a row that is not accepted is covered.
        similarity: ``(n, oracles)`` float32, similarity of replacement and original.
        reason: ``n`` short texts, empty where accepted.
    """

    accepted: BoolArray
    similarity: FloatArray
    reason: tuple[str, ...]

    def __post_init__(self) -> None:
        n = len(self.accepted)
        _require("Verdicts", "accepted", self.accepted, np.bool_, (n,))
        _require("Verdicts", "similarity", self.similarity, np.float32, (n, None))
        if len(self.reason) != n:
            raise InputError(
                "Verdicts.reason is not aligned with its rows", given=f"{len(self.reason)} texts", expected=f"{n}"
            )

    def __len__(self) -> int:
        return len(self.accepted)


@dataclass(frozen=True)
class Face:
    """One face of a finished frame, as reports and callers see it: never its pixels, never an embedding.

    Attributes:
        xyxy: Box in source pixels.
        score: Score of the last detection, 0..1.
        track: Track number, unique within a stream.
        coasted: True where the locator missed the face and the track kept it covered.
        action: What was done to it.
        prompt: The prompt it answered to.
        landmarks: ``(5, 2)`` float32 in source pixels, NaN where unknown.
    """

    xyxy: tuple[float, float, float, float]
    score: float
    track: int
    coasted: bool
    action: Action
    prompt: str = "face"
    landmarks: FloatArray = field(
        default_factory=lambda: np.full((LANDMARKS, 2), np.nan, np.float32), compare=False, repr=False
    )


@dataclass(frozen=True, eq=False)
class Result:
    """One anonymized frame.

    Attributes:
        output: The anonymized frame, same pts, size and index as the source's.
        faces: The faces that were hidden in it.
        timings: Milliseconds per stage, and ``"total"``.
        failed: Name of the stage that raised, where the whole frame was covered because of it; else empty.
    """

    output: Frame
    faces: tuple[Face, ...]
    timings: Mapping[str, float]
    failed: str = ""

    @property
    def frame(self) -> ImageArray:
        """The anonymized picture, ``(H, W, 3)`` uint8 RGB."""
        return self.output.pixels

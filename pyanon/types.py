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

from pyanon.arrays import DeviceArray, on_host
from pyanon.errors import InputError
from pyanon.texts import Caption, Consistency

__all__ = [
    "Action",
    "Attributes",
    "Crops",
    "Detections",
    "Embeddings",
    "Face",
    "FloatArray",
    "Frame",
    "Identities",
    "ImageArray",
    "IntArray",
    "Opinions",
    "Pixels",
    "Replacements",
    "Result",
    "Tracks",
    "Values",
    "Verdicts",
]

ImageArray: TypeAlias = npt.NDArray[np.uint8]
FloatArray: TypeAlias = npt.NDArray[np.float32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]
#: Whether faces are somebody's: 1 surely, -1 surely not, 0 where that is not sure.
Opinions: TypeAlias = npt.NDArray[np.int8]
#: Bytes of pictures, of the host or of a GPU; and values that a network made.
Pixels: TypeAlias = "ImageArray | DeviceArray"
Values: TypeAlias = "FloatArray | DeviceArray"

#: What was done to a face: painted over, swapped for a synthetic one, or nothing, because the policy names it.
Action: TypeAlias = Literal["covered", "replaced", "kept"]

LANDMARKS = 5


def _require(
    owner: str,
    name: str,
    array: Any,
    dtype: npt.DTypeLike,
    shape: tuple[int | None, ...],
    *,
    on_device: bool = False,
) -> None:
    """Raise InputError unless ``array`` has this dtype and shape (None: any length); it may be on a GPU if said so."""
    fits = (
        isinstance(array, (np.ndarray, DeviceArray) if on_device else np.ndarray)
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


def _require_pixels(
    owner: str, name: str, array: Any, shape: tuple[int | None, ...], *, dtype: npt.DTypeLike = np.uint8
) -> None:
    """The same for what may be on a GPU."""
    _require(owner, name, array, dtype, shape, on_device=True)


def _aligned(name: str, texts: tuple[object, ...], rows: int) -> None:
    if len(texts) != rows:
        raise InputError(f"{name} is not aligned with its rows", given=f"{len(texts)} entries", expected=f"{rows}")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source.

    Attributes:
        pixels: ``(H, W, 3)`` uint8 RGB, display orientation; on a GPU a `pyanon.arrays.DeviceArray`.
        pts: Presentation time in units of ``time_base``; 0 for a still picture.
        time_base: Seconds per unit of ``pts``.
        index: Number of the frame in its source, from 0.

    Raises:
        InputError: ``pixels`` is not a ``(H, W, 3)`` uint8 array with at least one pixel.
    """

    pixels: Pixels
    pts: int = 0
    time_base: Fraction = Fraction(1, 1000)
    index: int = 0

    def __post_init__(self) -> None:
        _require_pixels("Frame", "pixels", self.pixels, (None, None, 3))
        if self.pixels.shape[0] == 0 or self.pixels.shape[1] == 0:
            raise InputError(
                "Frame.pixels holds no pixel", given=f"shape {self.pixels.shape}", expected="H >= 1 and W >= 1"
            )

    @property
    def time(self) -> float:
        """Presentation time in seconds."""
        return float(self.pts * self.time_base)

    @property
    def picture(self) -> ImageArray:
        """The pixels for NumPy: themselves, or a copy, which waits for the GPU."""
        return on_host(self.pixels)

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

    def pick(self, rows: BoolArray | npt.NDArray[np.integer[Any]]) -> Tracks:
        """The rows that a mask ``(n,)`` or indices name, in their order."""
        return Tracks(
            self.xyxy[rows],
            self.score[rows],
            self.landmarks[rows],
            self.prompt[rows],
            self.track_id[rows],
            self.coasted[rows],
        )


@dataclass(frozen=True, eq=False)
class Crops:
    """Aligned pictures of the faces that can be replaced.

    Attributes:
        pixels: ``(n, S, S, 3)`` uint8 RGB.
        matrix: ``(n, 2, 3)`` float32, frame to crop.
        landmarks: ``(n, 5, 2)`` float32, crop pixels.
        inside: ``(n, S, S)`` float32 in 0..1, the soft region of the face, which a replacement repaints.
        foreign: ``(n, S, S)`` bool, pixels that are not this face's surroundings: other located faces, and what
            lies outside the frame.
    """

    pixels: Pixels
    matrix: FloatArray
    landmarks: FloatArray
    inside: FloatArray
    foreign: BoolArray

    def __post_init__(self) -> None:
        n, size = len(self.pixels), self.pixels.shape[1] if self.pixels.ndim == 4 else None
        _require_pixels("Crops", "pixels", self.pixels, (n, size, size, 3))
        _require("Crops", "matrix", self.matrix, np.float32, (n, 2, 3))
        _require("Crops", "landmarks", self.landmarks, np.float32, (n, LANDMARKS, 2))
        _require("Crops", "inside", self.inside, np.float32, (n, size, size))
        _require("Crops", "foreign", self.foreign, np.bool_, (n, size, size))

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Attributes:
    """What a replacement takes over from the face under it: everything but who it is.

    Attributes:
        context: ``(n, C, h, w)`` float32, the encoder's view of the crop with its inside blanked, and of the landmarks.
        code: ``(n, A, h, w)`` float32, spatial attribute code.
        inside: ``(n, S, S)`` float32 in 0..1, the region to repaint.
        front: ``(n, S, S)`` float32 in 0..1, how much of a pixel stays: there is something in front of the face.
        surround: ``(n, S, S, 3)`` uint8, the crop with its inside and all that is foreign blanked.
        visible: ``(n, S, S)`` bool, pixels of ``surround`` that were not blanked.
        matrix: ``(n, 2, 3)`` float32, frame to crop.
    """

    context: Values
    code: FloatArray
    inside: FloatArray
    front: FloatArray
    surround: Pixels
    visible: BoolArray
    matrix: FloatArray

    def __post_init__(self) -> None:
        n, size = len(self.surround), self.surround.shape[1] if self.surround.ndim == 4 else None
        _require_pixels("Attributes", "context", self.context, (n, None, None, None), dtype=np.float32)
        _require("Attributes", "code", self.code, np.float32, (n, None, None, None))
        _require("Attributes", "inside", self.inside, np.float32, (n, size, size))
        _require("Attributes", "front", self.front, np.float32, (n, size, size))
        _require_pixels("Attributes", "surround", self.surround, (n, size, size, 3))
        _require("Attributes", "visible", self.visible, np.bool_, (n, size, size))
        _require("Attributes", "matrix", self.matrix, np.float32, (n, 2, 3))

    def __len__(self) -> int:
        return len(self.surround)


@dataclass(frozen=True, eq=False)
class Embeddings:
    """What every oracle sees in the original faces.

    Attributes:
        oracles: One ``(n, d)`` float32 per oracle of the pack, of any length; d differs from oracle to oracle.
    """

    oracles: tuple[FloatArray, ...]

    def __post_init__(self) -> None:
        for index, rows in enumerate(self.oracles):
            _require("Embeddings", f"oracles[{index}]", rows, np.float32, (len(self), None))

    def __len__(self) -> int:
        return len(self.oracles[0]) if self.oracles else 0

    @property
    def usable(self) -> BoolArray:
        """``(n,)``: rows that every oracle can compare: finite and not 0."""
        usable = np.ones(len(self), np.bool_)
        for rows in self.oracles:
            usable &= np.isfinite(rows).all(axis=1) & rows.any(axis=1)
        return usable

    def pick(self, rows: BoolArray) -> Embeddings:
        """The rows that a mask ``(n,)`` names."""
        return Embeddings(tuple(each[rows] for each in self.oracles))


@dataclass(frozen=True, eq=False)
class Identities:
    """Synthetic identity codes, one per track.

    Attributes:
        code: ``(n, D)`` float32; a row of NaN where no acceptable identity was drawn (the face is then covered).
        key: ``(n,)`` uint64, key of the random numbers with which the track's face is painted, alike in all frames.
    """

    code: FloatArray
    key: npt.NDArray[np.uint64]

    def __post_init__(self) -> None:
        _require("Identities", "code", self.code, np.float32, (None, None))
        _require("Identities", "key", self.key, np.uint64, (len(self.code),))

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, eq=False)
class Replacements:
    """Painted faces, in crop coordinates.

    Attributes:
        pixels: ``(n, S, S, 3)`` uint8 RGB.
        mask: ``(n, S, S)`` uint8, 255 where the painted face replaces the frame.
        matrix: ``(n, 2, 3)`` float32, frame to crop.
        fault: ``n`` short texts: why a row was not painted; empty where it was. None given: all were.
    """

    pixels: Pixels
    mask: Pixels
    matrix: FloatArray
    fault: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.fault:
            object.__setattr__(self, "fault", ("",) * len(self.pixels))
        _aligned("Replacements.fault", self.fault, len(self.pixels))
        n, size = len(self.pixels), self.pixels.shape[1] if self.pixels.ndim == 4 else None
        _require_pixels("Replacements", "pixels", self.pixels, (n, size, size, 3))
        _require_pixels("Replacements", "mask", self.mask, (n, size, size))
        _require("Replacements", "matrix", self.matrix, np.float32, (n, 2, 3))

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What `verify` says of each replacement.

    Attributes:
        accepted: ``(n,)`` bool; a row that is not accepted is covered.
        similarity: ``(n, oracles)`` float32, cosine similarity of replacement and original, NaN where not compared.
        reason: ``n`` short texts, empty where accepted.
        embeddings: What the oracles see in the replacements; None where nobody looked.
        traits: ``n`` times trait -> category, as the oracles read a replacement; empty where it is not accepted.
        before: ``n`` times the same of the original; empty where it could not be read.
        kept: ``(n,)`` bool, faces that stay as they are, whatever was painted; none where it is left out.
    """

    accepted: BoolArray
    similarity: FloatArray
    reason: tuple[str, ...]
    embeddings: Embeddings | None = None
    traits: tuple[Mapping[str, str], ...] = ()
    before: tuple[Mapping[str, str], ...] = ()
    kept: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        n = len(self.accepted)
        if not len(self.kept):
            object.__setattr__(self, "kept", np.zeros(n, np.bool_))
        _require("Verdicts", "kept", self.kept, np.bool_, (n,))
        for name in ("traits", "before"):
            if not getattr(self, name):
                object.__setattr__(self, name, ({},) * n)
            _aligned(f"Verdicts.{name}", getattr(self, name), n)
        _require("Verdicts", "accepted", self.accepted, np.bool_, (n,))
        _require("Verdicts", "similarity", self.similarity, np.float32, (n, None))
        _aligned("Verdicts.reason", self.reason, n)

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
        reason: Why it was covered, where faces are to be replaced; else empty.
        similarity: Of replacement and original, for every oracle; empty where they were not compared.
        epsilon: Privacy loss spent on its track so far, by the exponential mechanism.
        traits: Trait -> category of the face that is there now, as the oracles read it; empty where it is covered. A
            kept face is its own.
        told: Whether nobody located it, and it was covered because the caller or the file says that it is there.
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
    reason: str = ""
    similarity: tuple[float, ...] = ()
    epsilon: float = 0.0
    traits: Mapping[str, str] = field(default_factory=dict, hash=False)
    told: bool = False


@dataclass(frozen=True, eq=False)
class Result:
    """One anonymized frame.

    Attributes:
        output: The anonymized frame, same pts, size and index as the source's.
        faces: The faces that were located in it: hidden, or kept where the policy names them.
        timings: Milliseconds per stage, and ``"total"``.
        failed: Name of the stage that raised, where the whole frame was covered because of it; else empty.
        captions: The public captions, in the order in which the captions were given.
    """

    output: Frame
    faces: tuple[Face, ...]
    timings: Mapping[str, float]
    failed: str = ""
    captions: tuple[Caption, ...] = ()

    @property
    def frame(self) -> ImageArray:
        """The anonymized picture, ``(H, W, 3)`` uint8 RGB; a copy where ``output.pixels`` are on a GPU."""
        return self.output.picture

    @property
    def caption(self) -> str:
        """The public caption, the first where there are several; empty where none was given."""
        return self.captions[0].text if self.captions else ""

    @property
    def consistency(self) -> Consistency:
        """How well that caption fits the picture, before and after, and what was changed in it."""
        return self.captions[0].consistency if self.captions else Consistency()

    @property
    def instruction(self) -> str:
        """What an editor would have to do to the original picture to come to one like this."""
        return self.captions[0].instruction if self.captions else ""

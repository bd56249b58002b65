"""A short film made of photographs: a camera moves over a wall of portraits, as a real one would."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from pyanon.errors import InputError
from pyanon.types import Frame, ImageArray

__all__ = ["FILM", "RATE", "SIZE", "Film", "Pose", "Shot", "photographs"]

#: Columns and rows of a frame, and frames per second.
SIZE, RATE = (720, 540), 25

#: Share of a frame's time for which the shutter is open, and the most pictures that are mixed for it.
_SHUTTER, _MOST_MIXED = 0.5, 8
#: Pixels that the picture may move from one of them to the next.
_STEP = 2.0


@dataclass(frozen=True)
class Pose:
    """Where the camera looks.

    Attributes:
        x: Column of the wall in the middle of the picture.
        y: Row of the wall in the middle of the picture.
        width: Columns of the wall that fill the picture's width.
        turn: Degrees that the camera is turned by.
        light: Brightness, 1 for that of the photographs.
    """

    x: float
    y: float
    width: float
    turn: float = 0.0
    light: float = 1.0

    def towards(self, other: Pose, share: float) -> Pose:
        """The pose a share of the way to another one.

        Args:
            other: The other pose.
            share: 0 for this one, 1 for the other.
        """

        def mix(a: float, b: float) -> float:
            return a + (b - a) * share

        return Pose(
            mix(self.x, other.x),
            mix(self.y, other.y),
            self.width * (other.width / self.width) ** share,  # a zoom looks even where sizes grow by factors
            mix(self.turn, other.turn),
            mix(self.light, other.light),
        )


@dataclass(frozen=True)
class Shot:
    """One move of the camera, starting and ending gently.

    Attributes:
        wall: Name of what is filmed.
        begin: Pose of the first frame.
        end: Pose of the last frame.
        seconds: How long it takes.
    """

    wall: str
    begin: Pose
    end: Pose
    seconds: float

    def pose(self, share: float) -> Pose:
        """The pose at a moment.

        Args:
            share: 0 for the beginning, 1 for the end.
        """
        share = min(max(share, 0.0), 1.0)
        return self.begin.towards(self.end, share * share * (3.0 - 2.0 * share))


#: Where the portraits hang on the wall: column, row, size, mirrored.
_HANGING = (
    (90, 120, 512, False),
    (690, 90, 300, True),
    (700, 460, 190, False),
    (960, 440, 150, True),
    (1070, 130, 230, False),
    (1190, 460, 110, False),
    (1350, 110, 420, True),
    (1400, 580, 90, False),
    (1560, 580, 90, True),
)
_WALL = (1900, 760)

#: Close up, over the wall, a cut, a whip pan with a blur, a turn in the dark.
FILM = (
    Shot("portrait", Pose(256, 256, 512), Pose(226, 150, 250), 2.6),
    Shot("wall", Pose(420, 380, 760), Pose(1300, 380, 860), 4.4),
    Shot("wall", Pose(1300, 380, 860), Pose(840, 270, 480), 0.9),
    Shot("wall", Pose(840, 270, 480), Pose(830, 240, 400, turn=16.0, light=0.35), 1.9),
    Shot("portrait", Pose(256, 230, 420, turn=-14.0, light=0.35), Pose(240, 180, 330), 1.8),
)


def photographs() -> Path:
    """The folder of photographs that scikit-image carries; scikit-image itself is not loaded.

    Raises:
        InputError: scikit-image is not installed.
    """
    found = importlib.util.find_spec("skimage")
    folder = Path(str(found.origin)).parent / "data" if found is not None else None
    if folder is None or not (folder / "astronaut.png").is_file():
        raise InputError(
            "the demo pans over a photograph that scikit-image carries, and it is not installed",
            expected="scikit-image 0.22 or later",
            do="pip install 'pyanon[demo]', or pip install scikit-image; pyanon anonymize needs neither",
        )
    return folder


class Film:
    """The frames of the film, made when they are asked for.

    Args:
        folder: Where the photographs are; see `photographs`.
        shots: The moves of the camera.
        size: Columns and rows of a frame.
    """

    def __init__(self, folder: Path, *, shots: tuple[Shot, ...] = FILM, size: tuple[int, int] = SIZE) -> None:
        self._shots, self._size = shots, size
        portrait = Image.open(folder / "astronaut.png").convert("RGB")
        self._walls = {"portrait": portrait, "wall": _wall(portrait, folder)}

    def __len__(self) -> int:
        return sum(round(shot.seconds * RATE) for shot in self._shots)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        for shot in self._shots:
            count = round(shot.seconds * RATE)
            for number in range(count):
                yield Frame(self._shown(shot, number, count), pts=index, time_base=Fraction(1, RATE), index=index)
                index += 1

    def _shown(self, shot: Shot, number: int, count: int) -> ImageArray:
        """What the open shutter gathers: the mean of a few moments, more where the camera moves faster."""
        first, last = shot.pose(number / count), shot.pose((number + _SHUTTER) / count)
        pixels = math.hypot(last.x - first.x, last.y - first.y) * self._size[0] / first.width
        mixed = min(_MOST_MIXED, 1 + int(pixels / _STEP))
        moments = [first.towards(last, moment / mixed) for moment in range(mixed)]
        # What is smeared needs no fine resampling.
        filtered = Image.Resampling.BICUBIC if mixed == 1 else Image.Resampling.BILINEAR
        stills = [self._still(self._walls[shot.wall], pose, filtered) for pose in moments]
        if mixed == 1 and first.light == 1.0:
            return stills[0]
        gathered = np.sum(stills, axis=0, dtype=np.uint16)
        return cast("ImageArray", (gathered * np.float32(first.light / mixed) + np.float32(0.5)).astype(np.uint8))

    def _still(self, wall: Image.Image, pose: Pose, filtered: Image.Resampling) -> ImageArray:
        scale, angle = pose.width / self._size[0], math.radians(pose.turn)
        across, down = scale * math.cos(angle), scale * math.sin(angle)
        x = pose.x - across * self._size[0] / 2 + down * self._size[1] / 2
        y = pose.y - down * self._size[0] / 2 - across * self._size[1] / 2
        seen = wall.transform(self._size, Image.Transform.AFFINE, (across, -down, x, down, across, y), filtered)
        return np.asarray(seen)


def _wall(portrait: Image.Image, folder: Path) -> Image.Image:
    """Framed portraits of many sizes before a night sky, which scikit-image carries too."""
    sky = folder / "hubble_deep_field.jpg"
    if sky.is_file():
        ground = ImageOps.fit(Image.open(sky).convert("RGB"), _WALL).filter(ImageFilter.GaussianBlur(1.5))
        wall = ImageEnhance.Brightness(ground).enhance(0.55)
    else:
        wall = Image.new("RGB", _WALL, (24, 28, 36))
    for x, y, size, mirrored in _HANGING:
        picture = portrait.resize((size, size), Image.Resampling.LANCZOS)
        framed = ImageOps.expand(ImageOps.mirror(picture) if mirrored else picture, max(2, size // 60), (236, 232, 224))
        wall.paste(framed, (x, y))
    return wall

"""The attack on video: a few talkers, many frames each, so that the attacker can learn these very people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

from export.train.teachers import YuNetTeacher
from pyanon.types import Detections, FloatArray, ImageArray

from .attack import CANDIDATES, Outcome, named, picked
from .disguises import NAIVE, Disguise, bare, disguises
from .experiments import in_other_surroundings
from .portraits import Portrait, backgrounds, placed_by_box, read_album
from .recogniser import Recogniser, colours

__all__ = ["Talkers", "report", "talkers"]

FRAMES = 60  # of each clip, evenly spaced
SIDE = 240  # of the pictures cut out of them, pixels
REACH = 2.0  # side of what is cut out, in longer sides of the box


@dataclass(frozen=True)
class Talkers:
    """Frames of a few people; the first half of every clip comes before the second half of any.

    Attributes:
        portraits: The frames.
        persons: ``(n,)``, who is in each.
        train: How many of them are first halves.
    """

    portraits: list[Portrait]
    persons: npt.NDArray[np.int64]
    train: int


def _cut_out(frame: ImageArray, found: Detections) -> Portrait:
    """The surest face of a frame with what is around it, at one size."""
    box, points = found.xyxy[0], found.landmarks[0]
    side = int(np.ceil(REACH * float((box[2:] - box[:2]).max())))
    corner = np.round((box[:2] + box[2:] - side) / 2).astype(int)
    wide = np.pad(frame, ((side, side), (side, side), (0, 0)), mode="edge")
    part = wide[corner[1] + side : corner[1] + 2 * side, corner[0] + side : corner[0] + 2 * side]
    scale, shift = np.float32(SIDE / side), corner.astype(np.float32)
    pixels = np.array(Image.fromarray(part).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return Portrait(pixels, (box - np.tile(shift, 2)) * scale, (points - shift) * scale)


def _frames(clip: Path) -> list[ImageArray]:
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [frames[i] for i in np.linspace(0, len(frames) - 1, FRAMES).astype(int)]


def talkers(data: Path) -> Talkers:
    """Five GRID talkers and the man in the car."""
    locate = YuNetTeacher(data / "teachers")
    halves: tuple[list[tuple[int, Portrait]], list[tuple[int, Portrait]]] = ([], [])
    for person, clip in enumerate([*sorted(data.glob("clips/grid_*.mpg")), data / "clips/carphone.mp4"]):
        for number, frame in enumerate(_frames(clip)):
            found = locate(frame)
            if len(found):
                halves[number >= FRAMES // 2].append((person, _cut_out(frame, found)))
    everyone = halves[0] + halves[1]
    return Talkers([one for _, one in everyone], np.array([person for person, _ in everyone]), len(halves[0]))


def _gallery(known: Talkers, data: Path, recogniser: Recogniser) -> FloatArray:
    """Clean embeddings: the talkers' means over the first halves, then strangers up to 21 candidates."""
    first = np.stack([recogniser(portrait) for portrait in known.portraits[: known.train]])
    persons = known.persons[: known.train]
    means = [first[persons == person].mean(0) for person in range(int(persons.max()) + 1)]
    strangers = read_album(sorted(data.glob("faces/fairface-*.parquet"))[:1], count=CANDIDATES - len(means))
    return np.stack([*means, *(recogniser(portrait) for portrait in strangers)])


def _outcomes(known: Talkers, recogniser: Recogniser, disguise: Disguise, gallery: FloatArray) -> list[Outcome]:
    covered = [disguise(portrait) for portrait in known.portraits]
    probes = np.stack([recogniser(portrait) for portrait in covered[known.train :]])
    seen = np.stack([colours(placed_by_box(portrait)) for portrait in covered])
    return [
        picked(probes, gallery, known.persons[known.train :]),
        named(seen, known.persons, train=known.train),
    ]


def _lines(known: Talkers, recogniser: Recogniser, data: Path) -> Iterator[str]:
    gallery = _gallery(known, data, recogniser)
    others = backgrounds(data / "scenes/negatives.parquet", count=400)
    moved = [in_other_surroundings(i, 0, portrait, others) for i, portrait in enumerate(known.portraits)]
    alone = Talkers(moved, known.persons, known.train)
    for name, disguise in {**disguises(), **NAIVE, "no cover": bare}.items():
        outcomes = [*_outcomes(alone, recogniser, disguise, gallery), *_outcomes(known, recogniser, disguise, gallery)]
        yield " | ".join([name, *(f"{100 * outcome.rank1:.1f} %" for outcome in outcomes)])


def report(data: Path, recogniser: Recogniser) -> None:
    """Prints the table. Frames of one person are no independent probes, so it states no confidence."""
    known = talkers(data)
    print(f"\nClips (GRID, carphone): {int(known.persons.max()) + 1} people, {known.train} frames to learn from,")
    print(f"{len(known.portraits) - known.train} probes; plain: {CANDIDATES} candidates; learned: those people only\n")
    print("| cover | alone: plain | alone: learned | in the clip: plain | in the clip: learned |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for line in _lines(known, recogniser, data):
        print(f"| {line} |", flush=True)

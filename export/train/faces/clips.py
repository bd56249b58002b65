"""Measures what becomes of talkers from frame to frame: how much faster than the source's own a new face changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from export.train.card import Table
from export.train.faces.recognisers import MobileFaceNet, Retail0095
from export.train.teachers import YuNetTeacher
from pyanon import Anonymizer, open_video
from pyanon.types import FloatArray, ImageArray

__all__ = ["Clip", "clips", "clips_table", "followed"]

Recognise = Callable[[ImageArray, FloatArray], FloatArray]
#: Source, output, and the landmarks in the source if a face was found there.
Seen = tuple[ImageArray, ImageArray, FloatArray | None]


@dataclass
class Clip:
    """One clip.

    Attributes:
        name: Its file.
        frames: How many.
        actions: What was done with faces, how often.
        moved: Recogniser -> from frame to frame, one less the cosine of the embeddings: of the source, of the output.
    """

    name: str
    frames: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    moved: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def followed(name: str, pairs: Iterator[Seen], by: dict[str, Recognise]) -> Clip:
    """Compares neighbours among pictures of one face: source, output, its landmarks ``(1, 5, 2)`` in the source."""
    clip, last = Clip(name, moved={each: [] for each in by}), None
    for before, after, points in pairs:
        clip.frames += 1
        seen = None
        if points is not None:
            seen = {each: [net(picture, points)[0] for picture in (before, after)] for each, net in by.items()}
        if seen is not None and last is not None:
            for each, (source, output) in seen.items():
                clip.moved[each].append((float(1 - source @ last[each][0]), float(1 - output @ last[each][1])))
        last = seen
    return clip


def clips(data: Path, anonymizer: Anonymizer) -> Iterator[Clip]:
    """Every clip of the data in which one person talks, through pyanon."""
    yunet = YuNetTeacher(data / "teachers")
    by: dict[str, Recognise] = {
        "mobilefacenet": MobileFaceNet(data / "teachers"),
        "retail": Retail0095(data / "teachers"),
    }
    for path in [*sorted((data / "clips").glob("grid_*.mpg")), data / "clips/carphone.mp4"]:
        actions: Counter[str] = Counter()
        clip = followed(path.name, _watched(path, anonymizer, yunet, actions), by)
        clip.actions = actions
        yield clip


def _watched(path: Path, anonymizer: Anonymizer, yunet: YuNetTeacher, actions: Counter[str]) -> Iterator[Seen]:
    """What `followed` compares, of a video; counts what was done with its faces."""
    with open_video(path) as source, open_video(path) as again:
        for before, result in zip(source, anonymizer.stream(again), strict=True):
            actions.update(face.action for face in result.faces)
            found = yunet(before.picture, long_side=max(before.width, before.height), threshold=0.6)
            best = found.landmarks[np.argmax(found.score)][None] if len(found.score) else None
            yield before.picture, result.frame, best


def clips_table(found: list[Clip]) -> Table:
    """The figures of some clips."""
    names = list(found[0].moved)
    rows = []
    for clip in found:
        done = ", ".join(f"{count} {action}" for action, count in sorted(clip.actions.items()))
        moved = [np.median(clip.moved[name], axis=0) for name in names if clip.moved[name]]
        rows.append([clip.name, str(clip.frames), done, *(f"{a:.4f} / {b:.4f}" for a, b in moved)])
    note = "One less the cosine of the embeddings of neighbouring frames, median: of the source / of the output."
    return Table("Talkers, frame to frame", ["clip", "frames", "faces", *names], rows, note)

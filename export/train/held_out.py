"""The pictures that the networks are measured on: held out of training, or composed of what was held out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from export.train.compose import compose
from export.train.library import Labels, Library, Picture, main_face, masked
from export.train.prepare import CLIP, CLIP_FRAMES, GROUPS, label
from export.train.teachers import RfbTeacher, YuNetTeacher
from pyanon.types import ImageArray

__all__ = ["FACE_SIZES", "Placed", "composed", "demographics", "held_out", "placed_faces", "talker", "walking"]

#: Sizes at which faces of known groups are shown, in pixels of the 640-long-side input.
FACE_SIZES = (14, 20, 32, 64, 128, 256)
#: Groups of `prepare.GROUPS`.
FAIRFACE, _, CCP, COCO, NEGATIVES, PEOPLE_CLIP = range(len(GROUPS))
#: What looking through the held-out street photos showed: picture, centre of the teachers' box, and what it is:
#: 1 a face, 0 neither (drawn, doubled, too dark to tell), -1 no face (hands, leaves, stones, flowers, a window).
REVIEWED = (
    (32400, 253, 99, -1), (32400, 209, 175, -1), (32550, 23, 147, 0), (32600, 305, 199, 1), (32900, 187, 418, -1),
    (32900, 132, 417, -1), (32900, 126, 406, -1), (33050, 171, 136, 0), (33050, 265, 329, -1), (33050, 301, 341, -1),
    (33050, 272, 356, -1), (33100, 43, 69, -1), (33250, 99, 324, -1), (33800, 288, 105, 1), (33950, 95, 160, -1),
    (34000, 183, 270, -1), (34100, 121, 260, -1), (34100, 118, 270, -1), (34400, 285, 111, 0),
)  # fmt: skip
#: How far the centre of the teachers' box may have moved since, in pixels.
SAME_PLACE = 12
#: Faces there that neither teacher found: picture and box.
MISSED = ((34450, (71.8, 109.5, 85.6, 127.5)),)


@dataclass(frozen=True)
class Placed:
    """A picture with FairFace faces of one size on it; ``rows`` names each by its row in the data set."""

    picture: Picture
    rows: list[int]
    size: int
    masked: bool


def held_out(library: Library, *, people: bool) -> Iterator[Picture]:
    """Pictures of people (CCP, COCO), their labels looked through, or pictures without any (Caltech-101)."""
    for group in (CCP, COCO) if people else (NEGATIVES,):
        for number in library.groups[group]:
            picture = library[int(number)]
            yield Picture(picture.image, reviewed(int(number), picture.labels))


def reviewed(number: int, labels: Labels) -> Labels:
    """The labels of a picture with what `REVIEWED` and `MISSED` say of it."""
    xyxy, weight, kept = labels.xyxy, labels.weight.copy(), np.ones(len(labels.xyxy), bool)
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    for picture, x, y, verdict in REVIEWED:
        if picture == number and len(xyxy):
            far = np.abs(centre - np.array([x, y])).max(1)
            row = int(far.argmin())
            if far[row] <= SAME_PLACE:
                weight[row], kept[row] = max(0, verdict), verdict >= 0
    labels = Labels(xyxy, weight, labels.points).pick(np.flatnonzero(kept).tolist())
    boxes = np.array([box for picture, box in MISSED if picture == number], np.float32).reshape(-1, 4)
    blank = np.full((len(boxes), 5, 2), np.nan, np.float32)
    return labels.plus(Labels(boxes, np.ones(len(boxes), np.float32), blank))


def composed(library: Library, *, count: int, seed: int = 11) -> Iterator[Picture]:
    """Composed scenes of 640x640 with known boxes: crowds, masks, blur, darkness, compression."""
    for number in range(count):
        pixels, labels = compose(library, np.random.default_rng((seed, number)), size=640)
        yield Picture(Image.fromarray(pixels), labels)


def placed_faces(library: Library, size: int, *, mask: bool, seed: int = 12) -> Iterator[Placed]:
    """Every held-out FairFace picture once, eight to a faceless backdrop, its face ``size`` pixels large."""
    rng = np.random.default_rng((seed, size, mask))
    portraits = [int(n) for n in library.portraits if n in set(library.groups[FAIRFACE].tolist())]
    across = max(2, min(8, 640 // (size * 2)))
    down = max(1, min(6, 480 // (size * 2)))
    for start in range(0, len(portraits), across * down):
        rows = portraits[start : start + across * down]
        backdrop = library[int(rng.choice(library.groups[NEGATIVES]))].image.resize((640, 480))
        labels = Labels.none()
        for place, row in enumerate(rows):
            face = masked(library[row], rng) if mask else library[row]
            cell = (place % across * (640 // across), place // across * (480 // down))
            labels = labels.plus(_stamp(backdrop, face, cell, size, (640 // across, 480 // down)))
        yield Placed(Picture(backdrop, labels), rows, size, mask)


def _stamp(canvas: Image.Image, face: Picture, corner: tuple[int, int], size: int, cell: tuple[int, int]) -> Labels:
    """Shows a portrait in the middle of a cell, cut to it; only its main face stays labelled."""
    labels = face.labels.pick(main_face(face.labels))
    box = labels.xyxy[0]
    scale = size / float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))
    # The shown part is the cell around the face, so that large faces keep what surrounds them.
    middle, half = (box[:2] + box[2:]) / 2, np.array(cell) / 2 / scale
    low = np.maximum(middle - half, 0)
    high = np.minimum(middle + half, face.image.size)
    w, h = (max(1, round(float(v))) for v in (high - low) * scale)
    x = corner[0] + round(float((low[0] - middle[0]) * scale + cell[0] / 2))
    y = corner[1] + round(float((low[1] - middle[1]) * scale + cell[1] / 2))
    region = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    canvas.paste(face.image.resize((w, h), Image.Resampling.BILINEAR, box=region, reducing_gap=3.0), (x, y))
    return labels.moved(scale, x - float(low[0]) * scale, y - float(low[1]) * scale)


def demographics(data: Path) -> list[tuple[str, str]]:
    """Race and gender of every FairFace row, in the order of `prepare.pictures`."""
    tables = [pq.read_table(p, columns=["race", "gender"]) for p in sorted((data / "faces").glob("fairface-*.parquet"))]
    return [pair for t in tables for pair in zip(t["race"].to_pylist(), t["gender"].to_pylist(), strict=True)]


def talker(path: Path, yunet: YuNetTeacher, rfb: RfbTeacher, *, step: int = 5) -> Iterator[Picture]:
    """Every ``step``-th frame of a clip of one talker, labelled by the first teacher at about twice the size."""
    for pixels in _frames(path, step=step):
        yield _labelled(pixels, PEOPLE_CLIP, yunet, rfb)


def walking(data: Path, yunet: YuNetTeacher, rfb: RfbTeacher, *, step: int = 5) -> Iterator[Picture]:
    """People from behind and above: the half of the clip that training never saw, labelled by both teachers."""
    for pixels in _frames(data / CLIP, step=step, start=CLIP_FRAMES):
        yield _labelled(pixels, CCP, yunet, rfb)


def _frames(path: Path, *, step: int, start: int = 0) -> Iterator[ImageArray]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number >= start and (number - start) % step == 0:
                yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _labelled(pixels: ImageArray, group: int, yunet: YuNetTeacher, rfb: RfbTeacher) -> Picture:
    boxes, points = label(pixels, group, yunet, rfb)
    return Picture(Image.fromarray(pixels), Labels(boxes[:, :4], boxes[:, 4], points))

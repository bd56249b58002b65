"""What a picture file says about people, as one frozen value."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pyanon.video.orientation import UPRIGHT, Orientation

__all__ = ["Descriptions", "Gathered", "Region"]

#: Texts of one kind that are kept, characters of one, and regions: a file that has more counts as partly unreadable.
MOST_TEXTS, LONGEST_TEXT, MOST_REGIONS = 2_000, 20_000, 500
#: What a region is where the file does not say: a region that may be a face is treated as one.
FACE = "face"
#: How far the proportions of two sizes may differ that are meant to be the same: a scaled picture has whole pixels.
ROUNDING = 0.02


@dataclass(frozen=True)
class Region:
    """A part of a picture of which the file says what it shows.

    Attributes:
        x: Left edge, as a share of the width of the upright picture.
        y: Upper edge, as a share of its height.
        width: As a share of the width; more than 0.
        height: As a share of the height; more than 0.
        name: Who or what it shows; empty where that is not said.
        kind: ``face``, ``pet``, ``focus``, ``barcode``, ``human`` ..., in lower case.
    """

    x: float
    y: float
    width: float
    height: float
    name: str = ""
    kind: str = FACE

    @property
    def is_face(self) -> bool:
        """Whether it shows a face."""
        return FACE in self.kind

    def is_like(self, other: Region) -> bool:
        """Whether another region is the same one, said a second time: they share more than half of what both hold.

        Args:
            other: Of the same picture.
        """
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        high = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(0.0, wide) * max(0.0, high)
        return shared > 0.5 * (self.width * self.height + other.width * other.height - shared)


@dataclass(frozen=True)
class Descriptions:
    """What is written in a picture file besides the picture, as far as it may speak of people.

    Every text stands once, without the blanks around it, in the order in which it was found: XMP, IPTC, EXIF, the rest.

    Attributes:
        titles: Titles.
        headlines: Headlines and subjects.
        descriptions: Captions and descriptions for those who cannot see the picture.
        comments: Comments, instructions, text chunks.
        keywords: Keywords, one by one.
        people: Names: of people in the picture, of its authors and owners, of who wrote about it.
        places: Where it was taken and what it shows of a town, a state or a country.
        rights: Copyright notices.
        regions: Parts of the picture and who they show.
        unreadable: Parts of the file that ought to hold such texts and could not be read whole.
    """

    titles: tuple[str, ...] = ()
    headlines: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    unreadable: int = 0

    @property
    def captions(self) -> tuple[str, ...]:
        """All that is said in sentences: titles, headlines, descriptions and comments, each once."""
        return tuple(dict.fromkeys((*self.titles, *self.headlines, *self.descriptions, *self.comments)))

    @property
    def names(self) -> tuple[str, ...]:
        """All names: those of `people`, and those of regions that show a face or a person."""
        shown = (region.name for region in self.regions if region.name)
        return tuple(dict.fromkeys((*self.people, *shown)))

    @property
    def faces(self) -> tuple[Region, ...]:
        """The regions that show a face, each once: programs state them in the words of several standards."""
        faces: list[Region] = []
        for region in self.regions:
            if region.is_face and not any(region.is_like(known) for known in faces):
                faces.append(region)
        return tuple(faces)


@dataclass(frozen=True)
class _Claim:
    """A region as it is stated: left, top, width and height, in shares of the stored picture or in pixels."""

    box: tuple[float, float, float, float]
    name: str
    kind: str
    pixels: bool


@dataclass
class Gathered:
    """Descriptions while they are read.

    Attributes:
        texts: Texts by the names of the fields of `Descriptions`.
        applied: Width and height in pixels of the picture that the regions were stated for; 0 where it is not said.
        orientation: The EXIF orientation, 0 where nothing states one.
        unreadable: Parts that could not be read.
    """

    texts: dict[str, dict[str, None]] = field(default_factory=dict)
    applied: tuple[float, float] = (0.0, 0.0)
    orientation: int = 0
    unreadable: int = 0
    _claims: list[_Claim] = field(default_factory=list)

    def add(self, kind: str, text: str) -> None:
        """Keep a text, unless there is nothing in it.

        Args:
            kind: A field of `Descriptions`.
            text: As it was found.
        """
        text = " ".join(text.replace("\x00", " ").split())
        if len(text) > LONGEST_TEXT:
            text, self.unreadable = text[:LONGEST_TEXT], self.unreadable + 1
        known = self.texts.setdefault(kind, {})
        if text and len(known) < MOST_TEXTS:
            known[text] = None
        elif text and text not in known:
            self.unreadable += 1

    def add_region(self, box: tuple[float, float, float, float], *, name: str, kind: str, pixels: bool = False) -> None:
        """Keep a region.

        Args:
            box: Left, top, width and height in the stored picture.
            name: Who it shows.
            kind: What it shows; empty where that is not said.
            pixels: Whether the box counts pixels, not shares.
        """
        if len(self._claims) < MOST_REGIONS:
            self._claims.append(
                _Claim(box, " ".join(name.split())[:LONGEST_TEXT], kind.strip().lower() or FACE, pixels)
            )
        else:
            self.unreadable += 1

    def take(self, other: Gathered) -> None:
        """Take over what was gathered elsewhere, after what is here.

        Args:
            other: From another part of the same file.
        """
        for kind, known in other.texts.items():
            for text in known:
                self.add(kind, text)
        self._claims += other._claims
        self.unreadable += other.unreadable
        self.applied = self.applied if min(self.applied) > 0 else other.applied

    def done(self, *, width: int, height: int) -> Descriptions:
        """What was gathered, with its regions as the upright picture shows them.

        A region without an area is unreadable, and its name counts as that of somebody.

        Args:
            width: Columns of the upright picture.
            height: Its rows.
        """
        turn = Orientation.from_exif(self.orientation)
        stored = turn.size(width, height)
        applied = self.applied if min(self.applied) > 0 else stored
        if turn.swap and _are_alike(applied, (width, height)) and not _are_alike(applied, stored):
            turn = UPRIGHT  # whoever stated them had the upright picture before them
        regions = dict[Region, None]()
        for claim in self._claims:
            x, y, w, h = claim.box
            if claim.pixels:
                x, y, w, h = x / applied[0], y / applied[1], w / applied[0], h / applied[1]
            area = _cut((x, y, w, h))
            if area is None:
                self.unreadable += 1
                self.add("people", claim.name)
            else:
                regions[Region(*turn.box(*area), claim.name, claim.kind)] = None
        texts = {kind: tuple(known) for kind, known in self.texts.items()}
        return Descriptions(**texts, regions=tuple(regions), unreadable=self.unreadable)


def _are_alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two sizes have the same proportions."""
    return abs(one[0] * other[1] - other[0] * one[1]) < ROUNDING * max(one) * max(other)


def _cut(box: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
    """A box cut at the edges of the picture; None where nothing of it is inside."""
    x0, y0 = max(0.0, box[0]), max(0.0, box[1])
    x1, y1 = min(1.0, box[0] + box[2]), min(1.0, box[1] + box[3])
    return (x0, y0, x1 - x0, y1 - y0) if all(map(math.isfinite, box)) and x0 < x1 and y0 < y1 else None

"""Regions of faces in XMP: by the Metadata Working Group, by Microsoft, and by the IPTC."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pyanon.video.descriptions.found import Gathered
from pyanon.video.descriptions.rdf import fields, find, items, text_of
from pyanon.video.descriptions.xml_tree import Element

__all__ = ["read_regions"]

_MWG, _AREA = "http://www.metadataworkinggroup.com/schemas/regions/ ", "http://ns.adobe.com/xmp/sType/Area# "
_SIZE = "http://ns.adobe.com/xap/1.0/sType/Dimensions# "
_PEOPLE = "http://ns.microsoft.com/photo/1.2/t/RegionInfo# "
_PERSON = "http://ns.microsoft.com/photo/1.2/t/Region# "
_EXT, _XMP = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ ", "http://ns.adobe.com/xap/1.0/ "

_Box = tuple[float, float, float, float]
_NOWHERE: _Box = (math.nan, math.nan, math.nan, math.nan)
_NUMBER = re.compile(r"[-+]?\d{0,20}(?:[.,]\d{0,20})?(?:[eE][-+]?\d{1,3})?")


def read_regions(root: Element, gathered: Gathered) -> None:
    """Read all regions of a packet.

    Args:
        root: The packet.
        gathered: Takes up what is found.
    """
    for size in find(root, f"{_MWG}AppliedToDimensions"):
        stated = fields(size)
        gathered.applied = (_number(stated, f"{_SIZE}w", 0.0), _number(stated, f"{_SIZE}h", 0.0))
    for found, read in (
        (f"{_MWG}RegionList", _read_mwg), (f"{_PEOPLE}Regions", _read_person), (f"{_EXT}ImageRegion", _read_iptc),
    ):  # fmt: skip
        for element in find(root, found):
            for item in items(element):
                stated = fields(item)
                if stated:
                    read(stated, gathered)


def _read_mwg(stated: Mapping[str, Element], gathered: Gathered) -> None:
    """A region whose x and y are its centre (MWG Guidelines 2.0, 5.9.3)."""
    area = fields(stated[f"{_MWG}Area"]) if f"{_MWG}Area" in stated else {}
    x, y, w, h = (_number(area, _AREA + name) for name in "xywh")
    if math.isnan(w) and f"{_AREA}d" in area:  # a circle, whose diameter is a share of the shorter side
        w = h = _number(area, f"{_AREA}d")
    box, pixels = (x - w / 2, y - h / 2, w, h), _said(area, f"{_AREA}unit").startswith("pixel")
    gathered.add_region(box, name=_said(stated, f"{_MWG}Name"), kind=_said(stated, f"{_MWG}Type"), pixels=pixels)
    gathered.add("comments", _said(stated, f"{_MWG}Description"))


def _read_person(stated: Mapping[str, Element], gathered: Gathered) -> None:
    """A person of Windows: ``x, y, w, h`` from the upper left corner; somebody who is in no rectangle is only named."""
    name, text = _said(stated, f"{_PERSON}PersonDisplayName"), _said(stated, f"{_PERSON}Rectangle")
    if not text:
        gathered.add("people", name)
        return
    parts = [_parsed(part) for part in re.split(r"[,;\s]+", text[:200].strip())]
    box = (parts[0], parts[1], parts[2], parts[3]) if len(parts) == 4 else _NOWHERE
    gathered.add_region(box, name=name, kind="face")


def _read_iptc(stated: Mapping[str, Element], gathered: Gathered) -> None:
    """A rectangle from its upper left corner, a circle from its centre, or a polygon (IPTC Photo Metadata 2019.1)."""
    edge = fields(stated[f"{_EXT}RegionBoundary"]) if f"{_EXT}RegionBoundary" in stated else {}
    x, y = _number(edge, f"{_EXT}rbX"), _number(edge, f"{_EXT}rbY")
    box: _Box = (x, y, _number(edge, f"{_EXT}rbW"), _number(edge, f"{_EXT}rbH"))
    shape, radius = _said(edge, f"{_EXT}rbShape"), _number(edge, f"{_EXT}rbRx")
    if shape == "circle":
        box = (x - radius, y - radius, 2 * radius, 2 * radius)
    elif shape == "polygon":
        box = _around(edge)
    pixels = _said(edge, f"{_EXT}rbUnit").startswith("pixel")
    people = [text_of(each) for each in items(stated.get(f"{_EXT}PersonInImage", Element("")))]
    name = _said(stated, f"{_EXT}Name") or next(iter(people), "")
    gathered.add_region(box, name=name, kind=_iptc_kind(stated), pixels=pixels)


def _around(edge: Mapping[str, Element]) -> _Box:
    """The box around the corners of a polygon."""
    corners = [fields(each) for each in items(edge.get(f"{_EXT}rbVertices", Element("")))]
    xs, ys = ([_number(corner, _EXT + name) for corner in corners] for name in ("rbX", "rbY"))
    if not xs or not all(map(math.isfinite, xs + ys)):
        return _NOWHERE
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _iptc_kind(stated: Mapping[str, Element]) -> str:
    """What a region shows: the last part of the identifier, or the name, of its content type."""
    for each in items(stated.get(f"{_EXT}rCtype", Element(""))):
        kind = fields(each)
        identifiers = [text_of(one) for one in items(kind.get(f"{_XMP}Identifier", Element("")))]
        said = next(iter(identifiers), "").rpartition("/")[2] or _said(kind, f"{_EXT}Name")
        if said:
            return said
    return ""


def _said(stated: Mapping[str, Element], name: str) -> str:
    return text_of(stated[name]) if name in stated else ""


def _number(stated: Mapping[str, Element], name: str, default: float = math.nan) -> float:
    parsed = _parsed(_said(stated, name))
    return default if math.isnan(parsed) else parsed


def _parsed(text: str) -> float:
    """A number, also with a comma for a point; NaN where it is none."""
    try:
        return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.nan
    except ValueError:
        return math.nan

"""The texts of an XMP packet (ISO 16684-1), by the schemas that programs for photographs write."""

from __future__ import annotations

from collections.abc import Iterator

from pyanon.video.descriptions.found import Gathered
from pyanon.video.descriptions.rdf import items, text_of
from pyanon.video.descriptions.regions import read_regions
from pyanon.video.descriptions.xml_tree import Element, parse

__all__ = ["read_xmp"]

_DC, _PHOTOSHOP = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/photoshop/1.0/"
_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_CORE, _EXT = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_MICROSOFT, _RIGHTS = "http://ns.microsoft.com/photo/1.0/", "http://ns.adobe.com/xap/1.0/rights/"

#: Property -> what it says. All of them, wherever they stand: in structures they mean the same.
_PROPERTIES = {
    (_DC, "title"): "titles", (_DC, "description"): "descriptions", (_DC, "subject"): "keywords",
    (_DC, "creator"): "people", (_DC, "contributor"): "people", (_DC, "publisher"): "people", (_DC, "rights"): "rights",
    (_DC, "coverage"): "places", (_DC, "source"): "comments",
    (_PHOTOSHOP, "Headline"): "headlines", (_PHOTOSHOP, "City"): "places", (_PHOTOSHOP, "State"): "places",
    (_PHOTOSHOP, "Country"): "places", (_PHOTOSHOP, "Credit"): "people", (_PHOTOSHOP, "Source"): "people",
    (_PHOTOSHOP, "CaptionWriter"): "people", (_PHOTOSHOP, "AuthorsPosition"): "people",
    (_PHOTOSHOP, "Instructions"): "comments", (_PHOTOSHOP, "SupplementalCategories"): "keywords",
    (_TIFF, "ImageDescription"): "descriptions", (_TIFF, "Artist"): "people", (_TIFF, "Copyright"): "rights",
    (_EXIF, "UserComment"): "comments", ("http://cipa.jp/exif/1.0/", "CameraOwnerName"): "people",
    ("http://ns.adobe.com/exif/1.0/aux/", "OwnerName"): "people",
    (_CORE, "Location"): "places", (_CORE, "CountryCode"): "places",
    (_CORE, "AltTextAccessibility"): "descriptions", (_CORE, "ExtDescrAccessibility"): "descriptions",
    (_CORE, "CiEmailWork"): "people", (_CORE, "CiTelWork"): "people", (_CORE, "CiUrlWork"): "people",
    (_CORE, "CiAdrExtadr"): "people", (_CORE, "CiAdrCity"): "places", (_CORE, "CiAdrPcode"): "places",
    (_CORE, "CiAdrRegion"): "places", (_CORE, "CiAdrCtry"): "places",
    (_EXT, "PersonInImage"): "people", (_EXT, "PersonName"): "people", (_EXT, "PersonDescription"): "comments",
    (_EXT, "Sublocation"): "places", (_EXT, "City"): "places", (_EXT, "ProvinceState"): "places",
    (_EXT, "CountryName"): "places", (_EXT, "LocationName"): "places", (_EXT, "Event"): "comments",
    (_EXT, "EventName"): "comments", (_EXT, "AOTitle"): "titles", (_EXT, "AOCreator"): "people",
    (_EXT, "OrganisationInImageName"): "people",
    ("http://ns.adobe.com/lightroom/1.0/", "hierarchicalSubject"): "keywords",
    ("http://www.digikam.org/ns/1.0/", "TagsList"): "keywords", (_MICROSOFT, "LastKeywordXMP"): "keywords",
    (_MICROSOFT, "LastKeywordIPTC"): "keywords", ("http://ns.iview-multimedia.com/mediapro/1.0/", "People"): "people",
    ("http://ns.iview-multimedia.com/mediapro/1.0/", "CatalogSets"): "keywords",
    (_RIGHTS, "Owner"): "people", (_RIGHTS, "UsageTerms"): "rights",
}  # fmt: skip
_KINDS = {f"{space} {name}": kind for (space, name), kind in _PROPERTIES.items()}
_ORIENTATION = f"{_TIFF} Orientation"


def read_xmp(data: bytes, gathered: Gathered) -> None:
    """Read a packet, or as much of it as comes before what is wrong with it.

    Args:
        data: The packet.
        gathered: Takes up what is found.
    """
    data = data.strip(b"\0 \r\n\t") if data[:2] not in (b"\xff\xfe", b"\xfe\xff") else data
    if not data:
        return
    root, whole = parse(data)
    gathered.unreadable += not whole
    for name, element in _properties(root):
        if name in _KINDS:
            for item in items(element):
                _add(_KINDS[name], text_of(item), gathered)
        elif name == _ORIENTATION and not gathered.orientation:
            said = text_of(element)
            gathered.orientation = int(said) if said in set("12345678") else 0
    read_regions(root, gathered)


def _properties(root: Element) -> Iterator[tuple[str, Element]]:
    """Every element and every attribute of a tree, in order: RDF writes simple properties either way."""
    todo = [root]
    while todo:
        element = todo.pop()
        yield element.name, element
        for name, value in element.attributes.items():
            yield name, Element(name, text=value)
        todo += reversed(element.children)


#: Keywords under which names stand in a hierarchy.
_PARENTS = {
    **dict.fromkeys(("people", "persons", "person", "family", "friends", "who", "faces", "names"), "people"),
    **dict.fromkeys(("places", "place", "locations", "location", "where", "countries", "cities"), "places"),
}


def _add(kind: str, text: str, gathered: Gathered) -> None:
    """A text; steps of a hierarchy of keywords (``Nature|Sea``) are keywords each, but for names (``People/Anna``)."""
    if kind != "keywords":
        gathered.add(kind, text)
        return
    for part in text.replace("/", "|").split("|"):
        gathered.add(kind, part)
        kind = _PARENTS.get(part.strip().lower(), kind)

"""What is written in picture files: every field is found, in every place where files keep it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from pyanon.video import Descriptions, Region, read_picture
from pyanon.video.descriptions import blocks_of, gathered_from
from pyanon.video.descriptions.found import Gathered
from pyanon.video.descriptions.xmp import read_xmp
from tests.video import described as made
from tests.video.media import card

CARD = card(64, 48)
XMP, MORE = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"


def found_in(data: bytes, *, size: tuple[int, int] = (64, 48)) -> Descriptions:
    return gathered_from(blocks_of(data)).done(width=size[0], height=size[1])


def of_packet(data: bytes, *, size: tuple[int, int] = (64, 48)) -> Descriptions:
    gathered = Gathered()
    read_xmp(data, gathered)
    return gathered.done(width=size[0], height=size[1])


def of_exif(*given: Any, **options: Any) -> Descriptions:
    return found_in(made.in_jpeg(CARD, made.segment(0xE1, made.exif_block(*given, **options))))


def of_iim(data: bytes) -> Descriptions:
    held = b"Photoshop 3.0\0" + made.resources((0x03ED, b"\0" * 16), (0x0404, data))
    return found_in(made.in_jpeg(CARD, made.segment(0xED, held)))


@pytest.mark.parametrize(
    ("tag", "kind"),
    [(0x010E, "descriptions"), (0x013B, "people"), (0x8298, "rights"), (0x010D, "titles")],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_plain_texts_of_exif(tag: int, kind: str, order: str) -> None:
    assert getattr(of_exif({tag: "Anna Bell"}, order=order), kind) == ("Anna Bell",)


@pytest.mark.parametrize("order", ["<", ">"])
def test_texts_of_windows_are_utf16(order: str) -> None:
    kinds = {0x9C9B: "titles", 0x9C9C: "comments", 0x9C9D: "people", 0x9C9E: "keywords", 0x9C9F: "headlines"}
    wide = {tag: f"Zoë {tag};sea".encode("utf-16-le") + b"\0\0" for tag in kinds}
    found = of_exif(wide, order=order)
    assert found.people == (f"Zoë {0x9C9D}", "sea")
    assert found.keywords == (f"Zoë {0x9C9E}", "sea")
    assert {getattr(found, kind)[0] for kind in ("titles", "comments", "headlines")} == {
        f"Zoë {tag};sea" for tag in (0x9C9B, 0x9C9C, 0x9C9F)
    }


@pytest.mark.parametrize(
    "coded",
    [
        b"ASCII\0\0\0Zoe at home",
        b"UNICODE\0" + "Zoe at home".encode("utf-16-le"),
        b"UNICODE\0" + "Zoe at home".encode("utf-16-be"),
        b"UNICODE\0" + "Zoe at home".encode("utf-16"),
        b"JIS\0\0\0\0\0Zoe at home",
        bytes(8) + b"Zoe at home\0\0",
        b"Zoe at home",
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_user_comments_in_each_character_code(coded: bytes, order: str) -> None:
    found = of_exif({}, {0x9286: coded, ExifTags.Base.CameraOwnerName: "Zoe"}, order=order)
    assert (found.comments, found.people) == (("Zoe at home",), ("Zoe",))


def test_japanese_and_western_comments() -> None:
    kanji = b"JIS\0\0\0\0\0" + "花子".encode("iso2022_jp")
    assert of_exif({}, {0x9286: kanji}).comments == ("花子",)
    assert of_exif({}, {0x9286: b"ASCII\0\0\0" + "Zoë".encode("latin-1")}).comments == ("Zoë",)


def test_the_directory_of_a_thumbnail_is_read_too() -> None:
    block = made.with_second_directory(made.exif_block({0x010E: "first"}), b"second and small\0")
    found = found_in(made.in_jpeg(CARD, made.segment(0xE1, block)))
    assert found.descriptions == ("first", "second and small")
    assert found.unreadable == 0


def test_the_name_of_the_place_beside_gps() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0), 28: b"ASCII\0\0\0Elm Street"})
    assert found_in(made.in_jpeg(CARD, made.segment(0xE1, exif.tobytes()))).places == ("Elm Street",)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (5, "titles"), (25, "keywords"), (80, "people"), (105, "headlines"), (110, "people"), (120, "descriptions"),
        (90, "places"), (92, "places"), (95, "places"), (101, "places"), (116, "rights"), (122, "people"),
    ],
)  # fmt: skip
def test_datasets_of_iptc(number: int, kind: str) -> None:
    assert getattr(of_iim(made.iim((number, "Zoë".encode()))), kind) == ("Zoë",)


@pytest.mark.parametrize("charset", [None, b"\x1b%G"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_iptc_says_its_character_set_or_it_is_guessed(charset: bytes | None, encoding: str) -> None:
    found = of_iim(made.iim((25, "Zoë".encode(encoding)), (25, b"sea"), charset=charset))
    wrong = encoding == "latin-1" and charset
    assert found.keywords == ("Zo\ufffd" if wrong else "Zoë", "sea")


def test_long_datasets_of_iptc() -> None:
    text = b"x" * 70_000
    long = b"\x1c\x02\x78\x80\x04" + struct.pack(">I", len(text)) + text
    gathered = Gathered()
    from pyanon.video.descriptions.iptc import read_iptc

    read_iptc(long + made.iim((25, b"sea"), charset=None), gathered)
    found = gathered.done(width=1, height=1)
    assert (len(found.descriptions[0]), found.keywords, found.unreadable) == (20_000, ("sea",), 1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dc:title", "titles"), ("dc:description", "descriptions"), ("dc:subject", "keywords"),
        ("dc:creator", "people"), ("dc:rights", "rights"), ("photoshop:Headline", "headlines"),
        ("photoshop:City", "places"), ("photoshop:Country", "places"), ("photoshop:Credit", "people"),
        ("Iptc4xmpCore:Location", "places"), ("Iptc4xmpExt:PersonInImage", "people"),
        ("lr:hierarchicalSubject", "keywords"), ("tiff:Artist", "people"), ("exif:UserComment", "comments"),
        ("Iptc4xmpCore:AltTextAccessibility", "descriptions"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["Bag", "Seq", "Alt", "element", "attribute", "value"])
def test_properties_of_xmp_in_every_form(name: str, kind: str, form: str) -> None:
    if form == "attribute":
        data = made.packet("", head=f'{name}="Zoë &amp; I"')
    elif form == "element":
        data = made.packet(f"<{name}>Zoë &amp; I</{name}>")
    elif form == "value":
        data = made.packet(f'<{name} rdf:parseType="Resource"><rdf:value>Zoë &amp; I</rdf:value></{name}>')
    else:
        data = made.packet(made.listed(name, "Zoë &amp; I", kind=form))
    assert getattr(of_packet(data), kind) == ("Zoë & I",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_packets_in_every_encoding(encoding: str) -> None:
    text = made.packet(made.listed("dc:title", "Zoë")).decode()
    if encoding in ("utf-16-le", "utf-16-be"):
        text = "\ufeff" + text
    assert of_packet(text.encode(encoding)).titles == ("Zoë",)


def test_hierarchies_of_keywords_tell_names_and_places() -> None:
    found = of_packet(
        made.packet(made.listed("lr:hierarchicalSubject", "People|Family|Zoë Bell", "Nature|Sea", "Places|Elm Street"))
    )
    assert found.people == ("Family", "Zoë Bell")
    assert found.places == ("Elm Street",)
    assert found.keywords == ("People", "Nature", "Sea", "Places")


def test_regions_of_the_metadata_working_group_state_their_centre() -> None:
    data = made.packet(made.mwg(("Zoë", "Face", (0.5, 0.4, 0.2, 0.4)), ("Rex", "Pet", (0.9, 0.9, 0.4, 0.4))))
    found = of_packet(data)
    assert box_of(found.regions[0]) == pytest.approx((0.4, 0.2, 0.2, 0.4))
    assert box_of(found.regions[1]) == pytest.approx((0.7, 0.7, 0.3, 0.3)), "cut at the edge"
    assert [(each.name, each.kind) for each in found.regions] == [("Zoë", "face"), ("Rex", "pet")]
    assert [face.name for face in found.faces] == ["Zoë"]
    assert found.names == ("Zoë", "Rex")


def box_of(region: Region) -> tuple[float, float, float, float]:
    return region.x, region.y, region.width, region.height


def test_regions_as_elements_and_in_pixels() -> None:
    area = made.fields("stArea", x=320, y=240, w=64, h=48, unit="pixel")
    size = made.fields("stDim", w=640, h=480)
    data = made.packet(
        f'<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions rdf:parseType="Resource">{size}'
        '</mwg-rs:AppliedToDimensions><mwg-rs:RegionList><rdf:Seq><rdf:li rdf:parseType="Resource">'
        f'<mwg-rs:Area rdf:parseType="Resource">{area}</mwg-rs:Area><mwg-rs:Name>Zoë</mwg-rs:Name>'
        "</rdf:li></rdf:Seq></mwg-rs:RegionList></mwg-rs:Regions>"
    )
    (region,) = of_packet(data).regions
    assert box_of(region) == pytest.approx((0.45, 0.45, 0.1, 0.1))
    assert region.is_face, "a region of no stated type may be a face"


def test_people_tags_of_windows() -> None:
    found = of_packet(made.packet(made.people(("Zoë", "0.1, 0.2, 0.3, 0.4"), ("Max", ""), ("Una", "0,1"))))
    assert [(region.name, region.kind) for region in found.regions] == [("Zoë", "face")]
    assert box_of(found.regions[0]) == pytest.approx((0.1, 0.2, 0.3, 0.4))
    assert found.people == ("Max", "Una")
    assert found.unreadable == 1, "a rectangle of two numbers"


@pytest.mark.parametrize(
    ("edge", "box"),
    [
        ({"rbShape": "rectangle", "rbUnit": "relative", "rbX": 0.1, "rbY": 0.2, "rbW": 0.3, "rbH": 0.4},
         (0.1, 0.2, 0.3, 0.4)),
        ({"rbShape": "rectangle", "rbUnit": "pixel", "rbX": 16, "rbY": 12, "rbW": 32, "rbH": 24},
         (0.25, 0.25, 0.5, 0.5)),
        ({"rbShape": "circle", "rbUnit": "relative", "rbX": 0.5, "rbY": 0.5, "rbRx": 0.1}, (0.4, 0.4, 0.2, 0.2)),
        ({"rbShape": "polygon", "rbUnit": "relative", "rbVertices": ((0.1, 0.5), (0.3, 0.2), (0.2, 0.9))},
         (0.1, 0.2, 0.2, 0.7)),
    ],
)  # fmt: skip
def test_regions_of_the_iptc(edge: dict[str, Any], box: tuple[float, ...]) -> None:
    corners = edge.pop("rbVertices", ())
    said = made.fields("Iptc4xmpExt", **edge)
    if corners:
        each = '<rdf:li Iptc4xmpExt:rbX="{}" Iptc4xmpExt:rbY="{}"/>'
        listed = "".join(each.format(*corner) for corner in corners)
        said += f"<Iptc4xmpExt:rbVertices><rdf:Seq>{listed}</rdf:Seq></Iptc4xmpExt:rbVertices>"
    kind = made.listed("xmp:Identifier", "http://cv.iptc.org/newscodes/imageregiontype/human")
    found = of_packet(made.packet(made.iptc_region("Zoë", said, kind=kind, person="Zoë Bell")))
    assert box_of(found.regions[0]) == pytest.approx(box)
    assert (found.regions[0].name, found.regions[0].kind, found.people) == ("Zoë", "human", ("Zoë Bell",))


def test_one_face_in_the_words_of_two_standards_is_one_face() -> None:
    data = made.packet(made.mwg(("Zoë", "Face", (0.2, 0.3, 0.2, 0.2))) + made.people(("Zoë", "0.1, 0.2, 0.2, 0.19")))
    found = of_packet(data)
    assert (len(found.regions), len(found.faces), found.names) == (2, 1, ("Zoë",))


@pytest.mark.parametrize(
    "area", ["nan, 0, 1, 1", "0, 0, 0, 0", "2, 2, 1, 1", "a, b, c, d", "inf, 0, 1, 1", "1e999,0,1,1"]
)
def test_regions_without_an_area_count_as_names(area: str) -> None:
    found = of_packet(made.packet(made.people(("Zoë", area))))
    assert (found.regions, found.people, found.unreadable) == ((), ("Zoë",), 1)


#: Every orientation: how the stored picture is made of the upright one.
STORED = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a), 7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}  # fmt: skip


def marked(orientation: int) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """A stored picture with one bright patch, and where that lies in it: centre and size."""
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[6:18, 8:24] = 255
    stored = np.ascontiguousarray(STORED[orientation](upright))
    rows, columns = np.nonzero(stored[..., 0])
    high, wide = stored.shape[:2]
    x0, x1, y0, y1 = columns.min() / wide, (columns.max() + 1) / wide, rows.min() / high, (rows.max() + 1) / high
    return stored, ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_regions_turn_with_the_picture(tmp_path: Path, orientation: int, suffix: str) -> None:
    stored, area = marked(orientation)
    xmp, path = made.packet(made.mwg(("Zoë", "Face", area))), tmp_path / f"a{suffix}"
    exif = made.exif_block({ExifTags.Base.Orientation: orientation})
    if suffix == ".jpg":
        path.write_bytes(made.in_jpeg(stored, made.segment(0xE1, exif), made.segment(0xE1, XMP + xmp)))
    elif suffix == ".png":
        path.write_bytes(
            made.in_png(
                stored, made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp), made.chunk(b"eXIf", exif[6:])
            )
        )
    elif suffix == ".webp":
        path.write_bytes(made.in_webp(stored, exif=exif, xmp=xmp))
    else:
        path.write_bytes(made.in_tiff(stored, {0x02BC: xmp, ExifTags.Base.Orientation: orientation}))
    picture = read_picture(path)
    assert (picture.frame.width, picture.frame.height) == (64, 48)
    assert picture.face_boxes == pytest.approx(np.array([[8, 6, 24, 18]]), abs=0.01)
    assert picture.frame.picture[7:17, 9:23].min() > 240, "the picture is turned as the region is"
    assert picture.frame.picture[:, 26:].max() < 20


@pytest.mark.parametrize("form", ["attribute", "element"])
def test_an_orientation_that_only_xmp_states(tmp_path: Path, form: str) -> None:
    stored, area = marked(6)
    head = 'tiff:Orientation="6"' if form == "attribute" else ""
    body = "" if form == "attribute" else "<tiff:Orientation>6</tiff:Orientation>"
    xmp = made.packet(body + made.mwg(("Zoë", "Face", area)), head=head)
    (tmp_path / "a.jpg").write_bytes(made.in_jpeg(stored, made.segment(0xE1, XMP + xmp)))
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.face_boxes == pytest.approx(np.array([[8, 6, 24, 18]]), abs=0.01)
    assert picture.frame.picture[7:17, 9:23].min() > 240


def test_regions_that_were_stated_for_the_upright_picture_are_not_turned_again(tmp_path: Path) -> None:
    stored, _ = marked(6)
    upright = made.mwg(("Zoë", "Face", (0.25, 0.25, 0.25, 0.25)), size=(640, 480))
    exif = made.segment(0xE1, made.exif_block({ExifTags.Base.Orientation: 6}))
    (tmp_path / "a.jpg").write_bytes(made.in_jpeg(stored, exif, made.segment(0xE1, XMP + made.packet(upright))))
    assert read_picture(tmp_path / "a.jpg").face_boxes == pytest.approx(np.array([[8, 6, 24, 18]]), abs=0.01)


def test_texts_of_png() -> None:
    latin = "Zoë".encode("latin-1")
    found = found_in(
        made.in_png(
            CARD,
            made.chunk(b"tEXt", b"Title\0" + latin),
            made.chunk(b"zTXt", b"Author\0\0" + zlib.compress(latin)),
            made.chunk(b"iTXt", b"Description\0\1\0de\0Beschreibung\0" + zlib.compress("Zoë am Meer".encode())),
            made.chunk(b"tEXt", b"Software\0a program"),
            made.chunk(b"tEXt", b"keywords\0sea, sand"),
            late=[made.chunk(b"tEXt", b"parameters\0a portrait of Zoe")],
        )
    )
    assert (found.titles, found.people, found.descriptions) == (("Zoë",), ("Zoë",), ("Zoë am Meer",))
    assert (found.keywords, found.comments) == (("sea", "sand"), ("a portrait of Zoe",))


def test_profiles_that_imagemagick_writes_into_png() -> None:
    def profile(kind: str, held: bytes) -> bytes:
        return made.chunk(b"zTXt", f"Raw profile type {kind}\0\0".encode() + zlib.compress(
            f"\n{kind}\n{len(held):8}\n{held.hex()}\n".encode()
        ))  # fmt: skip

    found = found_in(
        made.in_png(
            CARD,
            profile("exif", made.exif_block({0x010E: "by exif"})),
            profile("APP1", XMP + made.packet(made.listed("dc:title", "by xmp"))),
            profile("iptc", made.resources((0x0404, made.iim((25, b"by iptc"))))),
            profile("xyz", b"?"),
        )
    )
    assert (found.descriptions, found.titles, found.keywords) == (("by exif",), ("by xmp",), ("by iptc",))
    assert found.unreadable == 1


def test_comments_and_long_packets_of_jpeg() -> None:
    packet = made.packet(made.listed("dc:title", "Zoë") + made.listed("dc:subject", *[f"k{n}" for n in range(900)]))
    pieces = [packet[:9_000], packet[9_000:]]
    parts = [MORE + b"G" * 32 + struct.pack(">II", len(packet), 9_000 * n) + piece for n, piece in enumerate(pieces)]
    found = found_in(
        made.in_jpeg(CARD, made.segment(0xFE, b"one"), *(made.segment(0xE1, part) for part in reversed(parts)),
                     b"\xff", made.segment(0xFE, "Zoë".encode("latin-1")))
    )  # fmt: skip
    assert (found.comments, found.titles, len(found.keywords)) == (("one", "Zoë"), ("Zoë",), 900)
    assert found.unreadable == 0


def test_comments_and_packets_of_gif() -> None:
    plain = io.BytesIO()
    Image.fromarray(CARD).save(plain, "GIF", comment="Zoe")
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    xmp = b"!\xff\x0bXMP DataXMP" + made.packet(made.listed("dc:title", "Zoë")) + trailer
    data = plain.getvalue()
    first = 13 + (3 << ((data[10] & 7) + 1))
    found = found_in(data[:first] + xmp + data[first:])
    assert (found.comments, found.titles) == (("Zoe",), ("Zoë",))


def test_texts_of_tiff_with_xmp_and_iptc_inside(tmp_path: Path) -> None:
    xmp, iptc = made.packet(made.listed("dc:title", "by xmp")), made.iim((25, b"by iptc"))
    photoshop = made.resources((0x0424, made.packet(made.listed("dc:rights", "by photoshop"))))
    tags = {0x010E: "by tiff", 0x02BC: xmp, 0x83BB: iptc, 0x8649: photoshop}
    for options in ({}, {"compression": "tiff_lzw"}):
        (tmp_path / "a.tif").write_bytes(made.in_tiff(CARD, tags, **options))
        found = read_picture(tmp_path / "a.tif").descriptions
        assert (found.descriptions, found.titles) == (("by tiff",), ("by xmp",))
        assert (found.keywords, found.rights, found.unreadable) == (("by iptc",), ("by photoshop",), 0)


def test_what_is_said_twice_stands_once_and_xmp_comes_first() -> None:
    same = made.iim((120, b"Zoe at sea"), (25, b"sea"))
    found = found_in(
        made.in_jpeg(
            CARD,
            made.segment(0xE1, made.exif_block({0x010E: "from exif", 0x9C9E: "sea;sand".encode("utf-16-le")})),
            made.segment(0xED, b"Photoshop 3.0\0" + made.resources((0x0404, same))),
            made.segment(0xE1, XMP + made.packet(made.listed("dc:description", "Zoe  at\nsea"))),
        )
    )
    assert found.descriptions == ("Zoe at sea", "from exif")
    assert found.keywords == ("sea", "sand")

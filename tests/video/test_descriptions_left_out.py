"""What is written in picture files is not carried over, and no damage in it stops a picture or the reader."""

from __future__ import annotations

import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from pyanon.video import Descriptions, PublicWords, read_picture, takes_words, write_picture
from pyanon.video.descriptions import blocks_of, gathered_from
from pyanon.video.descriptions.found import Gathered
from pyanon.video.descriptions.packet import xmp_packet
from pyanon.video.descriptions.tiff import Tiff
from pyanon.video.descriptions.xmp import read_xmp
from tests.video import described as made
from tests.video.media import card, noise

CARD = card(64, 48)
MARK = "Qzxw"
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def found_in(data: bytes, *, size: tuple[int, int] = (64, 48)) -> Descriptions:
    return gathered_from(blocks_of(data)).done(width=size[0], height=size[1])


def of_packet(data: bytes, *, size: tuple[int, int] = (64, 48)) -> Descriptions:
    gathered = Gathered()
    read_xmp(data, gathered)
    return gathered.done(width=size[0], height=size[1])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
@pytest.mark.parametrize("keep", [False, True])
def test_nothing_of_it_is_carried_over(tmp_path: Path, suffix: str, keep: bool) -> None:
    source = made.full_file(tmp_path / f"a{suffix}", CARD, MARK)
    for encoding in ("utf-8", "utf-16-le"):
        planted = MARK.encode(encoding)
        has = source.read_bytes().count(planted)
        assert has >= (1 if suffix == ".gif" else 20) or encoding == "utf-16-le"
    picture = read_picture(source)
    said = picture.descriptions
    assert all(MARK in text for text in (*said.captions, *said.keywords, *said.names, *said.places))
    assert len(said.captions) >= (1 if suffix == ".gif" else 5)
    for output in (".jpg", ".png", ".webp", ".tif", ".gif", ".bmp"):
        write_picture(tmp_path / f"b{output}", picture.frame, like=picture, keep_exif=keep)
        data = (tmp_path / f"b{output}").read_bytes()
        allowed = data.count(f"{MARK}8298".encode()) if keep else 0  # the copyright notice of EXIF, on request
        assert data.count(MARK.encode()) == allowed <= 1
        assert MARK.encode("utf-16-le") not in data
        again = found_in(data)
        assert again == Descriptions(rights=again.rights if keep else ())


def test_the_second_picture_of_a_file_and_its_words_are_left_out(tmp_path: Path) -> None:
    first, second = Image.fromarray(CARD), Image.fromarray(noise(64, 48, seed=1))
    exif = Image.Exif()
    exif[0x010E] = f"{MARK} in the second picture"
    second.encoderinfo = {"exif": exif.tobytes(), "xmp": made.full_packet(MARK)}
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second], comment=f"{MARK} comment")
    assert (tmp_path / "a.jpg").read_bytes().count(MARK.encode()) >= 1
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.descriptions.comments == (f"{MARK} comment",)
    assert "further pictures" in picture.notes[0]
    write_picture(tmp_path / "b.jpg", picture.frame, like=picture, keep_exif=True)
    assert MARK.encode() not in (tmp_path / "b.jpg").read_bytes()


def test_public_words_are_written_and_nothing_else(tmp_path: Path) -> None:
    words = PublicWords("A child & a dög", "A <child> laughs.\x07", ("beach", "sea"))
    for keep in (False, True):
        picture = read_picture(made.full_file(tmp_path / "a.jpg", CARD, MARK))
        for suffix in (".jpg", ".png", ".webp", ".tif"):
            output = tmp_path / f"b{suffix}"
            write_picture(output, picture.frame, like=picture, keep_exif=keep, words=words)
            found = read_picture(output).descriptions
            assert found.titles == ("A child & a dög",)
            assert found.descriptions == ("A <child> laughs.",)
            assert found.keywords == ("beach", "sea")
            assert (found.people, found.places, found.regions, found.unreadable) == ((), (), (), 0)
            with Image.open(output) as written:
                assert written.getexif()[ExifTags.Base.ImageDescription] == "A <child> laughs."
                assert written.size == (64, 48)
            assert output.read_bytes().count(MARK.encode()) <= keep
            assert takes_words(output)
    for suffix in (".gif", ".bmp"):
        write_picture(tmp_path / f"b{suffix}", picture.frame, like=picture, words=words)
        assert b"child" not in (tmp_path / f"b{suffix}").read_bytes()
        assert not takes_words(tmp_path / f"b{suffix}")


#: All that may stand in XML.
PRINTED = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


@given(PRINTED, PRINTED, st.lists(PRINTED, max_size=3))
def test_what_is_written_is_read_again(title: str, description: str, keywords: list[str]) -> None:
    found = of_packet(xmp_packet(PublicWords(title, description, tuple(keywords))))
    wanted = [tuple(filter(None, (" ".join(text.split()) for text in texts))) for texts in ([title], [description])]
    assert (found.titles, found.descriptions, found.unreadable) == (*wanted, 0)


@given(st.text())
def test_no_text_makes_the_packet_unreadable(text: str) -> None:
    assert of_packet(xmp_packet(PublicWords(text, text, (text,)))).unreadable == 0


#: Bytes to change: where, and to what.
CHANGES = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=12)

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><a xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title>&j;</dc:title></a>"
)
OUTSIDE = (
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b"<a xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title>&x;</dc:title></a>"
)


@pytest.mark.parametrize(
    "data",
    [
        BOMB, OUTSIDE, made.packet(made.listed("dc:title", "x"))[:-40], b"<a>" * 200_000, b"\xff\xfe<", b"<a/>" * 2,
        b"<a " + b" ".join(b'b%d=""' % n for n in range(10)) + b"/><b", b"plain text",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
    ids=["bomb", "outside", "cut", "deep", "half", "two roots", "after", "text", "encoding"],
)  # fmt: skip
def test_hostile_and_broken_packets_are_counted(tmp_path: Path, data: bytes) -> None:
    found = of_packet(data)
    assert found.unreadable == 1
    assert found.titles in ((), ("x",))
    (tmp_path / "a.webp").write_bytes(made.in_webp(CARD, xmp=data))
    assert (read_picture(tmp_path / "a.webp").frame.picture == CARD).all()


def test_damage_stops_no_picture_and_is_counted(tmp_path: Path) -> None:
    half = made.exif_block({0x010E: "long enough to lie outside of its entry"})
    damaged = {
        "exif": made.in_jpeg(CARD, made.segment(0xE1, half[:30])),
        "no exif": made.in_jpeg(CARD, made.segment(0xE1, b"Exif\0\0" + b"\xff" * 40)),
        "iptc": made.in_jpeg(
            CARD, made.segment(0xED, b"Photoshop 3.0\0" + made.resources((0x0404, b"\x1c\x02\x78\x7f")))
        ),
        "8BIM": made.in_jpeg(CARD, made.segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\x00\x00\xff\xff\xff\xff")),
        "crc": made.in_png(CARD, made.chunk(b"tEXt", b"Title\0Zoe", crc=0), made.chunk(b"zTXt", b"Author\0\0nonsense")),
        "bomb": made.in_png(CARD, made.chunk(b"zTXt", b"Title\0\0" + zlib.compress(bytes(20 << 20)))),
        "png exif": made.in_png(CARD, made.chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")),
    }
    for name, data in damaged.items():
        path = tmp_path / name.replace(" ", "-")
        path.write_bytes(data)
        picture = read_picture(path)
        assert 1 <= picture.descriptions.unreadable <= 2, name
        assert np.abs(picture.frame.picture.astype(int) - CARD).mean() < 4, name
        write_picture(tmp_path / "out.jpg", picture.frame, like=picture, keep_exif=True)


@settings(max_examples=100)
@given(data=st.data())
def test_whatever_is_in_an_exif_block_the_picture_is_read_and_written(data: st.DataObject) -> None:
    """Also with what is harmless of it kept, which Pillow reads."""
    camera = {0x9286: b"ASCII\0\0\0Zoe", 0x829A: 0.01, 0x8827: 200, 0x9003: "2024:05:06 07:08:09"}
    block = made.exif_block({0x010E: "Zoe at home", 0x010F: "Maker", 0x011A: 72.0}, camera)
    block = block[:6] + mutated(block[6:], data.draw(CHANGES))[: data.draw(st.integers(8, 400))]
    with tempfile.TemporaryDirectory() as folder:
        for name, held in (
            ("a.jpg", made.in_jpeg(CARD, made.segment(0xE1, block))),
            ("a.png", made.in_png(CARD, made.chunk(b"eXIf", block[6:]))),
        ):
            source = Path(folder, name)
            source.write_bytes(held)
            picture = read_picture(source)
            assert sorted(picture.frame.picture.shape) == [3, 48, 64]
            write_picture(Path(folder, "b.png"), picture.frame, like=picture, keep_exif=True)


def mutated(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    out = bytearray(data)
    for place, value in changes:
        out[place % len(out)] = value
    return bytes(out)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".gif"])
def test_no_change_of_bytes_makes_the_reader_raise(tmp_path: Path, suffix: str) -> None:
    data = made.full_file(tmp_path / f"a{suffix}", card(8, 8), MARK).read_bytes()

    @settings(max_examples=150)
    @given(CHANGES, st.integers(0, len(data)))
    def check(changes: list[tuple[int, int]], end: int) -> None:
        for each in (mutated(data, changes), mutated(data, changes)[:end]):
            assert isinstance(found_in(each), Descriptions)

    check()


@pytest.mark.parametrize("kind", ["exif", "xmp", "photoshop", "jpeg", "png", "webp", "gif", "tiff"])
def test_no_bytes_at_all_make_the_reader_raise(kind: str) -> None:
    heads = {
        "jpeg": b"\xff\xd8", "png": b"\x89PNG\r\n\x1a\n", "webp": b"RIFF\0\0\0\0WEBP", "gif": b"GIF89a",
        "tiff": b"II*\0",
    }  # fmt: skip

    @settings(max_examples=150)
    @given(st.binary(max_size=400))
    @example(b"\x08\0\0\0\1\0\x69\x87\x04\0\1\0\0\0\x08\0\0\0\x08\0\0\0")
    def check(data: bytes) -> None:
        whole = heads[kind] + data if kind in heads else made.in_jpeg(card(2, 2), {
            "exif": made.segment(0xE1, b"Exif\0\0MM\0*" + data), "xmp": made.segment(0xE1, XMP + data),
            "photoshop": made.segment(0xED, b"Photoshop 3.0\x008BIM" + data),
        }[kind])  # fmt: skip
        assert isinstance(found_in(whole), Descriptions)

    check()


def test_what_would_become_too_much_is_not_made() -> None:
    """Many texts that inflate a thousandfold; many values that lie over each other; more regions than people."""
    for size, read in ((4 << 20, 2), (9 << 20, 0)):
        bomb = made.chunk(b"zTXt", b"Title\0\0" + zlib.compress(b" " * size))
        blocks = blocks_of(made.in_png(card(2, 2), *[bomb] * 1_500))
        assert sum(len(block.data) for block in blocks) == size * read
        assert [block.kind for block in blocks] == ["text"] * read + ["damaged"] * (1_500 - read)
    entries = b"".join(struct.pack("<HHII", 0x010E, 2, 4 << 20, 8) for _ in range(1_000))
    tiff = Tiff(b"II*\0\x08\0\0\0" + struct.pack("<H", 1_000) + entries + bytes(4 << 20))
    assert (len(list(tiff.entries())), tiff.damaged) == (16, 984)
    found = of_packet(made.packet(made.mwg(*[("Zoë", "Face", (n / 3_000, 0.5, 0.01, 0.01)) for n in range(3_000)])))
    assert (len(found.regions), found.unreadable) == (500, 2_500)
    assert found.faces


def test_directories_that_point_at_each_other_end() -> None:
    """Every entry of a block points at one of many directories, which overlap."""
    entries = [struct.pack("<HHII", 0x8769, 4, 1, 8 + n) for n in range(1000)]
    tiff = Tiff(b"II*\0\x08\0\0\0" + struct.pack("<H", 1000) + b"".join(entries) + bytes(4))
    assert len(list(tiff.entries())) <= 64 * 1_000
    assert tiff.damaged

"""Still pictures: orientation, profiles, depth, transparency, and what must never be carried along."""

from __future__ import annotations

import errno
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from pyanon.errors import InputError, SinkError, SourceNotFoundError, TruncatedSourceError, UnsupportedMediaError
from pyanon.types import Frame
from pyanon.video import Picture, atomic, read_picture, write_picture
from pyanon.video.metadata import harmless_exif
from tests.video.media import card, noise

CARD = card(64, 48)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GPS = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0)}


def save(path: Path, pixels: np.ndarray = CARD, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def close_to(pixels: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    return pixels.shape == wanted.shape and bool(np.abs(pixels.astype(int) - wanted).mean() < tolerance)


def telling_exif(*, orientation: int = 6) -> bytes:
    """An EXIF block with all that must not be kept, the thumbnail of the original among it."""
    exif = Image.Exif()
    exif.update(
        {
            ExifTags.Base.Make: "Maker",
            ExifTags.Base.Artist: "Anna Bell",
            ExifTags.Base.Orientation: orientation,
            ExifTags.Base.DateTime: "2024:05:06 07:08:09",
            ExifTags.Base.ImageDescription: "Anna at home",
        }
    )
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.ISOSpeedRatings: 200,
            ExifTags.Base.MakerNote: b"MAKERNOTE-BYTES",
            ExifTags.Base.BodySerialNumber: "SERIAL-4711",
            ExifTags.Base.CameraOwnerName: "Anna Owner",
            ExifTags.Base.UserComment: b"ASCII\x00\x00\x00a comment",
            ExifTags.Base.ImageUniqueID: "UNIQUE-0815",
        }
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    return with_thumbnail(exif.tobytes())


def with_thumbnail(block: bytes) -> bytes:
    """Append a second directory (IFD1) that holds a JPEG: Pillow reads one but does not write it."""
    thumbnail = io.BytesIO()
    Image.fromarray(CARD).save(thumbnail, "JPEG")
    tiff = bytearray(block[6:])
    order = "<" if tiff[:2] == b"II" else ">"
    first = struct.unpack(order + "I", tiff[4:8])[0]
    count = struct.unpack(order + "H", tiff[first : first + 2])[0]
    link = first + 2 + 12 * count
    tiff[link : link + 4] = struct.pack(order + "I", len(tiff))
    data = len(tiff) + 2 + 2 * 12 + 4
    size = len(thumbnail.getvalue())
    entries = struct.pack(order + "HHII", 0x0201, 4, 1, data) + struct.pack(order + "HHII", 0x0202, 4, 1, size)
    return block[:6] + bytes(tiff) + struct.pack(order + "H", 2) + entries + bytes(4) + thumbnail.getvalue()


def test_the_telling_block_really_tells() -> None:
    exif = Image.Exif()
    exif.load(telling_exif())
    assert exif.get_ifd(ExifTags.IFD.IFD1)[0x0202] > 100
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[1] == "N"
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] == b"MAKERNOTE-BYTES"


SECRETS = [b"Anna", b"MAKERNOTE", b"SERIAL", b"UNIQUE", b"a comment", b"\xff\xd8\xff"]


def test_harmless_exif_keeps_the_harmless_only() -> None:
    block = harmless_exif(telling_exif())
    kept = Image.Exif()
    kept.load(block)
    assert kept[ExifTags.Base.Make] == "Maker"
    assert kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 200
    assert ExifTags.Base.Orientation not in kept
    assert not kept.get_ifd(ExifTags.IFD.GPSInfo)
    assert not kept.get_ifd(ExifTags.IFD.IFD1)
    assert not [secret for secret in SECRETS if secret in block]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("keep", [False, True])
def test_exif_is_dropped_unless_kept_and_never_tells_secrets(tmp_path: Path, suffix: str, keep: bool) -> None:
    source = read_picture(save(tmp_path / "a.jpg", exif=telling_exif()))
    output = tmp_path / f"b{suffix}"
    write_picture(output, source.frame, like=source, keep_exif=keep)
    data = output.read_bytes()
    assert not [secret for secret in SECRETS[:-1] if secret in data]
    assert data.count(b"\xff\xd8\xff") == (suffix == ".jpg"), "a second JPEG inside would be the thumbnail"
    with Image.open(output) as picture:
        exif = picture.getexif()
        assert (exif.get(ExifTags.Base.Make) == "Maker") == keep
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
        assert not exif.get_ifd(ExifTags.IFD.IFD1)


def test_the_turn_is_applied_once(tmp_path: Path) -> None:
    picture = read_picture(save(tmp_path / "a.jpg", exif=telling_exif(orientation=6), quality=95))
    assert close_to(picture.frame.pixels, np.rot90(CARD, -1), 8)
    write_picture(tmp_path / "b.jpg", picture.frame, like=picture, keep_exif=True)
    assert close_to(read_picture(tmp_path / "b.jpg").frame.pixels, np.rot90(CARD, -1), 8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(tmp_path: Path, orientation: int) -> None:
    turned = {
        1: CARD, 2: CARD[:, ::-1], 3: CARD[::-1, ::-1], 4: CARD[::-1], 5: CARD.transpose(1, 0, 2),
        6: np.rot90(CARD, -1), 7: CARD[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(CARD),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    picture = read_picture(save(tmp_path / "a.png", exif=exif.tobytes()))
    assert (picture.frame.pixels == turned).all()


def test_xmp_comments_and_text_are_dropped(tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "Anna")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Anna</x:xmpmeta>")
    save(tmp_path / "a.png", pnginfo=text)
    save(tmp_path / "a.jpg", comment=b"Anna", xmp=b"<x:xmpmeta>Anna</x:xmpmeta>")
    save(tmp_path / "a.webp", xmp=b"<x:xmpmeta>Anna</x:xmpmeta>")
    for source in sorted(tmp_path.glob("a.*")):
        assert b"Anna" in source.read_bytes()
        picture = read_picture(source)
        for suffix in (".png", ".jpg", ".webp", ".tif", ".gif", ".bmp"):
            write_picture(tmp_path / f"b{suffix}", picture.frame, like=picture, keep_exif=True)
            assert b"Anna" not in (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_the_colour_profile_is_kept(tmp_path: Path, suffix: str) -> None:
    picture = read_picture(save(tmp_path / f"a{suffix}", icc_profile=SRGB))
    write_picture(tmp_path / f"b{suffix}", picture.frame, like=picture)
    with Image.open(tmp_path / f"b{suffix}") as written:
        assert written.info["icc_profile"] == SRGB


def test_jpeg_is_compressed_as_it_was(tmp_path: Path) -> None:
    for quality, subsampling in ((60, 2), (95, 0)):
        source = save(tmp_path / "a.jpg", quality=quality, subsampling=subsampling)
        picture = read_picture(source)
        write_picture(tmp_path / "b.jpg", picture.frame, like=picture)
        with Image.open(source) as before, Image.open(tmp_path / "b.jpg") as after:
            assert before.quantization == after.quantization
            assert before.layer == after.layer
        assert (tmp_path / "b.jpg").stat().st_size <= source.stat().st_size


def test_webp_stays_lossless_where_it_was(tmp_path: Path) -> None:
    picture = read_picture(save(tmp_path / "a.webp", noise(32, 32, seed=0), lossless=True))
    write_picture(tmp_path / "b.webp", picture.frame, like=picture)
    assert (read_picture(tmp_path / "b.webp").frame.pixels == noise(32, 32, seed=0)).all()
    assert not read_picture(save(tmp_path / "c.webp", quality=80)).encoding["lossless"]


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_transparency_is_kept_where_the_format_has_it(tmp_path: Path, suffix: str) -> None:
    rgba = np.dstack([CARD, np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))])
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    picture = read_picture(save(tmp_path / f"a{suffix}", rgba, **options))
    assert picture.alpha is not None
    assert (picture.alpha == rgba[..., 3]).all()
    assert (picture.frame.pixels == CARD).all(), "what hides under transparency is seen, and so checked for faces"
    painted = Frame(255 - picture.frame.pixels)
    write_picture(tmp_path / f"b{suffix}", painted, like=picture)
    again = read_picture(tmp_path / f"b{suffix}")
    assert (again.alpha == rgba[..., 3]).all()
    assert (again.frame.pixels == 255 - CARD).all(), "no pixel of the original may stay under the transparency"
    write_picture(tmp_path / "b.jpg", painted, like=picture)
    assert close_to(read_picture(tmp_path / "b.jpg").frame.pixels, 255 - CARD, 6)


def test_palettes_and_their_transparency(tmp_path: Path) -> None:
    palette = Image.fromarray(CARD).quantize(8)
    palette.save(tmp_path / "a.png", transparency=int(palette.getpixel((0, 0))))
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is not None
    assert picture.alpha[0, 0] == 0
    assert picture.alpha[0, 63] == 255
    assert close_to(picture.frame.pixels, CARD, 6)


def test_grey_stays_grey_with_its_profile_until_colour_comes_in(tmp_path: Path) -> None:
    grey = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    picture = read_picture(save(tmp_path / "a.png", grey, icc_profile=b"a profile for grey"))
    assert picture.grey
    write_picture(tmp_path / "b.png", picture.frame, like=picture)
    with Image.open(tmp_path / "b.png") as written:
        assert (written.mode, written.info["icc_profile"]) == ("L", b"a profile for grey")
        assert (np.asarray(written) == grey).all()
    write_picture(tmp_path / "c.png", Frame(CARD), like=picture)
    with Image.open(tmp_path / "c.png") as written:
        assert written.mode == "RGB"
        assert "icc_profile" not in written.info


def png(width: int, height: int, *, depth: int, kind: int, rows: bytes) -> bytes:
    """A PNG by hand: Pillow writes no colour in 16 bits."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, kind: int, channels: int) -> None:
    ramp = np.linspace(0, 65535, 64).round().astype(">u2")
    row = b"\x00" + np.repeat(ramp[:, None], channels, axis=1).tobytes()
    (tmp_path / "a.png").write_bytes(png(64, 2, depth=16, kind=kind, rows=row * 2))
    picture = read_picture(tmp_path / "a.png")
    assert np.abs(picture.frame.pixels[0, :, 0].astype(int) - np.linspace(0, 255, 64)).max() <= 1
    assert "8 bits" in picture.notes[0]


def test_cmyk_is_converted_and_said(tmp_path: Path) -> None:
    Image.fromarray(CARD).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    picture = read_picture(tmp_path / "a.jpg")
    assert close_to(picture.frame.pixels, CARD, 6)
    assert "CMYK" in picture.notes[0]
    write_picture(tmp_path / "b.jpg", picture.frame, like=picture)
    with Image.open(tmp_path / "b.jpg") as written:
        assert written.mode == "RGB"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".bmp", ".gif"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (64, 48)])
def test_every_format_and_size(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    picture = read_picture(save(tmp_path / f"a{suffix}", card(*size)))
    write_picture(tmp_path / f"b{suffix}", picture.frame, like=picture)
    again = read_picture(tmp_path / f"b{suffix}")
    assert close_to(again.frame.pixels, picture.frame.pixels, 40 if size == (3, 5) else 6)
    assert again.format == picture.format


def test_8k_picture(tmp_path: Path) -> None:
    picture = read_picture(save(tmp_path / "a.png", np.zeros((4320, 7680, 3), np.uint8), compress_level=1))
    write_picture(tmp_path / "b.jpg", picture.frame, like=picture)
    with Image.open(tmp_path / "b.jpg") as written:
        assert written.size == (7680, 4320)


def test_only_the_first_picture_of_a_multi_picture_file_is_kept(tmp_path: Path) -> None:
    first, second = Image.fromarray(CARD), Image.fromarray(noise(64, 48, seed=1))
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    picture = read_picture(tmp_path / "a.jpg")
    assert close_to(picture.frame.pixels, CARD, 6)
    assert "further pictures" in picture.notes[0]
    write_picture(tmp_path / "b.jpg", picture.frame, like=picture)
    assert (tmp_path / "b.jpg").read_bytes().count(b"\xff\xd8\xff") == 1


def test_inputs_that_are_no_picture_get_an_error_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    pages = [Image.fromarray(noise(16, 16, seed=index)) for index in range(3)]
    pages[0].save(tmp_path / "animated.gif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    expected = {
        "empty.png": "empty file",
        "text.png": "not a picture",
        "animated.gif": "open_video",
        "pages.tif": "several pages",
    }
    for name, text in expected.items():
        with pytest.raises(UnsupportedMediaError, match=text):
            read_picture(tmp_path / name)
    with pytest.raises(SourceNotFoundError, match="does not exist"):
        read_picture(tmp_path / "missing.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnsupportedMediaError, match="more pixels"):
        read_picture(save(tmp_path / "bomb.png"))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_truncated_pictures_are_told(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a{suffix}", noise(64, 64, seed=0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises((TruncatedSourceError, UnsupportedMediaError), match=r"breaks off|not a picture"):
        read_picture(path)


def test_a_tiff_without_a_size_is_damaged(tmp_path: Path) -> None:
    """Pillow has a TypeError for it."""
    data = bytearray(save(tmp_path / "a.tif").read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    assert struct.unpack_from("<H", data, first + 2)[0] == 256
    struct.pack_into("<H", data, first + 2, 255)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises((TruncatedSourceError, UnsupportedMediaError), match=r"damaged|not a picture"):
        read_picture(tmp_path / "a.tif")


def test_the_output_appears_complete_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = read_picture(save(tmp_path / "a.png"))
    (tmp_path / "b.png").write_text("from before")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.AtomicFile, "write", full)
    with pytest.raises(SinkError, match="No space left"):
        write_picture(tmp_path / "b.png", picture.frame, like=picture)
    monkeypatch.undo()
    assert (tmp_path / "b.png").read_text() == "from before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_outputs_that_cannot_be(tmp_path: Path) -> None:
    picture = read_picture(save(tmp_path / "a.png"))
    before = (tmp_path / "a.png").read_bytes()
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    for name in ("a.png", "link.png"):
        with pytest.raises(InputError, match="input itself"):
            write_picture(tmp_path / name, picture.frame, like=picture)
    with pytest.raises(InputError, match="suffix"):
        write_picture(tmp_path / "b.mp4", picture.frame, like=picture)
    with pytest.raises(InputError, match="size"):
        write_picture(tmp_path / "b.png", Frame(card(8, 8)), like=picture)
    with pytest.raises(SinkError, match="does not exist"):
        write_picture(tmp_path / "missing" / "b.png", picture.frame, like=picture)
    wide = Picture(Frame(np.zeros((1, 70000, 3), np.uint8)), source="", format="PNG")
    for suffix in (".jpg", ".webp"):
        with pytest.raises(SinkError, match="cannot be written"):
            write_picture(tmp_path / f"b{suffix}", wide.frame, like=wide)
    assert (tmp_path / "a.png").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "link.png"]

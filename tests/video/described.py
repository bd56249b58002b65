"""Picture files with something written in them, made by hand: every field that speaks of people, in every place."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}


def packet(body: str, *, head: str = "") -> bytes:
    """An XMP packet around properties; ``head`` holds attributes of its description."""
    spaces = " ".join(f'xmlns:{name}="{space}"' for name, space in SPACES.items())
    return (
        f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" {spaces} {head}>{body}</rdf:Description></rdf:RDF>'
        f'</x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def listed(name: str, *values: str, kind: str = "Bag") -> str:
    return f"<{name}><rdf:{kind}>{''.join(f'<rdf:li>{value}</rdf:li>' for value in values)}</rdf:{kind}></{name}>"


def mwg(*regions: tuple[str, str, tuple[float, float, float, float]], size: tuple[int, int] | None = None) -> str:
    """Regions of the Metadata Working Group: name, type, and centre x, centre y, width, height."""
    one = (
        '<rdf:li><rdf:Description mwg-rs:Name="{}" mwg-rs:Type="{}"><mwg-rs:Area stArea:x="{}" stArea:y="{}" '
        'stArea:w="{}" stArea:h="{}" stArea:unit="normalized"/></rdf:Description></rdf:li>'
    )
    items = "".join(one.format(name, kind, *area) for name, kind, area in regions)
    applied = '<mwg-rs:AppliedToDimensions stDim:w="{}" stDim:h="{}" stDim:unit="pixel"/>'.format(*size) if size else ""
    return (
        f'<mwg-rs:Regions rdf:parseType="Resource">{applied}<mwg-rs:RegionList><rdf:Bag>{items}</rdf:Bag>'
        "</mwg-rs:RegionList></mwg-rs:Regions>"
    )


def people(*regions: tuple[str, str]) -> str:
    """People tags of Windows: name and rectangle."""
    one = '<rdf:li rdf:parseType="Resource"><MPReg:PersonDisplayName>{}</MPReg:PersonDisplayName>{}</rdf:li>'
    items = "".join(
        one.format(name, f"<MPReg:Rectangle>{where}</MPReg:Rectangle>" if where else "") for name, where in regions
    )
    regions = f"<MPRI:Regions><rdf:Bag>{items}</rdf:Bag></MPRI:Regions>"
    return f'<MP:RegionInfo rdf:parseType="Resource">{regions}</MP:RegionInfo>'


def iptc_region(name: str, boundary: str, *, kind: str = "", person: str = "") -> str:
    """A region of the IPTC; ``boundary`` are the fields of its edge."""
    said = (
        f'<Iptc4xmpExt:rCtype><rdf:Bag><rdf:li rdf:parseType="Resource">{kind}</rdf:li></rdf:Bag></Iptc4xmpExt:rCtype>'
    )
    return (
        '<Iptc4xmpExt:ImageRegion><rdf:Bag><rdf:li rdf:parseType="Resource">'
        f'<Iptc4xmpExt:Name><rdf:Alt><rdf:li xml:lang="x-default">{name}</rdf:li></rdf:Alt></Iptc4xmpExt:Name>'
        f'<Iptc4xmpExt:RegionBoundary rdf:parseType="Resource">{boundary}</Iptc4xmpExt:RegionBoundary>'
        f"{said if kind else ''}{listed('Iptc4xmpExt:PersonInImage', person) if person else ''}"
        "</rdf:li></rdf:Bag></Iptc4xmpExt:ImageRegion>"
    )


def fields(prefix: str, **values: object) -> str:
    return "".join(f"<{prefix}:{name}>{value}</{prefix}:{name}>" for name, value in values.items())


def iim(*datasets: tuple[int, bytes], charset: bytes | None = b"\x1b%G") -> bytes:
    """IPTC-IIM datasets of record 2."""
    head = b"" if charset is None else struct.pack(">BBBH", 0x1C, 1, 90, len(charset)) + charset
    return head + b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value for number, value in datasets)


def resources(*parts: tuple[int, bytes]) -> bytes:
    """Resources of Photoshop."""
    return b"".join(
        b"8BIM" + struct.pack(">HH", code, 0) + struct.pack(">I", len(value)) + value + b"\0" * (len(value) % 2)
        for code, value in parts
    )


def exif_block(first: Mapping[int, object], camera: Mapping[int, object] | None = None, *, order: str = "<") -> bytes:
    exif = Image.Exif()
    exif.endian = order
    exif.update(first)
    exif.get_ifd(ExifTags.IFD.Exif).update(camera or {})
    return exif.tobytes()


def segment(marker: int, held: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(held) + 2) + held


def in_jpeg(pixels: np.ndarray, *segments: bytes) -> bytes:
    """A JPEG with segments right after its start."""
    plain = io.BytesIO()
    Image.fromarray(pixels).save(plain, "JPEG", quality=95, subsampling=0)
    return plain.getvalue()[:2] + b"".join(segments) + plain.getvalue()[2:]


def chunk(name: bytes, held: bytes, *, crc: int | None = None) -> bytes:
    """A chunk of a PNG."""
    check = zlib.crc32(name + held) if crc is None else crc
    return struct.pack(">I", len(held)) + name + held + struct.pack(">I", check)


def in_png(pixels: np.ndarray, *chunks: bytes, late: Sequence[bytes] = ()) -> bytes:
    """A PNG with chunks before its pixels, and others after them."""
    plain = io.BytesIO()
    Image.fromarray(pixels).save(plain, "PNG")
    data = plain.getvalue()
    return data[:33] + b"".join(chunks) + data[33:-12] + b"".join(late) + data[-12:]


def in_tiff(pixels: np.ndarray, tags: Mapping[int, object], **options: object) -> bytes:
    info = Image.Exif()
    info.update(tags)
    plain = io.BytesIO()
    Image.fromarray(pixels).save(plain, "TIFF", exif=info, **options)
    return plain.getvalue()


def in_webp(pixels: np.ndarray, *, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    plain = io.BytesIO()
    Image.fromarray(pixels).save(plain, "WEBP", lossless=True, exif=exif, xmp=xmp)
    return plain.getvalue()


def full_packet(mark: str) -> bytes:
    """An XMP packet with every property that speaks of people, each value with a mark and a number of its own."""
    values = (f"{mark}{number:02d}x" for number in range(90))
    names = [
        "dc:title", "dc:description", "dc:rights", "dc:creator", "dc:subject", "photoshop:Headline", "photoshop:City",
        "photoshop:State", "photoshop:Country", "photoshop:Credit", "photoshop:Source", "photoshop:CaptionWriter",
        "photoshop:AuthorsPosition", "photoshop:Instructions", "tiff:Artist", "tiff:ImageDescription",
        "exif:UserComment", "Iptc4xmpCore:Location", "Iptc4xmpExt:PersonInImage", "lr:hierarchicalSubject",
        "digiKam:TagsList",
    ]  # fmt: skip
    body = "".join(listed(name, next(values)) for name in names)
    body += mwg((next(values), "Face", (0.5, 0.5, 0.2, 0.2)))
    body += people((next(values), "0.1, 0.1, 0.2, 0.2"), (next(values), ""))
    edge = fields("Iptc4xmpExt", rbShape="rectangle", rbUnit="relative", rbX=0.7, rbY=0.7, rbW=0.2, rbH=0.2)
    body += iptc_region(next(values), edge, person=next(values))
    place = fields("Iptc4xmpExt", City=next(values), Sublocation=next(values), CountryName=next(values))
    shown = f'<rdf:Bag><rdf:li rdf:parseType="Resource">{place}</rdf:li></rdf:Bag>'
    body += f"<Iptc4xmpExt:LocationShown>{shown}</Iptc4xmpExt:LocationShown>"
    return packet(body, head=f'photoshop:Urgency="{next(values)}"')


def full_iim(mark: str) -> bytes:
    numbers = (5, 25, 40, 80, 85, 90, 92, 95, 101, 105, 110, 115, 116, 118, 120, 122)
    return iim(*((number, f"{mark}{number:03d}x".encode()) for number in numbers))


def full_exif(mark: str) -> bytes:
    """Every text of an EXIF block, and a directory of a thumbnail with a text of its own."""
    first = {tag: f"{mark}{tag:04x}" for tag in (0x010D, 0x010E, 0x013B, 0x8298)}
    wide = {tag: f"{mark}{tag:04x}".encode("utf-16-le") + b"\0\0" for tag in range(0x9C9B, 0x9CA0)}
    camera = {0x9286: b"ASCII\0\0\0" + f"{mark}9286".encode(), 0xA430: f"{mark}a430"}
    return with_second_directory(exif_block({**first, **wide}, camera), f"{mark}IFD1".encode())


def with_second_directory(block: bytes, text: bytes) -> bytes:
    """Append a second directory (IFD1) that describes the thumbnail: Pillow does not write one."""
    data = bytearray(block[6:])
    order = "<" if data[:2] == b"II" else ">"
    first = struct.unpack_from(order + "I", data, 4)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", data, first)[0]
    struct.pack_into(order + "I", data, link, len(data))
    entry = struct.pack(order + "HHII", 0x010E, 2, len(text), len(data) + 2 + 12 + 4)
    return block[:6] + bytes(data) + struct.pack(order + "H", 1) + entry + bytes(4) + text


def full_file(path: Path, pixels: np.ndarray, mark: str) -> Path:
    """A file with all that its format has room for, by its suffix."""
    xmp, exif, photoshop = full_packet(mark), full_exif(mark), resources((0x0404, full_iim(mark)))
    if path.suffix == ".jpg":
        more = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 100, 0) + packet(f"{mark}more")
        data = in_jpeg(
            pixels,
            segment(0xE1, exif),
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp),
            segment(0xE1, more),
            segment(0xED, b"Photoshop 3.0\0" + photoshop),
            segment(0xFE, f"{mark}comment".encode()),
        )
    elif path.suffix == ".png":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", f"{mark}text")
        info.add_text("Author", f"{mark}zipped", zip=True)
        info.add_itxt("Title", f"{mark}itxt", zip=True)
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        plain = io.BytesIO()
        Image.fromarray(pixels).save(plain, "PNG", pnginfo=info, exif=exif)
        data = plain.getvalue()[:-12] + chunk(b"tEXt", f"Late\0{mark}late".encode()) + plain.getvalue()[-12:]
    elif path.suffix == ".webp":
        data = in_webp(pixels, exif=exif, xmp=xmp)
    elif path.suffix == ".tif":
        found = Image.Exif()
        found.load(exif)
        tags = {tag: found[tag] for tag in found if tag != ExifTags.IFD.Exif}
        data = in_tiff(pixels, {**tags, 0x02BC: xmp, 0x83BB: full_iim(mark), 0x8649: photoshop})
    else:
        plain = io.BytesIO()
        Image.fromarray(pixels).save(plain, "GIF", comment=f"{mark}comment")
        data = plain.getvalue()
    path.write_bytes(data)
    return path

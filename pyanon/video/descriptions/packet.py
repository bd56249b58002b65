"""What is written into a picture file on request: a few public words, as EXIF and as an XMP packet of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from PIL import ExifTags, Image, PngImagePlugin

__all__ = ["WITH_WORDS", "PublicWords", "options_for", "xmp_packet"]

#: Formats, as Pillow calls them, that words can be written to.
WITH_WORDS = frozenset({"JPEG", "PNG", "WEBP", "TIFF"})

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">{properties}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
#: What no XML text may hold (XML 1.0, 2.2), lone surrogates among it.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class PublicWords:
    """Texts that may be written into an anonymized picture.

    Attributes:
        title: A title.
        description: A caption.
        keywords: Keywords.
    """

    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.title or self.description or self.keywords)


def xmp_packet(words: PublicWords) -> bytes:
    """An XMP packet with dc:title, dc:description and dc:subject, and nothing else (ISO 16684-1).

    Args:
        words: What to write.
    """
    texts = (("title", words.title), ("description", words.description))
    properties = [
        f'\n   <dc:{name}><rdf:Alt><rdf:li xml:lang="x-default">{_clean(text)}</rdf:li></rdf:Alt></dc:{name}>'
        for name, text in texts
        if text
    ]
    if words.keywords:
        listed = "".join(f"<rdf:li>{_clean(word)}</rdf:li>" for word in words.keywords)
        properties.append(f"\n   <dc:subject><rdf:Bag>{listed}</rdf:Bag></dc:subject>")
    return _PACKET.format(properties="".join(properties)).encode()


def options_for(words: PublicWords, kind: str, *, exif: bytes | None) -> dict[str, Any]:
    """Options of `PIL.Image.Image.save` that write words.

    Args:
        words: What to write.
        kind: One of `WITH_WORDS`.
        exif: What else is to stand in the EXIF block; None for nothing.
    """
    block, packet = Image.Exif(), xmp_packet(words)
    if exif is not None:
        block.load(exif)
    if words.description:
        # As bytes: Pillow writes question marks for what is not ASCII. Everybody reads UTF-8 there.
        block[ExifTags.Base.ImageDescription] = _FORBIDDEN.sub("", words.description).encode()
    if kind == "TIFF":
        block[0x02BC] = packet
        return {"exif": block}
    options: dict[str, Any] = {"exif": block.tobytes()} if len(block) else {}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return {**options, "pnginfo": info}
    if kind == "JPEG":  # the segment itself, because older versions of Pillow have no option for it
        held = b"http://ns.adobe.com/xap/1.0/\0" + packet
        return {**options, "extra": b"\xff\xe1" + (len(held) + 2).to_bytes(2, "big") + held}
    return {**options, "xmp": packet}


def _clean(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text))

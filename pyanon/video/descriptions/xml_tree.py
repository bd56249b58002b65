"""A small, bounded tree of an XML text: no document type, so no entities, and nothing from outside of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

__all__ = ["Element", "parse"]

#: Bytes, elements and depth of a text that is read; a real packet has some kilobytes and a depth of ten.
LONGEST, MOST_ELEMENTS, DEEPEST = 16 << 20, 100_000, 60


@dataclass
class Element:
    """An element.

    Attributes:
        name: Its namespace and its name with a blank between, or the name alone.
        attributes: Values by names of the same form.
        children: The elements in it.
        text: The text in it that is in no child.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""


class _RefusedError(ValueError):
    """The text has what is not to be read."""


class _Growing:
    """Grows the tree while expat reads."""

    def __init__(self) -> None:
        self.root = Element("")
        self._open, self._count = [self.root], 0
        self._texts: list[list[str]] = [[]]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) > DEEPEST:
            raise _RefusedError("too large")
        element = Element(name, attributes)
        self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def end(self, _: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def text(self, data: str) -> None:
        self._texts[-1].append(data)

    def refuse(self, *_: object) -> None:
        raise _RefusedError("a document type")


def parse(data: bytes) -> tuple[Element, bool]:
    """Parse a text as far as it goes.

    Args:
        data: UTF-8, or what its declaration or byte order mark says.

    Returns:
        An element that holds what was read, and whether all of it was: no errors, no document type, not too large.
    """
    tree = _Growing()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler = tree.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = tree.refuse
    parser.ExternalEntityRefHandler = None
    try:
        if len(data) > LONGEST:
            return tree.root, False
        parser.Parse(data, True)
    except (expat.ExpatError, _RefusedError, ValueError, LookupError):
        return tree.root, False
    return tree.root, True

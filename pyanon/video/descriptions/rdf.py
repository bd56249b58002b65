"""How RDF writes values, lists and structures in an XMP packet (ISO 16684-1, 7)."""

from __future__ import annotations

from pyanon.video.descriptions.xml_tree import Element

__all__ = ["fields", "find", "items", "text_of"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LISTS = frozenset({f"{_RDF} Bag", f"{_RDF} Seq", f"{_RDF} Alt"})
_ITEM, _NODE, _VALUE = f"{_RDF} li", f"{_RDF} Description", f"{_RDF} value"


def items(element: Element) -> list[Element]:
    """The items of a list; an element that holds none is its only item.

    Args:
        element: A property.
    """
    lists = [child for child in element.children if child.name in _LISTS]
    return [item for each in lists for item in each.children if item.name == _ITEM] if lists else [element]


def fields(element: Element) -> dict[str, Element]:
    """The fields of a structure by their names, in whichever of its three forms it is written.

    Args:
        element: A property or an item of a list.
    """
    nodes = [element, *(child for child in element.children if child.name == _NODE)]
    found: dict[str, Element] = {}
    for node in nodes:
        found |= {name: Element(name, text=value) for name, value in node.attributes.items()}
        found |= {child.name: child for child in node.children if child.name != _NODE}
    return found


def text_of(element: Element) -> str:
    """The text of a value; of a list that of its first item.

    Args:
        element: A property or an item of a list.
    """
    for _ in range(8):  # a value may be wrapped in a list or a node, and that again
        if element.text.strip():
            break
        within = [child for child in element.children if child.name in _LISTS or child.name in (_ITEM, _NODE, _VALUE)]
        if _VALUE in element.attributes:
            return element.attributes[_VALUE].strip()
        if not within:
            break
        element = within[0]
    return element.text.strip()


def find(root: Element, name: str) -> list[Element]:
    """All elements of a name, at any depth, in order.

    Args:
        root: Where to look.
        name: Namespace and name.
    """
    found, todo = [], [root]
    while todo:
        element = todo.pop()
        if element.name == name:
            found.append(element)
        todo += reversed(element.children)
    return found

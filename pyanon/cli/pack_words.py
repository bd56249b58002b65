"""What the commands of ``pyanon pack`` say in the same words: amounts of bytes, licences, and questions."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pyanon.cli.console import Console

if TYPE_CHECKING:
    from pyanon.runtime.sources import Licence, SourceList

__all__ = ["add_output", "amount", "ask", "licence_said", "licences_said"]

_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add how the command speaks.

    Args:
        parser: The command's parser.
    """
    parser.add_argument("-q", "--quiet", action="store_true", help="say errors only")
    parser.add_argument("--json", action="store_true", help="say it as JSON")


def amount(size: int) -> str:
    """Bytes for people: ``1.7 GB``, ``135 MB``, ``512 bytes``.

    Args:
        size: How many.
    """
    for unit, name in _UNITS:
        if size >= unit:
            number = size / unit
            return f"{number:.1f} {name}" if number < 10 else f"{number:,.0f} {name}"
    return f"{size} bytes"


def licence_said(licence: Licence) -> str:
    """A licence in one line, with a mark where commercial use is not allowed.

    Args:
        licence: The licence.
    """
    mark = {True: "", False: " ** NOT FOR COMMERCIAL USE **", None: " (commercial use: not stated)"}
    return f"{licence.name}{mark[licence.commercial]}, {licence.url}"


def licences_said(what: SourceList) -> list[str]:
    """The licence of each source, a line each.

    Args:
        what: The source list.
    """
    return [f"{source.repo}: {licence_said(source.licence)}" for source in what.sources]


def ask(question: str, console: Console) -> bool | None:
    """Ask the user for a yes.

    Args:
        question: Without a question mark at its end.
        console: Where it is asked.

    Returns:
        Whether it was a yes; None where there is nobody to ask.
    """
    if console.quiet or console.as_json or not sys.stdin.isatty():
        return None
    sys.stderr.write(f"{question}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}

"""``pyanon pack verify``: every file read and hashed, one line each, to the last."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common
from pyanon.cli.pack_words import add_output, amount
from pyanon.errors import PackError

if TYPE_CHECKING:
    from pyanon.runtime.inventory import Checked

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon pack``.
    """
    parser = commands.add_parser(
        "verify",
        help="read and hash every file of packs and of what was pulled",
        description="Reads and hashes every file, one line each, and goes on where one is wrong. The exit code is 7 "
        "where one is.",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "packs", nargs="*", metavar="NAME|FOLDER", help="what to verify (default: all packs, and all that was pulled)"
    )
    add_output(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.runtime.inventory import check_folder

    console, rows = Console(quiet=given.quiet, as_json=given.json), list[dict[str, Any]]()
    for folder in list(_folders(given.packs)):
        console.result(f"{folder}")
        for checked in check_folder(folder):
            console.result(_said(checked))
            rows.append(_row(folder, checked))
            if given.quiet and checked.fault is not None:
                console.error(str(checked.fault))
    wrong = sum(not row["ok"] for row in rows)
    code = ExitCode.PACK if wrong else ExitCode.OK
    verdict = f"{wrong} of {counted(len(rows), 'file')} wrong" if wrong else f"{counted(len(rows), 'file')} verified"
    console.result(f"\n{verdict}")
    console.data({"exit_code": int(code), "wrong": wrong, "files": rows})
    return code


def _folders(names: list[str]) -> Iterator[Path]:
    """The folders that are meant; of a name those of all shelves."""
    from pyanon.runtime.inventory import find_packs, find_sources

    known = [(found.name, found.folder) for found in find_packs()]
    known += [(found.name, found.folder) for found in find_sources()]
    if not names:
        yield from (folder for _, folder in known)
    for name in names:
        folders = [folder for each, folder in known if each == name]
        if folders:
            yield from folders
        elif os.sep in name or Path(name).is_dir():
            yield Path(name)
        else:
            raise PackError(
                "there is no pack of this name, and nothing of it was pulled",
                given=repr(name),
                expected=f"a folder, or one of: {', '.join(dict.fromkeys(each for each, _ in known)) or '(none)'}",
                do="pyanon pack list",
            )


def _said(checked: Checked) -> str:
    if checked.fault is None:
        return f"  ok {checked.file}, {amount(checked.size)}"
    details = (checked.fault.what, *(f"{key}: {text}" for key, text in _details(checked) if text))
    return "\n     ".join([f"  !! {checked.file}", *details])


def _details(checked: Checked) -> Iterator[tuple[str, str]]:
    for key in ("given", "expected", "do"):
        yield key, str(getattr(checked.fault, key))


def _row(folder: Path, checked: Checked) -> dict[str, Any]:
    row = {"folder": folder, "file": checked.file, "size": checked.size, "ok": checked.fault is None}
    return row if checked.fault is None else {**row, "reason": str(checked.fault)}

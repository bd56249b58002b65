"""``pyanon pack pin``: the hub is asked what each file of a source list is, and held to that from then on."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common
from pyanon.cli.pack_words import add_output, amount, licence_said

if TYPE_CHECKING:
    from pyanon.runtime.pins import Pins

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon pack``.
    """
    parser = commands.add_parser(
        "pin",
        help="ask the hub what the files of a source list are, and keep that",
        description="Asks the hub for the commit of each repository of a source list and for the sha256 and size of "
        "each file, shows them, and keeps them for `pyanon pack pull`. This is trust on first use.",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "sources",
        metavar="SOURCES",
        help="a source list (.toml), the name of one of pyanon's, or OWNER/NAME[@REVISION] that holds a pack",
    )
    parser.add_argument("--renew", action="store_true", help="let it say something else than when it was pinned before")
    add_output(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.runtime.hub import Hub
    from pyanon.runtime.pins import pin, save_pins

    console, hub = Console(quiet=given.quiet, as_json=given.json), Hub()
    console.status(f"asking {hub.endpoint} ...")
    what = pin(given.sources, hub)
    console.status("")
    pins = save_pins(what, renew=given.renew)
    console.result(_said(pins, hub.endpoint))
    console.data({"exit_code": int(ExitCode.OK), "name": what.name, "file": pins.path, **_facts(pins)})
    return ExitCode.OK


def _facts(pins: Pins) -> dict[str, Any]:
    files = [
        {"repo": source.repo, "commit": source.revision, "path": file.path, "sha256": file.sha256, "size": file.size}
        for source, file in pins.what.files().values()
    ]
    return {"new": pins.is_new, "changes": pins.changes, "files": files, "size": pins.what.size}


def _said(pins: Pins, endpoint: str) -> str:
    lines = []
    for source in pins.what.sources:
        lines += [f"{source.repo}", f"  commit   {source.revision}", f"  licence  {licence_said(source.licence)}"]
        for file in source.files:
            lines += [f"  {file.path}, {amount(file.size)}", f"    sha256 {file.sha256}"]
    lines += [f"changed: {change}" for change in pins.changes]
    files = counted(len(pins.what.files()), "file")
    lines += [
        "",
        f"{files}, {amount(pins.what.size)}, pinned in {pins.path}",
        f"This is trust on first use: it is what {endpoint} says now. Nobody has verified that it is what",
        "the authors published: compare the sha256 where they state one. From now on another file is refused.",
        f"Next: pyanon pack pull {pins.what.name}",
    ]
    return "\n".join(lines)

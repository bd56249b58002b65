"""``pyanon pack remove``: what was pulled leaves again, with the plans that were compiled for it."""

from __future__ import annotations

import argparse
from pathlib import Path

from pyanon.cli.console import Console
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common
from pyanon.cli.pack_words import add_output, amount, ask
from pyanon.errors import InputError, PackError

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon pack``.
    """
    parser = commands.add_parser(
        "remove",
        help="remove what was pulled",
        description="Removes what was pulled under a name: the pack with the plans that were compiled for it, "
        "checkpoints, what is unfinished. Packs of pyanon and folders of yours are never touched; pins stay.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("name", metavar="NAME", help="name of what was pulled: see pyanon pack list")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    add_output(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.runtime.pull import incoming
    from pyanon.runtime.storage import folder_size, locked, remove

    console, folders = Console(quiet=given.quiet, as_json=given.json), _folders(given.name)
    sizes = {folder: folder_size(folder) for folder in folders}
    for folder, size in sizes.items():
        console.result(f"  {folder}, {amount(size)}")
    if not given.yes:
        _confirm(given.name, console)
    with locked(incoming(given.name)):
        for folder in folders:
            remove(folder)
        remove(incoming(given.name))
    console.result(f"removed; {amount(sum(sizes.values()))} freed")
    console.data({"exit_code": int(ExitCode.OK), "removed": folders, "size": sum(sizes.values())})
    return ExitCode.OK


def _confirm(name: str, console: Console) -> None:
    answer = ask("Remove this", console)
    if answer is None:
        raise InputError("there is nobody to ask whether this may be removed", given=name, do="add --yes")
    if not answer:
        raise InputError("nothing was removed", given=name)


def _folders(name: str) -> list[Path]:
    from pyanon.runtime.pull import incoming
    from pyanon.runtime.shelves import plans_of, pulled
    from pyanon.runtime.toml_tables import NAME

    if not NAME.fullmatch(name):
        raise InputError(
            "this is not the name of a pack", given=repr(name), expected=NAME.pattern, do="pyanon pack list"
        )
    pack = pulled("pack", name)
    folders = [pack, pulled("sources", name), incoming(name)]
    found = [folder for folder in folders if folder.is_dir() or folder.is_symlink()]
    if not found:
        raise _not_pulled(name)
    return found + (plans_of(name) if pack in found else [])


def _not_pulled(name: str) -> PackError:
    from pyanon.runtime.inventory import find_packs, find_sources, unfinished

    packs = list(find_packs())
    other = next((found.folder for found in packs if found.name == name), None)
    if other is not None:
        return PackError(
            "this pack was not pulled, so it is not removed",
            given=other,
            expected="a pack in pyanon's own folder",
            do="remove it yourself where it is yours; what comes with pyanon leaves with pyanon",
        )
    known = [found.name for found in packs if found.origin == "pulled"]
    known += [found.name for found in find_sources()] + [folder.name for folder in unfinished()]
    return PackError(
        "nothing of this name was pulled",
        given=repr(name),
        expected=f"one of: {', '.join(dict.fromkeys(known)) or '(nothing was pulled)'}",
        do="pyanon pack list",
    )

"""``pyanon pack``: the packs of networks of this machine; one module per subcommand."""

from __future__ import annotations

import argparse

from pyanon.cli import pack_build, pack_list, pack_pin, pack_pull, pack_remove, pack_verify
from pyanon.cli.exit_codes import ExitCode

__all__ = ["add_parser"]

_COMMANDS = (pack_list, pack_verify, pack_build, pack_pull, pack_pin, pack_remove)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "pack",
        help="list, verify, compile, fetch and remove packs of networks",
        description="The packs of networks of this machine: docs/packs.md says what a pack is and where it lies.",
        epilog="Each has its own help: pyanon pack pull --help.",
    )
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(subcommands)

    def run(_: argparse.Namespace) -> int:
        parser.print_help()
        return ExitCode.USAGE

    parser.set_defaults(run=run, debug=False)

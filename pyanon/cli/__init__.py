"""The command line: one module per command, errors as one message, exit codes that tell what happened."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from pyanon.cli import anonymize, bench, camera, caption, dataset, demo, doctor, pack
from pyanon.cli.console import Console, explain
from pyanon.cli.exit_codes import ExitCode, code_of
from pyanon.cli.signals import handled, interrupt

__all__ = ["ExitCode", "main"]

_COMMANDS = (anonymize, camera, caption, dataset, demo, doctor, bench, pack)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The command line without the program's name; None for this process's.

    Returns:
        The exit code; see `ExitCode`.
    """
    parser = _parser()
    try:
        given = parser.parse_args(arguments)
    except SystemExit as end:  # argparse has said all there is to say
        return int(end.code or 0)
    if not hasattr(given, "run"):
        parser.print_help(sys.stderr)
        return ExitCode.USAGE
    # A request to end cleans up as Ctrl-C does.
    with handled(signal.SIGTERM, action=interrupt):
        try:
            return int(given.run(given))
        except BrokenPipeError:  # whoever read our output has left
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - or Python complains when it flushes at exit
            return ExitCode.OUTPUT
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last one to say something about it
            return _failed(error, debug=given.debug)


def _failed(error: BaseException, *, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt):
        Console().error("interrupted; nothing unfinished was left behind")
    else:
        Console().error(explain(error))
    return code_of(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pyanon",
        description="Makes the people in videos, pictures and camera streams unidentifiable.",
        epilog="Each command has its own help: pyanon anonymize --help. Exit codes are listed in docs/cli.md.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for, not at every start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        import pyanon

        sys.stdout.write(f"pyanon {pyanon.__version__}\n")
        parser.exit()

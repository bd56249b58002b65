"""``pyanon caption``: captions without pictures, one a line in, one a line out."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyanon.cli.console import Console, counted, explain
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_captions, add_common, add_key, add_runtime, extractors_of, policy_of
from pyanon.errors import InputError, PyanonError, SourceNotFoundError

if TYPE_CHECKING:
    from pyanon.captioner import Captioner

__all__ = ["add_parser", "run"]

#: What stands in the output for a line that could not be treated, so that lines keep their numbers.
FAILED = ""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "caption",
        help="anonymize captions without pictures",
        description="Changes captions so that they give nobody away: one a line in, one a line out. Gender and age "
        "group of those spoken of stay as they are said; for captions that fit new faces, see anonymize --caption and "
        "dataset.",
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("input", metavar="FILE", help="text file in UTF-8 with a caption on each line, or - for the standard input")
    add("output", metavar="OUTPUT", nargs="?", default="-", help="file to write (default: the standard output)")
    add("--explain", action="store_true", help="write JSON Lines: the caption, and by kind what was changed in it")
    add("--overwrite", action="store_true", help="replace an output that is there already")
    add("-q", "--quiet", action="store_true", help="say errors only")
    add_captions(parser)
    add_key(parser)
    add_runtime(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.captioner import Captioner  # loads the word lists

    console = Console(quiet=given.quiet, as_json=False)
    policy, options = policy_of(given), {"pack": given.pack, "device": given.device, "threads": given.threads}
    done = failed = 0
    with (
        Captioner.open(policy=policy, extractors=extractors_of(given), **options) as captioner,
        _opened(given.input) as lines,
        _written(given.output, given) as write,
    ):
        for number, line in enumerate(lines, 1):
            try:
                write(_said(captioner, line.rstrip("\r\n"), explained=given.explain))
            except PyanonError as error:
                failed += 1
                write(FAILED)
                console.error(f"line {number}: {explain(error)}")
            done += 1
    if failed:
        console.error(f"{counted(failed, 'line')} of {done:,} could not be treated; an empty line stands for each")
    return ExitCode.SOME_FAILED if failed else ExitCode.OK


def _said(captioner: Captioner, text: str, *, explained: bool) -> str:
    """The line to write; empty for an empty one."""
    if not text.strip():
        return "" if not explained else json.dumps({"caption": "", "changes": []})
    caption = captioner(text)
    if not explained:
        return caption.text.replace("\n", " ")
    changes = [{"start": c.start, "end": c.end, "kind": c.kind, "text": c.text} for c in caption.consistency.changes]
    return json.dumps({"caption": caption.text, "changes": changes}, ensure_ascii=False)


@contextmanager
def _opened(name: str) -> Iterator[Iterator[str]]:
    """The lines of the input; a byte that is no UTF-8 is an error that names the line."""
    if name == "-":
        yield _decoded(sys.stdin.buffer)
        return
    path = Path(name)
    if not path.is_file():
        raise SourceNotFoundError("the file of captions does not exist", given=path, do="check the path, or use -")
    with path.open("rb") as file:
        yield _decoded(file)


def _decoded(lines: IO[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        yield _text(line, number)


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "the captions are no UTF-8", given=f"line {number}: {error.reason}", do="convert the file first"
        ) from error


@contextmanager
def _written(name: str, given: argparse.Namespace) -> Iterator[Callable[[str], object]]:
    """Writes lines; a file appears when it is complete, and whoever reads our output sees each line at once."""
    if name == "-":
        yield lambda line: (sys.stdout.write(f"{line}\n"), sys.stdout.flush())
        return
    from pyanon.naming import claim
    from pyanon.video.atomic import AtomicFile

    file = AtomicFile(claim(name, source=given.input, overwrite=given.overwrite))
    try:
        yield lambda line: file.write(f"{line}\n".encode())
        file.commit()
    finally:
        file.discard()  # nothing to do where it was completed

"""``pyanon pack pull``: what a pinned source list names is fetched, after its licences were shown and agreed to."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted, open_tqdm
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common
from pyanon.cli.pack_words import add_output, amount, ask, licence_said, licences_said
from pyanon.errors import InputError

if TYPE_CHECKING:
    from pyanon.runtime.pull import Fetching, OnFetch, Plan
    from pyanon.runtime.sources import SourceList

__all__ = ["add_parser", "run"]

#: The recipe of ``export/`` that reads the files of a family, and by which of its options.
_RECIPES = {
    "locator": ("yolo_world", "--from"),
    "clip": ("clip", "--from"),
    "generator": ("generator", "--from"),
    "adapter": ("generator", "--adapter"),
    "autoencoder": ("generator", "--autoencoder"),
    "oracle": ("oracles", "--from"),
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon pack``.
    """
    parser = commands.add_parser(
        "pull",
        help="fetch a pack, or the checkpoints that one is made of, from a model hub",
        description="Shows licences, files and sizes, asks whether you agree, and fetches. Only what is pinned (see "
        "pyanon pack pin) is fetched, and each file is verified. A pull that broke off goes on where it stopped.",
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "sources",
        metavar="SOURCES",
        help="a pinned source list (.toml), the name of one, or OWNER/NAME[@REVISION], a pack that was pinned",
    )
    parser.add_argument("--agree-licences", action="store_true", help="agree to the licences without being asked")
    add_output(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.runtime.hub import Hub
    from pyanon.runtime.pins import find_pinned
    from pyanon.runtime.pull import plan_pull, pull

    console, what = Console(quiet=given.quiet, as_json=given.json), find_pinned(given.sources)
    console.status("looking at what is there ...")
    plan = plan_pull(what)
    console.status("")
    if plan.is_done:
        return _say(console, plan, f"{counted(len(plan.present), 'file')} there and verified; nothing was fetched")
    hub = Hub()
    console.result(_plan_said(plan, hub.endpoint))
    plan.check_room()
    if plan.missing:
        _agree(what, given, console)
    try:
        with _bar(console) as on_fetch:
            pull(plan, hub, on_fetch=on_fetch)
    except KeyboardInterrupt:
        console.error("interrupted; what was fetched is kept, and the same command goes on from there")
        return ExitCode.INTERRUPTED
    return _say(console, plan, f"{counted(len(plan.missing), 'file')} fetched and verified")


def _plan_said(plan: Plan, endpoint: str) -> str:
    lines, missing = [f"{plan.what.name}: {plan.what.description}", ""], set(plan.missing)
    for source in plan.what.sources:
        lines += [f"{source.repo} at {source.revision}", f"  licence: {licence_said(source.licence)}"]
        for place, (of, file) in plan.what.files().items():
            if of is source:
                note = "" if place in missing else ", there already"
                lines.append(f"  {file.path}, {amount(file.size)}{f', {file.family}' if file.family else ''}{note}")
    lines += [
        "",
        f"to fetch: {amount(plan.size)} from {endpoint}; free here: {amount(plan.free)}",
        f"to go to: {plan.folder}",
    ]
    return "\n".join(lines)


def _agree(what: SourceList, given: argparse.Namespace, console: Console) -> None:
    if given.agree_licences:
        return
    research = sum(source.licence.commercial is False for source in what.sources)
    mark = f" ({research} of {len(what.sources)} not for commercial use)" if research else ""
    answer = ask(f"Do you agree to these licences{mark}, and shall this be fetched", console)
    if answer is None:
        raise InputError(
            "there is nobody to ask whether these licences are agreed to; nothing was fetched",
            given="\n    ".join(["", *licences_said(what)]),
            do="read them, and where you agree: the same command with --agree-licences",
        )
    if not answer:
        raise InputError("the licences were not agreed to; nothing was fetched")


@contextmanager
def _bar(console: Console) -> Iterator[OnFetch | None]:
    """A bar over all bytes, where there is somebody to see it."""
    if not console.is_live:
        yield None
        return
    bar = open_tqdm(unit="B", unit_scale=True)

    def show(at: Fetching) -> None:
        bar.total = at.total
        bar.set_description(f"{at.number}/{at.files} {Path(at.file).name}", refresh=False)
        bar.update(at.done - bar.n)
        if at.done == at.total:
            bar.refresh()  # the last one would fall to its thrift

    try:
        yield show
    finally:
        bar.close()


def _say(console: Console, plan: Plan, text: str) -> int:
    commands = _next(plan)
    where = "" if plan.what.kind == "pack" else " (in a checkout of pyanon, with the extra it names)"
    console.result("\n  ".join([f"{text}: {plan.folder}\nNext{where}:", *commands]))
    fetched = () if plan.is_done else plan.missing
    facts: dict[str, Any] = {"name": plan.what.name, "kind": plan.what.kind, "folder": plan.folder, "next": commands}
    console.data({"exit_code": int(ExitCode.OK), **facts, "fetched": fetched, "size": plan.size})
    return ExitCode.OK


def _next(plan: Plan) -> list[str]:
    """What makes a pack of the checkpoints; or, of a pack, what uses it."""
    if plan.what.kind == "pack":
        return [f"pyanon anonymize INPUT --pack {plan.what.name}"]
    commands: dict[str, list[str]] = {}
    for source in plan.what.sources:
        for family in dict.fromkeys(file.family for file in source.files):
            recipe, option = _RECIPES[family]
            paths = [plan.folder / source.repo / file.path for file in source.files if file.family == family]
            commands.setdefault(recipe, []).append(f"{option} {_common(paths, plan.folder / source.repo)}")
    return [f"python -m export.{recipe} OUT {' '.join(options)}" for recipe, options in commands.items()]


def _common(paths: list[Path], repository: Path) -> Path:
    """The one file; or, of several, the folder of their repository."""
    return paths[0] if len(paths) == 1 else repository

"""``pyanon pack build``: the networks of a pack, compiled for the GPU of this machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pyanon.cli.console import Console, counted
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common

if TYPE_CHECKING:
    from pyanon.runtime.plans import Built

__all__ = ["add_parser", "run"]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon pack``.
    """
    parser = commands.add_parser(
        "build",
        help="compile the networks of a pack for the GPU of this machine",
        description="Compiles the networks of a pack with TensorRT for the GPU of this machine, once: from then on "
        "they run there. What is built already is left alone. On a Jetson a large network can take half an hour.",
    )
    parser.set_defaults(run=run)
    add = parser.add_argument
    add("pack", nargs="?", default="pocket", metavar="PACK", help="name or folder of a pack (default: pocket)")
    add("--role", action="append", default=[], metavar="ROLE", help="only this network; may be given several times")
    add("--gpu", type=int, default=0, metavar="N", help="which GPU (default: 0)")
    add("--force", action="store_true", help="build also what is built already")
    add("--json", action="store_true", help="say it as JSON")
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.runtime import load_pack
    from pyanon.runtime.plans import build_plans
    from pyanon.runtime.shelves import plan_folder

    console = Console(as_json=given.json)
    pack = load_pack(given.pack)

    def report(network: str, phase: str, done: float) -> None:
        console.status(f"{network}: {phase} {done:.0%}")

    plans = []
    console.status(f"{pack.name}: TensorRT is loading ...")
    for built in build_plans(pack, roles=given.role, device=given.gpu, force=given.force, report=report):
        console.status("")
        console.result(_line(built))
        plans.append({"network": built.plan.network, "file": built.plan.file, "seconds": round(built.seconds, 1)})
    console.result(f"\n{counted(len(plans), 'plan')} in {plan_folder()}")
    console.data({"pack": pack.name, "plans": plans})
    return ExitCode.OK


def _line(built: Built) -> str:
    took = f"built in {built.seconds:.1f} s" if built.seconds else "was there"
    return f"  {built.plan.network:<28} {took:>16}  {built.plan.file.stat().st_size / 1e6:8.1f} MB"

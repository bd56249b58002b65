"""From the data to the pack, in one command; what is done already is not done again.

    python -m export.train.all --data ../shared/data --work checkpoints --out engines/pocket

Each step is its own command (see docs/training.md) and resumable; this one runs them in order.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

__all__ = ["main", "steps"]


def steps(args: argparse.Namespace) -> list[list[str]]:
    """The commands, each a module with its arguments."""
    cache, locator, landmarks = (args.work / name for name in ("cache", "locator", "landmarks"))
    prepare = [["prepare", "--data", args.data, "--cache", cache]]
    commands = [
        *([] if (cache / "index.npz").exists() else prepare),
        ["locator", "--cache", cache, "--out", locator, "--minutes", args.locator_minutes],
        ["landmarks", "--cache", cache, "--out", landmarks, "--minutes", args.landmarks_minutes],
        ["pack", "--locator", locator, "--landmarks", landmarks, "--out", args.out],
        ["evaluate", "--cache", cache, "--data", args.data, "--pack", args.out, "--calibrate"],
    ]
    return [[f"export.train.{name}", *map(str, rest)] for name, *rest in commands]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("checkpoints"))
    parser.add_argument("--out", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--locator-minutes", type=float, default=90)
    parser.add_argument("--landmarks-minutes", type=float, default=20)
    for command in steps(parser.parse_args()):
        print("python -m", *command, flush=True)
        subprocess.run([sys.executable, "-m", *command], check=True)  # noqa: S603 - our own modules


if __name__ == "__main__":
    main()

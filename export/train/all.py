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

#: The oracles, as `export.train.faces.oracle_nets` names them; this module needs no torch.
ORACLES = ("residual", "gathering")


def steps(args: argparse.Namespace) -> list[list[str]]:
    """The commands, each a module with its arguments: two rounds, the second on what the first took for faces."""
    cache, first = args.work / "cache", args.work / "first"
    commands: list[list[object]] = []
    if not (cache / "index.npz").exists():
        commands.append(["prepare", "--data", args.data, "--cache", cache])
    if not (cache / "hard.npz").exists():
        commands += [*_round(args, first, first / "pack"), ["mine", "--cache", cache, "--pack", first / "pack"]]
    commands += _round(args, args.work, args.out, "--start", first / "pack")
    commands.append(["evaluate", "--cache", cache, "--data", args.data, "--pack", args.out, "--calibrate"])
    commands += _faces(args)
    commands += _captions(args)
    return [[f"export.train.{name}", *map(str, rest)] for name, *rest in commands]


def _round(args: argparse.Namespace, work: Path, pack: Path, *start: object) -> list[list[object]]:
    """Trains both networks and packs them."""
    cache, locator, landmarks = args.work / "cache", work / "locator", work / "landmarks"
    return [
        ["locator", "--cache", cache, "--out", locator, "--minutes", args.locator_minutes, *start],
        ["landmarks", "--cache", cache, "--out", landmarks, "--minutes", args.landmarks_minutes, *start],
        ["pack", "--locator", locator, "--landmarks", landmarks, "--out", pack],
    ]


def _faces(args: argparse.Namespace) -> list[list[object]]:
    """The networks that replace faces, added to the pack that locates them."""
    cache, work = args.work / "faces", args.work
    commands: list[list[object]] = []
    if not (cache / "faces.npz").exists():
        commands.append(["faces.prepare", "--data", args.data, "--cache", cache])
    for name in ORACLES:
        out = work / f"oracle.{name}"
        commands.append(["faces.oracles", name, "--cache", cache, "--out", out, "--minutes", args.oracle_minutes])
    spent = ["--minutes", args.autoencoder_minutes]
    commands.append(["faces.autoencoder", "--cache", cache, "--out", work / "autoencoder", *spent])
    spent = ["--minutes", args.decoder_minutes]
    commands.append(["faces.decoder", "--cache", cache, "--work", work, "--out", work / "decoder", *spent])
    places = ["--cache", cache, "--work", work, "--out", work / "generator", "--pack", args.out]
    places += ["--teachers", args.data / "teachers", "--minutes", args.generator_minutes]
    commands.append(["faces.generator", *places])
    spent = ["--minutes", args.occlusion_minutes]
    commands.append(["faces.occlusion", "--cache", cache, "--out", work / "occlusion", *spent])
    commands.append(["faces.pack", "--cache", cache, "--work", work, "--pack", args.out])
    return commands


def _captions(args: argparse.Namespace) -> list[list[object]]:
    """The networks that write captions, in the pack's vocabulary; the pack has one, and networks are bound to it."""
    work, pack = args.work / "text_vae", ["--pack", args.out]
    commands: list[list[object]] = []
    if not (args.out / "vocabulary.json").exists():
        commands.append(["captions.vocabulary", "--data", args.data, *pack])
    spent = ["--minutes", args.text_vae_minutes]
    commands.append(["captions.text_vae", "--data", args.data, *pack, "--out", work, *spent])
    commands.append(["captions.pack_text", "--from", work, *pack])
    commands.append(["captions.evaluate_text", "--data", args.data, *pack])
    return commands + _likeness(args)


def _likeness(args: argparse.Namespace) -> list[list[object]]:
    """The encoders of texts and people; they look at faces as an oracle of the pack does."""
    cache, work, pack = ["--cache", args.work / "people"], args.work / "likeness", ["--pack", args.out]
    commands: list[list[object]] = []
    if not (args.work / "people" / "labels.npz").exists():
        faces = ["--faces", args.work / "faces"]
        commands.append(["captions.people_prepare", "--data", args.data, *cache])
        commands.append(["captions.people_labels", "--data", args.data, *faces, *cache, *pack])
    spent = ["--minutes", args.likeness_minutes]
    commands.append(["captions.likeness", "--data", args.data, *cache, *pack, "--out", work, *spent])
    commands.append(["captions.likeness_pack", *cache, "--work", work, *pack])
    commands.append(["captions.likeness_evaluate", *cache, *pack])
    return commands


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--work", type=Path, default=Path("checkpoints"))
    parser.add_argument("--out", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--locator-minutes", type=float, default=90)
    parser.add_argument("--landmarks-minutes", type=float, default=26)
    parser.add_argument("--oracle-minutes", type=float, default=120)
    parser.add_argument("--autoencoder-minutes", type=float, default=25)
    parser.add_argument("--decoder-minutes", type=float, default=40)
    parser.add_argument("--generator-minutes", type=float, default=360)
    parser.add_argument("--occlusion-minutes", type=float, default=15)
    parser.add_argument("--text-vae-minutes", type=float, default=75)
    parser.add_argument("--likeness-minutes", type=float, default=60)
    for command in steps(parser.parse_args()):
        print("python -m", *command, flush=True)
        subprocess.run([sys.executable, "-m", *command], check=True)  # noqa: S603 - our own modules


if __name__ == "__main__":
    main()

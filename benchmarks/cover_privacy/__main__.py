"""Prints the tables of docs/covers.md: ``python -m benchmarks.cover_privacy [--data FOLDER] [PART ...]``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import clips, geometry, picture
from .attack import CANDIDATES, CHANCE, excess
from .experiments import Outcomes, Trial, covers_in_their_photos, faces_alone, margins
from .portraits import backgrounds, read_album
from .recogniser import MobileFaceNet, Recogniser, Retail0095

ROOT = Path(__file__).resolve().parents[2]


def _row(cells: list[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def _print_outcomes(title: str, rows: dict[str, Outcomes], *, trial: Trial) -> None:
    """One line per cover, and what it gives away beyond the first one, with 95 % confidence."""
    probes = len(trial.album) - trial.train
    print(f"\n{title}: {trial.train} people to adapt on, {probes} probes,")
    print(f"{CANDIDATES} candidates, chance {100 * CHANCE:.1f} %\n")
    reference = next(iter(rows.values()))
    _row(["cover", *(f"{attack}: rank 1 | beyond the first row" for attack in reference)])
    _row(["---", *("---: | ---:" for _ in reference)])
    for name, outcomes in rows.items():
        cells = []
        for attack, outcome in outcomes.items():
            more, error = excess(outcome, reference[attack])
            beyond = "" if outcomes is reference else f"{100 * more:+.1f} ± {196 * error:.1f}"
            cells.append(f"{outcome} | {beyond}")
        _row([name, *cells])


def _faces(arguments: argparse.Namespace, recogniser: Recogniser) -> None:
    files = sorted(arguments.data.glob("faces/fairface-*.parquet"))
    album = read_album(files, count=arguments.people + arguments.probes)
    trial = Trial(album, arguments.people, recogniser)
    others = backgrounds(arguments.data / "scenes/negatives.parquet", count=400)
    _print_outcomes("Faces alone (FairFace)", faces_alone(trial, others), trial=trial)


def _portraits(arguments: argparse.Namespace, recogniser: Recogniser) -> Trial:
    album = read_album([arguments.data / "faces/sfhq.parquet"], count=arguments.people + arguments.probes)
    return Trial(album, len(album) * 3 // 5, recogniser)


def _photos(arguments: argparse.Namespace, recogniser: Recogniser) -> None:
    trial = _portraits(arguments, recogniser)
    _print_outcomes("Faces in their own photos (SFHQ)", covers_in_their_photos(trial), trial=trial)


def _margins(arguments: argparse.Namespace, recogniser: Recogniser) -> None:
    trial = _portraits(arguments, recogniser)
    _print_outcomes("Margins, in their own photos (SFHQ)", margins(trial), trial=trial)


def _clips(arguments: argparse.Namespace, recogniser: Recogniser) -> None:
    clips.report(arguments.data, recogniser)


def _geometry(arguments: argparse.Namespace, _: Recogniser) -> None:
    geometry.report(arguments.data)


def _picture(arguments: argparse.Namespace, _: Recogniser) -> None:
    picture.paint(arguments.data, ROOT / "docs/images")


PARTS: dict[str, Callable[[argparse.Namespace, Recogniser], None]] = {
    "faces": _faces,
    "photos": _photos,
    "margins": _margins,
    "clips": _clips,
    "geometry": _geometry,
    "picture": _picture,
}
RECOGNISERS = {"mobilefacenet": MobileFaceNet, "retail-0095": Retail0095}


def main() -> None:
    """Runs the parts that were asked for, or all of them."""
    parser = argparse.ArgumentParser(prog="benchmarks.cover_privacy", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PYANON_DATA", ROOT / "../shared/data")))
    parser.add_argument("--people", type=int, default=3000, help="people to adapt on")
    parser.add_argument("--probes", type=int, default=1500)
    parser.add_argument("--recogniser", choices=RECOGNISERS, default="mobilefacenet")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.parts) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)} (there are {', '.join(PARTS)})")
    recogniser = RECOGNISERS[arguments.recogniser](arguments.data / "teachers", threads=arguments.threads)
    for name in arguments.parts or PARTS:
        start = time.monotonic()
        PARTS[name](arguments, recogniser)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

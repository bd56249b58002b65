"""Calibrates the oracles: the similarity that two strangers exceed once in a hundred, a thousand, ten thousand pairs.

    python -m export.train.faces.calibrate --cache checkpoints/faces --pack engines/pocket

One face of every pair was never learnt from; the other is any face of the data. Every picture of FairFace is taken for
another person, except pairs that both teachers find more alike than `SAME`: those are the same person twice.

A replaced face passes while it is *less* like the original than the threshold, so the strictest group is the one with
the lowest. The pack states that one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.train.faces.faces import Faces, plain
from export.train.faces.oracle_nets import NETS
from export.train.faces.prepare import GENDERS, RACES
from export.train.faces.recognisers import unit
from pyanon.runtime import Pack, load_pack, open_runner
from pyanon.types import FloatArray

__all__ = ["FMRS", "Level", "cleared", "embeddings", "levels", "main", "sample_threshold", "strictest"]

FMRS = (1e-2, 1e-3, 1e-4)
#: Similarity to both teachers above which two pictures show one person.
SAME = 0.62
#: Fewest pairs above a threshold for it to be stated.
FEWEST = 10
#: Share of the pairs alike to a teacher that no oracle may find, and the false alarms tried for it.
MISSED = 0.05
ALARMS = np.geomspace(1e-4, 0.5, 75)
BINS = np.linspace(-1, 1, 20001)


@dataclass(frozen=True)
class Level:
    """Where one group's impostors lie.

    Attributes:
        group: Race and gender, or ``"all"``.
        pairs: Impostor pairs.
        thresholds: Similarity at each of `FMRS`; NaN where fewer than `FEWEST` pairs would lie above.
    """

    group: str
    pairs: int
    thresholds: tuple[float, ...]


def embeddings(pack: Pack, oracle: str, faces: Faces) -> FloatArray:
    """What an oracle of the pack makes of every face, of length 1, ``(n, d)``."""
    found = []
    with open_runner(pack, f"oracle.{oracle}", device="cpu") as runner:
        for rows in np.array_split(np.arange(len(faces)), max(1, len(faces) // 64)):
            seen = runner.infer({"crops": plain(faces[rows]).numpy()})["embedding"]
            found.append(unit(seen))
    return np.concatenate(found)


def _groups(unseen: Faces, faces: Faces) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, rows of the unseen and rows of the others, of all and of each race and gender."""
    mine, others = unseen.facts["labels"], faces.facts["labels"]
    yield "all", np.flatnonzero(mine[:, 0] >= 0), np.flatnonzero(others[:, 0] >= 0)
    for race, race_name in enumerate(RACES):
        for gender, name in enumerate(GENDERS):
            rows = [np.flatnonzero((each[:, 1] == gender) & (each[:, 2] == race)) for each in (mine, others)]
            yield f"{race_name}, {name}", rows[0], rows[1]


def levels(unseen: Faces, faces: Faces, mine: FloatArray, others: FloatArray) -> list[Level]:
    """Thresholds of every group from a histogram of all its pairs' similarities."""
    return [_level(name, unseen, faces, a, b, mine, others) for name, a, b in _groups(unseen, faces)]


def _level(
    name: str, unseen: Faces, faces: Faces, a: np.ndarray, b: np.ndarray, mine: FloatArray, others: FloatArray
) -> Level:
    counts = np.zeros(len(BINS) - 1, np.int64)
    for rows in np.array_split(a, max(1, len(a) // 128)):
        alike = [unseen.facts[t][rows] @ faces.facts[t][b].T > SAME for _, t in NETS.values()]
        strangers = ~np.logical_and.reduce(alike)
        counts += np.histogram((mine[rows] @ others[b].T)[strangers], BINS)[0]
    above, pairs = counts[::-1].cumsum()[::-1], int(counts.sum())
    found = [float(BINS[np.argmax(above <= fmr * pairs)]) if fmr * pairs >= FEWEST else np.nan for fmr in FMRS]
    return Level(name, pairs, tuple(found))


def cleared(unseen: Faces, seen: Mapping[str, FloatArray]) -> dict[str, dict[str, float]]:
    """For each oracle and each of `FMRS`, as text, the similarity under which two pictures show two people for sure.

    A teacher takes some pairs of strangers for one person: the share of them that the rate says. At the stated
    similarities all but `MISSED` of those of each teacher are found by at least one of the oracles, all of which have
    the same share of false alarms.

    Args:
        unseen: Faces never learnt from.
        seen: Oracle -> its embeddings of them, ``(n, d)``.
    """
    real = unseen.facts["labels"][:, 0] >= 0
    taught = {teacher: _pairwise(unseen.facts[teacher][real]) for _, teacher in NETS.values()}
    strangers = ~np.logical_and.reduce([alike > SAME for alike in taught.values()])
    taught = {teacher: alike[strangers] for teacher, alike in taught.items()}
    found = {name: _pairwise(rows[real])[strangers] for name, rows in seen.items()}
    steps = {name: np.quantile(alike, 1 - ALARMS) for name, alike in found.items()}
    table: dict[str, dict[str, float]] = {name: {} for name in seen}
    for fmr in FMRS:
        hits = [alike >= np.quantile(alike, 1 - fmr) for alike in taught.values()]
        # Every further step finds more.
        caught = [
            min(np.logical_or.reduce([found[n][hit] >= steps[n][step] for n in found]).mean() for hit in hits)
            for step in range(len(ALARMS))
        ]
        enough = min(int(np.searchsorted(caught, 1 - MISSED)), len(ALARMS) - 1)
        for name in seen:
            table[name][f"{fmr:g}"] = round(float(steps[name][enough]), 4)
    return table


def _pairwise(rows: FloatArray) -> FloatArray:
    """The similarity of every two of the rows ``(n, d)``."""
    return np.asarray((rows @ rows.T)[np.triu_indices(len(rows), 1)], np.float32)


def sample_threshold(embeddings: FloatArray, fmr: float, *, sample: int) -> float:
    """The similarity that pairs among about ``sample`` of the faces ``(n, d)`` exceed at this rate."""
    some = embeddings[:: max(1, len(embeddings) // sample)]
    return float(np.quantile(_pairwise(some), 1 - fmr))


def strictest(found: list[Level]) -> Mapping[str, float]:
    """For each of `FMRS`, as text, the lowest threshold of any group."""
    stated = [
        [t for t in column if np.isfinite(t)] for column in zip(*(level.thresholds for level in found), strict=True)
    ]
    return {f"{fmr:g}": round(min(column), 4) for fmr, column in zip(FMRS, stated, strict=True) if column}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    pack, faces, unseen = load_pack(args.pack), Faces(args.cache), Faces(args.cache, held_out=True)
    seen = {oracle: embeddings(pack, oracle, unseen) for oracle in NETS}
    for oracle in NETS:
        found = levels(unseen, faces, seen[oracle], embeddings(pack, oracle, faces))
        for level in found:
            print(oracle, level.group, level.pairs, [round(t, 4) for t in level.thresholds], flush=True)
        print(oracle, "strictest", strictest(found))
    print("cleared", cleared(unseen, seen))


if __name__ == "__main__":
    main()

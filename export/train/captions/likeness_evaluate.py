"""Measures the encoders of texts and people of a pack, and writes their model card, ``PEOPLE.md``.

python -m export.train.captions.likeness_evaluate --cache checkpoints/people --pack engines/pocket
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from export.train.captions.claims import ATTRIBUTES
from export.train.captions.likeness_measure import CHOICES, Probe, probes, recall, scored
from export.train.captions.people import NAMES, Batch
from export.train.captions.people_prepare import SIZE
from export.train.card import Table, write_card
from pyanon.likeness import IMAGE, TEXT
from pyanon.runtime import Pack, load_pack, open_runner

__all__ = ["accuracy", "main", "tables"]

TEXT_FILE = Path(__file__).with_name("people.md")
#: People among whom one is looked for.
AMONG = 100
#: What is told apart by the groups of people it was measured on.
BY = (("gender", "age"), ("age", "gender"))


def accuracy(found: Probe) -> tuple[float, float]:
    """Share of right choices, of all people and as the mean over the values of the attribute."""
    right = found.similarity.argmax(1) == found.label
    return float(right.mean()), float(np.mean([right[found.label == value].mean() for value in np.unique(found.label)]))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _attributes(found: list[Probe], threshold: float) -> Table:
    rows = []
    for each in found:
        every, mean = accuracy(each)
        true = each.similarity[np.arange(len(each.label)), each.label]
        wrong = each.similarity[np.arange(len(CHOICES[each.name])) != each.label[:, None]]
        values = len(CHOICES[each.name])
        rows.append(
            [each.name, each.kind, f"{len(each.label)}", f"{values}", _percent(every), _percent(mean)]
            + [_percent(float((side > threshold).mean())) for side in (true, wrong)]
        )
    head = ["what", "people", "count", "choices", "right", "right, mean of values", "true accepted", "false accepted"]
    note = (
        "A choice between one description of each value (`a woman`, `a man`). *Accepted*: similarity above the pack's "
        f"threshold ({threshold:.3f}), of true and of false descriptions. *faces*: FairFace and SFHQ as they are; "
        "*street*: Clothing Co-Parsing and COCO; *composed*: faces on bodies, recoloured clothes, things drawn on."
    )
    return Table("Attributes", head, rows, note)


def _groups(found: list[Probe]) -> Table:
    rows = []
    for name, by in BY:
        each = next((probe for probe in found if probe.kind == "faces" and probe.name == name), None)
        if each is None:
            continue
        groups, right = each.labels[:, NAMES.index(by)], each.similarity.argmax(1) == each.label
        for value, title in enumerate(ATTRIBUTES[by]):
            inside = groups == value
            if inside.any():
                rows.append([name, title, f"{int(inside.sum())}", _percent(float(right[inside].mean()))])
    return Table("Gender and age by group", ["what", "of whom", "count", "right"], rows, "Held-out faces as they are.")


def _latency(pack: Pack) -> Table:
    rows = []
    tokens, mask = pack.words()(["A smiling young woman in a red coat looks to the left"])
    asked: dict[str, dict[str, Any]] = {
        IMAGE: {"image": np.zeros((1, 3, SIZE, SIZE), np.float32)},
        TEXT: {"tokens": tokens, "mask": mask},
    }
    for role, inputs in asked.items():
        with open_runner(pack, role, device="cpu") as runner:
            took = []
            for _ in range(80):
                began = time.perf_counter()
                runner.infer(inputs)
                took.append(time.perf_counter() - began)
        size = len(pack.read(role))
        rows.append([role, f"{1000 * float(np.median(took[20:])):.2f} ms", f"{size / 1e6:.2f} MB"])
    return Table("Cost", ["network", "median of 60, one thread", "file"], rows, "One person, one text.")


def tables(pack: Pack, sets: dict[str, Batch]) -> list[Table]:
    """All figures."""
    found, threshold = scored(pack, sets), pack.role(IMAGE).number("threshold")
    ways = recall(pack, sets, count=AMONG)
    people = int(ways.pop("people")[0])
    note = (
        f"{people} composed people of whom five things or more are known, no two alike in all of them; each with one "
        f"text that says all of it. By chance {_percent(1 / people)} and {_percent(5 / people)}."
    )
    rows = [[way, *map(_percent, shares)] for way, shares in ways.items()]
    retrieval = Table("Retrieval", ["way", "first", "among the first five"], rows, note)
    return [_attributes(found, threshold), _groups(found), retrieval, _latency(pack)]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/people"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    pack = load_pack(args.pack)
    found = tables(pack, probes(args.cache))
    print(*found, sep="\n\n")
    write_card(args.pack / "PEOPLE.md", pack, found, text=TEXT_FILE)


if __name__ == "__main__":
    main()

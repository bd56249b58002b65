"""How often it is told surely, and wrongly, that somebody looks as described, on people whom no network learnt from.

python -m export.train.captions.likeness_selected --cache checkpoints/people --pack engines/pocket
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from export.train.captions.claims import ATTRIBUTES
from export.train.captions.likeness_measure import embedded, opened, probes
from export.train.captions.people import NAMES, Batch
from export.train.faces.selected import nowhere, opinions_counted
from pyanon.captions.pointed import COLOURS
from pyanon.described import Described, Faces
from pyanon.likeness import Likeness
from pyanon.runtime import load_pack
from pyanon.types import FloatArray, Frame

__all__ = ["TEXTS", "lines", "main"]

#: Attribute -> value -> a text that says it of several.
TEXTS: dict[str, dict[str, str]] = {
    "colour": {colour: f"people in {colour}" for colour in COLOURS},
    "glasses": {
        "none": "people without glasses",
        "glasses": "people with glasses",
        "sunglasses": "people with sunglasses",
    },
    "turn": {
        "ahead": "people looking at the camera",
        "left": "people looking to the left",
        "right": "people looking to the right",
    },
}


def lines(likeness: Likeness, kind: str, batch: Batch, people: FloatArray) -> Iterator[str]:
    """A line for each attribute: how many are surely meant and surely not by its texts, and how many of those wrongly.

    Args:
        likeness: The encoders.
        kind: What to call the people.
        batch: The people.
        people: Their embeddings.
    """
    blank = Frame(np.zeros((1, 1, 3), np.uint8))
    for name, texts in TEXTS.items():
        label = batch.labels[:, NAMES.index(name)]
        known = label >= 0
        if len(np.unique(label[known])) < 2:
            continue
        faces = Faces(blank, nowhere(int(known.sum())), {}, people[known])
        found = [Described(text, traits={}, likeness=likeness)(faces) for text in texts.values()]
        true = [label[known] == ATTRIBUTES[name].index(value) for value in texts]
        yield f"{kind}, {name}: {opinions_counted(np.concatenate(found), np.concatenate(true))}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/people"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    pack = load_pack(args.pack)
    likeness, runners = opened(pack)
    for kind, batch in probes(args.cache).items():
        for line in lines(likeness, kind, batch, embedded(likeness, batch)):
            print(line, flush=True)
    for runner in runners:
        runner.deactivate()


if __name__ == "__main__":
    main()

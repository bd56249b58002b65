"""Measures how well descriptions and people are brought together, on people whom no network learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from export.train.captions.claims import ATTRIBUTES
from export.train.captions.people import NAMES, Batch, People
from export.train.captions.people_prepare import DROP, FULL, REACH, SIZE
from export.train.captions.phrases import Phrases
from pyanon.likeness import Likeness
from pyanon.runtime import Pack, Runner, open_runner
from pyanon.types import FloatArray, Frame

__all__ = ["CHOICES", "Probe", "embedded", "opened", "probes", "recall", "scored"]

Labels = npt.NDArray[np.int64]
#: For each value of an attribute the description that is chosen from, in the order of `ATTRIBUTES`.
CHOICES: dict[str, tuple[str, ...]] = {
    "gender": ("a woman", "a man"),
    "age": ("a baby", "a child", "a teenager", "a young person", "a middle-aged person", "an elderly person"),
    "turn": ("a person looking at the camera", "a person looking to the left", "a person looking to the right"),
    "tilt": ("a person with a level gaze", "a person looking up", "a person looking down"),
    "mood": ("a person with a serious face", "a smiling person"),
    "glasses": ("a person without glasses", "a person with glasses", "a person with sunglasses"),
    "hat": ("a person without a hat", "a person with a hat"),
    "mask": ("a person without a mask", "a person wearing a face mask"),
    "colour": tuple(f"a person in {colour}" for colour in ATTRIBUTES["colour"]),
}
#: People of each kind that are looked at.
HEADS, COMPOSED = 1500, 600


@dataclass(frozen=True)
class Probe:
    """People with a known value of an attribute.

    Attributes:
        kind: Which people: ``faces``, ``street``, ``composed``.
        name: The attribute.
        label: ``(m,)``, the value of each.
        similarity: ``(m, values)``, of each with the description of each value.
        labels: ``(m, attributes)``, what else is known of them.
    """

    kind: str
    name: str
    label: Labels
    similarity: FloatArray
    labels: Labels


def probes(cache: Path) -> dict[str, Batch]:
    """Held-out people: faces as FairFace and SFHQ have them, people on streets, and composed ones."""
    people, rng = People(cache, held_out=True), np.random.default_rng(17)
    rows = rng.permutation(len(people.heads))[:HEADS]
    street = np.arange(len(people.bodies))
    return {
        "faces": Batch(people.heads[rows], people.head_labels[rows]),
        "street": Batch(people.bodies[street], people.body_labels[street]),
        "composed": people.draw(rng, COMPOSED),
    }


def opened(pack: Pack) -> tuple[Likeness, list[Runner]]:
    """What pyanon itself compares texts and people with, and the runners to let go of."""
    runners: list[Runner] = []

    def open_one(role: str) -> Runner:
        runner = open_runner(pack, role, device="cpu")
        runner.activate()
        runners.append(runner)
        return runner

    return Likeness(pack, open_one), runners


def embedded(likeness: Likeness, batch: Batch) -> FloatArray:
    """Embeddings ``(n, D)``, through pyanon's own door: of a picture that holds the crop and its margin."""
    side = SIZE / REACH
    middle = np.array([FULL / 2, FULL / 2 - DROP * side])
    box = np.concatenate([middle - side / 2, middle + side / 2])[None].astype(np.float32)
    return np.concatenate([likeness.people(Frame(np.ascontiguousarray(full)), box) for full in batch.full])


def scored(pack: Pack, sets: dict[str, Batch]) -> list[Probe]:
    """Every attribute of every kind of people of whom enough know it."""
    likeness, runners = opened(pack)
    found = []
    for kind, batch in sets.items():
        people = embedded(likeness, batch)
        for name, texts in CHOICES.items():
            label = batch.labels[:, NAMES.index(name)]
            known = label >= 0
            if len(np.unique(label[known])) > 1 and _counts(kind, name):
                similarity = likeness.similarity(texts, people[known]).T
                found.append(Probe(kind, name, label[known], similarity, batch.labels[known]))
    for runner in runners:
        runner.deactivate()
    return found


def _counts(kind: str, name: str) -> bool:
    """Whether labels of that kind mean something: masks are drawn only, and heads alone are cut off at their hats."""
    return kind == "composed" or (name != "mask" and (kind, name) != ("faces", "hat"))


def recall(pack: Pack, sets: dict[str, Batch], *, count: int, at: tuple[int, ...] = (1, 5)) -> dict[str, list[float]]:
    """How often somebody's own picture is among the first few for a text, and their text for a picture.

    Of ``count`` composed people of whom five things or more are known, with a text that says them all; who differs from
    somebody before in nothing of it is left out.
    """
    batch, rng, phrases = sets["composed"], np.random.default_rng(23), Phrases(())
    known = [{n: ATTRIBUTES[n][row[k]] for k, n in enumerate(NAMES) if row[k] >= 0} for row in batch.labels]
    rows: list[int] = []
    taken: set[tuple[tuple[str, str], ...]] = set()
    for index, facts in enumerate(known):
        key = tuple(sorted(facts.items()))
        if len(facts) >= 5 and key not in taken and len(rows) < count:
            taken.add(key)
            rows.append(index)
    likeness, runners = opened(pack)
    texts = [phrases(known[row], rng)[0] for row in rows]
    similarity = likeness.similarity(texts, embedded(likeness, Batch(batch.full[rows], batch.labels[rows])))
    for runner in runners:
        runner.deactivate()
    own = np.diag(similarity)
    found = {"people": [float(len(rows))]}
    for way, axis in (("text to picture", 1), ("picture to text", 0)):
        place = (similarity > np.expand_dims(own, axis)).sum(axis)
        found[way] = [float((place < first).mean()) for first in at]
    return found

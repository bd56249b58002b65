"""The experiments: whose pictures, covered how, attacked with what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pyanon.types import FloatArray, ImageArray

from .attack import WAVES, Outcome, adapted, parroted, plain
from .disguises import MARGIN, NAIVE, Disguise, bare, boxed, disguises, ours
from .portraits import Album, Portrait, another_view, elsewhere, placed_by_box
from .recogniser import Recogniser, colours

__all__ = ["MARGINS", "Outcomes", "Trial", "covers_in_their_photos", "faces_alone", "in_other_surroundings", "margins"]

MARGINS = (0.0, 0.05, 0.1, 0.2, 0.3)

Outcomes = dict[str, Outcome]
Features = dict[str, FloatArray]


@dataclass(frozen=True)
class Trial:
    """People to attack, and what with.

    Attributes:
        album: One portrait per person.
        train: The attacker adapts on the first this many; the others are its probes.
        recogniser: The attacker's.
        waves: Of the attacker's regression.
    """

    album: Album
    train: int
    recogniser: Recogniser
    waves: int = WAVES

    def attack(self, features: FloatArray, clean: FloatArray) -> Outcomes:
        """The recogniser as it is, and adapted to the cover."""
        probes = features[self.train :, : self.recogniser.width]
        return {
            "plain": plain(probes, clean[self.train :]),
            "adapted": adapted(features, clean, train=self.train, waves=self.waves),
        }

    def attack_covered(self, seen: FloatArray, again: FloatArray) -> Outcome:
        """Covered faces compared with covered faces, by their colours."""
        return parroted(seen, again, train=self.train, waves=self.waves)


def in_other_surroundings(number: int, view: int, portrait: Portrait, others: Sequence[ImageArray]) -> Portrait:
    """The face in surroundings that no other picture of the person has."""
    rng = np.random.default_rng([2, view, number])
    return elsewhere(portrait, others[int(rng.integers(len(others)))], grow=MARGIN)


def _stacked(rows: Iterable[Features]) -> Features:
    columns = list(rows)
    return {name: np.stack([row[name] for row in columns]) for name in columns[0]}


def _another(number: int, portrait: Portrait) -> Portrait:
    return another_view(portrait, np.random.default_rng([1, number]))


def faces_alone(
    trial: Trial, others: Sequence[ImageArray], *, covers: Mapping[str, Disguise] | None = None
) -> dict[str, Outcomes]:
    """Faces in surroundings that are not theirs: whatever identity is left, the covered region carries it.

    Args:
        trial: Whom to attack.
        others: Pictures without faces.
        covers: What to attack, by name; by default our covers, the usual ones, and none.

    Returns:
        By cover and attack, what came of it.
    """
    covers = covers or {**disguises(), **NAIVE, "no cover": bare}

    def seen(number: int) -> Features:
        portrait = trial.album[number]
        view = _another(number, portrait)
        here = in_other_surroundings(number, 0, portrait, others)
        there = in_other_surroundings(number, 1, view, others)
        row = {"clean": trial.recogniser(view)}
        for name, disguise in covers.items():
            covered = disguise(here)
            row[name] = trial.recogniser.features(covered)
            row[f"{name}, by box"] = colours(placed_by_box(covered))
            row[f"{name}, again"] = colours(placed_by_box(disguise(there)))
        return row

    rows = _stacked(map(seen, range(len(trial.album))))
    outcomes = {name: trial.attack(rows[name], rows["clean"]) for name in covers}
    for name in covers:
        outcomes[name]["covered gallery"] = trial.attack_covered(rows[f"{name}, by box"], rows[f"{name}, again"])
    return outcomes


def _attacked(trial: Trial, covers: Mapping[str, Disguise]) -> dict[str, Outcomes]:
    def seen(number: int) -> Features:
        portrait = trial.album[number]
        row = {name: trial.recogniser.features(disguise(portrait)) for name, disguise in covers.items()}
        return {**row, "clean": trial.recogniser(_another(number, portrait))}

    rows = _stacked(map(seen, range(len(trial.album))))
    return {name: trial.attack(rows[name], rows["clean"]) for name in covers}


def covers_in_their_photos(trial: Trial) -> dict[str, Outcomes]:
    """Covered faces in their own photos: hair, clothes, light and background give people away under any cover."""
    return _attacked(trial, {**disguises(), **NAIVE, "no cover": bare})


def margins(trial: Trial) -> dict[str, Outcomes]:
    """Covers with other margins, in their own photos: what a cover leaves around it counts too."""
    covers: dict[str, Disguise] = {"the bare box, black": boxed}
    for style in ("solid", "blur"):
        covers |= {f"{style}, margin {grow:.2f}": partial(ours, style=style, grow=grow) for grow in MARGINS}
    return _attacked(trial, covers)

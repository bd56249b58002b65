"""The experiments: whose pictures, covered how, attacked with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from pyanon.types import FloatArray, ImageArray

from .attack import WAVES, Outcome, adapted, parroted, plain
from .disguises import MARGIN, NAIVE, Disguise, bare, boxed, disguises, ours
from .portraits import Album, Portrait, another_view, elsewhere
from .recogniser import Recogniser

__all__ = ["MARGINS", "Trial", "covers_in_their_photos", "faces_alone", "in_other_surroundings", "margins"]

MARGINS = (0.0, 0.05, 0.1, 0.2, 0.3)

Outcomes = dict[str, Outcome]


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

    def clean(self) -> FloatArray:
        """Embeddings ``(n, d)`` of another view of everyone."""
        return np.stack([self.recogniser(view) for view in self.views()])

    def views(self) -> Iterator[Portrait]:
        """Another view of everyone, always the same one."""
        for number, portrait in enumerate(self.album):
            yield another_view(portrait, np.random.default_rng([1, number]))

    def attack(self, features: FloatArray, clean: FloatArray) -> Outcomes:
        """The recogniser as it is, and adapted to the cover."""
        probes = features[self.train :, : self.recogniser.width]
        return {
            "plain": plain(probes, clean[self.train :]),
            "adapted": adapted(features, clean, train=self.train, waves=self.waves),
        }


def in_other_surroundings(number: int, view: int, portrait: Portrait, others: list[ImageArray]) -> Portrait:
    """The face in surroundings that no other picture of the person has."""
    rng = np.random.default_rng([2, view, number])
    return elsewhere(portrait, others[rng.integers(len(others))], grow=MARGIN)


def faces_alone(
    trial: Trial, others: list[ImageArray], *, covers: Mapping[str, Disguise] | None = None, parrot: bool = True
) -> Iterator[tuple[str, Outcomes]]:
    """Faces in surroundings that are not theirs: whatever identity is left, the covered region carries it."""
    clean = trial.clean()
    for name, disguise in (covers or {**disguises(), **NAIVE, "no cover": bare}).items():
        scenes = (in_other_surroundings(number, 0, portrait, others) for number, portrait in enumerate(trial.album))
        features = np.stack([trial.recogniser.features(disguise(scene)) for scene in scenes])
        outcomes = trial.attack(features, clean)
        if parrot:
            scenes = (in_other_surroundings(number, 1, view, others) for number, view in enumerate(trial.views()))
            again = np.stack([trial.recogniser.features(disguise(scene)) for scene in scenes])
            outcomes["covered gallery"] = parroted(features, again, train=trial.train, waves=trial.waves)
        yield name, outcomes


def _attacked(trial: Trial, covers: Mapping[str, Disguise]) -> Iterator[tuple[str, Outcomes]]:
    clean = trial.clean()
    for name, disguise in covers.items():
        features = np.stack([trial.recogniser.features(disguise(portrait)) for portrait in trial.album])
        yield name, trial.attack(features, clean)


def covers_in_their_photos(trial: Trial) -> Iterator[tuple[str, Outcomes]]:
    """Covered faces in their own photos: hair, clothes, light and background give people away under any cover."""
    return _attacked(trial, {**disguises(), **NAIVE, "no cover": bare})


def margins(trial: Trial) -> Iterator[tuple[str, Outcomes]]:
    """Covers with other margins, in their own photos: what a cover leaves around it counts too."""
    covers: dict[str, Disguise] = {"the bare box, black": boxed}
    for style in ("solid", "blur"):
        covers |= {f"{style}, margin {grow:.2f}": partial(ours, style=style, grow=grow) for grow in MARGINS}
    return _attacked(trial, covers)

"""What can be said of people, as columns: what a picture shows, what a text claims, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from export.train.captions.colours import COLOURS
from pyanon.captions.describe import AGES, GENDERS

__all__ = ["ATTRIBUTES", "COLUMNS", "PLACES", "Claims", "agreement", "claimed", "shown"]

#: Attribute: its values. Left and right are the viewer's.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "gender": GENDERS,
    "age": AGES,
    "turn": ("ahead", "left", "right"),
    "tilt": ("level", "up", "down"),
    "mood": ("serious", "smiling"),
    "glasses": ("none", "glasses", "sunglasses"),
    "hat": ("none", "hat"),
    "mask": ("none", "mask"),
    "colour": COLOURS,
}
COLUMNS = sum(map(len, ATTRIBUTES.values()))
#: The columns of each attribute.
PLACES: dict[str, slice] = {}
for _name, _values in ATTRIBUTES.items():
    _start = max((place.stop for place in PLACES.values()), default=0)
    PLACES[_name] = slice(_start, _start + len(_values))

#: What a text claims: attribute -> the values that it may be true of.
Claims = Mapping[str, Iterable[str]]
#: How much less it counts where somebody is just one age group off: nobody sees the difference for sure.
NEXT_AGE = 0.25


def claimed(claims: Claims) -> npt.NDArray[np.float32]:
    """Claims as a row ``(COLUMNS,)``: 1 for each value that is meant, and nothing where nothing is said."""
    row = np.zeros(COLUMNS, np.float32)
    for name, values in claims.items():
        for value in values:
            row[PLACES[name].start + ATTRIBUTES[name].index(value)] = 1
    return row


def shown(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Labels ``(n, attributes)``, -1 where unknown, as rows ``(n, COLUMNS)``."""
    rows = np.zeros((len(labels), COLUMNS), np.float32)
    for number, place in enumerate(PLACES.values()):
        known = np.flatnonzero(labels[:, number] >= 0)
        rows[known, place.start + labels[known, number]] = 1
    return rows


def agreement(pictures: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
    """Whether texts are true of pictures, pair by pair.

    Args:
        pictures: ``(n, COLUMNS)`` from `shown`.
        texts: ``(t, COLUMNS)`` from `claimed`.

    Returns:
        ``(n, t)`` 1 where all that is claimed is shown; and weights: 0 where something that is claimed is unknown
        and nothing is known to be wrong, less than 1 where nothing is wrong but an age, by one group.
    """
    unknown = torch.zeros(len(pictures), len(texts), dtype=torch.bool, device=pictures.device)
    wrong, nearly = unknown.clone(), unknown.clone()
    for name, place in PLACES.items():
        mine, theirs = pictures[:, place], texts[:, place]
        stated, known = (theirs.amax(1) > 0)[None], (mine.amax(1) > 0)[:, None]
        fits = (mine @ theirs.T) > 0
        unknown |= stated & ~known
        off = stated & known & ~fits
        if name == "age":
            around = theirs + torch.nn.functional.pad(theirs[:, 1:], (0, 1)) + torch.nn.functional.pad(theirs, (1, -1))
            nearly = off & ((mine @ around.T) > 0)
            off = off & ~nearly
        wrong |= off
    true = ~(wrong | nearly | unknown)
    weight = torch.where(wrong | true, 1.0, torch.where(nearly, NEXT_AGE, 0.0))
    return true.float(), weight

"""What people saw on pictures whose data says nothing of it, and what a probe sees after them.

``seen.json`` names 396 heads and 396 bodies, by their numbers in the cache, that were looked at one by one: gender
(bodies), glasses, hats, smiles; whom nobody was sure of is left out. A linear probe on the attribute codes of the
pack's ``face_encoder``, fitted to them, labels those of whom it is surest, and leaves out what lies between.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from export.train.captions.claims import ATTRIBUTES
from export.train.captions.people_prepare import FULL
from export.train.faces.template import SIZE, TEMPLATE
from pyanon import ops
from pyanon.geometry import face_region, similarity, transform
from pyanon.ops import pictures
from pyanon.runtime import Pack, Runner, open_runner
from pyanon.types import FloatArray

__all__ = ["SEEN", "add_seen", "codes", "probe"]

SEEN = Path(__file__).with_name("seen.json")
NAMES = tuple(ATTRIBUTES)
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Question:
    """What a probe is asked: an attribute, the values that stand against each other, and where it may answer.

    Attributes:
        name: The attribute.
        values: Two groups of values; of the second the first is what a sure answer says.
        shares: Of all people, how many get the first answer, and how many the second: the surest.
        bodies: The same for bodies; nought where the probe is not to be believed.
    """

    name: str
    values: tuple[tuple[str, ...], tuple[str, ...]]
    shares: tuple[float, float]
    bodies: tuple[float, float]


#: In this order: sunglasses are told from no glasses, then glasses from neither.
QUESTIONS = (
    _Question("mood", (("serious",), ("smiling",)), (0.35, 0.18), (0.0, 0.0)),
    _Question("glasses", (("none",), ("sunglasses",)), (0.0, 0.012), (0.0, 0.17)),
    _Question("glasses", (("none",), ("glasses",)), (0.6, 0.06), (0.45, 0.0)),
)
#: Weight of the probe's smoothness.
RIDGE = 600.0
#: Heads whose codes are computed, in the order of the cache, one of every few.
EVERY = 4


def codes(pack: Pack, crops: npt.NDArray[np.uint8], points: FloatArray) -> FloatArray:
    """Attribute codes ``(n, d)`` of faces in crops ``(n, FULL, FULL, 3)`` with landmarks ``(n, 5, 2)``."""
    with open_runner(pack, "face_encoder", device="cpu") as runner:
        rows = [_code(runner, np.array(crop), marks) for crop, marks in zip(crops, points, strict=True)]
    return np.stack(rows)


def _code(runner: Runner, crop: npt.NDArray[np.uint8], marks: FloatArray) -> FloatArray:
    matrix = similarity(marks[None], TEMPLATE)
    face, placed = ops.warp(crop, matrix=matrix, size=SIZE), transform(marks[None], matrix)
    inside = face_region(placed, SIZE)[:, None].astype(np.float32)
    found = runner.infer(
        {"crops": pictures.planes(face), "inside": inside, "landmarks": (placed / SIZE).astype(np.float32)}
    )
    return np.asarray(found["attributes"].reshape(-1), np.float32)


def probe(seen: FloatArray, positive: npt.NDArray[np.bool_]) -> Callable[[FloatArray], FloatArray]:
    """A ridge regression to +-1 in which both answers weigh alike; scores codes ``(n, d)`` as ``(n,)``."""
    mean, spread = seen.mean(0), seen.std(0) + 1e-3

    def rows(of: FloatArray) -> npt.NDArray[np.float64]:
        return np.concatenate([(of - mean) / spread, np.ones((len(of), 1))], 1).astype(np.float64)

    share = float(positive.mean())
    known, weight = rows(seen), np.where(positive, 0.5 / share, 0.5 / (1 - share))
    alpha = np.linalg.solve(known @ known.T + RIDGE * np.diag(1 / weight), np.where(positive, 1.0, -1.0))
    along = known.T @ alpha
    return lambda of: np.asarray(rows(of) @ along, np.float32)


def add_seen(cache: Path, pack: Pack, heads: Labels, bodies: Labels) -> None:
    """Sets, in place, what was seen, and what the probe is sure of."""
    stated = json.loads(SEEN.read_text(encoding="utf-8"))
    labels = {"heads": heads, "bodies": bodies}
    places = {"heads": _places(stated, len(heads)), "bodies": np.arange(len(bodies))}
    found = _stored_codes(cache, pack, places)
    for question in QUESTIONS:
        score = _fitted(question, stated, places, found)
        for name in labels:
            shares = question.shares if name == "heads" else question.bodies
            _answer(question, shares, score(found[name]), labels[name], places[name])
    for name, values in ((n, values) for n, kinds in stated.items() for values in kinds.items()):
        attribute, by_value = values
        for value, rows in by_value.items():
            labels[name][rows, NAMES.index(attribute)] = ATTRIBUTES[attribute].index(value)


def _places(stated: dict[str, dict[str, dict[str, list[int]]]], count: int) -> Labels:
    """The heads that get a code: those that were looked at, and one of every few."""
    looked = [row for by_value in stated["heads"].values() for rows in by_value.values() for row in rows]
    return np.union1d(np.arange(0, count, EVERY), looked).astype(np.int64)


def _stored_codes(cache: Path, pack: Pack, places: dict[str, Labels]) -> dict[str, FloatArray]:
    file = cache / "codes.npz"
    if not file.exists():
        made = {}
        for name, rows in places.items():
            crops = np.memmap(cache / f"{name}.bin", np.uint8, "r").reshape(-1, FULL, FULL, 3)
            made[name] = codes(pack, crops[rows], np.load(cache / f"{name}.npz")["points"][rows])
        np.savez(file, **made)  # type: ignore[arg-type]
    stored = np.load(file)
    return {name: stored[name] for name in places}


def _fitted(
    question: _Question,
    stated: dict[str, dict[str, dict[str, list[int]]]],
    places: dict[str, Labels],
    found: dict[str, FloatArray],
) -> Callable[[FloatArray], FloatArray]:
    seen, positive = [], []
    for name, kinds in stated.items():
        for answer, values in enumerate(question.values):
            rows = [row for value in values for row in kinds.get(question.name, {}).get(value, [])]
            seen.append(found[name][np.searchsorted(places[name], rows)])
            positive += [bool(answer)] * len(rows)
    return probe(np.concatenate(seen), np.array(positive))


def _answer(
    question: _Question, shares: tuple[float, float], score: FloatArray, labels: Labels, places: Labels
) -> None:
    """Labels the surest of both answers; what an earlier question answered stays."""
    column, order = NAMES.index(question.name), np.argsort(score)
    count = [round(share * len(order)) for share in shares]
    for answer, rows in ((0, order[: count[0]]), (1, order[len(order) - count[1] :])):
        value = ATTRIBUTES[question.name].index(question.values[answer][0])
        open_ = places[rows][labels[places[rows], column] < 0]
        labels[open_, column] = value

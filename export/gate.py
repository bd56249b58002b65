"""The gate of reduced precision: how well a network must still do its task.

One place owns the measures and their least values. Both sides see the same inputs: the network in float32 and its
exported file in fewer bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pyanon import ops
from pyanon.errors import PackError
from pyanon.geometry import iou
from pyanon.runtime.port import Array
from pyanon.types import FloatArray

__all__ = ["GATES", "Gate", "cosines", "family_of", "held", "recall"]

Answer = Mapping[str, Array]

#: How many of the best boxes are looked for, the overlap from which a box is found again, and that of duplicates; share
#: of the least score among them that is score enough: a locator's threshold is no cliff, tracks go on below it.
BEST, FOUND, SAME, LESS = 100, 0.5, 0.4, 0.8


@dataclass(frozen=True)
class Gate:
    """A measure of the task, 1 where nothing is lost, and its least value.

    Attributes:
        measure: What is measured, in words.
        of: Measures it: the float32 answer, the other answer.
        least: What the export fails below, in float16.
        least_int8: The same in int8, for what is offered in it.
    """

    measure: str
    of: Callable[[Answer, Answer], float]
    least: float
    least_int8: float = 1.0


def recall(expected: Answer, got: Answer) -> float:
    """Share of the best boxes of a picture that are found again, with a score that is not much less."""
    least = float(np.sort(expected["scores"][0].max(axis=1))[-BEST:].min())
    known = _boxes(expected, least)
    seen = _boxes(got, LESS * least)
    return float((iou(known, seen).max(axis=1, initial=0) >= FOUND).mean())


def _boxes(answer: Answer, least: float) -> FloatArray:
    """The boxes of at least a score, without duplicates."""
    score = answer["scores"][0].max(axis=1)
    rows = np.flatnonzero(score >= least)
    boxes, score = (np.ascontiguousarray(each, np.float32) for each in (answer["boxes"][0][rows], score[rows]))
    return boxes[ops.nms(boxes, scores=score, iou=SAME)]


def cosines(expected: Array, got: Array) -> FloatArray:
    """Cosine similarity row by row, ``(n,)``; of two rows of noughts it is 1."""
    a, b = (each.reshape(len(each), -1).astype(np.float64) for each in (expected, got))
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    same = np.asarray((a == b).all(axis=1))
    return np.asarray(np.where(same, 1, (a * b).sum(axis=1) / np.maximum(lengths, 1e-30)), np.float32)


def _identity(expected: Answer, got: Answer) -> float:
    return float(cosines(expected["embedding"], got["embedding"]).min())


def _retrieved(expected: Answer, got: Answer) -> float:
    """1 less what is lost, in cosine, by taking the nearest row of the other answer for the nearest of the first."""
    true, seen = (_similarities(each["embedding"]) for each in (expected, got))
    rows = np.arange(len(true))
    return float(1 - (true.max(axis=1) - true[rows, seen.argmax(axis=1)]).max())


def _similarities(rows: Array) -> FloatArray:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -1)
    return np.asarray(similar, np.float32)


def _tokens(expected: Answer, got: Answer) -> float:
    return float((expected["logits"].argmax(-1) == got["logits"].argmax(-1)).mean())


def _fidelity(expected: Answer, got: Answer) -> float:
    """1 less the root mean square error as a share of the answer's own, of the worst output."""
    errors = [np.sqrt(np.mean((expected[k] - got[k]) ** 2) / np.mean(expected[k] ** 2)) for k in expected]
    return float(1 - max(errors))


_PICTURE = Gate("fidelity (1 - relative RMS error)", _fidelity, 0.97)
GATES: Mapping[str, Gate] = {
    "locator": Gate("recall of the float32 boxes at IoU 0.5", recall, 0.98, 0.9),
    "oracle": Gate("least identity cosine", _identity, 0.999, 0.98),
    "text_encoder": Gate("retrieval (1 - cosine lost)", _retrieved, 0.998),
    "image_encoder": Gate("retrieval (1 - cosine lost)", _retrieved, 0.998),
    "face_encoder": _PICTURE,
    "generator": _PICTURE,
    "face_decoder": _PICTURE,
    "caption_encoder": _PICTURE,
    "caption_decoder": Gate("agreement of the likeliest tokens", _tokens, 0.98),
}


def family_of(role: str) -> str:
    """The role without the name of the oracle."""
    return role.partition(".")[0]


def held(role: str, answers: Sequence[tuple[Answer, Answer]], *, precision: str = "half") -> str:
    """Says how well a network of reduced precision does its task.

    Args:
        role: Its role.
        answers: What it answers in float32 and in fewer bits, question by question; the mean counts.
        precision: ``"half"`` or ``"int8"``.

    Raises:
        PackError: Less well than the gate of its role asks for.
    """
    gate = GATES[family_of(role)]
    # Numbers that are not finite would measure as anything.
    finite = all(np.isfinite(each).all() for _, got in answers for each in got.values())
    value = float(np.mean([gate.of(expected, got) for expected, got in answers])) if finite else float("nan")
    least = gate.least_int8 if precision == "int8" else gate.least
    if not value >= least:
        raise PackError(
            f"{role} loses too much in this precision",
            given=f"{gate.measure} {value:.4f}",
            expected=f"at least {least:g}",
            do="export it in float32, or leave its delicate layers in float32",
        )
    return f"{gate.measure} {value:.4f} (at least {least:g})"

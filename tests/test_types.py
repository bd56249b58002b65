from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pyanon.errors import InputError
from pyanon.types import Crops, Detections, Embeddings, Frame, Replacements, Verdicts


def test_time_is_exact_in_its_base() -> None:
    frame = Frame(np.zeros((2, 3, 3), np.uint8), pts=1001, time_base=Fraction(1, 30000))
    assert frame.time == pytest.approx(1001 / 30000)
    assert (frame.height, frame.width) == (2, 3)


def test_rows_must_be_aligned() -> None:
    good = Detections.empty()
    with pytest.raises(InputError, match=r"Detections\.score.*given: float32 of shape \(2,\).*shape \(0\)"):
        Detections(good.xyxy, np.zeros(2, np.float32), good.landmarks, good.prompt)
    with pytest.raises(InputError, match=r"Detections\.xyxy.*float64"):
        Detections(np.zeros((0, 4)), good.score, good.landmarks, good.prompt)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"Verdicts\.reason"):
        Verdicts(np.zeros(2, np.bool_), np.zeros((2, 1), np.float32), ("",))


@pytest.mark.parametrize("n", [0, 3])
def test_crops_are_square(n: int) -> None:
    matrix = np.zeros((n, 2, 3), np.float32)
    marks, inside, foreign = np.zeros((n, 5, 2), np.float32), np.zeros((n, 8, 8), np.float32), np.zeros((n, 8, 8), bool)
    assert len(Crops(np.zeros((n, 8, 8, 3), np.uint8), matrix, marks, inside, foreign)) == n
    with pytest.raises(InputError, match=r"Crops\.pixels"):
        Crops(np.zeros((n, 8, 9, 3), np.uint8), matrix, marks, inside, foreign)
    with pytest.raises(InputError, match=r"Replacements\.mask"):
        Replacements(np.zeros((n, 8, 8, 3), np.uint8), np.zeros((n, 9, 9), np.uint8), matrix)


def test_what_was_not_painted_says_why() -> None:
    pixels, mask, matrix = (
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((2, 8, 8), np.uint8),
        np.zeros((2, 2, 3), np.float32),
    )
    assert Replacements(pixels, mask, matrix).fault == ("", "")
    with pytest.raises(InputError, match=r"Replacements\.fault"):
        Replacements(pixels, mask, matrix, ("",))


def test_embeddings_that_no_oracle_can_compare() -> None:
    rows = np.ones((3, 4), np.float32)
    rows[1, 2] = np.nan
    other = np.ones((3, 2), np.float32)
    other[2] = 0
    assert Embeddings((rows, other)).usable.tolist() == [True, False, False]
    assert len(Embeddings(())) == 0
    with pytest.raises(InputError, match=r"Embeddings\.oracles\[1\]"):
        Embeddings((rows, other[:2]))


def test_nothing_else_than_arrays() -> None:
    with pytest.raises(InputError, match=r"given: list"):
        Frame([[0, 0, 0]])  # type: ignore[arg-type]

"""What one text keeps of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from pyanon.errors import InputError
from pyanon.evaluate.words import Kept, WordScore
from pyanon.runtime import load_pack


class Encoder:
    """Gives each token a vector of its own, whatever stands around it."""

    def infer(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        table = np.random.default_rng(3).standard_normal((8192, 256)).astype(np.float32)
        return {"mean": table[inputs["tokens"]], "log_variance": np.zeros(1)}


@pytest.fixture(scope="module")
def score() -> WordScore:
    return WordScore(Encoder(), load_pack("pocket").words())  # type: ignore[arg-type]


def test_the_same_is_kept_whole(score: WordScore) -> None:
    (kept,) = score(["A dog sleeps on a bench."], ["A dog sleeps on a bench."])
    assert kept.f1 == pytest.approx(1, abs=1e-5)


def test_what_is_left_out_costs_recall_and_what_is_new_precision(score: WordScore) -> None:
    less, more = score(["A dog sleeps.", "A dog sleeps on a red bench."], ["A dog sleeps on a bench."] * 2)
    assert less.precision > less.recall
    assert more.recall > more.precision
    assert more.f1 > less.f1


def test_nothing(score: WordScore) -> None:
    assert [each.f1 for each in score(["", "A dog.", ""], ["", "", "A dog."])] == [1, 0, 0]
    assert Kept(-0.2, 0.9).f1 == 0
    assert score([], []) == []


def test_unequal_lists_are_refused(score: WordScore) -> None:
    with pytest.raises(InputError, match="2 and 1"):
        score(["a", "b"], ["a"])

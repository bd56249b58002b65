"""Of several takes of each face the best, whatever became of the others."""

from __future__ import annotations

import numpy as np

from pyanon.takes import Takes
from pyanon.types import Identities, Replacements, Verdicts

SIZE = 4


def take(number: int, *accepted: bool) -> tuple[Identities, Replacements, Verdicts]:
    """A take whose every number is its own."""
    n = len(accepted)
    return (
        Identities(np.full((n, 3), number, np.float32), np.full(n, number, np.uint64)),
        Replacements(
            np.full((n, SIZE, SIZE, 3), number, np.uint8),
            np.full((n, SIZE, SIZE), number, np.uint8),
            np.full((n, 2, 3), number, np.float32),
            (f"fault {number}",) * n,
        ),
        Verdicts(np.array(accepted, np.bool_), np.full((n, 2), number, np.float32), (f"reason {number}",) * n),
    )


def test_each_row_is_of_its_best_take_whole() -> None:
    takes = Takes()
    takes.add(*take(0, True, True, False), merit=np.array([-1, -3, 0], np.float32))
    takes.add(*take(1, True, False, False), merit=np.array([-2, 0, 0], np.float32))
    takes.add(*take(2, True, True, False), merit=np.array([-1, -2, np.nan], np.float32))
    assert takes.merit.tolist() == [-1, -2, -np.inf]
    assert takes.accepted.tolist() == [True, True, False]
    identities, painted, verdicts = takes.best()
    which = [0, 2, 0]
    for values in (identities.code, identities.key, painted.pixels, painted.mask, painted.matrix, verdicts.similarity):
        assert values.reshape(3, -1)[:, 0].tolist() == which
    assert painted.fault == tuple(f"fault {number}" for number in which)
    assert verdicts.reason == tuple(f"reason {number}" for number in which)
    assert verdicts.accepted.tolist() == [True, True, False]


def test_one_take_is_as_it_was() -> None:
    takes, only = Takes(), take(5, False)
    takes.add(*only, merit=np.zeros(1, np.float32))
    assert [a is b for a, b in zip(takes.best(), only, strict=True)] == [True] * 3


def test_nobody_has_takes_too() -> None:
    takes = Takes()
    for number in range(2):
        takes.add(*take(number), merit=np.zeros(0, np.float32))
    assert [len(each) for each in takes.best()] == [0, 0, 0]

from __future__ import annotations

import numpy as np
import pytest

from pyanon.stages.verify import Verifier, composed
from pyanon.types import Crops, Embeddings, FloatArray, ImageArray, Replacements

SIZE = 8
X, Y, Z = np.eye(3, dtype=np.float32)


def crops(n: int) -> Crops:
    flat = np.zeros((n, SIZE, SIZE), np.float32)
    pixels = np.full((n, SIZE, SIZE, 3), 10, np.uint8)
    return Crops(pixels, np.zeros((n, 2, 3), np.float32), np.zeros((n, 5, 2), np.float32), flat, flat > 0)


def painted(n: int, fault: tuple[str, ...] = ()) -> Replacements:
    mask = np.full((n, SIZE, SIZE), 255, np.uint8)
    mask[:, :2] = 0
    mask[:, 2] = 51
    return Replacements(np.full((n, SIZE, SIZE, 3), 210, np.uint8), mask, np.zeros((n, 2, 3), np.float32), fault)


def verifier(seen: list[list[FloatArray]], *thresholds: float, cleared: tuple[float, ...] = ()) -> Verifier:
    """A verifier whose oracles, whatever they look at, see the given embeddings."""

    def embed(pixels: ImageArray) -> Embeddings:
        assert pixels.dtype == np.uint8
        return Embeddings(tuple(np.stack(rows) for rows in seen))

    return Verifier(embed, thresholds=thresholds, cleared=cleared or thresholds)


def originals(*oracles: list[FloatArray]) -> Embeddings:
    return Embeddings(tuple(np.stack(rows) for rows in oracles))


def test_the_oracles_see_what_will_be_shown() -> None:
    seen = composed(crops(1).pixels, painted(1))[0, :, 0, 0]
    assert seen.tolist() == [10, 10, 50, 210, 210, 210, 210, 210]


def test_whoever_is_like_nobody_is_accepted() -> None:
    done = verifier([[Z, Z]], 0.5)(crops(2), originals([X, Y]), painted(2))
    assert done.accepted.all()
    assert done.reason == ("", "")
    assert done.similarity.tolist() == [[0], [0]]


def test_whoever_is_like_any_face_of_the_frame_is_refused() -> None:
    done = verifier([[Y, Z]], 0.5)(crops(2), originals([X, Y]), painted(2))
    assert done.accepted.tolist() == [False, True]
    assert done.similarity.tolist() == [[0], [0]]  # it was the neighbour


def test_a_face_is_held_to_more_against_the_one_under_it() -> None:
    """Both are as near to X, which is under the first of them."""
    near = (0.4 * X + np.sqrt(0.84) * Z).astype(np.float32)
    done = verifier([[near, near]], 0.5, cleared=(0.3,))(crops(2), originals([X, Y]), painted(2))
    assert done.accepted.tolist() == [False, True]
    assert done.reason == ("an oracle took it for a face of this frame", "")


@pytest.mark.parametrize(("threshold", "accepted"), [(0.59, False), (0.6, False), (0.61, True)])
def test_one_oracle_is_enough_to_refuse(threshold: float, accepted: bool) -> None:
    near = (0.6 * X + 0.8 * Y).astype(np.float32)
    done = verifier([[Z], [near]], 0.1, threshold)(crops(1), originals([X], [X * 7]), painted(1))
    assert done.similarity[0] == pytest.approx([0, 0.6])
    assert done.accepted.tolist() == [accepted]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_what_cannot_be_compared_is_refused(bad: float) -> None:
    broken = np.full(3, bad, np.float32)
    for seen, known in (([broken, Z], [X, Y]), ([Z, Z], [broken, Y])):
        done = verifier([seen], 0.5)(crops(2), originals(known), painted(2))
        assert done.accepted.tolist() == [False, True]
        assert done.reason == ("an oracle could not compare it", "")


def test_what_was_not_painted_keeps_its_reason() -> None:
    done = verifier([[Z, Z]], 0.5)(crops(2), originals([X, Y]), painted(2, ("no identity", "")))
    assert done.reason == ("no identity", "")
    assert done.accepted.tolist() == [False, True]
    assert np.isnan(done.similarity[0]).all()

"""A recogniser that is told where the face was and has adapted to the cover learns nothing from our covers.

A small form of ``python -m benchmarks.cover_privacy faces``; docs/covers.md tells the method and the large figures.
The faces stand in surroundings that are not theirs, so that identity can only come from the covered region.
"""

from functools import partial

import pytest

pytest.importorskip("pyarrow", reason="the pictures are in Parquet files (pyarrow is in the test extra)")

from benchmarks.cover_privacy.attack import CHANCE, excess
from benchmarks.cover_privacy.disguises import bare, blurred, disguises, pixelated
from benchmarks.cover_privacy.experiments import Trial, faces_alone
from benchmarks.cover_privacy.portraits import backgrounds, read_album
from benchmarks.cover_privacy.recogniser import MobileFaceNet

pytestmark = [pytest.mark.data, pytest.mark.slow]

TRAIN, PROBES = 200, 140
#: Standard errors that a finding must exceed. Everything is seeded: the verdict does not change from run to run. Nine
#: comparisons with chance are made, and where the box lies around the eyes is told, which is worth a little.
SIGMAS, SIGMAS_FROM_CHANCE = 3, 4

OURS = ("blur", "mosaic")
ATTACKS = ("plain", "adapted", "covered gallery")
PUZZLES = {
    "16 cells": partial(pixelated, cells=16),
    "8 cells": partial(pixelated, cells=8),
    "strong blur": partial(blurred, share=0.4),
}


@pytest.fixture(scope="module")
def outcomes(data):
    album = read_album(sorted(data.glob("faces/fairface-*.parquet"))[:1], count=TRAIN + PROBES)
    trial = Trial(album, TRAIN, MobileFaceNet(data / "teachers"), waves=0)
    others = backgrounds(data / "scenes/negatives.parquet", count=100)
    return dict(faces_alone(trial, others, covers={**disguises(), **PUZZLES, "no cover": bare}))


def test_the_recogniser_knows_uncovered_faces(outcomes):
    assert outcomes["no cover"]["plain"].rank1 > 0.95


@pytest.mark.parametrize(("puzzle", "attack"), [("16 cells", "plain"), *((p, "covered gallery") for p in PUZZLES)])
def test_the_attack_solves_puzzles(outcomes, puzzle, attack):
    """Covers computed from the face are beaten; otherwise the tests below would show nothing."""
    outcome = outcomes[puzzle][attack]
    more, error = excess(outcome, outcomes["solid"][attack])
    assert outcome.rank1 > 4 * CHANCE
    assert more > SIGMAS * error


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("cover", OURS)
def test_a_cover_gives_away_no_more_than_a_solid_box(outcomes, cover, attack):
    more, error = excess(outcomes[cover][attack], outcomes["solid"][attack])
    assert more < SIGMAS * error


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("cover", ["solid", *OURS])
def test_a_covered_face_is_found_no_better_than_by_chance(outcomes, cover, attack):
    outcome = outcomes[cover][attack]
    assert outcome.rank1 < CHANCE + SIGMAS_FROM_CHANCE * outcome.error

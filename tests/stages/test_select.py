"""Votes over the frames of a video, likeness to a photo, and from chances to what is sure."""

from __future__ import annotations

import numpy as np
import pytest

from pyanon.stages.select import Alike, Votes, combined, crowded, nearest_middle, on_side, opinions, ordered
from pyanon.stages.select.votes import NEEDED, PATIENCE, Ballot
from pyanon.types import BoolArray, Embeddings, FloatArray

ONE = np.array([7], np.int64)
YES, NO, UNSURE = 1, -1, 0


def vote(votes: Votes, opinion: int, *, fit: bool = True, over: bool = False, track: int = 7) -> Ballot:
    one = np.array([track], np.int64)
    return votes(one, np.array([opinion], np.int8), fit=np.array([fit]), over=np.array([over]))


def stays(ballot: Ballot, track: int = 7) -> bool:
    return bool(ballot.kept(np.array([track], np.int64))[0])


def test_a_face_stays_from_the_fifth_sure_frame_on_and_earlier_ones_that_are_held_learn_from_it() -> None:
    votes = Votes()
    ballots, at_once = [], []
    for _ in range(NEEDED + 2):
        ballots.append(vote(votes, YES))
        at_once.append(stays(ballots[-1]))
    assert at_once == [False] * (NEEDED - 1) + [True] * 3
    assert all(stays(ballot) for ballot in ballots)


def test_a_picture_on_its_own_needs_one_frame() -> None:
    assert stays(vote(Votes(1), YES))
    assert not stays(vote(Votes(1), UNSURE))
    assert not stays(vote(Votes(1), NO))
    assert not stays(vote(Votes(1), YES, fit=False))
    assert not stays(vote(Votes(1), YES, over=True))


def test_one_contradiction_takes_everything_back_that_is_still_held() -> None:
    votes = Votes()
    held = [vote(votes, YES) for _ in range(NEEDED)]
    assert stays(held[0])
    against = vote(votes, NO)
    assert not any(stays(ballot) for ballot in [*held, against])
    after = [vote(votes, YES) for _ in range(NEEDED)]
    assert [stays(ballot) for ballot in after] == [True] * NEEDED
    assert not any(stays(ballot) for ballot in held)


@pytest.mark.parametrize("gap", ["over", "absent", "reset"])
def test_who_was_lost_or_in_a_crowd_begins_anew(gap: str) -> None:
    votes = Votes()
    before = [vote(votes, YES) for _ in range(NEEDED)]
    if gap == "over":
        assert not stays(vote(votes, YES, over=True))
    elif gap == "absent":
        vote(votes, YES, track=8)
    else:
        votes.reset()
    after = [vote(votes, YES) for _ in range(NEEDED - 1)]
    assert all(stays(ballot) for ballot in before)
    assert not any(stays(ballot) for ballot in after)
    vote(votes, YES)
    assert all(stays(ballot) for ballot in after)


def test_a_frame_that_is_not_sure_is_shown_only_between_two_that_are() -> None:
    votes = Votes()
    sure = [vote(votes, YES) for _ in range(NEEDED)]
    doubtful = [vote(votes, UNSURE) for _ in range(3)]
    assert not any(stays(ballot) for ballot in doubtful)
    vote(votes, YES)
    assert all(stays(ballot) for ballot in doubtful)
    late = vote(votes, UNSURE)
    vote(votes, NO)
    assert not any(stays(ballot) for ballot in [*sure, *doubtful, late])


def test_a_face_that_cannot_be_seen_well_is_never_shown_and_does_not_count() -> None:
    votes = Votes()
    unfit = [vote(votes, YES, fit=False) for _ in range(2 * NEEDED)]
    first = vote(votes, YES)
    assert not stays(first)
    for _ in range(NEEDED):
        vote(votes, YES)
    assert stays(first)
    assert not any(stays(ballot) for ballot in unfit)


def test_who_is_unsure_for_long_begins_anew() -> None:
    votes = Votes()
    for _ in range(NEEDED):
        vote(votes, YES)
    for _ in range(PATIENCE + 1):
        vote(votes, UNSURE)
    assert not stays(vote(votes, YES))


def test_a_track_that_is_carried_back_was_never_voted_on() -> None:
    assert not stays(vote(Votes(1), YES), track=8)


def seen(*cosines: float) -> Embeddings:
    """Faces so much like ``(1, 0)``, for both oracles."""
    rows = np.array([[c, np.sqrt(1 - c * c)] for c in cosines], np.float32).reshape(-1, 2)
    return Embeddings((rows, 3 * rows))


def test_all_oracles_must_agree_with_the_photo() -> None:
    alike = Alike(seen(1.0), same=(0.6, 0.7), other=(0.2, 0.3))
    assert alike(seen(0.9, 0.65, 0.25, 0.1)).tolist() == [1, 0, 0, -1]
    assert alike(seen()).tolist() == []


def test_nobody_is_in_a_picture_twice() -> None:
    alike = Alike(seen(1.0), same=(0.6, 0.6), other=(0.2, 0.2))
    assert alike(seen(0.9, 0.8, 0.0)).tolist() == [0, 0, -1]


def test_what_an_oracle_cannot_compare_is_not_sure() -> None:
    faces = seen(0.9, 0.0, 0.9)
    faces.oracles[0][0] = np.nan
    faces.oracles[1][1] = 0
    faces.oracles[1][2] = np.inf
    assert Alike(seen(1.0), same=(0.6, 0.6), other=(0.2, 0.2))(faces).tolist() == [0, 0, 0]


def row(*values: float) -> FloatArray:
    return np.array(values, np.float32)


def test_of_several_who_are_meant_a_face_is_one_or_none() -> None:
    opinion = [np.array(each, np.int8) for each in ([1, 0, -1, -1], [-1, -1, -1, 0])]
    assert combined(opinion, 4).tolist() == [1, 0, -1, 0]
    assert combined([], 2).tolist() == [-1, -1]


def test_who_is_meant_alone_has_a_clear_lead() -> None:
    assert opinions(row(0.99, 0.9, 0.01), single=True).tolist() == [0, 0, -1]
    assert opinions(row(0.99, 0.9, 0.01), single=False).tolist() == [1, 0, -1]
    assert opinions(row(0.99, np.nan, 0.3), single=True).tolist() == [1, 0, 0]
    assert opinions(row(0.99), single=True).tolist() == [1]
    assert opinions(row(np.nan), single=True).tolist() == [0]
    assert opinions(row(), single=True).tolist() == []


def test_the_first_of_an_order_is_clearly_first_among_those_who_may_be_meant() -> None:
    anybody = row(1, 1, 1)
    apart = row(1, 1, 1)
    assert ordered(row(9, 5, 1), apart=apart, chance=anybody).tolist() == [1, 0, 0]
    close = ordered(row(9, 8.5, 1), apart=apart, chance=anybody)
    assert np.isnan(close[:2]).all()
    assert close[2] == 0
    among = ordered(row(9, 5, 1), apart=apart, chance=row(0, 1, 1))
    assert among[1:].tolist() == [1, 0]
    unknown = ordered(row(9, 5, 1), apart=apart, chance=row(np.nan, 1, 1))
    assert np.isnan(unknown[1])
    assert unknown[2] == 0


def test_a_side_is_a_side_of_the_picture_too() -> None:
    order = row(1, 0, 0, 1)
    surely = on_side(row(0.3, 0.2, -0.3, 0.0), order, outermost=False)
    assert surely[0] == 1
    assert np.isnan(surely[[1, 3]]).all()
    assert surely[2] == 0
    assert on_side(row(0.3, 0.2, -0.3, 0.0), order, outermost=True).tolist() == order.tolist()


def test_the_middle_is_near_the_middle() -> None:
    surely = nearest_middle(row(0.02, 0.1, 0.4), row(1, 0, 0))
    assert surely[0] == 1
    assert np.isnan(surely[1])
    assert surely[2] == 0
    assert nearest_middle(row(0.4), row(1)).tolist() == [0]


def test_a_face_is_in_a_crowd_where_others_cover_much_of_it() -> None:
    shared = np.array([[100, 40, 0], [40, 400, 0], [0, 0, 9]], np.float32)
    found: BoolArray = crowded(shared, row(100, 400, 9), most=0.3)
    assert found.tolist() == [True, False, False]
    assert crowded(np.zeros((0, 0), np.float32), row(), most=0.3).tolist() == []

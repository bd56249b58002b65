"""Sample: which group, which code, and for how long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest

from pyanon.errors import InputError, PackError
from pyanon.ops import Oracle, SamplerSpec, reject, track_key
from pyanon.runtime import Manifold, Pack
from pyanon.stages.sample import GroupChoice, Prior, Sampler
from pyanon.stages.sample import sampler as sampling
from pyanon.types import Embeddings, FloatArray, Tracks
from tests.tiny_faces import CODE, SEEN, TRAITS, build, faces_at

SECRET = b"sixteen bytes ok"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return build(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture
def manifold(pack: Pack) -> Manifold:
    return pack.manifold()


def prior(manifold: Manifold, threshold: float = 0.6, gallery: float = 0.99) -> Prior:
    names = sorted(manifold.projections)
    return Prior(manifold, thresholds=dict.fromkeys(names, threshold), gallery_thresholds=dict.fromkeys(names, gallery))


def choice(manifold: Manifold, preserve: Collection[str] = (), alter: Collection[str] = ()) -> GroupChoice:
    return GroupChoice(manifold, traits=TRAITS, preserve=preserve, alter=alter)


def sampler(
    manifold: Manifold, *, secret: bytes = SECRET, epsilon: float | None = None, **thresholds: float
) -> Sampler:
    return Sampler(prior(manifold, **thresholds), choice=choice(manifold, ["age"]), secret=secret, epsilon=epsilon)


def logits(age: int, gender: int) -> FloatArray:
    row = np.zeros(5, np.float32)
    row[[age, 3 + gender]] = 1
    return row


def scene(n: int, seed: int = 3) -> tuple[Tracks, Embeddings]:
    rng = np.random.default_rng(seed)
    rows = tuple(rng.normal(size=(n, SEEN)).astype(np.float32) for _ in range(2))
    return faces_at(*[(20.0, 30.0, 1.0)] * n), Embeddings(rows)


# --- the group ---


def test_preserved_traits_keep_their_category(manifold: Manifold) -> None:
    both = choice(manifold, ["age", "gender", "pose"])
    for age in range(3):
        for gender in range(2):
            (group,) = both.wanted(logits(age, gender))
            assert manifold.groups[group].tolist() == [age, gender]


def test_altered_traits_move_to_the_farthest_category(manifold: Manifold) -> None:
    moved = choice(manifold, ["gender"], ["age"])
    means = [manifold.mean[manifold.groups[:, 0] == age].mean(0) for age in range(3)]
    for age in range(3):
        farthest = max(range(3), key=lambda other: np.linalg.norm(means[other] - means[age]))
        (group,) = moved.wanted(logits(age, 1))
        assert manifold.groups[group].tolist() == [farthest, 1]
        assert farthest != age


def test_what_is_neither_kept_nor_moved_is_left_to_chance(manifold: Manifold) -> None:
    free = choice(manifold, ["age"])
    groups = [free(logits(2, 0), key=track_key(SECRET, track)) for track in range(200)]
    assert {tuple(manifold.groups[group]) for group in groups} == {(2, 0), (2, 1)}
    assert 60 < sum(manifold.groups[group][1] for group in groups) < 140


def test_where_no_group_has_all_the_nearest_are_taken(manifold: Manifold) -> None:
    few = replace(manifold, groups=manifold.groups[:3], mean=manifold.mean[:3])  # young of both, middle female
    assert choice(few, ["age", "gender"]).wanted(logits(1, 1)).tolist() == [1, 2]


def test_names_that_the_pack_does_not_know(manifold: Manifold) -> None:
    with pytest.raises(InputError, match=r"alter.*given: gaze; expected: of: age, gender"):
        choice(manifold, alter=["gaze", "age"])
    with pytest.raises(InputError, match=r"preserve.*given: hat"):
        choice(manifold, preserve=["hat"])
    choice(manifold, preserve=["skin", "gaze"])  # the default names more than some packs know
    alike = replace(manifold, groups=np.zeros_like(manifold.groups))
    with pytest.raises(InputError, match="cannot alter 'age'"):
        choice(alike, alter=["age"])
    with pytest.raises(PackError, match="does not fit the pack's traits"):
        choice(replace(manifold, groups=manifold.groups + 2))
    with pytest.raises(PackError, match="given: 2 traits, 4 categories"):
        choice(replace(manifold, bias=manifold.bias[:4]))


def test_what_the_oracles_see_of_a_trait_adds_up(manifold: Manifold) -> None:
    """However long an embedding is; an embedding that cannot be compared says nothing."""
    biased = replace(manifold, bias=np.arange(5, dtype=np.float32))
    _, seen = scene(2)
    told = prior(biased).traits(Embeddings((3 * seen.oracles[0], seen.oracles[1])))
    parts = [
        rows / np.linalg.norm(rows, axis=1, keepdims=True) @ manifold.readouts[name].T
        for name, rows in zip(sorted(manifold.readouts), seen.oracles, strict=True)
    ]
    assert told == pytest.approx(biased.bias + parts[0] + parts[1], abs=1e-5)
    seen.oracles[1][0] = np.nan
    assert np.isnan(prior(biased).traits(seen)).all(axis=1).tolist() == [True, False]


def test_a_group_is_chosen_when_a_face_is_first_seen_clearly(manifold: Manifold) -> None:
    tracks, seen = scene(1)
    nothing = Embeddings(tuple(np.full_like(rows, np.nan) for rows in seen.oracles))
    late, at_once = sampler(manifold), sampler(manifold)
    assert np.isnan(late(tracks, nothing).code).all()
    assert (late(tracks, seen).code == at_once(tracks, seen).code).all()


# --- rejection ---


def test_codes_are_those_of_the_kernel(manifold: Manifold) -> None:
    tracks, seen = scene(1)
    it = sampler(manifold)
    code = it(tracks, seen).code
    group = choice(manifold, ["age"])(prior(manifold).traits(seen)[0], key=track_key(SECRET, 0))
    spec = SamplerSpec(
        mean=manifold.mean[group],
        factor=manifold.factor,
        radius=manifold.radius,
        oracles=tuple(Oracle(manifold.projections[name], 0.6) for name in sorted(manifold.projections)),
        anchors=manifold.anchors,
        neighbours=manifold.neighbours,
        reach=manifold.reach,
    )
    keys = np.array([track_key(SECRET, 0)], np.uint64)
    expected, _ = reject(spec, live=seen.oracles, keys=keys, max_draws=100)
    assert (code == expected).all()


def test_a_code_is_held_and_belongs_to_secret_and_track(manifold: Manifold) -> None:
    tracks, seen = scene(3)
    it = sampler(manifold)
    first = it(tracks, seen)
    order = np.array([2, 0])
    some = Embeddings(tuple(rows[order] for rows in seen.oracles))
    again = it(tracks.pick(order), some)
    assert (again.code == first.code[order]).all()
    assert (again.key == first.key[order]).all()
    assert len(np.unique(first.key)) == 3
    assert (sampler(manifold)(tracks, seen).code == first.code).all()
    other = sampler(manifold, secret=b"another sixteen!")(tracks, seen)
    assert (other.code != first.code).any(axis=1).all()
    assert not set(other.key.tolist()) & set(first.key.tolist())


def test_codes_are_unlike_all_originals_and_each_other(manifold: Manifold) -> None:
    tracks, seen = scene(6)
    codes = sampler(manifold, threshold=0.4)(tracks, seen).code
    found = np.isfinite(codes).all(axis=1)
    assert found.sum() >= 2
    for name, rows in zip(sorted(manifold.projections), seen.oracles, strict=True):
        new = codes[found] @ manifold.projections[name].T
        everybody = np.concatenate([rows, new])
        unit = everybody / np.linalg.norm(everybody, axis=1, keepdims=True)
        cosine = unit[len(rows) :] @ unit.T
        cosine[np.arange(len(new)), len(rows) + np.arange(len(new))] = -1
        assert (cosine < 0.4).all()


def test_a_redraw_is_another_code_and_then_held(manifold: Manifold) -> None:
    tracks, seen = scene(2)
    it = sampler(manifold)
    first = it(tracks, seen).code
    it.redraw([1, 77])
    second = it(tracks, seen).code
    assert (second[0] == first[0]).all()
    assert (second[1] != first[1]).any()
    assert (it(tracks, seen).code == second).all()
    it.reset()
    assert (it(tracks, seen).code == first).all()


def test_of_several_identities_one_is_settled_on(manifold: Manifold) -> None:
    """Others keep away from all of them until then."""
    tracks, seen = scene(2)
    it = sampler(manifold)
    assert it.fresh(tracks).all()
    first = it(tracks, seen).code
    assert not it.fresh(tracks).any()
    it.retake([0])
    second = it(tracks, seen).code
    assert (second[0] != first[0]).any()
    assert (second[1] == first[1]).all()
    live = it._live(seen, 1)
    assert len(live[0]) == 2 + 2  # both originals, both takes of the other face
    it.settle({0: first[0]})
    assert len(it._live(seen, 1)[0]) == 2 + 1
    assert (it(tracks, seen).code == first).all()
    it.retake([1])
    it.redraw([1])
    assert len(it._live(seen, 0)[0]) == 2


def test_merit_is_lost_by_what_is_read_otherwise(manifold: Manifold) -> None:
    young, old = logits(0, 0) * 5, logits(2, 0) * 5
    before = np.stack([young, old, young])
    keeps, moves = choice(manifold, ["age"]), choice(manifold, alter=["age"])
    assert keeps.merit(before, before + 2) == pytest.approx(np.zeros(3), abs=1e-5)
    kept = keeps.merit(before, np.stack([young, young, logits(0, 1) * 5]))
    assert kept[[0, 2]] == pytest.approx(np.zeros(2), abs=1e-5)
    share = np.exp([5, 0, 0]) / np.exp([5, 0, 0]).sum()
    assert kept[1] == pytest.approx(-(share * np.log(share / share[::-1])).sum(), rel=1e-4)
    (goal,) = set(manifold.groups[moves.wanted(young), 0].tolist())
    moved = moves.merit(before[[0, 0]], np.stack([logits(goal, 0) * 5, young]))
    assert moved[0] > moved[1]
    assert moved[0] == pytest.approx(np.log(share[0]), rel=1e-3)
    assert choice(manifold).merit(before, before[::-1]).tolist() == [0, 0, 0]


def test_where_nobody_is_unlike_everybody_there_is_no_code(manifold: Manifold) -> None:
    tracks, seen = scene(1)
    it = sampler(manifold, threshold=-0.99)
    for _ in range(3):
        assert np.isnan(it(tracks, seen).code).all()


def test_a_face_that_no_oracle_can_compare_gets_none_and_stops_nobody(manifold: Manifold) -> None:
    tracks, seen = scene(2)
    seen.oracles[1][0] = 0
    codes = sampler(manifold)(tracks, seen).code
    assert np.isfinite(codes).all(axis=1).tolist() == [False, True]


def test_nobody_is_nothing(manifold: Manifold) -> None:
    none = sampler(manifold)(*scene(0))
    assert none.code.shape == (0, CODE)


def test_the_gallery_is_kept_away_from_exactly(manifold: Manifold) -> None:
    """A code whose cosine with a gallery row reaches the threshold is known; a little below it is not."""
    code = manifold.codes(manifold.gallery[:1])[0] + np.float32(0.3) * np.arange(CODE, dtype=np.float32)
    names = sorted(manifold.projections)
    rows = [manifold.codes(manifold.gallery) @ manifold.projections[name].T for name in names]
    seen = [code @ manifold.projections[name].T for name in names]
    cosines = [(r @ s) / np.linalg.norm(r, axis=1) / np.linalg.norm(s) for r, s in zip(rows, seen, strict=True)]
    most = float(max(c.max() for c in cosines))
    for shift, known in ((-1e-4, True), (1e-4, False)):
        assert prior(manifold, gallery=most + shift).is_known(code) == known


def test_painted_faces_that_look_like_the_gallery_are_known(manifold: Manifold) -> None:
    """By any oracle; what none can compare counts as known; where there is no gallery, nobody is."""
    it = prior(manifold, gallery=0.99)
    first, second = (rows.copy() for rows in it.seen(manifold.codes(manifold.gallery[:1])))
    rng = np.random.default_rng(0)
    others = [rng.normal(size=(1, SEEN)).astype(np.float32) for _ in range(2)]
    rows = (np.concatenate([3 * first, others[0], 0 * first]), np.concatenate([others[1], 2 * second, second]))
    assert it.are_known(Embeddings(rows)).tolist() == [True, True, True]
    assert not it.are_known(Embeddings(tuple(others))).any()
    assert it.are_known(Embeddings((rows[0][:0], rows[1][:0]))).shape == (0,)
    nobody = prior(replace(manifold, gallery=manifold.gallery[:0]))
    assert nobody.are_known(Embeddings(rows)).tolist() == [False, False, True]


def test_memory_of_tracks_is_bounded(manifold: Manifold, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "REMEMBERED", 5)
    it = sampler(manifold, threshold=0.9)
    tracks, seen = scene(1)
    for number in range(20):
        it(replace(tracks, track_id=np.array([number])), seen)
    assert len(it._held) == 5


# --- the exponential mechanism ---


def test_epsilon_is_spent_once_per_draw_and_never_without_one(manifold: Manifold) -> None:
    tracks, seen = scene(2)
    it = sampler(manifold, epsilon=0.5, threshold=0.999)
    first = it(tracks, seen).code
    assert it.ledger.per_face == {0: 0.5, 1: 0.5}
    it(tracks, seen)
    assert it.ledger.total == 1.0
    it.redraw([1])
    second = it(tracks, seen).code
    assert it.ledger.per_face == {0: 0.5, 1: 0.5}  # the next draw is like the same member
    assert (second[0] == first[0]).all()
    assert (second[1] != first[1]).any()
    members = manifold.codes(manifold.member_codes)
    assert not any((members == code).all(axis=1).any() for code in (*first, *second))


def test_a_face_that_is_always_refused_stops_spending(manifold: Manifold) -> None:
    tracks, seen = scene(1)
    it = sampler(manifold, epsilon=0.5, threshold=-1.0)
    for _ in range(sampling.SPENDABLE + 3):
        assert np.isnan(it(tracks, seen).code).all()
    assert it.ledger.total == 0.5 * sampling.SPENDABLE


def test_clusters_near_the_wanted_group_are_chosen_more_often(manifold: Manifold) -> None:
    utilities = prior(manifold).utilities(0)
    assert utilities.max() <= 0
    assert utilities.min() >= -1
    tracks, seen = scene(1)
    near = 0
    members = manifold.codes(manifold.member_codes)
    owner = np.repeat(np.arange(len(manifold.members)), manifold.members)
    middles = (manifold.clusters[owner] + members) / 2
    for run in range(60):
        it = sampler(manifold, secret=b"%016d" % run, epsilon=60.0, threshold=0.999)
        it(tracks, seen)
        like, group = it._held[0].like, it._held[0].group
        assert like is not None
        cluster = owner[np.abs(middles - like.mean).sum(axis=1).argmin()]
        near += int(prior(manifold).utilities(group).argmax() == cluster)
    assert near > 40


def test_a_projection_for_every_oracle(manifold: Manifold) -> None:
    with pytest.raises(PackError, match=r"no projection.*given: arc"):
        Prior(manifold, thresholds={"arc": 0.5}, gallery_thresholds={"arc": 0.5})

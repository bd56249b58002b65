import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import Oracle, Reason, SamplerSpec, reference
from pyanon.ops.philox import normals
from pyanon.ops.reference.reject import codes, embeddings, ordered_dot
from tests.ops.samplers import crowd, keys, sampler
from tests.ops.strategies import seeds

PER_TARGET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PER_TARGET
@given(
    seed=seeds,
    size=st.integers(1, 50),
    widths=st.lists(st.integers(1, 60), min_size=1, max_size=3),
    threshold=st.floats(-1, 1),
    radius=st.one_of(st.just(float("inf")), st.floats(0, 10)),
    gallery=st.integers(0, 70),
    anchors=st.integers(0, 70),
    live=st.integers(0, 20),
    first=st.integers(0, 2**31 - 100),
)
def test_judge_is_its_definition(backend, seed, size, widths, threshold, radius, gallery, anchors, live, first):
    spec = sampler(
        seed,
        size=size,
        widths=tuple(widths),
        threshold=threshold,
        radius=radius,
        gallery=gallery,
        anchors=anchors,
        neighbours=min(anchors, seed % 4),
        reach=np.sqrt(size) * (0.5 + seed % 5 / 4),
    )
    known = crowd(spec, live, seed=seed)
    expected = reference.judge(spec, live=known, key=seed, count=70, first=first)
    np.testing.assert_array_equal(backend.judge(spec, live=known, key=seed, count=70, first=first), expected)


@PER_TARGET
@given(
    seed=seeds,
    size=st.integers(1, 40),
    threshold=st.floats(0, 0.9),
    faces=st.integers(0, 5),
    most=st.integers(0, 40),
    live=st.integers(0, 6),
    start=st.integers(0, 1000),
)
def test_reject_is_its_definition(backend, seed, size, threshold, faces, most, live, start):
    spec = sampler(
        seed, size=size, widths=(size, 9), threshold=threshold, gallery=20, anchors=20, neighbours=seed % 3, reach=6.0
    )
    known = crowd(spec, live, seed=seed)
    wanted = {"live": known, "keys": keys(*range(seed, seed + faces)), "max_draws": most}
    wanted["first"] = np.arange(start, start + faces)
    (code, draw), (expected, numbers) = backend.reject(spec, **wanted), reference.reject(spec, **wanted)
    assert (code.dtype, code.shape, draw.dtype, draw.shape) == (np.float32, (faces, size), np.int64, (faces,))
    np.testing.assert_array_equal(draw, numbers)
    np.testing.assert_array_equal(code.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("threshold", [0.2, 0.35, 0.5, 0.8])
def test_a_pruned_gallery_excludes_what_all_of_it_would(backend, threshold):
    spec = sampler(1, size=128, widths=(128,), threshold=threshold, gallery=1500)
    expected = reference.judge(spec, live=crowd(spec, 0), key=9, count=96)
    np.testing.assert_array_equal(backend.judge(spec, live=crowd(spec, 0), key=9, count=96), expected)


@pytest.mark.parametrize("side", [-1, 0, 1])
def test_a_similarity_of_exactly_the_threshold_is_too_similar(backend, side):
    """One person, met again: decided by the last bit, on every backend."""
    spec = sampler(3, size=128, widths=(128,), threshold=0.5)
    person = codes(spec, normals(8, draw=0, size=128)[None])
    seen = embeddings(spec.oracles[0], person)[0]
    live = crowd(spec, 1)
    other = live[0][0].astype(np.float64)
    dot, length = ordered_dot(seen, other), np.sqrt(ordered_dot(seen, seen)) * np.sqrt(ordered_dot(other, other))
    exact = float(dot / length)
    threshold = exact if side == 0 else float(np.nextafter(exact, side * 9.0))
    near = dataclasses.replace(spec, oracles=(dataclasses.replace(spec.oracles[0], threshold=threshold),))
    expected = reference.judge(near, live=live, key=8, count=3)
    np.testing.assert_array_equal(backend.judge(near, live=live, key=8, count=3), expected)


def test_accepted_codes_are_distinct_for_every_oracle_and_realistic():
    spec = sampler(
        4, size=32, widths=(32, 20, 40), threshold=0.6, radius=6.5, gallery=200, anchors=200, neighbours=3, reach=5.0
    )
    live = crowd(spec, 5)
    code, draw = ops.reject(spec, live=live, keys=keys(*range(12)), max_draws=500)
    assert (draw >= 0).all()
    for oracle, known in zip(spec.oracles, live, strict=True):
        seen = code @ oracle.projection.T
        others = np.concatenate([known, oracle.gallery, seen])
        cosine = (seen @ others.T) / np.outer(np.linalg.norm(seen, axis=1), np.linalg.norm(others, axis=1))
        np.fill_diagonal(cosine[:, -len(seen) :], -1)
        assert cosine.max() < oracle.threshold
    n = np.linalg.solve(spec.factor.astype(float), (code - spec.mean).T.astype(float)).T
    assert np.linalg.norm(n, axis=1).max() <= spec.radius + 1e-4
    apart = np.sort(np.linalg.norm(code[:, None] - spec.anchors[None], axis=2), axis=1)
    assert apart[:, spec.neighbours - 1].max() <= spec.reach + 1e-4


def test_the_same_key_is_the_same_person_and_another_key_another_one():
    spec = sampler(5, size=64, widths=(64,), threshold=0.9)
    live = crowd(spec, 2)
    wanted = keys(*range(300))
    code, _ = ops.reject(spec, live=live, keys=wanted, max_draws=64)
    again, _ = ops.reject(spec, live=live, keys=wanted, max_draws=64)
    np.testing.assert_array_equal(code, again)
    n = np.linalg.solve(spec.factor.astype(float), (code - spec.mean).T.astype(float)).T
    neighbours = (n[:-1] * n[1:]).sum(1) / (np.linalg.norm(n[:-1], axis=1) * np.linalg.norm(n[1:], axis=1))
    assert abs(neighbours.mean()) < 5 / np.sqrt(64 * 299)


def test_faces_that_do_not_meet_do_not_depend_on_their_order():
    """Who came before matters only where two would be alike; everybody's draws stay the same."""
    spec = sampler(6, size=64, widths=(64,), threshold=0.95)
    there, _ = ops.reject(spec, live=crowd(spec, 2), keys=keys(1, 2, 3, 4), max_draws=32)
    back, _ = ops.reject(spec, live=crowd(spec, 2), keys=keys(4, 3, 2, 1), max_draws=32)
    np.testing.assert_array_equal(there, back[::-1])


def test_two_faces_with_one_key_are_still_two_people(backend):
    spec = sampler(7, threshold=0.8)
    code, draw = backend.reject(spec, live=crowd(spec, 0), keys=keys(5, 5), max_draws=50)
    assert draw[0] == 0 < draw[1]
    assert (code[0] != code[1]).any()


def test_a_track_that_draws_again_goes_on_after_its_last_draw():
    spec = sampler(8, threshold=0.7)
    live = crowd(spec, 3)
    reasons = ops.judge(spec, live=live, key=11, count=60)
    accepted = np.flatnonzero(reasons == Reason.ACCEPTED)
    assert len(accepted) > 2
    start = 0
    for expected in accepted:
        _, draw = ops.reject(spec, live=live, keys=keys(11), max_draws=60, first=np.array([start]))
        assert draw[0] == expected
        start = int(draw[0]) + 1


def test_draws_are_bounded(backend):
    spec = dataclasses.replace(sampler(9), radius=0.0)
    code, draw = backend.reject(spec, live=crowd(spec, 1), keys=keys(1, 2), max_draws=100)
    assert np.isnan(code).all()
    assert (draw == -1).all()


def test_accepted_codes_are_spread_as_by_plain_rejection():
    """Against draws of NumPy's own generator that pass the same tests, by the moments of codes and of their lengths."""
    spec = sampler(10, size=6, widths=(6,), threshold=0.5, radius=2.6)
    live = crowd(spec, 3)
    found = []
    for key in range(3000):  # one face at a time: nobody joins
        code, draw = ops.reject(spec, live=live, keys=keys(key), max_draws=200)
        assert draw[0] >= 0
        found.append(code[0])
    rng = np.random.default_rng(0)
    n = rng.normal(size=(60000, 6))
    plain = (spec.mean + n @ spec.factor.T)[np.linalg.norm(n, axis=1) <= spec.radius]
    seen, others = plain @ spec.oracles[0].projection.T, live[0] / np.linalg.norm(live[0], axis=1, keepdims=True)
    plain = plain[((seen / np.linalg.norm(seen, axis=1, keepdims=True)) @ others.T).max(1) < 0.5]
    ours = np.array(found, np.float64)
    error = 5 * np.sqrt(plain.var(0) * (1 / len(ours) + 1 / len(plain)))
    assert (abs(ours.mean(0) - plain.mean(0)) < error).all()
    np.testing.assert_allclose(np.cov(ours.T), np.cov(plain.T), atol=0.12)


def test_any_strides_are_read(backend):
    spec = sampler(11)
    live = crowd(spec, 4)
    wanted = backend.judge(spec, live=live, key=1, count=50)
    spread = [np.repeat(np.asfortranarray(rows), 2, 0)[::2] for rows in live]
    np.testing.assert_array_equal(backend.judge(spec, live=spread, key=1, count=50), wanted)
    other = dataclasses.replace(spec, factor=np.asfortranarray(spec.factor), mean=np.repeat(spec.mean, 3)[::3])
    np.testing.assert_array_equal(backend.judge(other, live=live, key=1, count=50), wanted)


def test_nobody_is_a_scene_too(backend):
    spec = sampler(12)
    code, draw = backend.reject(spec, live=crowd(spec, 0), keys=keys(), max_draws=5)
    assert code.shape == (0, 24)
    assert draw.shape == (0,)
    assert backend.judge(spec, live=crowd(spec, 0), key=0, count=0).shape == (0,)


def test_a_code_without_a_direction_is_like_everybody(backend):
    """A prior that is one point at 0: 0 reaches any threshold times 0."""
    point = sampler(13, size=8, widths=(8,), gallery=3)
    point = dataclasses.replace(point, mean=np.zeros(8, np.float32), factor=np.zeros((8, 8), np.float32))
    for spec, live in [
        (point, 0),
        (dataclasses.replace(point, oracles=(Oracle(np.eye(8, dtype=np.float32), 0.5),)), 2),
    ]:
        known = crowd(spec, 0) if live == 0 else [np.ones((live, 8), np.float32)]
        expected = reference.judge(spec, live=known, key=1, count=4)
        np.testing.assert_array_equal(backend.judge(spec, live=known, key=1, count=4), expected)
        assert (expected != Reason.ACCEPTED).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"live": []}, "live does not speak of every oracle; given: 0 arrays; expected: 2"),
        ({"live": [np.ones((1, 24), np.float32), np.ones((2, 16), np.float32)]}, r"live\[1\] is not the array"),
        ({"live": [np.full((1, 24), np.nan, np.float32), np.ones((1, 16), np.float32)]}, "row 0 with NaN or infinity"),
        ({"live": [np.ones((1, 24), np.float32), np.zeros((1, 16), np.float32)]}, "row 0 of zeros"),
        ({"keys": np.zeros(2, np.int64)}, "keys is not the array this op needs; given: int64"),
        ({"max_draws": -1}, "max_draws leaves the numbers that draws can have"),
        ({"first": np.array([2**31 - 3, 0])}, "first and max_draws leaves the numbers"),
        ({"first": np.array([-1, 0])}, "first and max_draws leaves the numbers"),
        ({"first": np.array([0])}, "first is not the array"),
    ],
)
def test_reject_says_what_is_wrong(change, message):
    spec = sampler(14)
    arguments = {"live": crowd(spec, 1), "keys": keys(1, 2), "max_draws": 4}
    with pytest.raises(InputError, match=message):
        ops.reject(spec, **(arguments | change))


EYE = np.eye(4, dtype=np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Oracle(EYE.astype(np.float64), 0.3), "Oracle.projection is not the array .* given: float64"),
        (lambda: Oracle(EYE, 1.5), "Oracle.threshold is out of range; given: 1.5"),
        (lambda: Oracle(EYE, float("nan")), "Oracle.threshold is out of range"),
        (lambda: Oracle(EYE, 0.3, np.zeros((2, 4), np.float32)), "an embedding of Oracle.gallery has length 0"),
        (lambda: Oracle(EYE, 0.3, np.ones((2, 3), np.float32)), "Oracle.gallery is not the array"),
        (lambda: Oracle(np.full((4, 4), np.inf, np.float32), 0.3), "Oracle.projection is not finite"),
        (lambda: SamplerSpec(EYE[0], EYE, 1.0, ()), "SamplerSpec.oracles is empty"),
        (lambda: SamplerSpec(EYE[0], EYE, -1.0, (Oracle(EYE, 0.3),)), "SamplerSpec.radius is out of range"),
        (lambda: SamplerSpec(EYE[0], EYE, 1.0, (Oracle(EYE, 0.3),), EYE, 5), "SamplerSpec.neighbours is out of range"),
        (lambda: SamplerSpec(EYE[0], EYE[:3], 1.0, (Oracle(EYE, 0.3),)), "SamplerSpec.factor is not the array"),
    ],
)
def test_a_spec_says_what_is_wrong(make, message):
    with pytest.raises(InputError, match=message):
        make()

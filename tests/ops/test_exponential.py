import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import EpsilonLedger, reference
from pyanon.ops.reference.exponential import weights
from tests.ops.samplers import keys
from tests.ops.strategies import seeds

PER_TARGET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: Chi-squared quantiles at 0.999 by degrees of freedom (NIST/SEMATECH handbook of statistical methods, 1.3.6.7.4).
CHI_SQUARED = {1: 10.828, 4: 18.467, 5: 20.515, 7: 24.322, 9: 27.877}


@PER_TARGET
@given(
    seed=seeds,
    count=st.integers(0, 6),
    groups=st.integers(1, 40),
    spread=st.sampled_from([0.0, 1e-3, 1.0, 30.0, 1e300]),
    epsilon=st.floats(1e-3, 100),
    bounds=st.tuples(st.integers(0, 39), st.integers(0, 39)),
)
def test_exponential_is_its_definition(backend, seed, count, groups, spread, epsilon, bounds):
    rng = np.random.default_rng(seed)
    utilities = np.asfortranarray(rng.normal(size=(count, groups)).round(1) * spread)
    best = 1 + bounds[0] % groups
    wanted = {
        "sizes": rng.integers(1, 1 << 40, groups),
        "epsilon": epsilon,
        "sensitivity": 0.5,
        "keys": rng.integers(0, 1 << 64, count, np.uint64),
        "ranks": None if seed % 3 == 0 else (best, best + bounds[1] % (groups - best + 1)),
        "draws": rng.integers(0, 1 << 31, count),
    }
    with np.errstate(over="ignore"):
        expected = reference.exponential(utilities, **wanted)
    for ours, theirs in zip(backend.exponential(utilities, **wanted), expected, strict=True):
        assert ours.dtype == np.int64
        np.testing.assert_array_equal(ours, theirs)


def test_weights_are_the_exponential_function():
    at = np.linspace(-30, 0, 10001)
    np.testing.assert_allclose(weights(at), np.exp(at) * 2.0**44, rtol=4e-16, atol=1.0)
    assert weights(np.zeros(1))[0] == 1 << 44
    assert weights(np.array([-1e9, -np.inf])).tolist() == [1, 1]


def chi_squared(counts, expected):
    return float(((counts - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("epsilon", [0.1, 2.0, 8.0])
def test_groups_are_chosen_with_the_exact_probabilities(simd, epsilon):
    utility = np.array([0.3, 1.0, 0.0, 0.9, 0.55, 0.2, 0.7, 0.1])
    exact = np.exp(epsilon * utility / 2)
    exact /= exact.sum()
    n = 40000
    group, _ = ops.exponential(
        np.tile(utility, (n, 1)), sizes=np.ones(8, np.int64), epsilon=epsilon, sensitivity=1.0, keys=keys(*range(n))
    )
    assert chi_squared(np.bincount(group, minlength=8), n * exact) < CHI_SQUARED[7]


def test_within_rank_bounds_the_probabilities_are_those_of_the_groups_left():
    utility, n = np.array([5.0, 1.0, 4.0, 2.0, 2.0, 3.0, 0.0]), 20000
    group, _ = ops.exponential(
        np.tile(utility, (n, 1)),
        sizes=np.ones(7, np.int64),
        epsilon=1.0,
        sensitivity=1.0,
        keys=keys(*range(n)),
        ranks=(2, 6),
    )
    kept = np.array([2, 5, 3, 4, 1])  # ranks 2 to 6: equal utilities in their order
    exact = np.exp(utility[kept] / 2) / np.exp(utility[kept] / 2).sum()
    counts = np.bincount(group, minlength=7)
    assert counts[0] == counts[6] == 0
    assert chi_squared(counts[kept], n * exact) < CHI_SQUARED[4]


def test_members_are_chosen_uniformly_and_apart_from_their_group():
    n = 30000
    group, member = ops.exponential(
        np.zeros((n, 2)), sizes=np.array([5, 5]), epsilon=1.0, sensitivity=1.0, keys=keys(*range(n))
    )
    counts = np.bincount(5 * group + member, minlength=10)
    assert chi_squared(counts, np.full(10, n / 10)) < CHI_SQUARED[9]


def test_draws_of_one_key_are_independent():
    n = 30000
    group, _ = ops.exponential(
        np.zeros((n, 2)),
        sizes=np.ones(2, np.int64),
        epsilon=1.0,
        sensitivity=1.0,
        keys=np.full(n, 77, np.uint64),
        draws=np.arange(n),
    )
    same = int((group[1:] == group[:-1]).sum())
    assert chi_squared(np.array([same, n - 1 - same]), np.full(2, (n - 1) / 2)) < CHI_SQUARED[1]


def test_one_draw_loses_at_most_epsilon():
    """The ratio of the probabilities under utilities that differ by the sensitivity, from the weights themselves."""
    rng = np.random.default_rng(0)
    for epsilon in (0.1, 1.0, 5.0):
        utility = rng.uniform(0, 10, 50)
        other = utility + rng.uniform(-1, 1, 50)
        mine, yours = (weights((u - u.max()) * epsilon / 2).astype(float) for u in (utility, other))
        ratio = (mine / mine.sum()) / (yours / yours.sum())
        assert np.log(ratio).max() <= epsilon + 1e-3 * epsilon
        assert -np.log(ratio).min() <= epsilon + 1e-3 * epsilon


def test_the_ledger_adds_up_per_face_and_in_total():
    ledger = EpsilonLedger()
    assert (ledger.per_face, ledger.worst, ledger.total) == ({}, 0.0, 0.0)
    for track, epsilon in [(1, 0.5), (2, 1.0), (1, 0.75)]:
        ledger.spend(track, epsilon)
    assert ledger.per_face == {1: 1.25, 2: 1.0}
    assert ledger.worst == 1.25
    assert ledger.total == 2.25


def test_rank_bounds_that_leave_groups_out_have_no_epsilon():
    ledger = EpsilonLedger()
    ledger.spend(3, 0.5, all_groups=False)
    assert math.isinf(ledger.worst)


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.nan, math.inf])
def test_the_ledger_takes_no_nonsense(epsilon):
    with pytest.raises(InputError, match="epsilon is not a positive number"):
        EpsilonLedger().spend(1, epsilon)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": 0.0}, "epsilon is not a positive number; given: 0.0"),
        ({"epsilon": math.nan}, "epsilon is not a positive number"),
        ({"sensitivity": -1.0}, "sensitivity is not a positive number"),
        ({"ranks": (0, 2)}, r"ranks are not a range .* given: 0 .. 2; expected: 1 <= best <= worst <= 3"),
        ({"ranks": (3, 2)}, "ranks are not a range"),
        ({"ranks": (1, 4)}, "ranks are not a range"),
        ({"sizes": np.array([1, 0, 2])}, "sizes holds a group without a member"),
        ({"sizes": np.zeros(0, np.int64)}, "sizes has the wrong number of groups"),
        ({"sizes": np.ones(4, np.int64)}, "utilities is not the array"),
        ({"keys": np.zeros(1, np.uint64)}, "keys is not the array"),
        ({"draws": np.array([0, -1])}, "draws holds what is not the number of a draw"),
    ],
)
def test_exponential_says_what_is_wrong(backend, change, message):
    arguments = {"sizes": np.ones(3, np.int64), "epsilon": 1.0, "sensitivity": 1.0, "keys": keys(1, 2)}
    with pytest.raises(InputError, match=message):
        backend.exponential(np.zeros((2, 3)), **(arguments | change))


def test_a_utility_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match="utilities holds what is not finite"):
        ops.exponential(np.full((1, 2), np.nan), sizes=np.ones(2, np.int64), epsilon=1.0, sensitivity=1.0, keys=keys(1))

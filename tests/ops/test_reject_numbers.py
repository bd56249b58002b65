"""The random numbers of the sampler: known answers, moments, keys."""

import hashlib

import numpy as np
import pytest

from pyanon.errors import InputError
from pyanon.ops import track_key
from pyanon.ops.philox import normal_table, normals, philox, random64

#: Counter, key, output: philox4x32-10 in the kat_vectors file of the Random123 distribution.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_philox_gives_its_known_answers(counter, key, expected):
    words = philox(tuple(np.array([word], np.uint32) for word in counter), key=key[0] | key[1] << 32)
    assert tuple(int(word[0]) for word in words) == expected


def test_every_machine_makes_the_same_table_of_normals():
    table = normal_table()
    assert table.shape == (32768,)
    assert (np.diff(table.astype(int)) >= 0).all()
    digest = hashlib.sha256(table.astype("<i2").tobytes()).hexdigest()
    assert digest == "2c80abe71f046094d7f8d8597d31e370cd0ee003c451a7b83d2f7f7f0bee4fe0"


def test_the_table_has_the_moments_of_a_normal():
    values = normal_table() / 4096
    assert (values**2).mean() == pytest.approx(1, abs=3e-5)
    assert (values**4).mean() == pytest.approx(3, abs=2e-3)
    assert values.max() == pytest.approx(4.325, abs=1e-3)


def test_draws_have_mean_0_variance_1_and_no_correlation():
    drawn = np.array([normals(7, draw=i, size=40) for i in range(4000)]) / 4096
    assert abs(drawn.mean()) < 5 / np.sqrt(drawn.size)
    covariance = drawn.T @ drawn / len(drawn)
    np.testing.assert_allclose(covariance, np.eye(40), atol=5.5 / np.sqrt(len(drawn)))


def test_a_draw_depends_on_its_key_and_number_alone():
    assert (normals(3, draw=5, size=100) == normals(3, draw=5, size=100)).all()
    assert (normals(3, draw=5, size=100) != normals(3, draw=6, size=100)).any()
    assert (normals(3, draw=5, size=100) != normals(3 | 1 << 63, draw=5, size=100)).any()
    assert random64(3, draw=5) != random64(3, draw=6)


def test_choices_are_not_made_with_the_numbers_of_the_normals():
    first = normals(3, draw=0, size=8).tobytes()
    assert first != np.array(random64(3, draw=0), np.uint64).tobytes()


def test_a_tracks_key_is_its_own_and_the_secrets():
    secret, other = bytes(range(32)), bytes(range(1, 33))
    assert track_key(secret, 4) == track_key(secret, 4)
    assert len({track_key(s, track) for s in (secret, other) for track in range(-5, 500)}) == 2 * 505
    assert 0 <= track_key(secret, -1) < 1 << 64


def test_a_short_secret_is_refused():
    with pytest.raises(InputError, match="given: 3 bytes; expected: 16 to 64; do: make one with secrets"):
        track_key(b"abc", 0)

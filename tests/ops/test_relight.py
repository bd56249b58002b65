import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import reference
from pyanon.ops.philox import normals
from tests.ops.strategies import LAYOUTS, layouts, picture, seeds

PER_TARGET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
VISIBLE, RING, INSIDE = 1, 2, 4


def regions(size):
    """A face in the middle, a ring around it, and all but the face visible."""
    ticks = np.abs(np.arange(size) + 0.5 - size / 2) / size
    far = np.maximum(ticks[:, None], ticks)
    ring = (far > 0.25) & (far < 0.35)
    return np.where(far <= 0.25, INSIDE, VISIBLE + RING * ring).astype(np.uint8)


def flat(size, level=100, *, noise=0.0, seed=1):
    """A painted face of one grey, with noise that its channels share."""
    rough = np.random.default_rng(seed).normal(0, noise, (1, 1, size, size))
    return ((level + rough + np.zeros((1, 3, size, size))) / 255).astype(np.float32)


def real(size, level=100, *, noise=0.0, slope=0.0, seed=2):
    rough = np.random.default_rng(seed).normal(0, noise, (1, size, size, 1))
    ramp = slope * (np.arange(size) - size / 2 + 0.5)[:, None, None]
    return np.clip(np.rint(level + rough + ramp + np.zeros((1, size, size, 3))), 0, 255).astype(np.uint8)


def grains(size, count=1):
    return np.stack([normals(key + 7, draw=1, size=size * size).reshape(size, size) for key in range(count)])


def wild(rng, shape):
    """What a network might give at worst: beyond 0..1, infinite, not a number, and tiny."""
    values = rng.normal(0.5, 0.4, shape).astype(np.float32)
    for bad in (np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45):
        values[rng.random(shape) < rng.choice([0, 0, 0.01])] = bad
    return values


def scene(seed, size, count, layout):
    """Faces of every kind; each array has the strides of some layout."""
    rng = np.random.default_rng(seed)
    shape = (count * size, size)
    flags = rng.integers(0, 256, shape) if seed % 2 else regions(size)[None].repeat(count, 0).reshape(shape)
    flags = np.where(rng.random(shape) < 0.02, rng.integers(0, 8, shape), flags).astype(np.uint8)
    smooth = rng.normal(0.5, 0.2, (count, 3, 1, 1)) + rng.normal(0, 0.02, (count, 3, size, size))
    painted = smooth.astype(np.float32) if seed % 3 else wild(rng, (count, 3, size, size))
    apart = LAYOUTS[layout](painted.transpose(0, 2, 3, 1).reshape(*shape, 3)).reshape(count, size, size, 3)
    around = picture(seed, *shape, layout=layout) if seed % 5 else np.clip(rng.normal(140, 3, (*shape, 3)), 0, 255)
    grain = rng.integers(-(1 << 15), 1 << 15, shape) if seed % 7 == 0 else rng.normal(0, 4096, shape)
    return apart.transpose(0, 3, 1, 2), {
        "around": around.astype(np.uint8, copy=False).reshape(count, size, size, 3),
        "regions": LAYOUTS[layout](flags[..., None].repeat(3, 2))[..., 1].reshape(count, size, size),
        "grain": LAYOUTS[layout](grain.astype(np.int16)[..., None].repeat(3, 2))[..., 2].reshape(count, size, size),
    }


@PER_TARGET
@given(seed=seeds, size=st.integers(0, 70), count=st.integers(0, 3), layout=layouts)
def test_relight_is_its_definition(backend, seed, size, count, layout):
    painted, given_ = scene(seed, size, count, layout)
    for ours, theirs in zip(backend.relight(painted, **given_), reference.relight(painted, **given_), strict=True):
        assert ours.dtype == np.uint8
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("seed", range(2))
def test_a_whole_face_is_its_definition(backend, seed):
    painted, given_ = scene(12 + seed, 128, 2, "packed")
    for ours, theirs in zip(backend.relight(painted, **given_), reference.relight(painted, **given_), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("level", "expected"), [(104, 104), (97, 97), (100, 100), (250, 106), (0, 94)])
def test_light_comes_from_the_ring_and_is_bounded(backend, level, expected):
    pixels, _ = backend.relight(flat(64), around=real(64, level), regions=regions(64)[None], grain=grains(64))
    assert (pixels[0, 20:44, 20:44] == expected).all()


def test_a_slope_of_light_is_followed(backend):
    pixels, _ = backend.relight(flat(64), around=real(64, slope=0.1), regions=regions(64)[None], grain=0 * grains(64))
    rows = pixels[0, 16:48, 16:48].mean(axis=(1, 2))
    # The fit leans towards no slope, by about a fourth where the ring's own spread is 0.06.
    assert rows[-1] - rows[0] == pytest.approx(0.75 * 0.1 * 31, abs=0.7)
    assert rows.mean() == pytest.approx(100, abs=0.3)


def test_grain_is_what_the_face_lacks(backend):
    look = {"regions": regions(96)[None], "grain": grains(96)}
    inside = np.s_[0, 30:66, 30:66, 0]
    for wanted, have in ((4.0, 0.0), (5.0, 3.0), (2.0, 4.0), (30.0, 0.0)):
        given_ = {"around": real(96, noise=wanted), **look}
        pixels, _ = backend.relight(flat(96, noise=have), **given_)
        expected = np.hypot(have, min(8, np.sqrt(max(wanted**2 - have**2, 0))))
        assert pixels[inside].std() == pytest.approx(expected, rel=0.15)


def test_where_little_is_known_nothing_is_added(backend):
    for hidden in (np.zeros((64, 64), np.uint8), np.pad(np.full((7, 9), 7, np.uint8), ((3, 54), (3, 52)))):
        pixels, finite = backend.relight(
            flat(64), around=real(64, 200, noise=9), regions=hidden[None], grain=grains(64)
        )
        assert (pixels == 100).all()
        assert finite.tolist() == [1]


@pytest.mark.parametrize(("bad", "level"), [(np.nan, 0), (np.inf, 255), (-np.inf, 0)])
def test_what_is_not_finite_is_said_of_its_face_alone(backend, bad, level):
    painted = flat(16).repeat(3, 0)
    painted[1, 2, 15, 7] = bad
    given_ = {"around": real(16).repeat(3, 0), "regions": np.zeros((3, 16, 16), np.uint8), "grain": grains(16, 3)}
    pixels, finite = backend.relight(painted, **given_)
    assert finite.tolist() == [1, 0, 1]
    assert pixels[1, 15, 7].tolist() == [100, 100, level]


def test_levels_are_rounded_to_the_nearest(backend):
    painted = (np.arange(256 * 4) / 4 / 255).astype(np.float32).reshape(1, 1, 32, 32).repeat(3, 1)
    given_ = {"around": real(32), "regions": np.zeros((1, 32, 32), np.uint8), "grain": grains(32)}
    pixels, _ = backend.relight(painted, **given_)
    exact = np.floor(np.arange(256 * 4) / 4 + 0.5).clip(0, 255)
    np.testing.assert_array_equal(pixels[0, :, :, 0].reshape(-1), exact)


def test_it_writes_where_it_is_told_to():
    out = np.zeros((1, 16, 16, 3), np.uint8)
    given_ = {"around": real(16), "regions": regions(16)[None], "grain": grains(16)}
    assert ops.relight(flat(16), **given_, out=out)[0] is out
    np.testing.assert_array_equal(out, reference.relight(flat(16), **given_)[0])


def test_out_may_be_given(backend):
    given_ = {"around": real(16), "regions": regions(16)[None], "grain": grains(16)}
    pixels, _ = backend.relight(flat(16), **given_, out=np.zeros((1, 16, 16, 3), np.uint8))
    np.testing.assert_array_equal(pixels, reference.relight(flat(16), **given_)[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"around": np.zeros((2, 8, 8, 3), np.uint8)}, r"around is not the array .* of shape \(1, 8, 8, 3\)"),
        ({"regions": np.zeros((1, 8, 8), np.bool_)}, "regions is not the array .* given: bool"),
        ({"grain": np.zeros((1, 8, 8), np.float32)}, "grain is not the array .* given: float32"),
        ({"out": np.zeros((1, 8, 8), np.uint8)}, "out is not the array"),
        ({"out": np.zeros((1, 8, 8, 6), np.uint8)[..., ::2]}, "out cannot be written to as pixels"),
    ],
)
def test_relight_says_what_is_wrong(backend, change, message):
    given_ = {"around": real(8), "regions": regions(8)[None], "grain": grains(8)} | change
    with pytest.raises(InputError, match=message):
        backend.relight(flat(8), **given_)


def test_painted_faces_are_square_and_planar(backend):
    given_ = {"around": real(8), "regions": regions(8)[None], "grain": grains(8)}
    for shape in ((1, 3, 8, 9), (1, 8, 8, 3)):
        with pytest.raises(InputError, match="painted is not the array"):
            backend.relight(np.zeros(shape, np.float32), **given_)

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import layouts, picture, seeds

PER_TARGET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PER_TARGET
@given(seed=seeds, size=st.integers(0, 70), count=st.integers(0, 3), layout=layouts)
def test_planes_is_its_definition(backend, seed, size, count, layout):
    """Crops below each other in one picture of some layout."""
    pixels = picture(seed, count * size, size, layout=layout).reshape(count, size, size, 3)
    made = backend.planes(pixels)
    assert made.dtype == np.float32
    assert made.flags.c_contiguous
    np.testing.assert_array_equal(made, reference.planes(pixels))


def test_rows_may_have_gaps(backend):
    strip = picture(3, 20, 61)
    crops = np.lib.stride_tricks.sliding_window_view(strip, (20, 20), axis=(0, 1))[0, ::20].transpose(0, 2, 3, 1)
    assert not crops.flags.c_contiguous
    np.testing.assert_array_equal(backend.planes(crops), reference.planes(crops))


def test_every_level_is_divided_exactly(backend):
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, 3)
    made = backend.planes(pixels)
    assert made.shape == (1, 3, 16, 16)
    exact = np.float32(np.arange(256) / 255)
    for plane in made[0]:
        np.testing.assert_array_equal(plane.reshape(-1), exact)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((1, 4, 4, 3), np.float32), "pixels is not the array .* given: float32"),
        (np.zeros((4, 4, 3), np.uint8), r"pixels is not the array .* expected: .* of shape \(any, any, any, 3\)"),
        (np.zeros((2, 4, 5, 3), np.uint8), r"pixels is not the array .* expected: .* of shape \(2, 4, 4, 3\)"),
    ],
)
def test_planes_says_what_is_wrong(backend, pixels, message):
    with pytest.raises(InputError, match=message):
        backend.planes(pixels)

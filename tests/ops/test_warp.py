import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import layouts, picture, seeds, similarity

PER_TARGET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PER_TARGET
@given(
    seed=seeds,
    frame=st.tuples(st.integers(1, 60), st.integers(1, 90)),
    size=st.integers(1, 30),
    count=st.integers(0, 3),
    times=st.integers(1, 9),
    layout=layouts,
)
def test_warp_is_its_definition(backend, seed, frame, size, count, times, layout):
    image = picture(seed, *frame, layout=layout)
    matrix = np.array([similarity(seed + k, size=size, extent=max(frame)) for k in range(count)], np.float32)
    matrix = matrix.reshape(count, 2, 3)
    crops = backend.warp(image, matrix=matrix, size=size, times=times)
    assert crops.shape == (count, size, size, 3)
    np.testing.assert_array_equal(crops, reference.warp(image, matrix=matrix, size=size, times=times))


def test_outer_corners_fall_together(backend):
    # A frame of two colours, doubled: the seam between them stays half-way, and no half pixel is lost.
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, 4:] = 200
    crop = backend.warp(image, matrix=np.array([[[2, 0, 0], [0, 2, 0]]], np.float32), size=16)[0]
    np.testing.assert_array_equal(crop[0, :, 0], [0] * 7 + [50, 150] + [200] * 7)


def test_far_outside_the_border_is_repeated(backend):
    image = picture(1, 5, 7)
    crop = backend.warp(image, matrix=np.array([[[1, 0, 1e7], [0, 1, 1e7]]], np.float32), size=3)[0]
    assert (crop == image[0, 0]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_matrix_that_is_no_map_is_refused(backend, bad):
    matrix = np.full((1, 2, 3), bad, np.float32)
    with pytest.raises(InputError, match="not an invertible map"):
        backend.warp(picture(0, 4, 4), matrix=matrix, size=4)


@pytest.mark.parametrize("size", [0, -1, 1 << 20])
def test_a_size_that_is_no_side_is_refused(backend, size):
    with pytest.raises(InputError, match="size is not the side"):
        backend.warp(picture(0, 4, 4), matrix=np.zeros((0, 2, 3), np.float32), size=size)

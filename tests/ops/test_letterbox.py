import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import layouts, picture, seeds

PER_TARGET = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
sides = st.one_of(st.integers(1, 24), st.integers(1, 260))


@PER_TARGET
@given(seed=seeds, frame=st.tuples(sides, sides), size=st.tuples(sides, sides), layout=layouts)
def test_letterbox_is_its_definition(backend, seed, frame, size, layout):
    image = picture(seed, *frame, layout=layout)
    planes, ratio, offset = backend.letterbox(image, size=size, mean=20, scale=0.5)
    expected, *placement = reference.letterbox(image, size=size, mean=20, scale=0.5)
    assert (ratio, offset) == tuple(placement)
    np.testing.assert_allclose(planes, expected, rtol=0, atol=0.5 * 0.02)


@PER_TARGET
@given(seed=seeds, frame=st.tuples(sides, sides), size=st.tuples(sides, sides))
def test_every_target_gives_the_same_bits(simd, seed, frame, size):
    image = picture(seed, *frame)
    planes = ops.letterbox(image, size=size)[0]
    ops.force_simd("portable")
    expected = ops.letterbox(image, size=size)[0]
    ops.force_simd(simd)
    np.testing.assert_array_equal(planes, expected)


@pytest.mark.parametrize(
    ("frame", "size"), [((720, 1280), (640, 352)), ((1080, 1920), (640, 352)), ((90, 60), (64, 64))]
)
def test_a_point_comes_back_where_it_was(backend, simd, frame, size):
    # One bright pixel block per corner region; its centre of mass must map back within a fraction of a pixel.
    image = np.zeros((*frame, 3), np.uint8)
    y, x = frame[0] // 3, frame[1] // 4
    image[y : y + 12, x : x + 12] = 255
    planes, ratio, offset = backend.letterbox(image, size=size, fill=0)
    plane = planes[0]
    rows, columns = np.indices(plane.shape) + 0.5
    centre = np.array([(columns * plane).sum(), (rows * plane).sum()]) / plane.sum()
    np.testing.assert_allclose((centre - offset) / ratio, [x + 6, y + 6], atol=0.1 / ratio)


def test_a_frame_of_the_size_is_only_normalised(backend):
    image = picture(3, 32, 64)
    planes, ratio, offset = backend.letterbox(image, size=(64, 32), mean=10, scale=2)
    assert (ratio, offset) == (1, (0, 0))
    np.testing.assert_array_equal(planes, (image.transpose(2, 0, 1).astype(np.float32) - 10) * 2)


def test_out_is_written_to():
    out = np.full((3, 16, 16), np.nan, np.float32)
    planes, *_ = ops.letterbox(picture(3, 5, 40), size=(16, 16), out=out)
    assert planes is out
    assert np.isfinite(out).all()


@pytest.mark.parametrize(
    "out", [np.zeros((3, 8, 16), np.float32), np.zeros((3, 16, 8)), np.zeros((3, 16, 16), np.float32)[:, :, ::2]]
)
def test_an_out_of_another_kind_is_refused(backend, out):
    with pytest.raises(InputError, match="out "):
        backend.letterbox(picture(3, 5, 40), size=(8, 16), out=out)


@pytest.mark.parametrize("size", [(0, 4), (4, -1)])
def test_an_empty_size_is_refused(backend, size):
    with pytest.raises(InputError, match="not a width and a height"):
        backend.letterbox(picture(3, 5, 40), size=size)


def test_an_empty_frame_is_refused(backend):
    with pytest.raises(InputError, match="holds no pixel"):
        backend.letterbox(np.zeros((0, 4, 3), np.uint8), size=(4, 4))

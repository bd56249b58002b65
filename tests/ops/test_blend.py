import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyanon import ops
from pyanon.errors import InputError
from pyanon.ops import reference
from tests.ops.strategies import LAYOUTS, layouts, mask, picture, seeds, similarity

PER_TARGET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PER_TARGET
@given(
    seed=seeds,
    frame=st.tuples(st.integers(0, 40), st.integers(0, 200)),
    size=st.tuples(st.integers(0, 30), st.integers(0, 200)),
    at=st.tuples(st.integers(-210, 210), st.integers(-50, 50)),
    layout=st.tuples(layouts, layouts),
)
def test_blend_is_its_definition(backend, seed, frame, size, at, layout):
    expected = picture(seed, *frame)
    image = LAYOUTS[layout[0]](expected)
    patch = picture(seed + 1, *size, layout=layout[1])
    through = mask(seed, *size)
    backend.blend(image, patch=patch, mask=through, at=at)
    reference.blend(expected, patch=patch, mask=through, at=at)
    np.testing.assert_array_equal(image, expected)


def test_every_byte_is_rounded_exactly(backend):
    under, over, through = np.meshgrid(np.arange(0, 256, 5), np.arange(256), np.arange(256), indexing="ij")
    exact = np.rint((under * (255 - through) + over * through) / 255).astype(np.uint8)
    planes = [np.repeat(a.reshape(-1, 256, 1).astype(np.uint8), 3, 2) for a in (under, over)]
    backend.blend(planes[0], patch=planes[1], mask=through.reshape(-1, 256).astype(np.uint8), at=(0, 0))
    np.testing.assert_array_equal(planes[0][:, :, 1], exact.reshape(-1, 256))


def test_a_masks_strides_are_its_own(backend):
    image, patch, through = picture(0, 20, 67), picture(1, 20, 67), mask(3, 20, 67)
    expected = image.copy()
    reference.blend(expected, patch=patch, mask=through, at=(0, 0))
    backend.blend(image, patch=patch, mask=np.asfortranarray(through), at=(0, 0))
    np.testing.assert_array_equal(image, expected)


@PER_TARGET
@given(
    seed=seeds,
    frame=st.tuples(st.integers(1, 60), st.integers(1, 90)),
    size=st.integers(0, 40),
    count=st.integers(0, 3),
    layout=layouts,
)
def test_paste_is_its_definition(backend, seed, frame, size, count, layout):
    expected = picture(seed, *frame)
    image = LAYOUTS[layout](expected)
    pixels = np.stack([picture(seed + k, size, size) for k in range(count)] or [np.zeros((size, size, 3), np.uint8)])
    through = np.stack([mask(seed + k, size, size) for k in range(len(pixels))])
    matrix = np.stack([similarity(seed + k, size=size, extent=max(frame)) for k in range(len(pixels))])
    rows = slice(0, count)
    backend.paste(image, pixels=pixels[rows], mask=through[rows], matrix=matrix[rows])
    reference.paste(expected, pixels=pixels[rows], mask=through[rows], matrix=matrix[rows])
    np.testing.assert_array_equal(image, expected)


def test_paste_undoes_warp_on_whole_pixels(backend):
    image = picture(5, 50, 70)
    matrix = np.array([[[1, 0, -20], [0, 1, -10]]], np.float32)
    crop = backend.warp(image, matrix=matrix, size=30)
    canvas = np.zeros_like(image)
    backend.paste(canvas, pixels=crop, mask=np.full((1, 30, 30), 255, np.uint8), matrix=matrix)
    np.testing.assert_array_equal(canvas[10:40, 20:50], image[10:40, 20:50])
    assert not canvas[:10].any()
    assert not canvas[40:].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patch": np.zeros((4, 4), np.uint8)}, "patch is not the array"),
        ({"mask": np.zeros((4, 5), np.uint8)}, "mask is not the array"),
        ({"mask": np.zeros((4, 4), np.float32)}, "float32 of shape"),
    ],
)
def test_blend_says_what_is_wrong(backend, change, message):
    arguments = {"patch": np.zeros((4, 4, 3), np.uint8), "mask": np.zeros((4, 4), np.uint8), "at": (0, 0)}
    with pytest.raises(InputError, match=message):
        backend.blend(np.zeros((9, 9, 3), np.uint8), **(arguments | change))


def test_a_read_only_frame_is_refused():
    image = np.zeros((9, 9, 3), np.uint8)
    image.flags.writeable = False
    with pytest.raises(InputError, match="image is read-only"):
        ops.blend(image, patch=image, mask=image[:, :, 0], at=(0, 0))


def test_paste_paints_nothing_where_one_matrix_is_bad(backend):
    image = picture(5, 20, 20)
    before = image.copy()
    matrix = np.array([[[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [2, 0, 0]]], np.float32)
    with pytest.raises(InputError, match="row 1"):
        backend.paste(
            image, pixels=picture(6, 8, 8)[None].repeat(2, 0), mask=np.full((2, 8, 8), 255, np.uint8), matrix=matrix
        )
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("argument", ["patch", "mask"])
def test_what_is_no_array_is_named(backend, argument):
    arguments = {"patch": np.zeros((4, 4, 3), np.uint8), "mask": np.zeros((4, 4), np.uint8), "at": (0, 0)}
    with pytest.raises(InputError, match=f"{argument} is not the array this op needs; given: list"):
        backend.blend(np.zeros((9, 9, 3), np.uint8), **(arguments | {argument: [[1]]}))


def test_an_array_of_a_device_is_refused():
    class OnDevice:
        def __dlpack__(self):
            raise AssertionError("must not be asked for its memory")

    with pytest.raises(InputError, match="no kernel for where its patch lives; given: OnDevice"):
        ops.blend(np.zeros((9, 9, 3), np.uint8), patch=OnDevice(), mask=np.zeros((4, 4), np.uint8), at=(0, 0))

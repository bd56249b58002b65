"""Device arrays are descriptions: what they say of memory must be right without a GPU."""

from __future__ import annotations

import numpy as np
import pytest

from pyanon.arrays import DeviceArray, contiguous_strides
from pyanon.errors import InputError


class Nowhere:
    device, stream = 0, 0

    def empty(self, shape, dtype):
        raise NotImplementedError

    upload = download = empty


def array_of(shape, dtype="float32", strides=None, pointer=4096):
    kind = np.dtype(dtype)
    return DeviceArray(
        pointer, tuple(shape), kind, strides or contiguous_strides(shape, kind.itemsize), Nowhere(), None
    )


@pytest.mark.parametrize("shape", [(3,), (2, 5), (4, 3, 2), (1, 1), (0, 3), ()])
def test_contiguous_strides_are_numpys(shape):
    real = np.zeros(shape, np.int16)
    described = array_of(shape, "int16")
    if real.size:
        assert described.strides == real.strides
    assert (described.size, described.nbytes, described.ndim) == (real.size, real.nbytes, real.ndim)
    assert described.is_contiguous


def test_strided_is_not_contiguous():
    assert not array_of((4, 3), strides=(24, 4)).is_contiguous
    assert array_of((1, 3), strides=(999, 4)).is_contiguous


@pytest.mark.parametrize("rows", [slice(1, 3), slice(None), slice(2, None), slice(-1, None), slice(3, 1), slice(9, 12)])
def test_rows_are_views(rows):
    real = np.zeros((4, 5), np.float32)
    cut = array_of((4, 5))[rows]
    assert cut.shape == real[rows].shape
    if len(cut):
        assert cut.pointer - 4096 == real[rows].ctypes.data - real.ctypes.data


@pytest.mark.parametrize("rows", [0, slice(0, 4, 2), (slice(None), 0)])
def test_other_cuts_are_refused(rows):
    with pytest.raises(InputError, match="run of rows"):
        array_of((4, 5))[rows]


def test_reshape():
    assert array_of((4, 6)).reshape(2, 12).strides == (48, 4)
    with pytest.raises(InputError, match="cannot be given this shape"):
        array_of((4, 6)).reshape(5, 5)
    with pytest.raises(InputError, match="strided"):
        array_of((4, 3), strides=(24, 4)).reshape(12)


def test_interface_of_version_3():
    told = array_of((4, 3)).__cuda_array_interface__
    assert told == {
        "version": 3,
        "shape": (4, 3),
        "typestr": "<f4",
        "data": (4096, False),
        "strides": None,
        "stream": 1,
    }
    assert array_of((4, 3), strides=(24, 4)).__cuda_array_interface__["strides"] == (24, 4)


def test_numpy_does_not_take_it_for_an_object():
    with pytest.raises(InputError, match="memory of a GPU"):
        np.asarray(array_of((2,)))

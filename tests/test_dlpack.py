"""DLPack against NumPy's own, both ways; who holds the memory, and until when."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from pyanon import dlpack
from pyanon.errors import InputError

ARRAYS = [
    np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    np.arange(24, dtype=np.uint8).reshape(4, 6)[:, 1:4],
    np.arange(10, dtype=np.int64)[::2],
    np.array(7.5),
    np.zeros((0, 3), np.float16),
    np.array([True, False]),
]


class Offer:
    """What a consumer asks for a capsule."""

    def __init__(self, told: dlpack.Told) -> None:
        self._told = told

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._told.device

    def __dlpack__(self, **_: object) -> object:
        return dlpack.give(self._told)


def told_of(array: np.ndarray, owner: object = None) -> dlpack.Told:
    keeps = array if owner is None else owner
    return dlpack.Told(array.ctypes.data, array.shape, array.strides, array.dtype, (dlpack.CPU, 0), keeps)


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_given_to_numpy(array: np.ndarray) -> None:
    seen = np.from_dlpack(Offer(told_of(array)))
    assert seen.dtype == array.dtype
    np.testing.assert_array_equal(seen, array)


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_taken_from_numpy(array: np.ndarray) -> None:
    told = dlpack.take(array.__dlpack__())
    assert (told.shape, told.dtype, told.device) == (array.shape, array.dtype, (dlpack.CPU, 0))
    if array.size:
        assert told.pointer == array.ctypes.data
        assert told.strides in (None, array.strides)


class Memory:
    """Something that can be seen to be let go."""


def test_held_until_the_consumer_lets_go() -> None:
    memory = Memory()
    seen, alive = np.from_dlpack(Offer(told_of(np.arange(3.0), memory))), weakref.ref(memory)
    del memory
    gc.collect()
    assert alive() is not None
    del seen
    gc.collect()
    assert alive() is None


def test_a_capsule_that_nobody_takes_lets_go() -> None:
    memory = Memory()
    capsule, alive = dlpack.give(told_of(np.arange(3.0), memory)), weakref.ref(memory)
    del memory
    assert alive() is not None
    del capsule
    gc.collect()
    assert alive() is None


def test_what_was_taken_is_let_go_once() -> None:
    memory = Memory()
    taken, alive = dlpack.take(dlpack.give(told_of(np.arange(3.0), memory))), weakref.ref(memory)
    del memory
    gc.collect()
    assert alive() is not None
    del taken
    gc.collect()
    assert alive() is None


def test_taken_twice() -> None:
    capsule = np.arange(3).__dlpack__()
    dlpack.take(capsule)
    with pytest.raises(InputError, match="taken before"):
        dlpack.take(capsule)


def test_no_capsule() -> None:
    with pytest.raises(InputError, match="no DLPack capsule"):
        dlpack.take("capsule")


def test_a_dtype_that_numpy_lacks() -> None:
    with pytest.raises(InputError, match=r"no dtype.*type 5 of 64 bits"):
        dlpack.take(np.zeros(3, np.complex64).__dlpack__())

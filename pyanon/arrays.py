"""Arrays in the memory of a GPU, as plain descriptions: nothing here needs, or imports, anything of CUDA."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pyanon import dlpack
from pyanon.errors import InputError

__all__ = ["DeviceArray", "Place", "contiguous_strides", "on_host"]


class Place(Protocol):
    """Where device arrays live and in which order work on them runs: one stream of one GPU.

    Everything that is asked of arrays of one place runs in the order in which it was asked for.
    """

    @property
    def device(self) -> int:
        """Ordinal of the GPU."""

    @property
    def stream(self) -> int:
        """Handle of the stream, a ``cudaStream_t`` as a number."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """A C-contiguous array whose values are whatever lies there."""

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """A copy of a NumPy array, which may change as soon as this returns."""

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        """A copy for NumPy; waits until everything that writes to the array has run."""

    def write(self, target: DeviceArray, values: npt.NDArray[Any] | DeviceArray) -> None:
        """Copy values, of the host or of this place, over the first bytes of a contiguous array."""

    def precede(self, stream: int) -> None:
        """Let what is asked of another stream from now on wait for all that was asked of this one."""


@dataclass(frozen=True, eq=False)
class DeviceArray:
    """An array in the memory of a GPU: where it is, not what is in it.

    It goes to other libraries through DLPack and ``__cuda_array_interface__`` (version 3), and comes from them by
    `pyanon.runtime.adoption.adopt`.

    Attributes:
        pointer: Address of its first value; 0 where it has none.
        shape: Length of each axis.
        dtype: Of its values.
        strides: Bytes from one entry to the next along each axis.
        place: Where it lives.
        owner: What keeps its memory; held as long as the array is.
    """

    pointer: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    place: Place
    owner: object = None

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return self.size * self.dtype.itemsize

    @property
    def is_contiguous(self) -> bool:
        """Whether the values follow each other without gaps, the last axis first."""
        wanted = contiguous_strides(self.shape, self.dtype.itemsize)
        return self.size == 0 or all(
            length == 1 or have == want for length, have, want in zip(self.shape, self.strides, wanted, strict=True)
        )

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> DeviceArray:
        """A view of a run of rows: ``array[2:5]``, whole steps forward only."""
        if not isinstance(rows, slice) or rows.step not in (None, 1):
            raise InputError("a device array is cut by a run of rows", given=repr(rows), expected="a slice of step 1")
        first, last, _ = rows.indices(len(self))
        count = max(last - first, 0)
        at = self.pointer + first * self.strides[0] if count else self.pointer
        return replace(self, pointer=at, shape=(count, *self.shape[1:]))

    def head(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """The first bytes of a contiguous array as an array of another shape and dtype."""
        kind, lengths = np.dtype(dtype), tuple(shape)
        if not self.is_contiguous or math.prod(lengths) * kind.itemsize > self.nbytes:
            raise InputError(
                "a device array does not hold so much without gaps",
                given=f"{kind}{lengths}",
                expected=f"at most {self.nbytes} bytes",
            )
        return replace(self, shape=lengths, dtype=kind, strides=contiguous_strides(lengths, kind.itemsize))

    def reshape(self, *lengths: int | tuple[int, ...]) -> DeviceArray:
        """The same values under another shape, given as NumPy takes it; they must be contiguous."""
        shape = tuple(int(one) for part in lengths for one in (part if isinstance(part, tuple) else (part,)))
        if not self.is_contiguous or math.prod(shape) != self.size:
            raise InputError(
                "a device array cannot be given this shape",
                given=f"{shape} for {'contiguous' if self.is_contiguous else 'strided'} {self.shape}",
                expected="as many values, and no gaps between them",
            )
        return replace(self, shape=shape, strides=contiguous_strides(shape, self.dtype.itemsize))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "version": 3,
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.pointer, False),
            "strides": None if self.is_contiguous else self.strides,
            # 0 is not allowed there: it could be either of the two default streams.
            "stream": self.place.stream or 1,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return dlpack.CUDA, self.place.device

    def __dlpack__(self, *, stream: int | None = None, **_: object) -> Any:
        # -1: the consumer wants no order; nothing and 1: the legacy default stream.
        if stream != -1:
            self.place.precede(stream or 1)
        told = dlpack.Told(self.pointer, self.shape, self.strides, self.dtype, self.__dlpack_device__(), self)
        return dlpack.give(told)

    def __array__(self, *_: object, **__: object) -> npt.NDArray[Any]:
        # Without this NumPy would make an array of one object of it.
        raise InputError(
            "this array is in the memory of a GPU",
            given=f"{self.dtype}{self.shape}",
            expected="a NumPy array",
            do="array.place.download(array) copies it",
        )


def on_host(array: npt.NDArray[Any] | DeviceArray) -> npt.NDArray[Any]:
    """An array for NumPy: itself, or a copy, which waits for the GPU."""
    return array.place.download(array) if isinstance(array, DeviceArray) else array


def contiguous_strides(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """The strides, in bytes, of a C-contiguous array."""
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))

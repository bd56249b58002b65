"""DLPack, the exchange of arrays between libraries without a copy: capsules of ``DLManagedTensor``.

The structures are those of dlpack.h, https://dmlc.github.io/dlpack/latest/c_api.html; the protocol around them is
https://data-apis.org/array-api/latest/design_topics/data_interchange.html.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from pyanon.errors import InputError

__all__ = ["CPU", "CUDA", "CUDA_MANAGED", "Told", "give", "take"]

#: Kinds of devices; memory that CPU and GPU share counts as the latter's.
CPU, CUDA, CUDA_MANAGED = 1, 2, 13
_KINDS = {"i": 0, "u": 1, "f": 2, "b": 6}
_NAME, _USED = b"dltensor", b"used_dltensor"


class _Device(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int32), ("index", ctypes.c_int32)]


class _DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class _Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("ndim", ctypes.c_int32),
        ("dtype", _DataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class _Managed(ctypes.Structure):
    """Freed by whoever took it, by its deleter."""


_Deleter = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Managed))
_Managed._fields_ = [("tensor", _Tensor), ("context", ctypes.c_void_p), ("deleter", _Deleter)]

_new = ctypes.pythonapi.PyCapsule_New
_new.restype, _new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_valid = ctypes.pythonapi.PyCapsule_IsValid
_valid.restype, _valid.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_rename = ctypes.pythonapi.PyCapsule_SetName
_rename.restype, _rename.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]

# The same by address: a capsule that is being freed must not be held again.
_name_at = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)(("PyCapsule_GetName", ctypes.pythonapi))
_pointer_at = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)

#: Address of a structure that was given away -> it, and what it stands on.
_given: dict[int, tuple[_Managed, object]] = {}


@dataclass(frozen=True, eq=False)
class Told:
    """What a capsule says of an array.

    Attributes:
        pointer: Address of the first value.
        shape: Length of each axis.
        strides: Bytes from one entry to the next along each axis; None: contiguous.
        dtype: Of its values.
        device: Kind of device and its ordinal.
        owner: Keeps the memory: hold it as long as the array is used.
    """

    pointer: int
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    dtype: np.dtype[Any]
    device: tuple[int, int]
    owner: object


def give(told: Told) -> Any:
    """A capsule of an array, for one consumer.

    Args:
        told: The array; its owner is held until the consumer lets go.
    """
    ndim, size = len(told.shape), told.dtype.itemsize
    lengths = ctypes.c_int64 * max(ndim, 1)
    shape = lengths(*told.shape)
    strides = lengths(*(stride // size for stride in told.strides)) if told.strides is not None else None
    tensor = _Tensor(
        data=told.pointer,
        device=_Device(*told.device),
        ndim=ndim,
        dtype=_DataType(_KINDS[told.dtype.kind], size * 8, 1),
        shape=ctypes.cast(shape, ctypes.POINTER(ctypes.c_int64)),
        strides=ctypes.cast(strides, ctypes.POINTER(ctypes.c_int64)) if strides is not None else None,
        byte_offset=0,
    )
    managed = _Managed(tensor, None, _LET_GO)
    _given[ctypes.addressof(managed)] = (managed, (shape, strides, told.owner))
    return _new(ctypes.addressof(managed), _NAME, ctypes.cast(_END, ctypes.c_void_p))


def take(capsule: Any) -> Told:
    """What is in a capsule, which nobody else may take then.

    Raises:
        InputError: It is no capsule of DLPack, was taken before, or holds values that no NumPy dtype has.
    """
    if not _valid(capsule, _NAME):
        raise InputError(
            "this is no DLPack capsule, or it was taken before",
            given=repr(capsule),
            expected="what __dlpack__() returns, once",
        )
    managed = ctypes.cast(_pointer(capsule, _NAME), ctypes.POINTER(_Managed))
    _rename(capsule, _USED)
    owner, tensor = _Taken(managed), managed.contents.tensor
    kinds = {code: kind for kind, code in _KINDS.items()}
    code, bits, lanes = tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes
    if code not in kinds or bits % 8 or lanes != 1:
        raise InputError(
            "NumPy has no dtype for these values",
            given=f"DLPack type {code} of {bits} bits, {lanes} lanes",
            expected="whole numbers, truth values or floats of 16, 32 or 64 bits",
        )
    dtype = np.dtype("?" if kinds[code] == "b" else f"{kinds[code]}{bits // 8}")
    strides = tuple(tensor.strides[i] * dtype.itemsize for i in range(tensor.ndim)) if tensor.strides else None
    return Told(
        pointer=(tensor.data or 0) + tensor.byte_offset,
        shape=tuple(tensor.shape[: tensor.ndim]),
        strides=strides,
        dtype=dtype,
        device=(tensor.device.kind, tensor.device.index),
        owner=owner,
    )


class _Taken:
    """Calls the deleter of what was taken when it is let go."""

    def __init__(self, managed: Any) -> None:
        self._managed = managed

    def __del__(self) -> None:
        if self._managed.contents.deleter:
            self._managed.contents.deleter(self._managed)


def _let_go(managed: Any) -> None:
    _given.pop(ctypes.addressof(managed.contents), None)


def _end(capsule: int) -> None:
    """A capsule ends; where nobody took what was in it, that ends, too."""
    if _name_at(capsule) == _NAME:
        _given.pop(int(_pointer_at(capsule, _NAME)), None)


# What C calls; held here, since ctypes would let go of them.
_LET_GO = _Deleter(_let_go)
_END = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(_end)

"""Pictures and stacks of them, wherever they live: what stages do with pixels besides the ops.

A stack is an array whose first axis counts pictures. Everything stays where it is: NumPy arrays give NumPy arrays,
device arrays give device arrays of the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from pyanon import ops
from pyanon.arrays import DeviceArray, on_host
from pyanon.ops._select import Op
from pyanon.types import BoolArray, ImageArray, Pixels

__all__ = [
    "beside",
    "blanked",
    "blend",
    "copied",
    "cover",
    "joined",
    "letterbox",
    "mixed",
    "paste",
    "picked",
    "planes",
    "relight",
    "warp",
]

Kind = TypeVar("Kind", bound=np.generic)
P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")

#: Numbers of pictures in a stack.
Rows: TypeAlias = npt.NDArray[np.integer[Any]]


def _either(op: Op[P, R, Q, S]) -> Callable[..., R | S]:
    """An op for arrays of which only a run shows where they live: types cannot follow them there."""
    return cast("Callable[..., R | S]", op)


blend = _either(ops.blend)
cover = _either(ops.cover)
letterbox = _either(ops.letterbox)
paste = _either(ops.paste)
planes = _either(ops.planes)
relight = _either(ops.relight)
warp = _either(ops.warp)


def beside(values: npt.NDArray[Kind], like: npt.NDArray[Any] | DeviceArray) -> npt.NDArray[Kind] | DeviceArray:
    """Values of the host, where another array lives."""
    return like.place.upload(values) if isinstance(like, DeviceArray) else values


def copied(array: npt.NDArray[Kind] | DeviceArray) -> npt.NDArray[Kind] | DeviceArray:
    """A C-contiguous copy."""
    if isinstance(array, DeviceArray):
        copy = array.place.empty(array.shape, array.dtype)
        array.place.write(copy, array)
        return copy
    return np.array(array, order="C")


def picked(stack: npt.NDArray[Kind] | DeviceArray, rows: Rows) -> npt.NDArray[Kind] | DeviceArray:
    """The pictures ``rows`` of a stack, in that order."""
    if isinstance(stack, DeviceArray):
        return joined([(np.arange(len(rows)), stack, rows)], count=len(rows))
    return stack[rows]


def joined(
    parts: list[tuple[Rows, npt.NDArray[Kind] | DeviceArray, Rows]], *, count: int
) -> npt.NDArray[Kind] | DeviceArray:
    """A stack of ``count`` pictures from parts of others: to which rows, of which stack, from which rows.

    Rows that no part names hold nothing of use: 0 in NumPy arrays, anything in device arrays.
    """
    first = parts[0][1]
    if isinstance(first, DeviceArray):
        stack = first.place.empty((count, *first.shape[1:]), first.dtype)
        for to, source, rows in parts:
            for row, one in zip(to.tolist(), rows.tolist(), strict=True):
                first.place.write(stack[row : row + 1], source[one : one + 1])
        return stack
    whole = np.zeros((count, *first.shape[1:]), first.dtype)
    for to, source, rows in parts:
        whole[to] = on_host(source)[rows]
    return whole


def mixed(under: Pixels, over: Pixels, *, mask: Pixels) -> Pixels:
    """Pictures painted over others through masks, as `pyanon.ops.blend` does.

    Args:
        under: ``(n, S, S, 3)`` uint8.
        over: The same.
        mask: ``(n, S, S)`` uint8, 255 where ``over`` shows.
    """
    count, size = under.shape[:2]
    flat = copied(under).reshape(count * size, size, 3)
    if flat.size:
        blend(flat, patch=over.reshape(flat.shape), mask=mask.reshape(count * size, size), at=(0, 0))
    return flat.reshape(under.shape)


def blanked(pixels: Pixels, *, keep: BoolArray) -> Pixels:
    """Pictures ``(n, S, S, 3)`` that are black but where ``keep (n, S, S)`` says otherwise."""
    nothing: ImageArray = np.zeros(pixels.shape, np.uint8)
    hidden = np.where(keep, 0, 255).astype(np.uint8)
    return mixed(pixels, beside(nothing, pixels), mask=beside(hidden, pixels))

"""Which backend runs an op: the one where its arrays live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np

from pyanon.arrays import DeviceArray
from pyanon.errors import InputError

__all__ = ["Op", "follows_array"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R", covariant=True)
S = TypeVar("S", covariant=True)


class Op(Protocol[P, R, Q, S]):
    """An op with a kernel for NumPy arrays and one for device arrays."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> S: ...


def follows_array(on_cpu: Callable[P, R], on_cuda: Callable[Q, S]) -> Op[P, R, Q, S]:
    """Make one op of the kernels of two backends.

    Args:
        on_cpu: The op for NumPy arrays.
        on_cuda: The op for device arrays; it says itself which of its arguments are to be one.

    Returns:
        The op with both signatures; it raises InputError where an argument is an array of another library.
    """

    @wraps(on_cpu)
    def op(*args: object, **kwargs: object) -> object:
        named = [("first argument", args[0] if args else None), *kwargs.items()]
        on_device = False
        for name, value in ((name, one) for name, argument in named for one in _each(argument)):
            if isinstance(value, DeviceArray):
                on_device = True
            elif not isinstance(value, np.ndarray) and hasattr(value, "__dlpack__"):
                raise InputError(
                    f"{on_cpu.__name__} has no kernel for where its {name} lives",
                    given=type(value).__name__,
                    expected="NumPy arrays, or device arrays of one place",
                    do="copy it to the host, or make it a device array (pyanon.runtime.device)",
                )
        backend = cast("Callable[..., object]", on_cuda if on_device else on_cpu)
        return backend(*args, **kwargs)

    return cast("Op[P, R, Q, S]", op)


def _each(argument: object) -> Iterator[object]:
    """An argument, or what a sequence of arrays holds."""
    if isinstance(argument, (list, tuple)):
        yield from argument
    else:
        yield argument

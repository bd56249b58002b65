"""Which backend runs an op: the one where its arrays live."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

from pyanon.errors import InputError

__all__ = ["follows_array"]

P = ParamSpec("P")
R = TypeVar("R")


def follows_array(on_cpu: Callable[P, R]) -> Callable[P, R]:
    """Make an op refuse arrays that are not where its backend is.

    Args:
        on_cpu: The op for NumPy arrays.

    Returns:
        The op with the same signature; it raises InputError where an argument is an array of a device.
    """

    @wraps(on_cpu)
    def op(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in [("first argument", args[0] if args else None), *kwargs.items()]:
            if not isinstance(value, np.ndarray) and hasattr(value, "__dlpack__"):
                raise InputError(
                    f"{on_cpu.__name__} has no kernel for where its {name} lives",
                    given=type(value).__name__,
                    expected="NumPy arrays",
                    do="copy it to the host first",
                )
        return on_cpu(*args, **kwargs)

    return op

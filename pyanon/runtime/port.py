"""A port is one named array that goes into or comes out of a network, and the checks of what passes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from pyanon.arrays import DeviceArray
from pyanon.errors import RunnerError

__all__ = ["DTYPES", "AnyArray", "Array", "Port", "check_file", "check_inputs", "check_outputs", "empty_outputs"]

Array: TypeAlias = npt.NDArray[Any]
#: An array of the host or of a GPU.
AnyArray: TypeAlias = "Array | DeviceArray"
E = TypeVar("E")

#: The dtypes a port may have: those that NumPy, ONNX Runtime and TensorRT all know.
DTYPES = ("float32", "float16", "int64", "int32", "int8", "uint8", "bool")


@dataclass(frozen=True)
class Port:
    """One named input or output of a network.

    Attributes:
        name: Its name in the network.
        dtype: Name of its NumPy dtype, one of `DTYPES`.
        axes: One entry per axis: its size, or a name where the size may vary. Axes of one name have one size
            within a call, over all inputs and outputs.
    """

    name: str
    dtype: str
    axes: tuple[int | str, ...]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Size per axis, None where it may vary."""
        return tuple(axis if isinstance(axis, int) else None for axis in self.axes)

    def __str__(self) -> str:
        return f"{self.name} {self.dtype}({', '.join(map(str, self.axes))})"


def check_file(
    stated: Sequence[Port], actual: Mapping[str, tuple[str, Sequence[int | str | None]]], *, kind: str, network: str
) -> None:
    """Hold the ports that a loaded network has against those that the pack states.

    Args:
        stated: The ports of the pack; it may fix an axis that the network leaves open.
        actual: Port name -> dtype and shape of the network, anything but a number where an axis may vary.
        kind: ``"input"`` or ``"output"``.
        network: Name of the network, for the error text.

    Raises:
        RunnerError: They differ.
    """
    fits = {port.name for port in stated} == set(actual) and all(
        port.dtype == actual[port.name][0] and _fits(port, actual[port.name][1]) for port in stated
    )
    if not fits:
        raise RunnerError(
            f"{network}: the {kind}s of the network are not those that the pack states",
            given="; ".join(f"{name} {dtype}{tuple(shape)}" for name, (dtype, shape) in actual.items()),
            expected="; ".join(map(str, stated)),
            do="write pack.toml again from the exported network",
        )


def _fits(port: Port, shape: Sequence[int | str | None]) -> bool:
    return len(port.axes) == len(shape) and all(
        not isinstance(actual, int) or actual == stated for stated, actual in zip(port.axes, shape, strict=True)
    )


def check_inputs(
    ports: Sequence[Port], arrays: Mapping[str, AnyArray], *, network: str, on_device: bool = False
) -> tuple[dict[str, AnyArray], dict[str, int]]:
    """Hold the inputs of one call against their ports.

    Args:
        ports: The ports of the network.
        arrays: Port name -> array.
        network: Name of the network, for the error text.
        on_device: Whether arrays may be on a GPU.

    Returns:
        The arrays, those of the host C-contiguous, and the size that each named axis has in this call.

    Raises:
        RunnerError: A name, dtype, rank or size is not what the ports state.
    """
    _check_names(ports, arrays, kind="input", network=network)
    sizes: dict[str, int] = {}
    for port in ports:
        if not isinstance(arrays[port.name], (np.ndarray, DeviceArray) if on_device else np.ndarray):
            raise _misfit(port, "is not a NumPy array", type(arrays[port.name]).__name__, {}, "input", network)
        _check_array(port, arrays[port.name], sizes, kind="input", network=network)
    return {port.name: _packed(arrays[port.name]) for port in ports}, sizes


def _packed(array: AnyArray) -> AnyArray:
    # `np.ascontiguousarray` would turn a 0-d array into a 1-d one.
    return np.asarray(array, order="C") if isinstance(array, np.ndarray) else array


def check_outputs(
    ports: Sequence[Port], arrays: Mapping[str, AnyArray], sizes: Mapping[str, int], *, network: str
) -> None:
    """Hold what a network returned against its ports.

    Args:
        ports: The output ports of the network.
        arrays: Port name -> array.
        sizes: The named axes that the inputs of the call fixed.
        network: Name of the network, for the error text.

    Raises:
        RunnerError: A name, dtype, rank or size is not what the ports state.
    """
    _check_names(ports, arrays, kind="output", network=network)
    seen = dict(sizes)
    for port in ports:
        _check_array(port, arrays[port.name], seen, kind="output", network=network)


def empty_outputs(
    ports: Sequence[Port], sizes: Mapping[str, int], *, make: Callable[[tuple[int, ...], str], E]
) -> dict[str, E] | None:
    """What an empty batch gives, where the ports alone tell it.

    Runtimes disagree about axes of size 0, so a call whose every output is known to be empty never reaches one.

    Args:
        ports: The output ports of the network.
        sizes: The named axes that the inputs of the call fixed.
        make: Makes an array of a shape and dtype.

    Returns:
        The empty outputs, or None where some output is not empty or has an axis that the inputs do not fix.
    """
    shapes = {
        port: tuple(sizes.get(axis, -1) if isinstance(axis, str) else axis for axis in port.axes) for port in ports
    }
    if any(0 not in shape or -1 in shape for shape in shapes.values()):
        return None
    return {port.name: make(shape, port.dtype) for port, shape in shapes.items()}


def _check_names(ports: Iterable[Port], arrays: Mapping[str, AnyArray], *, kind: str, network: str) -> None:
    expected, given = {port.name for port in ports}, set(arrays)
    if expected == given:
        return
    unknown, missing = sorted(given - expected), sorted(expected - given)
    faults = [f"unknown {', '.join(unknown)}"] * bool(unknown) + [f"missing {', '.join(missing)}"] * bool(missing)
    raise RunnerError(
        f"{network}: {kind}s do not match the pack ({'; '.join(faults)})",
        given=", ".join(sorted(given)) or "nothing",
        expected=", ".join(sorted(expected)),
        do=_remedy(kind),
    )


def _check_array(port: Port, array: AnyArray, sizes: dict[str, int], *, kind: str, network: str) -> None:
    if array.dtype != np.dtype(port.dtype):
        fault = "has the wrong dtype"
    elif not _bind(port, array.shape, sizes):
        fault = "has the wrong shape"
    else:
        return
    raise _misfit(port, fault, f"{array.dtype}{array.shape}", sizes, kind, network)


def _misfit(port: Port, fault: str, given: str, sizes: Mapping[str, int], kind: str, network: str) -> RunnerError:
    known = ", ".join(f"{axis} = {sizes[axis]}" for axis in port.axes if isinstance(axis, str) and axis in sizes)
    return RunnerError(
        f"{network}: {kind} {port.name!r} {fault}",
        given=given,
        expected=f"{port}{' with ' + known if known else ''}",
        do=_remedy(kind),
    )


def _bind(port: Port, shape: tuple[int, ...], sizes: dict[str, int]) -> bool:
    """Whether `shape` fits the port; sizes of named axes seen for the first time are noted in `sizes`."""
    if len(shape) != len(port.axes):
        return False
    return all(
        size == (sizes.setdefault(axis, size) if isinstance(axis, str) else axis)
        for axis, size in zip(port.axes, shape, strict=True)
    )


def _remedy(kind: str) -> str:
    if kind == "input":
        return "give the network the arrays that its pack.toml states"
    return "the ONNX file and its pack.toml disagree: write pack.toml again from the exported network"

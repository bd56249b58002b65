"""A runner holds one network of a pack, checks what goes in and out of it, and runs it."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

import numpy as np

from pyanon.arrays import DeviceArray
from pyanon.errors import RunnerError
from pyanon.runtime.port import AnyArray, Array, Port, check_inputs, check_outputs, empty_outputs

__all__ = ["INACTIVE", "CheckedRunner", "Runner", "infer_beside"]

#: The `device` of a runner that is not active.
INACTIVE = "inactive"


class Runner(Protocol):
    """One network: `activate`, then `infer` as often as wanted, then `deactivate`; or a ``with`` block.

    Runners of every runtime pass one contract suite (``tests/runtime/test_contract.py``).
    """

    @property
    def inputs(self) -> tuple[Port, ...]:
        """What `infer` takes."""

    @property
    def outputs(self) -> tuple[Port, ...]:
        """What `infer` returns."""

    @property
    def device(self) -> str:
        """Where it runs: ``"cpu"`` or ``"cuda:0"``; ``"inactive"`` while it is not active."""

    @property
    def device_reason(self) -> str:
        """Why it runs there, one line for people."""

    def activate(self) -> None:
        """Load the network; raises `RunnerError` where it cannot be loaded, or is already."""

    def infer(self, inputs: Mapping[str, AnyArray]) -> dict[str, Array]:
        """Run the network once on exactly its inputs; safe from several threads."""

    def infer_device(self, inputs: Mapping[str, AnyArray]) -> dict[str, DeviceArray]:
        """The same where the outputs, and what is large of the inputs, stay on the GPU."""

    def deactivate(self) -> None:
        """Let go of the network; harmless where it is not active."""

    def __enter__(self) -> Runner: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class CheckedRunner(abc.ABC):
    """The contract of a `Runner`, around the few calls in which runtimes differ.

    A runtime fills in `_open`, `_run` and `_close`, and sees only inputs that fit the ports.

    Attributes:
        network: Name of the network in error texts, ``"<pack>/<role>"``.
        inputs: What `infer` takes.
        outputs: What `infer` returns.
        device: ``"cpu"``, ``"cuda:0"`` or ``"inactive"``.
        device_reason: Why it runs there.
    """

    #: Whether `infer` may be given arrays of the GPU.
    takes_device_arrays = False

    def __init__(self, network: str, *, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> None:
        self.network = network
        self.inputs = inputs
        self.outputs = outputs
        self.device = INACTIVE
        self.device_reason = "not activated yet"

    def activate(self) -> None:
        """Load the network.

        Raises:
            RunnerError: It is active already, or the runtime cannot load it.
            PackError: The pack's file is missing, or is not the one its manifest states.
        """
        if self.device != INACTIVE:
            raise RunnerError(f"{self.network}: activated twice", do="deactivate it first, or use a with block")
        self.device, self.device_reason = self._open()

    def infer(self, inputs: Mapping[str, AnyArray]) -> dict[str, Array]:
        """Run the network once.

        Args:
            inputs: Input name -> array, exactly those in `inputs`; never written to. Device arrays are for runtimes
                that take them.

        Returns:
            Output name -> array. The arrays are the caller's: no later call touches them.

        Raises:
            RunnerError: It is not active, an array does not fit its port, or the runtime failed.
        """
        self._require_active()
        arrays, sizes = check_inputs(self.inputs, inputs, network=self.network, on_device=self.takes_device_arrays)
        outputs = empty_outputs(self.outputs, sizes, make=np.empty)
        if outputs is None:
            outputs = self._run(arrays, sizes)
        check_outputs(self.outputs, outputs, sizes, network=self.network)
        return outputs

    def infer_device(self, inputs: Mapping[str, AnyArray]) -> dict[str, DeviceArray]:
        """Run the network once without leaving the GPU, and without waiting for it.

        Args:
            inputs: Input name -> array, exactly those in `inputs`; device arrays are contiguous and of the runner's
                place, NumPy arrays are copied there.

        Returns:
            Output name -> array of the runner's place, the caller's as in `infer`.

        Raises:
            RunnerError: As `infer`; or this runtime cannot do it.
        """
        self._require_active()
        arrays, sizes = check_inputs(self.inputs, inputs, network=self.network, on_device=True)
        outputs = self._run_device(arrays, sizes)
        check_outputs(self.outputs, outputs, sizes, network=self.network)
        return outputs

    def _require_active(self) -> None:
        if self.device == INACTIVE:
            raise RunnerError(f"{self.network}: infer on a runner that is not active", do="call activate() first")

    def deactivate(self) -> None:
        """Let go of the network; harmless where it is not active."""
        self.device, self.device_reason = INACTIVE, "deactivated"
        self._close()

    def __enter__(self) -> Runner:
        self.activate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.deactivate()

    @abc.abstractmethod
    def _open(self) -> tuple[str, str]:
        """Load the network; returns the device and why it is that one."""

    @abc.abstractmethod
    def _run(self, arrays: dict[str, AnyArray], sizes: dict[str, int]) -> dict[str, Array]:
        """Run it on C-contiguous arrays that fit the ports and whose named axes have `sizes`.

        Raises:
            RunnerError: The runtime failed; nothing else is raised.
        """

    def _run_device(self, arrays: dict[str, AnyArray], sizes: dict[str, int]) -> dict[str, DeviceArray]:  # noqa: ARG002
        """The same on the GPU, for runtimes that can."""
        raise RunnerError(
            f"{self.network}: this runtime takes and gives NumPy arrays only",
            given=self.device_reason,
            expected="TensorRT",
            do="build its plan for this GPU: pyanon pack build",
        )

    @abc.abstractmethod
    def _close(self) -> None:
        """Let go of it; may be called more than once."""


def infer_beside(runner: Runner, inputs: Mapping[str, AnyArray], *, like: AnyArray) -> Mapping[str, AnyArray]:
    """Run a network and leave its outputs where another array lives: on the host, or on the GPU."""
    return runner.infer_device(inputs) if isinstance(like, DeviceArray) else runner.infer(inputs)

"""ONNX Runtime behind the runner contract: on the CPU, or on an NVIDIA GPU where that was asked for and is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from pyanon.errors import InputError, RunnerError
from pyanon.runtime.manifest import Role
from pyanon.runtime.port import AnyArray, Array, Port, check_file
from pyanon.runtime.runner import CheckedRunner

__all__ = ["Device", "OnnxRunner"]

#: What can be asked for: ``"auto"`` takes CUDA where it works.
Device: TypeAlias = Literal["auto", "cpu", "cuda"]

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_GET_CUDA = "pip install onnxruntime-gpu in place of onnxruntime, with the CUDA and cuDNN it names; or ask for 'cpu'"

# ONNX Runtime's log levels; warnings are its default.
_WARNING, _FATAL = 2, 4

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}


class OnnxRunner(CheckedRunner):
    """Runs an ONNX file with ONNX Runtime.

    Args:
        network: Name for error texts, ``"<pack>/<role>"``.
        role: What the pack states of the network.
        read: Gives the verified bytes of the file; called by `activate`, so that what was hashed is what is loaded.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        threads: Threads that one call may use. One costs the least CPU time per call; more shorten a call where
            cores are idle.
        note: Why no faster runtime runs it, for people.

    Raises:
        InputError: `device` or `threads` cannot be used.
    """

    def __init__(
        self,
        network: str,
        *,
        role: Role,
        read: Callable[[], bytes],
        device: Device = "auto",
        threads: int = 1,
        note: str = "",
    ) -> None:
        if device not in ("auto", "cpu", "cuda"):
            raise InputError("unknown device", given=repr(device), expected="'auto', 'cpu' or 'cuda'")
        if threads < 1:
            raise InputError("a runner needs a thread", given=threads, expected="1 or more")
        super().__init__(network, inputs=role.inputs, outputs=role.outputs)
        self._read, self._asked, self._threads = read, device, threads
        self._note = f"; TensorRT: {note}" if note else ""
        self._session: Any = None

    def _open(self) -> tuple[str, str]:
        runtime = _import_runtime()
        model = self._read()
        device, reason = "cpu", "asked for"
        if self._asked == "cpu":
            session = self._load(runtime, model, [_CPU])
        else:
            session, missing = self._load_cuda(runtime, model)
            if not missing:
                device, reason = "cuda:0", f"asked for {self._asked}, and CUDA works"
            elif self._asked == "cuda":
                raise RunnerError(
                    f"{self.network}: CUDA is not to be had ({missing}{self._note})", expected=_CUDA, do=_GET_CUDA
                )
            else:
                session = session or self._load(runtime, model, [_CPU])
                reason = f"asked for auto, and CUDA is not to be had ({missing})"
        self._check_ports("input", self.inputs, session.get_inputs())
        self._check_ports("output", self.outputs, session.get_outputs())
        self._session = session
        return device, f"{reason}; ONNX Runtime {runtime.__version__}, threads: {self._threads}{self._note}"

    def _load_cuda(self, runtime: Any, model: bytes) -> tuple[Any, str]:
        """A session and why it does not run on CUDA (empty where it does)."""
        if _CUDA not in runtime.get_available_providers():
            return None, f"ONNX Runtime {runtime.__version__} is built without it"
        if self._asked == "auto":
            runtime.set_default_logger_severity(_FATAL)  # it would complain about what is only a second choice
        try:
            session = self._load(runtime, model, [_CUDA, _CPU])
        except RunnerError as error:
            return None, error.what
        finally:
            runtime.set_default_logger_severity(_WARNING)
        # A provider that was built in may still fail to load its libraries; only the session knows.
        if _CUDA not in session.get_providers():
            return session, "its provider is built in but did not load: driver, CUDA or cuDNN are missing or do not fit"
        return session, ""

    def _load(self, runtime: Any, model: bytes, providers: list[str]) -> Any:
        try:
            return runtime.InferenceSession(
                model, _session_options(runtime, self._threads), providers=providers, enable_fallback=0
            )
        except Exception as error:
            raise RunnerError(
                f"{self.network}: ONNX Runtime cannot load the network ({_first_line(error)})",
                given=f"{len(model)} bytes",
                expected=f"an ONNX file, weights included, that ONNX Runtime {runtime.__version__} knows",
                do="export it again, or update onnxruntime",
            ) from error

    def _run(self, arrays: dict[str, AnyArray], sizes: dict[str, int]) -> dict[str, Array]:  # noqa: ARG002
        session = self._session  # kept alive by this call, also where another thread deactivates
        names = [port.name for port in self.outputs]
        try:
            return dict(zip(names, session.run(names, arrays), strict=True))
        except Exception as error:
            raise RunnerError(
                f"{self.network}: ONNX Runtime failed on {self.device} ({_first_line(error)})",
                given=", ".join(f"{name} {array.dtype}{array.shape}" for name, array in arrays.items()),
                do="check that the sizes given are among those the network was made for",
            ) from error

    def _close(self) -> None:
        self._session = None

    def _check_ports(self, kind: str, stated: Sequence[Port], actual: Sequence[Any]) -> None:
        ports = {node.name: (_DTYPES.get(node.type, node.type), node.shape) for node in actual}
        check_file(stated, ports, kind=kind, network=self.network)


def _import_runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise RunnerError(
            f"the package 'onnxruntime' cannot be imported ({error})", do="pip install onnxruntime"
        ) from error
    return onnxruntime


def _session_options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Errors are raised; printing them too would write into the caller's terminal.
    options.log_severity_level = _FATAL
    # Spinning threads burn the cores that decoding and encoding need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # Weights in a second file would be read by ONNX Runtime itself, from the working directory and unverified;
    # nothing can lie in a folder of this name.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    return options


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

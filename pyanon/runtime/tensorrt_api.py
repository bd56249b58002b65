"""What every use of TensorRT needs: the package, its messages, its dtypes. From 8.6 to 11, one code path."""

from __future__ import annotations

from typing import Any

from pyanon.errors import RunnerError

__all__ = ["DTYPES", "Messages", "import_tensorrt"]

#: TensorRT's name of a dtype -> NumPy's.
DTYPES = {
    "FLOAT": "float32",
    "HALF": "float16",
    "INT64": "int64",
    "INT32": "int32",
    "INT8": "int8",
    "UINT8": "uint8",
    "BOOL": "bool",
}

#: Versions whose calls this code was held to.
LEAST, MOST = (8, 6), (11, 99)

_GET = (
    "on a Jetson it comes with JetPack (apt install tensorrt; python3 -m venv --system-site-packages); elsewhere "
    "pip install tensorrt"
)


def import_tensorrt() -> Any:
    """The package ``tensorrt``.

    Raises:
        RunnerError: It cannot be imported, or is of a version that is not known.
    """
    try:
        import tensorrt
    except (ImportError, OSError) as error:
        raise RunnerError(f"the package 'tensorrt' cannot be imported ({error})", do=_GET) from error
    version = tuple(map(int, tensorrt.__version__.split(".")[:2]))
    if not LEAST <= version <= MOST:
        raise RunnerError(
            "this version of TensorRT is not known",
            given=tensorrt.__version__,
            expected=f"{LEAST[0]}.{LEAST[1]} to {MOST[0]}",
            do=_GET,
        )
    return tensorrt


class Messages:
    """What TensorRT has to say, kept: it would print it.

    Args:
        tensorrt: The package.

    Attributes:
        logger: What TensorRT is given.
    """

    def __init__(self, tensorrt: Any) -> None:
        self._errors: list[str] = []
        errors = self._errors
        severe = (tensorrt.ILogger.INTERNAL_ERROR, tensorrt.ILogger.ERROR)

        class Logger(tensorrt.ILogger):  # type: ignore[misc]  # the class is known when the package is
            def __init__(self) -> None:
                tensorrt.ILogger.__init__(self)

            def log(self, severity: Any, msg: str) -> None:
                if severity in severe:
                    errors.append(msg)

        self.logger = Logger()

    def last(self) -> str:
        """Its last complaint, for the text of an error; forgets the others."""
        text = self._errors[-1].strip() if self._errors else "it says nothing about why"
        self._errors.clear()
        return text

"""The real Python bindings of TensorRT, on machines without TensorRT: what their calls take, as a JSON table.

The wheels hold the bindings alone. They load beside stand-ins of the libraries that they link, whose functions do
nothing: that is enough to read every signature, and for no more. The wheels are proprietary, so that they are fetched
where the tests run, and never shipped.

Run as ``python real_bindings.py FOLDER``, with the wheel unpacked in FOLDER, it prints the table.
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

__all__ = ["fetch", "signatures"]

#: What the bindings look up when they are loaded; the mangled ones are of 8.6.
_NAMES = (
    "createInferBuilder_INTERNAL",
    "createInferRefitter_INTERNAL",
    "createInferRuntime_INTERNAL",
    "createNvOnnxParser_INTERNAL",
    "createNvOnnxParserRefitter_INTERNAL",
    "getBuilderPluginRegistry",
    "getNvOnnxParserVersion",
    "getPluginRegistry",
    "initLibNvInferPlugins",
    "_ZN11nvuffparser8FieldMapC1EPKcPKvNS_9FieldTypeEi",
    "_ZN11nvuffparser15createUffParserEv",
    "_ZN14nvcaffeparser117createCaffeParserEv",
    "_ZN14nvcaffeparser123shutdownProtobufLibraryEv",
)
_CLASSES = (
    "Builder",
    "INetworkDefinition",
    "ILayer",
    "ITensor",
    "OnnxParser",
    "ParserError",
    "IBuilderConfig",
    "IOptimizationProfile",
    "ITimingCache",
    "Runtime",
    "ICudaEngine",
    "IExecutionContext",
    "ILogger",
    "IProgressMonitor",
)
_ENUMS = (
    "NetworkDefinitionCreationFlag",
    "BuilderFlag",
    "DataType",
    "TensorIOMode",
    "MemoryPoolType",
    "OnnxParserFlag",
    "ExecutionContextAllocationStrategy",
)


def fetch(package: str, version: str, folder: Path) -> Path:
    """Downloads a wheel of the bindings for this Python and unpacks it.

    Raises:
        LookupError: pip does not find it.
    """
    wheels = folder / "wheels"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), f"{package}=={version}"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise LookupError(f"pip finds no {package} {version} for this Python: {done.stderr.strip().splitlines()[-1:]}")
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def signatures(folder: Path) -> dict[str, Any]:
    """The table of an unpacked wheel, made in a process of its own: two versions cannot live in one."""
    done = subprocess.run(
        [sys.executable, __file__, str(folder)], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def _stand_in(folder: Path, library: str) -> None:
    source = folder / "stand_in.c"
    source.write_text("".join(f"void* {name}(void) {{ static void* none[64]; return none; }}\n" for name in _NAMES))
    built = folder / library
    command = ["cc", "-shared", "-fPIC", f"-Wl,-soname,{library}", "-o", str(built), str(source)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    ctypes.CDLL(str(built), mode=ctypes.RTLD_GLOBAL)


def _parameters(line: str) -> list[tuple[str, bool]]:
    """Names of a signature's parameters, and whether they may be left out, without ``self``."""
    inner = line[line.index("(") + 1 : line.rindex(") ->")]
    # Commas inside of brackets and of default values are no separators.
    plain = re.sub(r"<[^<>]*>|\[[^\[\]]*\]", "", re.sub(r"\[[^\[\]]*\]", "", inner))
    parts = [part.strip() for part in plain.split(",") if part.strip()]
    return [(part.split(":")[0].strip(), "=" in part) for part in parts if not part.startswith("self")]


def _ways(name: str, text: str) -> list[list[tuple[str, bool]]]:
    """The parameters of every overload that a docstring names."""
    return [_parameters(line) for line in re.findall(rf"^(?:\d+\. )?({name}\(self.*\) -> .*)$", text, re.MULTILINE)]


def _member(name: str, value: Any) -> Any:
    return _ways(name, value.__doc__ or "") if callable(value) else "attribute"


def _table(package: Any) -> dict[str, Any]:
    table: dict[str, Any] = {"version": package.__version__, "classes": {}, "enums": {}}
    for name in _CLASSES:
        kind = getattr(package, name, None)
        if kind is not None:
            names = [member for member in dir(kind) if member[:2] != "__" or member == "__init__"]
            table["classes"][name] = {member: _member(member, getattr(kind, member)) for member in names}
    for name in _ENUMS:
        table["enums"][name] = list(getattr(getattr(package, name, None), "__members__", {}))
    return table


if __name__ == "__main__":
    unpacked = Path(sys.argv[1])
    (binary,) = unpacked.glob("tensorrt_bindings/tensorrt.so")
    for wanted in sorted(set(re.findall(rb"lib[a-z_]*nv[a-z_]*\.so\.\d+", binary.read_bytes()))):
        _stand_in(unpacked, wanted.decode())
    sys.path.insert(0, str(unpacked))
    import tensorrt_bindings

    print(json.dumps(_table(tensorrt_bindings)))  # noqa: T201 - its answer

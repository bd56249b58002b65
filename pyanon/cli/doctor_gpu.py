"""What `pyanon doctor` says of GPUs: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pyanon.cli.findings import Finding
from pyanon.errors import PyanonError

if TYPE_CHECKING:
    from pyanon.runtime.device import Gpu

__all__ = ["gpu", "jetson", "power_mode"]

#: Where a driver shows itself, on a desktop and on a Jetson.
_TRACES = (Path("/proc/driver/nvidia/version"), Path("/etc/nv_tegra_release"), Path("/dev/nvgpu"))
_BOARD, _RELEASE = Path("/proc/device-tree/model"), Path("/etc/nv_tegra_release")

_GET_CODECS = (
    "install the video libraries of the driver (in a container: NVIDIA_DRIVER_CAPABILITIES=video,compute,utility); "
    "some GPUs for data centres have no NVENC"
)
_BUILD_KERNELS = (
    "install the CUDA toolkit, then CMAKE_ARGS=-DPYANON_CUDA=ON pip install --force-reinstall --no-deps pyanon"
)


def gpu(pack: str) -> Iterator[Finding]:
    """Look at the first GPU and at all that stands between it and the networks of a pack.

    Args:
        pack: Name or folder of the pack.

    Yields:
        What was found; one line where there is no GPU, since nothing is wrong then.
    """
    from pyanon.runtime.device import find_gpu

    try:
        found = find_gpu()
    except PyanonError as error:
        if any(trace.exists() for trace in _TRACES):
            yield Finding("gpu", "NVIDIA", f"there, but cannot be used: {error.what}", "missing", error.do)
        else:
            yield Finding("gpu", "NVIDIA", "none; everything runs on the CPU")
        return
    memory = f"{found.memory / (1 << 30):.1f} GiB{' shared with the CPU' if found.integrated else ''}"
    yield Finding("gpu", "NVIDIA", f"{found.name}, {found.architecture}, {memory}, driver for CUDA {found.driver}")
    yield from _board()
    yield from _kernels()
    yield from _plans(pack, found)
    yield from _decoder(integrated=found.integrated)


def jetson() -> str:
    """Model of the Jetson that this is, with its release of Linux for Tegra; empty on other machines."""
    try:
        board = _BOARD.read_text(errors="replace").rstrip("\0\n")
        release = _RELEASE.read_text(errors="replace").split(",")
    except OSError:
        return ""
    # "# R36 (release), REVISION: 4.0, ..."
    major, minor = release[0].strip("# ").split()[0], release[1].rpartition(":")[2].strip() if release[1:] else ""
    return f"{board}, L4T {major.lstrip('R')}.{minor}"


def power_mode() -> str:
    """The power mode of a Jetson, as it names it; empty where there is none."""
    told = _said("nvpmodel", "-q") or ""
    return next((line.partition(":")[2].strip() for line in told.splitlines() if "Power Mode" in line), "")


def _said(tool: str, argument: str) -> str | None:
    """What a tool of the system says; None where it is missing or fails."""
    path = shutil.which(tool)
    if path is None:
        return None
    try:
        done = subprocess.run([path, argument], capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL)  # noqa: S603 - both are ours
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _board() -> Iterator[Finding]:
    board, mode = jetson(), power_mode()
    if board:
        yield Finding("gpu", "Jetson", board)
    if mode:
        # Its number differs from board to board.
        do = "" if "MAXN" in mode.upper() else "for full speed: sudo nvpmodel -m (that of MAXN) && sudo jetson_clocks"
        yield Finding("gpu", "power mode", mode, "ok" if not do else "missing", do)


def _kernels() -> Iterator[Finding]:
    if find_spec("pyanon._cuda") is not None:
        yield Finding("gpu", "kernels", "built: pictures can stay on the GPU")
    else:
        yield Finding("gpu", "kernels", "not built: pictures go through the CPU", "missing", _BUILD_KERNELS)


def _plans(name: str, found: Gpu) -> Iterator[Finding]:
    from pyanon.runtime import load_pack
    from pyanon.runtime.plans import find_plan
    from pyanon.runtime.shelves import plan_folder
    from pyanon.runtime.tensorrt_api import import_tensorrt

    try:
        yield Finding("gpu", "TensorRT", import_tensorrt().__version__)
    except PyanonError as error:
        yield Finding("gpu", "TensorRT", error.what, "missing", error.do)
        return
    pack = load_pack(name)
    missing = [role for role in pack.manifest.roles if find_plan(pack, role, gpu=found)[0] is None]
    if missing:
        which = ", ".join(missing) if len(missing) < len(pack.manifest.roles) else f"any network of {pack.name}"
        do = f"pyanon pack build {name}"
        yield Finding("gpu", "plans", f"not built for {which} (ONNX Runtime runs them)", "missing", do)
    else:
        yield Finding("gpu", "plans", f"built for every network of {pack.name}, in {plan_folder()}")


def _decoder(*, integrated: bool) -> Iterator[Finding]:
    """What decodes and encodes on the GPU; where nothing does, the CPU does and nothing is wrong."""
    yield from _nvmm() if integrated else _nvdec()


def _nvmm() -> Iterator[Finding]:
    needed = {
        "GStreamer nvv4l2decoder": _said("gst-inspect-1.0", "nvv4l2decoder") is not None,
        "PyGObject (gi)": find_spec("gi") is not None,
    }
    missing = [what for what, known in needed.items() if not known]
    if missing:
        do = "sudo apt install nvidia-l4t-gstreamer gstreamer1.0-tools python3-gi gir1.2-gst-plugins-base-1.0"
        yield Finding("gpu", "decoder", f"{', '.join(missing)} missing: the CPU decodes", "missing", do)
    else:
        yield Finding("gpu", "decoder", "GStreamer nvv4l2decoder, for sources that begin with nvmm:")
    yield Finding("gpu", "encoder", "none yet: the CPU encodes")


def _nvdec() -> Iterator[Finding]:
    from pyanon.runtime.device import open_place
    from pyanon.surfaces import Surfaces
    from pyanon.video.gpu import NO_DOOR, cuda_device, nvenc_fault, why_not

    with open_place() as place:
        door, fault = cuda_device(Surfaces(place)), nvenc_fault(Surfaces(place))
    if door is None:
        fault = why_not()
        do = "pip install --upgrade av, on Python 3.11 or later" if fault else _GET_CODECS
        yield Finding("gpu", "decoder", f"{fault or NO_DOOR}: the CPU decodes and encodes", "missing", do)
        return
    if _is_library("libnvcuvid.so.1"):
        yield Finding("gpu", "decoder", "NVDEC, through PyAV")
    else:
        yield Finding("gpu", "decoder", "libnvcuvid.so.1 is missing: the CPU decodes", "missing", _GET_CODECS)
    if fault:
        yield Finding("gpu", "encoder", f"NVENC cannot be opened ({fault}): the CPU encodes", "missing", _GET_CODECS)
    else:
        yield Finding("gpu", "encoder", "NVENC (h264_nvenc), through PyAV")


def _is_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True

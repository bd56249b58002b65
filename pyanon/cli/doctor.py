"""``pyanon doctor``: what this machine has, what pyanon will use of it, and why."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pyanon.cli.console import Console
from pyanon.cli.doctor_gpu import gpu
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.findings import Finding
from pyanon.cli.options import add_common, add_runtime
from pyanon.errors import PyanonError

if TYPE_CHECKING:
    from pyanon.runtime import Pack

__all__ = ["add_parser", "describe_machine", "examine", "run"]

_ENCODERS = {"libx264": "mp4, mov, mkv, ts", "libvpx-vp9": "webm", "libwebp_anim": "webp", "gif": "gif", "apng": "png"}
_DECODERS = ("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon``.
    """
    parser = commands.add_parser(
        "doctor",
        help="show what this machine has, which runtime and pack will be used, and why",
        description="Shows what this machine has, which runtime and pack will be used, and why. The exit code is 1 "
        "where pyanon cannot work here.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    add_runtime(parser)
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    findings = list(examine(given))
    broken = [finding for finding in findings if finding.state == "broken"]
    console = Console(as_json=given.json)
    console.result(_table(findings))
    console.result(
        f"\npyanon cannot work here: {', '.join(finding.name for finding in broken)}"
        if broken
        else "\npyanon is ready."
    )
    code = ExitCode.FAILED if broken else ExitCode.OK
    console.data({"exit_code": int(code), "ready": not broken, "findings": [asdict(finding) for finding in findings]})
    return code


def examine(given: argparse.Namespace) -> Iterator[Finding]:
    """Look at everything that matters.

    Args:
        given: Parsed by a parser with `add_runtime`.

    Yields:
        What was found, in the order in which it is worth reading.
    """
    for topic, look in (
        ("pyanon", _pyanon),
        ("machine", _machine),
        ("kernels", _kernels),
        ("gpu", lambda: gpu(given.pack)),
        ("pack", lambda: _pack(given)),
        ("runtime", lambda: _runtime(given)),
        ("video", _video),
        ("cameras", _cameras),
        ("demo", _demo),
    ):
        yield from _looked(topic, look)


def _looked(topic: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Whatever is wrong with one thing, the others are still worth looking at."""
    try:
        yield from look()
    except PyanonError as error:
        yield Finding(topic, topic, error.what, "broken", error.do)
    except Exception as error:  # noqa: BLE001 - a broken installation can raise anything
        yield Finding(
            topic, topic, f"{type(error).__name__}: {error}", "broken", "install pyanon again, from where it came"
        )


def describe_machine() -> dict[str, str | int]:
    """What a measurement or a bug report should say about the machine."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_mib": _memory() >> 20,
        "python": platform.python_version(),
        **{name: _version(name) or "missing" for name in ("pyanon", "numpy", "onnxruntime", "av", "pillow")},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(names, "") or platform.processor() or "unknown"


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0


def _version(package: str) -> str:
    from importlib import metadata  # slow to load

    for name in (package, f"{package}-gpu"):  # ONNX Runtime comes under two names
        with contextlib.suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return ""


def _pyanon() -> Iterator[Finding]:
    folder = Path(__file__).parents[1]
    yield Finding("pyanon", "version", f"{_version('pyanon') or 'not installed'} in {folder}")
    yield Finding("pyanon", "Python", f"{platform.python_version()} at {sys.executable}")
    for package, name in (("numpy", "NumPy"), ("pillow", "Pillow"), ("tqdm", "tqdm")):
        version = _version(package)
        if version:
            yield Finding("pyanon", name, version)
        else:
            yield Finding("pyanon", name, "missing", "broken", f"pip install {package}")


def _machine() -> Iterator[Finding]:
    facts = describe_machine()
    yield Finding("machine", "system", f"{facts['system']}, {facts['architecture']}")
    yield Finding(
        "machine", "processor", f"{facts['processor']}, {facts['usable_cores']} of {facts['cores']} cores usable"
    )
    yield Finding("machine", "memory", f"{int(facts['memory_mib']) / 1024:.1f} GiB")


def _kernels() -> Iterator[Finding]:
    from pyanon import ops

    built = ", ".join(ops.simd_targets())
    yield Finding("kernels", "instructions", f"{ops.simd_target()} (the best of those that run here: {built})")


def _pack(given: argparse.Namespace) -> Iterator[Finding]:
    from pyanon.runtime import available_packs, load_pack

    yield Finding("pack", "installed", ", ".join(f"{name} ({at})" for name, at in available_packs().items()) or "none")
    pack = load_pack(given.pack)
    pack.verify()
    roles = pack.manifest.roles
    yield Finding("pack", "used", f"{pack.name} {pack.manifest.version}, {pack.manifest.licence}, in {pack.folder}")
    yield Finding("pack", "sha256", f"verified: {', '.join(role.file for role in roles.values())}")
    yield Finding("pack", "prompts", ", ".join(pack.prompts) or "none")
    yield _replacing(pack)


def _replacing(pack: Pack) -> Finding:
    """Whether faces are replaced or covered, and what of them can be chosen."""
    from pyanon.runtime import face_networks, missing_for_faces

    missing = missing_for_faces(pack)
    if missing:
        do = "nothing, if covers are all you need; else use a pack that has them (docs/packs.md)"
        return Finding("pack", "faces", f"covered; to replace them it lacks {', '.join(missing)}", "missing", do)
    faces = face_networks(pack)
    steps = f"1 to {len(faces.levels)} steps" if len(faces.levels) > 1 else "1 step"
    traits = ", ".join(faces.traits) or "none"
    how = "replaced" if pack.manifest.method == "replace" else "covered, replaced where you say so (--method replace)"
    return Finding("pack", "faces", f"{how}; traits: {traits}; {steps}; {len(faces.oracles)} oracles verify")


def _runtime(given: argparse.Namespace) -> Iterator[Finding]:
    from pyanon.runtime import load_pack, open_runner

    yield Finding("runtime", "ONNX Runtime", _version("onnxruntime") or "found, version unknown")
    pack = load_pack(given.pack)
    for role in pack.manifest.roles:
        with open_runner(pack, role, device=given.device, threads=given.threads) as runner:
            yield Finding("runtime", role, f"runs on {runner.device} ({runner.device_reason})")


def _video() -> Iterator[Finding]:
    import av
    import av.codec.codec

    libraries = ", ".join(
        f"{name} {'.'.join(map(str, av.library_versions[name]))}" for name in ("libavformat", "libavcodec")
    )
    yield Finding("video", "PyAV", f"{av.__version__}, {libraries}")
    missing = [name for name in _DECODERS if not _has_codec(name, "r")]
    found = [name for name in _DECODERS if name not in missing]
    yield Finding("video", "reads", ", ".join(found) or "nothing", "ok" if "h264" in found else "broken")
    if missing:
        yield Finding("video", "cannot read", ", ".join(missing), "missing", _GET_CODECS)
    yield from _encoders()


_GET_CODECS = "install PyAV from its official wheels: pip install --force-reinstall --only-binary av av"


def _encoders() -> Iterator[Finding]:
    fallback = next((name for name in ("libopenh264", "mpeg4") if _has_codec(name, "w")), "")
    for name, suffixes in _ENCODERS.items():
        if _has_codec(name, "w"):
            yield Finding("video", f"writes {suffixes}", name)
        elif name == "libx264" and fallback:
            yield Finding(
                "video", f"writes {suffixes}", f"{fallback}, because libx264 is missing", "missing", _GET_CODECS
            )
        else:
            state = "broken" if name == "libx264" else "missing"
            yield Finding("video", f"writes {suffixes}", f"{name} is missing", state, _GET_CODECS)


def _has_codec(name: str, mode: str) -> bool:
    import av
    import av.codec.codec

    try:
        av.Codec(name, "w" if mode == "w" else "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _cameras() -> Iterator[Finding]:
    found = sorted(map(str, Path("/dev").glob("video*")))
    yield Finding("cameras", "V4L2", ", ".join(found) or "none found", "ok" if found else "missing")


def _demo() -> Iterator[Finding]:
    version = _version("scikit-image")
    state, do = ("ok", "") if version else ("missing", "pip install 'pyanon[demo]'")
    yield Finding("demo", "scikit-image", version or "not installed; only `pyanon demo` needs it", state, do)


def _table(findings: list[Finding]) -> str:
    marks = {"ok": "ok", "missing": "--", "broken": "!!"}
    width = max(len(finding.name) for finding in findings)
    lines, topic = [], ""
    for finding in findings:
        if finding.topic != topic:
            lines.append(f"{finding.topic}" if not topic else f"\n{finding.topic}")
            topic = finding.topic
        lines.append(f"  {marks[finding.state]} {finding.name:<{width}}  {finding.value}")
        if finding.do and finding.state != "ok":
            lines.append(f"     {'':<{width}}  do: {finding.do}")
    return "\n".join(lines)

"""Packs of networks and the runtimes that run them; nothing outside this package imports a runtime's library."""

from __future__ import annotations

from functools import partial

from pyanon.runtime.faces import OCCLUSION, ORACLE, FaceNetworks, face_networks, missing_for_faces
from pyanon.runtime.manifest import DataFile, Manifest, Prompts, Role
from pyanon.runtime.manifold import Manifold
from pyanon.runtime.onnx import Device, OnnxRunner
from pyanon.runtime.pack import Pack, available_packs, load_pack
from pyanon.runtime.pack_toml import write_pack_toml
from pyanon.runtime.port import Port
from pyanon.runtime.runner import Runner

__all__ = [
    "OCCLUSION",
    "ORACLE",
    "DataFile",
    "Device",
    "FaceNetworks",
    "Manifest",
    "Manifold",
    "Pack",
    "Port",
    "Prompts",
    "Role",
    "Runner",
    "available_packs",
    "face_networks",
    "load_pack",
    "missing_for_faces",
    "open_runner",
    "write_pack_toml",
]


def open_runner(pack: Pack, role: str, *, device: Device = "auto", threads: int = 1) -> Runner:
    """A runner for one network of a pack, not active yet.

    Args:
        pack: The pack.
        role: The role, ``"locator"``, ``"oracle.<name>"``, ...
        device: ``"auto"`` takes CUDA where it works, ``"cuda"`` fails where it does not, ``"cpu"`` never tries.
        threads: Threads that one call may use on the CPU.

    Raises:
        PackError: The pack has no such role.
        InputError: `device` or `threads` cannot be used.
    """
    network = f"{pack.name}/{role}"
    return OnnxRunner(network, role=pack.role(role), read=partial(pack.read, role), device=device, threads=threads)

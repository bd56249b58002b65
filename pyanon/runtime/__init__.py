"""Packs of networks and the runtimes that run them; nothing outside this package imports a runtime's library."""

from __future__ import annotations

from functools import partial

from pyanon.errors import RunnerError
from pyanon.runtime.adoption import adopt
from pyanon.runtime.device import Stream, open_place
from pyanon.runtime.faces import OCCLUSION, ORACLE, FaceNetworks, face_networks, missing_for_faces
from pyanon.runtime.manifest import DataFile, Manifest, Prompts, Role, Vocabulary
from pyanon.runtime.manifold import Manifold
from pyanon.runtime.onnx import Device, OnnxRunner
from pyanon.runtime.pack import Pack, available_packs, load_pack
from pyanon.runtime.pack_toml import write_pack_toml
from pyanon.runtime.plans import find_plan, plan_runner
from pyanon.runtime.port import Port
from pyanon.runtime.runner import Runner, infer_beside
from pyanon.runtime.words import Tokens, Words

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
    "Stream",
    "Tokens",
    "Vocabulary",
    "Words",
    "adopt",
    "available_packs",
    "face_networks",
    "infer_beside",
    "load_pack",
    "missing_for_faces",
    "open_runner",
    "place_for",
    "write_pack_toml",
]


def place_for(pack: Pack) -> tuple[Stream | None, str]:
    """A stream of the first GPU for a pack whose every network has a plan there, so that pictures need not leave it.

    Returns:
        The stream and nothing; or None and what is missing.

    Raises:
        PackError: What the pack states cannot be used.
    """
    try:
        place = open_place()
    except RunnerError as error:
        return None, error.what
    for role in pack.manifest.roles:
        plan, why_not = find_plan(pack, role, gpu=place.gpu)
        if plan is None:
            place.close()
            return None, f"{role}: {why_not}"
    return place, ""


def open_runner(
    pack: Pack, role: str, *, device: Device = "auto", threads: int = 1, place: Stream | None = None
) -> Runner:
    """A runner for one network of a pack, not active yet: TensorRT where its plan was built, else ONNX Runtime.

    Args:
        pack: The pack.
        role: The role, ``"locator"``, ``"oracle.<name>"``, ...
        device: ``"auto"`` takes CUDA where it works, ``"cuda"`` fails where it does not, ``"cpu"`` never tries.
        threads: Threads that one call may use on the CPU.
        place: The stream of the pipeline on a GPU; None: the runner opens its own.

    Raises:
        PackError: The pack has no such role.
        InputError: `device` or `threads` cannot be used.
    """
    stated, why_not = pack.role(role), ""
    if device != "cpu":
        plan, why_not = find_plan(pack, role, gpu=place.gpu if place else None)
        if plan is not None:
            return plan_runner(plan, role=stated, place=place)
    network, read = f"{pack.name}/{role}", partial(pack.read, role)
    return OnnxRunner(network, role=stated, read=read, device=device, threads=threads, note=why_not)

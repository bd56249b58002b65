"""Adds the networks that replace faces to a pack: exports, calibrates, builds the identity manifold.

    python -m export.train.faces.pack --cache checkpoints/faces --work checkpoints --pack engines/pocket

Locator and landmark net of the pack stay as they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from export.train.faces.autoencoder_net import LATENT, PLACES
from export.train.faces.calibrate import FMRS, Level, cleared, embeddings, levels, strictest
from export.train.faces.faces import Faces
from export.train.faces.generator_net import ATTRIBUTES, CONTEXT, IDENTITY
from export.train.faces.identity import Codes, fit_codes, fit_projection
from export.train.faces.manifold import build_manifold
from export.train.faces.occlusion import OcclusionNet
from export.train.faces.onnx_file import export
from export.train.faces.oracle_nets import NETS
from export.train.faces.prepare import AGES, GENDERS, RACES
from export.train.faces.recognisers import unit
from export.train.faces.replacer import Replacer
from export.train.faces.template import SIZE, TEMPLATE
from export.train.pack import averaged
from pyanon.runtime import OCCLUSION, DataFile, Manifest, Pack, Port, Role, load_pack, write_pack_toml
from pyanon.types import FloatArray

__all__ = ["GENERATOR", "add_occlusion", "add_oracles", "add_replacer", "main"]

MANIFOLD = "manifold.npz"
#: Noise levels of one to four steps.
LEVELS = (1.0, 0.6, 0.35, 0.18)
CROPS = Port("crops", "float32", ("n", 3, SIZE, SIZE))
LATENTS = ("n", LATENT, PLACES, PLACES)
CONTEXTS, CODES = ("n", CONTEXT, PLACES, PLACES), ("n", ATTRIBUTES, PLACES // 2, PLACES // 2)

ENCODER = Role(
    file="face_encoder.onnx",
    inputs=(CROPS, Port("inside", "float32", ("n", 1, SIZE, SIZE)), Port("landmarks", "float32", ("n", 5, 2))),
    outputs=(
        Port("context", "float32", CONTEXTS),
        Port("attributes", "float32", CODES),
    ),
    settings={
        "size": SIZE,
        "template": tuple(tuple(round(float(v), 3) for v in point) for point in TEMPLATE),
        "traits": {
            "age": AGES,
            "gender": tuple(name.lower() for name in GENDERS),
            "skin": tuple(name.lower().replace("_", " ") for name in RACES),
        },
    },
)
GENERATOR = Role(
    file="generator.onnx",
    inputs=(
        Port("latent", "float32", LATENTS),
        Port("level", "float32", ("n",)),
        Port("context", "float32", CONTEXTS),
        Port("attributes", "float32", CODES),
        Port("identity", "float32", ("n", IDENTITY)),
    ),
    outputs=(Port("clean", "float32", LATENTS),),
    settings={"levels": LEVELS},
)
DECODER = Role(
    file="face_decoder.onnx",
    inputs=(Port("latent", "float32", LATENTS),),
    outputs=(Port("pixels", "float32", ("n", 3, SIZE, SIZE)),),
)

FRONT = Role(file="occlusion.onnx", inputs=(CROPS,), outputs=(Port("chance", "float32", ("n", 1, SIZE, SIZE)),))


def oracle_role(name: str, width: int, settings: Mapping[str, Any]) -> Role:
    """The role of an oracle, with its tables of thresholds."""
    return Role(
        file=f"oracle.{name}.onnx",
        inputs=(CROPS,),
        outputs=(Port("embedding", "float32", ("n", width)),),
        settings=settings,
    )


def _stated(level: Level) -> dict[str, str | int | float]:
    """A group of impostor pairs as the pack states it, with the thresholds that enough of them lie above."""
    thresholds = {f"{fmr:g}": round(t, 4) for fmr, t in zip(FMRS, level.thresholds, strict=True) if np.isfinite(t)}
    return {"group": level.group, "pairs": level.pairs, **thresholds}


def _example(role: Role) -> tuple[torch.Tensor, ...]:
    return tuple(torch.rand(*[2 if isinstance(axis, str) else axis for axis in port.axes]) for port in role.inputs)


def _add(pack: Pack, added: Mapping[str, tuple[Role, bytes]], manifold: DataFile | None) -> Pack:
    """Writes network files and states them in the manifest, beside what is there."""
    for role, data in added.values():
        (pack.folder / role.file).write_bytes(data)
    old: Manifest = pack.manifest
    manifest = replace(
        old, roles={**old.roles, **{name: role for name, (role, _) in added.items()}}, manifold=manifold or old.manifold
    )
    return write_pack_toml(Pack(pack.folder, manifest))


def add_oracles(pack: Pack, nets: Mapping[str, nn.Module], cache: Path) -> Pack:
    """Exports the oracles, calibrates them as exported, and writes the manifold."""
    files = {}
    for name, net in nets.items():
        role = oracle_role(name, NETS[name][0].width, {"thresholds": {"0.001": 1.0}})
        files[name] = export(net, _example(role), role, bits=8)
        pack = _add(pack, {f"oracle.{name}": (role, files[name])}, None)
    faces, unseen = Faces(cache), Faces(cache, held_out=True)
    codes = fit_codes(faces)
    seen, new = {}, {}
    settings: dict[str, dict[str, Any]] = {}
    for name in nets:
        seen[name], new[name] = embeddings(pack, name, faces), embeddings(pack, name, unseen)
        found = levels(unseen, faces, new[name], seen[name])
        settings[name] = {"thresholds": strictest(found), **_of_codes(unseen, faces, codes, seen[name])}
        settings[name]["calibration"] = tuple(map(_stated, found))
    for name, table in cleared(unseen, new).items():
        settings[name]["cleared"] = table
    known = {name: tables["known"][f"{min(FMRS):g}"] for name, tables in settings.items()}
    np.savez_compressed(pack.folder / MANIFOLD, **build_manifold(faces, codes, seen, known))  # type: ignore[arg-type]
    roles = {f"oracle.{name}": (oracle_role(name, NETS[name][0].width, settings[name]), files[name]) for name in nets}
    return _add(pack, roles, DataFile(MANIFOLD))


def _of_codes(unseen: Faces, faces: Faces, codes: Codes, others: FloatArray) -> dict[str, Mapping[str, float]]:
    """Thresholds of a code and a picture, and of two codes, the strictest group's, as an oracle sees ``others``."""
    projection = fit_projection(codes.of(faces), others)
    my, their = (unit(codes.of(each) @ projection.T) for each in (unseen, faces))
    compared = {"drawn": (my, others), "known": (my, their)}
    return {table: strictest(levels(unseen, faces, *pair)) for table, pair in compared.items()}


def add_replacer(pack: Pack, net: Replacer) -> Pack:
    """Exports encoder, generator and decoder."""
    parts = {
        "face_encoder": (ENCODER, net.encoder),
        "generator": (GENERATOR, net.generator),
        "face_decoder": (DECODER, net.decoder),
    }
    return _add(pack, {name: (role, export(part, _example(role), role)) for name, (role, part) in parts.items()}, None)


def add_occlusion(pack: Pack, net: nn.Module) -> Pack:
    """Exports the network that sees what is in front of a face."""
    return _add(pack, {OCCLUSION: (FRONT, export(net, _example(FRONT), FRONT))}, None)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"))
    parser.add_argument("--work", type=Path, default=Path("checkpoints"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--method", choices=["replace", "cover"], help="what the pack does where nothing is said")
    parts = ("oracles", "replacer", "occlusion")
    parser.add_argument("--only", choices=parts, help="the others stay as they are in the pack")
    args = parser.parse_args()
    pack = load_pack(args.pack)
    if args.method is not None:
        pack = Pack(pack.folder, replace(pack.manifest, method=args.method))
    if args.only in (None, "oracles"):
        nets = {name: averaged(kind(), args.work / f"oracle.{name}") for name, (kind, _) in NETS.items()}
        pack = add_oracles(pack, nets, args.cache)
    if args.only in (None, "replacer"):
        faces = Faces(args.cache, portraits=True)
        replacer = Replacer.from_checkpoints(args.work, fit_codes(Faces(args.cache)).of(faces))
        pack = add_replacer(pack, averaged(replacer, args.work / "generator"))
    if args.only in (None, "occlusion"):
        pack = add_occlusion(pack, averaged(OcclusionNet(), args.work / "occlusion"))
    for role in pack.manifest.roles:
        print(f"{pack.role(role).file}: {len(pack.read(role))} bytes")


if __name__ == "__main__":
    main()

"""The pocket pack's networks that replace faces, as pieces: the same way out as the full ones have."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from export.piece import Family, Piece, dice
from export.train.faces.autoencoder_net import FaceDecoder
from export.train.faces.generator_net import FaceEncoder, Generator
from export.train.faces.onnx_file import stored
from pyanon.runtime import Role, load_pack

__all__ = ["pocket_family"]

NETS: dict[str, type[nn.Module]] = {
    "face_encoder": FaceEncoder,
    "generator": Generator,
    "face_decoder": FaceDecoder,
}


def pocket_family(folder: Path) -> Family:
    """Encoder, generator and decoder of the pack in ``folder``.

    Raises:
        PackError: There is no such pack, or it was tampered with.
    """
    pack = load_pack(folder)
    pieces = []
    for name, kind in NETS.items():
        net, role = kind(), replace(pack.role(name), sha256="")
        # Buffers that are not weights are made anew.
        net.load_state_dict({**net.state_dict(), **stored(folder, name)})
        pieces.append(Piece(name, role, net.eval(), partial(_example, role)))
    manifest = pack.manifest
    return Family("generator", manifest.licence, manifest.training_data, tuple(pieces))


def _example(role: Role, rows: int) -> tuple[Tensor, ...]:
    generator = dice()
    shapes = ([rows if isinstance(axis, str) else axis for axis in port.axes] for port in role.inputs)
    return tuple(torch.rand(*shape, generator=generator) for shape in shapes)

"""Networks as ONNX files that keep the names of their weights, in few bits: small, and to be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from export.train.trace import traced, without_notes
from pyanon.runtime import Role, load_pack

__all__ = ["export", "packed", "stored", "weights_of"]

#: Weights smaller than this stay as they are.
LEAST_PACKED = 64
#: What is put behind the name of a weight that is not stored as it is.
HALF, EIGHTH, SCALE = ":half", ":int8", ":scale"


def export(net: nn.Module, example: tuple[Tensor, ...], role: Role, *, bits: int = 16) -> bytes:
    """An ONNX file with the ports of a role, weights in 16 or 8 bits, computing in float32."""
    # The runtime folds what is left unfolded here when it loads.
    model = packed(traced(net.eval(), example, role, keep_names=True), bits=bits)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def packed(model: onnx.ModelProto, *, bits: int) -> onnx.ModelProto:
    """The model with its larger weights as float16, or as int8 with a scale for each output channel.

    Nodes bring each weight back to float32; the runtime folds them when it loads. Also without the exporter's notes
    (source paths and scopes of the machine that traced it).
    """
    weights, restored = list(model.graph.initializer), []
    del model.graph.initializer[:]
    for weight in weights:
        large = weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= LEAST_PACKED
        kept, nodes = _packed(weight, bits) if large else ([weight], [])
        model.graph.initializer.extend(kept)
        restored += nodes
    nodes = [*restored, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return without_notes(model)


def _packed(weight: TensorProto, bits: int) -> tuple[list[TensorProto], list[onnx.NodeProto]]:
    name, values = weight.name, numpy_helper.to_array(weight)
    if bits == 16 or values.ndim < 2:
        half = numpy_helper.from_array(values.astype(np.float16), name + HALF)
        return [half], [helper.make_node("Cast", [name + HALF], [name], to=TensorProto.FLOAT)]
    scale = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True) / 127 + np.float32(1e-12)
    small = np.round(values / scale).astype(np.int8)
    kept = [numpy_helper.from_array(small, name + EIGHTH), numpy_helper.from_array(scale, name + SCALE)]
    plain = f"{name}:whole"
    return kept, [
        helper.make_node("Cast", [name + EIGHTH], [plain], to=TensorProto.FLOAT),
        helper.make_node("Mul", [plain, name + SCALE], [name]),
    ]


def stored(pack: Path, role: str, *, inside: str = "", under: str = "") -> dict[str, Tensor]:
    """The weights of a role of a pack, to go on from.

    Args:
        pack: Folder of the pack.
        role: Its role.
        inside: Only those whose names begin with this, without it.
        under: What is put before each name.

    Raises:
        PackError: There is no such pack or role, or it was tampered with.
    """
    found = weights_of(load_pack(pack).read(role))
    return {under + name.removeprefix(inside): value for name, value in found.items() if name.startswith(inside)}


def weights_of(data: bytes) -> Mapping[str, Tensor]:
    """The weights of such a file, by the names that they have in the network."""
    arrays = {each.name: numpy_helper.to_array(each) for each in onnx.load_from_string(data).graph.initializer}
    found = {}
    for name, values in arrays.items():
        if name.endswith(EIGHTH):
            found[name.removesuffix(EIGHTH)] = values * arrays[name.removesuffix(EIGHTH) + SCALE]
        elif values.dtype in (np.float16, np.float32) and not name.endswith(SCALE):
            found[name.removesuffix(HALF)] = values
    return {name: torch.from_numpy(values.astype(np.float32)) for name, values in found.items()}

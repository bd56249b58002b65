"""Networks as ONNX files that keep the names of their weights, in half precision: small, and to be trained on."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from pyanon.runtime import Role

__all__ = ["export", "halved", "weights_of"]

OPSET = 17
#: Weights smaller than this stay as they are.
LEAST_HALVED = 64
HALF = ":half"


def export(net: nn.Module, example: tuple[Tensor, ...], role: Role) -> bytes:
    """An ONNX file with the ports of a role, weights in float16, computing in float32."""
    ports = role.inputs + role.outputs
    varying = {port.name: {i: axis for i, axis in enumerate(port.axes) if isinstance(axis, str)} for port in ports}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / role.file
        # The tracing exporter needs nothing but `onnx`; its successor, which the warning is about, needs more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.eval(), example, file, opset_version=OPSET, dynamo=False, dynamic_axes=varying,
            input_names=[port.name for port in role.inputs], output_names=[port.name for port in role.outputs],
            # Constants that stay unfolded keep the names of the parameters; the runtime folds them when it loads.
            do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE,
        )  # fmt: skip
        model = halved(onnx.load(file))
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its larger weights in float16, each cast back to float32 by a node that the runtime folds.

    Also without the exporter's notes (source paths and scopes of the machine that traced it).
    """
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) >= LEAST_HALVED:
            name, values = weight.name, numpy_helper.to_array(weight).astype(np.float16)
            weight.CopyFrom(numpy_helper.from_array(values, name + HALF))
            casts.append(helper.make_node("Cast", [name + HALF], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    return model


def weights_of(data: bytes) -> Mapping[str, Tensor]:
    """The weights of such a file, by the names that they have in the network."""
    return {
        weight.name.removesuffix(HALF): torch.from_numpy(numpy_helper.to_array(weight).astype(np.float32))
        for weight in onnx.load_from_string(data).graph.initializer
        if weight.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)
    }

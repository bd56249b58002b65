"""From torch to ONNX."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from pyanon.runtime import Role

__all__ = ["traced", "without_notes"]

OPSET = 17


def traced(net: nn.Module, example: tuple[Tensor, ...], role: Role, *, keep_names: bool = False) -> onnx.ModelProto:
    """Traces a network; every named axis of a port of its role varies.

    Args:
        net: The network.
        example: Inputs to trace it with.
        role: Its ports.
        keep_names: Leave constants unfolded, so that weights keep the names of the parameters.
    """
    ports = role.inputs + role.outputs
    varying = {port.name: {i: axis for i, axis in enumerate(port.axes) if isinstance(axis, str)} for port in ports}
    mode = torch.onnx.TrainingMode.PRESERVE if keep_names else torch.onnx.TrainingMode.EVAL
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # The tracing exporter needs nothing but `onnx`; its successor, which the warning is about, needs more.
        warnings.simplefilter("ignore")
        file = Path(folder) / role.file
        torch.onnx.export(
            net, example, file, opset_version=OPSET, dynamo=False, dynamic_axes=varying,
            input_names=[port.name for port in role.inputs], output_names=[port.name for port in role.outputs],
            do_constant_folding=not keep_names, training=mode,
        )  # fmt: skip
        return onnx.load(file)


def without_notes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, in place, without the exporter's notes (source paths and scopes of the machine that traced it)."""
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    return model

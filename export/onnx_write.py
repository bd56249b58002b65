"""From torch to one ONNX file with its weights inside."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import onnx
import onnx_ir
import torch
from torch import Tensor, nn

from export.train.trace import OPSET as TRACED
from export.train.trace import traced, without_notes
from pyanon.errors import InputError
from pyanon.runtime import Port, Role

__all__ = ["LARGEST", "OPSETS", "check_size", "write"]

#: The opsets that can be written. Up to 17 the tracing exporter does it; its successor writes invalid files below 18.
OPSETS = (17, 18, 19, 20)
#: A pack's file is one protobuf message, weights and all, and a message ends at 2 GiB: less what the graph takes.
LARGEST = 2**31 - 2**25
#: Newer files are not read by the oldest ONNX Runtime that pyanon runs with.
IR = 10


def write(net: nn.Module, example: tuple[Tensor, ...], role: Role, *, path: Path, opset: int) -> None:
    """Writes a network with the ports of its role; every named axis of a port varies.

    Args:
        net: Takes the inputs of the role in their order.
        example: Inputs to trace it with, at least two of whatever varies.
        role: Its ports.
        path: The file.
        opset: One of `OPSETS`.

    Raises:
        InputError: The opset is none of these, or the weights do not fit into one file.
    """
    if opset not in OPSETS:
        raise InputError("this opset cannot be written", given=opset, expected=f"one of {', '.join(map(str, OPSETS))}")
    check_size(net, role)
    if opset == TRACED:
        model = onnx_ir.from_proto(without_notes(traced(net.eval(), example, role)))
    else:
        model = _exported(net.eval(), example, role, opset=opset)
    _name(model.graph, role)
    model.ir_version = min(model.ir_version, IR)
    # The exporter's own `save` would put weights of more than 1.5 GB into a second file.
    onnx_ir.save(model, path)
    onnx.checker.check_model(path)


def check_size(net: nn.Module, role: Role, *, half: bool = False) -> None:
    """`InputError` where the weights of a network do not fit into one file, as they are or in float16."""
    size = sum(each.numel() * each.element_size() for each in (*net.parameters(), *net.buffers())) / (1 + half)
    if size > LARGEST:
        raise InputError(
            f"the weights of {role.file} do not fit into one ONNX file",
            given=f"{size / 1e9:.1f} GB",
            expected=f"at most {LARGEST / 1e9:.1f} GB: a pack's file holds its weights, so that its sha256 covers them",
            do="export with --half",
        )


def _exported(net: nn.Module, example: tuple[Tensor, ...], role: Role, *, opset: int) -> Any:
    """A model of `onnx_ir`, by the exporter that follows the tracing one."""
    varying = tuple(
        {i: torch.export.Dim.DYNAMIC for i, axis in enumerate(port.axes) if isinstance(axis, str)}
        for port in role.inputs
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about torch
        program = torch.onnx.export(
            _Ports(net).eval(), example, opset_version=opset, dynamo=True, dynamic_shapes=(varying,), verbose=False
        )
    if program is None:
        raise RuntimeError("torch.onnx.export wrote nothing")
    _without_notes(program.model)
    return program.model


class _Ports(nn.Module):
    """Any network, so that its inputs are counted and not called by the names of its arguments."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, *inputs: Tensor) -> Any:
        return self.net(*inputs)


def _name(graph: Any, role: Role) -> None:
    """Gives the ports their names and axes; what is inside and happens to have one of these names gets another."""
    ports = {port.name for port in role.inputs + role.outputs}
    made = [value for node in graph for value in node.outputs]
    for value in (*made, *graph.initializers.values()):
        if value.name in ports:
            value.name = f"{value.name}.inner"
    for values, stated in ((graph.inputs, role.inputs), (graph.outputs, role.outputs)):
        for value, port in zip(values, stated, strict=True):
            _state(value, port)


def _state(value: Any, port: Port) -> None:
    value.name = port.name
    value.shape = onnx_ir.Shape(port.axes)


def _without_notes(model: Any) -> None:
    """Without paths and scopes of the machine that traced it."""
    model.metadata_props.clear()
    model.graph.metadata_props.clear()
    for each in (*model.graph.all_nodes(), *(node for f in model.functions.values() for node in f.all_nodes())):
        each.metadata_props.clear()
        each.doc_string = None
        for value in each.outputs:
            value.metadata_props.clear()
    for value in (*model.graph.inputs, *model.graph.initializers.values()):
        value.metadata_props.clear()

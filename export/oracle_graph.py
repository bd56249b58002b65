"""Puts a face recogniser's ONNX file behind the ports of an oracle.

Recognisers of the insightface family take 112 x 112 pixels in ArcFace's alignment, normalised to -1..1, in RGB or BGR.
pyanon gives every oracle the crops of its pack, RGB 0..1. What lies between is baked in front of the network; behind it
the embedding gets length 1.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir
import torch
from onnx import TensorProto, compose, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from export.onnx_write import IR, write
from export.resample import ARCFACE, ARCFACE_SIDE, Resampled
from pyanon.errors import InputError
from pyanon.runtime import Port, Role
from pyanon.types import FloatArray

__all__ = ["FACES", "Framed", "Oracle", "Recogniser", "behind_ports", "freed", "width"]

#: What a recogniser takes.
FACES = ("n", 3, ARCFACE_SIDE, ARCFACE_SIDE)


class Framed(nn.Module):
    """Crops RGB 0..1 as a recogniser wants them: ``(n, 3, 112, 112)``, -1..1.

    Args:
        size: Side of the crops.
        template: Their landmarks ``(5, 2)``.
        bgr: Whether the recogniser was trained on BGR.
    """

    def __init__(self, size: int, template: FloatArray, *, bgr: bool) -> None:
        super().__init__()
        self.see, self.bgr = Resampled(size, template, side=ARCFACE_SIDE, target=ARCFACE), bgr

    def forward(self, crops: Tensor) -> Tensor:
        """(x - 127.5) / 127.5 of pixels 0..255."""
        faces = self.see(crops) * 2 - 1
        return faces.flip(1) if self.bgr else faces


class Recogniser(nn.Module):
    """A recogniser as it came, an ONNX file, run by ONNX Runtime: what its oracle is compared with."""

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        import onnxruntime

        self._session: Any = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def forward(self, faces: Tensor) -> Tensor:
        """The embedding."""
        name = self._session.get_inputs()[0].name
        return torch.from_numpy(self._session.run(None, {name: faces.numpy()})[0])


class Oracle(nn.Module):
    """Both, one after the other."""

    def __init__(self, framed: Framed, recogniser: nn.Module) -> None:
        super().__init__()
        self.framed, self.recogniser = framed, recogniser

    def forward(self, crops: Tensor) -> Tensor:
        """Embeddings of length 1."""
        return functional.normalize(self.recogniser(self.framed(crops)), dim=1)


def behind_ports(model: onnx.ModelProto, framed: Framed, *, size: int, opset: int, half: bool) -> onnx.ModelProto:
    """The recogniser as one graph from crops to embeddings of length 1.

    Args:
        model: The recogniser, from `freed`.
        framed: What brings crops there.
        size: Side of the crops.
        opset: Of the file that comes out, at least the recogniser's own.
        half: Whether the recogniser computes in float16.
    """
    faces, embedding = model.graph.input[0].name, model.graph.output[0].name
    if half:
        from onnxruntime.transformers.float16 import convert_float_to_float16

        model = _in_order(convert_float_to_float16(model, keep_io_types=True))
    model = compose.add_prefix(onnx.version_converter.convert_version(model, opset), "recogniser.")
    role = Role("framed.onnx", (Port("crops", "float32", ("n", 3, size, size)),), (Port("faces", "float32", FACES),))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / role.file
        write(framed.eval(), (torch.rand(2, 3, size, size),), role, path=path, opset=opset)
        before = onnx.load(path)
    model.ir_version = before.ir_version = min(IR, max(model.ir_version, before.ir_version))
    whole = compose.merge_models(before, model, io_map=[("faces", f"recogniser.{faces}")])
    # The default domain has two names, and each part used another.
    del whole.opset_import[:]
    whole.opset_import.append(helper.make_opsetid("", opset))
    _unit(whole, f"recogniser.{embedding}")
    onnx.checker.check_model(whole)
    return whole


def _in_order(model: onnx.ModelProto) -> onnx.ModelProto:
    """With every node behind those that it needs: the conversion appends its casts."""
    ordered = onnx_ir.from_proto(model)
    ordered.graph.sort()
    proto: onnx.ModelProto = onnx_ir.to_proto(ordered)
    return proto


def width(model: onnx.ModelProto) -> int:
    """Numbers of an embedding."""
    return int(model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value)


def freed(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a recogniser whose number of rows varies; older files fix it, and list weights as inputs too.

    Raises:
        InputError: It has other ports than one input ``(n, 3, 112, 112)`` and one output ``(n, d)``.
    """
    free = onnx.ModelProto()
    free.CopyFrom(model)
    weights = {each.name for each in model.graph.initializer}
    del free.graph.input[:], free.graph.value_info[:]
    free.graph.input.extend(each for each in model.graph.input if each.name not in weights)
    ports = (*free.graph.input, *free.graph.output)
    shapes = [[axis.dim_value for axis in each.type.tensor_type.shape.dim] for each in ports]
    if len(free.graph.input) != 1 or len(shapes) != 2 or shapes[0][1:] != list(FACES[1:]) or len(shapes[1]) != 2:
        raise InputError(
            "this is no recogniser of ArcFace's family",
            given=f"ports of shape {shapes}",
            expected="one input (n, 3, 112, 112), one output (n, d)",
            do="take the recognition model of an insightface pack, such as w600k_r50.onnx",
        )
    for each in ports:
        each.type.tensor_type.shape.dim[0].dim_param = "n"
    return free


def _unit(model: onnx.ModelProto, embedding: str) -> None:
    """Gives the embedding length 1 and its name."""
    numbers = width(model)
    squares = [
        helper.make_node("Mul", [embedding, embedding], ["squares"]),
        helper.make_node("ReduceSum", ["squares", "along"], ["square"], keepdims=1),
        helper.make_node("Max", ["square", "least"], ["some"]),
        helper.make_node("Sqrt", ["some"], ["length"]),
        helper.make_node("Div", [embedding, "length"], ["embedding"]),
    ]
    model.graph.node.extend(squares)
    model.graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "along"))
    model.graph.initializer.append(numpy_helper.from_array(np.array(1e-24, np.float32), "least"))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", numbers]))

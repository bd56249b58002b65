"""A teacher as a torch module, so that a gradient comes back through it to the picture it looks at.

Only the few operations that its file consists of are known; anything else is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from export.train.faces.recognisers import ARCFACE
from export.train.faces.template import SIZE, TEMPLATE
from pyanon.geometry import similarity
from pyanon.types import FloatArray

__all__ = ["Teacher", "mobilefacenet"]


@dataclass
class _Step:
    """One operation: what it reads, what it writes, what it does."""

    reads: tuple[str, ...]
    writes: str
    does: Callable[..., Tensor]


class Teacher(nn.Module):
    """A frozen recogniser that looks at the aligned crops of this project.

    Args:
        steps: Its operations in order; the first reads ``"image"``.
        constants: Its weights by name.
        template: Landmarks of the crop it was trained on, shares of its side.
        side: That crop's side in pixels.
        prepare: From RGB 0..1 to what it takes.
    """

    theta: Tensor

    def __init__(
        self,
        steps: list[_Step],
        constants: dict[str, FloatArray],
        *,
        template: FloatArray,
        side: int,
        prepare: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__()
        self._steps, self._side, self._prepare = steps, side, prepare
        self._names = {name: f"c{number}" for number, name in enumerate(constants)}
        for name, value in constants.items():
            weight = torch.from_numpy(np.array(value, np.float32))
            if weight.dim() == 4:
                weight = weight.contiguous(memory_format=torch.channels_last)
            self.register_buffer(self._names[name], weight)
        # Where each pixel of its crop lies in ours, from the two templates.
        matrix = similarity(TEMPLATE[None], template * np.float32(side))[0].astype(np.float64)
        back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
        back[:, 2] += back[:, :2] @ np.array([side / 2, side / 2]) - SIZE / 2
        theta = np.concatenate([back[:, :2] * side, back[:, 2:] * 2], 1) / SIZE
        self.register_buffer("theta", torch.from_numpy(theta).float())

    def forward(self, crops: Tensor) -> Tensor:
        """Embeddings of crops ``(n, 3, 128, 128)`` RGB 0..1; what lies outside the crop is black, as at a border."""
        n, side = len(crops), self._side
        grid = functional.affine_grid(self.theta.expand(n, 2, 3), [n, 3, side, side], align_corners=False)
        seen = functional.grid_sample(crops.float(), grid, mode="bilinear", align_corners=False)
        values = {"image": self._prepare(seen).contiguous(memory_format=torch.channels_last)}
        for step in self._steps:
            inputs = [values[name] if name in values else getattr(self, self._names[name]) for name in step.reads]
            values[step.writes] = step.does(*inputs)
        return values[self._steps[-1].writes].flatten(1)


def _convolution(stride: int, padding: int, groups: int) -> Callable[..., Tensor]:
    def apply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return functional.conv2d(x, weight, bias, stride, padding, groups=groups)

    return apply


def mobilefacenet(folder: Path) -> Teacher:
    """MobileFaceNet (foamliu, Apache-2.0) from its ONNX file: convolutions, clips and sums."""
    model = onnx.load(folder / "mobilefacenet.onnx")
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    steps, same = [], {"input0": "image"}
    for node in model.graph.node:
        reads = tuple(same.get(name, name) for name in node.input)
        facts = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv":
            does = _convolution(facts["strides"][0], facts["pads"][0], facts["group"])
        elif node.op_type == "Clip":
            reads, does = reads[:1], functional.relu6
        elif node.op_type == "Relu":
            does = functional.relu
        elif node.op_type == "Add":
            does = torch.add
        elif node.op_type in ("Reshape", "Constant"):
            continue
        else:
            raise ValueError(f"{node.op_type} is not one of the operations of mobilefacenet.onnx")
        steps.append(_Step(reads, node.output[0], does))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])

    def prepare(crops: Tensor) -> Tensor:
        return (crops - mean.to(crops.device).view(1, 3, 1, 1)) / deviation.to(crops.device).view(1, 3, 1, 1)

    return Teacher(steps, constants, template=ARCFACE, side=112, prepare=prepare)

"""What a network cannot take less than: its operations and bytes over the rates of a chip.

``python -m benchmarks.floors PACK`` prints it.

Multiply-adds are counted over the ONNX graph at one row (a locator: at 640 x 384); bytes are the weights, the inputs
and the outputs, once each, as if everything between them stayed on the chip. The rates are those that the makers state
for dense half precision and for memory; nothing reaches them, so that what is measured lies above.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
import onnxruntime

from pyanon.runtime import Pack, load_pack

#: Chip -> operations a second in dense half precision, bytes a second of its memory; a multiply-add is two operations.
CHIPS = {
    "Orin Nano 8GB (25 W)": (16.7e12, 102e9),
    "AGX Orin 64GB": (42.5e12, 204.8e9),
    "Thor T5000": (258e12, 273e9),
    "T4": (65e12, 320e9),
    "H200": (989e12, 4.8e12),
}
#: Sizes of axes that vary.
SIZES = {"height": 384, "width": 640}


@dataclass(frozen=True)
class Work:
    """What a network has to do for one call.

    Attributes:
        multiply_adds: Of its convolutions and matrix products.
        weights: Bytes of its weights.
        moved: Bytes of its inputs and outputs.
    """

    multiply_adds: int
    weights: int
    moved: int

    def seconds(self, operations: float, bandwidth: float) -> float:
        """The least time on a chip: the longer of computing and of reading."""
        return max(2 * self.multiply_adds / operations, (self.weights + self.moved) / bandwidth)


def work_of(pack: Pack, role: str) -> Work:
    """Counts a network of a pack."""
    model = onnx.load_from_string(pack.read(role))
    shapes = _shapes(model)
    initial = {weight.name: tuple(weight.dims) for weight in model.graph.initializer}
    known = {**shapes, **initial}
    weights = sum(_bytes(weight.data_type, weight.dims) for weight in model.graph.initializer)
    ports = (*model.graph.input, *model.graph.output)
    moved = sum(_bytes(port.type.tensor_type.elem_type, known.get(port.name, ())) for port in ports)
    return Work(sum(_multiply_adds(node, known) for node in model.graph.node), weights, moved)


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes of all values, every axis that varies being set: found by running the network once."""
    every = onnx.ModelProto()
    every.CopyFrom(model)
    names = list(dict.fromkeys(name for node in model.graph.node for name in node.output if name))
    del every.graph.output[:]
    every.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # its hints about the graph are of no use here
    session = onnxruntime.InferenceSession(every.SerializeToString(), options, providers=["CPUExecutionProvider"])
    given = {
        value.name: np.zeros(
            [axis.dim_value or SIZES.get(axis.dim_param, 1) for axis in value.type.tensor_type.shape.dim],
            onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type),
        )
        for value in model.graph.input
    }
    shapes = {name: array.shape for name, array in given.items()}
    return shapes | {name: array.shape for name, array in zip(names, session.run(names, given), strict=True)}


def _bytes(kind: int, shape: Any) -> int:
    return int(math.prod(shape) * np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind)).itemsize)


def _multiply_adds(node: onnx.NodeProto, known: Mapping[str, tuple[int, ...]]) -> int:
    result = known.get(node.output[0], ())
    if node.op_type in ("Conv", "ConvInteger", "QLinearConv"):
        weight = known[node.input[3 if node.op_type == "QLinearConv" else 1]]
        return math.prod(result) * math.prod(weight[1:])
    if node.op_type == "ConvTranspose":
        return math.prod(known[node.input[0]]) * math.prod(known[node.input[1]][1:])
    if node.op_type in ("MatMul", "Gemm", "MatMulInteger"):
        transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
        return math.prod(result) * known[node.input[0]][-2 if transposed else -1]
    return 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition(".")[0])
    parser.add_argument("pack", nargs="?", default="pocket")
    pack = load_pack(parser.parse_args().pack)
    works = {role: work_of(pack, role) for role in pack.manifest.roles}
    print(f"{'network':<18}{'M mult-adds':>12}{'MB weights':>12}{'MB moved':>10}", *(f"{chip:>22}" for chip in CHIPS))
    total = Work(0, 0, 0)
    for role, work in works.items():
        _row(role, work)
        total = replace(
            total,
            multiply_adds=total.multiply_adds + work.multiply_adds,
            weights=total.weights + work.weights,
            moved=total.moved + work.moved,
        )
    _row("all, once", total)


def _row(name: str, work: Work) -> None:
    floors = (f"{1e6 * work.seconds(*rates):>19.1f} us" for rates in CHIPS.values())
    figures = f"{work.multiply_adds / 1e6:>12.1f}{work.weights / 1e6:>12.2f}{work.moved / 1e6:>10.2f}"
    print(f"{name:<18}{figures}", *floors)


if __name__ == "__main__":
    main()

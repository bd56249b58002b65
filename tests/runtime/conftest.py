"""Tiny networks and packs, built on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.runtime import Manifest, Pack, Port, Prompts, Role, write_pack_toml

onnx = pytest.importorskip("onnx", reason="the networks of these tests are built with onnx (in the test extra)")

_TENSOR = {
    "float32": onnx.TensorProto.FLOAT,
    "float16": onnx.TensorProto.FLOAT16,
    "int64": onnx.TensorProto.INT64,
}


def _ports(ports: tuple[Port, ...]) -> list[Any]:
    return [onnx.helper.make_tensor_value_info(port.name, _TENSOR[port.dtype], port.axes) for port in ports]


def build_network(nodes: list[tuple[str, list[str], str]], role: Role, **weights: np.ndarray) -> bytes:
    """An ONNX file of `nodes`, each (operator, inputs, output), with the ports of `role`."""
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(operator, inputs, [output]) for operator, inputs, output in nodes],
        "tiny",
        _ports(role.inputs),
        _ports(role.outputs),
        [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    # Versions that every supported ONNX Runtime reads.
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


LOCATOR = Role(
    file="locator.onnx",
    inputs=(Port("image", "float32", (1, 3, "height", "width")), Port("prompts", "float32", ("prompt", 4))),
    outputs=(Port("doubled", "float32", (1, 3, "height", "width")), Port("scores", "float32", ("prompt", 2))),
    settings={
        "threshold": 0.25,
        "strides": (8, 16, 32),
        "input": "rgb",
        "profile": {"height": (1, 5, 64), "width": (1, 7, 64), "prompt": (1, 2, 8)},
    },
)
LANDMARKS = Role(
    file="landmarks.onnx",
    inputs=(Port("crops", "float32", ("n", 3)), Port("bias", "float32", ("n", 3))),
    outputs=(Port("sum", "float32", ("n", 3)),),
)
#: Column weights of the locator's scores.
WEIGHTS = np.arange(8, dtype=np.float32).reshape(4, 2)


@pytest.fixture
def network() -> Callable[..., bytes]:
    return build_network


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A whole pack with two networks and two prompts, in a folder of its own."""
    folder = tmp_path / "packs" / "tiny"
    folder.mkdir(parents=True)
    locator = build_network(
        [("Add", ["image", "image"], "doubled"), ("MatMul", ["prompts", "weights"], "scores")], LOCATOR, weights=WEIGHTS
    )
    (folder / LOCATOR.file).write_bytes(locator)
    (folder / LANDMARKS.file).write_bytes(build_network([("Add", ["crops", "bias"], "sum")], LANDMARKS))
    np.save(folder / "prompts.npy", np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32))
    manifest = Manifest(
        name="tiny",
        version="1.0",
        licence="Apache-2.0",
        training_data="none",
        description="two networks that add",
        roles={"locator": LOCATOR, "landmarks": LANDMARKS},
        prompts=Prompts(file="prompts.npy", names=("face", "licence plate")),
    )
    return write_pack_toml(Pack(folder, manifest))

"""A tiny pack that replaces faces: linear networks whose answers can be foreseen, and a locator that works.

An oracle is a fixed projection of the downscaled crop; the generator paints what a fixed matrix makes of the identity
code, so that the manifold's projections foresee what the oracles will see.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.geometry import transform
from pyanon.runtime import DataFile, Manifest, Pack, Port, Prompts, Role, load_pack, write_pack_toml
from pyanon.types import FloatArray, Tracks

onnx = pytest.importorskip("onnx", reason="the networks of these tests are built with onnx (in the test extra)")

SIZE, CELLS, CODE, SEEN = 64, 8, 16, 12
FLAT = 3 * CELLS * CELLS
TRAITS = {"age": ("young", "middle", "old"), "gender": ("female", "male")}
LOGITS = 5
_ARCFACE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
TEMPLATE = ((np.array(_ARCFACE) - (2, 17)) * SIZE / 108).astype(np.float32)
#: Located box of a face whose crop is the whole of (0, 0, SIZE, SIZE).
BOX = np.array([9, 4, 55, 60], np.float32)


@dataclass(frozen=True)
class Twist:
    """What is wrong, or special, with a pack."""

    thresholds: tuple[float, float, float] = (0.5, 0.6, 0.95)
    honest: bool = True  # the projections foresee what the oracles see
    generator: str = ""  # "nan": the generator's answer is not finite
    gallery: str = ""  # "whole": it holds codes near everything
    clusters: bool = True
    occlusion: str = ""  # "white": whatever is white is in front; "all": everything is; "nan": the answer is not finite
    levels: tuple[float, ...] = (1.0, 0.5)
    settings: tuple[tuple[str, Any], ...] = ()


def _matrix(seed: int, *shape: int) -> FloatArray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _project(oracle: int) -> FloatArray:
    return _matrix(100 + oracle, FLAT, SEEN) / np.float32(np.sqrt(FLAT))


#: Identity code to the cells of the painted face, each channel without a mean, as the oracles look at it.
PAINT = _matrix(7, CODE, 3, CELLS * CELLS)
PAINT = (0.12 * (PAINT - PAINT.mean(axis=-1, keepdims=True))).reshape(CODE, FLAT).astype(np.float32)


def _float(name: str, *axes: int | str) -> Port:
    return Port(name, "float32", ("n", *axes))


_CROPS = _float("crops", 3, SIZE, SIZE)
_CONTEXT, _ATTRIBUTES = _float("context", 3, CELLS, CELLS), _float("attributes", 1, CELLS, CELLS)
_LATENT = _float("latent", 3, CELLS, CELLS)

Node = tuple[str, list[str], str, dict[str, Any]]
_POOL = {"kernel_shape": [SIZE // CELLS] * 2, "strides": [SIZE // CELLS] * 2}


def _network(role: Role, nodes: list[Node], **weights: Any) -> bytes:
    def info(port: Port) -> Any:
        return onnx.helper.make_tensor_value_info(port.name, onnx.TensorProto.FLOAT, port.axes)

    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(op, inputs, [output], **more) for op, inputs, output, more in nodes],
        "tiny",
        [info(port) for port in role.inputs],
        [info(port) for port in role.outputs],
        [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def _encoder(twist: Twist) -> tuple[Role, bytes]:
    settings = {
        "size": SIZE,
        "template": tuple(map(tuple, TEMPLATE.tolist())),
        "traits": TRAITS,
        **dict(twist.settings),
    }
    role = Role(
        file="face_encoder.onnx",
        inputs=(_CROPS, _float("inside", 1, SIZE, SIZE), _float("landmarks", 5, 2)),
        outputs=(_CONTEXT, _ATTRIBUTES),
        settings=settings,
    )
    nodes: list[Node] = [
        ("Sub", ["one", "inside"], "outside", {}),
        ("Mul", ["crops", "outside"], "blanked", {}),
        ("AveragePool", ["blanked"], "context", _POOL),
        ("ReduceMean", ["landmarks"], "place", {"axes": [1, 2], "keepdims": 1}),
        ("Unsqueeze", ["place", "last"], "spot", {}),
        ("AveragePool", ["inside"], "cells", _POOL),
        ("Mul", ["cells", "spot"], "attributes", {}),
    ]
    return role, _network(role, nodes, one=np.float32(1), last=np.array([3]))


def _generator(twist: Twist) -> tuple[Role, bytes]:
    role = Role(
        file="generator.onnx",
        inputs=(_LATENT, Port("level", "float32", ("n",)), _CONTEXT, _ATTRIBUTES, _float("identity", CODE)),
        outputs=(_float("clean", 3, CELLS, CELLS),),
        settings={"levels": twist.levels},
    )
    nodes: list[Node] = [
        ("MatMul", ["identity", "paint"], "flat", {}),
        ("Reshape", ["flat", "cells"], "face", {}),
        ("Reshape", ["level", "scalar"], "much", {}),
        ("Mul", ["latent", "little"], "noise", {}),
        ("Mul", ["noise", "much"], "grain", {}),
        ("Mul", ["context", "little"], "light", {}),
        ("Mul", ["attributes", "little"], "shade", {}),
        ("Sum", ["face", "grain", "light", "shade"], "painted", {}),
        ("Div", ["painted", "whole"], "clean", {}),
    ]
    whole = np.float32(0 if twist.generator == "nan" else 1)
    shapes = {"cells": np.array([-1, 3, CELLS, CELLS]), "scalar": np.array([-1, 1, 1, 1])}
    return role, _network(role, nodes, paint=PAINT, little=np.float32(0.01), whole=whole, **shapes)


def _decoder() -> tuple[Role, bytes]:
    role = Role(file="face_decoder.onnx", inputs=(_LATENT,), outputs=(_float("pixels", 3, SIZE, SIZE),))
    nodes: list[Node] = [
        ("Resize", ["latent", "", "scales"], "large", {"mode": "nearest"}),
        ("Add", ["large", "half"], "pixels", {}),
    ]
    scales = np.array([1, 1, SIZE // CELLS, SIZE // CELLS], np.float32)
    return role, _network(role, nodes, scales=scales, half=np.float32(0.5))


def _occlusion(twist: Twist) -> tuple[Role, bytes]:
    role = Role(file="occlusion.onnx", inputs=(_CROPS,), outputs=(_float("chance", 1, SIZE, SIZE),))
    nodes: list[Node] = [
        ("ReduceMin", ["crops"], "least", {"axes": [1], "keepdims": 1}),
        ("Greater", ["least", "white"], "there", {}),
        ("Cast", ["there"], "sure", {"to": onnx.TensorProto.FLOAT}),
        ("Div", ["sure", "whole"], "chance", {}),
    ]
    white = np.float32(-1 if twist.occlusion == "all" else 0.99)
    return role, _network(role, nodes, white=white, whole=np.float32(0 if twist.occlusion == "nan" else 1))


def _oracle(index: int, twist: Twist) -> tuple[Role, bytes]:
    rates = ("0.01", "0.001", "0.0001")
    role = Role(
        file=f"oracle_{index}.onnx",
        inputs=(_CROPS,),
        outputs=(_float("embedding", SEEN),),
        settings={"thresholds": dict(zip(rates, twist.thresholds, strict=True))},
    )
    nodes: list[Node] = [
        ("AveragePool", ["crops"], "cells", _POOL),
        ("ReduceMean", ["cells"], "mean", {"axes": [2, 3], "keepdims": 1}),
        ("Sub", ["cells", "mean"], "centred", {}),
        ("Reshape", ["centred", "rows"], "flat", {}),
        ("MatMul", ["flat", "project"], "embedding", {}),
    ]
    return role, _network(role, nodes, rows=np.array([-1, FLAT]), project=_project(index))


def manifold(twist: Twist) -> dict[str, Any]:
    """The arrays of the manifold: six groups, three ages of both genders."""
    groups = np.array([(age, gender) for age in range(3) for gender in range(2)])
    mean = 0.2 * _matrix(11, 6, CODE) + groups[:, :1] * 0.3
    arrays: dict[str, Any] = {
        "mean": mean.astype(np.float32),
        "groups": groups,
        "factor": np.eye(CODE, dtype=np.float32),
        "traits_bias": np.zeros(LOGITS, np.float32),
        "radius": np.float32(8),
        "gallery_scale": np.full(CODE, 0.05, np.float32),
        "gallery_mean": np.zeros(CODE, np.float32),
        "anchors": mean.astype(np.float32),
        "neighbours": np.int64(1),
        "reach": np.float32(20),
    }
    for index in range(2):
        project = PAINT @ _project(index) if twist.honest else _matrix(50 + index, CODE, SEEN)
        arrays[f"projection.{index}"] = project.T.astype(np.float32)
        arrays[f"traits.{index}"] = _matrix(60 + index, LOGITS, SEEN)
    count = 20000 if twist.gallery == "whole" else 4
    arrays["gallery"] = np.clip(_matrix(13, count, CODE) * 20, -127, 127).astype(np.int8)
    if twist.clusters:
        arrays["cluster"] = (0.5 * _matrix(17, 5, CODE)).astype(np.float32)
        arrays["members"] = np.array([3, 4, 5, 6, 7])
        arrays["member_codes"] = np.clip(_matrix(19, 25, CODE) * 20, -127, 127).astype(np.int8)
    return arrays


def build(folder: Path, twist: Twist | None = None) -> Pack:
    """A whole pack in a folder that is made."""
    twist = twist or Twist()
    folder.mkdir(parents=True)
    pocket = load_pack("pocket")
    roles = {}
    for name in ("locator", "landmarks"):
        roles[name] = pocket.role(name)
        shutil.copy(pocket.folder / roles[name].file, folder)
    shutil.copy(pocket.folder / "prompts.npy", folder)
    made = {"face_encoder": _encoder(twist), "generator": _generator(twist), "face_decoder": _decoder()}
    if twist.occlusion:
        made["occlusion"] = _occlusion(twist)
    made |= {f"oracle.{index}": _oracle(index, twist) for index in range(2)}
    for name, (role, data) in made.items():
        (folder / role.file).write_bytes(data)
        roles[name] = role
    np.savez(folder / "manifold.npz", **manifold(twist))
    manifest = Manifest(
        name="tiny",
        version="1.0",
        licence="Apache-2.0",
        training_data="none",
        description="linear networks",
        roles=roles,
        prompts=Prompts(file="prompts.npy", names=("face",)),
        manifold=DataFile(file="manifold.npz"),
    )
    return write_pack_toml(Pack(folder, manifest))


def without(pack: Pack, *roles: str) -> Pack:
    """The pack less some roles."""
    kept = {name: role for name, role in pack.manifest.roles.items() if name not in roles}
    return Pack(pack.folder, replace(pack.manifest, roles=kept))


def faces_at(*places: tuple[float, float, float]) -> Tracks:
    """Tracks of faces whose crops lie at (x, y) with so many frame pixels per crop pixel."""
    n = len(places)
    matrix = np.array([[[scale, 0, x], [0, scale, y]] for x, y, scale in places], np.float32).reshape(n, 2, 3)
    corners = np.broadcast_to(BOX.reshape(1, 2, 2), (n, 2, 2))
    return Tracks(
        transform(corners, matrix).reshape(n, 4),
        np.full(n, 0.9, np.float32),
        transform(np.broadcast_to(TEMPLATE, (n, 5, 2)), matrix),
        np.zeros(n, np.int64),
        np.arange(n, dtype=np.int64),
        np.zeros(n, np.bool_),
    )

"""The networks of a pack, to be trained on: a checkpoint need not have survived.

A pack's weights are fused: every batch norm is folded into its convolution. Unfolding needs what the convolutions
answer on average, which is measured on training pictures; after that a network answers as the pack does.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from export.train.landmarks_net import LandmarksNet
from export.train.locator_net import STRIDES, Locator, fuse
from pyanon.runtime import Pack, load_pack

__all__ = ["folded_landmarks", "unpacked_landmarks", "unpacked_locator"]

State = dict[str, Tensor]


def unpacked_locator(folder: Path, pictures: Iterable[Tensor]) -> Locator:
    """The locator of the pack in ``folder``, with batch norms.

    Args:
        folder: A pack that `export.train.pack` wrote.
        pictures: Batches ``(b, 3, h, w)`` in 0..1 as they come in training; a few hundred pictures are enough.

    Raises:
        PackError: There is no such pack, or it was tampered with.
    """
    pack, net = load_pack(folder), Locator()
    net.prompt.data = torch.from_numpy(np.array(pack.prompt("face"), np.float32))
    folded = fuse(copy.deepcopy(net).eval())
    folded.load_state_dict({**folded.state_dict(), **_whole(_stored(pack, "locator"))})
    _unfold(folded, net, ((batch, net.face_prompt()) for batch in pictures))
    return net.eval()


def unpacked_landmarks(folder: Path, crops: Iterable[Tensor]) -> LandmarksNet:
    """The landmark net of the pack in ``folder``, with batch norms; ``crops`` are batches ``(b, 3, 64, 64)`` in 0..1.

    Raises:
        PackError: There is no such pack, or it was tampered with.
    """
    net = LandmarksNet()
    _unfold(folded_landmarks(folder), net, ((batch,) for batch in crops))
    return net.eval()


def folded_landmarks(folder: Path) -> LandmarksNet:
    """The landmark net of the pack in ``folder`` as it answers there: without batch norms, not to be trained on.

    Raises:
        PackError: There is no such pack, or it was tampered with.
    """
    folded = fuse(LandmarksNet().eval())
    stored = _stored(load_pack(folder), "landmarks")
    own = {name.removeprefix("net."): value for name, value in stored.items() if name.startswith("net.")}
    folded.load_state_dict({**folded.state_dict(), **own})
    return folded.eval()


def _stored(pack: Pack, role: str) -> State:
    """Every number that a network's file holds, by name."""
    model = onnx.load_from_string(pack.read(role))
    return {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in model.graph.initializer}


def _whole(stored: State) -> State:
    """Undoes what `LeanLocator` did to the fused parameters: cut stages, heads in pixels."""
    state = {name.removeprefix("net."): value for name, value in stored.items() if name.startswith("net.")}
    for name in [name for name in state if ".bypass." in name]:
        halves = [state.pop(name), state.pop(name.replace(".bypass.", ".enter."))]
        state[name.replace(".bypass.", ".split.")] = torch.cat(halves)
    for level, stride in enumerate(STRIDES):
        head, lean = f"heads.{level}", {k: stored[f"heads.{level}.{k}"] for k in ("region", "offset")}
        state[f"{head}.region.weight"] = lean["region"][..., None, None]
        state[f"{head}.region.bias"] = lean["offset"][:, 0]
        weight, bias = stored[f"{head}.shape.weight"].clone(), stored[f"{head}.shape.bias"].clone()
        weight[:2] /= stride
        bias[:2] = bias[:2] / stride - 0.5
        bias[2:4] -= math.log(stride)
        state[f"{head}.shape.weight"], state[f"{head}.shape.bias"] = weight, bias
    return state


class _Answers:
    """Mean and variance per channel of what a convolution answers, gathered by a forward hook."""

    def __init__(self, convolution: nn.Module) -> None:
        self._count, self._sum, self._squares = 0, torch.zeros(1), torch.zeros(1)
        self.hook = convolution.register_forward_hook(self._add)

    def _add(self, _module: nn.Module, _inputs: object, answer: Tensor) -> None:
        self._count += answer.numel() // answer.shape[1]
        self._sum = self._sum + answer.double().sum((0, 2, 3))
        self._squares = self._squares + answer.double().square().sum((0, 2, 3))

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        mean = self._sum / self._count
        return mean.float(), (self._squares / self._count - mean.square()).clamp(min=0).float()


@torch.no_grad()
def _unfold(folded: nn.Module, net: nn.Module, inputs: Iterable[tuple[Tensor, ...]]) -> None:
    """Copies the fused weights; gives every batch norm the statistics it sees, and parameters that undo them."""
    pairs = _paired(folded, net)
    answers = [_Answers(convolution) for convolution, _ in pairs]
    for batch in inputs:
        folded(*batch)
    kept = {name: value for name, value in folded.state_dict().items() if name in net.state_dict()}
    net.load_state_dict({**net.state_dict(), **kept})
    for (convolution, norm), answer in zip(pairs, answers, strict=True):
        answer.hook.remove()
        mean, variance = answer.mean_and_variance()
        shift = torch.zeros(1) if convolution.bias is None else convolution.bias
        norm.load_state_dict(
            {
                **norm.state_dict(), "running_mean": mean - shift, "running_var": variance,
                "weight": (variance + norm.eps).sqrt(), "bias": mean,
            }
        )  # fmt: skip


def _paired(folded: nn.Module, net: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Every fused convolution with the batch norm that was folded into it."""
    pairs = []
    for name, norm in net.named_modules():
        if isinstance(norm, nn.BatchNorm2d):
            convolution = folded.get_submodule(f"{name.rpartition('.')[0]}.0")
            assert isinstance(convolution, nn.Conv2d)  # noqa: S101 - `Conv` puts it there
            pairs.append((convolution, norm))
    return pairs

"""The locator as it is exported: the same function as `Decoded`, laid out for a CPU runtime.

What is different, and why (the shares are of one run at 640x352 on one core, before: 1.5 of 10.4 ms were not
convolutions):

- channels stay the first axis until the very end, so that slices and concatenations copy whole rows;
- what is linear is folded: strides and half cells into the shape convolution, the region convolution into the prompts
  (``prompts @ (W x + b) = (prompts @ W) x + prompts @ b``);
- a 1x1 convolution whose output is cut in two becomes two, so that nothing leaves the runtime's blocked layout.
"""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from export.train.locator_net import PRIOR, STRIDES, Head, Locator, Stage, fuse

__all__ = ["LeanLocator"]

Level = tuple[Tensor, Tensor, Tensor, Tensor]


class LeanLocator(nn.Module):
    """Image ``(1, 3, h, w)`` and prompts ``(p, D)`` in; boxes, scores and landmarks in input pixels out.

    Args:
        net: A trained locator; it is copied, not changed.
    """

    def __init__(self, net: Locator) -> None:
        super().__init__()
        self.net = fuse(copy.deepcopy(net).eval())
        for parent, name in ((self.net.stage16, "1"), (self.net.stage32, "1"), (self.net, "middle")):
            setattr(parent, name, _CutStage(getattr(parent, name)))
        heads = zip(self.net.heads, STRIDES, strict=True)
        self.heads = nn.ModuleList(_LeanHead(head, stride) for head, stride in heads if isinstance(head, Head))

    def forward(self, image: Tensor, prompts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns boxes ``(1, n, 4)``, scores ``(1, n, p)`` and landmarks ``(1, n, 5, 2)``."""
        levels: list[Level] = [head(x, prompts) for head, x in zip(self.heads, self.net.pyramid(image), strict=True)]
        middle, log_size, offset, logits = (torch.cat(parts, -1) for parts in zip(*levels, strict=True))
        size = log_size.exp()
        half = size * 0.5
        boxes = torch.cat([middle - half, middle + half], 1)
        points = middle[:, None] + offset.unflatten(1, (5, 2)) * size[:, None]
        return boxes.transpose(1, 2), logits.sigmoid().transpose(1, 2), points.permute(0, 3, 1, 2)


class _LeanHead(nn.Module):
    """One level: what `Head` and `decode` do up to the exponential, in pixels."""

    region: Tensor
    offset: Tensor

    def __init__(self, head: Head, stride: int) -> None:
        super().__init__()
        self.body, self.stride = head.body, float(stride)
        self.shape = nn.Conv2d(head.shape.in_channels, head.shape.out_channels, 1)
        # Centre offsets leave in pixels, from the middle of their cell; sizes as logarithms of pixels.
        scale, shift = torch.ones(len(head.shape.weight)), torch.zeros(len(head.shape.weight))
        scale[:2], shift[:2], shift[2:4] = stride, stride / 2, math.log(stride)
        weight, bias = head.shape.state_dict()["weight"], head.shape.state_dict()["bias"]
        self.shape.load_state_dict({"weight": weight * scale.view(-1, 1, 1, 1), "bias": bias * scale + shift})
        region = head.region.state_dict()
        self.register_buffer("region", region["weight"].flatten(1))
        self.register_buffer("offset", region["bias"][:, None])

    def forward(self, x: Tensor, prompts: Tensor) -> Level:
        """Centres and log sizes ``(1, 2, n)`` in pixels, landmark offsets ``(1, 10, n)``, logits ``(1, p, n)``."""
        x = self.body(x)
        raw, log_stride = self.shape(x), math.log(self.stride)
        columns = torch.arange(x.shape[3], device=x.device).float() * self.stride
        rows = torch.arange(x.shape[2], device=x.device).float() * self.stride
        middle = torch.cat([raw[:, 0:1] + columns, raw[:, 1:2] + rows[:, None]], 1)
        size = raw[:, 2:4].clamp(log_stride - 4, log_stride + 5)
        logits = (prompts @ self.region) @ x.flatten(2) + (prompts @ self.offset - PRIOR)
        return middle.flatten(2), size.flatten(2), raw[:, 4:].flatten(2), logits


class _CutStage(nn.Module):
    """A fused `Stage` whose first convolution is two: one for the half that bypasses, one for the half that works."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.bypass, self.enter = (_half(stage.split, part) for part in (0, 1))
        self.pairs, self.merge = stage.pairs, stage.merge

    def forward(self, x: Tensor) -> Tensor:
        """``(b, inputs, h, w)`` to ``(b, outputs, h, w)``."""
        parts = [self.bypass(x), self.enter(x)]
        for pair in self.pairs:
            parts.append(parts[-1] + pair(parts[-1]))
        merged: Tensor = self.merge(torch.cat(parts, 1))
        return merged


def _half(split: nn.Sequential, part: int) -> nn.Sequential:
    """One half of the output channels of a fused convolution with its ReLU."""
    whole = {name: value.chunk(2)[part] for name, value in split[0].state_dict().items()}
    half = nn.Conv2d(whole["weight"].shape[1], len(whole["weight"]), 1)
    half.load_state_dict(whole)
    return nn.Sequential(half, nn.ReLU(inplace=True))

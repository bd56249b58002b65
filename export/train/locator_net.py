"""The locator of the pocket pack: a small anchor-free detector whose classes are prompt embeddings.

Like YOLO-World (Cheng and others, CVPR 2024) it scores every location against embeddings that are an *input*: the
network makes a region embedding, the score is its scaled dot product with the prompt's. Convolutions are plain 3x3
and 1x1 with ReLU, because those are what CPU runtimes run near their peak.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["EMBEDDING", "STRIDES", "Decoded", "Locator", "anchors", "decode", "fuse"]

Net = TypeVar("Net", bound=nn.Module)
STRIDES = (8, 16, 32)
EMBEDDING = 32
NECK = 48
#: What every location is held to be before training: a face with probability 0.01.
PRIOR = 4.6


class Conv(nn.Sequential):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two 3x3 convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(Conv(channels, channels), Conv(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """``(b, c, h, w)`` to the same shape."""
        return x + self.conv(x)


class Stage(nn.Module):
    """Cross-stage partial block: half the channels pass through ``depth`` residual 3x3 pairs, half bypass them."""

    def __init__(self, inputs: int, outputs: int, depth: int, inner: int) -> None:
        super().__init__()
        self.split = Conv(inputs, 2 * inner, 1)
        self.pairs = nn.ModuleList(nn.Sequential(Conv(inner, inner), Conv(inner, inner)) for _ in range(depth))
        self.merge = Conv((2 + depth) * inner, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(b, inputs, h, w)`` to ``(b, outputs, h, w)``."""
        parts = list(self.split(x).chunk(2, 1))
        for pair in self.pairs:
            parts.append(parts[-1] + pair(parts[-1]))
        return self.merge(torch.cat(parts, 1))


class Context(nn.Module):
    """Three chained 5x5 poolings beside the input (SPPF): a wide view at the coarsest level for little cost."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = Conv(channels, channels // 2, 1)
        self.merge = Conv(channels * 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(b, c, h, w)`` to the same shape."""
        views = [self.reduce(x)]
        for _ in range(3):
            views.append(functional.max_pool2d(views[-1], 5, 1, 2))
        return self.merge(torch.cat(views, 1))


class Head(nn.Module):
    """Region embedding (for the score), box and landmarks at every location of one level."""

    def __init__(self, inputs: int, inner: int, depth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(Conv(inner if i else inputs, inner) for i in range(depth)))
        self.region = nn.Conv2d(inner, EMBEDDING, 1)
        self.shape = nn.Conv2d(inner, 14, 1)
        nn.init.normal_(self.region.weight, std=0.01)
        # Boxes start at e strides wide, which spreads the levels over the sizes from the first step on.
        self.shape.bias = nn.Parameter(torch.tensor([0.0, 0, 1, 1] + [0.0] * 10))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns region embeddings ``(b, h*w, D)`` and raw box and landmark numbers ``(b, h*w, 14)``."""
        x = self.body(x)
        return self.region(x).flatten(2).transpose(1, 2), self.shape(x).flatten(2).transpose(1, 2)


class Locator(nn.Module):
    """Backbone, top-down neck and heads at strides 8, 16 and 32.

    Input: ``(b, 3, h, w)`` RGB in 0..1, h and w multiples of 32. ``prompts`` are unit vectors ``(p, D)``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(Conv(3, 16, 3, 2), Conv(16, 32, 3, 2))
        self.stage8 = nn.Sequential(Conv(32, 32, 3, 2), Residual(32))
        self.stage16 = nn.Sequential(Conv(32, 96, 3, 2), Stage(96, 96, 2, 32))
        self.stage32 = nn.Sequential(Conv(96, 128, 3, 2), Stage(128, 128, 1, 64), Context(128))
        self.side = nn.ModuleList(Conv(channels, NECK, 1) for channels in (32, 96, 128))
        self.middle = Stage(NECK, NECK, 1, 32)
        self.down = nn.ModuleList(Conv(NECK, NECK, 3, 2) for _ in range(2))
        self.heads = nn.ModuleList(Head(NECK, inner, depth) for inner, depth in ((32, 2), (48, 1), (48, 1)))
        self.prompt = nn.Parameter(
            functional.normalize(torch.randn(EMBEDDING, generator=torch.Generator().manual_seed(7)), dim=0)
        )

    def pyramid(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The neck's features ``(b, NECK, h, w)`` at strides 8, 16 and 32."""
        c3 = self.stage8(self.stem(image))
        c4 = self.stage16(c3)
        c5 = self.stage32(c4)
        p5 = self.side[2](c5)
        p4 = self.middle(self.side[1](c4) + functional.interpolate(p5, scale_factor=2.0, mode="nearest"))
        p3 = self.side[0](c3) + functional.interpolate(p4, scale_factor=2.0, mode="nearest")
        p4 = p4 + self.down[0](p3)
        return p3, p4, p5 + self.down[1](p4)

    def forward(self, image: Tensor, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Returns logits ``(b, n, p)`` and raw shapes ``(b, n, 14)`` over all locations, stride 8 first."""
        outputs = [head(p) for head, p in zip(self.heads, self.pyramid(image), strict=True)]
        logits = torch.cat([o[0] for o in outputs], 1) @ prompts.T - PRIOR
        return logits, torch.cat([o[1] for o in outputs], 1)

    def face_prompt(self) -> Tensor:
        """The trained embedding of "face", ``(1, D)``, unit length."""
        return functional.normalize(self.prompt, dim=0)[None]


def anchors(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Centres ``(n, 2)`` and strides ``(n, 1)`` of all locations of an input of this size."""
    centres, strides = [], []
    for stride in STRIDES:
        rows, columns = torch.arange(height // stride), torch.arange(width // stride)
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        centre = (torch.stack([x, y], -1).reshape(-1, 2).float() + 0.5) * stride
        centres.append(centre)
        strides.append(torch.full((len(centre), 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def decode(shape: Tensor, centre: Tensor, stride: Tensor) -> tuple[Tensor, Tensor]:
    """Raw numbers ``(..., 14)`` to boxes ``(..., 4)`` x0 y0 x1 y1 and landmarks ``(..., 5, 2)``, in input pixels.

    The box is a centre offset and a log size in strides; landmarks are offsets from the box centre in box sizes.
    """
    middle = centre + shape[..., 0:2] * stride
    size = torch.exp(shape[..., 2:4].clamp(-4, 5)) * stride
    half = size / 2
    boxes = torch.cat([middle - half, middle + half], -1)
    # Repeated rather than broadcast: elementwise kernels are several times faster on equal shapes.
    points = torch.cat([middle] * 5, -1) + shape[..., 4:] * torch.cat([size] * 5, -1)
    return boxes, points.unflatten(-1, (5, 2))


class Decoded(nn.Module):
    """The locator as it ships: image and prompts in; boxes, scores and landmarks in input pixels out."""

    def __init__(self, net: Locator) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor, prompts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns boxes ``(1, n, 4)``, scores ``(1, n, p)`` and landmarks ``(1, n, 5, 2)``."""
        logits, shape = self.net(image, prompts)
        height, width = image.shape[2], image.shape[3]
        centres, strides = [], []
        for stride in STRIDES:
            rows = torch.arange(height // stride, device=image.device)
            columns = torch.arange(width // stride, device=image.device)
            y, x = torch.meshgrid(rows, columns, indexing="ij")
            centre = (torch.stack([x.reshape(-1), y.reshape(-1)], -1).to(torch.float32) + 0.5) * stride
            centres.append(centre)
            strides.append(torch.ones_like(centre[:, :1]) * stride)
        boxes, landmarks = decode(shape, torch.cat(centres), torch.cat(strides))
        return boxes, logits.sigmoid(), landmarks


def fuse(net: Net) -> Net:
    """Folds every batch norm into the convolution before it, in place; for inference only."""
    for module in net.modules():
        if isinstance(module, Conv) and isinstance(module[0], nn.Conv2d) and isinstance(module[1], nn.BatchNorm2d):
            module[0] = torch.nn.utils.fuse_conv_bn_eval(module[0].eval(), module[1].eval())
            module[1] = nn.Identity()
    return net

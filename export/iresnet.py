"""A recogniser of ArcFace's family with random weights, to try the way that the real ones go.

The residual network of Deng and others, "ArcFace", CVPR 2019 (``iresnet``): norms before and after every convolution,
no pooling, a linear layer to 512 numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["EMBEDDING", "IResNet", "enliven"]

#: Numbers of an embedding.
EMBEDDING = 512


class _Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(before), nn.Conv2d(before, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after),
            nn.PReLU(after), nn.Conv2d(after, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after),
        )  # fmt: skip
        self.skip = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.skip(x)
        return out


class IResNet(nn.Module):
    """Faces ``(n, 3, 112, 112)`` -1..1 to embeddings ``(n, 512)``.

    Args:
        depths: Blocks of each of the four stages; 3, 4, 14, 3 is the network of 50 layers.
        widths: Their channels.
    """

    def __init__(self, depths: Sequence[int] = (3, 4, 14, 3), widths: Sequence[int] = (64, 128, 256, 512)) -> None:
        super().__init__()
        first = widths[0]
        layers: list[nn.Module] = [nn.Conv2d(3, first, 3, 1, 1, bias=False), nn.BatchNorm2d(first), nn.PReLU(first)]
        for before, after, depth in zip((first, *widths), widths, depths, strict=False):
            layers += [_Block(before, after, 2), *(_Block(after, after, 1) for _ in range(depth - 1))]
        self.body = nn.Sequential(*layers, nn.BatchNorm2d(widths[-1]), nn.Flatten())
        self.out = nn.Linear(widths[-1] * 49, EMBEDDING)

    def forward(self, faces: Tensor) -> Tensor:
        """The embeddings, of any length."""
        out: Tensor = self.out(self.body(faces))
        return out


@torch.no_grad()
def enliven(net: IResNet, faces: Tensor) -> IResNet:
    """Lets a random network tell faces apart: every norm learns what it sees."""
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None  # the mean over all that is shown
    net.train()(faces)
    return net.eval()

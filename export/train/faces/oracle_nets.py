"""The oracles: two small face recognisers that differ in architecture and in teacher."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

__all__ = ["NETS", "GatheringOracle", "Oracle", "Residual", "ResidualOracle", "conv"]


def conv(before: int, after: int, stride: int = 1) -> nn.Sequential:
    """A convolution of 3 x 3 places, its norm and its bend."""
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())


class Residual(nn.Module):
    """Two convolutions around which the input goes; the last norm starts at nought."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        last = nn.BatchNorm2d(channels)
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(conv(channels, channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False), last)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """What comes out, in the shape of what went in."""
        out: Tensor = self.act(x + self.body(x))
        return out


class Oracle(nn.Module, ABC):
    """A recogniser in stages.

    Attributes:
        width: Numbers in an embedding.
        stages: At strides 4, 8 and 16.
    """

    width: ClassVar[int]
    stages: nn.ModuleList

    def features(self, crops: Tensor, depth: int = 3) -> list[Tensor]:
        """What each of the first ``depth`` stages makes of crops ``(n, 3, 128, 128)`` RGB 0..1."""
        maps, x = [], crops * 2 - 1
        for stage in self.stages[:depth]:
            x = stage(x)
            maps.append(x)
        return maps

    @abstractmethod
    def read(self, last: Tensor) -> Tensor:
        """The embedding, from the last stage."""

    def forward(self, crops: Tensor) -> Tensor:
        """The embedding ``(n, width)``."""
        return self.read(self.features(crops)[-1])


class ResidualOracle(Oracle):
    """Plain residual convolutions, and one weight per place and channel at the end (GDC, MobileFaceNets 2018).

    Input ``(n, 3, 128, 128)`` RGB 0..1; output ``(n, 128)``.
    """

    width = 128

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(conv(3, 32, 2), conv(32, 48, 2), Residual(48)),
                nn.Sequential(conv(48, 96, 2), Residual(96), Residual(96)),
                nn.Sequential(conv(96, 192, 2), Residual(192), Residual(192)),
            ]
        )
        self.pool = nn.Sequential(nn.Conv2d(192, 192, 8, groups=192, bias=False), nn.BatchNorm2d(192))
        self.out = nn.Linear(192, self.width)

    def read(self, last: Tensor) -> Tensor:
        """The embedding, from the last stage."""
        out: Tensor = self.out(self.pool(last).flatten(1))
        return out


class _Gathered(nn.Module):
    """Convolutions in a row, all of whose answers are gathered once (VoVNet, Lee and others, 2019)."""

    def __init__(self, before: int, inner: int, after: int) -> None:
        super().__init__()
        self.row = nn.ModuleList(conv(before if n == 0 else inner, inner) for n in range(3))
        self.gather = nn.Sequential(
            nn.Conv2d(before + 3 * inner, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        answers = [x]
        for convolution in self.row:
            answers.append(convolution(answers[-1]))
        out: Tensor = self.gather(torch.cat(answers, 1))
        return out


class GatheringOracle(Oracle):
    """Gathered convolutions, and averages whose weights the network chooses place by place.

    Input ``(n, 3, 128, 128)`` RGB 0..1; output ``(n, 256)``.
    """

    width = 256

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(conv(3, 32, 2), conv(32, 48, 2), _Gathered(48, 40, 96)),
                nn.Sequential(nn.MaxPool2d(2), _Gathered(96, 72, 192)),
                nn.Sequential(nn.MaxPool2d(2), _Gathered(192, 112, 288)),
            ]
        )
        self.weigh = nn.Conv2d(288, 4, 1)
        self.norm = nn.BatchNorm1d(288 * 4)
        self.out = nn.Linear(288 * 4, self.width)

    def read(self, last: Tensor) -> Tensor:
        """The embedding, from the last stage."""
        weight = self.weigh(last).flatten(2).softmax(2)
        out: Tensor = self.out(self.norm((weight @ last.flatten(2).transpose(1, 2)).flatten(1)))
        return out


#: Name of the oracle: its network, and the teacher (a column of ``faces.npz``) that it follows.
NETS: dict[str, tuple[type[Oracle], str]] = {
    "residual": (ResidualOracle, "mobilefacenet"),
    "gathering": (GatheringOracle, "retail"),
}

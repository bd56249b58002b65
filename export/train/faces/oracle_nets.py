"""The oracles: two small face recognisers that differ in architecture and in teacher."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["NETS", "ConvNextOracle", "ResidualOracle"]


def _conv(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.PReLU(after))


class _Residual(nn.Module):
    """Two convolutions around which the input goes; the last norm starts at nought."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        last = nn.BatchNorm2d(channels)
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(_conv(channels, channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False), last)
        self.act = nn.PReLU(channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(x + self.body(x))
        return out


class ResidualOracle(nn.Module):
    """Plain residual convolutions, and one weight per place and channel at the end (GDC, MobileFaceNets 2018).

    Input ``(n, 3, 128, 128)`` RGB 0..1; output ``(n, 128)``.
    """

    width = 128

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(_conv(3, 32, 2), _conv(32, 48, 2), _Residual(48)),
                nn.Sequential(_conv(48, 96, 2), _Residual(96), _Residual(96)),
                nn.Sequential(_conv(96, 192, 2), _Residual(192), _Residual(192)),
            ]
        )
        self.pool = nn.Sequential(nn.Conv2d(192, 192, 8, groups=192, bias=False), nn.BatchNorm2d(192))
        self.out = nn.Linear(192, self.width)

    def features(self, crops: Tensor) -> list[Tensor]:
        """What each stage makes of the crops: strides 4, 8 and 16."""
        maps, x = [], crops * 2 - 1
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def read(self, last: Tensor) -> Tensor:
        """The embedding, from the last stage."""
        out: Tensor = self.out(self.pool(last).flatten(1))
        return out

    def forward(self, crops: Tensor) -> Tensor:
        """The embedding."""
        return self.read(self.features(crops)[-1])


class _Next(nn.Module):
    """Depthwise 5x5, then a widening and a narrowing at every place (ConvNeXt, Liu and others, 2022)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spread = nn.Conv2d(channels, channels, 5, 1, 2, groups=channels, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.mix = nn.Sequential(nn.Conv2d(channels, 3 * channels, 1), nn.GELU(), nn.Conv2d(3 * channels, channels, 1))
        self.scale = nn.Parameter(torch.full((channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.scale * self.mix(self.norm(self.spread(x)))
        return out


class ConvNextOracle(nn.Module):
    """Patches of four pixels, depthwise blocks, and an average that the network weighs place by place.

    Input ``(n, 3, 128, 128)`` RGB 0..1; output ``(n, 256)``.
    """

    width = 256

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(3, 64, 6, 4, 1), nn.BatchNorm2d(64), _Next(64), _Next(64)),
                nn.Sequential(nn.BatchNorm2d(64), nn.Conv2d(64, 128, 2, 2), _Next(128), _Next(128), _Next(128)),
                nn.Sequential(nn.BatchNorm2d(128), nn.Conv2d(128, 256, 2, 2), _Next(256), _Next(256), _Next(256)),
            ]
        )
        self.weigh = nn.Conv2d(256, 4, 1)
        self.norm = nn.BatchNorm1d(256 * 4)
        self.out = nn.Linear(256 * 4, self.width)

    def features(self, crops: Tensor) -> list[Tensor]:
        """What each stage makes of the crops: strides 4, 8 and 16."""
        maps, x = [], crops * 2 - 1
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def read(self, last: Tensor) -> Tensor:
        """The embedding, from the last stage."""
        weight = self.weigh(last).flatten(2).softmax(2)
        out: Tensor = self.out(self.norm((weight @ last.flatten(2).transpose(1, 2)).flatten(1)))
        return out

    def forward(self, crops: Tensor) -> Tensor:
        """The embedding."""
        return self.read(self.features(crops)[-1])


#: Name of the oracle: its network, and the teacher (a column of ``faces.npz``) that it follows.
NETS: dict[str, tuple[type[ResidualOracle] | type[ConvNextOracle], str]] = {
    "residual": (ResidualOracle, "mobilefacenet"),
    "convnext": (ConvNextOracle, "retail"),
}

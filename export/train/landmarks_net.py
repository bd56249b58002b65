"""The landmark net of the pocket pack: five points and "is there a face" from a square crop around a box."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.locator_net import Conv, Residual

__all__ = ["GROW", "SIZE", "LandmarksDecoded", "LandmarksNet"]

#: Side of the crop in pixels, and side of the square it shows in units of the longer side of the face's box.
SIZE, GROW = 64, 1.6
#: Cells of a heat map per side, and how far its grid reaches beyond the crop, in crop fractions.
CELLS, REACH = 16, 0.125
POINTS = 5
#: How much sharper than its logits a heat map starts.
SHARPNESS = 8.0


class LandmarksNet(nn.Module):
    """Down to 4x4 and back up to 16x16: one heat map per point, whose centre of mass is the point.

    A centre of mass (soft-argmax; Nibali and others, "Numerical Coordinate Regression", 2018) moves with the picture by
    construction, so that a shifted box costs the net nothing to learn.

    Input ``(n, 3, 64, 64)`` RGB in 0..1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage4 = nn.Sequential(Conv(3, 16, 3, 2), Conv(16, 32, 3, 2), Residual(32))
        self.stage8 = nn.Sequential(Conv(32, 48, 3, 2), Residual(48))
        self.stage16 = nn.Sequential(Conv(48, 64, 3, 2), Residual(64))
        self.side = nn.ModuleList(Conv(channels, 32, 1) for channels in (32, 48, 64))
        self.up8, self.up4 = Conv(32, 32), Conv(32, 32)
        self.maps = nn.Conv2d(32, POINTS, 1)
        self.judge = nn.Sequential(Conv(64, 96), Conv(96, 96, 3, 2))
        self.face = nn.Linear(96, 1)
        nn.init.normal_(self.maps.weight, std=0.01)
        centre = (torch.arange(CELLS).float() + 0.5) / CELLS * (1 + 2 * REACH) - REACH
        self.register_buffer("centre", centre, persistent=False)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Returns points ``(n, 5, 2)`` in crop fractions and logits ``(n,)``."""
        return self.read(*self.body(crops))

    def body(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Heat maps ``(n, 5, 16, 16)`` before their softmax, and features ``(n, 96)`` to read the score from."""
        c4 = self.stage4(crops)
        c8 = self.stage8(c4)
        c16 = self.stage16(c8)
        p8 = self.up8(self.side[1](c8) + functional.interpolate(self.side[2](c16), scale_factor=2.0, mode="nearest"))
        p4 = self.up4(self.side[0](c4) + functional.interpolate(p8, scale_factor=2.0, mode="nearest"))
        return self.maps(p4), self.judge(c16).mean((2, 3))

    def read(self, maps: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """The answer: apart from the body, because coordinates want more digits."""
        heat = (maps.flatten(2) * SHARPNESS).softmax(-1).unflatten(-1, (CELLS, CELLS))
        x, y = heat.sum(2) @ self.centre, heat.sum(3) @ self.centre
        return torch.stack([x, y], -1), self.face(features)[:, 0]


class LandmarksDecoded(nn.Module):
    """The net as it ships: crops in; points and the probability of a face out."""

    def __init__(self, net: LandmarksNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Returns points ``(n, 5, 2)`` and scores ``(n,)``."""
        points, logits = self.net(crops)
        return points, logits.sigmoid()

"""The landmark net of the pocket pack: five points and "is there a face" from a square crop around a box."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.train.locator_net import Conv, Residual

__all__ = ["GROW", "SIZE", "LandmarksDecoded", "LandmarksNet"]

#: Side of the crop in pixels, and side of the square it shows in units of the longer side of the face's box.
SIZE, GROW = 64, 1.4
#: Where the points of a frontal face lie in such a crop: what the net's answer is an offset from.
MEAN = ((0.37, 0.42), (0.63, 0.42), (0.50, 0.57), (0.40, 0.71), (0.60, 0.71))


class LandmarksNet(nn.Module):
    """Plain convolutions down to 4x4, then one linear layer that sees where things are.

    Input ``(n, 3, 64, 64)`` RGB in 0..1; the points are learned as offsets from `MEAN`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Conv(3, 16, 3, 2),
            Conv(16, 32, 3, 2),
            Residual(32),
            Conv(32, 48, 3, 2),
            Residual(48),
            Conv(48, 64, 3, 2),
            Residual(64),
        )
        self.answer = nn.Linear(64 * (SIZE // 16) ** 2, 11)
        nn.init.normal_(self.answer.weight, std=0.01)
        nn.init.zeros_(self.answer.bias)
        self.register_buffer("mean", torch.tensor(MEAN), persistent=False)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Returns points ``(n, 5, 2)`` in crop fractions and logits ``(n,)``."""
        return self.read(self.body(crops))

    def read(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The answer from the body's features: apart, because coordinates want more digits than the body."""
        raw = self.answer(features.flatten(1))
        points: Tensor = raw[:, :10].unflatten(1, (5, 2)) + self.mean
        return points, raw[:, 10]


class LandmarksDecoded(nn.Module):
    """The net as it ships: crops in; points and the probability of a face out."""

    def __init__(self, net: LandmarksNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Returns points ``(n, 5, 2)`` and scores ``(n,)``."""
        points, logits = self.net(crops)
        return points, logits.sigmoid()

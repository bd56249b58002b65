"""The critic: it tells painted faces from photographs, by their pixels and by an oracle's maps of them."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

__all__ = ["Critic", "critic_loss"]


def _conv(before: int, after: int, size: int, stride: int = 1) -> nn.Module:
    return spectral_norm(nn.Conv2d(before, after, size, stride, (size - 1) // 2))


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


class Critic(nn.Module):
    """Scores per place, at several depths (a projected critic, Sauer and others, 2021, beside a plain one).

    Args:
        widths: Channels of the feature maps.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.pixels = nn.Sequential(
            _conv(3, 32, 4, 2),
            _leaky(),
            _conv(32, 64, 4, 2),
            _leaky(),
            _conv(64, 128, 4, 2),
            _leaky(),
            nn.Conv2d(128, 1, 3, 1, 1),
        )
        self.features = nn.ModuleList(
            nn.Sequential(_conv(width, 96, 3, 2), _leaky(), _conv(96, 96, 3), _leaky(), nn.Conv2d(96, 1, 1))
            for width in widths
        )

    def forward(self, crops: Tensor, maps: list[Tensor]) -> list[Tensor]:
        """Scores of crops ``(n, 3, s, s)`` and their feature maps; higher is more like a photograph."""
        return [self.pixels(crops * 2 - 1), *(net(each) for net, each in zip(self.features, maps, strict=True))]


def critic_loss(real: list[Tensor], painted: list[Tensor]) -> Tensor:
    """Hinge loss of the critic."""
    losses = [functional.relu(1 - r).mean() + functional.relu(1 + p).mean() for r, p in zip(real, painted, strict=True)]
    return sum(losses[1:], losses[0])

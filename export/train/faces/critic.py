"""Critics: they tell painted faces from photographs, by pixels and an oracle's first layers, or by their latents."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

__all__ = ["Critic", "LatentCritic", "critic_loss"]


def _conv(before: int, after: int, size: int, stride: int = 1) -> nn.Module:
    return spectral_norm(nn.Conv2d(before, after, size, stride, (size - 1) // 2))


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


class Critic(nn.Module):
    """Scores per place, at three depths (a projected critic, Sauer and others, 2021, beside a plain one).

    Args:
        widths: Channels of the two feature maps, at strides 4 and 8.
    """

    def __init__(self, widths: tuple[int, int]) -> None:
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


class LatentCritic(nn.Module):
    """Whether a latent is a photograph's, there and of that person: scores per place of 8 x 8.

    An adversary among latents costs a hundredth of one among pictures (Sauer and others, "Fast high-resolution image
    synthesis with latent adversarial diffusion distillation", 2024). The identity enters by a projection (Miyato and
    Koyama, ICLR 2018): a face that is not of its code is found out.

    Args:
        latent: Channels of a latent.
        context: Channels of the context.
        identity: Numbers of an identity code.
    """

    def __init__(self, latent: int, context: int, identity: int, wide: int = 128, deep: int = 224) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [
                nn.Sequential(_conv(latent + context, wide, 3), _leaky(), _conv(wide, wide, 3), _leaky()),
                nn.Sequential(_conv(wide, deep, 3, 2), _leaky(), _conv(deep, deep, 3), _leaky()),
            ]
        )
        self.who = spectral_norm(nn.Linear(identity, deep))
        self.out = nn.Conv2d(deep, 1, 1)

    def forward(self, latent: Tensor, context: Tensor, identity: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores ``(n, 1, 8, 8)``, and the maps that they came from."""
        x, maps = torch.cat([latent, context], 1), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        alike = (x * self.who(identity)[:, :, None, None]).sum(1, keepdim=True) / x.shape[1] ** 0.5
        return self.out(x) + alike, maps


def critic_loss(real: list[Tensor], painted: list[Tensor]) -> Tensor:
    """Hinge loss of the critic."""
    losses = [functional.relu(1 - r).mean() + functional.relu(1 + p).mean() for r, p in zip(real, painted, strict=True)]
    return sum(losses[1:], losses[0])

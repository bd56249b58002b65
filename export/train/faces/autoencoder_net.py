"""The autoencoder: a crop as 16 x 16 places of 8 numbers, and back."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["LATENT", "Autoencoder", "Block", "FaceDecoder", "LatentEncoder", "silence"]

#: Numbers per place of a latent; places per side.
LATENT, PLACES = 8, 16


def silence(convolution: nn.Conv2d) -> nn.Conv2d:
    """Lets a convolution answer nought, so that the block that it ends begins as the identity."""
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)
    return convolution


class Block(nn.Module):
    """Two convolutions around which the input goes; the second starts at nought."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, 1, 1)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        silence(self.second)

    def forward(self, x: Tensor) -> Tensor:
        """The input and what was added to it."""
        out: Tensor = x + self.second(functional.silu(self.first(functional.silu(x))))
        return out


class LatentEncoder(nn.Module):
    """Crop ``(n, 3, 128, 128)`` 0..1 to mean and log variance ``(n, 8, 16, 16)`` of its latent."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(4), nn.Conv2d(48, 64, 3, 1, 1), Block(64), Block(64),
            nn.Conv2d(64, 128, 3, 2, 1), Block(128), Block(128), nn.SiLU(), nn.Conv2d(128, 2 * LATENT, 3, 1, 1),
        )  # fmt: skip

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance."""
        mean, spread = self.body(crops * 2 - 1).chunk(2, 1)
        return mean, spread.clamp(-8, 2)


class FaceDecoder(nn.Module):
    """Latent ``(n, 8, 16, 16)`` to crop ``(n, 3, 128, 128)``, about 0..1, not clamped."""

    def __init__(self) -> None:
        super().__init__()
        self.at16 = nn.Sequential(nn.Conv2d(LATENT, 128, 3, 1, 1), Block(128), Block(128))
        self.at32 = nn.Sequential(nn.Conv2d(128, 64, 3, 1, 1), Block(64), Block(64))
        self.at64 = nn.Sequential(nn.Conv2d(64, 32, 3, 1, 1), Block(32), nn.SiLU(), nn.Conv2d(32, 12, 3, 1, 1))

    def forward(self, latent: Tensor) -> Tensor:
        """The crop."""
        x = self.at32(functional.interpolate(self.at16(latent), scale_factor=2.0, mode="nearest"))
        x = self.at64(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return functional.pixel_shuffle(x, 2) * 0.5 + 0.5


class Autoencoder(nn.Module):
    """Both halves."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = LatentEncoder()
        self.decoder = FaceDecoder()

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What comes back from a noisy latent, and the latent's mean and log variance."""
        mean, spread = self.encoder(crops)
        return self.decoder(mean + torch.randn_like(mean) * (spread / 2).exp()), mean, spread

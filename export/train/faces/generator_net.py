"""Encoder and generator: a face as its surroundings and an attribute code, and another person painted from them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.faces.autoencoder_net import LATENT, PLACES, Block, silence

__all__ = [
    "ATTRIBUTES",
    "CONTEXT",
    "IDENTITY",
    "AttributeEncoder",
    "FaceEncoder",
    "Generator",
    "blanked",
    "landmark_maps",
]

#: Numbers of an identity code; of the attribute code per place, on 8 x 8 places; maps of what is around the face,
#: and of the whole context: with them the region and a map of each landmark.
IDENTITY, ATTRIBUTES, AROUND = 128, 12, 8
CONTEXT = AROUND + 6


def blanked(crops: Tensor, region: Tensor) -> Tensor:
    """The crops with mid grey wherever the region ``(n, 1, s, s)`` reaches: no pixel of the face is left."""
    return torch.where(region > 0, torch.full_like(crops, 0.5), crops)


def landmark_maps(landmarks: Tensor) -> Tensor:
    """A bump at each landmark ``(n, 5, 2)`` (shares of the crop): ``(n, 5, 16, 16)``."""
    grid = (torch.arange(PLACES, device=landmarks.device).float() + 0.5) / PLACES
    x = torch.exp(-(((grid - landmarks[..., :1]) * PLACES) ** 2) / 2)
    y = torch.exp(-(((grid - landmarks[..., 1:]) * PLACES) ** 2) / 2)
    return y.unsqueeze(-1) * x.unsqueeze(-2)


class AttributeEncoder(nn.Module):
    """What stays of a face: expression, gaze, pose, light, glasses, on 8 x 8 places.

    It sees the face at half size: what is lost are the details that tell people apart.
    Input ``(n, 3, 128, 128)`` 0..1; outputs mean and log variance ``(n, 12, 8, 8)``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.AvgPool2d(2), nn.PixelUnshuffle(4), nn.Conv2d(48, 96, 3, 1, 1), Block(96),
            nn.Conv2d(96, 160, 3, 2, 1), Block(160), Block(160), nn.SiLU(),
        )  # fmt: skip
        self.code = nn.Conv2d(160, 2 * ATTRIBUTES, 1)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Mean, log variance."""
        mean, spread = self.code(self.body(crops * 2 - 1)).chunk(2, 1)
        return mean, spread.clamp(-6, 2)


class FaceEncoder(nn.Module):
    """The encoder as it ships: crops, region and landmarks in; surroundings and attribute code out."""

    def __init__(self) -> None:
        super().__init__()
        self.around = nn.Sequential(
            nn.PixelUnshuffle(8), nn.Conv2d(192, 96, 3, 1, 1), Block(96), nn.SiLU(), nn.Conv2d(96, AROUND, 3, 1, 1)
        )
        self.attributes = AttributeEncoder()

    def context(self, crops: Tensor, inside: Tensor, landmarks: Tensor) -> Tensor:
        """The crop without its face, the region, the landmarks: ``(n, 14, 16, 16)``."""
        around = self.around(blanked(crops, inside) * 2 - 1)
        share = functional.avg_pool2d(inside, inside.shape[-1] // PLACES)
        return torch.cat([around, share.to(around.dtype), landmark_maps(landmarks).to(around.dtype)], 1)

    def forward(self, crops: Tensor, inside: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
        """Context and attribute code."""
        return self.context(crops, inside, landmarks), self.attributes(crops)[0]


class _Conditioned(nn.Module):
    """A residual block whose norms are scaled and shifted by the condition (AdaGN, Dhariwal and Nichol, 2021)."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(8, before, affine=False), nn.GroupNorm(8, after, affine=False)])
        self.convs = nn.ModuleList([nn.Conv2d(before, after, 3, 1, 1), silence(nn.Conv2d(after, after, 3, 1, 1))])
        self.scales = nn.Linear(condition, 2 * (before + after))
        self.skip = nn.Conv2d(before, after, 1) if before != after else nn.Identity()
        self.widths = [before, before, after, after]

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scales = self.scales(condition)[:, :, None, None].split(self.widths, 1)
        h = x
        for norm, conv, scale, shift in zip(self.norms, self.convs, scales[::2], scales[1::2], strict=True):
            h = conv(functional.silu(norm(h) * (1 + scale) + shift))
        out: Tensor = self.skip(x) + h
        return out


class _Attention(nn.Module):
    """Every place of the 8 x 8 looks at every other."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.ask, self.out = nn.Conv2d(channels, 3 * channels, 1), silence(nn.Conv2d(channels, channels, 1))
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        q, k, v = self.ask(self.norm(x)).reshape(n, 3, self.heads, c // self.heads, h * w).unbind(1)
        weight = (q.transpose(2, 3) @ k * (c // self.heads) ** -0.5).softmax(-1)
        return x + self.out((v @ weight.transpose(2, 3)).reshape(n, c, h, w))


class Generator(nn.Module):
    """Estimates the noiseless latent of the face to paint: a consistency model (Luo and others, 2023).

    Inputs: noisy latent ``(n, 8, 16, 16)``, its noise level ``(n,)`` 0..1, context, attributes, identity ``(n, 128)``.
    Output ``(n, 8, 16, 16)``. The identity enters as a code only: it scales and shifts the norms.
    """

    mean: Tensor
    scale: Tensor
    waves: Tensor

    def __init__(self, wide: int = 128, deep: int = 208, condition: int = 256) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(IDENTITY))
        self.register_buffer("scale", torch.ones(IDENTITY))
        self.who = nn.Sequential(nn.Linear(IDENTITY, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.when = nn.Sequential(nn.Linear(32, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.enter = nn.Conv2d(LATENT + CONTEXT + ATTRIBUTES, wide, 3, 1, 1)
        self.wide_in = nn.ModuleList([_Conditioned(wide, wide, condition)])
        self.down = nn.Conv2d(wide, deep - ATTRIBUTES, 3, 2, 1)
        self.deep = nn.ModuleList(_Conditioned(deep, deep, condition) for _ in range(3))
        self.attention = _Attention(deep)
        self.up = nn.Conv2d(deep, wide, 3, 1, 1)
        self.wide_out = nn.ModuleList([_Conditioned(2 * wide, wide, condition), _Conditioned(wide, wide, condition)])
        self.leave = nn.Sequential(nn.GroupNorm(8, wide), nn.SiLU(), nn.Conv2d(wide, LATENT, 3, 1, 1))
        self.register_buffer("waves", 2 ** torch.linspace(0, 6, 16) * math.pi / 2, persistent=False)

    def forward(self, latent: Tensor, level: Tensor, context: Tensor, attributes: Tensor, identity: Tensor) -> Tensor:
        """The noiseless latent."""
        angles = level[:, None] * self.waves
        when = self.when(torch.cat([angles.sin(), angles.cos()], 1).to(latent.dtype))
        condition = functional.silu(self.who((identity - self.mean) * self.scale) + when)
        spread = functional.interpolate(attributes, scale_factor=2.0, mode="nearest")
        x = self.enter(torch.cat([latent, context, spread], 1))
        for block in self.wide_in:
            x = block(x, condition)
        deep = torch.cat([self.down(x), attributes], 1)
        for number, block in enumerate(self.deep):
            deep = block(deep, condition)
            deep = self.attention(deep) if number == 0 else deep
        x = torch.cat([x, functional.interpolate(self.up(deep), scale_factor=2.0, mode="nearest")], 1)
        for block in self.wide_out:
            x = block(x, condition)
        out: Tensor = self.leave(x)
        return out

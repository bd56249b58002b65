"""Two ways to say how noisy a latent is, and the consistency estimate of a latent consistency model.

pyanon's generators see ``x = (1 - t) clean + t noise`` at a level t in 0..1. Stable Diffusion sees
``z = a clean + s noise`` with ``a^2 + s^2 = 1`` at a timestep of 0..999 of its scaled-linear schedule. The same
picture in the same noise: ``z = x / sqrt((1 - t)^2 + t^2)``, at the timestep whose ``a : s`` is ``(1 - t) : t``.
Between timesteps it is interpolated in log(a / s). The schedule ends before the picture does: at its last timestep
a is still 0.068. A level beyond that (0.936; so 1, pure noise) is taken for the last one, as samplers of Stable
Diffusion do.

Luo, Tan, Huang, Li, Zhao, "Latent consistency models", arXiv 2310.04378; schedule: Rombach and others, CVPR 2022.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["LEVELS", "Consistency", "Noise", "guidance_embedding", "level_of", "schedule"]

#: The schedule: its first and last beta, and its steps.
FIRST, LAST, STEPS = 0.00085, 0.012, 1000
#: Of the boundary condition: standard deviation of the data, and how fast the network takes over from its input.
DATA, TAKEOVER = 0.5, 10.0


def schedule() -> Tensor:
    """log(a / s) of every timestep, falling, ``(1000,)`` float64."""
    betas = torch.linspace(math.sqrt(FIRST), math.sqrt(LAST), STEPS, dtype=torch.float64) ** 2
    kept = torch.cumprod(1 - betas, 0)
    return (kept / (1 - kept)).log() / 2


def level_of(timestep: int) -> float:
    """The level t of a timestep."""
    return float(torch.sigmoid(-schedule()[timestep]))


#: Levels of the four steps of a latent consistency model.
LEVELS = tuple(round(level_of(step), 4) for step in (999, 759, 499, 259))


class Noise(NamedTuple):
    """Noise levels as Stable Diffusion says them, each ``(n, 1, 1, 1)`` but ``timestep (n,)``.

    Attributes:
        timestep: 0..999, also between whole numbers.
        clean: Share of the clean latent, a.
        noise: Share of the noise, s.
        length: What ``x`` is longer than ``z`` by.
    """

    timestep: Tensor
    clean: Tensor
    noise: Tensor
    length: Tensor


class Consistency(nn.Module):
    """From a noisy latent and the noise that a network sees in it to the clean latent."""

    ratios: Tensor
    slopes: Tensor

    def __init__(self) -> None:
        super().__init__()
        ratios = schedule()
        self.register_buffer("ratios", ratios.float())
        self.register_buffer("slopes", (1 / (ratios[:-1] - ratios[1:])).float())

    def noise(self, level: Tensor) -> Noise:
        """The same noise levels ``(n,)`` in Stable Diffusion's words."""
        ratio = torch.log((1 - level).clamp_min(1e-6) / level.clamp_min(1e-6))
        # Interpolation without a search: how much of each interval lies below, summed up.
        timestep = ((self.ratios[:-1] - ratio[:, None]) * self.slopes).clamp(0, 1).sum(1)
        bounded = torch.minimum(torch.maximum(ratio, self.ratios[-1]), self.ratios[0])[:, None, None, None]
        clean, noise = torch.sigmoid(2 * bounded).sqrt(), torch.sigmoid(-2 * bounded).sqrt()
        t = level[:, None, None, None]
        return Noise(timestep, clean, noise, ((1 - t) ** 2 + t**2).sqrt())

    def forward(self, z: Tensor, seen: Tensor, noise: Noise) -> Tensor:
        """The consistency estimate: the clean latent; near timestep 0 more and more of ``z`` itself."""
        clean = (z - noise.noise * seen) / noise.clean
        scaled = (noise.timestep * TAKEOVER)[:, None, None, None]
        whole = scaled**2 + DATA**2
        return DATA**2 / whole * z + scaled / whole.sqrt() * clean


def guidance_embedding(scale: float, width: int) -> Tensor:
    """A guidance scale as the model was distilled to see it, ``(1, width)``: sines and cosines of 1000 (scale - 1)."""
    waves = torch.exp(torch.arange(width // 2) * (-math.log(10000.0) / (width // 2 - 1)))
    angles = 1000 * (scale - 1) * waves
    return torch.cat([angles.sin(), angles.cos()])[None]

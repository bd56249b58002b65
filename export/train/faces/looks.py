"""What a painted picture is held against: the photograph it repeats, and what tells painted ones from photographs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from export.train.faces.autoencoder import gradient_loss
from export.train.faces.critic import Critic, critic_loss

__all__ = ["copied", "rivals"]


def copied(
    painted: Tensor, crops: Tensor, maps: list[Tensor], truth: list[Tensor], log: Callable[..., None]
) -> tuple[Tensor, Tensor]:
    """How far pixels and edges are from the photograph's, and how far an oracle's maps are (a share of their size)."""
    pixels = (painted - crops).abs().mean() + gradient_loss(painted, crops)
    deep = torch.stack([(m - t).abs().mean() / t.abs().mean() for m, t in zip(maps, truth, strict=True)]).sum()
    log(copy=pixels, deep=deep)
    return pixels, deep


def rivals(
    critic: Critic, crops: Tensor, painted: Tensor, truth: list[Tensor], maps: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """What the painter gains by fooling the critic, and what the critic loses by it; each moves one of the two only."""
    with torch.autocast(crops.device.type, torch.bfloat16):
        loss = critic_loss(critic(crops, truth), critic(painted.detach(), [m.detach() for m in maps])).float()
        critic.requires_grad_(False)
        fooled = -torch.stack([score.float().mean() for score in critic(painted, maps)]).sum()
        critic.requires_grad_(True)
    return fooled, loss

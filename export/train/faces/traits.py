"""Age, gender and race: their loss, and reading them from what a recogniser sees."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.faces.prepare import AGES, GENDERS, RACES, TRAITS

__all__ = ["read_traits", "traits_loss"]


def traits_loss(logits: Tensor, labels: Tensor, *, each: bool = False) -> Tensor:
    """Cross entropy of age, gender and race, summed; the mean over faces where they are known.

    Args:
        logits: ``(n, 18)``.
        labels: ``(n, 3)``, -1 where unknown.
        each: Of each face ``(n,)``, 0 where unknown, instead of the mean.
    """
    parts = logits.float().split([len(AGES), len(GENDERS), len(RACES)], 1)
    losses = [
        functional.cross_entropy(part, labels[:, i], ignore_index=-1, reduction="none") for i, part in enumerate(parts)
    ]
    total = torch.stack(losses).sum(0)
    return total if each else total.sum() / (labels[:, 0] >= 0).sum().clamp(min=1)


def read_traits(embeddings: Tensor, labels: Tensor, *, rounds: int = 60, ridge: float = 1e-4) -> nn.Linear:
    """A logistic regression from embeddings ``(n, d)`` to the traits ``(n, 3)``, frozen."""
    layer = nn.Linear(embeddings.shape[1], TRAITS)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=rounds, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = traits_loss(layer(embeddings), labels) + ridge * (layer.weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return layer.requires_grad_(False)

"""Age, gender and race: reading them from what a recogniser sees, and how far two readings are apart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.faces.prepare import AGES, GENDERS, RACES, TRAITS

__all__ = ["categories", "read_traits", "readings_apart", "traits_loss"]

#: How many numbers of a reading belong to age, gender and race.
PARTS = [len(AGES), len(GENDERS), len(RACES)]


def traits_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of age, gender and race, summed; the mean over faces where they are known.

    Args:
        logits: ``(n, 18)``.
        labels: ``(n, 3)``, -1 where unknown.
    """
    losses = [
        functional.cross_entropy(part, labels[:, i], ignore_index=-1, reduction="sum")
        for i, part in enumerate(logits.float().split(PARTS, 1))
    ]
    return torch.stack(losses).sum() / (labels[:, 0] >= 0).sum().clamp(min=1)


def readings_apart(seen: Tensor, wanted: Tensor) -> Tensor:
    """Kullback-Leibler divergence of readings from those wanted, ``(n,)``, summed over traits; both ``(n, 18)``."""
    pairs = zip(seen.float().split(PARTS, 1), wanted.float().split(PARTS, 1), strict=True)
    parts = [
        functional.kl_div(a.log_softmax(1), b.log_softmax(1), reduction="none", log_target=True).sum(1)
        for a, b in pairs
    ]
    return torch.stack(parts).sum(0)


def categories(logits: Tensor) -> np.ndarray:
    """The likeliest age, gender and race, ``(n, 3)``, of logits ``(n, 18)``."""
    return torch.stack([part.argmax(1) for part in logits.split(PARTS, 1)], 1).numpy()


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

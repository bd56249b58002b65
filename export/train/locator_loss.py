"""The locator's training loss: task-aligned assignment, quality focal score, GIoU box and landmark terms.

Assignment follows TOOD (Feng and others, ICCV 2021): each face takes the locations whose score and overlap agree best;
the score's target is the overlap reached (as in varifocal loss, Zhang and others, CVPR 2021), so that the score says
how good the box is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from export.train.locator_net import decode

__all__ = ["Targets", "locator_loss"]

TOPK = 8


@dataclass
class Targets:
    """Labels of a batch, padded: boxes ``(b, m, 4)``, landmarks ``(b, m, 5, 2)``, weight ``(b, m)``.

    Weight is 1 for a face, 0 for an ignored region and -1 for padding.
    """

    xyxy: Tensor
    points: Tensor
    weight: Tensor


def pair_iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU of boxes that broadcast against each other, last axis 4."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    overlap = (high - low).clamp(min=0).prod(-1)
    area = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - overlap
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    iou = overlap / area.clamp(min=1e-6)
    return iou, iou - (hull - area) / hull.clamp(min=1e-6)


@torch.no_grad()
def assign(score: Tensor, boxes: Tensor, centre: Tensor, stride: Tensor, truth: Targets) -> tuple[Tensor, Tensor]:
    """Which face each location answers for.

    Returns:
        ``(b, n)`` index of the face, -1 for none; ``(b, n)`` target score, zero where none.
    """
    iou, _ = pair_iou(boxes[:, None], truth.xyxy[:, :, None])
    middle = (truth.xyxy[..., :2] + truth.xyxy[..., 2:]) / 2
    half = (truth.xyxy[..., 2:] - truth.xyxy[..., :2]) / 2
    reach = torch.maximum(half[:, :, None] * 0.7, stride.view(1, 1, -1, 1) * 1.1)
    inside = ((centre.view(1, 1, -1, 2) - middle[:, :, None]).abs() < reach).all(-1)
    inside &= (truth.weight > 0)[..., None]
    align = (score[:, None].clamp(min=1e-4).sqrt() * iou.clamp(min=1e-4) ** 4) * inside
    best = align.topk(TOPK, -1)
    chosen = torch.zeros_like(inside).scatter_(-1, best.indices, best.values > 0)
    align = torch.where(chosen, align, align.new_zeros(()))
    owner_value, owner = align.max(1)
    owned = torch.zeros_like(chosen).scatter_(1, owner[:, None], (owner_value > 0)[:, None])
    align = align * owned
    peak = align.amax(-1, keepdim=True).clamp(min=1e-12)
    reached = (iou * owned).amax(-1, keepdim=True)
    target = (align / peak * reached).amax(1)
    return torch.where(owner_value > 0, owner, -1), target


def ignored(centre: Tensor, truth: Targets) -> Tensor:
    """``(b, n)`` True where a location lies in a region that is neither face nor background."""
    low, high = truth.xyxy[:, :, None, :2], truth.xyxy[:, :, None, 2:]
    within = ((centre >= low) & (centre <= high)).all(-1) & (truth.weight == 0)[..., None]
    return within.any(1)


def score_loss(logits: Tensor, target: Tensor, skip: Tensor) -> Tensor:
    """Varifocal loss, summed: negatives weighted by how wrong they are, positives by their quality."""
    probability = logits.sigmoid()
    weight = torch.where(target > 0, target.clamp(min=0.2), 0.75 * probability.detach() ** 1.5)
    loss = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (loss * weight * ~(skip & (target <= 0))).sum()


def locator_loss(
    logits: Tensor, shape: Tensor, centre: Tensor, stride: Tensor, truth: Targets
) -> tuple[Tensor, dict[str, float]]:
    """Total loss of a batch and its parts.

    Args:
        logits: ``(b, n, 1 + k)``; column 0 is "face", the others are prompts that nothing answers to.
        shape: ``(b, n, 14)`` raw numbers of the heads.
        centre: ``(n, 2)`` location centres in pixels.
        stride: ``(n, 1)``.
        truth: Padded labels.
    """
    boxes, points = decode(shape, centre, stride)
    owner, target = assign(logits[..., 0].sigmoid(), boxes, centre, stride, truth)
    skip = ignored(centre, truth)
    found = owner >= 0
    total = target.sum().clamp(min=8.0)
    score = score_loss(logits[..., 0], target, skip) / total
    other = score_loss(logits[..., 1:], torch.zeros_like(logits[..., 1:]), skip[..., None]) / total
    batch, location = found.nonzero(as_tuple=True)
    face = owner[batch, location]
    wanted, quality = truth.xyxy[batch, face], target[batch, location].clamp(min=0.1)
    _, giou = pair_iou(boxes[batch, location], wanted)
    box = ((1 - giou) * quality).sum() / total
    size = (wanted[:, 2:] - wanted[:, :2]).clamp(min=4)[:, None]
    drift = (points[batch, location] - truth.points[batch, face]) / size
    error = functional.smooth_l1_loss(drift, torch.zeros_like(drift), beta=0.05, reduction="none").mean((1, 2))
    mark = (error * quality).sum() / total
    loss = score + 0.3 * other + 2.0 * box + 2.0 * mark
    parts = {"score": score, "box": box, "mark": mark, "faces": (truth.weight > 0).sum()}
    return loss, {name: float(value.detach()) for name, value in parts.items()}

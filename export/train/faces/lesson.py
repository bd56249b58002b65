"""What the generator learns from one batch: its losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.train.faces.critic import critic_loss
from export.train.faces.faces import Faces, jittered, lit
from export.train.faces.generator_net import landmark_maps
from export.train.faces.judges import Judges
from export.train.faces.manifold import GroupPrior
from export.train.faces.prepare import AGES, GENDERS, RACES
from export.train.faces.replacer import Replacer, reversed_gradient
from export.train.faces.template import SIZE
from pyanon.geometry import face_region

__all__ = ["Lesson", "Scene", "Weights", "strangers"]

#: How far below an impostor threshold the push away from the original ends.
MARGIN = 0.2
#: What the attribute code of a face may say at most, in bits. A picture's latent has some ten thousand.
BITS = 1400.0
#: Standard deviation of the logarithm of width and of height, as the attribute encoder sees a face in training:
#: proportions are what people are told apart by.
STRETCH = 0.03
#: Chance that something else in the picture is blanked too, as other faces are.
CROWDED = 0.15


@dataclass(frozen=True)
class Weights:
    """What counts how much: in latents, then in pictures."""

    bits: float = 2.0
    opponent: float = 0.1
    traits: float = 0.3
    critic: float = 0.03
    match: float = 0.3
    identity: float = 0.2
    unlike: float = 4.0
    attributes: float = 0.3
    marks: float = 0.1
    typical: float = 0.05


@dataclass(frozen=True)
class Scene:
    """A batch as the networks see it.

    Attributes:
        crops: ``(n, 3, 128, 128)``.
        region: ``(n, 1, 128, 128)``, what is repainted.
        hidden: ``(n, 1, 128, 128)``, what is blanked: the region, and now and then something beside it.
        points: ``(n, 5, 2)`` crop pixels.
        labels: ``(n, 3)`` age, gender and race, -1 where unknown.
        rows: ``(n,)`` numbers in the set.
    """

    crops: Tensor
    region: Tensor
    hidden: Tensor
    points: Tensor
    labels: Tensor
    rows: np.ndarray

    @classmethod
    def drawn(cls, faces: Faces, rng: np.random.Generator, count: int) -> Scene:
        """Random faces, a little misaligned, half of them in another light."""
        batch = faces.draw(rng, count)
        crops, points = jittered(batch, rng, turn=0.03, scale=0.03, shift=1.5)
        half = rng.permutation(count)[: count // 2]
        crops[half] = lit(crops[half], rng, coarse=0.2, least=48)
        region = torch.from_numpy(face_region(points.numpy(), SIZE))[:, None]
        labels = torch.from_numpy(faces.facts["labels"][batch.rows])
        hidden = torch.maximum(region, _boxes(count, rng))
        return cls(crops.to(memory_format=torch.channels_last), region, hidden, points, labels, batch.rows)

    def part(self, rows: slice) -> Scene:
        """Some of the faces."""
        crops, region, hidden = self.crops[rows], self.region[rows], self.hidden[rows]
        return Scene(crops, region, hidden, self.points[rows], self.labels[rows], self.rows[rows])


def _boxes(count: int, rng: np.random.Generator) -> Tensor:
    """For some of the faces a rectangle at an edge of the crop, ``(n, 1, 128, 128)``."""
    boxes = torch.zeros(count, 1, SIZE, SIZE)
    for row in np.flatnonzero(rng.random(count) < CROWDED):
        left, top = rng.integers(0, SIZE, 2)
        width, height = rng.integers(SIZE // 6, SIZE // 2, 2)
        boxes[row, :, top : top + height, left : left + width] = 1
    return boxes


def _resampled(crops: Tensor, matrix: np.ndarray) -> Tensor:
    """Crops through matrices ``(n, 2, 3)`` (shares of the half side), repeating the border."""
    grid = functional.affine_grid(torch.from_numpy(matrix.astype(np.float32)), list(crops.shape), align_corners=False)
    return functional.grid_sample(crops, grid, padding_mode="border", align_corners=False)


def stretched(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Every crop wider or narrower, taller or lower."""
    matrix = np.zeros((len(crops), 2, 3))
    matrix[:, [0, 1], [0, 1]] = np.exp(rng.normal(0, STRETCH, (len(crops), 2)))
    return _resampled(crops, matrix)


def glimpsed(crops: Tensor, rng: np.random.Generator) -> Tensor:
    """Crops as another camera might see them: a little off, and coarser. No trick of single pixels survives that."""
    angle, factor = rng.normal(0, 0.05, len(crops)), np.exp(rng.normal(0, 0.04, len(crops)))
    c, s = np.cos(angle) * factor, np.sin(angle) * factor
    matrix = np.stack([np.stack([c, -s], 1), np.stack([s, c], 1)], 1)
    moved = _resampled(crops, np.concatenate([matrix, rng.normal(0, 0.02, (len(crops), 2, 1))], 2))
    coarse = functional.interpolate(moved, size=int(rng.integers(64, SIZE + 1)), mode="bilinear", antialias=True)
    return functional.interpolate(coarse, size=SIZE, mode="bilinear")


def strangers(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each face another one of the batch, as near in gender, age and race as the batch has it."""
    gap = 4.0 * (labels[:, None, 1] != labels[None, :, 1]) + np.abs(labels[:, None, 0] - labels[None, :, 0])
    gap = gap + 1.5 * (labels[:, None, 2] != labels[None, :, 2]) + rng.uniform(0, 2, gap.shape)
    np.fill_diagonal(gap, np.inf)
    return np.asarray(gap.argmin(1))


def traits_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of age, gender and race where they are known."""
    parts = logits.float().split([len(AGES), len(GENDERS), len(RACES)], 1)
    known = labels[:, 0] >= 0
    if not known.any():
        return logits.sum() * 0
    losses = [functional.cross_entropy(part[known], labels[known, i]) for i, part in enumerate(parts)]
    return torch.stack(losses).sum()


class Lesson:
    """Losses of one batch.

    Args:
        net: What learns.
        codes: ``(n, 128)`` identity code of every training face.
        prior: Where codes of nobody come from.
        log: Where figures go.
        weights: What counts how much.
    """

    def __init__(
        self, net: Replacer, codes: Tensor, prior: GroupPrior, log: Callable[..., None], weights: Weights
    ) -> None:
        self.net, self.codes, self.prior, self.log, self.weights = net, codes, prior, log, weights
        self.mean = codes.mean(0)

    def __call__(self, scene: Scene, rng: np.random.Generator, swaps: int, judges: Judges | None) -> Tensor:
        """The loss: all faces with their own codes, and ``swaps`` of them with a stranger's, painted."""
        net, n = self.net, len(scene.rows)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                target = net.latent(scene.crops)[0].float()
            context = net.encoder.context(scene.crops, scene.hidden, scene.points / SIZE)
            mean, spread, logits = net.encoder.attributes(stretched(scene.crops, rng))
        context, mean, spread = context.float(), mean.float(), spread.float()
        code = mean + torch.randn_like(mean) * (spread / 2).exp()
        own = self.codes[scene.rows]
        swaps = swaps if judges else 0
        # The second half of the batch is pure noise; the last of them are painted, with a stranger's code as well.
        level = torch.cat([torch.rand(n // 2), torch.ones(n - n // 2)])
        other, kind = (each[n - swaps :] for each in self._others(own, scene.labels, rng))
        noise = torch.randn_like(target)
        mix = level[:, None, None, None]
        both = [torch.cat([a, a[n - swaps :]]) for a in ((1 - mix) * target + mix * noise, level, context, code)]
        with torch.autocast("cpu", torch.bfloat16):
            clean = net.generator(*both, torch.cat([own, other])).float()
            guess = net.opponent(reversed_gradient(code.flatten(1))).float()
        loss = self._latents(scene, clean[:n], target) + self._code(scene, mean, spread, logits, guess, own)
        if judges:
            last = slice(n - swaps, n)
            loss = loss + self._pictures(scene.part(last), judges, clean[n:], mean[last].detach(), other, kind, rng)
            alone = slice(n // 2, n)
            loss = loss + self._rivals(context[alone], target[alone], (clean[alone], clean[n:]), own[alone], other)
        return loss

    def _others(self, own: Tensor, labels: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """For each face the code of somebody else of its kind, and the labels: half in the batch, half drawn."""
        drawn, others = torch.from_numpy(self.prior.draw(labels.numpy(), rng)), strangers(labels.numpy(), rng)
        real = torch.from_numpy(rng.random(len(labels)) < 0.5)[:, None]
        return torch.where(real, own[others], drawn), torch.where(real, labels[others], labels)

    def _latents(self, scene: Scene, clean: Tensor, target: Tensor) -> Tensor:
        """Off by how much; the face counts more than its surroundings, its eyes and its mouth more than its cheeks."""
        share = functional.avg_pool2d(scene.region, SIZE // target.shape[-1])
        marks = landmark_maps(scene.points / SIZE).amax(1, keepdim=True)
        off = functional.smooth_l1_loss(clean, target, beta=0.2, reduction="none")
        loss = (off * (0.4 + share + marks)).mean()
        self.log(off=loss)
        return loss

    def _code(self, scene: Scene, mean: Tensor, spread: Tensor, logits: Tensor, guess: Tensor, own: Tensor) -> Tensor:
        """What the attribute code may not say, and what the traits are."""
        # Per number of the code; a variational encoder's KL divergence bounds what its code tells (Alemi, 2017).
        bits = 0.5 * (mean**2 + spread.exp() - spread - 1).mean() / np.log(2)
        leak = functional.cosine_similarity(guess, own - self.mean, dim=1).mean()
        traits = traits_loss(logits, scene.labels)
        self.log(bits=bits * mean[0].numel(), leak=leak, traits=traits)
        w = self.weights
        # The opponent maximises what it can read; its reversed gradient makes the encoder hide it.
        return w.bits * functional.relu(bits - BITS / mean[0].numel()) + w.traits * traits - w.opponent * leak

    def _rivals(
        self, context: Tensor, target: Tensor, clean: tuple[Tensor, Tensor], own: Tensor, other: Tensor
    ) -> Tensor:
        """What fools the critic, and what its own maps of painted and true latents differ by.

        The critic's own loss is kept in ``critic_loss`` for its own step: photographs against painted faces, and
        against photographs with the code of somebody else.

        Args:
            context: ``(n, 14, 16, 16)``.
            target: The photographs' latents.
            clean: Latents painted with the own codes, and for the last ``k`` with ``other``.
            own: Codes ``(n, 128)``.
            other: Codes ``(k, 128)``.
        """
        critic, w, k = self.net.critic, self.weights, len(other)
        scale = self.net.generator.scale
        own, other = (own - self.mean) * scale, (other - self.mean) * scale
        painted, around, who = torch.cat(clean), torch.cat([context, context[-k:]]).detach(), torch.cat([own, other])
        with torch.autocast("cpu", torch.bfloat16):
            real, truth = critic(target, context.detach(), own)
            mistaken = critic(target, context.detach(), own.roll(1, 0))[0]
            false = critic(painted.detach(), around, who)[0]
            self.critic_loss = critic_loss([real.float()] * 2, [false.float(), mistaken.float()])
            critic.requires_grad_(False)
            score, maps = critic(painted, around, who)
            critic.requires_grad_(True)
        match = torch.stack(
            [(m[: len(target)].float() - t.detach().float()).abs().mean() for m, t in zip(maps, truth, strict=True)]
        ).sum()
        fooled = -score.float().mean()
        self.log(critic=self.critic_loss, fooled=fooled, match=match)
        return w.critic * fooled + w.match * match

    def _pictures(
        self,
        scene: Scene,
        judges: Judges,
        clean: Tensor,
        mean: Tensor,
        other: Tensor,
        kind: Tensor,
        rng: np.random.Generator,
    ) -> Tensor:
        """Losses of pictures painted with the codes ``other`` of people with the labels ``kind``.

        One recogniser judges, a different one each time.
        """
        net, judge = self.net, judges.recognisers[int(rng.integers(len(judges.recognisers)))]
        with torch.autocast("cpu", torch.bfloat16):
            painted = net.decoder(clean).float()
            composed = torch.lerp(scene.crops, painted, scene.region).contiguous(memory_format=torch.channels_last)
            # It judges here, and must not learn from painted faces what people look like.
            net.encoder.attributes.requires_grad_(False)
            again, _, logits = net.encoder.attributes(composed)
            net.encoder.attributes.requires_grad_(True)
            drift = judges.marks(composed) - judges.marks(scene.crops)
            seen = glimpsed(composed, rng).contiguous(memory_format=torch.channels_last)
            like, near = judge.likeness(seen, other, scene.rows)
        over = functional.relu(near - (judge.threshold - MARGIN)).mean()
        typical = traits_loss(logits, kind)
        kept, marks = functional.mse_loss(again.float(), mean), drift.norm(dim=2).mean()
        same = (near > judge.threshold).float().mean()
        self.log(like=like.mean(), near=near.mean(), same=same, kept=kept, marks=marks, typical=typical)
        w = self.weights
        loss = w.identity * (1 - like).mean() + w.unlike * over + w.typical * typical
        return loss + w.attributes * kept + w.marks * marks

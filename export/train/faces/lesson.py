"""What the generator learns from one batch: its losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.train.faces.autoencoder import gradient_loss
from export.train.faces.critic import critic_loss
from export.train.faces.faces import Faces, jittered
from export.train.faces.judges import Judges
from export.train.faces.manifold import GroupPrior
from export.train.faces.prepare import AGES, GENDERS, RACES
from export.train.faces.replacer import Replacer, reversed_gradient
from export.train.faces.template import SIZE
from pyanon.geometry import face_region

__all__ = ["Lesson", "Scene", "Weights", "strangers"]

#: How far below an impostor threshold the push away from the original ends.
MARGIN = 0.1


@dataclass(frozen=True)
class Weights:
    """What counts how much: in latents, then in pictures."""

    kl: float = 0.01
    opponent: float = 0.1
    traits: float = 0.1
    identity: float = 1.2
    unlike: float = 6.0
    attributes: float = 0.6
    marks: float = 0.1
    around: float = 3.0
    copy: float = 3.0
    features: float = 0.5
    critic: float = 0.1


@dataclass(frozen=True)
class Scene:
    """A batch as the networks see it.

    Attributes:
        crops: ``(n, 3, 128, 128)``.
        region: ``(n, 1, 128, 128)``, what is repainted.
        points: ``(n, 5, 2)`` crop pixels.
        labels: ``(n, 3)`` age, gender and race, -1 where unknown.
        rows: ``(n,)`` numbers in the set.
    """

    crops: Tensor
    region: Tensor
    points: Tensor
    labels: Tensor
    rows: np.ndarray

    @classmethod
    def drawn(cls, faces: Faces, rng: np.random.Generator, count: int) -> Scene:
        """Random faces, a little misaligned."""
        batch = faces.draw(rng, count)
        crops, points = jittered(batch, rng, turn=0.03, scale=0.03, shift=1.5)
        region = torch.from_numpy(face_region(points.numpy(), SIZE))[:, None]
        labels = torch.from_numpy(faces.facts["labels"][batch.rows])
        return cls(crops.to(memory_format=torch.channels_last), region, points, labels, batch.rows)

    def part(self, rows: slice) -> Scene:
        """Some of the faces."""
        return Scene(self.crops[rows], self.region[rows], self.points[rows], self.labels[rows], self.rows[rows])


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
                target = net.encoder.latent(scene.crops)[0].float()
                context = net.encoder.context(scene.crops, scene.region, scene.points / SIZE).float()
            mean, spread, logits = net.encoder.attributes(scene.crops)
        mean, spread = mean.float(), spread.float()
        code = mean + torch.randn_like(mean) * (spread / 2).exp()
        own = self.codes[scene.rows]
        swaps = swaps if judges else 0
        # The second half of the batch is pure noise; the last of them are painted, with a stranger's code as well.
        level = torch.cat([torch.rand(n // 2), torch.ones(n - n // 2)])
        other = self._others(own, scene.labels.numpy(), rng)[n - swaps :]
        noise = torch.randn_like(target)
        mix = level[:, None, None, None]
        both = [torch.cat([a, a[n - swaps :]]) for a in ((1 - mix) * target + mix * noise, level, context, code)]
        with torch.autocast("cpu", torch.bfloat16):
            clean = net.generator(*both, torch.cat([own, other])).float()
            guess = net.opponent(reversed_gradient(code.flatten(1))).float()
        loss = self._latents(scene, clean[:n], target) + self._code(scene, mean, spread, logits, guess, own)
        if judges:
            last = slice(n - swaps, n)
            loss = loss + self._pictures(scene.part(last), judges, clean[n - swaps :], mean[last].detach(), other)
        return loss

    def _others(self, own: Tensor, labels: np.ndarray, rng: np.random.Generator) -> Tensor:
        """For each face the code of somebody else of its kind: half of them in the batch, half of them drawn."""
        drawn = torch.from_numpy(self.prior.draw(labels, rng))
        real = torch.from_numpy(rng.random(len(labels)) < 0.5)[:, None]
        return torch.where(real, own[strangers(labels, rng)], drawn)

    def _latents(self, scene: Scene, clean: Tensor, target: Tensor) -> Tensor:
        share = functional.avg_pool2d(scene.region, SIZE // target.shape[-1])
        off = functional.smooth_l1_loss(clean, target, beta=0.2, reduction="none")
        loss = (off * (0.4 + share)).mean()
        self.log(off=loss)
        return loss

    def _code(self, scene: Scene, mean: Tensor, spread: Tensor, logits: Tensor, guess: Tensor, own: Tensor) -> Tensor:
        kl = 0.5 * (mean**2 + spread.exp() - spread - 1).mean()
        leak = functional.cosine_similarity(guess, own - self.mean, dim=1).mean()
        traits = traits_loss(logits, scene.labels)
        self.log(kl=kl, leak=leak, traits=traits)
        # The opponent maximises what it can read; its reversed gradient makes the encoder hide it.
        w = self.weights
        return w.kl * kl + w.traits * traits - w.opponent * leak

    def _pictures(self, scene: Scene, judges: Judges, clean: Tensor, mean: Tensor, other: Tensor) -> Tensor:
        """Losses of pictures: the first half of ``clean`` has its own code, the second half ``other``."""
        n, net = len(scene.rows), self.net
        twice = torch.cat([scene.crops, scene.crops])
        with torch.autocast("cpu", torch.bfloat16):
            painted = net.decoder(clean).float()
            region = torch.cat([scene.region, scene.region])
            composed = torch.lerp(twice, painted, region).contiguous(memory_format=torch.channels_last)
            maps = judges.maps(composed)
            again = net.encoder.attributes(composed[n:])[0].float()
            drift = judges.marks(composed[n:]) - judges.marks(scene.crops)
            with torch.no_grad():
                truth = judges.maps(scene.crops)
            judged = [judge.likeness(composed[n:], other, scene.rows) for judge in judges.recognisers]
        around = ((painted - twice).abs() * (1 - region)).mean()
        self.log(around=around)
        loss = self._who(judged, torch.tensor([judge.threshold for judge in judges.recognisers]))
        loss = loss + self._what(mean, again, drift) + self.weights.around * around
        loss = loss + self._copy(scene.crops, painted[:n], [m[:n] for m in maps], truth)
        return loss + self._critic(scene.crops, composed, maps, truth)

    def _who(self, judged: list[tuple[Tensor, Tensor]], thresholds: Tensor) -> Tensor:
        """Like the stranger, and unlike the original until it is under the threshold."""
        like, near = (torch.stack(each, 1) for each in zip(*judged, strict=True))
        over = functional.relu(near - (thresholds - MARGIN)).mean()
        self.log(like=like.mean(), near=near.mean(), same=(near > thresholds).float().mean())
        return self.weights.identity * (1 - like).mean() + self.weights.unlike * over

    def _what(self, mean: Tensor, again: Tensor, drift: Tensor) -> Tensor:
        """The attributes of the original, and its landmarks."""
        kept, marks = functional.mse_loss(again, mean), drift.norm(dim=2).mean()
        self.log(kept=kept, marks=marks)
        return self.weights.attributes * kept + self.weights.marks * marks

    def _copy(self, crops: Tensor, painted: Tensor, maps: list[Tensor], truth: list[Tensor]) -> Tensor:
        """With its own code a face comes back: pixels, edges, and an oracle's first maps."""
        pixels = (painted - crops).abs().mean() + gradient_loss(painted, crops)
        deep = torch.stack([(m - t).abs().mean() / t.abs().mean() for m, t in zip(maps, truth, strict=True)]).sum()
        self.log(copy=pixels, deep=deep)
        return self.weights.copy * pixels + self.weights.features * deep

    def _critic(self, crops: Tensor, composed: Tensor, maps: list[Tensor], truth: list[Tensor]) -> Tensor:
        """What fools the critic; the critic's own loss is kept in ``critic_loss`` for its own step."""
        critic = self.net.critic
        with torch.autocast("cpu", torch.bfloat16):
            self.critic_loss = critic_loss(
                critic(crops, truth), critic(composed.detach(), [m.detach() for m in maps])
            ).float()
            critic.requires_grad_(False)
            fooled = -torch.stack([score.float().mean() for score in critic(composed, maps)]).sum()
            critic.requires_grad_(True)
        self.log(critic=self.critic_loss)
        return self.weights.critic * fooled

"""What the generator learns from one batch: its losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.train.faces.decoder import copied, rivals
from export.train.faces.faces import Faces, glimpsed, jittered, lit, stretched
from export.train.faces.generator_net import landmark_maps
from export.train.faces.judges import CPU, Judges
from export.train.faces.manifold import GroupPrior
from export.train.faces.replacer import Replacer, reversed_gradient
from export.train.faces.run import frozen
from export.train.faces.template import SIZE
from pyanon.geometry import face_region

__all__ = ["Lesson", "Scene", "Weights", "strangers"]

#: How far below an impostor threshold the push away from the original ends.
MARGIN = 0.35
#: How alike a face shall be to the code that it was painted from: beyond, what is painted is an exaggeration. From 0.50
#: to 0.61 on, two pictures pass for one person.
LIKE = 0.45
#: What the attribute code of a face may say at most, in bits. A picture's latent has some ten thousand.
BITS = 900.0
#: Share of the faces whose own code is made typical of its group, as drawn ones are: only of real people's codes
#: does a photograph say what belongs to them.
AS_DRAWN = 0.75
#: How far from the mean of all an own code is told to lie, as a share of how far it does: codes of real people lie
#: about equally far, drawn ones do not, and a face painted from a code nearer than any learnt from is a mask.
FAR = (0.7, 1.1)
#: Chance that something else in the picture is blanked too, as other faces are.
CROWDED = 0.15
#: Side in pixels of the squares whose mean colours stay: light and shade, the tone of the skin, and no feature.
COARSE = 16


@dataclass(frozen=True)
class Weights:
    """What counts how much: in latents, then in pictures."""

    bits: float = 2.0
    opponent: float = 0.1
    pixels: float = 4.0
    maps: float = 0.4
    critic: float = 0.2
    identity: float = 0.6
    unlike: float = 5.0
    attributes: float = 1.0
    marks: float = 0.12
    turn: float = 0.04
    shades: float = 6.0
    traits: float = 0.5


@dataclass(frozen=True)
class Scene:
    """A batch as the networks see it, on their device; but for its rows.

    Attributes:
        crops: ``(n, 3, 128, 128)``.
        region: ``(n, 1, 128, 128)``, what is repainted.
        hidden: ``(n, 1, 128, 128)``, what is blanked: the region, and now and then something beside it.
        points: ``(n, 5, 2)`` crop pixels.
        rows: ``(n,)`` numbers in the set.
    """

    crops: Tensor
    region: Tensor
    hidden: Tensor
    points: Tensor
    rows: np.ndarray

    @classmethod
    def drawn(cls, faces: Faces, rng: np.random.Generator, count: int, device: torch.device = CPU) -> Scene:
        """Random faces, a little misaligned, half of them in another light."""
        batch = faces.draw(rng, count)
        crops, points = jittered(batch, rng, turn=0.03, scale=0.03, shift=1.5)
        half = rng.permutation(count)[: count // 2]
        crops[half] = lit(crops[half], rng, coarse=0.2, least=48)
        region = torch.from_numpy(face_region(points.numpy(), SIZE))[:, None]
        hidden = torch.maximum(region, _boxes(count, rng))
        crops = crops.to(device, memory_format=torch.channels_last)
        region, hidden, points = (each.to(device) for each in (region, hidden, points))
        return cls(crops, region, hidden, points, batch.rows)

    def part(self, rows: slice) -> Scene:
        """Some of the faces."""
        crops, region, hidden = self.crops[rows], self.region[rows], self.hidden[rows]
        return Scene(crops, region, hidden, self.points[rows], self.rows[rows])


def _boxes(count: int, rng: np.random.Generator) -> Tensor:
    """For some of the faces a rectangle at an edge of the crop, ``(n, 1, 128, 128)``."""
    boxes = torch.zeros(count, 1, SIZE, SIZE)
    for row in np.flatnonzero(rng.random(count) < CROWDED):
        left, top = rng.integers(0, SIZE, 2)
        width, height = rng.integers(SIZE // 6, SIZE // 2, 2)
        boxes[row, :, top : top + height, left : left + width] = 1
    return boxes


def strangers(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each face another one of the batch, as near in gender, age and race as the batch has it."""
    gap = 4.0 * (labels[:, None, 1] != labels[None, :, 1]) + np.abs(labels[:, None, 0] - labels[None, :, 0])
    gap = gap + 1.5 * (labels[:, None, 2] != labels[None, :, 2]) + rng.uniform(0, 2, gap.shape)
    np.fill_diagonal(gap, np.inf)
    return np.asarray(gap.argmin(1))


class Lesson:
    """Losses of one batch.

    Args:
        net: What learns.
        codes: ``(n, 128)`` identity code of every training face.
        labels: ``(n, 3)`` int64, its age, gender and race as the oracles read them.
        prior: Where codes of nobody come from.
        log: Where figures go.
        weights: What counts how much.

    Attributes:
        critic_loss: What the critic loses, for its own step; of the last batch that was painted.
    """

    critic_loss: Tensor

    def __init__(
        self,
        net: Replacer,
        codes: Tensor,
        labels: np.ndarray,
        prior: GroupPrior,
        log: Callable[..., None],
        weights: Weights,
    ) -> None:
        self.net, self.codes, self.labels, self.prior = net, codes, labels, prior
        self.log, self.weights = log, weights
        self.mean, self.device = codes.mean(0), codes.device

    def __call__(self, scene: Scene, rng: np.random.Generator, count: int, judges: Judges | None) -> Tensor:
        """The loss.

        The last ``count`` of the faces are said from pure noise. Where there are judges these are painted, once with
        their own codes and once with strangers'.
        """
        net, n = self.net, len(scene.rows)
        with self._fast():
            with torch.no_grad():
                target = net.latent(scene.crops)[0].float()
            context = net.encoder.context(scene.crops, scene.hidden, scene.points / SIZE)
            mean, spread = net.encoder.attributes(stretched(scene.crops, rng))
        context, mean, spread = context.float(), mean.float(), spread.float()
        code = mean + torch.randn_like(mean) * (spread / 2).exp()
        level = torch.cat([torch.rand(n - count, device=self.device), torch.ones(count, device=self.device)])
        mix = level[:, None, None, None]
        inputs = [(1 - mix) * target + mix * torch.randn_like(target), level, context, code]
        own, last = self.codes[scene.rows], slice(n - count, n)
        typical = self._typical(own, scene.rows)
        identity = torch.where(self._dice(n, AS_DRAWN, rng), typical, own)
        far = torch.from_numpy(rng.uniform(*FAR, (n, 1)).astype(np.float32)).to(self.device)
        identity = self.mean + far * (identity - self.mean)
        if judges:
            codes, people = self._others(typical, scene.rows, rng)
            other, whose = codes[last], people[last]
            inputs, identity = [torch.cat([each, each[last]]) for each in inputs], torch.cat([identity, other])
        with self._fast():
            clean = net.generator(*inputs, identity).float()
            guess = net.opponent(reversed_gradient(code.flatten(1))).float()
        loss = self._latents(scene, clean[:n], target) + self._code(mean, spread, guess, own)
        if judges:
            seen = scene.part(last)
            composed = self._composed(seen, clean[n - count :])
            with self._fast():
                maps = judges.looks(composed)
                with torch.no_grad():
                    truth = judges.looks(seen.crops)
            loss = loss + self._photographs(seen, composed, maps, truth)
            loss = loss + self._turned(judges.pose([m[count:] for m in maps]) - judges.pose(truth))
            loss = loss + self._strangers(seen, judges, composed[count:], mean[last].detach(), other, whose, rng)
        return loss

    def _fast(self) -> torch.autocast:
        """Half as many bits where they do."""
        return torch.autocast(self.device.type, torch.bfloat16)

    def _dice(self, count: int, chance: float, rng: np.random.Generator) -> Tensor:
        """True by chance, ``(n, 1)``."""
        return torch.from_numpy(rng.random((count, 1)) < chance).to(self.device)

    def _typical(self, codes: Tensor, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.prior.typical(codes.cpu().numpy(), self.labels[rows])).to(self.device)

    def _others(self, codes: Tensor, rows: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
        """For each face the code of somebody of its kind, and the face whose traits shall be seen.

        Half are people in the batch, with traits of their own; half are drawn, with the traits of the face itself.
        """
        labels = self.labels[rows]
        drawn, others = torch.from_numpy(self.prior.draw(labels, rng)).to(self.device), strangers(labels, rng)
        real = rng.random(len(rows)) < 0.5
        mixed = torch.where(torch.from_numpy(real)[:, None].to(self.device), codes[others], drawn)
        return mixed, np.where(real, rows[others], rows)

    def _latents(self, scene: Scene, clean: Tensor, target: Tensor) -> Tensor:
        """Off by how much; the face counts more than its surroundings, its eyes and its mouth more than its cheeks."""
        share = functional.avg_pool2d(scene.region, SIZE // target.shape[-1])
        marks = landmark_maps(scene.points / SIZE).amax(1, keepdim=True)
        off = functional.smooth_l1_loss(clean, target, beta=0.2, reduction="none")
        loss = (off * (0.4 + share + marks)).mean()
        self.log(off=loss)
        return loss

    def _code(self, mean: Tensor, spread: Tensor, guess: Tensor, own: Tensor) -> Tensor:
        """What the attribute code may not say."""
        # Per number of the code; a variational encoder's KL divergence bounds what its code tells (Alemi, 2017).
        bits = 0.5 * (mean**2 + spread.exp() - spread - 1).mean() / np.log(2)
        leak = functional.cosine_similarity(guess, own - self.mean, dim=1).mean()
        self.log(bits=bits * mean[0].numel(), leak=leak)
        w = self.weights
        # The opponent maximises what it can read; its reversed gradient makes the encoder hide it.
        return w.bits * functional.relu(bits - BITS / mean[0].numel()) - w.opponent * leak

    def _composed(self, scene: Scene, clean: Tensor) -> Tensor:
        """Latents of the faces of the scene, once or several times over, painted and put where the faces were."""
        times = len(clean) // len(scene.rows)
        with self._fast():
            painted = self.net.decoder(clean).float()
        crops, region = scene.crops.repeat(times, 1, 1, 1), scene.region.repeat(times, 1, 1, 1)
        return torch.lerp(crops, painted, region).contiguous(memory_format=torch.channels_last)

    def _photographs(self, scene: Scene, composed: Tensor, maps: list[Tensor], truth: list[Tensor]) -> Tensor:
        """What fools the critic; of the faces painted with their own codes, how far they are from their photographs.

        The critic's own loss is kept for its own step.
        """
        critic, w, count = self.net.critic, self.weights, len(scene.rows)
        pixels, deep = copied(composed[:count], scene.crops, [m[:count] for m in maps], truth)
        fooled, self.critic_loss = rivals(critic, scene.crops, composed, truth, maps)
        self.log(pixels=pixels, deep=deep, critic=self.critic_loss, fooled=fooled)
        return w.pixels * pixels + w.maps * deep + w.critic * fooled

    def _turned(self, off: Tensor) -> Tensor:
        """How far, in degrees ``(n, 3)``, strangers' heads are turned from where the face's own was."""
        turn = off.abs().mean()
        self.log(turn=turn)
        return self.weights.turn * turn

    def _strangers(
        self,
        scene: Scene,
        judges: Judges,
        composed: Tensor,
        mean: Tensor,
        other: Tensor,
        whose: np.ndarray,
        rng: np.random.Generator,
    ) -> Tensor:
        """Losses of pictures painted with the codes ``other`` of people with the traits of the faces ``whose``.

        One recogniser judges, a different one each time.
        """
        net, judge = self.net, judges.recognisers[int(rng.integers(len(judges.recognisers)))]
        with self._fast():
            # It judges here, and must not learn from painted faces what to say of people.
            with frozen(net.encoder.attributes):
                again = net.encoder.attributes(composed)[0]
            drift = judges.marks(composed) - judges.marks(scene.crops)
            seen = judge(glimpsed(composed, rng).contiguous(memory_format=torch.channels_last))
        like, near = judge.like(seen, other), judge.near(seen, scene.rows)
        over = functional.relu(near - (judge.threshold - MARGIN)).mean()
        traits = judge.off(seen, whose).mean()
        kept, marks = functional.mse_loss(again.float(), mean), drift.norm(dim=2).mean()
        shades = functional.avg_pool2d(composed - scene.crops, COARSE).abs().mean()
        same = (near > judge.threshold).float().mean()
        self.log(like=like.mean(), near=near.mean(), same=same, kept=kept, marks=marks, shades=shades, traits=traits)
        w = self.weights
        loss = w.identity * functional.relu(LIKE - like).mean() + w.unlike * over + w.traits * traits
        return loss + w.attributes * kept + w.marks * marks + w.shades * shades

"""Trains the pocket pack's landmark net.

    python -m export.train.landmarks --cache checkpoints/cache --out checkpoints/landmarks --minutes 25

Resumable, CPU or CUDA, like the locator's recipe; its minutes are processor time, so that it may run in the background
of something else. The landmarks to learn are the first teacher's; what the net gains
over it is that it needs no detection: it is trained on boxes shifted by up to a fifth and scaled by 0.75 to 1.35.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from export.train.landmarks_crops import CropPool
from export.train.landmarks_net import LandmarksNet
from export.train.library import Library
from export.train.locator import rate
from export.train.unpack import unpacked_landmarks

FACES, OTHERS, RENEWED = 40, 40, 3
#: Batches from which the norms of a pack's net are measured.
UNPACKING = 12


def landmarks_loss(points: Tensor, logits: Tensor, truth: Tensor, face: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Mean distance of the points where there is a face, and cross entropy of the score everywhere.

    Args:
        points: ``(n, 5, 2)`` in crop fractions.
        logits: ``(n,)``.
        truth: ``(n, 5, 2)``.
        face: ``(n,)`` 1 or 0.
    """
    drift = functional.smooth_l1_loss(points, truth, beta=0.01, reduction="none").mean((1, 2))
    mark = (drift * face).sum() / face.sum().clamp(min=1)
    score = functional.binary_cross_entropy_with_logits(logits, face)
    return 20 * mark + score, {"mark": float(mark.detach()), "score": float(score.detach())}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/cache"))
    parser.add_argument("--out", type=Path, default=Path("checkpoints/landmarks"))
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--start", type=Path, help="folder of a pack whose weights a new run begins with")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    train(parser.parse_args())


def towards(average: Tensor, current: Tensor, step: Tensor | int) -> Tensor:
    """Exponential moving average, faster while young."""
    if not current.is_floating_point():
        return current
    count = float(step)
    return average.lerp(current, 1 - min(0.998, (1 + count) / (20 + count)))


class Training:
    """The net, its average and its optimiser: all that a checkpoint holds."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.device, self.saved = torch.device(args.device), args.out / "last.pt"
        self.net = LandmarksNet().to(self.device)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(self.net, avg_fn=towards, use_buffers=True)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=args.rate, weight_decay=0.02)
        self.step, self.spent = 0, 0.0
        if self.saved.exists():
            state = torch.load(self.saved, map_location=self.device, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average.module.load_state_dict(state["average"])
            self.average.n_averaged.fill_(state["step"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.spent = state["step"], state["spent"]

    def begin(self, folder: Path, crops: Iterable[Tensor]) -> None:
        """Takes over the weights of a pack's net, unless a checkpoint was found."""
        if not self.step:
            weights = unpacked_landmarks(folder, crops).state_dict()
            self.net.load_state_dict(weights)
            self.average.module.load_state_dict(weights)

    def learn(self, pixels: Tensor, truth: Tensor, face: Tensor) -> dict[str, float]:
        """One step on a batch of crops ``(n, 64, 64, 3)``; returns the parts of the loss."""
        crops = pixels.to(self.device).permute(0, 3, 1, 2).float().div_(255)
        with torch.autocast(self.device.type, torch.bfloat16):
            maps, features = self.net.body(crops)
        points, logits = self.net.read(maps.float(), features.float())
        loss, parts = landmarks_loss(points, logits, truth.to(self.device), face.to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        self.optimiser.step()
        self.average.update_parameters(self.net)
        self.step += 1
        return parts

    def save(self, spent: float) -> None:
        """Writes a checkpoint so that a crash leaves either the old one or the new one."""
        state = {
            "net": self.net.state_dict(), "average": self.average.module.state_dict(),
            "optimiser": self.optimiser.state_dict(), "step": self.step, "spent": spent,
        }  # fmt: skip
        torch.save(state, self.saved.with_suffix(".tmp"))
        self.saved.with_suffix(".tmp").replace(self.saved)


def train(args: argparse.Namespace) -> None:
    """Trains until the minutes are spent, writing a checkpoint every minute."""
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    training, budget = Training(args), args.minutes * 60
    began = written = time.process_time()
    pool = CropPool(Library(args.cache), np.random.default_rng((args.seed, training.step)))
    if args.start is not None:
        batches = (torch.from_numpy(pool.batch(FACES, OTHERS)[0]) for _ in range(UNPACKING))
        training.begin(args.start, (pixels.permute(0, 3, 1, 2).float().div(255) for pixels in batches))
    sums = dict[str, float]()
    while (elapsed := training.spent + time.process_time() - began) < budget:
        for group in training.optimiser.param_groups:
            group["lr"] = rate(elapsed / budget, args.rate)
        pool.renew(RENEWED)
        parts = training.learn(*(torch.from_numpy(each) for each in pool.batch(FACES, OTHERS)))
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + value
        if training.step % 50 == 0:
            text = " ".join(f"{name} {value / 50:.4f}" for name, value in sums.items())
            print(f"step {training.step} minutes {elapsed / 60:.1f} {text}", flush=True)
            sums.clear()
        if time.process_time() - written > 60:
            training.save(elapsed)
            written = time.process_time()
    training.save(max(training.spent, budget))


if __name__ == "__main__":
    main()

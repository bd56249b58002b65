"""Trains the pocket pack's locator.

    python -m export.train.locator --cache checkpoints/cache --out checkpoints/locator --minutes 90

Resumable: run the same command again and it goes on where the last checkpoint was written, until the minutes are
spent. CPU (bf16 autocast, channels-last) or CUDA. The learning rate follows the share of the time that is spent.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from export.train.compose import MIRROR, compose
from export.train.library import Labels, Library
from export.train.locator_loss import Targets, locator_loss
from export.train.locator_net import EMBEDDING, Locator, anchors
from export.train.unpack import unpacked_locator

Batch = tuple[Tensor, Targets]
ECHO_POOL = 60
#: Batches from which the norms of a pack's network are measured.
UNPACKING = 12


class Compositions(Dataset[Batch]):
    """Endless composed batches; batch number ``i`` is the same on every machine."""

    def __init__(self, cache: Path, *, batch: int, seed: int, start: int) -> None:
        self._cache, self._batch, self._seed, self._start = cache, batch, seed, start
        self._library: Library | None = None

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, number: int) -> Batch:
        if self._library is None:
            self._library = Library(self._cache)
        rng = np.random.default_rng((self._seed, self._start + number))
        size, count = (448, self._batch // 2) if rng.random() < 0.15 else (320, self._batch)
        made = [compose(self._library, rng, size=size) for _ in range(count)]
        pixels = torch.from_numpy(np.stack([image for image, _ in made]))
        return pixels, pad([labels for _, labels in made])


def pad(labels: list[Labels]) -> Targets:
    """Stacks labels of different length; padding has weight -1."""
    most = max(1, *(len(each.xyxy) for each in labels))
    xyxy, points = torch.zeros(len(labels), most, 4), torch.zeros(len(labels), most, 5, 2)
    weight = torch.full((len(labels), most), -1.0)
    for row, each in enumerate(labels):
        n = len(each.xyxy)
        xyxy[row, :n], points[row, :n] = torch.from_numpy(each.xyxy), torch.from_numpy(each.points)
        weight[row, :n] = torch.from_numpy(each.weight)
    return Targets(xyxy, points, weight)


def prompts(net: Locator, device: torch.device) -> Tensor:
    """The face prompt and three strangers: unit vectors away from it, to which nothing in a picture answers."""
    face = net.face_prompt()
    strangers = functional.normalize(torch.randn(3, EMBEDDING, device=device), dim=1)
    along = (strangers @ face.detach().T).clamp(min=0)
    return torch.cat([face, functional.normalize(strangers - along * face.detach(), dim=1)])


class Average:
    """Exponential moving average of the weights: what is evaluated and exported."""

    def __init__(self, net: Locator) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, net: Locator, step: int) -> None:
        """Moves towards the current weights, faster while young."""
        decay = min(0.9995, (1 + step) / (20 + step))
        for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


def echoed(batches: Iterator[Batch], rng: np.random.Generator) -> Iterator[Batch]:
    """Composing costs more than learning: between two new batches an earlier one comes back, mirrored."""
    pool: list[Batch] = []
    for batch in batches:
        yield batch
        if len(pool) == ECHO_POOL:
            pixels, truth = pool.pop(int(rng.integers(ECHO_POOL)))
            width = pixels.shape[2]
            xyxy, points = truth.xyxy.clone(), truth.points[:, :, list(MIRROR)].clone()
            xyxy[..., [0, 2]] = width - truth.xyxy[..., [2, 0]]
            points[..., 0] = width - points[..., 0]
            yield pixels.flip(2), Targets(xyxy, points, truth.weight)
        pool.append(batch)


def rate(share: float, peak: float) -> float:
    """Warm-up over two percent of the time, then a cosine down to a fiftieth of the peak."""
    if share < 0.02:
        return peak * (share / 0.02 + 0.01)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/cache"))
    parser.add_argument("--out", type=Path, default=Path("checkpoints/locator"))
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--start", type=Path, help="checkpoint or pack (folder) whose weights a new run begins with")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    train(parser.parse_args())


def train(args: argparse.Namespace) -> None:
    """Trains until the minutes are spent, writing a checkpoint every two minutes."""
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    device = torch.device(args.device)
    net = Locator().to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=0.02)
    saved, step, spent = args.out / "last.pt", 0, 0.0
    if saved.exists():
        state = torch.load(saved, map_location=device, weights_only=True)
        net.load_state_dict(state["net"])
        average.net.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
    elif args.start is not None:
        begin = _beginning(args)
        net.load_state_dict(begin)
        average.net.load_state_dict(begin)
    loader = DataLoader(
        Compositions(args.cache, batch=args.batch, seed=args.seed, start=step),
        batch_size=None, num_workers=args.workers, prefetch_factor=4,
    )  # fmt: skip
    _loop(args, net, average, optimiser, echoed(iter(loader), np.random.default_rng(step)), step=step, spent=spent)


def _beginning(args: argparse.Namespace) -> dict[str, Tensor]:
    """Weights of an earlier run's checkpoint, or of a pack."""
    if not args.start.is_dir():
        state: dict[str, Tensor] = torch.load(args.start, map_location=args.device, weights_only=True)["average"]
        return state
    seen = Compositions(args.cache, batch=args.batch, seed=args.seed, start=1_000_000)
    pictures = (seen[i][0].permute(0, 3, 1, 2).float().div(255) for i in range(UNPACKING))
    return unpacked_locator(args.start, pictures).state_dict()


def _loop(
    args: argparse.Namespace,
    net: Locator,
    average: Average,
    optimiser: torch.optim.Optimizer,
    batches: Iterator[Batch],
    *,
    step: int,
    spent: float,
) -> None:
    device, began, written, sums = torch.device(args.device), time.monotonic(), time.monotonic(), dict[str, float]()
    places = {size: tuple(a.to(device) for a in anchors(size, size)) for size in (320, 448)}
    budget = args.minutes * 60
    while (elapsed := spent + time.monotonic() - began) < budget:
        pixels, truth = next(batches)
        for group in optimiser.param_groups:
            group["lr"] = rate(elapsed / budget, args.rate)
        image = pixels.to(device).permute(0, 3, 1, 2).float().div_(255)
        with torch.autocast(device.type, torch.bfloat16):
            logits, shape = net(image, prompts(net, device))
        centre, stride = places[pixels.shape[1]]
        truth = Targets(truth.xyxy.to(device), truth.points.to(device), truth.weight.to(device))
        loss, parts = locator_loss(logits.float(), shape.float(), centre, stride, truth)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        step += 1
        average.update(net, step)
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + value
        if step % 50 == 0:
            text = " ".join(f"{name} {value / 50:.3f}" for name, value in sums.items())
            print(f"step {step} minutes {elapsed / 60:.1f} {text}", flush=True)
            sums.clear()
        if time.monotonic() - written > 120:
            _save(args.out / "last.pt", net, average, optimiser, step=step, spent=elapsed)
            written = time.monotonic()
    _save(args.out / "last.pt", net, average, optimiser, step=step, spent=budget)


def _save(
    path: Path, net: Locator, average: Average, optimiser: torch.optim.Optimizer, *, step: int, spent: float
) -> None:
    """Writes a checkpoint so that a crash leaves either the old one or the new one."""
    state = {
        "net": net.state_dict(), "average": average.net.state_dict(), "optimiser": optimiser.state_dict(),
        "step": step, "spent": spent,
    }  # fmt: skip
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


if __name__ == "__main__":
    main()

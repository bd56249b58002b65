"""What every recipe here shares: a time budget, a checkpoint to go on from, averaged weights and a log."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

__all__ = ["Run", "arguments", "frozen"]

WRITE_EVERY, LOG_EVERY = 120.0, 50
WARM, LEAST = 0.02, 0.02
#: How much faster the second optimiser goes.
OPPOSED = 4.0


def arguments(about: str, *, out: str, minutes: float, rate: float, batch: int) -> argparse.ArgumentParser:
    """The arguments that every recipe takes."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"), help="what prepare wrote")
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of the checkpoint")
    parser.add_argument("--minutes", type=float, default=minutes, help="processor time of one thread, in all")
    parser.add_argument("--start", type=Path, help="folder of a pack whose weights a new run begins with")
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser


def _towards(average: Tensor, current: Tensor, step: Tensor | int) -> Tensor:
    """Exponential moving average, faster while young."""
    if not current.is_floating_point():
        return current
    count = float(step)
    return average.lerp(current, 1 - min(0.999, (1 + count) / (20 + count)))


@dataclass
class Run:
    """One training: networks, their averages, optimisers; goes on from its checkpoint.

    Attributes:
        args: What `arguments` parsed.
        net: All that is trained, as one module.
        groups: Parameter groups of the optimiser; None: all of ``net``.
        against: Parameters that a second optimiser moves (a discriminator's), if any.
    """

    args: argparse.Namespace
    net: nn.Module
    groups: list[dict[str, Any]] | None = None
    against: list[nn.Parameter] | None = None
    step: int = 0
    spent: float = 0.0
    _sums: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        torch.manual_seed(self.args.seed)
        torch.set_num_threads(self.args.threads)
        self.args.out.mkdir(parents=True, exist_ok=True)
        self.device = torch.device(self.args.device)
        self.net.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(self.net, avg_fn=_towards, use_buffers=True)
        rate, betas = self.args.rate, (0.9, 0.98)
        groups = self.groups or [{"params": list(self.net.parameters())}]
        self.optimiser = torch.optim.AdamW(groups, lr=rate, betas=betas, weight_decay=0.01)
        self._optimisers = {"optimiser": self.optimiser}
        if self.against is not None:
            self.opponent = torch.optim.AdamW(self.against, lr=OPPOSED * rate, betas=(0.5, 0.98), weight_decay=0.0)
            self._optimisers["opponent"] = self.opponent
        self._rates = {name: [g["lr"] for g in each.param_groups] for name, each in self._optimisers.items()}
        self._saved = self.args.out / "last.pt"
        if self._saved.exists():
            self._load()
            torch.manual_seed(self.args.seed + self.step)

    def _load(self) -> None:
        state = torch.load(self._saved, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.average.module.load_state_dict(state["average"])
        self.average.n_averaged.fill_(state["step"])
        for name, each in self._optimisers.items():
            each.load_state_dict(state[name])
        self.step, self.spent = state["step"], state["spent"]

    def begin(self, weights: dict[str, Tensor]) -> None:
        """Takes over weights, unless a checkpoint was found."""
        if not self.step:
            self.net.load_state_dict(weights, strict=False)
            self.average.module.load_state_dict(self.net.state_dict())

    def dice(self) -> np.random.Generator:
        """Random numbers; other ones after every start, so that no batch comes twice."""
        return np.random.default_rng((self.args.seed, self.step))

    def save(self) -> None:
        """Writes the checkpoint so that a crash leaves either the old one or the new one."""
        state = {"net": self.net.state_dict(), "average": self.average.module.state_dict()}
        state |= {name: each.state_dict() for name, each in self._optimisers.items()}
        torch.save({**state, "step": self.step, "spent": self.spent}, self._saved.with_suffix(".tmp"))
        self._saved.with_suffix(".tmp").replace(self._saved)

    def steps(self) -> Iterator[float]:
        """Yields the share of the budget that is spent, once per step; sets the rates; saves and ends in time."""
        budget = self.args.minutes * 60
        before, began, written = self.spent, _clock(self.args.threads), time.monotonic()
        while (share := self.spent / budget) < 1:
            self._set_rates(share)
            yield share
            self.step += 1
            self.spent = before + _clock(self.args.threads) - began
            if self.step % LOG_EVERY == 0:
                self._print()
            if time.monotonic() - written > WRITE_EVERY:
                self.save()
                written = time.monotonic()
        self.save()

    def _set_rates(self, share: float) -> None:
        """Warms up, then falls along a cosine."""
        height = min(1.0, share / WARM, (self.step + 1) / 200) if share < WARM else 1.0
        cosine = 0.5 * (1 + torch.cos(torch.tensor(share * torch.pi)).item())
        for name, each in self._optimisers.items():
            for group, rate in zip(each.param_groups, self._rates[name], strict=True):
                group["lr"] = rate * height * (LEAST + (1 - LEAST) * cosine)

    def learn(self, loss: Tensor) -> None:
        """One step of the main optimiser, and of the average."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for g in self.optimiser.param_groups for p in g["params"]], 1.0)
        self.optimiser.step()
        self.average.update_parameters(self.net)

    def oppose(self, loss: Tensor) -> None:
        """One step of the second optimiser."""
        self.opponent.zero_grad(set_to_none=True)
        loss.backward()
        self.opponent.step()

    def log(self, **parts: Tensor | float) -> None:
        """Adds to the figures whose means are printed now and then."""
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value.detach() if isinstance(value, Tensor) else value)

    def _print(self) -> None:
        text = " ".join(f"{name} {value / LOG_EVERY:.4f}" for name, value in self._sums.items())
        print(f"step {self.step} minutes {self.spent / 60:.1f} {text}", flush=True)
        self._sums.clear()


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """While it lasts, gradients go through a network that is trained, and none stays in it."""
    net.requires_grad_(False)
    try:
        yield
    finally:
        net.requires_grad_(True)


def _clock(threads: int) -> float:
    """Seconds of processor time, as one of the threads spends them: other load does not shorten a training."""
    return time.process_time() / threads

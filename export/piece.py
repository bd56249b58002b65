"""A piece: one network of a pack as the export scripts see it, before it is a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pyanon.runtime import Prompts, Role, Vocabulary
from pyanon.types import FloatArray

__all__ = ["SEED", "Family", "Half", "Piece", "dice", "halved", "smooth"]

#: Of random weights and of the inputs that torch and the runtimes are compared on.
SEED = 20240


@dataclass(frozen=True)
class Piece:
    """One network and the role it plays.

    Attributes:
        name: Of the role, ``"locator"``, ``"oracle.arc"``, ...
        role: Its file, ports and settings.
        net: Takes the role's inputs in their order and returns its outputs in theirs; in float32.
        example: Inputs for so many rows, the same every time; where no axis is called ``n`` the number is a seed.
        rows: How many rows of the example it is compared on.
        sees: Whether its first input takes pictures, and nothing has to be known of them.
        write: Makes the file in place of the exporter, where there is a file already: path, opset, half precision.
    """

    name: str
    role: Role
    net: nn.Module
    example: Callable[[int], tuple[Tensor, ...]]
    rows: int = 3
    sees: bool = False
    write: Callable[[Path, int, bool], None] | None = None


@dataclass(frozen=True)
class Family:
    """The pieces that one script exports, and what their pack says of them.

    Attributes:
        name: Of the script and of the pack that it writes.
        licence: Of the weights.
        training_data: What they were trained on.
        pieces: The networks.
        prompts: Prompt -> embedding ``(D,)``, where the family makes them.
        vocabulary: How its networks are told texts, and the text of the ``tokenizer.json``, where they are.
    """

    name: str
    licence: str
    training_data: str
    pieces: tuple[Piece, ...]
    prompts: Mapping[str, FloatArray] = field(default_factory=dict)
    vocabulary: tuple[Vocabulary, str] | None = None

    def table(self) -> Prompts | None:
        """What the pack states of its prompts."""
        return Prompts(file="prompts.npy", names=tuple(self.prompts)) if self.prompts else None


class Half(nn.Module):
    """A network that computes in float16 behind ports that stay float32."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.half()

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The answers, in float32."""
        answers = self.net(*(each.half() if each.is_floating_point() else each for each in inputs))
        answers = answers if isinstance(answers, tuple) else (answers,)
        return tuple(each.float() for each in answers)


def halved(net: nn.Module) -> nn.Module:
    """The network in half precision, in place; one that keeps parts of itself in float32 has a ``halve`` of its own."""
    halve = getattr(net, "halve", None)
    if halve is None:
        return Half(net).eval()
    halve()
    return net


def dice(seed: int = SEED) -> torch.Generator:
    """Random numbers that are the same in every run."""
    return torch.Generator().manual_seed(seed)


def smooth(count: int, channels: int, height: int, width: int, *, seed: int = SEED) -> Tensor:
    """Something like pictures ``(count, channels, height, width)`` 0..1: blots of every size, and a little grain."""
    generator, total = dice(seed), torch.zeros(count, channels, height, width)
    for cells in (2, 5, 13, 34):
        blots = torch.randn(count, channels, cells, cells, generator=generator)
        total += functional.interpolate(blots, (height, width), mode="bilinear") / np.log2(cells + 1)
    return torch.sigmoid(total + 0.1 * torch.randn(total.shape, generator=generator))

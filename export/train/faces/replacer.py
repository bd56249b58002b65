"""All that the generator's recipe trains, in one module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from export.train.faces.autoencoder_net import Autoencoder, FaceDecoder, LatentEncoder
from export.train.faces.critic import Critic
from export.train.faces.generator_net import ATTRIBUTES, IDENTITY, FaceEncoder, Generator
from export.train.faces.onnx_file import stored
from export.train.pack import averaged
from pyanon.types import FloatArray

__all__ = ["Painter", "Replacer", "reversed_gradient", "stored_replacer"]


class Painter(nn.Module):
    """A decoder, and the critic that looks at what it paints."""

    def __init__(self, decoder: FaceDecoder) -> None:
        super().__init__()
        self.decoder, self.critic = decoder, Critic((48, 96))


class Replacer(nn.Module):
    """Encoder, generator and decoder; the opponent that looks for identity in the attribute code; the critic.

    Args:
        latent: The autoencoder's encoder: what the generator shall say of the whole face. It stays as it is.
        decoder: Its decoder, which learns a little with the generator.
        codes: ``(n, 128)`` identity codes of the training faces, for their mean and spread.
    """

    def __init__(self, latent: LatentEncoder, decoder: FaceDecoder, codes: FloatArray) -> None:
        super().__init__()
        self.latent = latent.requires_grad_(False)
        self.encoder, self.generator = FaceEncoder(), Generator()
        self.decoder, self.critic = decoder, Critic((48, 96, 192))
        self.generator.mean.copy_(torch.from_numpy(codes.mean(0)))
        self.generator.scale.copy_(torch.from_numpy(1 / codes.std(0)))
        self.opponent = nn.Sequential(nn.Linear(ATTRIBUTES * 64, 384), nn.SiLU(), nn.Linear(384, IDENTITY))

    def painters(self, rate: float) -> list[dict[str, Any]]:
        """What the main optimiser moves, and how fast: the decoder, trained already, at a quarter of the rate."""
        new = [*self.encoder.parameters(), *self.generator.parameters(), *self.opponent.parameters()]
        return [{"params": new, "lr": rate}, {"params": list(self.decoder.parameters()), "lr": rate / 4}]

    @classmethod
    def from_checkpoints(cls, work: Path, codes: FloatArray) -> Replacer:
        """A new one around the autoencoder in ``work``, and around its decoder if that was trained on."""
        whole = averaged(Autoencoder(), work / "autoencoder")
        decoder = whole.decoder
        if (work / "decoder/last.pt").exists():
            decoder = averaged(Painter(decoder), work / "decoder").decoder
        return cls(whole.encoder, decoder, codes)


def stored_replacer(pack: Path) -> dict[str, Tensor]:
    """The weights of encoder, generator and decoder, from a pack."""
    weights: dict[str, Tensor] = {}
    for under, role in {"encoder.": "face_encoder", "generator.": "generator", "decoder.": "face_decoder"}.items():
        weights.update(stored(pack, role, under=under))
    return weights


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(_ctx: object, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(_ctx: object, *grads: Tensor) -> Tensor:
        return -grads[0]


def reversed_gradient(x: Tensor) -> Tensor:
    """The values as they are, the gradient with the other sign (Ganin and Lempitsky, ICML 2015)."""
    out: Tensor = _Reverse.apply(x)  # type: ignore[no-untyped-call]
    return out

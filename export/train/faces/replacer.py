"""All that the generator's recipe trains, in one module."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from export.train.faces.autoencoder_net import Autoencoder
from export.train.faces.critic import Critic
from export.train.faces.generator_net import ATTRIBUTES, IDENTITY, AttributeEncoder, FaceEncoder, Generator
from export.train.faces.onnx_file import stored
from export.train.pack import averaged
from pyanon.types import FloatArray

__all__ = ["Replacer", "reversed_gradient"]


class Replacer(nn.Module):
    """Encoder, generator and decoder; the opponent that looks for identity in the attribute code; the critic.

    Args:
        autoencoder: Its encoder stays as it is, its decoder is trained on.
        codes: ``(n, 128)`` identity codes of the training faces, for their mean and spread.
    """

    def __init__(self, autoencoder: Autoencoder, codes: FloatArray) -> None:
        super().__init__()
        self.encoder = FaceEncoder(autoencoder.encoder, AttributeEncoder())
        self.encoder.latent.requires_grad_(False)
        self.generator, self.decoder = Generator(), autoencoder.decoder
        self.generator.mean.copy_(torch.from_numpy(codes.mean(0)))
        self.generator.scale.copy_(torch.from_numpy(1 / codes.std(0)))
        self.opponent = nn.Sequential(nn.Linear(ATTRIBUTES * 64, 384), nn.SiLU(), nn.Linear(384, IDENTITY))
        self.critic = Critic((48, 96))

    def painters(self) -> list[nn.Parameter]:
        """What the main optimiser moves: everything but the critic."""
        return [p for n, p in self.named_parameters() if p.requires_grad and not n.startswith("critic.")]

    @classmethod
    def from_checkpoint(cls, folder: Path, codes: FloatArray) -> Replacer:
        """A new one around the autoencoder in ``folder``."""
        return cls(averaged(Autoencoder(), folder), codes)

    @classmethod
    def from_pack(cls, folder: Path, codes: FloatArray) -> Replacer:
        """The networks of a pack, with a new opponent and a new critic."""
        net = cls(Autoencoder(), codes)
        parts = {"encoder.": "face_encoder", "generator.": "generator", "decoder.": "face_decoder"}
        weights = {}
        for under, role in parts.items():
            weights.update(stored(folder, role, under=under))
        missing = net.load_state_dict(weights, strict=False).missing_keys
        if any(not name.startswith(("opponent.", "critic.")) for name in missing):
            raise ValueError(f"{folder} is no pack that this recipe can go on from: it lacks {missing[0]}")
        return net


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

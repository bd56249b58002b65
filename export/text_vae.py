"""Exports the text VAE that moves captions from one face to another.

    python -m export.text_vae packs/captions --from checkpoints/text_vae
    python -m export.text_vae packs/captions --random-init

``--from`` is ``last.pt`` of the caption recipe, or its folder: the averaged weights under ``average`` and the sizes
under ``sizes``. `export.text_vae_net` is the network.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import Tensor

from export.piece import Family, Piece, dice
from export.run import arguments, export, fetched, prepared
from export.text_vae_net import Sizes, TextVae
from pyanon.runtime import Port, Role

__all__ = ["family", "main", "parser", "roles"]

SMALL = Sizes(vocabulary=500, length=16, latent=8, face=512, width=32, heads=2, layers=2)


def parser() -> argparse.ArgumentParser:
    """Arguments."""
    return arguments(__doc__ or "", source="last.pt of the caption recipe, or its folder")


def roles(sizes: Sizes) -> tuple[Role, Role]:
    """The roles of encoder and decoder."""
    length, latent = ("n", sizes.length), ("n", sizes.latent)
    tokens = Port("tokens", "int32", length)
    return (
        Role(
            "caption_encoder.onnx",
            (tokens, Port("mask", "int32", length)),
            (Port("mean", "float32", latent), Port("log_variance", "float32", latent)),
        ),
        Role(
            "caption_decoder.onnx",
            (Port("latent", "float32", latent), Port("face", "float32", ("n", sizes.face)), tokens),
            (Port("logits", "float32", (*length, sizes.vocabulary)),),
        ),
    )


def _net(args: argparse.Namespace) -> TextVae:
    if args.random_init:
        return TextVae(SMALL if args.small else Sizes())
    state: dict[str, Any] = torch.load(fetched(args, "last.pt"), map_location="cpu", weights_only=True)
    net = TextVae(Sizes(**state["sizes"]))
    net.load_state_dict(state["average"])
    return net


def _texts(sizes: Sizes, rows: int) -> tuple[Tensor, Tensor]:
    """Tokens, and which of them are there: fewer in every row."""
    tokens = torch.randint(0, sizes.vocabulary, (rows, sizes.length), generator=dice(), dtype=torch.int32)
    lengths = torch.tensor([max(1, sizes.length - 3 * row) for row in range(rows)])
    return tokens, (torch.arange(sizes.length) < lengths[:, None]).int()


def _points(sizes: Sizes, rows: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = dice()
    latent, face = (torch.randn(rows, wide, generator=generator) for wide in (sizes.latent, sizes.face))
    return latent, face, _texts(sizes, rows)[0]


def family(args: argparse.Namespace) -> Family:
    """Encoder and decoder."""
    prepared(args)
    net = _net(args).eval()
    encoder, decoder = roles(net.sizes)
    return Family(
        name="text_vae",
        licence="Apache-2.0",
        training_data="see the card of the checkpoint",
        pieces=(
            Piece("caption_encoder", encoder, net.encoder, lambda rows: _texts(net.sizes, rows)),
            Piece("caption_decoder", decoder, net.decoder, lambda rows: _points(net.sizes, rows)),
        ),
    )


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    export(family(args), args)


if __name__ == "__main__":
    main()

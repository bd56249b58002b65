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

__all__ = ["family", "main", "parser", "points", "roles", "texts"]

SMALL = Sizes(vocabulary=500, length=16, latent=8, width=32, heads=2, layers=2, read=1, write=2)


def parser() -> argparse.ArgumentParser:
    """Arguments."""
    return arguments(__doc__ or "", source="last.pt of the caption recipe, or its folder")


def roles(sizes: Sizes) -> tuple[Role, Role]:
    """The roles of encoder and decoder. Private tokens t and public ones u are as many as there are."""
    length, latent = ("n", "t"), ("n", "t", sizes.latent)
    mask = Port("mask", "int32", length)
    most = sizes.length
    read = {"t": (2, min(24, most), most)}
    return (
        Role(
            "caption_encoder.onnx",
            (Port("tokens", "int32", length), mask),
            (Port("mean", "float32", latent), Port("log_variance", "float32", latent)),
            {"profile": {"n": (1, 2, 4), **read}},
        ),
        Role(
            "caption_decoder.onnx",
            (
                Port("latent", "float32", latent),
                mask,
                Port("face", "float32", ("n", "t", sizes.face)),
                Port("tokens", "int32", ("n", "u")),
            ),
            (Port("logits", "float32", ("n", "u", sizes.vocabulary)),),
            {"profile": {"n": (1, 2, 4), **read, "u": (1, min(24, most), most)}},
        ),
    )


def _net(args: argparse.Namespace) -> TextVae:
    if args.random_init:
        return TextVae(SMALL if args.small else Sizes())
    state: dict[str, Any] = torch.load(fetched(args, "last.pt"), map_location="cpu", weights_only=True)
    net = TextVae(Sizes(**state["sizes"]))
    net.load_state_dict(state["average"])
    return net


def texts(sizes: Sizes, rows: int) -> tuple[Tensor, Tensor]:
    """Tokens, and which of them are there: fewer in every row."""
    tokens = torch.randint(0, sizes.vocabulary, (rows, sizes.length - 2), generator=dice(), dtype=torch.int32)
    lengths = torch.tensor([max(1, sizes.length - 2 - 3 * row) for row in range(rows)])
    return tokens, (torch.arange(sizes.length - 2) < lengths[:, None]).int()


def points(sizes: Sizes, rows: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the decoder takes; fewer tokens are written than were read."""
    generator = dice()
    tokens, mask = texts(sizes, rows)
    latent, face = (torch.randn(*mask.shape, wide, generator=generator) for wide in (sizes.latent, sizes.face))
    return latent, mask, face, tokens[:, :-3].contiguous()


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
            Piece("caption_encoder", encoder, net.encoder, lambda rows: texts(net.sizes, rows)),
            Piece("caption_decoder", decoder, net.decoder, lambda rows: points(net.sizes, rows)),
        ),
    )


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    export(family(args), args)


if __name__ == "__main__":
    main()

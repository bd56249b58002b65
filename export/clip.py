"""Exports both towers of CLIP ViT-B/32, and the embeddings of the prompts that a locator shall know.

    python -m export.clip packs/clip --from openai/clip-vit-base-patch32 --prompts face "license plate"
    python -m export.clip packs/clip --random-init

Radford and others, "Learning transferable visual models from natural language supervision", ICML 2021; MIT licence.
Texts go in as tokens and pictures as RGB 0..1 at 224 x 224, normalised inside the network; both come out as embeddings
``(n, 512)`` of length 1, whose product is their likeness.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.clip_words import LENGTH, load_words, tokens, vocabulary
from export.piece import Family, Piece, dice, smooth
from export.run import arguments, export, prepared
from pyanon.runtime import Port, Role

__all__ = ["IMAGE", "TEXT", "ImageTower", "TextTower", "family", "main", "parser"]

SIDE, EMBEDDING, VOCABULARY = 224, 512, 49408
#: CLIP's own normalisation of pictures.
MEAN, SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
EMBEDDINGS = (Port("embedding", "float32", ("n", EMBEDDING)),)
TEXT = Role("text_encoder.onnx", inputs=(Port("tokens", "int32", ("n", LENGTH)),), outputs=EMBEDDINGS)
IMAGE = Role("image_encoder.onnx", inputs=(Port("image", "float32", ("n", 3, SIDE, SIDE)),), outputs=EMBEDDINGS)
#: A tower of the tests: the same layers, few and narrow.
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}


class TextTower(nn.Module):
    """Tokens ``(n, 77)`` int32 to embeddings ``(n, 512)`` of length 1."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, words: Tensor) -> Tensor:
        """The embeddings."""
        return functional.normalize(self.net(input_ids=words).text_embeds, dim=-1)


class ImageTower(nn.Module):
    """Pictures ``(n, 3, 224, 224)`` RGB 0..1 to embeddings ``(n, 512)`` of length 1."""

    mean: Tensor
    spread: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        for name, values in (("mean", MEAN), ("spread", SPREAD)):
            self.register_buffer(name, torch.tensor(values).reshape(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        """The embeddings."""
        return functional.normalize(self.net(pixel_values=(image - self.mean) / self.spread).image_embeds, dim=-1)


def parser() -> argparse.ArgumentParser:
    """Arguments."""
    parser = arguments(__doc__ or "", source="a folder that transformers wrote, or OWNER/NAME on huggingface.co")
    parser.add_argument("--prompts", nargs="+", default=["face"], metavar="TEXT", help="what a locator shall know")
    return parser


def _towers(args: argparse.Namespace) -> tuple[nn.Module, nn.Module]:
    import transformers

    kinds: tuple[Any, ...] = transformers.CLIPTextModelWithProjection, transformers.CLIPVisionModelWithProjection
    if args.source is not None:
        return tuple(kind.from_pretrained(args.source, revision=args.revision).eval() for kind in kinds)
    size = SMALL if args.small else {}
    settings = transformers.CLIPTextConfig(**size), transformers.CLIPVisionConfig(**size)
    return tuple(kind(each).eval() for kind, each in zip(kinds, settings, strict=True))


def _texts(rows: int) -> tuple[Tensor]:
    """Random words of random length between start and end, as tokens."""
    found = torch.randint(0, VOCABULARY - 2, (rows, LENGTH), generator=dice(), dtype=torch.int32)
    found[:, 0] = VOCABULARY - 2
    for row in range(rows):
        found[row, 3 + 5 * row % (LENGTH - 4) :] = VOCABULARY - 1
    return (found,)


def _pictures(rows: int) -> tuple[Tensor]:
    return (smooth(rows, 3, SIDE, SIDE),)


def family(args: argparse.Namespace) -> Family:
    """Both towers, and the prompts."""
    prepared(args)
    text, image = _towers(args)
    tower, words = TextTower(text), load_words(args.source, revision=args.revision)
    with torch.inference_mode():
        embeddings = tower(tokens(words, args.prompts)).numpy()
    return Family(
        name="clip",
        licence="MIT",
        training_data="400 million pictures and texts from the web (WIT), not published",
        pieces=(
            Piece("text_encoder", TEXT, tower, _texts, rows=16),
            Piece("image_encoder", IMAGE, ImageTower(image), _pictures, rows=16, sees=True),
        ),
        prompts=dict(zip(args.prompts, embeddings, strict=True)),
        vocabulary=vocabulary(words),
    )


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    export(family(args), args)


if __name__ == "__main__":
    main()

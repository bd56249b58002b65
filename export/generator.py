"""Exports a face generator: a latent consistency model of SD 1.5 that is told an identity, and its tiny autoencoder.

    python -m export.generator packs/painter --from SimianLuo/LCM_Dreamshaper_v7 --half
    python -m export.generator packs/painter --random-init --small
    python -m export.generator packs/again --from engines/pocket

``--from`` names a model that diffusers can load, with ``unet``, ``text_encoder`` and ``tokenizer``; the identity
adapter is IP-Adapter-FaceID (its weights: research use only), the autoencoder TAESD (MIT). Where ``--from`` is a pack,
its own networks are exported again. What attributes change comes out of a layer of noughts: a generator that follows
expression and gaze has to be trained from here. In float32 the U-Net does not fit into one ONNX file: ``--half`` it.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from export.faceid import IDENTITY, Adapter, adapt, random_adapter
from export.generator_net import ATTRIBUTES, CELL, CONTEXT, LATENT, PLACES, Decoder, Encoder, Painter
from export.lcm import LEVELS
from export.piece import Family, Piece, dice, smooth
from export.pocket import pocket_family
from export.resample import stated
from export.run import arguments, export, fetched, prepared
from export.train.faces.generator_net import AttributeEncoder
from export.train.faces.onnx_file import stored
from pyanon.errors import InputError
from pyanon.runtime import Port, Role, load_pack

__all__ = ["family", "main", "parser", "roles"]

#: Tokens of a text, and width of the guidance embedding.
TEXT, GUIDED = 77, 256
#: Batches that TensorRT compiles for: each takes minutes and hundreds of MB at this size; larger calls are cut.
BATCHES = {"n": (1, 2, 4)}
#: U-Net and autoencoder of the tests: the same blocks, few and narrow.
SMALL_UNET = {
    "block_out_channels": (32, 64),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 1,
    "cross_attention_dim": 32,
    "norm_num_groups": 8,
}
SMALL_CODER = {
    "encoder_block_out_channels": (16,) * 4,
    "decoder_block_out_channels": (16,) * 4,
    "num_encoder_blocks": (1,) * 4,
    "num_decoder_blocks": (1,) * 4,
}


def parser() -> argparse.ArgumentParser:
    """Arguments."""
    parser = arguments(
        __doc__ or "", source="what diffusers can load: a folder or OWNER/NAME on the hub; or a pack", opset=20
    )
    parser.add_argument("--crop", type=int, default=512, help="side of the crops in pixels, a multiple of 64")
    parser.add_argument("--adapter", default="h94/IP-Adapter-FaceID", help="its file, folder, or OWNER/NAME@COMMIT")
    parser.add_argument("--autoencoder", default="madebyollin/taesd", help="a folder or OWNER/NAME@COMMIT")
    parser.add_argument("--attributes", type=Path, default=Path("engines/pocket"), help="pack that reads attributes")
    parser.add_argument("--prompt", default="a portrait photo of a person", help="what the U-Net is told in words")
    parser.add_argument("--guidance", type=float, default=8.5, help="guidance scale that it is told")
    parser.add_argument("--identity-scale", type=float, default=1.0, help="how much the identity counts beside words")
    parser.add_argument("--inpaint", action="store_true", help="with --random-init: a U-Net that sees the surroundings")
    return parser


def roles(size: int) -> dict[str, Role]:
    """The roles of a generator for crops of a size."""
    crops, side = Port("crops", "float32", ("n", 3, size, size)), size // CELL
    latent = ("n", LATENT, side, side)
    context = Port("context", "float32", ("n", CONTEXT, side, side))
    attributes = Port("attributes", "float32", ("n", ATTRIBUTES, PLACES, PLACES))
    # Its attributes are the pocket pack's, and so are the traits that its manifold speaks of.
    traits = load_pack("pocket").role("face_encoder").settings["traits"]
    inside, landmarks = Port("inside", "float32", ("n", 1, size, size)), Port("landmarks", "float32", ("n", 5, 2))
    level, identity = Port("level", "float32", ("n",)), Port("identity", "float32", ("n", IDENTITY))
    return {
        "face_encoder": Role(
            "face_encoder.onnx",
            (crops, inside, landmarks),
            (context, attributes),
            {"size": size, "template": stated(size), "traits": traits, "profile": BATCHES},
        ),
        "generator": Role(
            "generator.onnx",
            (Port("latent", "float32", latent), level, context, attributes, identity),
            (Port("clean", "float32", latent),),
            {"levels": LEVELS, "profile": BATCHES},
        ),
        "face_decoder": Role(
            "face_decoder.onnx",
            (Port("latent", "float32", latent),),
            (Port("pixels", "float32", ("n", 3, size, size)),),
            {"profile": BATCHES},
        ),
    }


def _random_nets(args: argparse.Namespace) -> tuple[Any, Any, Adapter, Tensor]:
    import diffusers

    size: dict[str, Any] = SMALL_UNET if args.small else {"cross_attention_dim": 768}
    unet = diffusers.UNet2DConditionModel(in_channels=9 if args.inpaint else LATENT, time_cond_proj_dim=GUIDED, **size)
    coder = diffusers.AutoencoderTiny(**(SMALL_CODER if args.small else {}))
    return unet, coder, random_adapter(unet), torch.randn(1, TEXT, unet.config.cross_attention_dim)


def _trained_nets(args: argparse.Namespace) -> tuple[Any, Any, Adapter, Tensor]:
    import diffusers
    import transformers

    given = {"revision": args.revision}
    unet = diffusers.UNet2DConditionModel.from_pretrained(args.source, subfolder="unet", **given)
    words = transformers.CLIPTokenizer.from_pretrained(args.source, subfolder="tokenizer", **given)
    tower = transformers.CLIPTextModel.from_pretrained(args.source, subfolder="text_encoder", **given)
    told = words([args.prompt], padding="max_length", max_length=TEXT, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        text = tower(told["input_ids"])[0].clone()
    file = fetched(argparse.Namespace(**_pinned(args.adapter, "source")), "ip-adapter-faceid_sd15.bin")
    adapter: Adapter = torch.load(file, map_location="cpu", weights_only=True)
    coder = diffusers.AutoencoderTiny.from_pretrained(**_pinned(args.autoencoder, "pretrained_model_name_or_path"))
    return unet, coder, adapter, text


def _pinned(text: str, key: str) -> dict[str, str | None]:
    """``NAME`` or ``NAME@COMMIT``, as arguments."""
    name, _, revision = text.partition("@")
    return {key: name, "revision": revision or None}


def _attributes(args: argparse.Namespace) -> AttributeEncoder:
    net = AttributeEncoder()
    if not args.random_init:
        net.load_state_dict(stored(args.attributes, "face_encoder", inside="attributes."))
    return net


def _example(name: str, role: Role, rows: int) -> tuple[Tensor, ...]:
    """Pictures for the encoder; for the others normals, a mask, and every noise level."""
    generator = dice()
    shapes = [tuple(rows if isinstance(axis, str) else axis for axis in port.axes) for port in role.inputs]
    if name == "face_encoder":
        inside = torch.zeros(shapes[1])
        side = shapes[1][-1]
        inside[:, :, side // 4 : -side // 4, side // 4 : -side // 4] = 1
        return smooth(rows, 3, side, side), inside, torch.rand(shapes[2], generator=generator)
    arrays = [torch.randn(shape, generator=generator) for shape in shapes]
    if name == "generator":
        arrays[1] = torch.tensor([LEVELS[row % len(LEVELS)] for row in range(rows)])
        arrays[2][:, -1] = (arrays[2][:, -1] > 0).float()
    return tuple(arrays)


def family(args: argparse.Namespace) -> Family:
    """Encoder, generator and decoder."""
    prepared(args)
    if args.source is not None and (Path(args.source) / "pack.toml").is_file():
        return pocket_family(Path(args.source))
    size = 64 if args.small else args.crop
    if size % 64 or not 64 <= size <= 1024:
        raise InputError("crops of this size cannot be painted", given=size, expected="a multiple of 64 up to 1024")
    unet, coder, adapter, text = _random_nets(args) if args.random_init else _trained_nets(args)
    adapt(unet.float(), adapter, scale=args.identity_scale)
    nets = {
        "face_encoder": Encoder(coder.float(), _attributes(args), size),
        "generator": Painter(unet, text, guidance=args.guidance),
        "face_decoder": Decoder(coder),
    }
    stated = roles(size)
    return Family(
        name="generator",
        licence="CreativeML-OpenRAIL-M (SD 1.5), non-commercial research only (IP-Adapter-FaceID), MIT (TAESD), "
        "Apache-2.0 (attribute encoder)",
        training_data="LAION-5B (SD 1.5, TAESD), LAION-2B and COYO with insightface's recogniser (IP-Adapter-FaceID); "
        "the pocket pack's (attribute encoder)",
        pieces=tuple(
            Piece(name, stated[name], net.eval(), partial(_example, name, stated[name])) for name, net in nets.items()
        ),
    )


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    export(family(args), args)


if __name__ == "__main__":
    main()

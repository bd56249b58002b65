"""Adds the text VAE to a pack.

python -m export.train.captions.pack_text --from checkpoints/text_vae --pack engines/pocket
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from export.text_vae import points, roles, texts
from export.text_vae_net import TextVae
from export.train.captions.text_vae import SIZES
from export.train.faces.onnx_file import export
from export.train.pack import averaged
from pyanon.runtime import Pack, load_pack, write_pack_toml

__all__ = ["BITS", "add_text_vae", "main"]

#: Of a stored weight.
BITS = 8


def add_text_vae(pack: Pack, net: TextVae, *, bits: int = BITS) -> Pack:
    """Exports encoder and decoder, and states them in the manifest beside what is there."""
    encoder, decoder = roles(net.sizes)
    with torch.inference_mode():
        files = {
            "caption_encoder": (encoder, export(net.encoder, texts(net.sizes, 2), encoder, bits=bits)),
            "caption_decoder": (decoder, export(net.decoder, points(net.sizes, 2), decoder, bits=bits)),
        }
    for role, data in files.values():
        (pack.folder / role.file).write_bytes(data)
    added = {name: role for name, (role, _) in files.items()}
    return write_pack_toml(Pack(pack.folder, replace(pack.manifest, roles={**pack.manifest.roles, **added})))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=Path, default=Path("checkpoints/text_vae"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--bits", type=int, default=BITS, choices=(8, 16))
    args = parser.parse_args()
    pack = add_text_vae(load_pack(args.pack), averaged(TextVae(SIZES), args.source), bits=args.bits)
    for name in ("caption_encoder", "caption_decoder"):
        print(f"{pack.role(name).file}: {len(pack.read(name))} bytes")


if __name__ == "__main__":
    main()

"""Exports face recognisers as oracles: ArcFace, AdaFace and what else has their ports.

    python -m export.oracles packs/arc --from w600k_r50.onnx --agree
    python -m export.oracles packs/ada --name ada --bgr --from adaface_ir101.onnx --agree
    python -m export.oracles packs/arc --random-init --small

The models of insightface come as ONNX files, under a licence that is shown and has to be agreed to. An oracle without
thresholds verifies nothing, so a pack with such a one covers faces: measure them on pictures of faces that are to be
told apart (``export.train.faces.calibrate`` shows how) and state them, never those of somebody else's alignment.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import onnx
import torch
from torch import nn

from export.iresnet import EMBEDDING, IResNet, enliven
from export.onnx_write import write
from export.oracle_graph import FACES, Framed, Oracle, Recogniser, behind_ports, freed, width
from export.piece import SEED, Family, Piece, smooth
from export.resample import ARCFACE_SIDE, stated, wide_template
from export.run import arguments, export, fetched, prepared
from pyanon.errors import InputError
from pyanon.runtime import Port, Role

__all__ = ["LICENCE", "family", "main", "parser"]

LICENCE = (
    "The model packs of insightface (buffalo_l, antelopev2, ...) and most published ArcFace and AdaFace weights are "
    "for non-commercial research only: the pictures that they learnt from were not given for more."
)
#: Depths and widths of the network of the tests.
SMALL = ((1, 1, 1, 1), (8, 16, 16, 32))


def parser() -> argparse.ArgumentParser:
    """Arguments."""
    parser = arguments(__doc__ or "", source="an ONNX file, its folder, or OWNER/NAME on the hub")
    parser.add_argument("--agree", action="store_true", help="I have read the licence of the weights and keep to it")
    parser.add_argument("--name", default="arc", help="of the oracle: lower case letters, digits and _")
    parser.add_argument("--file", default="w600k_r50.onnx", help="of the folder or repository")
    parser.add_argument("--bgr", action="store_true", help="the recogniser was trained on BGR, as AdaFace was")
    parser.add_argument("--crop", type=int, default=512, help="side of the pack's crops")
    parser.add_argument("--thresholds", type=_thresholds, help="measured: 0.001=0.29,0.0001=0.36")
    return parser


def _thresholds(text: str) -> dict[str, float]:
    return {rate: float(value) for rate, value in (part.split("=") for part in text.split(","))}


def _check_agreed(args: argparse.Namespace) -> None:
    if not args.random_init and not args.agree:
        raise InputError(
            f"the licence has not been agreed to. {LICENCE}",
            given=args.source,
            expected="--agree",
            do="read the licence that the weights came with, and add --agree if your use is within it",
        )


def _recogniser(args: argparse.Namespace) -> tuple[nn.Module, onnx.ModelProto]:
    """The network as it can be asked, and as an ONNX file."""
    if not args.random_init:
        model = freed(onnx.load(fetched(args, args.file)))
        return Recogniser(model), model
    torch.manual_seed(SEED + sum(args.name.encode()))  # each oracle is another one
    faces = smooth(4, 3, ARCFACE_SIDE, ARCFACE_SIDE, seed=1) * 2 - 1
    net = enliven(IResNet(*SMALL) if args.small else IResNet(), faces)
    role = Role(
        "recogniser.onnx", (Port("faces", "float32", FACES),), (Port("embedding", "float32", ("n", EMBEDDING)),)
    )
    with tempfile.TemporaryDirectory() as folder:
        write(net, (faces,), role, path=Path(folder) / role.file, opset=17)
        return net, onnx.load(Path(folder) / role.file)


def family(args: argparse.Namespace) -> Family:
    """One oracle.

    Raises:
        InputError: The licence was not agreed to, or the file is no such recogniser.
    """
    prepared(args)
    _check_agreed(args)
    size = 64 if args.small else args.crop
    net, model = _recogniser(args)
    framed = Framed(size, wide_template(size), bgr=args.bgr)
    role = Role(
        file=f"oracle.{args.name}.onnx",
        inputs=(Port("crops", "float32", ("n", 3, size, size)),),
        outputs=(Port("embedding", "float32", ("n", width(model))),),
        settings={"template": stated(size), **({"thresholds": args.thresholds} if args.thresholds else {})},
    )

    def written(path: Path, opset: int, half: bool) -> None:
        onnx.save(behind_ports(model, framed, size=size, opset=opset, half=half), path)

    oracle = Oracle(framed, net).eval()
    piece = Piece(f"oracle.{args.name}", role, oracle, lambda rows: (smooth(rows, 3, size, size),), 8, True, written)
    return Family(
        name="oracles",
        licence="none" if args.random_init else "non-commercial research only (insightface, or as its source says)",
        training_data="MS1MV, Glint360K or WebFace, as the source of the weights says",
        pieces=(piece,),
    )


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    if args.source:
        print(LICENCE)
    export(family(args), args)


if __name__ == "__main__":
    main()

"""What all export scripts share: their arguments, and the way from a network to a pack with it inside."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from export.asked import asked
from export.compare import check, precision, printed
from export.onnx_write import OPSETS, check_size, write
from export.piece import SEED, Family, Piece, halved
from export.quantise import check_worth, quantise
from export.torchvision_door import mend
from pyanon.errors import InputError
from pyanon.runtime import Manifest, Pack, write_pack_toml

__all__ = ["arguments", "export", "fetched", "prepared"]

VERSION = "0.1.0"
UNTRAINED = "none: random weights, to try the way and nothing else"


def arguments(doc: str, *, source: str, opset: int = 17) -> argparse.ArgumentParser:
    """The arguments that every script has.

    Args:
        doc: What ``--help`` says: the docstring of the script.
        source: What ``--from`` takes.
        opset: What is written where nothing is asked for.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder of the pack that is written")
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--random-init", action="store_true", help="the real network with seeded random weights")
    weights.add_argument("--from", dest="source", metavar="HUB_OR_PATH", help=source)
    parser.add_argument("--revision", help="of the repository on the hub: a commit, so that it cannot change")
    parser.add_argument("--small", action="store_true", help="with --random-init: the same network, tiny, for tests")
    parser.add_argument("--opset", type=int, choices=OPSETS, default=opset, help="TensorRT 8.6 reads 17")
    parser.add_argument("--pictures", type=Path, help="folder that torch and the file are compared on, where they see")
    fewer = parser.add_mutually_exclusive_group()
    fewer.add_argument("--half", action="store_true", help="float16 inside; fails where the task suffers")
    fewer.add_argument("--int8", type=Path, metavar="PICTURES", help="int8 convolutions, with ranges of a folder")
    return parser


def fetched(args: argparse.Namespace, file: str) -> Path:
    """The file that ``--from`` names: itself, in the folder of that name, or in the repository on the hub.

    Raises:
        InputError: It is neither there nor can it be fetched.
    """
    place = Path(args.source)
    if place.is_file():
        return place
    if place.is_dir() or args.source.count("/") != 1:
        if not (place / file).is_file():
            raise InputError(f"{file} is not there", given=place, expected="a file, its folder, or OWNER/NAME")
        return place / file
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(hf_hub_download(args.source, file, revision=args.revision))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise InputError(
            f"{file} cannot be fetched from the hub ({str(error).splitlines()[0]})",
            given=f"{args.source} at {args.revision or 'main'}",
            do="check the name and the licence that the hub may ask you to accept, or give a local path",
        ) from error


def prepared(args: argparse.Namespace) -> None:
    """Before a network is built: random weights are the same in every run, and what is to be imported can be.

    Raises:
        InputError: ``--small`` without ``--random-init``: trained weights have their size.
    """
    mend()
    if args.small and not args.random_init:
        raise InputError("--small is for --random-init", given=args.source, do="leave it out")
    torch.manual_seed(SEED)


def export(family: Family, args: argparse.Namespace) -> Pack:
    """Writes each piece of a family, holds it against torch, and writes the pack. Prints the table.

    Raises:
        InputError: A piece cannot be written like this.
        PackError: A file is not what torch says, or does its task less well than its gate asks for; it is removed.
    """
    args.out.mkdir(parents=True, exist_ok=True)
    if family.prompts:
        np.save(args.out / "prompts.npy", np.stack([*family.prompts.values()]).astype(np.float32))
    if family.vocabulary is not None:
        (args.out / family.vocabulary[0].file).write_text(family.vocabulary[1], encoding="utf-8")
    manifest = Manifest(
        name=family.name,
        version=VERSION,
        licence=family.licence,
        training_data=UNTRAINED if args.random_init else family.training_data,
        description=f"exported by export.{family.name} from {_source(args)}, opset {args.opset}",
        roles={},
        prompts=family.table(),
        vocabulary=family.vocabulary[0] if family.vocabulary is not None else None,
        method="cover",
    )
    roles = {}
    for piece in family.pieces:
        roles[piece.name] = piece.role
        print(_exported(piece, manifest, args), flush=True)
    return write_pack_toml(Pack(args.out, replace(manifest, roles=roles)))


def _source(args: argparse.Namespace) -> str:
    """Where the weights are from, for people: of a path its last part only, a pack goes to other machines."""
    if args.source is None:
        return "random weights"
    place = Path(args.source)
    return place.resolve().name if place.exists() else f"{args.source} at {args.revision or 'main'}"


def _exported(piece: Piece, manifest: Manifest, args: argparse.Namespace) -> str:
    """The table of a piece whose file is as it should be."""
    path = args.out / piece.role.file
    if args.int8 is not None:
        check_worth(piece)
    if piece.write is None:
        check_size(piece.net, piece.role, half=args.half)  # before anything that takes minutes
    # Not those that ranges were measured on: what these leave out would not be missed.
    questions = asked(piece, args.pictures)
    try:
        if piece.write is not None:
            piece.write(path, args.opset, args.half)
        else:
            net = halved(piece.net) if args.half else piece.net
            write(net, piece.example(2), piece.role, path=path, opset=args.opset)
        alone = replace(manifest, roles={piece.name: piece.role})
        if args.int8 is not None:
            quantise(path, piece, args.int8)
        lines, said = check(write_pack_toml(Pack(args.out, alone)), piece, questions, precision=precision(args))
        return "\n".join(filter(None, [printed(lines), said]))
    except BaseException:
        path.unlink(missing_ok=True)
        (args.out / "pack.toml").unlink(missing_ok=True)
        raise

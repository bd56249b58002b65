"""Adds the encoders of texts and people to a pack: exports them, and calibrates them as exported.

    python -m export.train.captions.likeness_pack --cache checkpoints/people --work checkpoints/likeness

What is calibrated, on people never learnt from: the scale of similarities with which a choice between descriptions is
as sure as it is right, and the similarity that 95 % of true descriptions exceed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from export.train.captions.likeness_measure import Probe, probes, scored
from export.train.captions.people_prepare import DROP, REACH, SIZE
from export.train.captions.towers import WIDTH, Towers
from export.train.faces.onnx_file import export
from export.train.pack import averaged
from pyanon.likeness import IMAGE, TEXT
from pyanon.runtime import Pack, Port, Role, load_pack, write_pack_toml

__all__ = ["IMAGES", "TEXTS", "add_likeness", "calibrate", "main"]

EMBEDDING = (Port("embedding", "float32", ("n", WIDTH)),)
TEXTS = Role(
    file="text_encoder.onnx",
    inputs=(Port("tokens", "int32", ("n", "t")), Port("mask", "int32", ("n", "t"))),
    outputs=EMBEDDING,
    settings={"profile": {"t": (2, 24, 64)}},
)
IMAGES = Role(
    file="image_encoder.onnx",
    inputs=(Port("image", "float32", ("n", 3, SIZE, SIZE)),),
    outputs=EMBEDDING,
    settings={"size": SIZE, "reach": REACH, "drop": DROP, "temperature": 10.0, "threshold": 0.0},
)
#: Scales that are tried, and share of the true descriptions that exceed the threshold.
SCALES, KEPT = np.geomspace(2, 40, 40), 0.95


def add_likeness(pack: Pack, net: Towers) -> Pack:
    """Exports both encoders into a pack; settings that are calibrated stay as they are, where there are any."""
    text, image = (torch.ones(2, 9, dtype=torch.int32),) * 2, (torch.rand(2, 3, SIZE, SIZE),)
    files = {TEXT: export(net.text, text, TEXTS, bits=8), IMAGE: export(net.image, image, IMAGES, bits=8)}
    roles = dict(pack.manifest.roles)
    for name, role in ((TEXT, TEXTS), (IMAGE, IMAGES)):
        (pack.folder / role.file).write_bytes(files[name])
        roles[name] = role
    return write_pack_toml(Pack(pack.folder, replace(pack.manifest, roles=roles)))


def calibrate(pack: Pack, found: list[Probe]) -> Pack:
    """Sets temperature and threshold from people never learnt from.

    Args:
        pack: The pack, with both encoders.
        found: Choices between descriptions of people, as `scored` made them.
    """
    loss = partial(_surprise, found)
    temperature = float(min(SCALES, key=loss))
    true = np.concatenate([each.similarity[np.arange(len(each.label)), each.label] for each in found])
    settings = {**pack.role(IMAGE).settings, "temperature": round(temperature, 2)}
    settings["threshold"] = round(float(np.quantile(true, 1 - KEPT)), 4)
    return write_pack_toml(_with(pack, settings))


def _with(pack: Pack, settings: Mapping[str, object]) -> Pack:
    role = replace(pack.role(IMAGE), settings=settings)  # type: ignore[arg-type]
    return Pack(pack.folder, replace(pack.manifest, roles={**pack.manifest.roles, IMAGE: role}))


def _surprise(found: list[Probe], scale: float) -> float:
    """Mean negative logarithm of the chance that is given to what is true; every attribute counts alike."""
    parts = []
    for each in found:
        scores = each.similarity * scale
        chance = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        parts.append(-chance[np.arange(len(each.label)), each.label].mean())
    return float(np.mean(parts))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/people"))
    parser.add_argument("--work", type=Path, default=Path("checkpoints/likeness"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    pack = load_pack(args.pack)
    words = pack.words()
    pack = add_likeness(pack, averaged(Towers(words.size, words.vocabulary.length), args.work))
    pack = calibrate(pack, scored(pack, probes(args.cache)))
    for role in (TEXT, IMAGE):
        print(f"{pack.role(role).file}: {len(pack.read(role))} bytes, {dict(pack.role(role).settings)}")


if __name__ == "__main__":
    main()

"""Exports the trained networks and writes the pocket pack.

    python -m export.train.pack --locator checkpoints/locator --landmarks checkpoints/landmarks --out engines/pocket

The averaged weights of the checkpoints become ONNX files; ``pack.toml`` states their ports, settings and hashes. The
threshold of an existing pack is kept; ``export.train.evaluate --calibrate`` measures and sets it.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from export.train.landmarks_net import GROW, SIZE, LandmarksDecoded, LandmarksNet
from export.train.locator_lean import LeanLocator
from export.train.locator_net import EMBEDDING, STRIDES, Locator, Net, fuse
from export.train.trace import traced, without_notes
from pyanon.errors import PackError
from pyanon.runtime import Manifest, Pack, Port, Prompts, Role, load_pack, write_pack_toml

__all__ = ["averaged", "export_landmarks", "export_locator", "write_pack"]

VERSION = "0.1.0"
#: Where calibration starts from.
THRESHOLD, STILL_THRESHOLD = 0.5, 0.45
#: Width and height that the locator is meant to look at, as far as the shape of the picture allows.
INPUT_SIZE = (640, 352)

LOCATOR = Role(
    file="locator.onnx",
    inputs=(
        Port("image", "float32", (1, 3, "height", "width")),
        Port("prompts", "float32", ("prompts", EMBEDDING)),
    ),
    outputs=(
        Port("boxes", "float32", (1, "n", 4)),
        Port("scores", "float32", (1, "n", "prompts")),
        Port("landmarks", "float32", (1, "n", 5, 2)),
    ),
)
LANDMARKS = Role(
    file="landmarks.onnx",
    inputs=(Port("crops", "float32", ("n", 3, SIZE, SIZE)),),
    outputs=(Port("points", "float32", ("n", 5, 2)), Port("score", "float32", ("n",))),
    settings={"size": SIZE, "grow": GROW},
)
DESCRIPTION = "Small networks for the CPU: a face locator, five landmarks from a box, another face for each one found."
TRAINING_DATA = (
    "FairFace (CC BY 4.0), SFHQ and SFHQ-T2I (MIT), Clothing Co-Parsing, COCO 2017 images under CC BY, CC BY-SA, "
    "no known restrictions or US Government licences, Caltech-101 (CC BY 4.0), Intel sample-videos (CC BY 4.0); "
    "labelled by YuNet (Apache-2.0) and Ultra-Light-Fast-Generic-Face-Detector (MIT); taught by MobileFaceNet and "
    "face-reidentification-retail-0095 (Apache-2.0). See MODEL_CARD.md, FACES.md and NOTICE."
)


def averaged(net: Net, folder: Path) -> Net:
    """Loads the averaged weights of the last checkpoint of a training, in place."""
    state = torch.load(folder / "last.pt", map_location="cpu", weights_only=True)
    net.load_state_dict(state["average"])
    return net.eval()


def export_locator(net: Locator) -> bytes:
    """The locator as an ONNX file with the ports of `LOCATOR`."""
    image, prompts = torch.rand(1, 3, 352, 640), net.face_prompt().detach()
    return _export(LeanLocator(net).eval(), (image, prompts), LOCATOR)


def export_landmarks(net: LandmarksNet) -> bytes:
    """The landmark net as an ONNX file with the ports of `LANDMARKS`; ``net`` is fused in place."""
    return _export(LandmarksDecoded(fuse(net.eval())).eval(), (torch.rand(2, 3, SIZE, SIZE),), LANDMARKS)


def _export(net: nn.Module, example: tuple[Tensor, ...], role: Role) -> bytes:
    model = traced(net, example, role)
    onnx.checker.check_model(model)
    data: bytes = without_notes(model).SerializeToString()
    return data


def write_pack(folder: Path, *, locator: Locator, landmarks: LandmarksNet, settings: Mapping[str, float]) -> Pack:
    """Writes the whole pack; ``settings`` go into the locator's (``threshold``, ``still_threshold``, ``nms_iou``)."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "prompts.npy", locator.face_prompt().detach().numpy().astype(np.float32))
    (folder / LOCATOR.file).write_bytes(export_locator(locator))
    (folder / LANDMARKS.file).write_bytes(export_landmarks(landmarks))
    # The networks that replace faces have recipes of their own.
    old = load_pack(folder).manifest if (folder / "pack.toml").exists() else None
    others = dict(old.roles) if old else {}
    manifest = Manifest(
        name="pocket",
        version=VERSION,
        licence="Apache-2.0",
        training_data=TRAINING_DATA,
        description=DESCRIPTION,
        roles={
            **others,
            "locator": Role(
                LOCATOR.file,
                LOCATOR.inputs,
                LOCATOR.outputs,
                {**settings, "stride": max(STRIDES), "input_size": INPUT_SIZE},
            ),
            "landmarks": LANDMARKS,
        },
        prompts=Prompts(file="prompts.npy", names=("face",)),
        manifold=old.manifold if old else None,
    )
    return write_pack_toml(Pack(folder, manifest))


def _settings(folder: Path) -> dict[str, float]:
    """The calibrated settings of the pack that is there, else those to start from."""
    try:
        role = load_pack(folder).role("locator")
        return {name: role.number(name) for name in ("threshold", "still_threshold", "nms_iou")}
    except PackError:
        return {"threshold": THRESHOLD, "still_threshold": STILL_THRESHOLD, "nms_iou": 0.4}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--locator", type=Path, default=Path("checkpoints/locator"))
    parser.add_argument("--landmarks", type=Path, default=Path("checkpoints/landmarks"))
    parser.add_argument("--out", type=Path, default=Path("engines/pocket"))
    args = parser.parse_args()
    locator, landmarks = Locator(), LandmarksNet()
    averaged(locator, args.locator)
    averaged(landmarks, args.landmarks)
    pack = write_pack(args.out, locator=locator, landmarks=landmarks, settings=_settings(args.out))
    for role in pack.manifest.roles:
        print(f"{pack.role(role).file}: {len(pack.read(role))} bytes")


if __name__ == "__main__":
    main()

"""Trains the network that sees what is in front of a face: hands, microphones, cups stay when the face is replaced.

    python -m export.train.faces.occlusion --cache checkpoints/faces --minutes 15

What is in front of the training faces is drawn, so that it is known to the pixel; whatever really is in front of some
of them nobody labelled, and counts as face: when in doubt, the network shall call it one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.faces.autoencoder import sheet
from export.train.faces.faces import Faces
from export.train.faces.occluders import occluded
from export.train.faces.onnx_file import stored
from export.train.faces.run import Run, arguments
from export.train.locator_net import Conv, Residual
from pyanon.geometry import face_region

__all__ = ["SURE", "OcclusionNet", "exactness", "main"]

#: How much more a pixel of the face that is called an occluder costs than one that is missed.
CAUTION = 1.5
#: From where on a pixel counts as an occluder's, where that is counted: half of it stays.
SURE = 0.65
SHOW_EVERY = 500

#: Crops to chances.
See = Callable[[Tensor], Tensor]


class OcclusionNet(nn.Module):
    """Crops ``(n, 3, 128, 128)`` 0..1 to the chance that something in front hides the face, ``(n, 1, 128, 128)``."""

    def __init__(self) -> None:
        super().__init__()
        self.at32 = nn.Sequential(nn.PixelUnshuffle(4), Conv(48, 32), Residual(32))
        self.at16 = nn.Sequential(Conv(32, 64, stride=2), Residual(64))
        self.at8 = nn.Sequential(Conv(64, 96, stride=2), Residual(96), Conv(96, 64, 1))
        self.up16 = nn.Sequential(Conv(64, 64), Conv(64, 32, 1))
        self.up32 = nn.Sequential(Conv(32, 32), nn.Conv2d(32, 4, 3, 1, 1), nn.PixelShuffle(2))

    def logits(self, crops: Tensor) -> Tensor:
        """Before the last sigmoid, ``(n, 1, 64, 64)``."""
        at32 = self.at32(crops * 2 - 1)
        at16 = self.at16(at32)
        at16 = at16 + functional.interpolate(self.at8(at16), scale_factor=2.0, mode="nearest")
        out: Tensor = self.up32(at32 + functional.interpolate(self.up16(at16), scale_factor=2.0, mode="nearest"))
        return out

    def forward(self, crops: Tensor) -> Tensor:
        """Chances, each the least of its neighbourhood: no rim of skin stays around a finger."""
        least = -functional.max_pool2d(-self.logits(crops), 3, 1, 1)
        return functional.interpolate(least.sigmoid(), scale_factor=2.0, mode="bilinear")


@torch.no_grad()
def exactness(see: See, faces: Faces, path: Path | None = None, *, count: int = 256) -> tuple[float, float, float]:
    """On faces never learnt from, and of the regions that are repainted only.

    Args:
        see: The network.
        faces: The faces.
        path: Where to write a contact sheet: what is drawn, and what would stay of it.
        count: How many faces.

    Returns:
        How much of what is in front is found; how much of what is found is in front; and how much is found, of all,
        where nothing was drawn.
    """
    batch = faces[np.linspace(0, len(faces) - 1, count).astype(int)]
    crops, front = occluded(batch, np.random.default_rng(0))
    seen = torch.cat([see(part) for part in crops.split(64)])
    region = torch.from_numpy(face_region(batch.landmarks.numpy(), crops.shape[-1]))[:, None] > 0.5
    found, there = (seen > SURE) & region, (front > 0.5) & region
    both, bare = (found & there).sum().item(), front.amax((1, 2, 3)) == 0
    if path is not None:
        sheet([crops[:16], torch.where(seen > SURE, crops, torch.full_like(crops, 0.5))[:16]], path)
    shares = (both, there.sum()), (both, found.sum()), (found[bare].sum(), region[bare].sum())
    one, two, three = (float(part) / max(1.0, float(whole)) for part, whole in shares)
    return one, two, three


def _seen(net: nn.Module, crops: Tensor) -> Tensor:
    out: Tensor = net(crops.to(next(net.parameters()).device)).cpu()
    return out


def main() -> None:
    """Command line."""
    parser = arguments(__doc__ or "", out="checkpoints/occlusion", minutes=15, rate=2e-3, batch=24)
    args = parser.parse_args()
    faces, unseen = Faces(args.cache, portraits=True), Faces(args.cache, portraits=True, held_out=True)
    net = OcclusionNet()
    run = Run(args, net)
    if args.start is not None:
        run.begin(stored(args.start, "occlusion"))
    rng = run.dice()
    for _ in run.steps():
        crops, front = (each.to(run.device) for each in occluded(faces.draw(rng, args.batch), rng))
        target = functional.avg_pool2d(front, 2)
        with torch.autocast(run.device.type, torch.bfloat16):
            seen = net.logits(crops.contiguous(memory_format=torch.channels_last)).float()
        off = functional.binary_cross_entropy_with_logits(seen, target, reduction="none")
        loss = (off * (1 + (CAUTION - 1) * (target < 0.1))).mean()
        run.learn(loss)
        run.log(off=loss)
        if (run.step + 1) % SHOW_EVERY == 0:
            see = partial(_seen, run.average.module.eval())
            shares = exactness(see, unseen, args.out / "sheet.png")
            print("held out: {:.1%} found, {:.1%} of that right; {:.2%} of bare faces".format(*shares), flush=True)


if __name__ == "__main__":
    main()

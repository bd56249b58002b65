"""Trains the autoencoder whose latents the generator paints in.

    python -m export.train.faces.autoencoder --cache checkpoints/faces --out checkpoints/autoencoder --minutes 30

Absolute error, error of the gradients at three sizes, and a light pull of the latents towards a standard normal.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from export.train.faces.autoencoder_net import Autoencoder
from export.train.faces.faces import Faces, jittered, plain
from export.train.faces.onnx_file import stored
from export.train.faces.run import Run, arguments

__all__ = ["gradient_loss", "main", "sheet"]

#: Weight of the pull towards the normal, weight of the gradients.
PULL, EDGES = 2e-4, 1.0


def gradient_loss(painted: Tensor, truth: Tensor, sizes: int = 3) -> Tensor:
    """Absolute error of the differences between neighbours, at full, half and quarter size."""
    total = painted.new_zeros(())
    for _ in range(sizes):
        for axis in (2, 3):
            total = total + (painted.diff(dim=axis) - truth.diff(dim=axis)).abs().mean()
        painted, truth = functional.avg_pool2d(painted, 2), functional.avg_pool2d(truth, 2)
    return total


def sheet(rows: list[Tensor], path: Path) -> None:
    """Writes pictures ``(n, 3, s, s)`` as rows of a contact sheet."""
    grid = torch.cat([torch.cat(list(row.float().clamp(0, 1)), 2) for row in rows], 1)
    Image.fromarray((grid.permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)).save(path)


@torch.no_grad()
def show(net: torch.nn.Module, faces: Faces, path: Path) -> float:
    """A contact sheet of faces never learnt from, before and after; returns the mean error in grey levels."""
    crops = plain(faces[np.arange(0, len(faces), max(1, len(faces) // 16))[:16]]).to(next(net.parameters()).device)
    painted = net.eval()(crops)[0]
    sheet([crops, painted], path)
    return float((painted.clamp(0, 1) - crops).abs().mean() * 255)


def main() -> None:
    """Command line."""
    parser = arguments(__doc__ or "", out="checkpoints/autoencoder", minutes=30, rate=1e-3, batch=32)
    args = parser.parse_args()
    faces, unseen = Faces(args.cache), Faces(args.cache, held_out=True, portraits=True)
    net = Autoencoder()
    # A pack's generator speaks its decoder's language: then only the encoder learns, to speak it too.
    net.decoder.requires_grad_(args.start is None)
    run = Run(args, net, [{"params": [p for p in net.parameters() if p.requires_grad]}])
    if args.start is not None:
        run.begin(stored(args.start, "face_decoder", under="decoder."))
    rng = run.dice()
    for _ in run.steps():
        crops = jittered(faces.draw(rng, args.batch), rng)[0].to(run.device, memory_format=torch.channels_last)
        with torch.autocast(run.device.type, torch.bfloat16):
            painted, mean, spread = run.net(crops)
        painted, mean, spread = painted.float(), mean.float(), spread.float()
        error, edges = (painted - crops).abs().mean(), gradient_loss(painted, crops)
        pull = 0.5 * (mean**2 + spread.exp() - spread - 1).mean()
        run.learn(error + EDGES * edges + PULL * 10 * pull)
        run.log(levels=error * 255, edges=edges, pull=pull, latent=mean.std(), noise=(spread / 2).exp().mean())
        if (run.step + 1) % 500 == 0:
            print(f"unseen: {show(run.average.module, unseen, args.out / 'sheet.png'):.2f} levels", flush=True)


if __name__ == "__main__":
    main()

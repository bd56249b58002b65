"""Trains one oracle: a small network that sees in a face what its teacher sees.

    python -m export.train.faces.oracles residual --out checkpoints/oracle.residual --minutes 30

The teacher looked at the picture as it is; the student looks at it misaligned, in another light, coarse, noisy or
partly hidden, and has to say the same (distillation: cosine to the teacher's embedding, and the similarities among
the faces of a batch).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.train.faces.faces import Faces, jittered, plain, weathered
from export.train.faces.onnx_file import stored
from export.train.faces.oracle_nets import NETS
from export.train.faces.run import Run, arguments

__all__ = ["agreement", "main"]


def distillation(seen: Tensor, taught: Tensor) -> tuple[Tensor, Tensor]:
    """How far the directions are from the teacher's, and how far the similarities within the batch are."""
    seen = functional.normalize(seen.float(), dim=1)
    apart = 1 - (seen * taught).sum(1).mean()
    relation = functional.mse_loss(seen @ seen.T, taught @ taught.T)
    return apart, relation


@torch.no_grad()
def agreement(net: torch.nn.Module, faces: Faces, teacher: str, count: int = 1000) -> tuple[float, float]:
    """On faces never learnt from: mean cosine to the teacher, and correlation of all pairs' similarities."""
    net.eval()
    rows = np.arange(min(count, len(faces)))
    seen = torch.cat([net(plain(faces[part])) for part in np.array_split(rows, max(1, len(rows) // 100))])
    seen = functional.normalize(seen.float(), dim=1)
    taught = torch.from_numpy(faces.facts[teacher][rows])
    above = torch.triu_indices(len(rows), len(rows), 1)
    pairs = torch.stack([(e @ e.T)[above[0], above[1]] for e in (seen, taught)])
    return float((seen * taught).sum(1).mean()), float(torch.corrcoef(pairs)[0, 1])


def main() -> None:
    """Command line."""
    parser = arguments(__doc__ or "", out="checkpoints/oracle", minutes=30, rate=2e-3, batch=96)
    parser.add_argument("name", choices=NETS)
    args = parser.parse_args()
    kind, teacher = NETS[args.name]
    faces = Faces(args.cache)
    run = Run(args, kind())
    if args.start is not None:
        run.begin(stored(args.start, f"oracle.{args.name}"))
    rng = run.dice()
    for _ in run.steps():
        batch = faces.draw(rng, args.batch)
        crops = weathered(jittered(batch, rng)[0], rng).to(run.device, memory_format=torch.channels_last)
        run.net.train()
        with torch.autocast(run.device.type, torch.bfloat16):
            seen = run.net(crops)
        apart, relation = distillation(seen, torch.from_numpy(faces.facts[teacher][batch.rows]).to(run.device))
        run.learn(apart + 20 * relation)
        run.log(apart=apart, relation=relation)
        if (run.step + 1) % 500 == 0:
            held_out = agreement(run.average.module, Faces(args.cache, held_out=True), teacher)
            print(f"held out: cosine {held_out[0]:.4f}, correlation of similarities {held_out[1]:.4f}", flush=True)


if __name__ == "__main__":
    main()

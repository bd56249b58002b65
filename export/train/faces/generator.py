"""Trains encoder and generator, and the decoder on: one face again from its own code, another from another's.

    python -m export.train.faces.generator --cache checkpoints/faces --work checkpoints --minutes 120

A consistency model learns to say the noiseless latent of a face from its surroundings, its attribute code and its own
identity code, at any noise level. Then what is said in one step is painted, with the face's own code and with a
stranger's. The one shall be the photograph again, to the pixel and to an oracle's eyes; both shall pass for photographs
with a critic. The strangers are judged: by recognisers (like the stranger and of the stranger's age, gender and skin,
unlike the original; the push ends well under the impostor threshold), by the attribute encoder and by the landmark net
(same expression, same pose).

That the attribute code carries no identity is asked for three times: its bits are few (variational, KL), an opponent
that reads the identity out of it has its gradient turned round, and a stranger's code has to win.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from export.train.faces.autoencoder import sheet
from export.train.faces.autoencoder_net import LATENT, PLACES
from export.train.faces.faces import Faces, plain
from export.train.faces.identity import fit_codes
from export.train.faces.judges import load_judges
from export.train.faces.lesson import Lesson, Scene, Weights, strangers
from export.train.faces.manifold import GroupPrior
from export.train.faces.replacer import Replacer, stored_replacer
from export.train.faces.run import Run, arguments
from export.train.faces.template import SIZE
from pyanon.geometry import face_region

__all__ = ["main", "show"]

SHOW_EVERY = 250


@torch.no_grad()
def show(net: Replacer, faces: Faces, codes: np.ndarray, prior: GroupPrior, path: Path) -> None:
    """A contact sheet of faces never learnt from: original, own code, a stranger's code, three drawn ones."""
    rows = np.arange(0, len(faces), max(1, len(faces) // 16))[:16]
    device, points = next(net.parameters()).device, faces.facts["landmarks"][rows]
    region = torch.from_numpy(face_region(points, SIZE))[:, None].to(device)
    crops = plain(faces[rows]).to(device)
    context, code = net.encoder(crops, region, torch.from_numpy(points / SIZE).to(device))
    noise = torch.randn(len(rows), LATENT, PLACES, PLACES, generator=torch.Generator().manual_seed(1)).to(device)
    lines, labels = [crops], faces.facts["labels"]
    rng = np.random.default_rng(1)
    pools = rng.integers(0, len(faces), (len(rows), 60))
    others = [pool[strangers(labels[np.r_[row, pool]], rng)[0] - 1] for row, pool in zip(rows, pools, strict=True)]
    for code_of in codes[rows], codes[others], *(prior.draw(labels[rows], rng) for _ in range(3)):
        identity = torch.from_numpy(code_of).to(device)
        latent = net.generator(noise, torch.ones(len(rows), device=device), context, code, identity)
        lines.append(torch.lerp(crops, net.decoder(latent), region))
    sheet(lines, path)


def main() -> None:
    """Command line."""
    parser = arguments(__doc__ or "", out="checkpoints/generator", minutes=240, rate=6e-4, batch=16)
    parser.add_argument("--work", type=Path, default=Path("checkpoints"), help="folder of the other checkpoints")
    parser.add_argument("--teachers", type=Path, default=Path("../shared/data/teachers"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"), help="pack with the landmark net")
    parser.add_argument("--latents-first", type=float, default=0.2, help="share of the time without pictures")
    parser.add_argument("--painted", type=int, default=12, help="how many of a batch are painted")
    train(parser.parse_args())


def train(args: argparse.Namespace) -> None:
    """Trains until the minutes are spent."""
    basis = fit_codes(Faces(args.cache))
    faces, unseen = Faces(args.cache, portraits=True), Faces(args.cache, portraits=True, held_out=True)
    codes = basis.of(faces)
    net = Replacer.from_checkpoints(args.work, codes)
    run = Run(args, net, net.painters(args.rate), list(net.critic.parameters()))
    if args.start is not None:
        run.begin(stored_replacer(args.start))
    judges = load_judges(args.work, args.pack, args.teachers, faces, basis, run.device)
    prior = GroupPrior(codes, judges.labels)
    lesson = Lesson(net, torch.from_numpy(codes).to(run.device), judges.labels, prior, run.log, Weights())
    rng = run.dice()
    for share in run.steps():
        judged = judges if share >= args.latents_first else None
        run.learn(lesson(Scene.drawn(faces, rng, args.batch, run.device), rng, args.painted, judged))
        if judged:
            run.oppose(lesson.critic_loss)
        if (run.step + 1) % SHOW_EVERY == 0:
            average = run.average.module.eval()
            show(average, unseen, basis.of(unseen), prior, args.out / "sheet.png")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

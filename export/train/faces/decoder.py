"""Trains the decoder on: photographs also from latents that are not quite right, as a generator's are.

    python -m export.train.faces.decoder --cache checkpoints/faces --work checkpoints --minutes 40

The latents stay what `autoencoder` made them. Beside pixels, edges and an oracle's first maps there is a critic.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from export.train.faces.autoencoder import gradient_loss, sheet
from export.train.faces.autoencoder_net import Autoencoder
from export.train.faces.critic import Critic, critic_loss
from export.train.faces.faces import Faces, jittered, plain
from export.train.faces.judges import load_oracles
from export.train.faces.onnx_file import stored
from export.train.faces.replacer import Painter
from export.train.faces.run import Run, arguments, frozen
from export.train.pack import averaged

__all__ = ["imprecise", "main"]

#: Share of the time before the critic is listened to; weights of the pixels, of the maps and of the critic.
ALONE, PIXELS, MAPS, CRITIC = 0.2, 3.0, 0.5, 0.06
#: How much of a latent's detail is smoothed away at most, and the most noise.
SMOOTHED, NOISE = 0.8, 0.15
SHOW_EVERY = 250


def imprecise(latent: Tensor) -> Tensor:
    """Latents ``(n, 8, 16, 16)`` smoothed and noisy, by amounts of their own; the first half as they are."""
    smooth = functional.avg_pool2d(functional.pad(latent, [1] * 4, mode="replicate"), 3, 1)
    amounts = torch.rand(2, len(latent), 1, 1, 1, device=latent.device)
    amounts[:, : len(latent) // 2] = 0
    return torch.lerp(latent, smooth, SMOOTHED * amounts[0]) + NOISE * amounts[1] * torch.randn_like(latent)


def copied(painted: Tensor, crops: Tensor, maps: list[Tensor], truth: list[Tensor]) -> tuple[Tensor, Tensor]:
    """How far pixels and edges are from the photograph's, and how far an oracle's maps are (a share of their size)."""
    pixels = (painted - crops).abs().mean() + gradient_loss(painted, crops)
    deep = torch.stack([(m - t).abs().mean() / t.abs().mean() for m, t in zip(maps, truth, strict=True)]).sum()
    return pixels, deep


def rivals(
    critic: Critic, crops: Tensor, painted: Tensor, truth: list[Tensor], maps: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """What the painter gains by fooling the critic, and what the critic loses by it; each moves one of the two only."""
    with torch.autocast(crops.device.type, torch.bfloat16):
        loss = critic_loss(critic(crops, truth), critic(painted.detach(), [m.detach() for m in maps])).float()
        with frozen(critic):
            fooled = -torch.stack([score.float().mean() for score in critic(painted, maps)]).sum()
    return fooled, loss


@torch.no_grad()
def show(decoder: torch.nn.Module, encoder: torch.nn.Module, faces: Faces, path: Path) -> float:
    """A contact sheet of faces never learnt from: before, after, after imprecise latents; mean error in levels."""
    crops = plain(faces[np.arange(0, len(faces), max(1, len(faces) // 16))[:16]]).to(next(encoder.parameters()).device)
    latent = encoder(crops)[0]
    lines = [decoder(each) for each in (latent, imprecise(torch.cat([latent, latent]))[len(latent) :])]
    sheet([crops, *lines], path)
    return float((lines[0].clamp(0, 1) - crops).abs().mean() * 255)


def main() -> None:
    """Command line."""
    parser = arguments(__doc__ or "", out="checkpoints/decoder", minutes=40, rate=1e-3, batch=12)
    parser.add_argument("--work", type=Path, default=Path("checkpoints"), help="folder of the other checkpoints")
    args = parser.parse_args()
    faces, unseen = Faces(args.cache), Faces(args.cache, held_out=True, portraits=True)
    whole = averaged(Autoencoder(), args.work / "autoencoder")
    net = Painter(whole.decoder)
    run = Run(args, net, [{"params": list(net.decoder.parameters())}], list(net.critic.parameters()))
    if args.start is not None:
        run.begin(stored(args.start, "face_decoder", under="decoder."))
    encoder = whole.encoder.to(run.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    first = load_oracles(args.work)[0].requires_grad_(False).to(run.device)
    rng = run.dice()
    for share in run.steps():
        crops = jittered(faces.draw(rng, args.batch), rng)[0].to(run.device, memory_format=torch.channels_last)
        with torch.autocast(run.device.type, torch.bfloat16):
            with torch.no_grad():
                latent, truth = encoder(crops)[0].float(), first.features(crops, depth=2)
            painted = net.decoder(imprecise(latent)).float()
            maps = first.features(painted, depth=2)
        pixels, deep = copied(painted, crops, maps, truth)
        fooled, lost = rivals(net.critic, crops, painted, truth, maps)
        run.learn(PIXELS * pixels + MAPS * deep + (CRITIC * fooled if share > ALONE else 0))
        run.oppose(lost)
        run.log(copy=pixels, deep=deep, critic=lost)
        if (run.step + 1) % SHOW_EVERY == 0:
            average: Painter = run.average.module.eval()  # type: ignore[assignment]
            print(f"unseen: {show(average.decoder, encoder, unseen, args.out / 'sheet.png'):.2f} levels", flush=True)


if __name__ == "__main__":
    main()

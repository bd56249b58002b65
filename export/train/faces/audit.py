"""Audits memorisation: do people that the sampler draws look like people that the networks were trained on?

    python -m export.train.faces.audit --data ../shared/data --cache checkpoints/faces --pack engines/pocket

Every drawn identity is painted over a held-out face, and the painted face is compared with all training faces by both
teachers. A threshold at FMR 1e-4 is passed by chance, too: one stranger in 10,000 passes it, and there are
28,000. So the same is counted for held-out people, who were never learnt from: that is what chance does.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.train.faces.calibrate import sample_threshold
from export.train.faces.faces import Faces, plain
from export.train.faces.recognisers import MobileFaceNet, Retail0095
from export.train.faces.template import SIZE
from pyanon import ops
from pyanon.geometry import face_region
from pyanon.runtime import ORACLE, Pack, Runner, face_networks, load_pack, open_runner
from pyanon.stages.recognise import Recogniser
from pyanon.stages.sample import Prior
from pyanon.types import BoolArray, FloatArray, ImageArray

__all__ = ["Match", "draw", "main", "matches", "refused"]

FMR = 1e-4
BATCH, DRAWS = 16, 4096


@dataclass(frozen=True)
class Match:
    """How near a set of faces comes to the training faces, by one recogniser.

    Attributes:
        recogniser: Its name.
        threshold: Similarity at `FMR`.
        above: Share of the faces that have a training face above it.
        pairs: Share of all pairs above it.
        nearest: 50th, 99th and 100th percentile of the similarity to the nearest training face.
    """

    recogniser: str
    threshold: float
    above: float
    pairs: float
    nearest: tuple[float, float, float]


def draw(pack: Pack, count: int, *, seed: int = 1, fmr: float = 1e-3) -> FloatArray:
    """Identity codes ``(count, D)`` as the sampler accepts them, groups as often as one another."""
    networks, manifold = face_networks(pack), pack.manifold()
    prior = Prior.of(networks, manifold, fmr=fmr)
    nobody = [np.zeros((0, len(manifold.projections[name])), np.float32) for name in networks.oracles]
    rng, codes = np.random.default_rng(seed), list[FloatArray]()
    while len(codes) < count:
        keys = rng.integers(0, 2**63, 1).astype(np.uint64)
        spec = prior.spec(int(rng.integers(len(manifold.mean))))
        code, number = ops.reject(spec, live=nobody, keys=keys, max_draws=DRAWS)
        if number[0] >= 0 and not prior.is_known(code[0]):
            codes.append(code[0])
    return np.stack(codes)


def paint(pack: Pack, codes: FloatArray, faces: Faces, rng: np.random.Generator) -> tuple[ImageArray, FloatArray]:
    """A face for each code, painted over one of ``faces``: ``(n, 128, 128, 3)`` and landmarks ``(n, 5, 2)``."""
    encoder, generator, decoder = _active(pack, "face_encoder", "generator", "face_decoder")
    pictures, landmarks = [], []
    for part in np.array_split(codes, max(1, len(codes) // BATCH)):
        batch = faces.draw(rng, len(part))
        crops, points = plain(batch).numpy(), batch.landmarks.numpy()
        region = face_region(points, SIZE)[:, None]
        seen = encoder.infer({"crops": crops, "inside": region, "landmarks": points / np.float32(SIZE)})
        shape = (len(part), *[axis for axis in pack.role("generator").inputs[0].axes if isinstance(axis, int)])
        noise = rng.standard_normal(shape).astype(np.float32)
        inputs = {**seen, "latent": noise, "level": np.ones(len(part), np.float32), "identity": part}
        painted = decoder.infer({"latent": generator.infer(inputs)["clean"]})["pixels"]
        pictures.append((crops + (painted - crops) * region).clip(0, 1))
        landmarks.append(points)
    whole = np.round(np.concatenate(pictures).transpose(0, 2, 3, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(whole), np.concatenate(landmarks)


def refused(pack: Pack, pictures: ImageArray, *, fmr: float = 1e-3) -> BoolArray:
    """Which painted faces ``(n, 128, 128, 3)`` are never shown, because an oracle takes them for a training face."""
    networks = face_networks(pack)
    prior = Prior.of(networks, pack.manifold(), fmr=fmr)
    recognise = Recogniser(_active(pack, *[ORACLE + name for name in networks.oracles]))
    parts = np.array_split(pictures, max(1, len(pictures) // BATCH))
    return np.concatenate([prior.are_known(recognise.embed(part)) for part in parts])


def _active(pack: Pack, *roles: str) -> list[Runner]:
    runners = [open_runner(pack, role, device="cpu") for role in roles]
    for runner in runners:
        runner.activate()
    return runners


def matches(embeddings: FloatArray, gallery: FloatArray, name: str) -> Match:
    """Compares faces ``(n, d)`` with the training faces ``(m, d)``, both of length 1."""
    threshold = sample_threshold(gallery, FMR, sample=6000)
    nearest, above = [], 0
    for part in np.array_split(embeddings, max(1, len(embeddings) // 256)):
        alike = part @ gallery.T
        nearest.append(alike.max(1))
        above += int((alike >= threshold).sum())
    most = np.concatenate(nearest)
    low, high, top = (float(each) for each in np.quantile(most, [0.5, 0.99, 1]))
    share = above / (len(embeddings) * len(gallery))
    return Match(name, threshold, float((most >= threshold).mean()), share, (low, high, top))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--count", type=int, default=10_000)
    args = parser.parse_args()
    pack, rng = load_pack(args.pack), np.random.default_rng(2)
    learnt, unseen = Faces(args.cache), Faces(args.cache, held_out=True, portraits=True)
    pictures, landmarks = paint(pack, draw(pack, args.count), unseen, rng)
    shown = ~refused(pack, pictures)
    print(f"{len(pictures)} painted, {int((~shown).sum())} of them refused by an oracle")
    pictures, landmarks = pictures[shown], landmarks[shown]
    folder = args.data / "teachers"
    teachers: dict[str, MobileFaceNet | Retail0095] = {
        "mobilefacenet": MobileFaceNet(folder),
        "retail": Retail0095(folder),
    }
    for name, teacher in teachers.items():
        seen = np.concatenate([teacher(pic, points[None]) for pic, points in zip(pictures, landmarks, strict=True)])
        print("drawn people:   ", matches(seen, learnt.facts[name], name))
        print("held-out people:", matches(unseen.facts[name], learnt.facts[name], name), flush=True)


if __name__ == "__main__":
    main()

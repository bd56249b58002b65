"""The frozen networks that judge a painted face while the generator learns: recognisers and landmarks.

One teacher is not among them (`recognisers.Retail0095`): it measures what the generator learnt, and must not have
taught it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.train.faces.faces import Faces, plain
from export.train.faces.identity import Codes, fit_projection
from export.train.faces.oracle_nets import NETS, Oracle
from export.train.faces.teachers_torch import mobilefacenet
from export.train.faces.traits import categories, read_traits, readings_apart
from export.train.landmarks_net import LandmarksNet
from export.train.pack import averaged
from export.train.unpack import folded_landmarks

__all__ = ["CPU", "Judge", "Judges", "PoseReader", "load_judges", "load_oracles"]

CPU = torch.device("cpu")
#: Faces whose pairs thresholds are taken from, and the share of pairs above them.
SAMPLE, FMR = 4000, 1e-3
#: Faces that head poses are learnt from, places per side of the maps that they are read from, and how little is made of
#: each number, as a share of the faces.
POSES, POOLED, RIDGE = 4000, 4, 0.4
#: Side of the landmark net's view, and of the crop in it: that net is used to seeing more around a face.
VIEW, INNER = 64, 46


@dataclass(frozen=True)
class Judge:
    """A recogniser.

    Attributes:
        net: Crops to embeddings.
        projection: ``(d, 128)``, identity code to embedding.
        threshold: Cosine similarity at FMR 1e-3.
        embeddings: ``(n, d)`` of length 1, of every training face.
        traits: Embeddings to logits ``(n, 18)`` of age, gender and race.
    """

    net: nn.Module
    projection: Tensor
    threshold: float
    embeddings: Tensor
    traits: nn.Linear

    @classmethod
    def of(cls, net: nn.Module, embeddings: Tensor, codes: np.ndarray, labels: np.ndarray) -> Judge:
        """With a projection by least squares, a threshold over pairs of training faces, and a regression of traits."""
        some = embeddings[:: max(1, len(embeddings) // SAMPLE)]
        likeness = (some @ some.T)[torch.triu_indices(len(some), len(some), 1).unbind()]
        threshold = float(likeness.kthvalue(round(len(likeness) * (1 - FMR))).values)
        projection = torch.from_numpy(fit_projection(codes, embeddings.numpy()))
        traits = read_traits(embeddings, torch.from_numpy(labels))
        return cls(net.eval().requires_grad_(False), projection, threshold, embeddings, traits)

    def to(self, device: torch.device) -> Judge:
        """On another device."""
        moved = self.projection.to(device), self.threshold, self.embeddings.to(device), self.traits.to(device)
        return Judge(self.net.to(device), *moved)

    def __call__(self, crops: Tensor) -> Tensor:
        """Embeddings ``(n, d)`` of length 1."""
        return functional.normalize(self.net(crops).float(), dim=1)

    def like(self, seen: Tensor, identity: Tensor) -> Tensor:
        """Similarity ``(n,)`` of embeddings to identity codes ``(n, 128)``."""
        return (seen * functional.normalize(identity @ self.projection.T, dim=1)).sum(1)

    def near(self, seen: Tensor, rows: np.ndarray) -> Tensor:
        """Similarity ``(n,)`` of embeddings to those of the training faces ``rows``."""
        return (seen * self.embeddings[rows]).sum(1)

    def off(self, seen: Tensor, rows: np.ndarray) -> Tensor:
        """How far the traits read from embeddings are from those read from the training faces ``rows``, ``(n,)``."""
        return readings_apart(self.traits(seen), self.traits(self.embeddings[rows]))


class PoseReader(nn.Module):
    """Yaw, pitch and roll in degrees, read from an oracle's maps: a student of FSA-Net with a gradient.

    Args:
        seen: Each stage's maps of some faces, by `pooled`.
        pose: ``(n, 3)``, what FSA-Net says of them.
    """

    def __init__(self, seen: Tensor, pose: Tensor) -> None:
        super().__init__()
        self.register_buffer("middle", seen.mean(0))
        self.register_buffer("spread", seen.std(0) + 1e-3)
        rows = (seen - self.middle) / self.spread
        left = rows.T @ rows + RIDGE * len(rows) * torch.eye(rows.shape[1])
        self.register_buffer("weight", torch.linalg.solve(left, rows.T @ (pose - pose.mean(0))))
        self.register_buffer("bias", pose.mean(0))

    middle: Tensor
    spread: Tensor
    weight: Tensor
    bias: Tensor

    @staticmethod
    def pooled(maps: list[Tensor]) -> Tensor:
        """The mean of a few places of each map, ``(n, k)``."""
        return torch.cat([functional.adaptive_avg_pool2d(each.float(), POOLED).flatten(1) for each in maps], 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Degrees ``(n, 3)``."""
        return (self.pooled(maps) - self.middle) / self.spread @ self.weight + self.bias


@dataclass(frozen=True)
class Judges:
    """All who judge.

    Attributes:
        recognisers: The oracles, and a teacher.
        landmarks: The landmark net.
        looking: The oracle whose maps painted faces and photographs are compared by.
        pose: How heads are turned, by its maps.
        labels: ``(n, 3)``, the age, gender and race that the oracles together read of every training face.
    """

    recognisers: list[Judge]
    landmarks: LandmarksNet
    looking: Oracle
    pose: PoseReader
    labels: np.ndarray

    def looks(self, crops: Tensor) -> list[Tensor]:
        """What the oracle's stages make of crops."""
        return self.looking.features(crops)

    def marks(self, crops: Tensor) -> Tensor:
        """Five landmarks ``(n, 5, 2)`` in crop pixels."""
        inner = functional.interpolate(crops, size=INNER, mode="bilinear", antialias=True)
        edge = (VIEW - INNER) // 2
        points = self.landmarks(functional.pad(inner, [edge] * 4, mode="replicate"))[0].float()
        return (points * VIEW - edge) * (crops.shape[-1] / INNER)


@torch.no_grad()
def _pose_reader(oracle: Oracle, faces: Faces) -> PoseReader:
    rows = np.arange(0, len(faces), max(1, len(faces) // POSES))
    parts = np.array_split(rows, max(1, len(rows) // 100))
    seen = torch.cat([PoseReader.pooled(oracle.features(plain(faces[part]))) for part in parts])
    return PoseReader(seen, torch.from_numpy(faces.facts["pose"][rows]).float())


@torch.no_grad()
def _embeddings(net: nn.Module, faces: Faces) -> Tensor:
    parts = np.array_split(np.arange(len(faces)), max(1, len(faces) // 100))
    with torch.autocast("cpu", torch.bfloat16):
        seen = [net(plain(faces[part]).to(memory_format=torch.channels_last)).float() for part in parts]
    return functional.normalize(torch.cat(seen), dim=1)


def load_oracles(work: Path) -> list[Oracle]:
    """The oracles as they are trained so far."""
    nets = [averaged(kind(), work / f"oracle.{name}") for name, (kind, _) in NETS.items()]
    return [net.to(memory_format=torch.channels_last) for net in nets]  # type: ignore[call-overload]


def load_judges(
    work: Path, pack: Path, teachers: Path, faces: Faces, codes: Codes, device: torch.device = CPU
) -> Judges:
    """The oracles trained in ``work``, a teacher, and the landmark net of ``pack``."""
    own, oracles = codes.of(faces), load_oracles(work)
    nets: list[nn.Module] = [*oracles, mobilefacenet(teachers)]
    seen = [*(_embeddings(net, faces) for net in oracles), torch.from_numpy(faces.facts["mobilefacenet"])]
    recognisers = [Judge.of(net, each, own, faces.facts["labels"]) for net, each in zip(nets, seen, strict=True)]
    by_oracles = torch.cat(seen[: len(oracles)], 1)
    labels = categories(read_traits(by_oracles, torch.from_numpy(faces.facts["labels"]))(by_oracles))
    print(f"thresholds at FMR {FMR}:", [round(judge.threshold, 3) for judge in recognisers], flush=True)
    marker = folded_landmarks(pack).requires_grad_(False).to(device)
    pose = _pose_reader(oracles[0], faces).to(device)
    return Judges([judge.to(device) for judge in recognisers], marker, oracles[0].to(device), pose, labels)

"""The identity manifold of the pack: the prior that new people are drawn from, and what they must not resemble.

The codes are those of the training faces. A group of traits (age, gender, skin) has a mean of its own; within a group
faces vary alike.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from export.train.faces.faces import Faces
from export.train.faces.identity import Codes, fit_projection
from export.train.faces.traits import categories, read_traits
from pyanon.types import FloatArray

__all__ = ["GroupPrior", "build_manifold"]

#: Faces of a group's parents that count beside its own when its mean is taken.
SHRINK = 40.0
#: How widely drawn people differ in what groups differ in, as a share of how people do; and which directions these are:
#: those in which groups differ by more than this share of the most.
TYPICAL, NOTABLE = 0.2, 0.05
#: Share of the training faces that count as inside, for both tests of being realistic.
INSIDE = 0.95
ANCHORS, NEIGHBOURS = 512, 4
#: Codes that are drawn for the exponential mechanism to choose from, and how those that are left are grouped.
DRAWN, CLUSTERS, ROUNDS = 4_000, 64, 25


class GroupPrior:
    """A Gaussian for every group of age, gender and race that occurs: a mean of its own, one covariance for all.

    Args:
        z: ``(n, D)`` identity codes.
        labels: ``(n, 3)``, -1 where unknown.
    """

    def __init__(self, z: FloatArray, labels: np.ndarray) -> None:
        known = labels[:, 0] >= 0
        self.groups, self.means, self._member = _means(z[known], labels[known])
        self._rest = (z[known] - self.means[self._member]).astype(np.float64)
        spread = self._rest.T @ self._rest / len(self._rest) + 1e-4 * np.eye(z.shape[1])
        self._whole = np.linalg.cholesky(spread)
        factor = _typical(self._whole, self.means)
        self.factor = factor.astype(np.float32)
        self._narrowing = np.linalg.solve(self._whole.T, factor.T).T.astype(np.float32)
        self._number = {tuple(group): number for number, group in enumerate(self.groups.tolist())}

    def radius(self, share: float) -> float:
        """The Mahalanobis distance within which this share of the faces lie around their groups' means."""
        return float(np.quantile(np.linalg.norm(np.linalg.solve(self._whole, self._rest.T), axis=0), share))

    def draw(self, labels: np.ndarray, rng: np.random.Generator, *, radius: float = np.inf) -> FloatArray:
        """A new code for each row of labels ``(n, 3)``, of the same group; of any group where it is unknown."""
        chance = self._member[rng.integers(0, len(self._member), len(labels))].tolist()
        rows = [self._number.get(tuple(row), other) for row, other in zip(labels.tolist(), chance, strict=True)]
        normal = rng.standard_normal((len(labels), len(self.factor))).astype(np.float32)
        normal *= np.minimum(1, radius / np.linalg.norm(normal, axis=1, keepdims=True))
        return np.asarray(self.means[rows] + normal @ self.factor.T, np.float32)

    def typical(self, codes: FloatArray, labels: np.ndarray) -> FloatArray:
        """Codes ``(n, D)`` of real people as drawn ones lie: as near to what is typical of their groups.

        Those of people whose labels ``(n, 3)`` are unknown stay as they are.
        """
        rows = np.array([self._number.get(tuple(row), -1) for row in labels.tolist()])
        means = self.means[rows]
        near = means + (codes - means) @ self._narrowing.T
        return np.where((rows >= 0)[:, None], near, codes)


def _typical(factor: FloatArray, means: FloatArray) -> FloatArray:
    """The factor of a spread that is narrower wherever groups differ: who is drawn is typical of the group.

    A woman drawn at random from all women may look like a man to one who knows her face only; whoever stands in for
    somebody whose gender and age are to be kept must not.
    """
    apart = np.linalg.solve(factor, (means - means.mean(0)).T)
    directions, sizes, _ = np.linalg.svd(apart, full_matrices=False)
    directions = directions[:, sizes > NOTABLE * sizes[0]]
    return np.asarray(factor @ (np.eye(len(factor)) - (1 - TYPICAL) * directions @ directions.T))


def _means(z: FloatArray, labels: np.ndarray) -> tuple[np.ndarray, FloatArray, np.ndarray]:
    """Every group that occurs, its mean, and each face's group.

    A group of few is drawn towards the sum of what its age, its gender and its skin add to the mean of all.
    """
    groups, member, counts = np.unique(labels, axis=0, return_inverse=True, return_counts=True)
    member = member.reshape(-1)
    sizes = labels.max(0) + 1
    design = np.concatenate([np.eye(n)[labels[:, i]] for i, n in enumerate(sizes)], 1)
    left = design.T @ design + np.eye(design.shape[1])
    added = np.linalg.solve(left, design.T @ (z - z.mean(0)))
    expected = z.mean(0) + np.concatenate([np.eye(n)[groups[:, i]] for i, n in enumerate(sizes)], 1) @ added
    sums = np.zeros((len(groups), z.shape[1]))
    np.add.at(sums, member, z)
    means = (sums + SHRINK * expected) / (counts + SHRINK)[:, None]
    return groups, means.astype(np.float32), member


def build_manifold(
    faces: Faces,
    codes: Codes,
    embeddings: Mapping[str, FloatArray],
    thresholds: Mapping[str, float],
    *,
    seed: int = 5,
) -> dict[str, np.ndarray]:
    """The arrays of the pack's manifold file (docs/packs.md).

    Args:
        faces: The training faces.
        codes: Their identity codes' basis.
        embeddings: What each oracle sees of them, ``(n, d)``, of length 1.
        thresholds: Similarity to a training face, by each oracle, from which on a code is not offered to be chosen.
        seed: Of the choice of anchors and of the codes to choose from.
    """
    rng, z = np.random.default_rng(seed), codes.of(faces)
    readouts, bias, labels = _readouts(embeddings, faces.facts["labels"])
    # The groups are of people who look like it: that is what is read of a face whose place is taken.
    prior = GroupPrior(z, labels)
    radius = prior.radius(INSIDE)
    anchors = z[rng.choice(len(z), min(ANCHORS, len(z)), replace=False)]
    scale, middle = np.abs(z - z.mean(0)).max(0) / 127, z.mean(0)
    stored = np.round((z - middle) / scale).astype(np.int8)
    projections = {name: fit_projection(z, seen) for name, seen in embeddings.items()}
    drawn = prior.draw(labels[rng.integers(0, len(labels), DRAWN)], rng, radius=radius)
    drawn = drawn[_strangers(drawn, projections, embeddings, thresholds)]
    centres, nearest = _clusters(drawn, rng)
    order = np.argsort(nearest, kind="stable")
    return {
        "mean": prior.means, "groups": prior.groups, "factor": prior.factor, "radius": np.float32(radius),
        **{f"projection.{name}": value for name, value in projections.items()},
        **{f"traits.{name}": value for name, value in readouts.items()}, "traits_bias": bias,
        "gallery": stored, "gallery_scale": scale.astype(np.float32), "gallery_mean": middle.astype(np.float32),
        "anchors": anchors.astype(np.float16), "neighbours": np.int64(NEIGHBOURS),
        "reach": np.float32(_reach(z, anchors)),
        "cluster": centres, "members": np.bincount(nearest, minlength=len(centres)),
        "member_codes": np.round((drawn[order] - middle) / scale).clip(-127, 127).astype(np.int8),
    }  # fmt: skip


def _readouts(
    embeddings: Mapping[str, FloatArray], labels: np.ndarray
) -> tuple[dict[str, FloatArray], FloatArray, np.ndarray]:
    """What each oracle's embedding ``(n, d)`` adds to the logits of the traits, ``(T, d)``; what these begin with.

    And the labels ``(n, 3)`` that are read.
    """
    seen = torch.from_numpy(np.concatenate(list(embeddings.values()), 1))
    read = read_traits(seen, torch.from_numpy(labels))
    ends = np.cumsum([rows.shape[1] for rows in embeddings.values()])[:-1]
    parts = np.split(read.weight.numpy(), ends, axis=1)
    return dict(zip(embeddings, parts, strict=True)), read.bias.numpy(), categories(read(seen))


def _strangers(
    drawn: FloatArray,
    projections: Mapping[str, FloatArray],
    embeddings: Mapping[str, FloatArray],
    thresholds: Mapping[str, float],
) -> np.ndarray:
    """Which codes no oracle takes for a training face, ``(n,)`` bool."""
    fine = np.ones(len(drawn), bool)
    for name, gallery in embeddings.items():
        seen = drawn @ projections[name].T
        seen /= np.linalg.norm(seen, axis=1, keepdims=True)
        most = np.concatenate([(part @ gallery.T).max(1) for part in np.array_split(seen, max(1, len(seen) // 256))])
        fine &= most < thresholds[name]
    return fine


def _reach(z: FloatArray, anchors: FloatArray) -> float:
    """The distance within which most faces have enough anchors."""
    apart = np.sqrt(np.maximum((z**2).sum(1)[:, None] + (anchors**2).sum(1) - 2 * z @ anchors.T, 0))
    # An anchor is its own nearest: one more neighbour is asked for.
    return float(np.quantile(np.partition(apart, NEIGHBOURS, axis=1)[:, NEIGHBOURS], INSIDE))


def _clusters(z: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, np.ndarray]:
    """Centres and each code's cluster (Lloyd's rounds)."""
    count = min(CLUSTERS, len(z))
    centres = z[rng.choice(len(z), count, replace=False)]
    for _ in range(ROUNDS):
        nearest = (2 * z @ centres.T - (centres**2).sum(1)).argmax(1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, z)
        counts = np.maximum(np.bincount(nearest, minlength=count), 1)
        centres = np.asarray(sums / counts[:, None], np.float32)
    return centres, (2 * z @ centres.T - (centres**2).sum(1)).argmax(1)

"""The prior of a pack's identities: prepared once for each group, when the first face asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pyanon import ops
from pyanon.errors import PackError
from pyanon.ops.reference.reject import alike
from pyanon.runtime import FaceNetworks, Manifold
from pyanon.types import BoolArray, Embeddings, FloatArray

__all__ = ["Prior"]

#: How far a cosine of float32 rows may be off, with room to spare.
ROUGHLY = 1e-3


class Prior:
    """Draws codes and tests them; shared by all streams of one anonymizer.

    The gallery is tested here and not in the kernel: there it would be prepared again for each group, which takes a
    second and a hundred megabytes each time, while an accepted draw meets it in two milliseconds. The decision is
    the same: rows that are anywhere near the threshold are decided by the kernel's own definition.

    Args:
        manifold: The pack's manifold.
        thresholds: Oracle -> similarity from which on a code and a live face pass for one person.
        gallery_thresholds: The same for a code and a code of the training gallery.
        picture_thresholds: The same for a painted face and a code of the training gallery; None: the last ones.

    Raises:
        PackError: An oracle has no projection.
    """

    def __init__(
        self,
        manifold: Manifold,
        *,
        thresholds: Mapping[str, float],
        gallery_thresholds: Mapping[str, float],
        picture_thresholds: Mapping[str, float] | None = None,
    ) -> None:
        missing = [name for name in thresholds if name not in manifold.projections]
        if missing:
            raise PackError(
                "the manifold has no projection for an oracle",
                given=", ".join(missing),
                expected="an array 'projection.<oracle>' for each",
                do="write the pack again from its training",
            )
        self.manifold = manifold
        self._oracles = tuple(ops.Oracle(manifold.projections[name], value) for name, value in thresholds.items())
        self._readouts = tuple(manifold.readouts[name] for name in thresholds)
        self._gallery_thresholds = tuple(gallery_thresholds[name] for name in thresholds)
        pictures = gallery_thresholds if picture_thresholds is None else picture_thresholds
        self._picture_thresholds = tuple(pictures[name] for name in thresholds)
        self._specs: dict[int, ops.SamplerSpec] = {}
        self._galleries: list[FloatArray] = []
        self._distances: npt.NDArray[np.float64] | None = None

    @classmethod
    def of(cls, networks: FaceNetworks, manifold: Manifold, *, fmr: float) -> Prior:
        """With the pack's thresholds of codes: at ``fmr`` for live faces, at its lowest rate for the gallery.

        Raises:
            InputError: The pack is not calibrated for that rate.
            PackError: An oracle has no projection.
        """
        least = networks.least_fmr
        return cls(
            manifold,
            thresholds={name: networks.threshold(name, fmr, of=networks.drawn) for name in networks.oracles},
            gallery_thresholds={name: networks.threshold(name, least, of=networks.known) for name in networks.oracles},
            picture_thresholds={name: networks.threshold(name, least, of=networks.drawn) for name in networks.oracles},
        )

    @property
    def size(self) -> int:
        """Length of a code."""
        return self.manifold.size

    def spec(self, group: int) -> ops.SamplerSpec:
        """The sampler of a group, the same one every time."""
        if group not in self._specs:
            self._specs[group] = self._around(self.manifold.mean[group])
        return self._specs[group]

    def spec_of_member(self, cluster: int, member: int) -> ops.SamplerSpec:
        """The sampler of people like a member of a cluster: around the middle between it and the cluster's centre.

        A member may be a face of the training gallery: nobody shall get its code itself.
        """
        manifold = self.manifold
        row = int(manifold.members[:cluster].sum()) + member
        code = manifold.codes(manifold.member_codes[row : row + 1])[0]
        return self._around((manifold.clusters[cluster] + code) / np.float32(2))

    def _around(self, mean: FloatArray) -> ops.SamplerSpec:
        manifold = self.manifold
        return ops.SamplerSpec(
            mean=np.ascontiguousarray(mean, np.float32),
            factor=manifold.factor,
            radius=manifold.radius,
            oracles=self._oracles,
            anchors=manifold.anchors,
            neighbours=manifold.neighbours,
            reach=manifold.reach,
        )

    def seen(self, code: FloatArray) -> tuple[FloatArray, ...]:
        """Codes ``(n, D)`` as each oracle sees them."""
        return tuple(np.asarray(code @ oracle.projection.T, np.float32) for oracle in self._oracles)

    def traits(self, embeddings: Embeddings) -> FloatArray:
        """What the oracles see of the traits of faces: logits ``(n, T)``; NaN where an embedding is not usable."""
        logits = np.tile(self.manifold.bias, (len(embeddings), 1))
        usable = embeddings.usable
        for rows, readout in zip(embeddings.oracles, self._readouts, strict=True):
            logits[usable] += _unit(rows[usable]) @ readout.T
        logits[~usable] = np.nan
        return logits

    def read(
        self, embeddings: Embeddings, traits: Mapping[str, Sequence[str]], *, rows: BoolArray | None = None
    ) -> tuple[Mapping[str, str], ...]:
        """The likeliest category of every trait, for those of the rows that could be read; empty for others.

        Args:
            embeddings: Of faces.
            traits: Trait -> names of its categories, as the pack has them.
            rows: ``(n,)``, which to read; None: all.
        """
        logits = self.traits(embeddings)
        readable = np.isfinite(logits).all(axis=1)
        readable &= True if rows is None else rows
        ends = np.cumsum([len(names) for names in traits.values()])[:-1]
        best = [part.argmax(axis=1) for part in np.split(np.nan_to_num(logits), ends, axis=1)]
        read: list[Mapping[str, str]] = [{} for _ in range(len(embeddings))]
        for row in np.flatnonzero(readable).tolist():
            found = zip(traits.items(), best, strict=True)
            read[row] = {name: names[int(of[row])] for (name, names), of in found}
        return tuple(read)

    def chances(self, embeddings: Embeddings, traits: Mapping[str, Sequence[str]]) -> dict[str, FloatArray]:
        """How likely each category of every trait is, ``(n, categories)``; NaN where a face could not be read.

        Args:
            embeddings: Of faces.
            traits: Trait -> names of its categories, as the pack has them.
        """
        ends = np.cumsum([len(names) for names in traits.values()])[:-1]
        parts = np.split(self.traits(embeddings), ends, axis=1)
        weights = [np.exp(part - part.max(axis=1, keepdims=True, initial=-np.inf)) for part in parts]
        return {name: each / each.sum(axis=1, keepdims=True) for name, each in zip(traits, weights, strict=True)}

    def is_known(self, code: FloatArray) -> bool:
        """Whether an oracle takes a code ``(D,)`` for a face of the training gallery."""
        tests = zip(self.seen(code[None]), self._gallery(), self._gallery_thresholds, strict=False)
        return any(_reaches(row, gallery, threshold) for row, gallery, threshold in tests)

    def are_known(self, painted: Embeddings) -> BoolArray:
        """Which painted faces ``(n,)`` an oracle takes for one of the training gallery, or cannot compare."""
        usable = painted.usable
        known = ~usable
        for rows, gallery, threshold in zip(painted.oracles, self._gallery(), self._picture_thresholds, strict=False):
            known[usable] |= (_unit(rows[usable]) @ gallery.T).max(axis=1, initial=-1) >= threshold
        return np.asarray(known)

    def _gallery(self) -> list[FloatArray]:
        """The training gallery as each oracle sees it, rows of length 1; prepared when it is first asked for."""
        if not self._galleries and len(self.manifold.gallery):
            self._galleries = [_unit(rows) for rows in self.seen(self.manifold.codes(self.manifold.gallery))]
        return self._galleries

    def utilities(self, group: int) -> npt.NDArray[np.float64]:
        """How useful each cluster is for a face that shall look like a group: ``(q,)``, -1 the farthest, 0 the nearest.

        Distances are scaled by the nearest and the farthest pair of the whole pack, so that exchanging one face for
        another changes no utility by more than 1.
        """
        if self._distances is None:
            apart = self.manifold.mean[:, None].astype(np.float64) - self.manifold.clusters[None]
            distances = np.linalg.norm(apart, axis=-1)
            least, most = distances.min(), distances.max()
            self._distances = -(distances - least) / max(most - least, 1e-12)
        return np.asarray(self._distances[group])


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows[lengths[:, 0] > 0] / lengths[lengths[:, 0] > 0], np.float32)


def _reaches(row: FloatArray, gallery: FloatArray, threshold: float) -> bool:
    near = gallery[(gallery @ _unit(row).T)[:, 0] >= threshold - ROUGHLY] if row.any() else gallery
    return bool(len(near) and alike(row.astype(np.float64), near, threshold=threshold)[0])

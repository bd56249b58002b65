"""The identity manifold of a pack: where its identity codes lie, and how each oracle sees them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyanon.errors import PackError
from pyanon.types import FloatArray, IntArray

__all__ = ["Manifold", "read_manifold"]

_PROJECTION, _READOUT = "projection.", "traits."


@dataclass(frozen=True, eq=False)
class Manifold:
    """A Gaussian prior for each group of people, with what its draws are tested against; see docs/packs.md.

    Attributes:
        mean: ``(g, D)`` float32, mean code of each group.
        groups: ``(g, traits)`` int64, the group's category of each trait, in the order of the encoder's traits.
        factor: ``(D, D)`` float32, a square root of the covariance that all groups share.
        radius: Largest Mahalanobis distance of a code from its group's mean.
        projections: Oracle's name -> ``(d, D)`` float32, identity code to the oracle's embedding.
        readouts: Oracle's name -> ``(T, d)`` float32, an embedding of length 1 to what it adds to the logits of the
            categories of all traits side by side.
        bias: ``(T,)`` float32, what those logits begin with.
        gallery: ``(m, D)`` int8, codes of the training faces, in units of ``scale`` from ``centre``.
        scale: ``(D,)`` float32, unit of the gallery's and the members' codes.
        centre: ``(D,)`` float32, what those codes are measured from.
        anchors: ``(k, D)`` float32, codes on the manifold.
        neighbours: How many anchors must be near a code.
        reach: How near.
        clusters: ``(q, D)`` float32, centres of the groups of the exponential mechanism; none where left out.
        members: ``(q,)`` int64, how many member codes each has, at least 1.
        member_codes: ``(sum of members, D)`` int8, codes of the members, cluster after cluster; the gallery, where the
            file has no others.
    """

    mean: FloatArray
    groups: IntArray
    factor: FloatArray
    radius: float
    projections: Mapping[str, FloatArray]
    readouts: Mapping[str, FloatArray]
    bias: FloatArray
    gallery: npt.NDArray[np.int8]
    scale: FloatArray
    centre: FloatArray
    anchors: FloatArray
    neighbours: int
    reach: float
    clusters: FloatArray
    members: IntArray
    member_codes: npt.NDArray[np.int8]

    @property
    def size(self) -> int:
        """Length of a code, D."""
        return int(self.mean.shape[1])

    def codes(self, small: npt.NDArray[np.int8]) -> FloatArray:
        """Codes ``(n, D)`` float32 of rows of ``gallery`` or ``member_codes``."""
        return np.asarray(small.astype(np.float32) * self.scale + self.centre, np.float32)


class _Archive:
    """The arrays of the file, each checked as it is taken."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], source: Path) -> None:
        self._arrays, self._source = arrays, source

    def fault(self, name: str, given: object, expected: str) -> PackError:
        return PackError(
            f"{self._source}: {name!r} cannot be used", given=given, expected=expected, do="see docs/packs.md"
        )

    def take(self, name: str, kind: type[Any], shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
        array = self._arrays.get(name)
        wanted = f"{kind.__name__} of shape ({', '.join('any' if n is None else str(n) for n in shape)}), all finite"
        if array is None:
            raise self.fault(name, "nothing", wanted)
        same = array.ndim == len(shape) and all(w in (None, n) for w, n in zip(shape, array.shape, strict=True))
        if not same or not np.issubdtype(array.dtype, kind) or not np.isfinite(array).all():
            raise self.fault(name, f"{array.dtype} of shape {array.shape}", wanted)
        return np.array(array, order="C")  # a copy: also where it is one number

    def floats(self, name: str, *shape: int | None) -> FloatArray:
        return self.take(name, np.floating, shape).astype(np.float32)

    def whole(self, name: str, *shape: int | None) -> IntArray:
        return self.take(name, np.integer, shape).astype(np.int64)

    def optional(self, name: str, read: Callable[[], npt.NDArray[Any]], empty: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return read() if name in self._arrays else empty


def read_manifold(data: bytes, *, source: Path) -> Manifold:
    """Reads a manifold from the verified bytes of a ``.npz`` file.

    Args:
        data: The bytes.
        source: Where they came from, for error texts.

    Raises:
        PackError: It is no such file; or an array is missing, or has another shape or dtype (names it).
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise PackError(f"{source} is no .npz file ({error})", do="install or fetch the pack again") from error
    oracles = [name[len(_PROJECTION) :] for name in arrays if name.startswith(_PROJECTION)]
    return _manifold(_Archive(arrays, source), oracles)


def _manifold(take: _Archive, oracles: list[str]) -> Manifold:
    mean = take.floats("mean", None, None)
    count, size = mean.shape
    members = np.asarray(take.optional("members", lambda: take.whole("members", None), np.zeros(0, np.int64)))
    if count == 0 or size == 0 or (members < 0).any():
        raise take.fault("mean or members", f"{count} groups of {size}, members {members}", "at least one of each")
    small, none = np.int8, np.zeros((0, size), np.int8)
    gallery = take.optional("gallery", lambda: take.take("gallery", small, (None, size)), none)
    q, total, full = len(members), int(members.sum()), members > 0
    codes = take.optional("member_codes", lambda: take.take("member_codes", small, (total, size)), gallery)
    if q and len(codes) != total:
        raise take.fault("member_codes", f"nothing, and a gallery of {len(codes)}", f"{total} codes in one of them")
    projections = {name: take.floats(_PROJECTION + name, None, size) for name in oracles}
    bias = take.floats("traits_bias", None)
    return Manifold(
        mean=mean,
        groups=take.whole("groups", count, None),
        factor=take.floats("factor", size, size),
        radius=float(take.floats("radius")),
        projections=projections,
        readouts={name: take.floats(_READOUT + name, len(bias), len(projections[name])) for name in oracles},
        bias=bias,
        gallery=gallery,
        scale=take.floats("gallery_scale", size),
        centre=take.floats("gallery_mean", size),
        anchors=take.floats("anchors", None, size),
        neighbours=int(take.whole("neighbours")),
        reach=float(take.floats("reach")),
        # Clustering may leave a cluster empty; nobody can be chosen from it.
        clusters=take.floats("cluster", q, size)[full] if q else np.zeros((0, size), np.float32),
        members=members[full],
        member_codes=codes if q else none,
    )

"""The identity code: what both teachers see in a face, in 128 numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from export.train.faces.faces import Faces
from export.train.faces.generator_net import IDENTITY
from pyanon.types import FloatArray

__all__ = ["Codes", "fit_codes", "fit_projection"]

TEACHERS = ("mobilefacenet", "retail")


@dataclass(frozen=True)
class Codes:
    """A linear map from the teachers' embeddings to identity codes.

    Attributes:
        basis: ``(384, 128)`` float32; a code is ``embeddings @ basis``, so that an embedding is a linear map of it.
    """

    basis: FloatArray

    def of(self, faces: Faces) -> FloatArray:
        """Codes ``(n, 128)`` of a whole set."""
        return np.asarray(_both(faces) @ self.basis, np.float32)


def _both(faces: Faces) -> FloatArray:
    return np.asarray(np.concatenate([faces.facts[name] for name in TEACHERS], 1) / np.sqrt(2), np.float32)


def fit_codes(faces: Faces) -> Codes:
    """Principal directions through the origin, scaled so that a number of a code varies by about one.

    Not centred: an oracle's embedding shall be a product with the code and nothing else (docs/sampler.md).
    """
    both = _both(faces).astype(np.float64)
    _, vectors = np.linalg.eigh(both.T @ both / len(both))
    basis = vectors[:, ::-1][:, :IDENTITY]
    # Signs of eigenvectors are any library's choice: the largest entry counts upwards.
    basis = basis * np.sign(basis[np.abs(basis).argmax(0), np.arange(IDENTITY)])
    return Codes(np.asarray(basis / (both @ basis).std(0).mean(), np.float32))


def fit_projection(codes: FloatArray, embeddings: FloatArray, *, ridge: float = 1e-3) -> FloatArray:
    """The matrix ``(d, 128)`` that takes codes ``(n, 128)`` to embeddings ``(n, d)`` of length 1, by least squares."""
    z, e = codes.astype(np.float64), embeddings.astype(np.float64)
    left = z.T @ z + ridge * len(z) * np.eye(z.shape[1])
    return np.asarray(np.linalg.solve(left, z.T @ e).T, np.float32)

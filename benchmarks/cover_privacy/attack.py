"""The attack: adapt to a cover on some people, then find others among 21 candidates; and what chance makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["CANDIDATES", "CHANCE", "Outcome", "adapted", "excess", "named", "parroted", "picked", "plain"]

CANDIDATES = 21
CHANCE = 1 / CANDIDATES
WAVES = 1000  # random Fourier features (Rahimi and Recht 2007)
COMPONENTS = 300
PARROT_COMPONENTS = 128
SHRINKAGE = 0.1
PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outcome:
    """How often each probe's person came first.

    Attributes:
        first: ``(n,)``, the chance that a probe ranks the right one before 20 others drawn from the test people,
            computed over all draws.
    """

    first: Matrix

    @property
    def rank1(self) -> float:
        """Share of right answers, 0..1."""
        return float(self.first.mean())

    @property
    def error(self) -> float:
        """Standard error of ``rank1``."""
        return float(self.first.std(ddof=1) / np.sqrt(len(self.first)))

    def __str__(self) -> str:
        return f"{100 * self.rank1:.1f} % ± {196 * self.error:.1f}"


def excess(outcome: Outcome, reference: Outcome) -> tuple[float, float]:
    """By how much rank-1 exceeds another outcome of the same probes, and the standard error of that."""
    difference = outcome.first - reference.first
    return float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))


def _ranked(scores: Matrix) -> Outcome:
    """From scores of probes (rows) against candidates (columns), the right one on the diagonal."""
    count = len(scores)
    # A cover that leaves no difference at all makes every candidate equal: then the attacker guesses.
    scores = scores + np.random.default_rng(0).normal(0, 1e-9 * max(float(np.abs(scores).max()), 1e-9), scores.shape)
    beaten = (scores < np.diag(scores)[:, None]).sum(1).astype(np.float64)
    first = np.ones(count)
    for drawn in range(CANDIDATES - 1):
        first *= np.clip(beaten - drawn, 0, None) / (count - 1 - drawn)
    return Outcome(first)


def _unit(rows: npt.ArrayLike) -> Matrix:
    rows = np.asarray(rows, np.float64)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def _covariance(rows: Matrix) -> Matrix:
    """Shrunk towards a sphere."""
    sample = np.atleast_2d(np.cov(rows.T))
    sphere = np.trace(sample) / len(sample) + 1e-12
    return np.asarray((1 - SHRINKAGE) * sample + SHRINKAGE * sphere * np.eye(len(sample)))


def plain(probes: npt.ArrayLike, gallery: npt.ArrayLike) -> Outcome:
    """The recogniser as it is: cosine of embeddings."""
    return _ranked(_unit(probes) @ _unit(gallery).T)


def _likelihood(predicted: Matrix, gallery: Matrix, *, noise: Matrix, spread: Matrix) -> Matrix:
    """Log of p(candidate | prediction) / p(candidate) for Gaussians, up to a constant per probe."""
    precision = np.linalg.inv(noise)
    own = np.einsum("ij,jk,ik->i", gallery, precision - np.linalg.inv(spread), gallery)
    return np.asarray(2 * predicted @ precision @ gallery.T - own[None, :])


def _principal(rows: Matrix) -> tuple[Matrix, Matrix]:
    """Squared lengths ``(k,)`` and axes ``(d, k)`` of the principal components, smallest first, at least one."""
    wide = rows.shape[1] > rows.shape[0]
    values, vectors = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    kept = values > float(values[-1]) * 1e-6
    kept[-1] = True
    values, vectors = values[kept], vectors[:, kept]
    if wide:
        vectors = rows.T @ vectors / np.sqrt(np.maximum(values, 1e-12))
    return values, vectors


@dataclass(frozen=True, eq=False)
class _Basis:
    """Standardised principal components, and random waves over them: a ridge regression on these can bend."""

    mean: Matrix
    scale: Matrix
    axes: Matrix
    waves: Matrix
    phase: Matrix

    @classmethod
    def of(cls, rows: Matrix, *, waves: int) -> _Basis:
        mean, deviation = rows.mean(0), rows.std(0)
        scale = np.where(deviation > 1e-6, deviation, np.inf)
        scaled = (rows - mean) / scale
        values, vectors = _principal(scaled)
        axes = vectors[:, -COMPONENTS:] / max(np.sqrt(values.sum() / len(rows)), 1e-9)
        rng = np.random.default_rng(0)
        directions = rng.normal(0, np.sqrt(2), (axes.shape[1], waves))
        return cls(mean, scale, axes, directions, rng.uniform(0, 2 * np.pi, waves))

    def __call__(self, rows: Matrix) -> Matrix:
        straight = np.clip((rows - self.mean) / self.scale, -5, 5) @ self.axes
        bent = np.cos(straight @ self.waves + self.phase) * np.sqrt(2 / max(len(self.phase), 1))
        return np.concatenate([straight, bent, np.ones((len(rows), 1))], axis=1)


def _weights(inputs: Matrix, targets: Matrix, penalty: float) -> Matrix:
    gram = inputs.T @ inputs + penalty * len(inputs) * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(gram, inputs.T @ targets), np.float64)


def _identified(features: Matrix, target: Matrix, *, train: int, waves: int) -> Outcome:
    """Ridge regression from features to what the candidates are known by; its penalty is chosen on people left out."""
    inputs = _Basis.of(features[:train], waves=waves)(features)
    target = target - target[:train].mean(0)
    fit, spread = train * 3 // 4, _covariance(target[:train])
    best, chosen, noise = -1.0, PENALTIES[0], spread
    for penalty in PENALTIES:
        guess = inputs[fit:train] @ _weights(inputs[:fit], target[:fit], penalty)
        missed = _covariance(target[fit:train] - guess)
        won = _ranked(_likelihood(guess, target[fit:train], noise=missed, spread=spread)).rank1
        if won > best:
            best, chosen, noise = won, penalty, missed
    guess = inputs[train:] @ _weights(inputs[:train], target[:train], chosen)
    return _ranked(_likelihood(guess, target[train:], noise=noise, spread=spread))


def adapted(features: npt.ArrayLike, clean: npt.ArrayLike, *, train: int, waves: int = WAVES) -> Outcome:
    """A recogniser adapted to the cover, against clean pictures of the candidates.

    Args:
        features: ``(n, d)`` of covered faces.
        clean: ``(n, e)`` embeddings of another, uncovered view of the same people.
        train: How many of the people, from the first, the attacker has adapted on; the others are its probes.
        waves: How many random waves let the regression bend; 0 keeps it linear.
    """
    return _identified(np.asarray(features, np.float64), _unit(clean), train=train, waves=waves)


def parroted(features: npt.ArrayLike, again: npt.ArrayLike, *, train: int, waves: int = WAVES) -> Outcome:
    """The attacker covers its pictures of the candidates in the same way, and has learned to compare covered faces.

    Args:
        features: ``(n, d)`` of covered faces.
        again: ``(n, d)`` of another view of the same people, covered too.
        train: As in `adapted`.
        waves: As in `adapted`.
    """
    other = np.asarray(again, np.float64)
    known = _Basis.of(other[:train], waves=0)(other)[:, :-1][:, -PARROT_COMPONENTS:]
    return _identified(np.asarray(features, np.float64), known, train=train, waves=waves)


def named(features: npt.ArrayLike, persons: npt.NDArray[np.int64], *, train: int) -> Outcome:
    """Who of a few known people is it? Learned from covered pictures of these very people.

    Args:
        features: ``(n, d)`` of covered faces.
        persons: ``(n,)``, who each is, from 0.
        train: The attacker has learned from the first this many rows.
    """
    rows = np.asarray(features, np.float64)
    inputs = _Basis.of(rows[:train], waves=0)(rows)
    weights = _weights(inputs[:train], np.eye(int(persons.max()) + 1)[persons[:train]], PENALTIES[1])
    return Outcome((np.argmax(inputs[train:] @ weights, axis=1) == persons[train:]).astype(np.float64))


def picked(probes: npt.ArrayLike, candidates: npt.ArrayLike, persons: npt.NDArray[np.int64]) -> Outcome:
    """The recogniser as it is, against one clean embedding per candidate.

    Args:
        probes: ``(n, e)``.
        candidates: ``(m, e)``.
        persons: ``(n,)``, which candidate each probe is.
    """
    best = np.argmax(_unit(probes) @ _unit(candidates).T, axis=1)
    return Outcome((best == persons).astype(np.float64))

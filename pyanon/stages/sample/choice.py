"""Which group of people a replacement is drawn from: traits that are kept, moved away, or left to chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from pyanon.errors import InputError, PackError
from pyanon.ops.philox import random64
from pyanon.policy import KEPT, PRESERVED
from pyanon.runtime import Manifold
from pyanon.types import FloatArray

__all__ = ["GroupChoice"]

#: Number of the draw that chooses among groups: no draw of an identity gets as far.
CHOOSING = 0xFFFFFFFF


class GroupChoice:
    """Chooses the group whose prior an identity is drawn from.

    A preserved trait keeps the original's category. An altered one moves to the category whose mean code lies
    farthest from that of the original's, as the attribute anonymizer of LReOrg does. One in neither set may be
    anything. Where no group has all that is wanted, those that have most of it are chosen from.

    Args:
        manifold: The pack's groups.
        traits: Trait -> names of its categories, in the order of the manifold's logits.
        preserve: Names to keep; those that the corridor always keeps may be among them.
        alter: Names to move away.

    Raises:
        InputError: A trait is unknown to the pack, or cannot be altered; names those that can.
        PackError: The manifold's groups do not fit the traits.
    """

    def __init__(
        self,
        manifold: Manifold,
        *,
        traits: Mapping[str, tuple[str, ...]],
        preserve: Collection[str],
        alter: Collection[str],
    ) -> None:
        _check_names(traits, preserve=preserve, alter=alter)
        counts = [len(names) for names in traits.values()]
        self._groups = _checked_groups(manifold, counts)
        self._ends = np.cumsum([0, *counts])
        self._moves = [_farthest(manifold, index, count) for index, count in enumerate(counts)]
        self._rules = [("keep" if t in preserve else "move" if t in alter else "") for t in traits]
        for index, (trait, rule) in enumerate(zip(traits, self._rules, strict=True)):
            if rule == "move" and len(np.unique(self._groups[:, index])) < 2:
                raise InputError(f"the pack's groups cannot alter {trait!r}: they all have the same")

    def wanted(self, logits: FloatArray) -> npt.NDArray[np.intp]:
        """The groups that fit the original's logits ``(T,)`` best, by index."""
        fitting = np.zeros(len(self._groups), np.int64)
        for index, rule in enumerate(self._rules):
            if rule:
                category = int(np.argmax(logits[self._ends[index] : self._ends[index + 1]]))
                goal = category if rule == "keep" else self._moves[index][category]
                fitting += self._groups[:, index] == goal
        return np.flatnonzero(fitting == fitting.max())

    def __call__(self, logits: FloatArray, *, key: int) -> int:
        """One of those groups, by the key of the track."""
        groups = self.wanted(logits)
        return int(groups[random64(key, draw=CHOOSING)[0] * len(groups) >> 64])

    def merit(self, before: FloatArray, after: FloatArray) -> FloatArray:
        """How well the traits of replacements fit what is wanted: ``(n,)`` in nats, 0 at best; NaN where logits are.

        A preserved trait shall be read as it was, however sure that was (Kullback-Leibler divergence); an altered one
        as the category that it moves to.

        Args:
            before: Logits ``(n, T)`` of the originals.
            after: Logits ``(n, T)`` of their replacements.
        """
        merit = np.zeros(len(before), np.float32)
        for index, rule in enumerate(self._rules):
            part = slice(self._ends[index], self._ends[index + 1])
            was, now = _log_shares(before[:, part]), _log_shares(after[:, part])
            if rule == "keep":
                merit -= (np.exp(was) * (was - now)).sum(axis=1)
            elif rule == "move":
                goals = np.asarray(self._moves[index])[was.argmax(axis=1)]
                merit += now[np.arange(len(now)), goals]
        return merit


def _log_shares(logits: FloatArray) -> FloatArray:
    """Logarithms of the probabilities ``(n, k)``."""
    high = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(high - np.log(np.exp(high).sum(axis=1, keepdims=True)), np.float32)


def _check_names(traits: Mapping[str, tuple[str, ...]], *, preserve: Collection[str], alter: Collection[str]) -> None:
    known = ", ".join(sorted(traits)) or "(none)"
    wrong = sorted(set(alter) - set(traits))
    if wrong:
        always = " (expression, pose and gaze are always kept)" if set(wrong) & KEPT else ""
        raise InputError(
            f"Policy.alter names what this pack cannot alter{always}", given=", ".join(wrong), expected=f"of: {known}"
        )
    # Who leaves the default asks for all that the pack can keep.
    wrong = sorted(set(preserve) - set(traits) - PRESERVED)
    if wrong:
        raise InputError(
            "Policy.preserve names what this pack cannot preserve",
            given=", ".join(wrong),
            expected=f"of: {', '.join(sorted(KEPT))}, {known}",
        )


def _checked_groups(manifold: Manifold, counts: list[int]) -> npt.NDArray[np.int64]:
    groups = manifold.groups
    fitting = groups.shape[1] == len(counts) and len(manifold.bias) == sum(counts)
    if not fitting or (groups < 0).any() or (groups >= np.asarray(counts, np.int64)).any():
        raise PackError(
            "the manifold does not fit the pack's traits",
            given=f"{groups.shape[1]} traits, {len(manifold.bias)} categories",
            expected=f"{len(counts)}, with {counts} categories",
            do="write the pack again from its training",
        )
    return groups


def _farthest(manifold: Manifold, trait: int, count: int) -> list[int]:
    """For each category of a trait the one whose mean code lies farthest from its own."""
    of = manifold.groups[:, trait]
    means = {c: manifold.mean[of == c].mean(axis=0) for c in range(count) if (of == c).any()}
    everybody = manifold.mean.mean(axis=0)
    farthest = []
    for category in range(count):
        own = means.get(category, everybody)
        others = [c for c in means if c != category] or [category]
        farthest.append(max(others, key=lambda c: float(np.linalg.norm(means.get(c, everybody) - own))))
    return farthest

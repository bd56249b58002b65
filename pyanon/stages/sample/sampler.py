"""The sampler: one identity per track, held for the track's life, unlike every face that is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from pyanon import ops
from pyanon.stages.sample.choice import GroupChoice
from pyanon.stages.sample.prior import Prior
from pyanon.types import BoolArray, Embeddings, FloatArray, Identities, Tracks

__all__ = ["Sampler"]

#: Draws that a face has in one frame, and how many of them may meet the training gallery.
DRAWS, MEETINGS = 2048, 64
#: Choices by the exponential mechanism that a face has in its whole life: each costs epsilon.
SPENDABLE = 8
#: Replacements that new ones must be unlike, and tracks that are remembered: the latest.
IN_USE, REMEMBERED = 32, 1024
#: Draws that a face has in its whole life; a track that comes so far stays covered, at no more cost.
LAST_DRAW = 1 << 16


@dataclass
class _Held:
    """What is known of a track: its keys, its group (once it was seen), its code, and the number of its next draw.

    While the best of several codes is looked for, also those that were tried; and whether it was found. With the
    exponential mechanism whom it is drawn like, and how often that was chosen.
    """

    key: int
    paint: int
    group: int | None = None
    code: FloatArray | None = None
    next: int = 0
    tried: list[FloatArray] = field(default_factory=list)
    settled: bool = False
    like: ops.SamplerSpec | None = None
    choices: int = 0


class Sampler:
    """Draws one identity code per track and holds it.

    Args:
        prior: What is drawn from and tested against.
        choice: Which group a face's replacement comes from.
        secret: 16 to 64 bytes: the same secret and track give the same person.
        epsilon: Privacy loss of one choice by the exponential mechanism; None draws from the face's own group.
    """

    def __init__(self, prior: Prior, *, choice: GroupChoice, secret: bytes, epsilon: float | None = None) -> None:
        self._prior, self._choice, self._secret, self._epsilon = prior, choice, secret, epsilon
        # The noise of a picture must say nothing about the draws of its identity.
        self._paint_secret = hashlib.blake2b(b"paint", key=secret, digest_size=32, person=b"pyanon/paint").digest()
        self._held: dict[int, _Held] = {}
        self.ledger = ops.EpsilonLedger()

    def __call__(self, tracks: Tracks, embeddings: Embeddings) -> Identities:
        """Identity codes, row by row; NaN where none was acceptable.

        Args:
            tracks: The faces.
            embeddings: What the oracles see in them: whom they must not become, and which traits they have.
        """
        usable = embeddings.usable
        numbers = tracks.track_id.tolist()
        rows, traits = [self._row(number) for number in numbers], self._prior.traits(embeddings)
        for row, (number, held) in enumerate(zip(numbers, rows, strict=True)):
            if held.code is None and usable[row]:
                group = self._choice(traits[row], key=held.key) if held.group is None else held.group
                held.group = group
                held.code = self._draw(number, held, group, self._live(embeddings, number))
        self._forget(set(numbers))
        nothing = np.full(self._prior.size, np.nan, np.float32)
        codes = [nothing if held.code is None else held.code for held in rows]
        return Identities(
            np.asarray(codes, np.float32).reshape(len(rows), self._prior.size),
            np.array([held.paint for held in rows], np.uint64),
        )

    def fresh(self, tracks: Tracks) -> BoolArray:
        """Which of the faces ``(n,)`` no identity was ever drawn for."""
        helds = (self._held.get(number) for number in tracks.track_id.tolist())
        return np.array([held is None or not held.next for held in helds], np.bool_)

    def settled(self, tracks: Tracks) -> BoolArray:
        """Which of the faces ``(n,)`` have an identity that was shown before."""
        helds = (self._held.get(number) for number in tracks.track_id.tolist())
        return np.array([held is not None and held.settled for held in helds], np.bool_)

    def redraw(self, track_ids: Iterable[int]) -> None:
        """Draws another identity for these tracks from the next frame on: `verify` refused the last one."""
        for number in track_ids:
            if number in self._held:
                self._hold(number, None)

    def retake(self, track_ids: Iterable[int]) -> None:
        """Draws another identity for these tracks at the next call, and may come back to this one: see `settle`."""
        for number in track_ids:
            held = self._held[number]
            if held.code is not None:
                held.tried.append(held.code)
                held.code = None

    def settle(self, codes: Mapping[int, FloatArray]) -> None:
        """Holds one of the identities that were drawn for each of these tracks in this frame."""
        for number, code in codes.items():
            self._hold(number, code)

    def _hold(self, number: int, code: FloatArray | None) -> None:
        held = self._held[number]
        held.code, held.settled = code, code is not None
        held.tried.clear()

    def reset(self) -> None:
        """Forgets every track; what was spent on them is not forgotten."""
        self._held.clear()

    def _row(self, number: int) -> _Held:
        """What is held of a track, which becomes the latest."""
        held = self._held.pop(number, None)
        if held is None:
            held = _Held(ops.track_key(self._secret, number), ops.track_key(self._paint_secret, number))
        self._held[number] = held
        return held

    def _live(self, embeddings: Embeddings, number: int) -> tuple[FloatArray, ...]:
        """For each oracle all originals of the frame, and the replacements that other tracks use, or may yet use."""
        originals = [rows[embeddings.usable] for rows in embeddings.oracles]
        others = [held for other, held in self._held.items() if other != number]
        codes = [code for held in others for code in (*held.tried, held.code) if code is not None]
        if not codes:
            return tuple(originals)
        seen = self._prior.seen(np.stack(codes[-IN_USE:]))
        return tuple(np.concatenate([rows, new]) for rows, new in zip(originals, seen, strict=True))

    def _draw(self, number: int, held: _Held, group: int, live: tuple[FloatArray, ...]) -> FloatArray | None:
        if self._epsilon is None:
            return self._reject(held, self._prior.spec(group), live)
        if held.like is None and held.choices < SPENDABLE:
            held.like = self._choose(number, held, group, self._epsilon)
        code = None if held.like is None else self._reject(held, held.like, live)
        if code is None:
            held.like = None  # people like these are all too much like somebody here
        return code

    def _reject(self, held: _Held, spec: ops.SamplerSpec, live: tuple[FloatArray, ...]) -> FloatArray | None:
        """The first acceptable of the track's next draws."""
        end = min(held.next + DRAWS, LAST_DRAW)
        for _ in range(MEETINGS):
            if held.next >= end:
                return None
            code, draw = ops.reject(
                spec,
                live=live,
                keys=np.array([held.key], np.uint64),
                max_draws=end - held.next,
                first=np.array([held.next], np.int64),
            )
            held.next = int(draw[0]) + 1 if draw[0] >= 0 else end
            if draw[0] >= 0 and not self._prior.is_known(code[0]):
                accepted: FloatArray = code[0]
                return accepted
        return None

    def _choose(self, number: int, held: _Held, group: int, epsilon: float) -> ops.SamplerSpec:
        """Whom a track's codes are drawn like: a member of a cluster that the exponential mechanism chose."""
        cluster, member = ops.exponential(
            self._prior.utilities(group)[None],
            sizes=self._prior.manifold.members,
            epsilon=epsilon,
            sensitivity=1.0,
            keys=np.array([held.key], np.uint64),
            draws=np.array([held.choices], np.int64),
        )
        held.choices += 1
        self.ledger.spend(number, epsilon)
        return self._prior.spec_of_member(int(cluster[0]), int(member[0]))

    def _forget(self, present: set[int]) -> None:
        """Keeps memory bounded: track numbers are never used again."""
        for number in list(self._held)[: max(0, len(self._held) - REMEMBERED)]:
            if number not in present:
                del self._held[number]

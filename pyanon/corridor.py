"""The corridor between tracks and blend: the only place that knows in which order a face is replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from pyanon.errors import PackError
from pyanon.keys import secret_of
from pyanon.ops.pictures import joined
from pyanon.policy import Policy
from pyanon.runtime import OCCLUSION, ORACLE, Manifold, Pack, Runner, face_networks, missing_for_faces
from pyanon.stages.align import Aligner
from pyanon.stages.blend import nothing_painted
from pyanon.stages.encode import Encoder
from pyanon.stages.generate import Generator
from pyanon.stages.recognise import Recogniser
from pyanon.stages.sample import GroupChoice, Prior, Sampler
from pyanon.stages.track import Steadier
from pyanon.stages.verify import Verifier
from pyanon.takes import Takes
from pyanon.types import BoolArray, Crops, Embeddings, FloatArray, Frame, Replacements, Tracks, Verdicts

__all__ = ["Corridor", "RunStage", "is_replacing"]

T = TypeVar("T")

#: Merit in nats from which on a face looks for no better replacement, and pictures painted in a frame for that alone.
SATISFIED, PAINTINGS = -1.0, 4
#: Share of a similarity that is refused from which on merit falls, and by how many nats for each whole one.
COMFORT, NARROW = 0.5, 2.0

KNOWN = "an oracle took it for a face that the networks learnt from"


class RunStage(Protocol):
    """Runs a step under the name of its stage: measures it, and names the stage in what it raises."""

    def __call__(self, stage: str, step: Callable[[], T]) -> T:
        """What the step returns."""


def is_replacing(policy: Policy, pack: Pack) -> bool:
    """Whether faces are replaced: where the policy says so, or leaves it open and the pack can and means to.

    Raises:
        PackError: The policy asks for what only replacing can do, and the pack cannot replace.
    """
    if policy.method is None:
        asked = bool(policy.alter) or policy.epsilon is not None
        willing = pack.manifest.method == "replace" and not missing_for_faces(pack)
        return willing or (asked and bool(face_networks(pack)))
    return policy.method == "replace"


class Corridor:
    """Aligns, encodes, recognises, samples, generates and verifies the faces of a frame.

    Args:
        policy: What shall happen to the faces.
        pack: The pack; it has what `missing_for_faces` looks for.
        open_runner: Opens and activates the network of a role.

    Raises:
        PackError: The pack lacks something, or something in it does not fit.
        InputError: The policy asks for what the pack cannot do; names what it can.
    """

    def __init__(self, policy: Policy, *, pack: Pack, open_runner: Callable[[str], Runner]) -> None:
        networks = face_networks(pack)
        manifold = pack.manifold()
        if policy.epsilon is not None and not len(manifold.members):
            raise PackError(
                f"pack {pack.name!r} has no clusters for the exponential mechanism",
                expected="cluster, members and member_codes in its manifold",
                do="leave Policy.epsilon out, or use another pack",
            )
        _check_sizes(pack, manifold)
        thresholds, cleared = (
            tuple(networks.threshold(name, policy.fmr, of=table) for name in networks.oracles)
            for table in (networks.thresholds, networks.cleared)
        )
        self._prior = Prior.of(networks, manifold, fmr=policy.fmr)
        self._choice = GroupChoice(
            manifold, traits=networks.traits, preserve=list(policy.preserve), alter=list(policy.alter)
        )
        self._traits = networks.traits
        self._secret, self._epsilon = secret_of(policy.key), policy.epsilon
        self._align = Aligner(networks)
        occlusion = open_runner(OCCLUSION) if OCCLUSION in pack.manifest.roles else None
        self._encode = Encoder(open_runner("face_encoder"), occlusion=occlusion)
        self._recognise = Recogniser([open_runner(ORACLE + name) for name in networks.oracles])
        self._generate = Generator(
            open_runner("generator"), open_runner("face_decoder"), networks=networks, steps=policy.steps
        )
        self._verify = Verifier(self._recognise.embed, thresholds=thresholds, cleared=cleared)
        self._cleared, self._oracles = cleared, len(networks.oracles)
        self._is_face = ["face" in prompt.lower().split() for prompt in policy.prompts]

    def sampler(self) -> Sampler:
        """A sampler for one picture or stream: track numbers begin anew in each."""
        return Sampler(self._prior, choice=self._choice, secret=self._secret, epsilon=self._epsilon)

    def __call__(
        self,
        frame: Frame,
        tracks: Tracks,
        sampler: Sampler,
        *,
        witness: FloatArray,
        run: RunStage,
        steady: Steadier | None = None,
        most: int = 1,
    ) -> tuple[Replacements, Verdicts]:
        """Replacements and verdicts for the faces of a frame, row by row.

        Of a face that is seen for the first time several pictures may be painted, each of another person, and the best
        of those that `verify` accepts is taken: the one whose traits are read as the policy wants them. Later on a face
        that is refused gets another identity in the next frame.

        Args:
            frame: The frame.
            tracks: Its faces, with landmarks.
            sampler: From `sampler`, one per stream.
            witness: ``(n,)``, how surely a face is where each of them is.
            run: Runs each stage.
            steady: The stream's, for a frame of one.
            most: How many pictures may be painted of a face that is seen for the first time.
        """
        reasons = run("align", lambda: self._unfit(tracks, witness))
        fit = np.array([not reason for reason in reasons], np.bool_)
        if not fit.any():
            return nothing_painted(len(tracks)), self._refused(reasons)
        faces = tracks.pick(fit)
        crops = run("align", lambda: self._align(frame, faces, located=tracks.xyxy))
        attributes = run("encode", lambda: self._encode(crops))
        if steady is not None:
            attributes = run("track", partial(steady.expressions, attributes, faces.track_id, frame.time))
        originals = run("recognise", lambda: self._recognise(crops))
        fresh, settled, takes = sampler.fresh(faces), sampler.settled(faces), Takes()
        while True:
            identities = run("sample", lambda: sampler(faces, originals))
            painted = run("generate", partial(self._generate, attributes, identities))
            verdicts = run("verify", partial(self._verified, crops, originals, painted, new=~settled))
            takes.add(identities, painted, verdicts, merit=self._merit(originals, verdicts))
            # A face for which no identity was found has drawn already.
            drawn = np.isfinite(identities.code).all(axis=1)
            for_better = (takes.merit < SATISFIED) & (len(takes) * len(faces) < PAINTINGS)
            again = fresh & drawn & (~takes.accepted | for_better)
            if len(takes) == most or not again.any():
                break
            sampler.retake(faces.track_id[again].tolist())
        sampler.redraw(faces.track_id[~takes.accepted].tolist())
        identities, painted, verdicts = takes.best()
        sampler.settle({int(faces.track_id[row]): identities.code[row] for row in np.flatnonzero(takes.accepted)})
        traits = self._read(verdicts.embeddings, verdicts.accepted)
        verdicts = replace(verdicts, traits=traits, before=self._read(originals))
        return _spread(painted, fit), self._joined(verdicts, fit, reasons)

    def _verified(self, crops: Crops, originals: Embeddings, painted: Replacements, *, new: BoolArray) -> Verdicts:
        """What `verify` says; what an oracle takes for a face of the training gallery is refused where it is ``new``.

        That an identity is drawn away from the gallery does not say that it is painted away from it.
        """
        verdicts = self._verify(crops, originals, painted)
        known = verdicts.accepted & new
        if verdicts.embeddings is not None and known.any():
            known[known] = self._prior.are_known(verdicts.embeddings.pick(known))
            reasons = zip(verdicts.reason, known.tolist(), strict=True)
            reason = tuple(KNOWN if hit else before for before, hit in reasons)
            verdicts = replace(verdicts, accepted=verdicts.accepted & ~known, reason=reason)
        return verdicts

    def _read(self, seen: Embeddings | None, rows: BoolArray | None = None) -> tuple[Mapping[str, str], ...]:
        """The likeliest category of every trait, for those of the rows that could be read."""
        return self._prior.read(seen, self._traits, rows=rows) if seen is not None else ()

    def _merit(self, originals: Embeddings, verdicts: Verdicts) -> FloatArray:
        """How good replacements are, ``(n,)``: what `GroupChoice.merit` says, less for those that were nearly refused.

        One that passes narrowly now may not in a frame to come. With the exponential mechanism all are alike: to choose
        by what is seen would tell more than epsilon allows.
        """
        merit = np.zeros(len(originals), np.float32)
        if self._epsilon is None and verdicts.embeddings is not None:
            before, after = (self._prior.traits(seen) for seen in (originals, verdicts.embeddings))
            near = (verdicts.similarity / np.asarray(self._cleared, np.float32)).max(axis=1, initial=0)
            merit = self._choice.merit(before, after) - NARROW * np.maximum(near - COMFORT, 0)
        return merit

    def _unfit(self, tracks: Tracks, witness: FloatArray) -> tuple[str, ...]:
        reasons = self._align.unfit(tracks, witness=witness)
        # Landmarks are made up where a prompt names something else: a licence plate, a screen.
        return tuple(
            why if self._is_face[prompt] else "it is no face"
            for why, prompt in zip(reasons, tracks.prompt.tolist(), strict=True)
        )

    def _refused(self, reasons: tuple[str, ...]) -> Verdicts:
        count = len(reasons)
        return Verdicts(np.zeros(count, np.bool_), np.full((count, self._oracles), np.nan, np.float32), reasons)

    def _joined(self, verdicts: Verdicts, fit: BoolArray, reasons: tuple[str, ...]) -> Verdicts:
        """Verdicts on all tracks, from those on the faces that were fit to be replaced."""
        texts = iter(verdicts.reason)
        whole = self._refused(tuple(reason or next(texts) for reason in reasons))
        whole.accepted[fit], whole.similarity[fit] = verdicts.accepted, verdicts.similarity
        traits, before = iter(verdicts.traits), iter(verdicts.before)
        rows = [(next(traits), next(before)) if each else ({}, {}) for each in fit.tolist()]
        return replace(whole, traits=tuple(row[0] for row in rows), before=tuple(row[1] for row in rows))


def _check_sizes(pack: Pack, manifold: Manifold) -> None:
    """Codes and embeddings must be as long in the manifold as in the networks."""
    stated = {"identity code": (pack.role("generator").inputs, "identity", manifold.size)}
    for name, projection in manifold.projections.items():
        if ORACLE + name in pack.manifest.roles:
            stated[f"embedding of {name!r}"] = (pack.role(ORACLE + name).outputs, "embedding", len(projection))
    for what, (ports, port, length) in stated.items():
        lengths = [each.axes[-1] for each in ports if each.name == port]
        if len(lengths) != 1 or (isinstance(lengths[0], int) and lengths[0] != length):
            raise PackError(
                f"pack {pack.name!r}: the {what} is not as long as the manifold's",
                given=f"{lengths} in the network",
                expected=str(length),
                do="write the pack again from its training",
            )


def _spread(painted: Replacements, fit: BoolArray) -> Replacements:
    """Replacements for all tracks; nothing is painted where a face was not fit."""
    count, to, rows = len(fit), np.flatnonzero(fit), np.arange(len(painted))
    matrix = np.zeros((count, 2, 3), np.float32)
    matrix[fit] = painted.matrix
    pixels, mask = (joined([(to, stack, rows)], count=count) for stack in (painted.pixels, painted.mask))
    return Replacements(pixels, mask, matrix)

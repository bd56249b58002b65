"""The selection: the only place that knows how it is told which of the located faces stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from pyanon.described import Compares, Described, Faces
from pyanon.errors import InputError
from pyanon.geometry import overlaps, sizes
from pyanon.photos import Photo
from pyanon.policy import Policy
from pyanon.runtime import ORACLE, Pack, Runner, face_networks
from pyanon.stages.align import Aligner, LandmarkNet
from pyanon.stages.recognise import Recogniser
from pyanon.stages.sample import Prior
from pyanon.stages.select import Alike, Ballot, Votes, combined, crowded
from pyanon.types import Embeddings, Frame, ImageArray, Tracks, Verdicts

__all__ = ["Glance", "Locate", "Selection", "Watch"]

#: Share of a face's box that another's may cover before nobody knows whose face it is.
CROWDED = 0.3
#: How many times the area of the second largest face the largest one of a reference photo has, at least.
LARGEST = 2.0

#: Locates the faces of a picture on its own.
Locate: TypeAlias = Callable[[ImageArray], tuple[Frame, Tracks]]
Traits: TypeAlias = Mapping[str, str]


class Selection:
    """Tells which faces the policy's ``only`` or ``except_`` lets stay as they are; what is not sure does not.

    Args:
        policy: Names who is meant.
        pack: The pack.
        open_runner: Gives the active network of a role.
        align: Finds landmarks.
        locate: Locates the faces of reference photos.
        likeness: Compares texts and people; None: the pack cannot.

    Raises:
        InputError: A description cannot be told with this pack, or a photo does not show whose face is meant.
        PackError: The pack cannot recognise faces.
        SourceError: A photo cannot be read.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        pack: Pack,
        open_runner: Callable[[str], Runner],
        align: LandmarkNet,
        locate: Locate,
        likeness: Compares | None = None,
    ) -> None:
        networks = self._networks = face_networks(pack)
        self._stays = 1 if policy.except_ else -1
        self._landmarks, self._aligner, self._likeness = align, Aligner(networks), likeness
        self._recognise = Recogniser([open_runner(ORACLE + name) for name in networks.oracles])
        self._prior = Prior.of(networks, pack.manifold(), fmr=networks.least_fmr)
        self._is_face = ["face" in prompt.lower().split() for prompt in policy.prompts]
        texts = [each for each in policy.meant if isinstance(each, str)]
        self._described = [Described(each, traits=networks.traits, likeness=likeness) for each in texts]
        self._alike = [self._enrolled(each, locate) for each in policy.meant if isinstance(each, Photo)]

    def watch(self, *, still: bool) -> Watch:
        """What sees the faces of one stream, or of one picture, and counts how sure that is.

        Args:
            still: Whether it is a picture on its own.
        """
        return Watch(self, Votes(1) if still else Votes())

    def _enrolled(self, photo: Photo, locate: Locate) -> Alike:
        frame, tracks = locate(_pixels(photo))
        area = sizes(tracks.xyxy).prod(axis=1)
        largest = np.argsort(-area)
        if not len(area) or (area[largest[1:2]] * LARGEST > area.max()).any():
            raise _no_reference(photo, f"{len(area)} located faces")
        why, face = self._look(frame, tracks.pick(largest[:1]))
        if why[0] or not face.usable.all():
            raise _no_reference(photo, f"a face, but {why[0] or 'an oracle cannot compare it'}")
        thresholds, cleared = self._networks.thresholds, self._networks.cleared
        return Alike(
            face,
            # At the lowest rate that the pack is calibrated for; and what nearly all pairs of one person pass.
            same=[max(thresholds[name].values()) for name in self._networks.oracles],
            other=[min(cleared[name].values()) for name in self._networks.oracles],
        )

    def _look(self, frame: Frame, tracks: Tracks) -> tuple[tuple[str, ...], Embeddings]:
        """Why faces cannot be recognised, and what the oracles see of those that can; NaN for the others."""
        refined, witness = self._landmarks.refine(frame, tracks)
        reasons = self._aligner.unfit(refined, witness=witness)
        fit = np.array([not reason for reason in reasons], np.bool_)
        readouts = self._prior.manifold.readouts
        whole = [np.full((len(tracks), readouts[each].shape[1]), np.nan, np.float32) for each in self._networks.oracles]
        if fit.any():
            seen = self._recognise(self._aligner(frame, refined.pick(fit), located=tracks.xyxy))
            for rows, own in zip(whole, seen.oracles, strict=True):
                rows[fit] = own
        return reasons, Embeddings(tuple(whole))

    def look(self, frame: Frame, tracks: Tracks, votes: Votes) -> tuple[Ballot, dict[int, Traits]]:
        """Looks at the faces of a frame, and counts what is sure of them.

        Args:
            frame: The frame.
            tracks: Its faces.
            votes: The stream's.

        Returns:
            Whether they stay, as far as is known; and by track what the oracles read of its face.
        """
        boxes, area = tracks.xyxy, sizes(tracks.xyxy).prod(axis=1)
        over = tracks.coasted | crowded(overlaps(boxes, boxes), area, most=CROWDED)
        _, embeddings = self._look(frame, tracks)
        fit = embeddings.usable & ~over & np.array([self._is_face[each] for each in tracks.prompt.tolist()], np.bool_)
        faces = Faces(frame, tracks, self._prior.chances(embeddings, self._networks.traits))
        if self._likeness is not None and any(each.asks_for_looks for each in self._described):
            faces = replace(faces, people=self._likeness.people(frame, boxes))
        meant = [each(embeddings) for each in self._alike] + [each(faces) for each in self._described]
        opinion = (self._stays * combined(meant, len(tracks))).astype(np.int8)
        traits = self._prior.read(embeddings, self._networks.traits)
        return votes(tracks.track_id, opinion, fit=fit, over=over), dict(
            zip(tracks.track_id.tolist(), traits, strict=True)
        )


@dataclass
class Glance:
    """What was seen of one frame; nothing where something failed before.

    Attributes:
        ballot: Whether its faces stay.
        traits: Track -> trait -> category.
    """

    ballot: Ballot | None = None
    traits: Mapping[int, Traits] = field(default_factory=dict)

    def kept(self, tracks: Tracks, verdicts: Verdicts) -> Verdicts:
        """The verdicts with the faces that stay, and what is read of them.

        Args:
            tracks: The faces of the frame as it leaves; those that were added later are hidden.
            verdicts: Theirs.
        """
        if self.ballot is None:
            return verdicts
        kept = self.ballot.kept(tracks.track_id) & ~tracks.coasted
        rows = zip(tracks.track_id.tolist(), verdicts.before, kept.tolist(), strict=True)
        before = tuple(self.traits.get(number, {}) if stays and not read else read for number, read, stays in rows)
        return replace(verdicts, kept=kept, before=before)


class Watch:
    """Watches one stream, or one picture.

    Args:
        selection: Who is meant.
        votes: Counts.
    """

    def __init__(self, selection: Selection, votes: Votes) -> None:
        self._selection, self._votes = selection, votes

    def missed(self) -> None:
        """A frame could not be looked at: nobody knows who is who after it."""
        self._votes.reset()

    def __call__(self, frame: Frame, tracks: Tracks) -> Glance:
        """Looks at a frame, in the order in which they come; frames that are held learn from it.

        Args:
            frame: The frame.
            tracks: Its faces.
        """
        return Glance(*self._selection.look(frame, tracks, self._votes))


def _pixels(photo: Photo) -> ImageArray:
    if photo.pixels is not None:
        return photo.pixels
    from pyanon.video import read_picture  # loads the codecs

    return read_picture(photo.path or "").frame.picture


def _no_reference(photo: Photo, given: str) -> InputError:
    return InputError(
        "a reference photo does not show whose face is meant",
        given=f"{photo.path or 'pixels'}: {given}",
        expected=f"one face, or one that has {LARGEST:g} times the area of any other; from the front, large and clear",
        do="cut the photo to that person, or take another one",
    )

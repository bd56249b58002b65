"""How often who is meant is told surely, and wrongly: by words for gender and age, and by a photo.

    python -m export.train.faces.selected --cache checkpoints/faces --pack engines/pocket [--clips ../shared/data/clips]

On faces that no network has learnt from. An age group next to the one that is said counts as right. Of a photo: every
two of them are two people, except pairs that both teachers find more alike than `SAME`. Of clips, each shows one person
who is in no other; the first frame of each is the photo.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from export.train.faces.calibrate import SAME, embeddings
from export.train.faces.faces import Faces
from export.train.faces.oracle_nets import NETS
from pyanon.anonymizer import Anonymizer
from pyanon.captions.describe import AGES, portrait_of
from pyanon.captions.pointed import read
from pyanon.described import Described
from pyanon.described import Faces as Located
from pyanon.policy import Policy
from pyanon.runtime import Pack, face_networks, load_pack
from pyanon.stages.sample import Prior
from pyanon.types import BoolArray, Embeddings, Frame, Opinions, Tracks
from pyanon.video import open_video

__all__ = ["clips", "main", "photos", "words"]

#: Frames of each clip that are looked at.
FRAMES = 20

TEXTS = ("women", "men", "children", "young women", "old men", "boys", "girls")


def words(pack: Pack, faces: Faces, seen: Embeddings) -> Iterator[str]:
    """A line for each text: how many are surely meant and surely not, and how many of those wrongly."""
    networks = face_networks(pack)
    prior = Prior.of(networks, pack.manifold(), fmr=networks.least_fmr)
    located = Located(Frame(np.zeros((1, 1, 3), np.uint8)), _nowhere(len(seen)), prior.chances(seen, networks.traits))
    for text in TEXTS:
        found = Described(text, traits=networks.traits, likeness=None)(located)
        yield f"{text}: {_counted(found, _true(faces, text, networks.traits))}"


def _true(faces: Faces, text: str, traits: Mapping[str, tuple[str, ...]]) -> BoolArray:
    """Whom a text is true of, by the labels; an age group next to one that is meant will do."""
    said, names = read(text), list(traits)
    true = np.ones(len(faces.facts["labels"]), np.bool_)
    labels = {name: faces.facts["labels"][:, column] for column, name in enumerate(names)}
    if said.gender:
        true &= labels["gender"] == traits["gender"].index(said.gender)
    if said.ages:
        groups = np.array([AGES.index(portrait_of({"age": name}).age) for name in traits["age"]])
        off = [np.abs(groups[labels["age"]] - AGES.index(age)) for age in said.ages]
        true &= np.min(off, axis=0) <= 1
    return true


def _counted(found: Opinions, true: BoolArray) -> str:
    surely, not_them = found > 0, found < 0
    return (
        f"surely {surely.mean():.1%} of all, {(surely & ~true).sum()} of {surely.sum()} wrongly; "
        f"surely not {not_them.mean():.1%}, {(not_them & true).sum()} of {not_them.sum()} wrongly"
    )


def photos(pack: Pack, faces: Faces, seen: Embeddings) -> str:
    """How many strangers pass for somebody, and how many surely do not."""
    networks = face_networks(pack)
    rows, columns = np.triu_indices(len(seen), 1)
    alike = [faces.facts[teacher] @ faces.facts[teacher].T for _, teacher in NETS.values()]
    strangers = ~np.logical_and.reduce([each[rows, columns] > SAME for each in alike])
    same, other = np.ones(strangers.sum(), np.bool_), np.ones(strangers.sum(), np.bool_)
    for name, each in zip(networks.oracles, seen.oracles, strict=True):
        cosines = (each @ each.T)[rows, columns][strangers]
        same &= cosines >= max(networks.thresholds[name].values())
        other &= cosines < min(networks.cleared[name].values())
    return f"strangers: {same.sum()} of {len(same)} pairs pass for one person; {other.mean():.1%} surely are not"


def clips(pack: Pack, folder: Path) -> Iterator[str]:
    """A line for ``except_`` and one for ``only``: how many faces of the person and of others were kept."""
    films = {path.name: list(_frames(path)) for path in sorted(folder.iterdir()) if "no_faces" not in path.name}
    for how in ("except_", "only"):
        counts = np.zeros((2, 2), np.int64)
        for name, film in films.items():
            policy = Policy(method="blur", **{how: film[0].picture})  # type: ignore[arg-type]
            with Anonymizer(pack=pack, policy=policy) as anonymizer:
                for other, frames in films.items():
                    faces = [face for result in anonymizer.stream(frames) for face in result.faces]
                    counts[int(other != name)] += (sum(face.action == "kept" for face in faces), len(faces))
        (own, faces_own), (others, faces_others) = counts.tolist()
        yield f"{how}: kept {own} of {faces_own} of the person, {others} of {faces_others} of others"


def _frames(path: Path) -> Iterator[Frame]:
    """Every second one of the first."""
    with open_video(path) as video:
        yield from itertools.islice(video, 0, 2 * FRAMES, 2)


def _nowhere(count: int) -> Tracks:
    return Tracks(
        np.zeros((count, 4), np.float32),
        np.ones(count, np.float32),
        np.zeros((count, 5, 2), np.float32),
        np.zeros(count, np.int64),
        np.arange(count),
        np.zeros(count, np.bool_),
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--clips", type=Path, help="folder of clips")
    args = parser.parse_args()
    pack, faces = load_pack(args.pack), Faces(args.cache, held_out=True)
    oracles = face_networks(pack).oracles
    real = (faces.facts["labels"] >= 0).all(axis=1)
    seen = Embeddings(tuple(embeddings(pack, name, faces)[real].astype(np.float32) for name in oracles))
    faces.facts = {name: rows[real] for name, rows in faces.facts.items()}
    print(f"{real.sum()} held-out faces")
    for line in words(pack, faces, seen):
        print(line)
    print(photos(pack, faces, seen))
    for line in clips(pack, args.clips) if args.clips else ():
        print(line)


if __name__ == "__main__":
    main()

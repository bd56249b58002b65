"""Measures what becomes of faces never learnt from, with recognisers and estimators that pyanon does not use.

    python -m export.train.faces.evaluate --data ../shared/data --cache checkpoints/faces --pack engines/pocket

Every picture goes through the whole of pyanon, as a user's would. What is measured is written to ``FACES.md`` in the
pack's folder.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image

from export.train.card import Table, write_card
from export.train.faces.calibrate import sample_threshold
from export.train.faces.clips import clips, clips_table
from export.train.faces.faces import Faces
from export.train.faces.occlusion import exactness
from export.train.faces.prepare import HELD_OUT, usable
from export.train.faces.recognisers import HeadPose, MobileFaceNet, Retail0095
from export.train.latency import replacing_table
from export.train.teachers import YuNetTeacher, iou_matrix
from pyanon import Anonymizer, Policy
from pyanon.runtime import OCCLUSION, Pack, load_pack, open_runner
from pyanon.types import FloatArray, ImageArray, Result

__all__ = ["Outcome", "Probe", "main", "pictures"]

#: Side of the canvas that a tight portrait is laid on, and its grey: a face that fills the picture is no usual case.
CANVAS, GREY = 320, 90
#: Pairs above a threshold, as a share: the false match rate that verification is counted at.
FMR = 1e-3
#: The nine ages of the labels as the groups that are counted: child, young, middle, old.
AGE_GROUPS = np.array([0, 0, 1, 1, 2, 2, 2, 3, 3])
TEXT = Path(__file__).with_name("card.md")
SHEET = 64
#: Faces that things are drawn in front of.
FRONTS = 1000


@dataclass(frozen=True)
class Outcome:
    """One face, before and after.

    Attributes:
        before: The picture, ``(320, 320, 3)``.
        after: What pyanon made of it.
        replaced: Whether its face was replaced; else it was covered.
        reason: Why it was not.
        alike: Recogniser -> cosine similarity of the two.
        found: Whether a detector finds a face where it was.
        drift: Yaw, pitch and roll, after less before, degrees.
        traits: Gender and age group by the probe, before and after, ``(2, 2)``.
    """

    before: ImageArray
    after: ImageArray
    replaced: bool
    reason: str
    alike: dict[str, float]
    found: bool
    drift: FloatArray
    traits: FloatArray


class Probe:
    """Gender and age group by least squares on what the teachers see; measures, and ships with nothing.

    Args:
        faces: Labelled faces to fit.
    """

    def __init__(self, faces: Faces) -> None:
        seen, labels = self._seen(faces.facts), faces.facts["labels"]
        known = labels[:, 0] >= 0
        seen, gender, age = seen[known], labels[known, 1], AGE_GROUPS[labels[known, 0]]
        # Rare ages count as much as usual ones.
        wanted = np.concatenate([np.eye(2)[gender], np.eye(4)[age]], 1)
        weight = (1 / np.bincount(age)[age])[:, None]
        left = seen.T @ (seen * weight) + 1e-4 * weight.sum() * np.eye(seen.shape[1])
        self._map = np.linalg.solve(left, seen.T @ (wanted * weight))

    @staticmethod
    def _seen(facts: dict[str, Any]) -> FloatArray:
        both = np.concatenate([facts["mobilefacenet"], facts["retail"]], -1)
        return np.concatenate([both, np.ones((*both.shape[:-1], 1))], -1)

    def __call__(self, mobilefacenet: FloatArray, retail: FloatArray) -> FloatArray:
        """Gender and age group ``(n, 2)`` of embeddings ``(n, 128)`` and ``(n, 256)``."""
        scores = self._seen({"mobilefacenet": mobilefacenet, "retail": retail}) @ self._map
        return np.stack([scores[:, :2].argmax(1), scores[:, 2:].argmax(1)], 1)


def pictures(data: Path, count: int) -> Iterator[tuple[ImageArray, FloatArray]]:
    """Held-out faces on a canvas, spread over the data, and their landmarks ``(1, 5, 2)``."""
    number, found = 0, []
    for path in [*sorted((data / "faces").glob("fairface-*.parquet")), data / "faces/sfhq.parquet"]:
        for row in pq.read_table(path).to_pylist():
            if number % HELD_OUT == 0 and usable(row):
                found.append(row)
            number += 1
    for row in found[:: max(1, len(found) // count)][:count]:
        picture = Image.open(io.BytesIO(row["image"])).convert("RGB")
        scale = min(1.0, (CANVAS - 20) / max(picture.size))
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        canvas = Image.new("RGB", (CANVAS, CANVAS), (GREY, GREY, GREY))
        corner = ((CANVAS - picture.width) // 2, (CANVAS - picture.height) // 2)
        canvas.paste(picture, corner)
        points = np.asarray(row["landmarks"], np.float64).reshape(1, 5, 2) * scale + np.array(corner)
        yield np.array(canvas), points.astype(np.float32)


class Witnesses:
    """All that measures: recognisers, a detector, a pose estimator, the probe."""

    def __init__(self, data: Path, cache: Path) -> None:
        teachers, faces = data / "teachers", Faces(cache)
        self._recognisers: dict[str, Callable[[ImageArray, FloatArray], FloatArray]] = {
            "mobilefacenet": MobileFaceNet(teachers),
            "retail": Retail0095(teachers),
        }
        self._yunet, self._pose, self._probe = YuNetTeacher(teachers), HeadPose(teachers), Probe(faces)
        real = faces.facts["labels"][:, 0] >= 0
        self.thresholds = {
            name: sample_threshold(faces.facts[name][real], FMR, sample=5000) for name in self._recognisers
        }

    def __call__(self, before: ImageArray, points: FloatArray, result: Result) -> Outcome:
        """What they say of one picture."""
        after = result.frame
        seen = {n: [net(each, points) for each in (before, after)] for n, net in self._recognisers.items()}
        middle = points[0].mean(0)
        faces = [f for f in result.faces if f.xyxy[0] < middle[0] < f.xyxy[2] and f.xyxy[1] < middle[1] < f.xyxy[3]]
        replaced = bool(faces) and all(face.action == "replaced" for face in faces)
        low, high = points[0].min(0), points[0].max(0)
        box = np.concatenate([low - 0.4 * (high - low), high + 0.4 * (high - low)])[None].astype(np.float32)
        found = self._yunet(after, long_side=CANVAS, threshold=0.6)
        pose = [self._pose(each, points)[0] for each in (before, after)]
        traits = [self._probe(seen["mobilefacenet"][i], seen["retail"][i])[0] for i in (0, 1)]
        return Outcome(
            before,
            after,
            replaced,
            "; ".join({face.reason for face in faces if face.reason}) or ("" if faces else "not located"),
            {name: float((a * b).sum()) for name, (a, b) in seen.items()},
            bool((iou_matrix(box, found.xyxy) > 0.3).any()),
            pose[1] - pose[0],
            np.stack(traits),
        )


def tables(outcomes: list[Outcome], thresholds: dict[str, float]) -> list[Table]:
    """The figures."""
    done = [each for each in outcomes if each.replaced]
    rows = [["faces", f"{len(outcomes)}"], ["replaced", _share([each.replaced for each in outcomes])]]
    for name, threshold in thresholds.items():
        verified = [each.alike[name] >= threshold for each in done]
        rows.append([f"verified as the original by {name} at FMR {FMR:g} ({threshold:.3f})", _share(verified)])
        rows.append([f"mean similarity by {name}", f"{np.mean([each.alike[name] for each in done]):.3f}"])
    rows.append(["a detector (YuNet, 0.6) finds a face where one was replaced", _share([e.found for e in done])])
    for place, name in enumerate(("gender", "age group")):
        rows.append([f"{name} kept (probe)", _share([e.traits[0, place] == e.traits[1, place] for e in done])])
    drift = np.abs([each.drift for each in done]).mean(0)
    rows.append(["head pose drift, mean of yaw, pitch, roll", ", ".join(f"{d:.1f}" for d in drift) + " degrees"])
    reasons = sorted({each.reason for each in outcomes if not each.replaced})
    covered = [[f"covered: {r}", str(sum(e.reason == r and not e.replaced for e in outcomes))] for r in reasons]
    note = "Held-out faces (FairFace, SFHQ) on a canvas, through the whole of pyanon with its default policy."
    return [Table("Replaced faces", ["what", "figure"], rows + covered, note)]


def front_table(pack: Pack, faces: Faces) -> Table:
    """How exactly the pack's network sees what is in front of faces."""
    with open_runner(pack, OCCLUSION, device="cpu") as runner:
        shares = exactness(
            lambda crops: torch.from_numpy(runner.infer({"crops": crops.numpy()})["chance"]), faces, count=FRONTS
        )
    names = ("of what is in front, found", "of what is found, in front", "of bare faces, taken for something in front")
    rows = [[name, f"{100 * share:.2f} %"] for name, share in zip(names, shares, strict=True)]
    note = f"Things drawn in front of {FRONTS} held-out faces; pixels of the regions that are repainted."
    return Table("What is in front of faces", ["what", "figure"], rows, note)


def _share(hits: list[bool] | list[np.bool_]) -> str:
    return f"{100 * float(np.mean(hits)):.1f} % ({int(np.sum(hits))} of {len(hits)})" if hits else "none"


def sheet(outcomes: list[Outcome], path: Path) -> None:
    """Before and after, in pairs of rows."""
    tiles = [np.concatenate([_middle(each.before), _middle(each.after)], 0) for each in outcomes[:SHEET]]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 16)
    rows = [np.concatenate(tiles[start : start + 16], 1) for start in range(0, len(tiles), 16)]
    Image.fromarray(np.concatenate(rows, 0)).save(path, quality=92)


def _middle(picture: ImageArray) -> ImageArray:
    edge = (CANVAS - 160) // 2
    return picture[edge : CANVAS - edge, edge : CANVAS - edge]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/faces"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--sheet", type=Path, help="also write a contact sheet of 64 faces, before and after")
    parser.add_argument("--steps", type=int, default=1)
    args = parser.parse_args()
    pack, witnesses = load_pack(args.pack), Witnesses(args.data, args.cache)
    # A fixed key, so that the figures can be had again.
    policy = Policy(method="replace", steps=args.steps, key="the key of a measurement")
    with Anonymizer(policy=policy, pack=pack) as anonymizer:
        outcomes = [witnesses(before, points, anonymizer(before)) for before, points in pictures(args.data, args.count)]
        talkers = list(clips(args.data, anonymizer))
    found = [*tables(outcomes, witnesses.thresholds), clips_table(talkers), replacing_table(pack)]
    if OCCLUSION in pack.manifest.roles:
        found.insert(1, front_table(pack, Faces(args.cache, portraits=True, held_out=True)))
    print(*found, sep="\n\n")
    write_card(args.pack / "FACES.md", pack, found, text=TEXT)
    if args.sheet is not None:
        sheet([each for each in outcomes if each.replaced], args.sheet)


if __name__ == "__main__":
    main()

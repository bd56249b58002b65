"""Measures the pocket pack, beside YuNet, on pictures held out of training, and writes its model card.

    python -m export.train.evaluate --cache checkpoints/cache --data ../shared/data --pack engines/pocket
    python -m export.train.evaluate ... --calibrate      first chooses the threshold and writes it to pack.toml

What is measured are the ONNX files of the pack, run as pyanon runs them (`pyanon.stages.locate`).
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from export.train import held_out, measure
from export.train.card import Table, write_card
from export.train.evaluate_landmarks import landmark_tables
from export.train.latency import latency_table
from export.train.library import Library, Picture
from export.train.measure import BINS, Case, Tally, share, tally
from export.train.teachers import RfbTeacher, YuNetTeacher
from pyanon.errors import InputError
from pyanon.runtime import Pack, load_pack, open_runner, write_pack_toml
from pyanon.stages.align import LandmarkNet
from pyanon.stages.locate import Locator, still_details
from pyanon.types import Detections, Frame, ImageArray

OURS, STILL, YUNET = "video", "stills", "YuNet-640"
#: Names of the thresholds in the locator's settings.
SETTINGS = {OURS: "threshold", STILL: "still_threshold"}
#: The teacher's two usual thresholds: its authors' demo, and OpenCV's default.
YUNET_THRESHOLDS = (0.6, 0.9)
#: Scores down to which detections are collected, so that every threshold above can be measured.
FLOOR = 0.15
#: Most extra boxes per picture that calibration allows, on real pictures and on composed ones.
MOST_EXTRAS, MOST_EXTRAS_COMPOSED = 0.06, 0.2
COMPOSED = 250


class Detectors:
    """The pack's networks as pyanon runs them, and YuNet at the same input size."""

    def __init__(self, pack: Pack, data: Path) -> None:
        runners = {role: open_runner(pack, role, device="cpu") for role in ("locator", "landmarks")}
        for runner in runners.values():
            runner.activate()
        closer = LandmarkNet(runners["landmarks"], pack=pack)
        self._ours = Locator(runners["locator"], pack=pack, prompts=("face",), threshold=FLOOR, confirm=closer)
        self.yunet, self.rfb = YuNetTeacher(data / "teachers"), RfbTeacher(data / "teachers")

    def ours(self, pixels: ImageArray) -> dict[str, Detections]:
        """The pack's detections down to `FLOOR`: one look, as at video, and several, as at a still picture."""
        frame = Frame(pixels)
        return {OURS: self._ours(frame), STILL: self._ours(frame, details=still_details(frame.width, frame.height))}

    def case(self, picture: Picture) -> Case:
        """Runs both on one picture."""
        pixels = np.asarray(picture.image)
        yunet = self.yunet(pixels, long_side=640, threshold=min(YUNET_THRESHOLDS))
        return Case(picture.labels, {**self.ours(pixels), YUNET: yunet}, max(picture.image.size))

    def cases(self, pictures: Iterable[Picture]) -> list[Case]:
        """Runs both on many."""
        return [self.case(picture) for picture in pictures]


@dataclass(frozen=True)
class Sets:
    """The cases of every set."""

    people: list[Case]
    composed: list[Case]
    negatives: list[Case]
    walking: list[Case]


def collect(detectors: Detectors, library: Library, data: Path) -> Sets:
    """Runs the detectors over all sets but the demographic one."""
    return Sets(
        people=detectors.cases(held_out.held_out(library, people=True)),
        composed=detectors.cases(held_out.composed(library, count=COMPOSED)),
        negatives=detectors.cases(held_out.held_out(library, people=False)),
        walking=detectors.cases(held_out.walking(data, detectors.yunet, detectors.rfb)),
    )


def calibrated(sets: Sets, which: str) -> float:
    """The lowest threshold at which extra boxes are rare on every set."""
    limits = [(cases, MOST_EXTRAS) for cases in (sets.people, sets.negatives, sets.walking)]
    limits.append((sets.composed, MOST_EXTRAS_COMPOSED))
    for threshold in np.round(np.arange(0.2, 0.9, 0.01), 2).tolist():
        if all(tally(cases, which, threshold=threshold).extras_per_picture <= most for cases, most in limits):
            return float(threshold)
    raise InputError(
        "no threshold makes extra boxes rare enough",
        given=", ".join(
            f"{tally(cases, which, threshold=0.9).extras_per_picture:.3f} a picture" for cases, _ in limits
        ),
        expected=f"at most {MOST_EXTRAS}, composed {MOST_EXTRAS_COMPOSED}",
        do="train on, or look at the pictures",
    )


def with_settings(pack: Pack, settings: Mapping[str, float]) -> Pack:
    """Writes other thresholds into the pack."""
    roles = dict(pack.manifest.roles)
    role = roles["locator"]
    roles["locator"] = replace(role, settings={**role.settings, **settings})
    return write_pack_toml(replace(pack, manifest=replace(pack.manifest, roles=roles)))


@dataclass(frozen=True)
class Version:
    """A detector at a threshold."""

    detector: str
    threshold: float

    def __str__(self) -> str:
        return f"{self.detector} at {self.threshold:.2g}"


def versions(pack: Pack) -> list[Version]:
    """The pack as it ships, looking at video and at stills, then YuNet at its two thresholds."""
    role = pack.role("locator")
    ours = [Version(which, role.number(setting)) for which, setting in SETTINGS.items()]
    return [*ours, *(Version(YUNET, threshold) for threshold in YUNET_THRESHOLDS)]


def _bin_names() -> list[str]:
    pairs = itertools.pairwise(BINS)
    return [f"{low:.0f}-{high:.0f}" if np.isfinite(high) else f"{low:.0f}+" for low, high in pairs]


def _row(name: str, count: Tally) -> list[str]:
    cells = [share(int(h), int(f)) for h, f in zip(count.hits, count.faces, strict=True)]
    return [name, *cells, share(int(count.hits.sum()), int(count.faces.sum())), f"{count.extras_per_picture:.3f}"]


def recall_tables(sets: Sets, compared: list[Version]) -> list[Table]:
    """Recall by face size at two overlaps, per set, beside YuNet."""
    head = ["detector", *(f"{name} px" for name in _bin_names()), "all", "extra boxes per picture"]
    titles = {
        "Street photos (CCP, COCO), held out; reference: the teachers, looked through": sets.people,
        "Composed scenes of held-out pictures; reference: known boxes": sets.composed,
    }
    tables = []
    for (title, cases), iou in itertools.product(titles.items(), (0.5, 0.3)):
        counts = [(str(v), tally(cases, v.detector, threshold=v.threshold, iou=iou)) for v in compared]
        faces = "/".join(str(int(f)) for f in counts[0][1].faces)
        note = f"{len(cases)} pictures; faces per size: {faces}; a face is found from IoU {iou} on."
        tables.append(Table(f"{title}, IoU {iou}", head, [_row(name, count) for name, count in counts], note))
    return tables


def curve_table(sets: Sets, compared: list[Version]) -> Table:
    """Recall and extra boxes over thresholds; those that ship are marked."""
    head = ["detector", "recall, street", "recall, composed", *(f"extra, {n}" for n in _EXTRA_SETS)]
    steps = [Version(which, t) for which in SETTINGS for t in np.round(np.arange(0.25, 0.76, 0.05), 2).tolist()]
    every = sorted({*steps, *compared}, key=lambda v: ([*SETTINGS, YUNET].index(v.detector), v.threshold))
    rows = [_curve_row(sets, v, f"**{v}**" if v in compared and v.detector != YUNET else str(v)) for v in every]
    counts = f"{len(sets.negatives)} faceless pictures, {len(sets.walking)} frames from behind"
    note = f"Extra boxes are per picture; {counts}. The pack's own thresholds are bold."
    return Table("Recall and extra boxes over thresholds, IoU 0.5", head, rows, note)


_EXTRA_SETS = ("street", "composed", "faceless", "people from behind")


def _curve_row(sets: Sets, version: Version, name: str) -> list[str]:
    cases = (sets.people, sets.composed, sets.negatives, sets.walking)
    each = [tally(c, version.detector, threshold=version.threshold) for c in cases]
    recalls = [f"{100 * t.recall:.1f} %" for t in each[:2]]
    return [name, *recalls, *(f"{t.extras_per_picture:.3f}" for t in each)]


def group_tables(detectors: Detectors, library: Library, data: Path, compared: list[Version]) -> list[Table]:
    """Recall per race and gender, plain and masked, over all sizes; and per size over all groups."""
    people, hits = held_out.demographics(data), Hits()
    for mask, size in itertools.product((False, True), held_out.FACE_SIZES):
        for placed in held_out.placed_faces(library, size, mask=mask):
            case = detectors.case(placed.picture)
            for version in compared:
                hit, _ = measure.judge(case.truth, measure.at(case.found[version.detector], version.threshold))
                for row, found in zip(placed.rows, hit.tolist(), strict=True):
                    hits.setdefault((str(version), mask, " ".join(people[row])), []).append(found)
                    hits.setdefault((str(version), mask, f"{size} px"), []).append(found)
    sizes = ", ".join(map(str, held_out.FACE_SIZES))
    note = f"Held-out FairFace faces pasted at {sizes} px on faceless backdrops; masks are drawn. IoU 0.5."
    keys = list(dict.fromkeys(key for _, _, key in hits))
    groups, by_size = sorted(k for k in keys if not k.endswith("px")), [k for k in keys if k.endswith("px")]
    names = [str(version) for version in compared]
    return [
        _group_table(hits, groups, "Recall per race and gender (FairFace)", names, note),
        _group_table(hits, by_size, "Recall per size, all groups (FairFace)", names, note),
    ]


#: By detector, masked or not, and group: was each face found.
Hits = dict[tuple[str, bool, str], list[bool]]


def _group_table(hits: Hits, keys: list[str], title: str, names: list[str], note: str) -> Table:
    columns = [(name, mask) for mask in (False, True) for name in names]
    rows = []
    for key in keys:
        found = [hits[name, mask, key] for name, mask in columns]
        rows.append([key, str(len(found[0])), *(share(sum(each), len(each)) for each in found)])
    head = ["", "faces shown", *(f"{name}{', masked' if mask else ''}" for name, mask in columns)]
    return Table(title, head, rows, note)


def clip_table(detectors: Detectors, data: Path, compared: list[Version]) -> Table:
    """Share of frames with the face found, for each clip of one talker."""
    rows = []
    for path in sorted([*(data / "clips").glob("grid_*.mpg"), data / "clips/carphone.mp4"]):
        cases = detectors.cases(held_out.talker(path, detectors.yunet, detectors.rfb))
        counts = [tally(cases, v.detector, threshold=v.threshold) for v in compared]
        rows.append([path.name, str(len(cases)), *(f"{100 * c.recall:.1f} % / {c.extras}" for c in counts)])
    head = ["clip", "frames", *(f"{v}: found / extra boxes" for v in compared)]
    return Table(
        "Clips of talkers, every fifth frame", head, rows, "Reference: YuNet at 768 px and more certain; IoU 0.5."
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/cache"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--calibrate", action="store_true", help="choose the thresholds and write them to pack.toml")
    args = parser.parse_args()
    pack, library = load_pack(args.pack), Library(args.cache, validation=True)
    detectors = Detectors(pack, args.data)
    sets = collect(detectors, library, args.data)
    if args.calibrate:
        pack = with_settings(pack, {setting: calibrated(sets, which) for which, setting in SETTINGS.items()})
    compared = versions(pack)
    tables = [*recall_tables(sets, compared), curve_table(sets, compared)]
    tables += group_tables(detectors, library, args.data, compared[:3])
    tables += [clip_table(detectors, args.data, compared), *landmark_tables(pack, library), latency_table(pack)]
    write_card(args.pack / "MODEL_CARD.md", pack, tables)
    print((args.pack / "MODEL_CARD.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

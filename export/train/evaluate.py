"""Measures the pocket pack, beside YuNet, on pictures held out of training, and writes its model card.

    python -m export.train.evaluate --cache checkpoints/cache --data ../shared/data --pack engines/pocket
    python -m export.train.evaluate ... --calibrate      first chooses the threshold and writes it to pack.toml

What is measured are the ONNX files of the pack, run as pyanon runs them (`pyanon.stages.locate`).
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterable
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
from pyanon.stages.locate import Locator
from pyanon.types import Detections, Frame, ImageArray

OURS, YUNET = "pocket", "YuNet-640"
#: The teacher's two usual thresholds: its authors' demo, and OpenCV's default.
YUNET_THRESHOLDS = (0.6, 0.9)
#: Scores down to which detections are collected, so that every threshold above can be measured.
FLOOR = 0.05
#: Most extra boxes per picture that calibration allows, on real pictures and on composed ones.
MOST_EXTRAS, MOST_EXTRAS_COMPOSED = 0.06, 0.1
COMPOSED = 250


class Detectors:
    """The pack's locator as pyanon runs it, and YuNet at the same input size."""

    def __init__(self, pack: Pack, data: Path) -> None:
        runner = open_runner(pack, "locator", device="cpu")
        runner.activate()
        self._ours = Locator(runner, pack=pack, prompts=("face",), threshold=FLOOR)
        self.yunet, self.rfb = YuNetTeacher(data / "teachers"), RfbTeacher(data / "teachers")

    def ours(self, pixels: ImageArray) -> Detections:
        """The pack's detections down to `FLOOR`."""
        return self._ours(Frame(pixels))

    def case(self, picture: Picture) -> Case:
        """Runs both on one picture."""
        pixels = np.asarray(picture.image)
        found = {OURS: self.ours(pixels), YUNET: self.yunet(pixels, long_side=640, threshold=min(YUNET_THRESHOLDS))}
        return Case(picture.labels, found, max(picture.image.size))

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


def calibrated(sets: Sets) -> float:
    """The lowest threshold at which extra boxes are rare on every set."""
    limits = [(cases, MOST_EXTRAS) for cases in (sets.people, sets.negatives, sets.walking)]
    limits.append((sets.composed, MOST_EXTRAS_COMPOSED))
    for threshold in np.round(np.arange(0.1, 0.9, 0.01), 2).tolist():
        if all(tally(cases, OURS, threshold=threshold).extras_per_picture <= most for cases, most in limits):
            return float(threshold)
    raise InputError(
        "no threshold makes extra boxes rare enough",
        given=", ".join(f"{tally(cases, OURS, threshold=0.9).extras_per_picture:.3f} a picture" for cases, _ in limits),
        expected=f"at most {MOST_EXTRAS}, composed {MOST_EXTRAS_COMPOSED}",
        do="train on, or look at the pictures",
    )


def with_threshold(pack: Pack, threshold: float) -> Pack:
    """Writes another threshold into the pack."""
    roles = dict(pack.manifest.roles)
    role = roles["locator"]
    roles["locator"] = replace(role, settings={**role.settings, "threshold": threshold})
    return write_pack_toml(replace(pack, manifest=replace(pack.manifest, roles=roles)))


def _versions(threshold: float) -> list[tuple[str, str, float]]:
    yunet = [(f"{YUNET} at {t}", YUNET, t) for t in YUNET_THRESHOLDS]
    return [(f"pocket at {threshold}", OURS, threshold), *yunet]


def _bin_names() -> list[str]:
    pairs = itertools.pairwise(BINS)
    return [f"{low:.0f}-{high:.0f}" if np.isfinite(high) else f"{low:.0f}+" for low, high in pairs]


def _row(name: str, count: Tally) -> list[str]:
    cells = [share(int(h), int(f)) for h, f in zip(count.hits, count.faces, strict=True)]
    return [name, *cells, share(int(count.hits.sum()), int(count.faces.sum())), f"{count.extras_per_picture:.3f}"]


def recall_tables(sets: Sets, threshold: float) -> list[Table]:
    """Recall by face size at two overlaps, per set, beside YuNet."""
    tables = []
    for title, cases in (
        ("Street photos (CCP, COCO), held out; reference: the teachers, looked through", sets.people),
        ("Composed scenes of held-out pictures; reference: known boxes", sets.composed),
    ):
        for iou in (0.5, 0.3):
            counts = [(name, tally(cases, which, threshold=t, iou=iou)) for name, which, t in _versions(threshold)]
            faces = "/".join(str(int(f)) for f in counts[0][1].faces)
            head = ["detector", *(f"{name} px" for name in _bin_names()), "all", "extra boxes per picture"]
            note = f"{len(cases)} pictures; faces per size: {faces}; a face is found from IoU {iou} on."
            tables.append(Table(f"{title}, IoU {iou}", head, [_row(name, count) for name, count in counts], note))
    return tables


def curve_table(sets: Sets, chosen: float) -> Table:
    """Recall and extra boxes over thresholds."""
    head = ["threshold", "recall, street", "recall, composed", *(f"extra, {n}" for n in _EXTRA_SETS)]
    steps = sorted({*np.round(np.arange(0.15, 0.76, 0.05), 2).tolist(), chosen})
    rows = [_curve_row(sets, OURS, t, f"{t:.2f}{' (default)' if t == chosen else ''}") for t in steps]
    rows += [_curve_row(sets, YUNET, t, f"{YUNET} at {t}") for t in YUNET_THRESHOLDS]
    note = (
        f"Extra boxes are per picture; {len(sets.negatives)} faceless pictures, {len(sets.walking)} frames from behind."
    )
    return Table("Recall and extra boxes over thresholds, IoU 0.5", head, rows, note)


_EXTRA_SETS = ("street", "composed", "faceless", "people from behind")


def _curve_row(sets: Sets, which: str, threshold: float, name: str) -> list[str]:
    each = [tally(c, which, threshold=threshold) for c in (sets.people, sets.composed, sets.negatives, sets.walking)]
    recalls = [f"{100 * t.recall:.1f} %" for t in each[:2]]
    return [name, *recalls, *(f"{t.extras_per_picture:.3f}" for t in each)]


def group_tables(detectors: Detectors, library: Library, data: Path, threshold: float) -> list[Table]:
    """Recall per race and gender, plain and masked, over all sizes; and per size over all groups."""
    people = held_out.demographics(data)
    versions = _versions(threshold)[:2]
    hits: dict[tuple[str, bool, str, str], list[bool]] = {}
    for mask in (False, True):
        for size in held_out.FACE_SIZES:
            for placed in held_out.placed_faces(library, size, mask=mask):
                case = detectors.case(placed.picture)
                for name, which, t in versions:
                    hit, _ = measure.judge(case.truth, measure.at(case.found[which], t))
                    for row, found in zip(placed.rows, hit.tolist(), strict=True):
                        for key in (" ".join(people[row]), f"{size} px"):
                            hits.setdefault((name, mask, "size" if "px" in key else "group", key), []).append(found)
    sizes = ", ".join(map(str, held_out.FACE_SIZES))
    note = f"Held-out FairFace faces pasted at {sizes} px on faceless backdrops; masks are drawn. IoU 0.5."
    titles = {"group": "Recall per race and gender (FairFace)", "size": "Recall per size, all groups (FairFace)"}
    return [_group_table(hits, kind, title, [v[0] for v in versions], note) for kind, title in titles.items()]


def _group_table(
    hits: dict[tuple[str, bool, str, str], list[bool]], kind: str, title: str, names: list[str], note: str
) -> Table:
    keys = list(dict.fromkeys(key[3] for key in hits if key[2] == kind))
    if kind == "group":
        keys.sort()
    columns = [(name, mask) for mask in (False, True) for name in names]
    rows = []
    for key in keys:
        found = [hits[name, mask, kind, key] for name, mask in columns]
        rows.append([key, str(len(found[0])), *(share(sum(each), len(each)) for each in found)])
    head = ["", "faces shown", *(f"{name}{', masked' if mask else ''}" for name, mask in columns)]
    return Table(title, head, rows, note)


def clip_table(detectors: Detectors, data: Path, threshold: float) -> Table:
    """Share of frames with the face found, for each clip of one talker."""
    rows = []
    for path in sorted([*(data / "clips").glob("grid_*.mpg"), data / "clips/carphone.mp4"]):
        cases = detectors.cases(held_out.talker(path, detectors.yunet, detectors.rfb))
        counts = [tally(cases, which, threshold=t) for _, which, t in _versions(threshold)]
        rows.append([path.name, str(len(cases)), *(f"{100 * c.recall:.1f} % / {c.extras}" for c in counts)])
    head = ["clip", "frames", *(f"{name}: found / extra boxes" for name, _, _ in _versions(threshold))]
    return Table(
        "Clips of talkers, every fifth frame", head, rows, "Reference: YuNet at 768 px and more certain; IoU 0.5."
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path("checkpoints/cache"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--calibrate", action="store_true", help="choose the threshold and write it to pack.toml")
    args = parser.parse_args()
    pack, library = load_pack(args.pack), Library(args.cache, validation=True)
    detectors = Detectors(pack, args.data)
    sets = collect(detectors, library, args.data)
    if args.calibrate:
        pack = with_threshold(pack, calibrated(sets))
    threshold = pack.role("locator").number("threshold")
    tables = [*recall_tables(sets, threshold), curve_table(sets, threshold)]
    tables += [*group_tables(detectors, library, args.data, threshold), clip_table(detectors, args.data, threshold)]
    tables += [*landmark_tables(pack, library), latency_table(pack)]
    write_card(args.pack / "MODEL_CARD.md", pack, tables)
    print((args.pack / "MODEL_CARD.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

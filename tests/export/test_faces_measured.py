"""What the recipes of the networks that replace faces measure with: thresholds, the manifold, the card's figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")
pytest.importorskip("onnx", reason="exporting needs onnx")

from export.train import latency
from export.train.faces.audit import matches
from export.train.faces.calibrate import FEWEST, SAME, cleared, levels, strictest
from export.train.faces.clips import clips_table, followed
from export.train.faces.evaluate import Outcome, Probe, tables
from export.train.faces.faces import Faces
from export.train.faces.generator_net import IDENTITY
from export.train.faces.identity import fit_codes
from export.train.faces.manifold import TYPICAL, GroupPrior, build_manifold
from export.train.faces.oracle_nets import NETS
from tests.export.drawn_faces import unit
from tests.tiny_faces import build


def test_thresholds_lie_where_the_rates_say(faces_cache: Path) -> None:
    unseen, faces = Faces(faces_cache, held_out=True), Faces(faces_cache)
    rng = np.random.default_rng(3)
    mine, others = unit(rng.normal(0, 1, (len(unseen), 32))), unit(rng.normal(0, 1, (len(faces), 32)))
    found = levels(unseen, faces, mine, others)
    every = (mine @ others.T).ravel()
    assert found[0].group == "all"
    assert found[0].pairs == every.size
    assert (every > found[0].thresholds[0]).mean() == pytest.approx(1e-2, rel=0.05)
    # A rate that too few pairs would speak for is not stated.
    assert found[0].pairs * 1e-4 < FEWEST
    assert np.isnan(found[0].thresholds[2])
    assert strictest(found)["0.01"] <= found[0].thresholds[0]
    assert "0.0001" not in strictest(found)


def test_a_face_is_cleared_where_nearly_all_that_a_teacher_confuses_lies_above(faces_cache: Path) -> None:
    """One oracle is as good as a teacher, the other sees nothing: the first has to find the teacher's pairs alone."""
    unseen, rng = Faces(faces_cache), np.random.default_rng(0)
    noise = unit(rng.normal(0, 1, (len(unseen), 32)))
    seen = {"residual": unseen.facts["mobilefacenet"], "gathering": noise}
    unseen.facts["retail"] = unseen.facts["mobilefacenet"]  # two teachers of one mind
    found = cleared(unseen, seen)
    pairs = np.triu_indices(len(unseen), 1)
    alike = (seen["residual"] @ seen["residual"].T)[pairs]
    alike = alike[alike <= SAME]
    for fmr in (1e-2, 1e-3):
        similarity = found["residual"][f"{fmr:g}"]
        hits = alike >= np.quantile(alike, 1 - fmr)
        assert (alike[hits] >= similarity).mean() >= 0.95
        assert (alike >= similarity).mean() < 1.3 * fmr
    assert found["residual"]["0.01"] < found["residual"]["0.001"] < found["residual"]["0.0001"]
    # With an oracle that sees nothing alone, whatever is cleared is unlike by chance.
    blind = cleared(unseen, {"gathering": noise, "residual": noise})
    assert blind["gathering"]["0.001"] < found["gathering"]["0.001"]


def test_people_of_a_group_are_drawn_around_its_mean() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([[1, 0, 2], [4, 1, 0], [-1, -1, -1]], 500, axis=0)
    z = rng.normal(0, 1, (1500, 6)).astype(np.float32) + labels[:, :1]
    prior = GroupPrior(z, labels)
    assert len(prior.groups) == 2
    for group in labels[0], labels[600]:
        drawn = prior.draw(np.repeat(group[None], 2000, axis=0), rng)
        assert np.abs(drawn.mean(0) - group[0]).max() < 0.3
        # As widely as the faces do, but for the one direction in which the two groups differ.
        apart = prior.means[1] - prior.means[0]
        apart /= np.linalg.norm(apart)
        assert (drawn @ apart).std() == pytest.approx(TYPICAL, abs=0.05)
        across = np.cov((drawn - (drawn @ apart)[:, None] * apart).T)
        assert np.linalg.eigvalsh(across)[1:] == pytest.approx(np.ones(5), abs=0.2)
        # So do the codes of real people that were made typical: the same people, told apart as before across it.
        real = (labels == group).all(1)
        typical = prior.typical(z[real], labels[real])
        assert (typical @ apart).std() == pytest.approx((drawn @ apart).std(), abs=0.05)
        assert typical - (typical @ apart)[:, None] * apart == pytest.approx(
            z[real] - (z[real] @ apart)[:, None] * apart, abs=0.05
        )
    assert (prior.typical(z[-3:], labels[-3:]) == z[-3:]).all()
    assert prior.radius(0.95) == pytest.approx(3.55, abs=0.2)  # of chi with 6 degrees of freedom
    assert np.isfinite(prior.draw(labels[-3:], rng)).all()


def test_a_manifold_is_what_the_pack_reads(faces_cache: Path, tmp_path: Path) -> None:
    from pyanon.runtime.manifold import read_manifold

    faces = Faces(faces_cache)
    codes = fit_codes(faces)
    seen = {name: faces.facts[teacher] for name, (_, teacher) in NETS.items()}
    arrays = build_manifold(faces, codes, seen, dict.fromkeys(seen, 0.9))
    np.savez_compressed(tmp_path / "manifold.npz", **arrays)
    manifold = read_manifold((tmp_path / "manifold.npz").read_bytes(), source=tmp_path / "manifold.npz")
    assert manifold.size == IDENTITY
    assert set(manifold.projections) == set(NETS)
    stored, own = manifold.codes(manifold.gallery), codes.of(faces)
    assert np.abs(stored - own).max() <= manifold.scale.max() / 2 + 1e-5
    assert manifold.members.sum() == len(manifold.member_codes) > 0
    # A draw of a group lies around the group's mean.
    labels = faces.facts["labels"]
    group = int(np.flatnonzero((manifold.groups == labels[0]).all(1))[0])
    assert np.linalg.norm(manifold.mean[group] - own.mean(0)) < np.linalg.norm(own - own.mean(0), axis=1).mean()


def test_the_probe_reads_what_is_there_to_read(faces_cache: Path) -> None:
    """The drawn embeddings tell the gender, and nothing of the age."""
    faces = Faces(faces_cache)
    read = Probe(faces)(faces.facts["mobilefacenet"], faces.facts["retail"])
    assert (read[:, 0] == faces.facts["labels"][:, 1]).mean() > 0.9
    assert set(np.unique(read[:, 1])) <= {0, 1, 2, 3}


def test_a_match_is_a_training_face_above_the_threshold() -> None:
    rng = np.random.default_rng(0)
    gallery = unit(rng.normal(0, 1, (800, 16)))
    strangers_, copies = unit(rng.normal(0, 1, (60, 16))), gallery[:30]
    found = matches(np.concatenate([strangers_, copies]), gallery, "arc")
    pairs = (gallery @ gallery.T)[np.triu_indices(800, 1)]
    assert (pairs > found.threshold).mean() == pytest.approx(1e-4, rel=0.1)
    assert found.above >= 1 / 3
    assert found.above == pytest.approx(1 / 3, abs=0.1)
    assert found.nearest[2] == pytest.approx(1, abs=1e-5)


def test_a_face_that_changes_from_frame_to_frame_is_found_out() -> None:
    """Recognised by its first pixel, as an angle: the source turns by 0.1 a frame, the output by 0.3."""

    def recognise(picture: np.ndarray, _points: np.ndarray) -> np.ndarray:
        angle = picture[0, 0, 0] / 100
        return np.array([[np.cos(angle), np.sin(angle)]], np.float32)

    def picture(angle: float) -> np.ndarray:
        return np.full((2, 2, 3), round(100 * angle), np.uint8)

    points = np.zeros((1, 5, 2), np.float32)
    seen = [(picture(0.1 * n), picture(0.3 * n), None if n == 3 else points) for n in range(6)]
    clip = followed("talker.mp4", iter(seen), {"angle": recognise})
    clip.actions = {"replaced": 5, "covered": 1}
    assert clip.frames == 6
    assert len(clip.moved["angle"]) == 3  # nothing is compared across the frame without a face
    source, output = 1 - np.cos(0.1), 1 - np.cos(0.3)
    assert np.allclose(clip.moved["angle"], [(source, output)] * 3, atol=1e-6)
    row = clips_table([clip]).rows[0]
    assert row == ["talker.mp4", "6", "1 covered, 5 replaced", f"{source:.4f} / {output:.4f}"]


def test_figures_count_what_was_replaced() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)

    def outcome(*, replaced: bool, alike: float, found: bool, reason: str = "") -> Outcome:
        drift, traits = np.array([1.0, -2.0, 3.0], np.float32), np.array([[0, 1], [0, 2]])
        return Outcome(picture, picture, replaced, reason, {"arc": alike}, found, drift, traits)

    outcomes = [
        outcome(replaced=True, alike=0.9, found=True),
        outcome(replaced=True, alike=0.1, found=True),
        outcome(replaced=False, alike=1.0, found=False, reason="too small"),
    ]
    figures = dict(tables(outcomes, {"arc": 0.5})[0].rows)
    assert figures["replaced"] == "66.7 % (2 of 3)"
    assert figures["verified as the original by arc at FMR 0.001 (0.500)"] == "50.0 % (1 of 2)"
    assert figures["a detector (YuNet, 0.6) finds a face where one was replaced"] == "100.0 % (2 of 2)"
    assert figures["gender kept (probe)"] == "100.0 % (2 of 2)"
    assert figures["age group kept (probe)"] == "0.0 % (0 of 2)"
    assert figures["head pose drift, mean of yaw, pitch, roll"] == "1.0, 2.0, 3.0 degrees"
    assert figures["covered: too small"] == "1"


def test_what_replacing_costs_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "RUNS", 3)
    monkeypatch.setattr(latency, "WARM", 1)
    table = latency.replacing_table(build(tmp_path / "tiny"))
    named = {row[0]: float(row[1].removesuffix(" ms")) for row in table.rows}
    painting = named["face_encoder"] + named["generator"] + named["face_decoder"]
    assert named["together, to paint one face"] == pytest.approx(painting, abs=0.02)
    assert named["together, to verify one face"] == pytest.approx(named["oracle.0"] + named["oracle.1"], abs=0.02)

"""The recipe of the encoders of texts and people: for a moment, on drawn faces."""

from __future__ import annotations

import argparse
import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")
pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("pyarrow", reason="the recipes read Parquet")

from export.train.captions import likeness as recipe  # noqa: E402
from export.train.captions.claims import ATTRIBUTES, COLUMNS, PLACES, agreement, claimed, shown  # noqa: E402
from export.train.captions.clothes import colour_of, mask_of  # noqa: E402
from export.train.captions.colours import COLOURS, UNNAMED, named, palette  # noqa: E402
from export.train.captions.likeness_evaluate import accuracy, tables  # noqa: E402
from export.train.captions.likeness_measure import CHOICES, Probe, probes  # noqa: E402
from export.train.captions.likeness_pack import add_likeness, calibrate  # noqa: E402
from export.train.captions.people import NAMES, Batch, People, turned  # noqa: E402
from export.train.captions.people_labels import posed, unknown  # noqa: E402
from export.train.captions.people_prepare import FULL, MARGIN, SIZE  # noqa: E402
from export.train.captions.phrases import Phrases  # noqa: E402
from export.train.captions.seen import SEEN, probe  # noqa: E402
from export.train.captions.towers import Towers  # noqa: E402
from export.train.captions.worn import WORN, wear  # noqa: E402
from export.train.faces.run import Run  # noqa: E402
from pyanon.captions.describe import PERSON_WORDS  # noqa: E402
from pyanon.likeness import IMAGE, TEXT  # noqa: E402
from pyanon.runtime import Pack, load_pack, open_runner  # noqa: E402

BOX = np.array([56, 30, 96, 84], np.float32)
POINTS = np.array([[65, 48], [87, 48], [76, 60], [67, 70], [85, 70]], np.float32)
COUNT = 60


def person(rng: np.random.Generator, cloth: tuple[int, int, int]) -> np.ndarray:
    """A cartoon in a shirt of one colour before a noisy wall."""
    y, x = np.mgrid[:FULL, :FULL]
    crop = rng.integers(90, 160, (FULL, FULL, 3))
    crop[(y > 90) & (np.abs(x - 76) < 20 + (y - 90))] = cloth
    crop[((x - 76) / 21) ** 2 + ((y - 57) / 28) ** 2 < 1] = (214, 170, 140)
    return crop.astype(np.uint8)


@pytest.fixture(scope="module")
def people_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `people_prepare` and `people_labels` write it."""
    folder, rng = tmp_path_factory.mktemp("people"), np.random.default_rng(0)
    paints = palette(rng, each=5)
    labels = {}
    for name in ("heads", "bodies", "backdrops"):
        colours = rng.integers(0, len(COLOURS), COUNT)
        crops = [person(rng, tuple(paints[c][0].astype(int))) for c in colours]
        (folder / f"{name}.bin").write_bytes(np.stack(crops).tobytes())
        facts = {"row": np.arange(COUNT), "box": np.repeat(BOX[None], COUNT, 0)}
        facts |= {"points": np.repeat(POINTS[None], COUNT, 0)}
        facts |= {"extent": np.repeat(np.array([[40.0, 20, 112, 100]], np.float32), COUNT, 0)}
        np.savez(folder / f"{name}.npz", **facts)
        labels[name] = unknown(COUNT)
        for attribute in ("gender", "age", "turn", "tilt", "mood", "glasses"):
            labels[name][:, NAMES.index(attribute)] = rng.integers(0, len(ATTRIBUTES[attribute]), COUNT)
        if name == "bodies":
            labels[name][:, NAMES.index("colour")] = colours
            np.save(folder / "masks.npy", np.stack([mask_of(crop, BOX) for crop in crops]))
    np.savez(folder / "labels.npz", heads=labels["heads"], bodies=labels["bodies"])
    return folder


def test_colours_have_the_names_people_give_them() -> None:
    known = {"red": (200, 20, 30), "blue": (30, 60, 180), "white": (245, 245, 244), "black": (15, 15, 17)}
    known |= {"yellow": (245, 220, 40), "green": (30, 130, 50), "pink": (240, 120, 170), "brown": (95, 60, 35)}
    known |= {"orange": (240, 130, 30), "purple": (120, 40, 150), "grey": (125, 125, 126)}
    assert [COLOURS[n] for n in named(list(known.values()))] == list(known)
    assert named([[150, 130, 60]])[0] == UNNAMED, "nobody would agree"
    for number, rgb in enumerate(palette(np.random.default_rng(0), each=20)):
        assert (named(rgb) == number).all()


def test_what_is_worn_is_found_and_named() -> None:
    rng = np.random.default_rng(0)
    crop = person(rng, (190, 20, 30))
    assert COLOURS[colour_of(crop, BOX)] == "red"
    mask = mask_of(crop, BOX)
    assert mask[130:, 60:92].mean() > 240
    assert mask[:80].max() == 0
    striped = crop.copy()
    striped[92::6] = striped[93::6] = striped[94::6] = (20, 40, 190)
    assert colour_of(striped, BOX) == UNNAMED


def test_texts_and_pictures_agree_where_all_that_is_said_is_shown() -> None:
    labels = unknown(3)
    labels[0, NAMES.index("gender")], labels[0, NAMES.index("colour")] = 1, COLOURS.index("red")
    labels[1, NAMES.index("gender")] = 0
    labels[2, NAMES.index("age")] = 3
    said = [{"gender": ("male",)}, {"gender": ("male",), "colour": ("red",)}, {"age": ("adult",)}, {}]
    true, weight = agreement(torch.from_numpy(shown(labels)), torch.from_numpy(np.stack([claimed(s) for s in said])))
    assert true[0].tolist() == [1, 1, 0, 1]
    assert weight[0].tolist() == [1, 1, 0, 1], "an unknown age is no negative"
    assert (true[1, 1], weight[1, 1]) == (0, 1), "wrong in one thing, unknown in another: wrong"
    assert weight[2].tolist()[:2] == [0, 0]
    assert true[2, 2] == 0
    assert 0 < weight[2, 2] < 1, "the next age is nearly right"
    assert sum(place.stop - place.start for place in PLACES.values()) == COLUMNS


def test_phrases_say_what_is_known_and_nothing_else() -> None:
    rng, phrases = np.random.default_rng(0), Phrases(["is riding a wave"])
    seen = set()
    for _ in range(400):
        facts = {name: str(rng.choice(values)) for name, values in ATTRIBUTES.items() if rng.random() < 0.3}
        text, claims = phrases(facts, rng)
        assert set(facts) <= set(claims) | ({"age"} if "age" in facts else set())
        for name, value in facts.items():
            assert value in claims[name]
        words = text.lower().strip(".").replace(",", "").split()
        for word in words:
            claim = PERSON_WORDS.get(word)
            if claim is not None and claim.gender:
                assert claims["gender"] == (claim.gender,)
        assert not any(a == "a" and b in {"old", "elderly", "orange", "adolescent"} for a, b in pairwise(words))
        seen.add(text)
    assert len(seen) > 380


def test_left_is_the_viewers() -> None:
    labels = unknown(4)
    posed(labels, np.array([[40, 0, 0], [-40, 0, 0], [0, -30, 0], [15, 12, 0]], np.float32))
    turn, tilt = (ATTRIBUTES[name] for name in ("turn", "tilt"))
    assert [turn[v] if v >= 0 else "" for v in labels[:, NAMES.index("turn")]] == ["left", "right", "ahead", ""]
    assert [tilt[v] for v in labels[:, NAMES.index("tilt")]] == ["level", "level", "down", "up"]


@pytest.mark.parametrize("thing", WORN)
def test_what_is_put_on_is_on_the_head(thing: str) -> None:
    rng = np.random.default_rng(0)
    crop = person(rng, (200, 200, 200))
    worn = wear(crop, thing, points=POINTS, box=BOX, rng=rng)
    changed = (worn != crop).any(-1)
    assert 60 < changed.sum() < 6000
    assert not changed[110:].any()


def test_a_probe_sees_what_it_was_shown() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(200) < 0.2
    seen = rng.normal(0, 1, (200, 30)).astype(np.float32)
    seen[:, 3] += 3 * positive
    assert ((probe(seen, positive)(seen) > 0) == positive).mean() > 0.9


def test_what_was_looked_at_names_each_once() -> None:
    for kinds in json.loads(SEEN.read_text(encoding="utf-8")).values():
        for attribute, by_value in kinds.items():
            rows = [row for value in by_value.values() for row in value]
            assert set(by_value) <= set(ATTRIBUTES[attribute])
            assert len(rows) == len(set(rows))


def test_mirrored_people_look_the_other_way(people_cache: Path) -> None:
    people, rng = People(people_cache), np.random.default_rng(0)
    batch = people.draw(rng, 48)
    assert batch.full.shape == (48, FULL, FULL, 3)
    column = NAMES.index("turn")
    crops, labels = turned(batch, rng)
    assert crops.shape == (48, 3, SIZE, SIZE)
    assert 0 <= crops.min() <= crops.max() <= 1
    moved = labels[:, column] != batch.labels[:, column]
    assert moved.any()
    assert (labels[moved, column] + batch.labels[moved, column] == 3).all()
    assert (np.delete(labels, column, 1) == np.delete(batch.labels, column, 1)).all()


@pytest.fixture(scope="module")
def trained(people_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pack, Towers]:
    """A pack with encoders that were trained for a moment."""
    folder = tmp_path_factory.mktemp("pack") / "pack"
    shutil.copytree(load_pack("pocket").folder, folder)
    pack = load_pack(folder)
    words = pack.words()
    args = argparse.Namespace(
        minutes=0.1, rate=1e-3, batch=8, seed=3, threads=1, device="cpu", out=folder.parent / "work"
    )
    net = Towers(words.size, words.vocabulary.length)
    before = net.text.tokens.weight.detach().clone()
    run = Run(args, net)
    recipe.train(run, People(people_cache), Phrases([]), words)
    assert run.step > 0
    assert not torch.equal(before, net.text.tokens.weight)
    return add_likeness(pack, net.eval()), net


def test_what_is_exported_is_what_was_trained(trained: tuple[Pack, Towers]) -> None:
    pack, net = trained
    tokens, mask = pack.words()(["a man in red", "the smiling old lady with glasses is on a bus", "somebody"])
    image = np.random.default_rng(0).random((2, 3, SIZE, SIZE), np.float32)
    asked = {TEXT: {"tokens": tokens, "mask": mask}, IMAGE: {"image": image}}
    with torch.inference_mode():
        expected = {
            TEXT: net.text(torch.from_numpy(tokens), torch.from_numpy(mask)), IMAGE: net.image(torch.from_numpy(image))
        }  # fmt: skip
    for role, inputs in asked.items():
        with open_runner(pack, role, device="cpu") as runner:
            found = runner.infer(inputs)["embedding"]
        assert ((found * expected[role].numpy()).sum(1) > 0.995).all(), "weights of eight bits"
    assert pack.role(TEXT).table("profile")["t"] == (2, 24, 64)


def test_a_moment_of_training_can_be_measured(trained: tuple[Pack, Towers], people_cache: Path) -> None:
    pack, _ = trained
    sets = probes(people_cache)
    sets["composed"] = Batch(sets["composed"].full[:40], sets["composed"].labels[:40])
    found = tables(pack, sets)
    assert [table.title for table in found] == ["Attributes", "Gender and age by group", "Retrieval", "Cost"]
    assert {row[0] for row in found[0].rows} >= {"gender", "age", "turn", "colour", "mask"}


def test_calibration_finds_the_scale_and_the_threshold(trained: tuple[Pack, Towers]) -> None:
    """Similarities that were drawn with a known scale; the threshold lets 95 of 100 true ones through."""
    rng = np.random.default_rng(0)
    similarity = rng.uniform(-1, 1, (4000, 2)).astype(np.float32)
    chance = 1 / (1 + np.exp(8 * (similarity[:, 0] - similarity[:, 1])))
    label = (rng.random(4000) < chance).astype(np.int64)
    found = Probe("faces", "gender", label, similarity, unknown(4000))
    role = calibrate(trained[0], [found]).role(IMAGE)
    assert role.number("temperature") == pytest.approx(8, rel=0.15)
    true = similarity[np.arange(4000), label]
    assert (true > role.number("threshold")).mean() == pytest.approx(0.95, abs=0.01)
    assert accuracy(found)[0] == pytest.approx(np.maximum(chance, 1 - chance).mean(), abs=0.02)


def test_there_is_a_description_of_every_value() -> None:
    assert {name: len(texts) for name, texts in CHOICES.items()} == {n: len(v) for n, v in ATTRIBUTES.items()}
    assert MARGIN * 2 + SIZE == FULL

"""Texts and people, compared by a pack's encoders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pyanon.errors import InputError, PackError
from pyanon.likeness import IMAGE, TEXT, Likeness, is_available, person_squares
from pyanon.runtime import Pack, Port, Role, Runner, load_pack, open_runner
from pyanon.types import Frame

skimage = pytest.importorskip("skimage", reason="a public picture comes with scikit-image")

#: Where the face is on the picture of Eileen Collins that comes with scikit-image.
BOX = np.array([[177, 65, 268, 183]], np.float32)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("pocket")


@pytest.fixture(scope="module")
def likeness(pack: Pack) -> Iterator[Likeness]:
    opened: list[Runner] = []

    def open_one(role: str) -> Runner:
        opened.append(open_runner(pack, role, device="cpu"))
        opened[-1].activate()
        return opened[-1]

    yield Likeness(pack, open_one)
    for runner in opened:
        runner.deactivate()


@pytest.fixture(scope="module")
def astronaut() -> Frame:
    from skimage import data

    return Frame(np.ascontiguousarray(data.astronaut()))


def test_the_crop_shows_the_face_and_what_is_below() -> None:
    box = np.array([[100, 100, 140, 150]], np.float32)
    matrix = person_squares(box, reach=2.4, drop=0.36, size=120)[0]
    scale, middle = matrix[0, 0], matrix[:, :2] @ [120, 125] + matrix[:, 2]
    assert scale == pytest.approx(120 / (2.4 * 50))
    assert middle == pytest.approx([60, 60 - 0.36 * 50 * scale])


def test_embeddings_have_length_one(likeness: Likeness, astronaut: Frame) -> None:
    texts = likeness.texts(["a woman", "a man in a long, long sentence about nothing at all", "", "日本"])
    people = likeness.people(astronaut, np.concatenate([BOX, BOX + 3]))
    for rows, count in ((texts, 4), (people, 2)):
        assert rows.shape == (count, likeness.width)
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(count), abs=1e-4)
    assert people[0] @ people[1] > 0.8, "the same person, a little off"
    assert np.allclose(likeness.texts(["a woman"]), texts[:1], atol=1e-4), "what stands beside a text changes nothing"


def test_nobody_and_nothing_are_no_exception(likeness: Likeness, astronaut: Frame) -> None:
    none = likeness.people(astronaut, np.zeros((0, 4), np.float32))
    assert none.shape == (0, likeness.width)
    assert likeness.texts([]).shape == (0, likeness.width)
    assert likeness.similarity(["a woman"], none).shape == (1, 0)
    assert likeness.answers(none, ["a woman", "a man"]).shape == (0, 2)
    with pytest.raises(InputError, match="nothing to choose from"):
        likeness.answers(none, [])
    with pytest.raises(InputError, match="given as a list"):
        likeness.texts("a woman")


def test_a_woman_is_seen_as_one(likeness: Likeness, astronaut: Frame) -> None:
    """A portrait that no network learnt from: a woman in an orange suit looks at the camera and smiles."""
    person = likeness.people(astronaut, BOX)
    gender = likeness.answers(person, ["a man", "a woman"])
    assert gender.sum(axis=1) == pytest.approx([1], abs=1e-5)
    assert gender[0, 1] > 0.5
    colour = likeness.answers(person, ["a person in green", "a person in orange", "a person in blue"])
    assert colour[0].argmax() == 1
    assert likeness.similarity(["a woman"], person)[0, 0] > likeness.threshold


def test_the_same_person_far_larger_is_alike(likeness: Likeness, astronaut: Frame) -> None:
    large = Frame(np.ascontiguousarray(astronaut.pixels.repeat(3, 0).repeat(3, 1)))
    both = [likeness.people(astronaut, BOX), likeness.people(large, BOX * 3)]
    mixed = likeness.people(large, np.concatenate([BOX * 3, np.array([[30, 30, 60, 70]], np.float32)]))
    assert float((both[0] * both[1]).sum()) > 0.97
    assert np.allclose(mixed[:1], both[1], atol=1e-4), "rows of several scales stay in order"


class _Recorder:
    """A runner that answers with ones and keeps what it was asked."""

    def __init__(self, width: int) -> None:
        self.width, self.asked = width, list[Mapping[str, np.ndarray]]()

    def infer(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.asked.append(inputs)
        return {"embedding": np.ones((len(next(iter(inputs.values()))), self.width), np.float32)}


def changed(pack: Pack, role: str, **fields: object) -> Pack:
    """The pack with another role of that name."""
    new = replace(pack.manifest.roles[role], **fields)
    return Pack(pack.folder, replace(pack.manifest, roles={**pack.manifest.roles, role: new}))


def clip_like(pack: Pack) -> Pack:
    """A manifest as CLIP's export writes it: 77 tokens without a mask, pictures of 224 pixels, 512 numbers."""
    out = (Port("embedding", "float32", ("n", 512)),)
    text = Role("text_encoder.onnx", (Port("tokens", "int32", ("n", 77)),), out)
    image = Role("image_encoder.onnx", (Port("image", "float32", ("n", 3, 224, 224)),), out)
    return Pack(pack.folder, replace(pack.manifest, roles={**pack.manifest.roles, TEXT: text, IMAGE: image}))


def test_a_full_pack_fits_the_same_class(pack: Pack, astronaut: Frame) -> None:
    asked = {TEXT: _Recorder(512), IMAGE: _Recorder(512)}
    likeness = Likeness(clip_like(pack), asked.__getitem__)  # type: ignore[arg-type]
    assert likeness.texts(["a woman", "somebody in red"]).shape == (2, 512)
    assert set(asked[TEXT].asked[0]) == {"tokens"}
    tokens = asked[TEXT].asked[0]["tokens"]
    assert tokens.shape == (2, 77)
    assert tokens.dtype == np.int32
    assert (tokens[:, -40:] == pack.words().vocabulary.pad).all()
    assert likeness.people(astronaut, BOX).shape == (1, 512)
    assert asked[IMAGE].asked[0]["image"].shape == (1, 3, 224, 224)
    assert likeness.threshold == pytest.approx(0.2)


def test_what_does_not_fit_is_told(pack: Pack) -> None:
    def never(role: str) -> Runner:
        raise AssertionError(role)

    out = (Port("embedding", "float32", ("n", 64)),)
    wrong: list[tuple[Callable[[], Pack], str]] = [
        (lambda: changed(pack, TEXT, outputs=out), "not embedded in one space"),
        (lambda: changed(pack, IMAGE, inputs=(Port("image", "float32", ("n", 3, "h", "w")),)), "no square pictures"),
        (lambda: changed(pack, IMAGE, inputs=(Port("crops", "float32", ("n", 3, 8, 8)),)), "not an encoder"),
        (lambda: changed(pack, TEXT, inputs=(Port("tokens", "int64", ("n", "t")),)), "not an encoder"),
        (lambda: changed(pack, TEXT, inputs=(Port("tokens", "int32", ("n", 20)),)), "writes longer texts"),
    ]
    for make, text in wrong:
        with pytest.raises(PackError, match=text):
            Likeness(make(), never)
    port = Port("tokens", "int32", ("n", "t"))
    with pytest.raises(PackError, match="does not read tokens alone"):
        Likeness(changed(pack, TEXT, inputs=(port, Port("types", "int32", ("n", "t")))), never)


def test_packs_without_encoders_or_words_say_so(pack: Pack) -> None:
    assert is_available(pack)
    without = {name: role for name, role in pack.manifest.roles.items() if name != TEXT}
    assert not is_available(Pack(pack.folder, replace(pack.manifest, roles=without)))
    speechless = Pack(pack.folder, replace(pack.manifest, vocabulary=None))
    assert not is_available(speechless)
    with pytest.raises(PackError, match="cannot read texts"):
        Likeness(speechless, lambda role: open_runner(pack, role))
    with pytest.raises(PackError, match="no 'text_encoder'"):
        Likeness(Pack(pack.folder, replace(pack.manifest, roles=without)), lambda role: open_runner(pack, role))


def test_the_encoders_are_small(pack: Pack) -> None:
    files = [Path(pack.folder, pack.role(role).file).stat().st_size for role in (TEXT, IMAGE)]
    assert sum(files) <= 6_000_000

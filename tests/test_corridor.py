"""From tracks to verdicts, on a tiny pack: accepted, refused, drawn again, given up; and nothing of a face survives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from pyanon.anonymizer import Anonymizer
from pyanon.corridor import PAINTINGS, SATISFIED, Corridor, is_replacing
from pyanon.errors import InputError, PackError
from pyanon.geometry import face_region, similarity, transform
from pyanon.policy import Policy
from pyanon.runtime import load_pack
from pyanon.stages.blend import Blender
from pyanon.types import Embeddings, Frame, Replacements, Tracks, Verdicts
from tests.stages.scenes import texture
from tests.tiny_faces import SIZE, TEMPLATE, Twist, build, faces_at, without

T = TypeVar("T")
KEY = b"a key for tests!"
HONEST, LIAR = Twist(), Twist(honest=False, thresholds=(0.1, 0.15, 0.99))


def at_once(stage: str, step: Callable[[], T]) -> T:
    return step()


Opened = Callable[..., Corridor]


@pytest.fixture
def corridor(tmp_path: Path) -> Iterator[Opened]:
    """Opens the corridor of a pack that is made for it."""
    opened: list[Anonymizer] = []

    def open_it(twist: Twist = HONEST, **policy: Any) -> Corridor:
        pack = build(tmp_path / f"pack{len(opened)}", twist)
        opened.append(Anonymizer(pack=pack, policy=Policy(**{"key": KEY, **policy})))
        found = opened[-1]._corridor
        assert found is not None
        return found

    yield open_it
    for anonymizer in opened:
        anonymizer.close()


def scene(seed: int = 1) -> Frame:
    rng = np.random.default_rng(seed)
    return Frame(
        np.clip(texture(seed, height=240, width=320) + rng.normal(0, 6, (240, 320, 3)), 0, 255).astype(np.uint8)
    )


def walk(it: Corridor, frame: Frame, tracks: Tracks, **more: Any) -> tuple[Replacements, Verdicts]:
    witness = more.pop("witness", np.ones(len(tracks), np.float32))
    return it(frame, tracks, it.sampler(), witness=witness, run=at_once, **more)


SURE = np.ones(2, np.float32)


TWO = faces_at((20, 30, 1.5), (180, 60, 1.2))


def regions(frame: Frame, tracks: Tracks) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where in the frame some face's region is solid."""
    matrix = similarity(tracks.landmarks, TEMPLATE)
    inside = face_region(transform(tracks.landmarks, matrix), SIZE)
    solid = np.zeros((frame.height, frame.width), np.bool_)
    y, x = np.mgrid[: frame.height, : frame.width]
    points = np.stack([x, y], -1).reshape(1, -1, 2).astype(np.float32) + 0.5
    for row in range(len(tracks)):
        at = transform(points, matrix[row : row + 1])[0] - 0.5
        low = np.floor(at).astype(int)
        corners = [low + np.array(step) for step in ((0, 0), (1, 1), (0, 1), (1, 0))]
        good = ((low >= 0) & (low < SIZE - 1)).all(-1)
        values = [inside[row, c[:, 1].clip(0, SIZE - 1), c[:, 0].clip(0, SIZE - 1)] for c in corners]
        solid |= (good & (np.min(values, axis=0) >= 1)).reshape(solid.shape)
    return solid


def test_faces_are_replaced_and_nothing_else_is_touched(corridor: Opened) -> None:
    frame = scene()
    painted, verdicts = walk(corridor(), frame, TWO, most=8)
    assert verdicts.accepted.all()
    assert verdicts.reason == ("", "")
    assert (verdicts.similarity < 0.6).all()
    out = Blender(Policy())(frame, TWO, painted, verdicts).pixels
    changed = (out != frame.pixels).any(-1)
    assert changed[regions(frame, TWO)].mean() > 0.97
    outside = np.ones_like(changed)
    for x, y, scale in ((20, 30, 1.5), (180, 60, 1.2)):
        outside[y : int(y + SIZE * scale) + 1, x : int(x + SIZE * scale) + 1] = False
    assert not changed[outside].any()


def test_what_is_in_front_of_a_face_stays_but_never_in_front_of_its_eyes(corridor: Opened) -> None:
    """A white bar across the crop from its top to its foot, over one eye."""
    one, pixels = faces_at((20, 30, 1.0)), scene().pixels.copy()
    eye, mouth = one.landmarks[0, 0].round().astype(int), one.landmarks[0, 3].round().astype(int)
    bar = np.s_[30 : 30 + SIZE, eye[0] - 3 : eye[0] + 4]
    pixels[bar] = 255
    frame, outs = Frame(pixels), {}
    for occlusion in ("", "white"):
        painted, verdicts = walk(corridor(Twist(occlusion=occlusion)), frame, one, most=8)
        assert verdicts.accepted.all()
        outs[occlusion] = Blender(Policy())(frame, one, painted, verdicts).pixels
    assert (outs["white"][mouth[1] - 2 : mouth[1] + 3, eye[0] - 1 : eye[0] + 2] == 255).all()
    for out in outs.values():
        assert (out[eye[1] - 3 : eye[1] + 4, eye[0] - 3 : eye[0] + 4] != 255).any(-1).all()
    changed = [(out != pixels).any(-1) for out in outs.values()]
    assert (changed[1] <= changed[0]).all()
    assert 40 < (changed[0] & ~changed[1]).sum() < pixels[bar].size // 3


@pytest.mark.parametrize("occlusion", ["all", "nan"])
def test_what_would_hide_the_whole_face_is_not_believed(corridor: Opened, occlusion: str) -> None:
    """Nor is a chance that is no number, or infinite, as it is for "nan" where the picture is white."""
    frame = scene()
    frame.pixels[90:120, 60:70] = 255
    painted, _ = walk(corridor(Twist(occlusion=occlusion)), frame, TWO, most=8)
    plain, _ = walk(corridor(), frame, TWO, most=8)
    assert np.array_equal(painted.mask, plain.mask)


def test_nobody_is_nothing_to_do(corridor: Opened) -> None:
    painted, verdicts = walk(corridor(), scene(), faces_at())
    assert (len(painted), len(verdicts)) == (0, 0)


def test_the_same_key_paints_the_same_people(corridor: Opened) -> None:
    frame = scene()
    one, two = (walk(corridor(key="a passphrase of some length"), frame, TWO)[0] for _ in range(2))
    other = walk(corridor(key=b"another key 4567"), frame, TWO)[0]
    fresh = [walk(corridor(key=None), frame, TWO)[0] for _ in range(2)]
    assert (one.pixels == two.pixels).all()
    assert (one.pixels != other.pixels).any()
    assert (fresh[0].pixels != fresh[1].pixels).any()


def test_a_track_keeps_its_face_and_two_tracks_have_two(corridor: Opened) -> None:
    it = corridor()
    sampler = it.sampler()
    first, _ = it(scene(1), TWO, sampler, witness=SURE, run=at_once, most=8)
    again, verdicts = it(scene(1), TWO.pick(np.array([1, 0])), sampler, witness=SURE, run=at_once)
    assert verdicts.accepted.all()
    assert (first.pixels == again.pixels[::-1]).all()
    assert (first.pixels[0] != first.pixels[1]).any()


def test_a_refused_face_is_covered_now_and_drawn_again_for_the_next_frame(corridor: Opened) -> None:
    it = corridor(LIAR)
    sampler, frame, one = it.sampler(), scene(), faces_at((20, 30, 1.5))
    sure = SURE[:1]
    seen, accepted = [], []
    for _ in range(20):
        painted, verdicts = it(frame, one, sampler, witness=sure, run=at_once)
        seen.append(painted.pixels[0].tobytes())
        accepted.append(bool(verdicts.accepted[0]))
        assert (verdicts.reason[0] == "") == accepted[-1]
    assert not all(accepted)
    first = accepted.index(True)
    assert len(set(seen[: first + 1])) == first + 1  # each refusal was followed by another face
    assert len(set(seen[first:])) == 1  # and what was accepted is held
    assert all(accepted[first:])


def test_a_still_picture_tries_again_but_not_for_ever(corridor: Opened) -> None:
    it = corridor(LIAR)
    stages: list[str] = []

    def noted(stage: str, step: Callable[[], T]) -> T:
        stages.append(stage)
        return step()

    _, verdicts = it(scene(), faces_at((20, 30, 1.5)), it.sampler(), witness=SURE[:1], run=noted, most=50)
    assert verdicts.accepted.all()
    assert 1 < stages.count("generate") < 50
    assert stages.count("encode") == stages.count("recognise") == 1
    impossible = corridor(replace(LIAR, thresholds=(-0.9, -0.9, 0.99), honest=False))
    stages.clear()
    _, verdicts = impossible(scene(), TWO, impossible.sampler(), witness=SURE, run=noted, most=4)
    assert not verdicts.accepted.any()
    assert stages.count("generate") <= 4


def test_the_best_of_several_takes_is_shown_and_held(corridor: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of four takes has most merit: it is shown, and in the next frames nothing else is painted."""
    it = corridor()
    monkeypatch.setattr("pyanon.corridor.PAINTINGS", 2 * 4)
    merits = iter(np.array([-3.0, -1.5, -2.0, -4.0, -9.0]) + SATISFIED)
    monkeypatch.setattr(it, "_merit", lambda originals, verdicts: np.full(2, next(merits), np.float32))
    takes: list[Replacements] = []
    generate = it._generate
    monkeypatch.setattr(it, "_generate", lambda *given: takes.append(generate(*given)) or takes[-1])  # type: ignore[func-returns-value]
    sampler, frame = it.sampler(), scene()
    painted, verdicts = it(frame, TWO, sampler, witness=SURE, run=at_once, most=4)
    assert verdicts.accepted.all()
    assert len(takes) == 4
    assert len({take.pixels.tobytes() for take in takes}) == 4
    assert np.array_equal(painted.pixels, takes[1].pixels)
    again, _ = it(frame, TWO, sampler, witness=SURE, run=at_once, most=4)
    assert len(takes) == 5
    assert np.array_equal(again.pixels, painted.pixels)


def test_nobody_new_looks_like_a_face_that_the_networks_learnt_from(
    corridor: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused as long as it does; who was shown once is not asked about again."""
    it, asked = corridor(), []

    def are_known(painted: Embeddings) -> np.ndarray[Any, np.dtype[np.bool_]]:
        asked.append(len(painted))
        return np.full(len(painted), len(asked) < 3)

    monkeypatch.setattr(it._prior, "are_known", are_known)
    sampler, one = it.sampler(), TWO.pick(np.array([0]))
    shown = [it(scene(), one, sampler, witness=SURE[:1], run=at_once)[1] for _ in range(5)]
    assert [bool(verdicts.accepted[0]) for verdicts in shown] == [False, False, True, True, True]
    assert shown[0].reason == ("an oracle took it for a face that the networks learnt from",)
    assert shown[2].reason == ("",)
    assert asked == [1, 1, 1]


def test_who_is_satisfied_looks_no_further_and_a_crowd_looks_once(
    corridor: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, stages = corridor(), []

    def noted(stage: str, step: Callable[[], T]) -> T:
        stages.append(stage)
        return step()

    def painted(merit: float, faces: Tracks) -> int:
        monkeypatch.setattr(it, "_merit", lambda originals, verdicts: np.full(len(originals), merit, np.float32))
        stages.clear()
        it(scene(), faces, it.sampler(), witness=SURE[: len(faces)], run=noted, most=6)
        return stages.count("generate")

    one = TWO.pick(np.array([0]))
    assert painted(SATISFIED + 0.01, one) == 1
    assert painted(SATISFIED - 0.01, one) == min(6, PAINTINGS)
    assert painted(SATISFIED - 0.01, TWO) == PAINTINGS // 2


def test_under_epsilon_no_take_is_better_than_another(corridor: Opened) -> None:
    """To choose by what is seen of the original would tell more of it than epsilon says."""
    it, plain = corridor(epsilon=1.0), corridor()
    one = faces_at((20, 30, 1.5))
    found = []
    for each in (it, plain):
        crops = each._align(scene(), one, located=one.xyxy)
        originals = each._recognise(crops)
        _, verdicts = each(scene(), one, each.sampler(), witness=SURE[:1], run=at_once)
        full = replace(verdicts, embeddings=each._recognise(each._align(scene(2), one, located=one.xyxy)))
        found.append(float(each._merit(originals, full)[0]))
    assert found[0] == 0
    assert found[1] < 0


def test_where_no_identity_is_acceptable_the_face_is_covered(corridor: Opened) -> None:
    it = corridor(Twist(thresholds=(-0.99, -0.98, 0.99)))
    frame = scene()
    painted, verdicts = walk(it, frame, TWO)
    assert verdicts.reason == ("no identity was distinct and realistic enough",) * 2
    out = Blender(Policy(cover="solid", colour=(1, 2, 3)))(frame, TWO, painted, verdicts).pixels
    for box in TWO.xyxy.astype(int):
        assert (out[box[1] : box[3], box[0] : box[2]] == (1, 2, 3)).all()


def test_a_gallery_that_holds_everybody_leaves_nobody(corridor: Opened) -> None:
    it = corridor(Twist(gallery="whole", thresholds=(0.5, 0.6, 0.61)))
    assert set(walk(it, scene(), TWO)[1].reason) == {"no identity was distinct and realistic enough"}


def test_a_picture_that_is_not_finite_is_never_shown(corridor: Opened) -> None:
    _, verdicts = walk(corridor(Twist(generator="nan")), scene(), TWO, most=3)
    assert verdicts.reason == ("the generator's picture is not finite",) * 2


def broken(tracks: Tracks, row: int, **fields: Any) -> Tracks:
    changed = {}
    for name, value in fields.items():
        array = getattr(tracks, name).copy()
        array[row] = value
        changed[name] = array
    return replace(tracks, **changed)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"landmarks": np.nan}, "its landmarks are unknown"),
        ({"landmarks": 30.0}, "its landmarks are unknown"),
        ({"landmarks": TEMPLATE - 10}, "its landmarks lie outside of its box"),
        ({"xyxy": (60, 70, 75, 88)}, "it is too small"),
        ({"xyxy": (20, 0, 190, 220)}, "its landmarks do not span its box"),
        ({"landmarks": 40 + TEMPLATE[[3, 1, 0, 4, 2]]}, "its landmarks are not those of a face"),
    ],
)
def test_what_cannot_be_aligned_is_covered_and_the_others_replaced(
    corridor: Opened, fields: dict[str, Any], why: str
) -> None:
    tracks = broken(TWO, 0, **fields)
    painted, verdicts = walk(corridor(), scene(), tracks, most=8)
    assert verdicts.reason == (why, "")
    assert verdicts.accepted.tolist() == [False, True]
    assert len(painted) == 2
    assert not painted.mask[0].any()


def test_what_is_no_face_is_covered(corridor: Opened) -> None:
    it = corridor()
    it._is_face = [True, False]
    assert walk(it, scene(), broken(TWO, 1, prompt=1), most=8)[1].reason == ("", "it is no face")


@pytest.mark.parametrize("unsure", [0.4, 0.0, np.nan])
def test_where_a_face_is_not_sure_it_is_covered_and_a_coasted_one_that_is_sure_is_replaced(
    corridor: Opened, unsure: float
) -> None:
    coasted = broken(TWO, 0, coasted=True)
    assert walk(corridor(), scene(), coasted, most=8)[1].accepted.all()
    verdicts = walk(corridor(), scene(), coasted, most=8, witness=np.array([unsure, 0.6], np.float32))[1]
    assert verdicts.reason == ("it is not sure that it is there", "")


def test_a_pack_may_ask_for_larger_faces(corridor: Opened) -> None:
    it = corridor(Twist(settings=(("smallest", 60.0),)))
    assert walk(it, scene(), TWO)[1].reason[1] == "it is too small"


OVERLAPPING = faces_at((40, 40, 1.5), (90, 70, 1.5), (230, 100, 1.0))


@pytest.mark.parametrize("accepted", [(True, True, True), (True, False, True), (False, True, False)])
def test_no_pixel_of_any_located_face_survives(corridor: Opened, accepted: tuple[bool, ...]) -> None:
    """Whatever lies inside the regions and covers, the output is the same, also where they overlap."""
    frame = scene()
    painted, verdicts = walk(corridor(), frame, OVERLAPPING, most=8)
    verdicts = Verdicts(np.array(accepted), verdicts.similarity, ("",) * 3)
    hidden = regions(frame, OVERLAPPING.pick(verdicts.accepted))
    for x0, y0, x1, y1 in OVERLAPPING.xyxy[~verdicts.accepted].astype(int):
        hidden[y0:y1, x0:x1] = True
    other = frame.pixels.copy()
    other[hidden] = np.random.default_rng(9).integers(0, 256, (int(hidden.sum()), 3))
    blend = Blender(Policy())
    one, two = (blend(Frame(p), OVERLAPPING, painted, verdicts).pixels for p in (frame.pixels, other))
    assert (one == two).all()


def test_what_is_painted_depends_on_no_pixel_of_a_face(corridor: Opened) -> None:
    """Attributes carry the surroundings of a face: not its inside, and not its neighbours."""
    it, frame = corridor(), scene()
    other = frame.pixels.copy()
    # Of its own box a face leaves the corners to be seen; of its neighbours' boxes nothing.
    neighbours = np.zeros(other.shape[:2], np.bool_)
    for x0, y0, x1, y1 in OVERLAPPING.xyxy[1:].astype(int):
        neighbours[y0 + 2 : y1 - 1, x0 + 2 : x1 - 1] = True
    change = neighbours | regions(frame, OVERLAPPING.pick(np.array([0])))
    other[change] = np.random.default_rng(9).integers(0, 256, (int(change.sum()), 3))
    first = OVERLAPPING.pick(np.array([0]))
    seen = []
    for pixels in (frame.pixels, other):
        crops = it._align(Frame(pixels), first, located=OVERLAPPING.xyxy)
        seen.append(it._encode(crops))
    assert (seen[0].visible == seen[1].visible).all()
    assert seen[0].visible.any()
    np.testing.assert_allclose(seen[0].surround.astype(int), seen[1].surround.astype(int), atol=0)


def test_outside_the_frame_nothing_is_seen(corridor: Opened) -> None:
    """The border of a frame is repeated beyond it: of a face at the border that would be the face."""
    it, edge = corridor(), faces_at((-30, 30, 1.5))
    crops = it._align(scene(), edge, located=edge.xyxy)
    assert crops.foreign[0, :, :19].all()
    assert not crops.foreign[0, :, 21:].any()
    assert not it._encode(crops).visible[0, :, :19].any()


def test_covers_where_the_pack_cannot_and_errors_where_it_must(tmp_path: Path) -> None:
    pocket, whole = load_pack("pocket"), build(tmp_path / "tiny")
    assert is_replacing(Policy(), whole)
    if not is_replacing(Policy(), pocket):
        assert not is_replacing(Policy(cover="mosaic"), pocket)
    half = without(whole, "generator", "oracle.1")
    assert not is_replacing(Policy(), half)
    shy = dataclasses.replace(whole, manifest=dataclasses.replace(whole.manifest, method="cover"))
    assert not is_replacing(Policy(), shy)
    assert is_replacing(Policy(method="replace"), shy)
    assert is_replacing(Policy(alter={"age"}), shy)
    assert not is_replacing(Policy(method="blur"), whole)
    for policy in (Policy(method="replace"), Policy(alter={"age"}), Policy(epsilon=1.0)):
        with pytest.raises(PackError, match=r"lacks role 'generator', 1 more of.*do: use another pack; or cover"):
            Anonymizer(pack=half, policy=policy)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"steps": 3}, r"Policy\.steps.*given: 3; expected: 1 to 2"),
        ({"fmr": 1e-5}, r"Policy\.fmr.*expected: 0\.0001 to 0\.01"),
        ({"alter": {"pose"}}, r"Policy\.alter.*always kept.*given: pose; expected: of: age, gender"),
        ({"alter": {"skin"}}, r"Policy\.alter.*given: skin; expected: of: age, gender"),
        ({"preserve": {"age", "beard"}}, r"Policy\.preserve.*given: beard; expected: of: .*age, gender"),
    ],
)
def test_what_the_pack_cannot_do_is_said_with_what_it_can(corridor: Opened, policy: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        corridor(**policy)


def test_a_pack_without_clusters_has_no_exponential_mechanism(corridor: Opened) -> None:
    with pytest.raises(PackError, match=r"no clusters.*do: leave Policy\.epsilon out"):
        corridor(Twist(clusters=False), epsilon=1.0)


def test_more_steps_paint_another_picture(corridor: Opened) -> None:
    one, two = (walk(corridor(steps=steps), scene(), TWO)[0] for steps in (1, 2))
    assert (one.pixels != two.pixels).any()

"""Who is named by a photo or in words stays as they are, and nobody else: with the pocket pack, on real pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.anonymizer import Anonymizer
from pyanon.cli import main
from pyanon.errors import InputError, PackError, SourceNotFoundError, StageError
from pyanon.files import anonymize_picture
from pyanon.photos import Photo
from pyanon.policy import Policy
from pyanon.runtime import load_pack
from pyanon.selection import Selection
from pyanon.stages.select.votes import NEEDED
from pyanon.types import Detections, Frame, ImageArray, Result
from tests.tiny_faces import without

KEY = b"never to be written"
#: Halves of the scene: the astronaut on the left, on the right somebody whom the pack's generator made.
HERS, THEIRS = np.s_[:, :250], np.s_[:, 250:]


@pytest.fixture(scope="module")
def portrait() -> ImageArray:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the test photograph")
    return np.ascontiguousarray(data.astronaut()[:250, 100:350])


@pytest.fixture(scope="module")
def scene(portrait: ImageArray) -> ImageArray:
    with Anonymizer(policy=Policy(key=b"the key of the other")) as plain:
        other = plain(portrait).frame
    return np.ascontiguousarray(np.hstack([portrait, other]))


@pytest.fixture(scope="module")
def reference(portrait: ImageArray) -> ImageArray:
    """Another picture of her: mirrored, cut differently and darker."""
    return np.ascontiguousarray((0.8 * portrait[10:240, 20:240][:, ::-1]).astype(np.uint8))


@pytest.fixture(scope="module")
def keeping(reference: ImageArray) -> Iterator[Anonymizer]:
    with Anonymizer(policy=Policy(key=KEY, except_=reference)) as it:
        yield it


def faces(result: Result) -> dict[str, str]:
    """What was done to who is left and right."""
    return {"left" if face.xyxy[0] < 250 else "right": face.action for face in result.faces}


def hidden(result: Result, scene: ImageArray, half: Any) -> bool:
    return bool((result.frame[half][80:160, 80:160] != scene[half][80:160, 80:160]).any(-1).mean() > 0.3)


def test_all_but_one_are_hidden(keeping: Anonymizer, scene: ImageArray) -> None:
    result = keeping(scene)
    assert faces(result) == {"left": "kept", "right": "replaced"}
    assert (result.frame[HERS] == scene[HERS]).all()
    assert hidden(result, scene, THEIRS)
    (kept,) = (face for face in result.faces if face.action == "kept")
    assert kept.traits["gender"] == "female"
    assert (kept.reason, kept.similarity) == ("", ())


def test_only_one_is_hidden(scene: ImageArray, reference: ImageArray) -> None:
    with Anonymizer(policy=Policy(key=KEY, only=(reference,))) as it:
        result = it(scene)
    assert faces(result) == {"left": "replaced", "right": "kept"}
    assert (result.frame[THEIRS] == scene[THEIRS]).all()
    assert hidden(result, scene, HERS)


@pytest.mark.parametrize("method", ["blur", "mosaic", "solid"])
def test_covers_spare_who_is_named(scene: ImageArray, reference: ImageArray, method: Any) -> None:
    with Anonymizer(policy=Policy(method=method, except_=reference)) as it:
        result = it(scene)
    assert faces(result) == {"left": "kept", "right": "covered"}
    assert (result.frame[HERS] == scene[HERS]).all()


def test_who_is_in_the_picture_twice_is_hidden_twice(keeping: Anonymizer, portrait: ImageArray) -> None:
    twice = np.ascontiguousarray(np.hstack([portrait, portrait[:, ::-1]]))
    assert "kept" not in faces(keeping(twice)).values()


def test_a_stranger_s_photo_keeps_nobody(scene: ImageArray, portrait: ImageArray) -> None:
    with Anonymizer(policy=Policy(key=b"another secret!!")) as plain:
        stranger = plain(portrait).frame
    with Anonymizer(policy=Policy(key=KEY, except_=stranger)) as it:
        assert set(faces(it(scene)).values()) <= {"replaced", "covered"}


def test_a_face_that_was_only_told_of_is_hidden(
    keeping: Anonymizer, scene: ImageArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = np.array([next(face.xyxy for face in keeping(scene).faces if face.action == "kept")], np.float32)

    def blind(frame: Frame, *, details: tuple[int, ...]) -> Detections:
        return Detections.empty()

    blind.still_threshold = keeping.locate.still_threshold  # type: ignore[attr-defined]
    monkeypatch.setattr(keeping, "locate", blind)
    assert [face.action for face in keeping(scene, also=box).faces] == ["covered"]


def test_a_small_face_is_hidden(keeping: Anonymizer, scene: ImageArray) -> None:
    from PIL import Image

    small = np.asarray(Image.fromarray(scene).resize((100, 50)))
    assert "kept" not in {face.action for face in keeping(small).faces}


def video(scene: ImageArray, count: int) -> list[Frame]:
    return [Frame(np.ascontiguousarray(scene[n : 240 + n, n : 480 + n]), n, Fraction(1, 25), n) for n in range(count)]


def her(results: Sequence[Result]) -> list[str]:
    return [next(face.action for face in result.faces if face.xyxy[0] < 220) for result in results]


def test_in_a_video_she_stays_once_enough_frames_are_sure(keeping: Anonymizer, scene: ImageArray) -> None:
    results = list(keeping.stream(video(scene, NEEDED + 3), lookahead=0))
    actions = her(results)
    first = actions.index("kept")
    assert first >= NEEDED - 1
    assert set(actions[:first]) <= {"replaced", "covered"}
    assert set(actions[first:]) == {"kept"}
    assert "kept" not in {face.action for result in results for face in result.faces if face.xyxy[0] >= 220}


def test_frames_that_are_held_learn_who_she_is(keeping: Anonymizer, scene: ImageArray) -> None:
    frames = video(scene, NEEDED + 3)
    results = list(keeping.stream(frames, lookahead=2 * NEEDED))
    actions = her(results)
    first = actions.index("kept")
    assert first < NEEDED - 1
    assert set(actions[first:]) == {"kept"}
    for frame, result in zip(frames[first:], results[first:], strict=True):
        assert (result.frame[:, :200] == frame.picture[:, :200]).all()


def test_whoever_the_locator_lost_is_hidden_and_begins_anew(
    keeping: Anonymizer, scene: ImageArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = keeping.locate, NEEDED + 2

    def nearly(frame: Frame, *, details: tuple[int, ...]) -> Detections:
        return real(frame, details=details) if frame.index != lost else Detections.empty()

    nearly.threshold = real.threshold  # type: ignore[attr-defined]
    monkeypatch.setattr(keeping, "locate", nearly)
    actions = her(list(keeping.stream(video(scene, 2 * NEEDED + 3), lookahead=0)))
    assert actions[lost - 1] == "kept"
    assert "kept" not in actions[lost : lost + NEEDED]
    assert actions[lost + NEEDED] == "kept"


def test_a_stage_that_raises_shows_nobody(
    scene: ImageArray, reference: ImageArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("no room")

    for on_error in ("stop", "cover"):
        policy: Any = {"key": KEY, "except_": reference, "on_error": on_error, "colour": (1, 2, 3)}
        with Anonymizer(policy=Policy(**policy)) as it, monkeypatch.context() as patch:
            patch.setattr(Selection, "look", broken)
            if on_error == "stop":
                with pytest.raises(StageError, match="'select' failed"):
                    it(scene)
            else:
                result = it(scene)
                assert (result.failed, result.faces) == ("select", ())
                assert (result.frame == (1, 2, 3)).all()


def test_the_caption_says_of_her_what_is_so(keeping: Anonymizer, portrait: ImageArray) -> None:
    result = keeping(portrait, caption="The woman smiles.")
    assert [face.action for face in result.faces] == ["kept"]
    assert "woman" in result.caption


def test_words_for_a_place_and_a_gender(scene: ImageArray) -> None:
    with Anonymizer(policy=Policy(key=KEY, except_="the person on the left")) as it:
        assert faces(it(scene)) == {"left": "kept", "right": "replaced"}
    with Anonymizer(policy=Policy(key=KEY, only="the person on the right")) as it:
        assert faces(it(scene)) == {"left": "kept", "right": "replaced"}
    with Anonymizer(policy=Policy(key=KEY, except_="the old man on the left")) as it:
        assert faces(it(scene))["left"] == "replaced"


def test_a_photo_must_show_one_face(scene: ImageArray, portrait: ImageArray, tmp_path: Path) -> None:
    empty = np.full((200, 200, 3), 90, np.uint8)
    for photo, given in ((scene, "2 located faces"), (empty, "0 located faces")):
        with pytest.raises(InputError, match=rf"does not show whose face is meant.*given: .*{given}.*do: "):
            Anonymizer(policy=Policy(except_=photo))
    with pytest.raises(SourceNotFoundError):
        Anonymizer(policy=Policy(except_=tmp_path / "nobody.jpg"))


def test_a_larger_face_may_have_a_smaller_one_behind_it(portrait: ImageArray, scene: ImageArray) -> None:
    from PIL import Image

    behind = np.asarray(Image.fromarray(portrait).resize((125, 125)))
    photo = np.ascontiguousarray(np.hstack([portrait, np.vstack([behind, behind // 8])]))
    with Anonymizer(policy=Policy(key=KEY, except_=photo)) as it:
        assert faces(it(scene))["left"] == "kept"


def test_what_cannot_be_told_is_refused_before_anything_is_shown() -> None:
    with pytest.raises(InputError, match=r"given: 'the presenter': presenter; expected: .*do: .*photo"):
        Anonymizer(policy=Policy(except_="the presenter"))
    with pytest.raises(PackError, match="cannot replace faces"):
        Anonymizer(pack=without(load_pack("pocket"), "generator"), policy=Policy(method="blur", except_="the man"))


def test_files_reports_and_the_command_count_who_was_kept(
    scene: ImageArray, reference: ImageArray, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    for name, pixels in (("her.png", reference), ("scene.png", scene)):
        Image.fromarray(pixels).save(tmp_path / name)
    policy = Policy(key=KEY, except_=str(tmp_path / "her.png"))
    done = anonymize_picture(tmp_path / "scene.png", policy=policy, report=tmp_path / "faces.jsonl")
    assert (done.kept, done.replaced, done.exposed) == (1, 1, 0)
    text = (tmp_path / "faces.jsonl").read_text()
    line, last = (json.loads(each) for each in text.splitlines())
    assert sorted(face["action"] for face in line["faces"]) == ["kept", "replaced"]
    assert (last["summary"]["kept"], last["summary"]["exposed"]) == (1, 0)
    assert last["summary"]["policy"]["except_"] == ["a photo"]
    assert "her.png" not in f"{text} {policy} {policy!r}"
    command = ["anonymize", tmp_path / "scene.png", tmp_path / "out.png", "--except", tmp_path / "her.png"]
    assert main([str(each) for each in command]) == 0
    assert "1 face replaced, 0 covered, 1 kept, 0 exposed" in capfd.readouterr().out
    assert main([str(each) for each in [*command, "--only", "the man", "--overwrite"]]) == 2
    assert "cannot both be given" in capfd.readouterr().err


def test_photos_are_told_apart_by_what_they_are(reference: ImageArray) -> None:
    assert Photo(pixels=reference) == Photo(pixels=reference.copy()) != Photo(path=Path("a.jpg"))
    assert Photo(pixels=reference).digest() == Photo(pixels=reference.copy()).digest()
    assert Photo(pixels=reference).digest() != Photo(pixels=reference[:, ::-1].copy()).digest()
    with pytest.raises(InputError, match=r"cannot be read; given: nowhere\.jpg; do: "):
        Photo(path=Path("nowhere.jpg")).digest()
    assert len({Photo(path=Path("a.jpg")), Photo(path=Path("a.jpg")), Photo(pixels=reference)}) == 2

"""Anonymizer, report and command line with a pack that replaces faces, on a real photograph."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.anonymizer import Anonymizer
from pyanon.cli import main
from pyanon.errors import StageError
from pyanon.files import anonymize_picture, anonymize_video
from pyanon.policy import Policy
from pyanon.report import Tally
from pyanon.runtime import Pack
from pyanon.types import Detections, Frame, ImageArray
from pyanon.video import read_picture
from tests.tiny_faces import Twist, build
from tests.video.media import write_video

KEY = b"never to be written"
NEW_STAGES = ("encode", "recognise", "sample", "generate", "verify")
#: Where the face of the photograph is.
FACE = np.s_[85:160, 195:255]


@pytest.fixture(scope="module")
def portrait() -> ImageArray:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the test photograph")
    return np.ascontiguousarray(data.astronaut()[:400])


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return build(tmp_path_factory.mktemp("packs") / "tiny", Twist(thresholds=(0.7, 0.8, 0.95)))


@pytest.fixture
def anonymizer(pack: Pack) -> Iterator[Anonymizer]:
    with Anonymizer(pack=pack, policy=Policy(key=KEY)) as it:
        yield it


def pan(picture: ImageArray, count: int) -> list[Frame]:
    return [
        Frame(np.ascontiguousarray(picture[2 * i : 300 + 2 * i, 2 * i : 400 + 2 * i]), i, Fraction(1, 25), i)
        for i in range(count)
    ]


def test_a_face_that_somebody_names_and_nobody_located_is_covered_never_replaced(
    anonymizer: Anonymizer, portrait: ImageArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = np.array([next(face.xyxy for face in anonymizer(portrait).faces if face.action == "replaced")], np.float32)
    real = anonymizer.locate

    def blind(frame: Frame, *, details: tuple[int, ...]) -> Detections:
        return Detections.empty()

    blind.still_threshold = real.still_threshold  # type: ignore[attr-defined]
    monkeypatch.setattr(anonymizer, "locate", blind)
    assert anonymizer(portrait).faces == ()
    result = anonymizer(portrait, also=box)
    assert [(face.action, face.told) for face in result.faces] == [("covered", True)]
    assert (result.frame[FACE] == portrait[FACE]).all(-1).mean() < 0.05


def test_a_face_is_replaced_and_the_rest_is_untouched(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    before = portrait.copy()
    result = anonymizer(portrait)
    assert anonymizer.method == "replace"
    assert (portrait == before).all()
    (face,) = result.faces
    assert (face.action, face.reason) == ("replaced", "")
    assert len(face.similarity) == 2
    assert max(face.similarity) < 0.8
    assert set(NEW_STAGES) < set(result.timings)
    assert (result.frame[FACE] != portrait[FACE]).any(-1).mean() > 0.95
    x0, y0, x1, y1 = face.xyxy
    wide, high = x1 - x0, y1 - y0
    outside = np.ones(portrait.shape[:2], np.bool_)
    outside[int(y0 - high / 2) : int(y1 + high / 2), int(x0 - wide / 2) : int(x1 + wide / 2)] = False
    assert (result.frame[outside] == portrait[outside]).all()


def test_several_faces_become_several_people(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    head = portrait[:250, 100:350]
    row = np.ascontiguousarray(np.hstack([head, head[:, ::-1], head]))
    result = anonymizer(row)
    assert len(result.faces) == 3
    assert {face.action for face in result.faces} == {"replaced"}
    middles = [row[110:140, x : x + 40] for x in (105, 355, 605)]
    shown = [result.frame[110:140, x : x + 40] for x in (105, 355, 605)]
    assert all((new != old).any(-1).mean() > 0.95 for new, old in zip(shown, middles, strict=True))
    assert (shown[0] != shown[2]).any()


def test_a_track_is_one_person_over_the_frames(anonymizer: Anonymizer, portrait: ImageArray) -> None:
    results = list(anonymizer.stream(pan(portrait, 8), lookahead=2))
    assert [r.output.index for r in results] == list(range(8))
    actions = [face.action for result in results for face in result.faces]
    assert actions.count("replaced") >= 4
    again = list(anonymizer.stream(pan(portrait, 8), lookahead=2))
    assert all((a.frame == b.frame).all() for a, b in zip(results, again, strict=True))


def failing(stage: str, anonymizer: Anonymizer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("no room")

    if stage == "sample":
        monkeypatch.setattr("pyanon.stages.sample.sampler.Sampler.__call__", broken)
    else:
        monkeypatch.setattr(anonymizer._corridor, f"_{stage}", broken)


@pytest.mark.parametrize("stage", ["align", *NEW_STAGES])
def test_a_stage_that_raises_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, pack: Pack, portrait: ImageArray, stage: str
) -> None:
    with Anonymizer(pack=pack, policy=Policy(key=KEY)) as stopping:
        failing(stage, stopping, monkeypatch)
        with pytest.raises(StageError, match=f"'{stage}' failed") as caught:
            stopping(portrait)
        assert caught.value.stage == stage
    with Anonymizer(pack=pack, policy=Policy(key=KEY, on_error="cover", colour=(1, 2, 3))) as covering:
        failing(stage, covering, monkeypatch)
        result = covering(portrait)
        assert result.failed == stage
        assert (result.frame == (1, 2, 3)).all()


@pytest.mark.parametrize("method", ["blur", "mosaic", "solid"])
def test_a_method_that_covers_covers_every_face(pack: Pack, portrait: ImageArray, method: Any) -> None:
    with Anonymizer(pack=pack, policy=Policy(method=method)) as it, Anonymizer(policy=Policy(cover=method)) as plain:
        result = it(portrait)
        assert it.method == method
        assert {face.action for face in result.faces} == {"covered"}
        assert {face.reason for face in result.faces} == {""}
        if plain.method != "replace":
            assert (result.frame == plain(portrait).frame).all()


def test_epsilon_is_counted_for_each_face_and_in_total(pack: Pack, portrait: ImageArray) -> None:
    tally = Tally()
    with Anonymizer(pack=pack, policy=Policy(key=KEY, epsilon=0.25)) as it:
        for result in it.stream(pan(portrait, 5), lookahead=0):
            tally.add(result)
            assert all(face.epsilon > 0 for face in result.faces if not face.reason)
    assert tally.total_epsilon == pytest.approx(sum(tally.epsilon.values()))
    assert 0 < tally.total_epsilon < 3
    assert all(spent % 0.25 == 0 for spent in tally.epsilon.values())


@pytest.fixture
def clip(tmp_path: Path, portrait: ImageArray) -> Path:
    return write_video(tmp_path / "clip.mp4", [frame.pixels for frame in pan(portrait, 6)])


def test_summary_and_report_count_what_happened_and_never_hold_the_key(
    anonymizer: Anonymizer, clip: Path, tmp_path: Path
) -> None:
    done = anonymize_video(clip, anonymizer=anonymizer, report=tmp_path / "faces.jsonl")
    assert done.method == "replace"
    assert done.faces == done.replaced + done.covered
    assert done.replaced > 0
    assert done.exposed == 0
    text = (tmp_path / "faces.jsonl").read_text()
    *lines, last = (json.loads(line) for line in text.splitlines())
    assert sum(face["action"] == "replaced" for line in lines for face in line["faces"]) == done.replaced
    assert all(("reason" in face) == (face["action"] == "covered") for line in lines for face in line["faces"])
    assert last["summary"]["replaced"] == done.replaced
    assert last["summary"]["epsilon"] == {"per_track": {}, "total": 0}
    assert last["summary"]["policy"]["fmr"] == 1e-3
    assert last["summary"]["policy"]["preserve"] == ["age", "expression", "gaze", "gender", "pose", "skin"]
    shown = f"{text} {anonymizer.policy} {anonymizer.policy!r} {done}"
    for secret in (KEY.decode(), KEY.hex(), "key"):
        assert secret not in shown.replace(str(tmp_path), "")


def test_a_still_picture_file(anonymizer: Anonymizer, portrait: ImageArray, tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(portrait).save(tmp_path / "photo.png")
    done = anonymize_picture(tmp_path / "photo.png", anonymizer=anonymizer)
    assert (done.replaced, done.covered, done.exposed) == (1, 0, 0)
    assert (read_picture(done.output).frame.pixels[FACE] != portrait[FACE]).any(-1).mean() > 0.95


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def test_the_command_says_what_became_of_the_faces(
    run: Callable[..., tuple[int, str, str]], pack: Pack, clip: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "key"
    secret.write_text("a passphrase that is long\n")
    common = ("--pack", pack.folder, "--overwrite", "--key-file", secret)
    code, out, err = run("anonymize", clip, tmp_path / "a.mp4", *common, "--method", "replace")
    assert code == 0, err
    assert re.search(r"\d+ faces replaced, \d+ covered, 0 exposed", out)
    code, _, err = run(
        "anonymize", clip, tmp_path / "b.mp4", *common, "--alter", "age", "--fmr", "0.01", "--steps", "2"
    )
    assert code == 0, err
    code, out, _ = run("anonymize", clip, tmp_path / "c.mp4", *common, "--epsilon", "0.5", "--json")
    facts = json.loads(out)
    assert (code, facts["method"], facts["exposed"]) == (0, "replace", 0)
    assert facts["total_epsilon"] > 0
    code, out, _ = run("camera", clip, tmp_path / "d.mp4", *common, "--preserve", "gender,pose")
    assert code == 0
    assert re.search(r"faces? replaced, \d+ covered, 0 exposed", out)
    assert "passphrase" not in out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--steps", "9"), 2, "Policy.steps"),
        (("--alter", "pose"), 2, "always kept"),
        (("--alter", "age", "--preserve", "age,pose"), 2, "Policy.alter names what Policy.preserve keeps"),
        (("--fmr", "0.4"), 2, "0.0001 to 0.01"),
        (("--key-file", "nowhere"), 2, "key file cannot be read"),
    ],
)
def test_the_command_refuses_what_cannot_be(
    run: Callable[..., tuple[int, str, str]], pack: Pack, clip: Path, arguments: tuple[str, ...], code: int, text: str
) -> None:
    got, _, err = run("anonymize", clip, "--pack", pack.folder, *arguments)
    assert (got, text in err) == (code, True), err


def test_a_key_file_without_a_key(run: Callable[..., tuple[int, str, str]], clip: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short\n")
    code, _, err = run("anonymize", clip, "--key-file", tmp_path / "key")
    assert code == 2
    assert "holds no key" in err
    assert "short\n" not in err


def test_doctor_says_whether_faces_are_replaced(run: Callable[..., tuple[int, str, str]], pack: Pack) -> None:
    code, out, _ = run("doctor", "--pack", pack.folder)
    assert code == 0
    assert re.search(r"ok faces +replaced; traits: age, gender; 1 to 2 steps; 2 oracles verify", out)

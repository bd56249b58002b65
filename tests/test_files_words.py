"""Picture files with words in them: counted and left out, or made public to agree with the new faces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.anonymizer import Anonymizer
from pyanon.errors import StageError
from pyanon.files import anonymize_folder, anonymize_picture
from pyanon.policy import Policy
from pyanon.texts import Caption
from pyanon.types import Face, FloatArray, Frame, Result
from pyanon.video import read_picture
from tests.video import described as made
from tests.video.media import card

CARD = card(64, 48)
NAMES = ("Anna", "Bell", "Berlin")
XMP = made.packet(
    made.listed("dc:title", "Anna laughs", kind="Alt")
    + made.listed("dc:description", "My niece Anna Bell, 34, at the beach in Berlin", kind="Alt")
    + made.listed("dc:subject", "beach", "Anna Bell", "my niece", "sea")
    + made.listed("photoshop:City", "Berlin")
    + made.mwg(("Anna Bell", "Face", (0.25, 0.4, 0.25, 0.5)), ("Tom", "Face", (0.8, 0.4, 0.2, 0.4)))
)


@dataclass
class Teller:
    """Stands for an anonymizer with a captioner: one face, painted blue, and a sentence for every caption.

    What it was asked is in `asked`, in order.
    """

    policy: Policy = field(default_factory=Policy)
    method: str = "blur"
    gpu_pictures: None = None
    says: str = "A woman laughs."
    failed: str = ""
    raises: bool = False
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, picture: Frame, *, captions: Sequence[str] = (), also: FloatArray | None = None) -> Result:
        self.asked.append(("picture", list(captions)))
        if self.raises:
            raise StageError("captions", "the stage 'captions' failed: no words left")
        pixels = picture.picture.copy()
        pixels[8:32, 8:24] = (0, 0, 255)
        faces = [Face((8, 8, 24, 32), 0.9, 0, False, "replaced")]
        for box in [] if also is None else also[1:].tolist():
            faces.append(Face((box[0], box[1], box[2], box[3]), 1.0, len(faces), False, "covered", told=True))
        told = tuple(Caption(f"{self.says} {number}") for number, _ in enumerate(captions))
        return Result(Frame(pixels), tuple(faces), {"total": 1.0}, self.failed, told)

    def captioner(self, text: str) -> Caption:
        self.asked.append(("keyword", text))
        return Caption("a girl" if "niece" in text else text)


def anonymizer(**settings: Any) -> Any:
    return Teller(**settings)


@pytest.fixture(params=[".jpg", ".png", ".webp", ".tif"])
def photo(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"photo{request.param}"
    data = {
        ".jpg": lambda: made.in_jpeg(CARD, made.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
        ".png": lambda: made.in_png(CARD, made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
        ".webp": lambda: made.in_webp(CARD, xmp=XMP),
        ".tif": lambda: made.in_tiff(CARD, {0x02BC: XMP}),
    }
    path.write_bytes(data[request.param]())
    return path


def has_names(path: str | Path) -> bool:
    data = Path(path).read_bytes()
    return any(name.encode(code) in data for name in (*NAMES, "Tom", "niece") for code in ("utf-8", "utf-16-le"))


def test_all_of_it_is_left_out_and_said(photo: Path) -> None:
    assert has_names(photo)
    teller = anonymizer()
    done = anonymize_picture(photo, anonymizer=teller)
    assert not has_names(done.output)
    assert teller.asked == [("picture", [])], "no text is given to anybody who was not asked to rewrite it"
    assert done.notes == (
        "the file names 2 faces, 1 of them located; 1 face covered where the file says so",
        "written in the file and left out: 2 captions, 4 keywords, 2 face regions with names, 1 place",
    )
    assert not any(name in note for note in done.notes for name in NAMES)
    found = read_picture(done.output).descriptions
    assert (found.captions, found.keywords, found.names, found.regions) == ((), (), (), ())


def test_captions_are_rewritten_after_the_picture_and_written_back(photo: Path) -> None:
    teller = anonymizer()
    done = anonymize_picture(photo, anonymizer=teller, rewrite_captions=True)
    first, *others = teller.asked
    assert first == ("picture", ["Anna laughs", "My niece Anna Bell, 34, at the beach in Berlin"])
    assert others == [("keyword", "beach"), ("keyword", "my niece"), ("keyword", "sea")]
    found = read_picture(done.output).descriptions
    assert (found.titles, found.descriptions) == (("A woman laughs. 0",), ("A woman laughs. 1",))
    assert found.keywords == ("beach", "sea")
    assert (found.names, found.places, found.regions) == ((), (), ())
    assert not has_names(done.output)
    assert "rewritten to fit the new picture: 2 captions, 2 keywords" in done.notes
    assert "written in the file and left out: 2 keywords, 2 face regions with names, 1 place" in done.notes


def test_a_caption_in_which_a_name_of_the_file_survived_is_left_out(photo: Path) -> None:
    done = anonymize_picture(photo, anonymizer=anonymizer(says="Anna laughs."), rewrite_captions=True)
    assert not has_names(done.output)
    assert read_picture(done.output).descriptions.captions == ()


def test_a_picture_that_is_covered_whole_keeps_no_words(photo: Path) -> None:
    done = anonymize_picture(photo, anonymizer=anonymizer(failed="blend"), rewrite_captions=True)
    assert read_picture(done.output).descriptions.captions == ()
    assert read_picture(done.output).descriptions.keywords == ()


def test_captions_that_cannot_be_rewritten_leave_nothing_behind(photo: Path) -> None:
    with pytest.raises(StageError, match="no words left"):
        anonymize_picture(photo, anonymizer=anonymizer(raises=True), rewrite_captions=True)
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


def test_an_output_that_has_no_place_for_words(photo: Path, tmp_path: Path) -> None:
    teller = anonymizer()
    done = anonymize_picture(photo, tmp_path / "out.gif", anonymizer=teller, rewrite_captions=True)
    assert teller.asked == [("picture", [])]
    assert "left out: 2 captions" in done.notes[1]


def test_a_folder_is_treated_alike(photo: Path, tmp_path: Path) -> None:
    done = anonymize_folder(photo.parent, tmp_path / "out", anonymizer=anonymizer(), rewrite_captions=True)
    assert read_picture(done.files[0].output).descriptions.keywords == ("beach", "sea")
    done = anonymize_folder(photo.parent, tmp_path / "plain", anonymizer=anonymizer())
    assert not has_names(done.files[0].output)


def test_the_report_says_which_faces_only_the_file_knew(photo: Path, tmp_path: Path) -> None:
    done = anonymize_picture(photo, anonymizer=anonymizer(), report=tmp_path / "faces.jsonl")
    line = json.loads((tmp_path / "faces.jsonl").read_text().splitlines()[0])
    assert [face.get("told", False) for face in line["faces"]] == [False, True]
    assert line["faces"][1]["xyxy"] == pytest.approx([44.8, 9.6, 57.6, 28.8], abs=0.01)
    assert "Anna" not in (tmp_path / "faces.jsonl").read_text()
    assert (done.faces, done.covered, done.replaced, done.exposed) == (2, 1, 1, 0)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_face_that_only_the_file_knows_is_covered(tmp_path: Path, orientation: int) -> None:
    """With the real networks, on a picture in which they find nothing."""
    noise = np.random.default_rng(3).integers(0, 256, (160, 240, 3)).astype(np.uint8)
    stored = np.ascontiguousarray(np.rot90(noise) if orientation == 6 else noise)
    area = (0.25, 0.5, 0.25, 0.5) if orientation == 1 else (0.5, 0.75, 0.5, 0.25)
    xmp = made.packet(made.mwg(("Anna", "Face", area)))
    exif = made.exif_block({0x0112: orientation})
    png = made.in_png(stored, made.chunk(b"eXIf", exif[6:]), made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    (tmp_path / "a.png").write_bytes(png)
    with Anonymizer(policy=Policy(method="solid", margin=0.0)) as networks:
        assert networks(noise).faces == ()
        done = anonymize_picture(tmp_path / "a.png", anonymizer=networks)
    after = read_picture(done.output).frame.picture
    assert (done.faces, done.covered) == (1, 1)
    assert (after[45:115, 35:85] == 0).all()
    assert (after[:, 120:] == noise[:, 120:]).all()
    assert "1 face covered where the file says so" in done.notes[0]

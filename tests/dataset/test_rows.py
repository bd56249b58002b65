"""Bad rows: each is listed with its number and a reason, the others are done, and nothing of them leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyanon.dataset import DatasetSettings, DatasetSummary
from tests.dataset.fakes import face_of, leaks, paint, publish, read_lines, write_lines


def reasons(done: DatasetSummary) -> dict[int, str]:
    return {failure.row: failure.reason for failure in done.failures}


def test_bad_rows_of_json_lines(tmp_path: Path) -> None:
    images = paint(tmp_path / "in", "a.png", "b.png")
    (images / "broken.png").write_bytes((images / "a.png").read_bytes()[:50])
    (images / "empty_maria.png").write_bytes(b"")
    (images / "note.png").write_text("Maria Lopez was here")
    rows = [
        {"id": 1, "image": "a.png", "caption": "Maria"},
        {"id": 1, "image": "b.png", "caption": "the same id again"},
        {"image": "maria_missing.png", "caption": "Maria"},
        {"image": "broken.png", "caption": "Maria"},
        {"image": "empty_maria.png", "caption": "Maria"},
        {"image": "note.png", "caption": "Maria"},
        '{"image": "a.png", "caption": "Maria',
        '["Maria"]',
        {"image": "a.png", "caption": " \n"},
        {"image": "a.png", "caption": 7},
        {"image": "a.png"},
        {"caption": "Maria"},
        {"image": "../in/a.png", "caption": "Maria"},
        {"image": str(images / "a.png"), "caption": "Maria"},
        '{"image": "a.png", "caption": "\\ud800 Maria"}',
        {"image": "a.png", "caption": "read this, Lopez"},
        {"image": "./a.png", "caption": "the last"},
    ]
    source = write_lines(tmp_path / "rows.jsonl", rows)
    with source.open("ab") as file:
        file.write(b'{"image": "a.png", "caption": "Mar\xeda"}\n' + b"[" * 100_000 + b"\n")
    done = publish(source, tmp_path / "out", images=images)
    assert reasons(done) == {
        3: "the picture does not exist",
        4: "the picture is damaged or breaks off",
        5: "what is named is no still picture that can be read",
        6: "what is named is no still picture that can be read",
        7: "the row is not valid JSON",
        8: "the row is JSON, but no object",
        9: "there is no caption in this row",
        10: "a caption is not text",
        11: "there is no caption in this row",
        12: "the row names no picture",
        13: "the row names a picture outside of the folder of pictures",
        14: "the row names a picture outside of the folder of pictures",
        15: "a caption is not valid Unicode",
        18: "the row is not in UTF-8",
        19: "the row is not valid JSON",
    }
    face = face_of(images / "a.png")
    public = read_lines(tmp_path / "out" / "captions.jsonl")
    assert [row["caption"] for row in public] == [face, "the same id again", f"read this, {face}", "the last"]
    assert [row["image"] for row in public] == ["000000001.png", "000000002.png", "000000001.png", "000000001.png"]
    listed = read_lines(tmp_path / "out" / "failures.jsonl")
    assert {row["row"]: row["reason"] for row in listed} == reasons(done)
    assert (done.rows, done.written, done.failed) == (19, 4, 15)
    assert leaks(tmp_path / "out") == []


def test_an_error_that_repeats_the_caption_does_not_repeat_it_here(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [{"caption": "Maria, wrong"}, {"caption": "fine"}])
    done = publish(source, tmp_path / "out", wrong="wrong")
    assert reasons(done) == {1: "an error that pyanon did not foresee (ValueError)"}
    assert leaks(tmp_path / "out") == []


def test_bad_rows_of_csv(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_bytes(
        b'id,caption,bbox\n1,Maria,3\n2,Maria\n3,Maria,4,Maria\n\n4,Mar\xeda,5\n5,"two\nlines",Maria\n6,,7\n'
        b'maria@example.org,last,8\n7,"never closed\n'
    )
    done = publish(source, tmp_path / "out")
    assert reasons(done) == {
        2: "the row has 2 cells, the header 3",
        3: "the row has 4 cells, the header 3",
        4: "the row is not in UTF-8",
        6: "there is no caption in this row",
        8: "the row has 2 cells, the header 3",
    }
    assert (tmp_path / "out" / "captions.csv").read_text() == (
        "id,caption,bbox,edit_instruction\n1,someone,3,show someone\n"
        '5,"two\nlines",,show someone\n000000007,last,8,show someone\n'
    )
    assert done.left_out == {"bbox": 1}
    assert leaks(tmp_path / "out") == []


def test_bad_objects_of_coco(tmp_path: Path) -> None:
    images = paint(tmp_path / "in", "a.png", "b.png")
    document = {
        "images": [
            {"id": 1, "file_name": "a.png"},
            {"id": 1, "file_name": "b.png"},
            {"id": 2, "file_name": "./a.png"},
            {"id": 3},
            {"file_name": "b.png"},
            {"id": 4, "file_name": "lopez.png"},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "caption": "Maria"},
            {"id": 1, "image_id": 1, "caption": "twice"},
            {"id": 2, "image_id": 2, "caption": "Maria"},
            {"id": 3, "image_id": 99, "caption": "Maria"},
            {"id": 4, "caption": "Maria"},
            {"id": 5, "image_id": 1, "caption": ""},
            {"id": 6, "image_id": 4, "caption": "Maria"},
            ["Maria"],
        ],
    }
    (tmp_path / "c.json").write_text(json.dumps(document))
    done = publish(tmp_path / "c.json", tmp_path / "out", images=images)
    gone, lost = "the picture does not exist", "its image is not in this file, or cannot be used"
    assert {(failure.section, failure.row): failure.reason for failure in done.failures} == {
        ("images", 2): "another row with the same id, or the same picture, was there before",
        ("images", 3): "another image with the same picture was there before",
        ("images", 4): "the row names no picture",
        ("images", 5): "it has no id",
        ("images", 6): gone,
        ("annotations", 3): lost,
        ("annotations", 4): lost,
        ("annotations", 5): "it does not say of which image it is",
        ("annotations", 6): "there is no caption in it",
        ("annotations", 7): gone,
        ("annotations", 8): "the row is JSON, but no object",
    }
    public = json.loads((tmp_path / "out" / "captions.json").read_text())
    assert [each["id"] for each in public["images"]] == [1]
    assert [each["caption"] for each in public["annotations"]] == [face_of(images / "a.png"), "twice"]
    assert leaks(tmp_path / "out") == []


@pytest.mark.parametrize("field", ["age", "latitude", "phone", "user_id", "Lopez"])
def test_a_number_that_nobody_knows_is_left_out(tmp_path: Path, field: str) -> None:
    source = write_lines(tmp_path / "rows.jsonl", [{"caption": "x", field: 48.2}])
    done = publish(source, tmp_path / "out")
    assert field not in read_lines(tmp_path / "out" / "captions.jsonl")[0]
    assert done.left_out == {field: 1}
    assert leaks(tmp_path / "out") == []
    kept = publish(source, tmp_path / "kept", settings=DatasetSettings(keep=(field,)))
    assert read_lines(kept.file)[0][field] == 48.2
    assert (kept.left_out, kept.kept) == ({}, (field,))


def test_values_that_do_not_fit_their_field_are_left_out(tmp_path: Path) -> None:
    row = {
        "caption": "x", "id": "maria-lopez", "image_id": "maria-7", "width": "Maria", "split": "Lopez", "score": 0.5,
        "bbox": [1, "Maria"], "segmentation": {"counts": "Maria Lopez", "size": [1, 2]}, "label": {"Maria": 1},
        "area": 3, "edit_instruction": "look at Maria", "index": {"Maria": 2},
    }  # fmt: skip
    done = publish(write_lines(tmp_path / "rows.jsonl", [row]), tmp_path / "out")
    empty = dict.fromkeys(["width", "split", "bbox", "segmentation", "label", "index"])
    assert read_lines(done.file) == [
        {**empty, "caption": "x", "id": "000000001", "image_id": "000000001", "score": 0.5, "area": 3,
         "edit_instruction": "show someone"}
    ]  # fmt: skip
    assert set(done.left_out) == {*empty, "edit_instruction"}
    assert leaks(tmp_path / "out") == []


def test_names_in_capitals_are_known(tmp_path: Path) -> None:
    images = paint(tmp_path / "in", "maria.png")
    source = write_lines(tmp_path / "rows.jsonl", [{"ID": 7, "Image": "maria.png", "Caption": "Maria", "Fold": 3}])
    done = publish(source, tmp_path / "out", images=images)
    row = read_lines(done.file)[0]
    assert (row["ID"], row["Image"], row["Fold"]) == (7, "000000001.png", 3)
    assert row["Caption"] == face_of(images / "maria.png")
    named = DatasetSettings(captions=("Caption",), image="Image")
    assert read_lines(publish(source, tmp_path / "named", images=images, settings=named).file) == [row]


def test_captions_by_name(tmp_path: Path) -> None:
    row = {"text": "Maria", "note": "Lopez", "captions": ["Maria", "", "b"], "title": ""}
    source = write_lines(tmp_path / "rows.jsonl", [row])
    usual = publish(source, tmp_path / "usual")
    assert read_lines(usual.file)[0] == {
        "text": "someone", "captions": ["someone", "b"], "title": "", "edit_instruction": "show someone"
    }  # fmt: skip
    named = publish(source, tmp_path / "named", settings=DatasetSettings(captions=("note",)))
    assert read_lines(named.file)[0] == {"note": "someone", "edit_instruction": "show someone"}
    assert set(named.left_out) == {"text", "captions", "title"}

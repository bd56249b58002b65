"""JSON Lines, CSV, Parquet and COCO: the same out as in, less what may give somebody away."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pyanon.dataset import DatasetSettings
from pyanon.errors import InputError, SourceNotFoundError, TruncatedSourceError, UnsupportedMediaError
from tests.dataset.fakes import COVERED, face_of, leaks, paint, publish, read_lines, write_lines
from tests.video import described as made

ROWS = [
    {"id": 11, "image": "maria_lopez.png", "caption": "Maria laughs.", "split": "train", "author": "Lopez", "width": 8},
    {"id": 12, "image": "b.png", "caption": "A dog, says\n\"Quintero\".", "split": "test", "author": "x", "width": 9},
    {"id": 13, "image": "maria_lopez.png", "caption": "Lopez, at home", "split": "val", "author": "x", "width": 8},
]  # fmt: skip


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return paint(tmp_path / "pictures", "maria_lopez.png", "b.png", "deep/c.jpg")


def expected(images: Path) -> list[dict[str, Any]]:
    first, second = face_of(images / "maria_lopez.png"), face_of(images / "b.png")
    return [
        {"id": 11, "image": "000000001.png", "caption": f"{first} laughs.", "split": "train", "width": 8},
        {"id": 12, "image": "000000002.png", "caption": f'A dog, says\n"{second}".', "split": "test", "width": 9},
        {"id": 13, "image": "000000001.png", "caption": f"{first}, at home", "split": "val", "width": 8},
    ]


def test_json_lines(tmp_path: Path, images: Path) -> None:
    source, log = write_lines(tmp_path / "rows.jsonl", ROWS), tmp_path / "log"
    done = publish(source, tmp_path / "out", images=images, log=str(log))
    wanted = expected(images)
    rows = read_lines(tmp_path / "out" / "captions.jsonl")
    assert [row.pop("edit_instruction") for row in rows] == [row_face(images, row) for row in wanted]
    assert rows == wanted
    assert (done.rows, done.written, done.failed, done.earlier, done.pictures) == (3, 3, 0, 0, 2)
    assert done.changes == {"name": 3}
    assert done.left_out == {"author": 3}
    assert len(log.read_text().splitlines()) == 2  # a picture is looked at once, with all its captions
    assert leaks(tmp_path / "out") == []


def row_face(images: Path, row: dict[str, Any]) -> str:
    name = "maria_lopez.png" if row["image"] == "000000001.png" else "b.png"
    return f"show {face_of(images / name)}"


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_cells(tmp_path: Path, images: Path, suffix: str) -> None:
    source, delimiter = tmp_path / f"rows{suffix}", "\t" if suffix == ".tsv" else ","
    with source.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    publish(source, tmp_path / "out", images=images)
    with (tmp_path / "out" / f"captions{suffix}").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=delimiter))
    assert list(rows[0]) == ["id", "image", "caption", "split", "width", "edit_instruction"]
    for row, wanted in zip(rows, expected(images), strict=True):
        assert row.pop("edit_instruction") == row_face(images, wanted)
        assert row == {name: str(value) for name, value in wanted.items()}
    assert leaks(tmp_path / "out") == []


def test_parquet(tmp_path: Path, images: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="Parquet is read by pyarrow (in the test extra)")
    parquet = pytest.importorskip("pyarrow.parquet")
    more = {"captions": ["Maria", "b"], "bbox": [1.5, 2.0], "thumbnail": b"Maria", "latitude": 48.2}
    table = arrow.Table.from_pylist([{**row, **more} for row in ROWS])
    table = table.set_column(0, "id", arrow.array([11, 12, 13], arrow.int32()))
    table = table.replace_schema_metadata({"pandas": "Maria Lopez"})
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    done = publish(tmp_path / "rows.parquet", tmp_path / "out", images=images)
    public = parquet.read_table(tmp_path / "out" / "captions.parquet")
    assert public.schema.names == [
        "id", "image", "caption", "split", "width", "captions", "bbox", "edit_instruction"
    ]  # fmt: skip
    assert public.schema.field("id").type == arrow.int32()
    assert public.schema.field("captions").type == arrow.list_(arrow.string())
    assert not public.schema.metadata
    rows = public.to_pylist()
    assert [row["caption"] for row in rows] == [row["caption"] for row in expected(images)]
    assert rows[0]["captions"] == [face_of(images / "maria_lopez.png"), "b"]
    assert rows[0]["bbox"] == [1.5, 2.0]
    assert done.left_out == {"author": 3, "latitude": 3, "thumbnail": 3}
    with pytest.raises(InputError, match=r"columns of bytes cannot be kept.*thumbnail"):
        publish(tmp_path / "rows.parquet", tmp_path / "other", settings=DatasetSettings(keep=("thumbnail",)))
    assert leaks(tmp_path / "out") == []


def test_parquet_keeps_values_of_every_type(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="Parquet is read by pyarrow (in the test extra)")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "caption": arrow.array(["Maria", "b"]).dictionary_encode(),
        "when": arrow.array([datetime(2020, 1, 2, 3, 4, 5, 678, tzinfo=timezone.utc), None]),
        "day": arrow.array([date(2020, 1, 2), date(1999, 9, 9)]),
        "price": arrow.array([Decimal("1.50"), None]),
        "tags": arrow.array([["a", "b"], []]),
        "more": arrow.array([{"a": 1, "b": "x"}, None]),
        "score": arrow.array([float("nan"), 0.5], arrow.float32()),
        "split": arrow.array(["train", "Lopez"]).dictionary_encode(),
    }
    parquet.write_table(arrow.table(columns), tmp_path / "rows.parquet")
    keep = ("when", "day", "price", "tags", "more")
    done = publish(tmp_path / "rows.parquet", tmp_path / "out", settings=DatasetSettings(keep=keep))
    public = parquet.read_table(done.file)
    before = parquet.read_table(tmp_path / "rows.parquet")
    for name in keep:
        assert public.column(name).equals(before.column(name)), name
    assert public.column("caption").to_pylist() == ["someone", "b"]
    assert public.column("score").to_pylist() == [None, 0.5]
    assert public.column("split").to_pylist() == ["train", None]
    assert leaks(tmp_path / "out") == []


COCO: dict[str, Any] = {
    "info": {"contributor": "Maria Lopez"},
    "licenses": [{"id": 3, "name": "Lopez says: yes", "url": "https://example.org/Lopez"}],
    "annotations": [
        {"id": 91, "image_id": 501, "caption": 'Maria "reads" {[ \\ in bed'},
        {"id": 92, "image_id": 502, "caption": "A dog."},
        {"id": 93, "image_id": 501, "caption": "Lopez sleeps.", "bbox": [1, 2, 3.5, 4],
         "segmentation": {"counts": "l0X1`0", "size": [6, 8]}, "area": 14.0, "iscrowd": 0, "category_id": 1},
    ],
    "images": [
        {"id": 501, "file_name": "maria_lopez.png", "width": 8, "height": 6, "license": 3,
         "coco_url": "http://example.org/Maria", "flickr_url": "http://example.org/Lopez", "date_captured": "2013"},
        {"id": 502, "file_name": "b.png", "width": 8, "height": 6},
        {"id": 503, "file_name": "deep/c.jpg", "width": 8, "height": 6},
    ],
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_coco(tmp_path: Path, images: Path, indent: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyanon.dataset.coco._CHUNK", 37)  # every text and object breaks off somewhere
    (tmp_path / "captions_val.json").write_text(json.dumps(COCO, indent=indent))
    done = publish(tmp_path / "captions_val.json", tmp_path / "out", images=images)
    public = json.loads((tmp_path / "out" / "captions.json").read_text())
    face = face_of(images / "maria_lopez.png")
    assert public["licenses"] == [{"id": 3}]
    assert public["annotations"][0] == {"id": 91, "image_id": 501, "caption": f'{face} "reads" {{[ \\ in bed'}
    assert public["annotations"][2] == {**COCO["annotations"][2], "caption": f"{face} sleeps."}
    names = {"maria_lopez.png": "000000002.png", "b.png": "000000003.png", "deep/c.jpg": "000000007.jpg"}
    for old, new in zip(COCO["images"], public["images"], strict=True):
        kept = {name: old[name] for name in ("id", "width", "height", "license") if name in old}
        shown = f"show {face_of(images / old['file_name'])}" if old["id"] != 503 else ""  # nobody speaks of that one
        assert new == {**kept, "file_name": names[old["file_name"]], "edit_instruction": shown}
    assert list(public) == ["licenses", "annotations", "images"]
    assert {path.name for path in (tmp_path / "out" / "images").iterdir()} == set(names.values())
    assert set(done.left_out) == {
        "info", "licenses.name", "licenses.url", "images.coco_url", "images.flickr_url", "images.date_captured"
    }  # fmt: skip
    assert (done.rows, done.written, done.pictures) == (7, 7, 3)
    assert leaks(tmp_path / "out") == []


def test_coco_keeps_what_it_is_told_to(tmp_path: Path, images: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps(COCO))
    settings = DatasetSettings(keep=("info", "licenses.url"))
    publish(tmp_path / "c.json", tmp_path / "out", images=images, settings=settings)
    public = json.loads((tmp_path / "out" / "captions.json").read_text())
    assert public["info"] == COCO["info"]
    assert public["licenses"] == [{"id": 3, "url": COCO["licenses"][0]["url"]}]


def test_coco_keys_may_be_names_of_people(tmp_path: Path) -> None:
    document = {"Maria Lopez": [{"id": 1}, {"id": 2}], "tags": [{"id": 5, "x": 1}], "Quintero": {"id": 1}, **COCO}
    (tmp_path / "c.json").write_text(json.dumps(document))
    done = publish(tmp_path / "c.json", tmp_path / "out", settings=DatasetSettings(keep=("tags",)))
    assert set(json.loads(done.file.read_text())) == {"images", "annotations", "licenses", "tags"}
    assert json.loads(done.file.read_text())["tags"] == [{"id": 5}]
    assert (done.left_out["Maria Lopez"], done.left_out["Quintero"], done.left_out["tags.x"]) == (2, 1, 1)
    assert leaks(tmp_path / "out") == []


def test_what_pictures_carry_besides_pixels_is_left_out(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 6), (9, 99, 199))
    exif = Image.Exif()
    exif[0x010E] = "Maria Lopez in Ottakring"
    (tmp_path / "in").mkdir()
    picture.save(tmp_path / "in" / "a.jpg", exif=exif, comment=b"Maria")
    text = PngInfo()
    text.add_text("Author", "Quintero")
    picture.save(tmp_path / "in" / "b.png", pnginfo=text)
    assert sorted(leaks(tmp_path / "in")) == ["a.jpg", "b.png"]
    source = write_lines(tmp_path / "rows.jsonl", [{"image": name, "caption": "x"} for name in ("a.jpg", "b.png")])
    done = publish(source, tmp_path / "out", images=tmp_path / "in")
    assert (done.pictures, leaks(tmp_path / "out")) == (2, [])


def test_faces_that_a_file_names_are_said_to_the_anonymizer(tmp_path: Path) -> None:
    folder, region = tmp_path / "in", made.mwg(("Maria", "Face", (0.25, 0.25, 0.25, 0.25)))
    folder.mkdir()
    xmp = made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + made.packet(region))
    (folder / "a.png").write_bytes(made.in_png(np.full((48, 64, 3), 255, np.uint8), xmp))
    done = publish(
        write_lines(tmp_path / "r.jsonl", [{"image": "a.png", "caption": "x"}]), tmp_path / "out", images=folder
    )
    public = np.asarray(Image.open(done.output / "images" / "000000001.png").convert("RGB"))
    assert (public[8:16, 10:22] == COVERED).all()
    assert not public[30:].any()
    assert leaks(tmp_path / "out") == []


def test_text_alone_names_no_picture(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "rows.jsonl", ROWS)
    done = publish(source, tmp_path / "out")
    rows = read_lines(tmp_path / "out" / "captions.jsonl")
    assert rows[0] == {
        "id": 11, "caption": "someone laughs.", "split": "train", "width": 8, "edit_instruction": "show someone"
    }  # fmt: skip
    assert done.left_out == {"author": 3, "image": 3}
    assert not (tmp_path / "out" / "images").exists()
    assert leaks(tmp_path / "out") == []


def test_what_is_no_data_set_is_refused_as_a_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SourceNotFoundError):
        publish(tmp_path / "nothing.jsonl", out)
    (tmp_path / "rows.xml").write_text("<x/>")
    with pytest.raises(UnsupportedMediaError, match=r"no format of data sets.*\.parquet"):
        publish(tmp_path / "rows.xml", out)
    (tmp_path / "wide.jsonl").write_text('{"caption": "x"}', encoding="utf-16")
    with pytest.raises(UnsupportedMediaError, match="not in UTF-8"):
        publish(tmp_path / "wide.jsonl", out)
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n")
    with pytest.raises(UnsupportedMediaError, match="does not name the columns"):
        publish(tmp_path / "twice.csv", out)
    (tmp_path / "list.json").write_text('[{"caption": "x"}]')
    with pytest.raises(UnsupportedMediaError, match="format of COCO"):
        publish(tmp_path / "list.json", out)
    (tmp_path / "half.json").write_text(json.dumps(COCO)[:-30])
    with pytest.raises(TruncatedSourceError):
        publish(tmp_path / "half.json", out)
    (tmp_path / "no.parquet").write_bytes(b"PAR1 and so on")
    pytest.importorskip("pyarrow")
    with pytest.raises(UnsupportedMediaError, match="no Parquet"):
        publish(tmp_path / "no.parquet", out)
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(UnsupportedMediaError, match="no row"):
        publish(tmp_path / "empty.jsonl", out)


def test_a_field_cannot_be_kept_and_rewritten() -> None:
    with pytest.raises(InputError, match=r"kept as it is and be rewritten.*caption"):
        DatasetSettings(captions=("caption",), keep=("caption",))

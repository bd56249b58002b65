"""Readers find every row, and find it again: in any order, however a file is cut into chunks."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyanon.dataset import coco, lines
from pyanon.dataset.cells import CellTable
from pyanon.dataset.coco import CocoTable, CocoWriter
from pyanon.dataset.lines import LineTable
from pyanon.dataset.records import Fault, Place, Record, Table

TEXT = st.text(st.sampled_from('ab"\\{}[],:é\u2028 ☃\n\r') | st.characters(codec="utf-8", exclude_characters="\0"))
VALUE = st.recursive(
    st.none() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
OBJECT = st.dictionaries(TEXT, VALUE, max_size=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


def read_all(table: Table) -> list[tuple[Place, Record | Fault]]:
    """Every row; and each again, in another order, and while the file is being scanned."""
    try:
        rows = []
        for place, record in table.scan():
            assert table.read(place) == record
            rows.append((place, record))
        for place, record in [*rows[::-1], *rows[::2]]:
            assert table.read(place) == record
        return rows
    finally:
        table.close()


@settings(max_examples=40)
@given(objects=st.lists(OBJECT), empty=st.sets(st.integers(0, 9)), bom=st.booleans(), last=st.booleans())
def test_lines(folder: Path, objects: list[Any], empty: set[int], bom: bool, last: bool) -> None:
    written, numbers = list[str](), list[int]()
    for number, each in enumerate(objects):
        written += [""] * (number in empty)
        written.append(json.dumps(each, ensure_ascii=False).replace("\u2028", "\\u2028"))
        numbers.append(len(written))
    data = "\n".join(written) + ("\n" if last else "")
    (folder / "rows.jsonl").write_bytes((b"\xef\xbb\xbf" if bom else b"") + data.encode())
    rows = read_all(LineTable(folder / "rows.jsonl"))
    assert [record for _, record in rows] == objects
    assert [place.position for place, _ in rows] == numbers


def test_a_line_without_end_is_one_row(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 50)
    monkeypatch.setattr("pyanon.dataset.records.LONGEST", 50)
    rows = ['{"a": 1}', json.dumps({"a": "x" * 500}), json.dumps({"b": "x" * 40}), '{"c": 3}']
    (folder / "long.jsonl").write_text("\n".join(rows))
    found = [record for _, record in read_all(LineTable(folder / "long.jsonl"))]
    assert found == [{"a": 1}, Fault("the row is too long"), {"b": "x" * 40}, {"c": 3}]


@given(
    rows=st.lists(st.tuples(TEXT, TEXT, TEXT)),
    delimiter=st.sampled_from([",", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_cells(folder: Path, rows: list[tuple[str, ...]], delimiter: str, end: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *rows])
    path = folder / ("rows.tsv" if delimiter == "\t" else "rows.csv")
    path.write_bytes(text.getvalue().encode())
    assert [record for _, record in read_all(CellTable(path))] == [dict(zip("abc", row, strict=True)) for row in rows]


@settings(max_examples=40)
@given(
    images=st.lists(OBJECT, min_size=1),
    notes=st.lists(OBJECT, min_size=1),
    other=st.dictionaries(TEXT, VALUE, max_size=3),
    chunk=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    plain=st.booleans(),
)
def test_coco(
    folder: Path, images: list[Any], notes: list[Any], other: Record, chunk: int, indent: int | None, plain: bool
) -> None:
    document = {**other, "images": images, "annotations": notes}
    (folder / "c.json").write_text(json.dumps(document, indent=indent, ensure_ascii=plain), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coco, "_CHUNK", chunk)
        table = CocoTable(folder / "c.json")
        rows = read_all(table)
    assert [record for place, record in rows if place.section == "images"] == images
    assert [record for place, record in rows if place.section == "annotations"] == notes


@settings(max_examples=15)
@given(images=st.lists(OBJECT), notes=st.lists(OBJECT), info=OBJECT)
def test_coco_is_written_as_json(folder: Path, images: list[Any], notes: list[Any], info: Record) -> None:
    path = folder / "written.json"
    with CocoWriter(path, {"info": info}) as writer:
        for section, rows in (("images", images), ("annotations", notes)):
            for row in rows:
                writer.write(row, section)
    assert json.loads(path.read_bytes()) == {"info": info, "images": images, "annotations": notes}

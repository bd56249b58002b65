"""Source lists: what is read, what is refused, and the one that comes with pyanon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyanon.errors import PackError
from pyanon.runtime.pins import find_pinned, known_lists
from pyanon.runtime.shelves import home, plan_folder
from pyanon.runtime.sources import (
    FAMILIES,
    Licence,
    RemoteFile,
    Source,
    SourceList,
    format_sources,
    parse_sources,
    read_sources,
)

ROOT = Path(__file__).resolve().parents[2]
TEXT = """
[list]
schema = 1
name = "tiny"
kind = "sources"
description = "a tiny one"

[[source]]
repo = "someone/net"
revision = "main"
licence = { name = "MIT", url = "https://example.org", commercial = true }
files = [{ path = "a/b.bin", family = "clip" }]
"""
PINNED = '{ path = "a/b.bin", family = "clip", sha256 = "' + "0" * 64 + '", size = 3 }'


def test_reading() -> None:
    read = parse_sources(TEXT, source="x")
    licence = Licence("MIT", "https://example.org", commercial=True)
    assert read.sources == (Source("someone/net", "main", licence, (RemoteFile("a/b.bin", "clip"),)),)
    assert (read.name, read.kind, read.is_pinned, list(read.files())) == (
        "tiny",
        "sources",
        False,
        ["someone/net/a/b.bin"],
    )


def test_pinned_is_a_commit_and_every_sha256() -> None:
    text = TEXT.replace('{ path = "a/b.bin", family = "clip" }', PINNED)
    assert not parse_sources(text, source="x").is_pinned
    text = text.replace('"main"', f'"{"0a" * 20}"')
    assert parse_sources(text, source="x").is_pinned
    assert parse_sources(text, source="x").size == 3
    assert not parse_sources(
        text.replace("files = [", 'files = [{ path = "c", family = "clip" }, '), source="x"
    ).is_pinned


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "schema = 2", "list.schema is not one this pyanon reads"),
        ('"tiny"', '"../tiny"', "list.name cannot be used"),
        ('"sources"', '"packs"', "list.kind is not known"),
        ('repo = "someone/net"', 'repo = "../net"', r"source\[0\].repo cannot be used"),
        ('repo = "someone/net"', 'repo = "someone/.."', r"source\[0\].repo cannot be used"),
        ('"main"', '"../main"', "revision cannot be used"),
        ('"a/b.bin"', '"../b.bin"', "leaves the pack's folder"),
        ('"a/b.bin"', '"/etc/passwd"', "leaves the pack's folder"),
        ('"clip"', '"glue"', "family is not known"),
        (', family = "clip"', "", "family is missing"),
        (', family = "clip"', ', family = "clip", size = 3', "sha256 is missing"),
        ('family = "clip" }]', 'family = "clip" }, { path = "a/./b.bin", family = "clip" }]', "names a file twice"),
        ("commercial = true", "comercial = true", "comercial is not a known key"),
        ("commercial = true", 'commercial = "yes"', "commercial has the wrong type"),
        ('"sources"', '"pack"', "family is not a known key"),
    ],
)
def test_what_is_refused(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(PackError, match=f"mine.toml: .*{said}"):
        parse_sources(TEXT.replace(old, new, 1), source="mine.toml")


def test_a_pack_has_its_manifest_at_its_root() -> None:
    text = TEXT.replace('"sources"', '"pack"').replace(', family = "clip"', "")
    with pytest.raises(PackError, match=r"holds no pack; expected: one source, with pack.toml"):
        parse_sources(text, source="x")
    whole = parse_sources(text.replace("a/b.bin", "pack.toml"), source="x")
    assert list(whole.files()) == ["pack.toml"]
    with pytest.raises(PackError, match="our record"):
        parse_sources(text.replace("a/b.bin", "pulled.toml"), source="x")


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,8}", fullmatch=True)
pins = st.just(("", 0)) | st.tuples(st.from_regex(r"[0-9a-f]{64}", fullmatch=True), st.integers(0, 1 << 40))
licences = st.builds(Licence, words, words, st.sampled_from([True, False, None]))


@st.composite
def source_lists(draw: st.DrawFn) -> SourceList:
    sources = []
    for repo in draw(st.lists(st.tuples(names, names).map("/".join), min_size=1, max_size=3, unique=True)):
        paths = draw(st.lists(names, min_size=1, max_size=3, unique=True))
        files = tuple(RemoteFile(path, draw(st.sampled_from(FAMILIES)), *draw(pins)) for path in paths)
        sources.append(Source(repo, draw(names), draw(licences), files))
    return SourceList(draw(names), draw(words), tuple(sources))


@given(source_lists())
def test_written_and_read_back(what: SourceList) -> None:
    assert parse_sources(format_sources(what), source="x") == what


def test_the_list_that_comes_with_pyanon() -> None:
    """It states no pins: none could be verified where it was written."""
    full = read_sources(known_lists()["full"])
    assert full == read_sources(ROOT / "engines/full/sources.toml")
    assert not any(file.sha256 for source in full.sources for file in source.files)
    assert {file.family for source in full.sources for file in source.files} == set(FAMILIES)
    not_commercial = {source.repo for source in full.sources if source.licence.commercial is False}
    assert not_commercial == {"h94/IP-Adapter-FaceID", "public-data/insightface"}


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"no such source list; given: 'nix'; expected: .*one of: full"):
        find_pinned("nix")
    with pytest.raises(PackError, match=r"cannot be read .*given: .*gone.toml"):
        find_pinned(str(tmp_path / "gone.toml"))


def test_where_the_users_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYANON_HOME", str(tmp_path / "own"))
    assert (home(), plan_folder()) == (tmp_path / "own", tmp_path / "own/plans")
    monkeypatch.delenv("PYANON_HOME")
    assert not plan_folder().is_relative_to(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert home() == tmp_path / "data/pyanon"
    monkeypatch.setenv("HOME", str(tmp_path))
    for passed_over in ("", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", passed_over)
        assert home() == tmp_path / ".local/share/pyanon"

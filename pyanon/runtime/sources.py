"""Source lists: what can be fetched from a model hub, from where, under which licence, and what exactly it has to be.

A list is a TOML file; ``docs/packs.md`` describes it. It is pinned where each source names a commit and each file its
sha256 and size: only then is anything fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias

from pyanon.errors import PackError
from pyanon.runtime.manifest import MANIFEST
from pyanon.runtime.toml_tables import NAME, SHA256, Table, format_table

__all__ = [
    "COMMIT",
    "FAMILIES",
    "RECORD",
    "REPO",
    "Kind",
    "Licence",
    "RemoteFile",
    "Source",
    "SourceList",
    "format_sources",
    "parse_sources",
    "read_sources",
    "require_pins",
]

#: What a file is for: which recipe of ``export/`` reads it.
FAMILIES = ("locator", "clip", "generator", "adapter", "autoencoder", "oracle")

#: Beside what was pulled lies the pinned list that it was pulled by, under this name.
RECORD = "pulled.toml"

#: Version of the schema that this code reads and writes.
SCHEMA = 1

#: ``"sources"`` are checkpoints, from which a pack is made; ``"pack"`` is a pack that can be loaded as it is.
Kind: TypeAlias = Literal["sources", "pack"]

_KINDS: tuple[Kind, ...] = ("sources", "pack")
#: Name of a repository; neither part can be "..": they are names of folders, too.
REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]*")
#: A commit.
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Licence:
    """What may be done with a source.

    Attributes:
        name: An SPDX expression where there is one, else words.
        url: Where it can be read.
        commercial: Whether it allows commercial use at all; None where that is not stated.
    """

    name: str
    url: str
    commercial: bool | None = None


@dataclass(frozen=True)
class RemoteFile:
    """A file of a hub repository.

    Attributes:
        path: In the repository.
        family: What it is for, one of `FAMILIES`; empty in a list of a pack, whose `pack.toml` says it.
        sha256: What it has to be, 64 hexadecimal digits; empty where it is not pinned.
        size: Bytes; 0 where it is not pinned.
    """

    path: str
    family: str = ""
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True)
class Source:
    """A hub repository.

    Attributes:
        repo: ``owner/name``.
        revision: A commit, 40 hexadecimal digits; or, where it is not pinned, the branch or tag to be pinned from.
        licence: What may be done with it.
        files: What is fetched of it.
    """

    repo: str
    revision: str
    licence: Licence
    files: tuple[RemoteFile, ...]

    @property
    def is_pinned(self) -> bool:
        """Whether it is stated what each of its files has to be."""
        return bool(COMMIT.fullmatch(self.revision)) and all(file.sha256 for file in self.files)


@dataclass(frozen=True)
class SourceList:
    """What a source list says.

    Attributes:
        name: Name of the list, and of the folder that it is pulled into.
        description: What it is, for people.
        sources: Where it comes from; exactly one of a pack.
        kind: Whether it is a pack or what a pack is made from.
    """

    name: str
    description: str
    sources: tuple[Source, ...] = field(repr=False)
    kind: Kind = "sources"

    @property
    def is_pinned(self) -> bool:
        """Whether it is stated what each file has to be."""
        return all(source.is_pinned for source in self.sources)

    @property
    def size(self) -> int:
        """Bytes of all files, as far as they are pinned."""
        return sum(file.size for source in self.sources for file in source.files)

    def files(self) -> dict[str, tuple[Source, RemoteFile]]:
        """Each file by its place in the folder: of a pack as in its repository, else below ``owner/name``."""
        return {
            file.path if self.kind == "pack" else f"{source.repo}/{file.path}": (source, file)
            for source in self.sources
            for file in source.files
        }


def read_sources(path: Path) -> SourceList:
    """Read a source list.

    Args:
        path: The file.

    Raises:
        PackError: It cannot be read, is no TOML (names the line), or does not follow the schema (names the key).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(
            f"the source list cannot be read ({error})", given=path, expected="a TOML file", do="see docs/packs.md"
        ) from error
    return parse_sources(text, source=path)


def parse_sources(text: str, *, source: object) -> SourceList:
    """Read the text of a source list, strictly: a key that is not known is an error.

    Args:
        text: The text.
        source: Where it came from, for error texts.

    Raises:
        PackError: It is no TOML (names the line), or does not follow the schema (names the key).
    """
    top = Table.read(text, source)
    head = top.table("list")
    head.schema(SCHEMA)
    kind = head.text("kind")
    if kind not in _KINDS:
        raise head.fault("kind", "is not known", given=repr(kind), expected=f"one of {', '.join(_KINDS)}")
    found = SourceList(
        name=head.text("name", NAME),
        description=head.text("description"),
        kind=next(known for known in _KINDS if known == kind),
        sources=tuple(_source(row, kind) for row in top.tables("source")),
    )
    head.close()
    top.close()
    _check_whole(found, top)
    return found


def require_pins(found: SourceList, *, asked: str) -> None:
    """Refuse a list that is not pinned.

    Args:
        found: The list.
        asked: How the user called it.

    Raises:
        PackError: It is not pinned.
    """
    loose = [f"{each.repo}@{each.revision}" for each in found.sources if not each.is_pinned]
    if loose:
        raise PackError(
            "this source list is not pinned, so nothing of it is fetched",
            given=", ".join(loose),
            expected="a commit for each repository, a sha256 and a size for each file",
            do=f"pyanon pack pin {asked}, which shows what the hub says; then pyanon pack pull {found.name}",
        )


def format_sources(found: SourceList) -> str:
    """A source list as text; `parse_sources` gives back the same.

    Args:
        found: The list.
    """
    head = {"schema": SCHEMA, "name": found.name, "kind": found.kind, "description": found.description}
    return "\n".join([format_table("list", head), *(format_table("[source]", _row(each)) for each in found.sources)])


def _source(row: Table, kind: str) -> Source:
    repo, revision = row.text("repo", REPO), row.text("revision", _REVISION)
    licence = _licence(row.table("licence"))
    files = tuple(_file(each, kind) for each in row.tables("files"))
    row.close()
    return Source(repo, revision, licence, files)


def _licence(table: Table) -> Licence:
    commercial = table.take("commercial", bool, "true or false") if "commercial" in table else None
    licence = Licence(table.text("name"), table.text("url"), commercial)
    table.close()
    return licence


def _file(row: Table, kind: str) -> RemoteFile:
    path = str(PurePosixPath(row.inside("path")))
    family = row.text("family") if kind == "sources" else ""
    if family and family not in FAMILIES:
        raise row.fault("family", "is not known", given=repr(family), expected=f"one of {', '.join(FAMILIES)}")
    sha256, size = "", 0
    if "sha256" in row or "size" in row:
        sha256, size = row.text("sha256", SHA256), row.take("size", int, "a number of bytes")
        if size < 0:
            raise row.fault("size", "cannot be used", given=size, expected="a number of bytes")
    row.close()
    return RemoteFile(path, family, sha256, size)


def _check_whole(found: SourceList, top: Table) -> None:
    places = [place for place in found.files() if place != RECORD]
    if len(places) != sum(len(source.files) for source in found.sources):
        raise top.fault("source", "names a file twice, or one that would be called as our record", given=RECORD)
    if found.kind == "pack" and (len(found.sources) != 1 or MANIFEST not in places):
        raise top.fault("source", "holds no pack", expected=f"one source, with {MANIFEST} at its root")


def _row(source: Source) -> dict[str, Any]:
    licence = source.licence
    return {
        "repo": source.repo,
        "revision": source.revision,
        "licence": {"name": licence.name, "url": licence.url}
        | ({} if licence.commercial is None else {"commercial": licence.commercial}),
        "files": [
            {"path": file.path}
            | ({"family": file.family} if file.family else {})
            | ({"sha256": file.sha256, "size": file.size} if file.sha256 else {})
            for file in source.files
        ],
    }

"""Finding source lists, and pinning them: the hub is asked once what each file is, and held to that from then on."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from pyanon.errors import PackError, PackIntegrityError, SourceNotFoundError
from pyanon.runtime.hub import Hub, Revision
from pyanon.runtime.manifest import MANIFEST, Manifest, parse_manifest
from pyanon.runtime.shelves import built_in, lists
from pyanon.runtime.sources import (
    REPO,
    Licence,
    RemoteFile,
    Source,
    SourceList,
    format_sources,
    parse_sources,
    read_sources,
    require_pins,
)
from pyanon.runtime.storage import stored, write_whole

__all__ = ["Pins", "find_pinned", "known_lists", "pin", "save_pins"]

#: File name of a source list that comes with pyanon, in the folder of its name.
_BUILT_IN = "sources.toml"


@dataclass(frozen=True)
class Pins:
    """What pinning came to.

    Attributes:
        what: The pinned list.
        path: Where it is.
        changes: What is another than it was when it was pinned before, in words.
        is_new: Whether it had not been pinned before.
    """

    what: SourceList
    path: Path
    changes: tuple[str, ...]
    is_new: bool


def known_lists() -> dict[str, Path]:
    """The source lists that can be named: name -> file. Those that were pinned here win over those of pyanon."""
    found = {path.stem: path for path in sorted(lists().glob("*.toml"))}
    for shelf in built_in():
        for path in sorted(shelf.glob(f"*/{_BUILT_IN}")):
            found.setdefault(path.parent.name, path)
    return found


def find_pinned(sources: str) -> SourceList:
    """The pinned source list that a user means; of a repository the pins that were made of it.

    Args:
        sources: A file; a name among `known_lists`; or ``owner/name[@revision]``, a pack that was pinned.

    Raises:
        PackError: There is none, or it is malformed or not pinned.
    """
    repo, _, revision = sources.partition("@")
    if not _is_file(sources) and REPO.fullmatch(repo):
        return _pins_of(repo, revision)
    path = Path(sources) if _is_file(sources) else known_lists().get(sources)
    if path is None:
        raise _no_list(sources)
    found = read_sources(path)
    require_pins(found, asked=sources)
    return found


def pin(sources: str, hub: Hub) -> SourceList:
    """Ask the hub what each file of a source list is.

    This is trust on first use: what the hub says today is taken for what the authors published. From then on a file
    that is another is refused.

    Args:
        sources: A file; the name of a list that comes with pyanon; or ``owner/name[@revision]``, which holds a pack.
        hub: Whom to ask.

    Returns:
        The list, pinned; not saved.

    Raises:
        PackError: There is no such list, it is malformed, or the repository holds no pack.
        SourceError: The hub cannot be reached, does not let us, or has no such repository, revision or file.
        SinkError: There is no room for small files meanwhile.
    """
    repo, _, revision = sources.partition("@")
    with stored(), tempfile.TemporaryDirectory(prefix="pyanon-pin-") as folder:
        if not _is_file(sources) and REPO.fullmatch(repo):
            return _pinned_pack(repo, revision, hub, Path(folder))
        loose = _loose(sources)
        return replace(loose, sources=tuple(_pinned(each, hub, Path(folder)) for each in loose.sources))


def save_pins(what: SourceList, *, renew: bool = False) -> Pins:
    """Keep a pinned list in the user's folder.

    Args:
        what: By `pin`.
        renew: Whether it may say something else than before.

    Raises:
        PackError: It says something else than before, and `renew` was not given (says what); or the hub states no
            commit or no sha256.
        SinkError: It cannot be written.
    """
    path, text = lists() / f"{what.name}.toml", format_sources(what)
    require_pins(parse_sources(text, source="what the hub says"), asked=what.name)
    before = read_sources(path) if path.exists() else None
    changes = _changes(before, what) if before else ()
    if changes and not renew:
        raise PackError(
            "what the hub says now is not what was pinned here before; nothing was changed",
            given="; ".join(changes),
            do="where you know why and trust it, the same command with --renew; else keep what you have",
        )
    with stored():
        write_whole(path, text.encode())
    return Pins(what, path, changes, is_new=before is None)


def _is_file(sources: str) -> bool:
    return sources.endswith(".toml") or Path(sources).is_file()


def _loose(sources: str) -> SourceList:
    if _is_file(sources):
        return read_sources(Path(sources))
    path = next((path for shelf in built_in() if (path := shelf / sources / _BUILT_IN).is_file()), None)
    if path is None:
        raise _no_list(sources)
    return read_sources(path)


def _no_list(sources: str) -> PackError:
    return PackError(
        "there is no such source list",
        given=repr(sources),
        expected=f"a .toml file, OWNER/NAME[@REVISION], or one of: {', '.join(known_lists()) or '(none)'}",
        do="see docs/packs.md",
    )


def _pins_of(repo: str, revision: str) -> SourceList:
    for path in sorted(lists().glob("*.toml")):
        found = read_sources(path)
        if found.kind == "pack" and found.sources[0].repo == repo and revision in {"", found.sources[0].revision}:
            return found
    asked = f"{repo}@{revision}" if revision else repo
    raise PackError(
        "this pack is not pinned, so nothing of it is fetched",
        given=asked,
        expected="a commit, and a sha256 and a size for each file",
        do=f"pyanon pack pin {asked}, which asks the hub and shows what it says; then pull again",
    )


def _pinned(source: Source, hub: Hub, folder: Path) -> Source:
    said = hub.look(source.repo, source.revision)
    files = tuple(
        replace(_pinned_file(source.repo, said, file.path, hub, folder), family=file.family) for file in source.files
    )
    return replace(source, revision=said.commit, files=files)


def _pinned_file(repo: str, said: Revision, path: str, hub: Hub, folder: Path) -> RemoteFile:
    if path not in said.files:
        raise SourceNotFoundError(
            "the repository has no such file",
            given=f"{repo}/{path} at {said.commit}",
            expected=f"one of: {', '.join(sorted(said.files)[:20])}",
            do="correct the source list",
        )
    size, sha256 = said.files[path]
    if not sha256:
        _, sha256 = hub.read(repo, said.commit, path, size=size, into=folder)
    return RemoteFile(path, sha256=sha256, size=size)


def _pinned_pack(repo: str, revision: str, hub: Hub, folder: Path) -> SourceList:
    said = hub.look(repo, revision or None)
    if MANIFEST not in said.files:
        raise PackError(
            "this repository holds no pack",
            given=f"{repo} at {said.commit}",
            expected=f"{MANIFEST} at its root",
            do="checkpoints are fetched by a source list: see docs/packs.md",
        )
    data, sha256 = hub.read(repo, said.commit, MANIFEST, size=said.files[MANIFEST][0], into=folder)
    manifest = parse_manifest(data.decode("utf-8", "replace"), source=f"{repo}/{MANIFEST}")
    stated = _stated(manifest)
    files = [_pinned_file(repo, said, path, hub, folder) for path in stated]
    for file in files:
        if file.sha256 != stated[file.path]:
            raise PackIntegrityError(
                f"{repo}/{file.path} is not the file that its {MANIFEST} states",
                given=f"sha256 {file.sha256}",
                expected=f"sha256 {stated[file.path]}",
                do="tell its authors; do not use it",
            )
    licence = Licence(manifest.licence, f"{hub.endpoint}/{repo}")
    whole = (RemoteFile(MANIFEST, sha256=sha256, size=len(data)), *files)
    return SourceList(manifest.name, manifest.description, (Source(repo, said.commit, licence, whole),), kind="pack")


def _stated(manifest: Manifest) -> dict[str, str]:
    """The files that a manifest names, with what it says of their sha256."""
    stated = {role.file: role.sha256 for role in manifest.roles.values()}
    for entry in (manifest.prompts, manifest.manifold, manifest.vocabulary):
        if entry is not None:
            stated[entry.file] = entry.sha256
    return stated


def _changes(before: SourceList, now: SourceList) -> tuple[str, ...]:
    old = {place: file for place, (_, file) in before.files().items()}
    new = {place: file for place, (_, file) in now.files().items()}
    said = [
        f"{place} was {old[place].sha256[:12]} and is {new[place].sha256[:12]}"
        for place in old.keys() & new.keys()
        if old[place].sha256 != new[place].sha256
    ]
    said += [f"{place} is new" for place in new.keys() - old.keys()]
    said += [f"{place} is gone" for place in old.keys() - new.keys()]
    return tuple(sorted(said))

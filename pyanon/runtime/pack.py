"""A pack: a folder with `pack.toml` and the files it names, each verified before anything in it is loaded."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pyanon.errors import PackError, PackIntegrityError, UnknownPromptError
from pyanon.runtime.manifest import MANIFEST, Manifest, Prompts, Role, parse_manifest
from pyanon.runtime.manifold import Manifold, read_manifold
from pyanon.runtime.shelves import PACKS_VARIABLE, shelves
from pyanon.runtime.words import Words
from pyanon.types import FloatArray

__all__ = ["Pack", "available_packs", "load_pack", "read_file", "read_verified"]


@dataclass(frozen=True)
class Pack:
    """A pack whose manifest has been read; its files are read, and verified, when they are asked for.

    Attributes:
        folder: Where it lies.
        manifest: What its `pack.toml` says.
    """

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Name of the pack."""
        return self.manifest.name

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts its locator knows."""
        return self.manifest.prompts.names if self.manifest.prompts else ()

    def role(self, name: str) -> Role:
        """The network that plays a role.

        Args:
            name: ``"locator"``, ``"oracle.<name>"``, ...

        Raises:
            PackError: The pack has no such role; says which it has and which installed pack has this one.
        """
        role = self.manifest.roles.get(name)
        if role is None:
            raise PackError(
                f"pack {self.name!r} has no {name!r}",
                given=self.folder,
                expected=f"one of its roles: {', '.join(self.manifest.roles)}",
                do=_where_to_find(name),
            )
        return role

    def read(self, role: str) -> bytes:
        """The ONNX file of a role: exactly the bytes that were verified.

        Raises:
            PackError: The role or the file is missing, or the file lies outside the pack.
            PackIntegrityError: The file is not the one that the manifest states.
        """
        network = self.role(role)
        return read_verified(self.folder, network.file, network.sha256)

    def prompt(self, name: str) -> FloatArray:
        """The embedding of a prompt, ``(D,)`` float32.

        Raises:
            UnknownPromptError: The locator does not know it; lists those it knows.
            PackError: The file of embeddings is missing or malformed.
            PackIntegrityError: It is not the one that the manifest states.
        """
        prompts = self.manifest.prompts
        if prompts is None or name not in prompts.names:
            raise UnknownPromptError(
                f"pack {self.name!r} does not know this prompt",
                given=repr(name),
                expected=f"one of: {', '.join(self.prompts) or '(it knows none)'}",
                do="use one of these, or a pack with a text encoder",
            )
        embedding: FloatArray = self._embeddings(prompts)[prompts.names.index(name)]
        return embedding

    def manifold(self) -> Manifold:
        """The identities that replacements are drawn from.

        Raises:
            PackError: The pack has none, or its file is missing or malformed.
            PackIntegrityError: It is not the one that the manifest states.
        """
        entry = self.manifest.manifold
        if entry is None:
            raise PackError(
                f"pack {self.name!r} has no identity manifold",
                given=self.folder,
                expected="a [manifold] section",
                do="use a pack that replaces faces: see docs/packs.md",
            )
        data = read_verified(self.folder, entry.file, entry.sha256)
        return read_manifold(data, source=self.folder / entry.file)

    def words(self) -> Words:
        """How its networks are told texts.

        Raises:
            PackError: The pack has no vocabulary, or its file is missing or malformed.
            PackIntegrityError: It is not the one that the manifest states.
        """
        entry = self.manifest.vocabulary
        if entry is None:
            raise PackError(
                f"pack {self.name!r} cannot read texts",
                given=self.folder,
                expected="a [vocabulary] section",
                do="use a pack with a text encoder: see docs/packs.md",
            )
        return Words(read_verified(self.folder, entry.file, entry.sha256), entry, source=self.folder / entry.file)

    def verify(self) -> None:
        """Read and verify every file of the pack; raises what `read`, `prompt`, `manifold` and `words` raise."""
        for _, check in self.checks():
            check()

    def checks(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """What `verify` does, one file after the other.

        Yields:
            Name of a file, and what reads and verifies it, or raises what `verify` raises.
        """
        for name, role in self.manifest.roles.items():
            yield role.file, partial(self.read, name)
        if self.manifest.prompts is not None:
            yield self.manifest.prompts.file, partial(self._embeddings, self.manifest.prompts)
        if self.manifest.manifold is not None:
            yield self.manifest.manifold.file, self.manifold
        if self.manifest.vocabulary is not None:
            yield self.manifest.vocabulary.file, self.words

    def _embeddings(self, prompts: Prompts) -> FloatArray:
        data = read_verified(self.folder, prompts.file, prompts.sha256)
        try:
            table: FloatArray = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise PackError(f"{self.folder / prompts.file} is no .npy file ({error})", do=FETCH_AGAIN) from error
        rows = len(prompts.names)
        if table.dtype != np.float32 or table.ndim != 2 or len(table) != rows or not np.isfinite(table).all():
            raise PackError(
                f"{self.folder / prompts.file} does not hold the embeddings of the prompts",
                given=f"{table.dtype}{table.shape}",
                expected=f"float32({rows}, D), all finite",
                do=FETCH_AGAIN,
            )
        return table


def available_packs() -> dict[str, Path]:
    """The packs that can be loaded by name: name -> folder. Those that come with pyanon win over others."""
    packs: dict[str, Path] = {}
    for shelf in shelves():
        for manifest in sorted(shelf.glob(f"*/{MANIFEST}")):
            packs.setdefault(manifest.parent.name, manifest.parent)
    return packs


def load_pack(name_or_path: str | Path = "pocket") -> Pack:
    """Read the manifest of a pack.

    Args:
        name_or_path: A name among `available_packs`; or a folder, as a `Path` or a text with a slash in it.

    Raises:
        PackError: There is no such pack, or its manifest is malformed.
    """
    folder = _find(name_or_path)
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(
            f"the manifest of a pack cannot be read ({error})",
            given=folder,
            expected=f"a folder with {MANIFEST}",
            do="see docs/packs.md",
        ) from error
    return Pack(folder=folder, manifest=parse_manifest(text, source=folder / MANIFEST))


FETCH_AGAIN = "install or fetch the pack again"


def _find(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, Path) or "/" in name_or_path or os.sep in name_or_path:
        return Path(name_or_path)
    packs = available_packs()
    if name_or_path not in packs:
        raise PackError(
            "there is no pack of this name",
            given=repr(name_or_path),
            expected=f"one of: {', '.join(packs) or '(none found)'}; searched {', '.join(map(str, shelves()))}",
            do=f"pyanon pack list; give the path of its folder, or name the folder around it in {PACKS_VARIABLE}",
        )
    return packs[name_or_path]


def _where_to_find(role: str) -> str:
    have = []
    for name in available_packs():
        try:
            pack = load_pack(name)
        except PackError:
            continue
        if role in pack.manifest.roles:
            have.append(repr(name))
    if have:
        return f"use a pack that has it: {', '.join(have)}"
    return f"no installed pack has it: put one that does into a folder named in {PACKS_VARIABLE} (docs/packs.md)"


def read_file(folder: Path, file: str) -> bytes:
    """A file of a pack, not verified.

    Raises:
        PackError: It is missing, no file, or a link leads out of the folder.
    """
    path = folder / file
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve())
        data = path.read_bytes() if inside and path.is_file() else None
    except (OSError, ValueError) as error:
        raise PackError(f"a file of the pack cannot be read ({error})", given=path, do=FETCH_AGAIN) from error
    if data is None:
        raise PackError("this is no file inside the pack", given=path, expected=f"a file in {folder}", do=FETCH_AGAIN)
    return data


def read_verified(folder: Path, file: str, sha256: str) -> bytes:
    """A file of a pack: exactly the bytes whose sha256 was compared.

    Raises:
        PackError: As `read_file`.
        PackIntegrityError: Its sha256 is another.
    """
    data = read_file(folder, file)
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        raise PackIntegrityError(
            f"{folder / file} is not the file that {MANIFEST} states; it was not loaded",
            given=f"sha256 {actual}, {len(data)} bytes",
            expected=f"sha256 {sha256}",
            do=FETCH_AGAIN,
        )
    return data

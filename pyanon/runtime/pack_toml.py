"""Writing `pack.toml`: what a training or export recipe calls once its networks are in the pack's folder."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from pyanon.runtime.manifest import MANIFEST, SCHEMA, DataFile, Manifest, Prompts, Role, Vocabulary, parse_manifest
from pyanon.runtime.pack import Pack, load_pack, read_file, read_verified
from pyanon.runtime.port import Port
from pyanon.runtime.storage import write_whole
from pyanon.runtime.toml_tables import format_key, format_table

__all__ = ["format_manifest", "write_pack_toml"]


def write_pack_toml(pack: Pack) -> Pack:
    """Write `pack.toml` into the folder of a pack whose other files are there already.

    A file whose sha256 is left empty is hashed; one whose sha256 is stated is verified.

    Args:
        pack: What to write and where.

    Returns:
        The pack as `load_pack` reads it back.

    Raises:
        PackError: A file is missing, or something does not follow the schema.
        PackIntegrityError: A file is not the one that was stated.
    """
    manifest = replace(
        pack.manifest,
        roles={name: replace(role, sha256=_hash(pack, role)) for name, role in pack.manifest.roles.items()},
        prompts=pack.manifest.prompts and replace(pack.manifest.prompts, sha256=_hash(pack, pack.manifest.prompts)),
        manifold=pack.manifest.manifold and replace(pack.manifest.manifold, sha256=_hash(pack, pack.manifest.manifold)),
        vocabulary=pack.manifest.vocabulary
        and replace(pack.manifest.vocabulary, sha256=_hash(pack, pack.manifest.vocabulary)),
    )
    text = format_manifest(manifest)
    parse_manifest(text, source=MANIFEST)
    write_whole(pack.folder / MANIFEST, text.encode())
    return load_pack(pack.folder)


def format_manifest(manifest: Manifest) -> str:
    """Write a manifest as the text of a `pack.toml`; `parse_manifest` gives back the same manifest."""
    head = {"schema": SCHEMA, **{key: getattr(manifest, key) for key in _HEAD}}
    if manifest.method != "replace":
        head["method"] = manifest.method
    blocks = [format_table("pack", head)]
    for name, role in manifest.roles.items():
        table = f"roles.{format_key(name)}"
        ports = {"inputs": _port_tables(role.inputs), "outputs": _port_tables(role.outputs)}
        blocks.append(format_table(table, {"file": role.file, "sha256": role.sha256, **ports}))
        if role.settings:
            blocks.append(format_table(f"{table}.settings", role.settings))
    if manifest.prompts is not None:
        prompts = manifest.prompts
        blocks.append(format_table("prompts", {"file": prompts.file, "sha256": prompts.sha256, "names": prompts.names}))
    if manifest.manifold is not None:
        manifold = manifest.manifold
        blocks.append(format_table("manifold", {"file": manifold.file, "sha256": manifold.sha256}))
    if manifest.vocabulary is not None:
        words = manifest.vocabulary
        numbers = {key: getattr(words, key) for key in ("length", "start", "end", "pad")}
        blocks.append(format_table("vocabulary", {"file": words.file, "sha256": words.sha256, **numbers}))
    return "\n".join(blocks)


_HEAD = ("name", "version", "licence", "training_data", "description")


def _hash(pack: Pack, entry: Role | Prompts | DataFile | Vocabulary) -> str:
    if entry.sha256:
        read_verified(pack.folder, entry.file, entry.sha256)
        return entry.sha256
    return hashlib.sha256(read_file(pack.folder, entry.file)).hexdigest()


def _port_tables(ports: tuple[Port, ...]) -> list[dict[str, Any]]:
    return [{"name": port.name, "dtype": port.dtype, "shape": port.axes} for port in ports]

"""``pyanon pack list``: every pack that is found, what it can do, and what was pulled."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pyanon.cli.console import Console, counted
from pyanon.cli.exit_codes import ExitCode
from pyanon.cli.options import add_common
from pyanon.cli.pack_words import amount

if TYPE_CHECKING:
    from pathlib import Path

    from pyanon.runtime import Pack
    from pyanon.runtime.inventory import FoundPack, FoundSources

__all__ = ["add_parser", "run"]

_ORIGINS = {"built in": "comes with pyanon", "named": "in a folder of PYANON_PACKS", "pulled": "pulled"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command.

    Args:
        commands: The commands of ``pyanon pack``.
    """
    parser = commands.add_parser(
        "list",
        help="show every pack, and what was pulled",
        description="Shows every pack in the order in which names are looked up: what it can do, its licence, size and "
        "place, and why it is not used where it is not. Then what was pulled, and what can be.",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    add_common(parser)


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Args:
        given: The parsed command line.
    """
    from pyanon.runtime.inventory import find_packs, find_sources, unfinished

    facts: dict[str, Any] = {
        "packs": [_pack(found) for found in find_packs()],
        "sources": [_sources(found) for found in find_sources()],
        "unfinished": [_unfinished(folder) for folder in unfinished()],
        "lists": _lists(),
    }
    console = Console(as_json=given.json)
    console.result("\n\n".join(filter(None, (_packs_said(facts), _sources_said(facts), _lists_said(facts)))))
    console.data({"exit_code": int(ExitCode.OK), **facts})
    return ExitCode.OK


def _pack(found: FoundPack) -> dict[str, Any]:
    from pyanon.runtime.storage import folder_size

    state = "malformed" if found.pack is None else "shadowed" if found.shadowed_by else "ok"
    facts: dict[str, Any] = {"name": found.name, "state": state, "origin": found.origin, "folder": found.folder}
    facts["size"] = folder_size(found.folder)
    if found.fault is not None:
        facts["reason"] = str(found.fault)
    elif found.shadowed_by is not None:
        facts["reason"] = f"{found.shadowed_by} is found in its place"
    if found.pack is not None:
        manifest = found.pack.manifest
        facts |= {"version": manifest.version, "licence": manifest.licence, "description": manifest.description}
        facts |= {"does": _does(found.pack), "roles": list(manifest.roles), "prompts": list(found.pack.prompts)}
    return facts


def _does(pack: Pack) -> str:
    from pyanon.runtime import missing_for_faces

    if "locator" not in pack.manifest.roles:
        return "neither, it has no locator"
    if missing_for_faces(pack):
        return "covers faces"
    return (
        "replaces faces" if pack.manifest.method == "replace" else "covers faces, replaces them with --method replace"
    )


def _sources(found: FoundSources) -> dict[str, Any]:
    from pyanon.runtime.storage import folder_size

    facts: dict[str, Any] = {"name": found.name, "folder": found.folder, "size": folder_size(found.folder)}
    if found.what is None:
        return {**facts, "state": "malformed", "reason": str(found.fault)}
    licences = {source.repo: source.licence.name for source in found.what.sources}
    not_commercial = [source.repo for source in found.what.sources if source.licence.commercial is False]
    files = len(found.what.files())
    return {**facts, "state": "ok", "files": files, "licences": licences, "not_commercial": not_commercial}


def _unfinished(folder: Path) -> dict[str, Any]:
    from pyanon.runtime.storage import folder_size

    return {"name": folder.name, "folder": folder, "size": folder_size(folder)}


def _lists() -> list[dict[str, Any]]:
    from pyanon.errors import PackError
    from pyanon.runtime.pins import known_lists
    from pyanon.runtime.sources import read_sources

    rows: list[dict[str, Any]] = []
    for name, path in known_lists().items():
        row: dict[str, Any] = {"name": name, "file": path}
        try:
            what = read_sources(path)
        except PackError as error:
            rows.append({**row, "reason": str(error)})
        else:
            rows.append({**row, "pinned": what.is_pinned, "kind": what.kind, "description": what.description})
    return rows


def _packs_said(facts: dict[str, Any]) -> str:
    lines = ["packs, in the order in which names are looked up"]
    for row in facts["packs"]:
        mark = {"ok": "ok", "shadowed": "--", "malformed": "!!"}[row["state"]]
        head = f"{row['name']} {row['version']}, {row['licence']}: {row['does']}" if "does" in row else row["name"]
        lines += [f"  {mark} {head}", f"     {amount(row['size'])}, {_ORIGINS[row['origin']]}: {row['folder']}"]
        if "reason" in row:
            lines.append(f"     {row['state']}: {row['reason']}")
    return "\n".join(lines if facts["packs"] else [*lines, "  none"])


def _sources_said(facts: dict[str, Any]) -> str:
    lines = ["pulled checkpoints, of which packs are made"] if facts["sources"] else []
    for row in facts["sources"]:
        if row["state"] == "malformed":
            lines += [f"  !! {row['name']}: {row['folder']}", f"     malformed: {row['reason']}"]
            continue
        lines.append(f"  ok {row['name']}: {counted(row['files'], 'file')}, {amount(row['size'])}: {row['folder']}")
        if row["not_commercial"]:
            lines.append(f"     not for commercial use: {', '.join(row['not_commercial'])}")
    for row in facts["unfinished"]:
        lines.append(f"  -- {row['name']}: unfinished, {amount(row['size'])}: {row['folder']}")
        lines.append(f"     do: pull it again, which goes on; or pyanon pack remove {row['name']}")
    return "\n".join(lines)


def _lists_said(facts: dict[str, Any]) -> str:
    lines = ["source lists, which can be pulled"] if facts["lists"] else []
    for row in facts["lists"]:
        if "reason" in row:
            lines += [f"  !! {row['name']}: {row['file']}", f"     {row['reason']}"]
            continue
        lines.append(f"  {row['name']}: {row['description']}")
        state, command = ("pinned", "pull") if row["pinned"] else ("not pinned yet", "pin")
        lines.append(f"     {state}; next: pyanon pack {command} {row['name']}")
    return "\n".join(lines)

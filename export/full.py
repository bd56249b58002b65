r"""Makes one pack of the packs that the other scripts wrote.

    python -m export.full packs/full packs/yolo_world packs/clip engines/pocket:landmarks
    python -m export.full packs/full packs/yolo_world packs/clip packs/painter packs/arc packs/ada \
        engines/pocket:landmarks --manifold manifold.npz

A part is a pack's folder, or some roles of it. Its networks are copied as they are, each with the sha256 that its own
pack states, and its licence is listed with the roles it is for. Where something is missing that replacing faces needs
(``--manifold``, two oracles with thresholds, a generator), the pack covers them and says so.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyanon.errors import InputError, PackError
from pyanon.runtime import (
    OCCLUSION,
    ORACLE,
    DataFile,
    Manifest,
    Pack,
    Prompts,
    Role,
    Vocabulary,
    face_networks,
    load_pack,
    write_pack_toml,
)

__all__ = ["Part", "assembled", "main"]

MANIFOLD = "manifold.npz"
#: Roles of networks that are told texts, or tell them.
READERS = frozenset({"text_encoder", "caption_encoder", "caption_decoder"})


@dataclass(frozen=True)
class Part:
    """Some roles of a pack.

    Attributes:
        pack: The pack.
        names: The roles.
    """

    pack: Pack
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Part:
        """``FOLDER`` or ``FOLDER:ROLE,ROLE``.

        Raises:
            PackError: There is no such pack or role, or a file of it was tampered with.
        """
        folder, _, names = text.partition(":")
        pack = load_pack(Path(folder))
        pack.verify()
        chosen = tuple(names.split(",")) if names else tuple(pack.manifest.roles)
        for name in chosen:
            pack.role(name)
        return cls(pack, chosen)

    def says(self, fact: str) -> str:
        """A fact of the pack's manifest, and what it is about."""
        return f"{', '.join(self.names)}: {getattr(self.pack.manifest, fact)}"


def assembled(folder: Path, parts: Sequence[Part], *, name: str = "full", manifold: Path | None = None) -> Pack:
    """Writes a pack of parts; its method is ``replace`` where it can, else ``cover``.

    Args:
        folder: Where it is written.
        parts: Its parts; no role twice.
        name: Its name.
        manifold: The identities that replacements are drawn from.

    Raises:
        InputError: A role or a file is there twice, no prompts fit the locator, or networks see different crops.
    """
    folder.mkdir(parents=True, exist_ok=True)
    roles = _copied(folder, parts)
    _check_crops(roles)
    if manifold is not None:
        shutil.copyfile(manifold, folder / MANIFOLD)
    licence, training_data = ("; ".join(part.says(fact) for part in parts) for fact in ("licence", "training_data"))
    manifest = Manifest(
        name=name,
        version="0.1.0",
        licence=licence,
        training_data=training_data,
        description=f"assembled by export.full of {', '.join(part.pack.name for part in parts)}",
        roles=roles,
        prompts=_prompts(folder, parts, roles),
        vocabulary=_vocabulary(folder, parts),
        manifold=DataFile(MANIFOLD) if manifold is not None else None,
        method="cover",
    )
    pack = write_pack_toml(Pack(folder, manifest))
    if why_not(pack):
        return pack
    return write_pack_toml(Pack(folder, replace(pack.manifest, method="replace")))


def _copied(folder: Path, parts: Sequence[Part]) -> dict[str, Role]:
    """Copies the networks of all parts."""
    roles: dict[str, Role] = {}
    for part in parts:
        for each in part.names:
            role = part.pack.role(each)
            if each in roles or role.file in {other.file for other in roles.values()}:
                raise InputError("two parts have the same role or file", given=f"{each} ({role.file})", expected="one")
            roles[each] = role
            shutil.copyfile(part.pack.folder / role.file, folder / role.file)
    return roles


def _check_crops(roles: dict[str, Role]) -> None:
    """All networks of a pack see the same crops: one size, and one template where it is stated."""
    if "face_encoder" not in roles:
        return
    settings = roles["face_encoder"].settings
    for name, role in roles.items():
        if name.startswith(ORACLE) or name == OCCLUSION:
            crops = next(port.axes for port in role.inputs if port.name == "crops")
            template = role.settings.get("template", settings.get("template"))
            if crops[-1] != settings.get("size") or template != settings.get("template"):
                raise InputError(
                    f"{name} was made for other crops than the face encoder's",
                    given=f"{crops[-1]} pixels, landmarks at {template}",
                    expected=f"{settings.get('size')} pixels, landmarks at {settings.get('template')}",
                    do="export it with the same --crop",
                )


def why_not(pack: Pack) -> str:
    """Why a pack cannot replace faces; empty where it can."""
    try:
        face_networks(pack)
        pack.manifold()
    except PackError as error:
        return str(error)
    return ""


def _prompts(folder: Path, parts: Sequence[Part], roles: dict[str, Role]) -> Prompts | None:
    """Copies the prompts that are as long as the locator's: those of a language tower, or its own."""
    if "locator" not in roles:
        return None
    long = next(port.axes[-1] for port in roles["locator"].inputs if port.name == "prompts")
    for part in parts:
        prompts = part.pack.manifest.prompts
        if prompts is not None and part.pack.prompt(prompts.names[0]).size == long:
            shutil.copyfile(part.pack.folder / prompts.file, folder / prompts.file)
            return prompts
    raise InputError(
        "no part has prompts that fit the locator", given=", ".join(part.pack.name for part in parts),
        expected=f"embeddings of {long} numbers", do="add the pack that export.clip wrote",
    )  # fmt: skip


def _vocabulary(folder: Path, parts: Sequence[Part]) -> Vocabulary | None:
    """Copies how networks are told texts: all that read have to read the same tokens."""
    readers = [part for part in parts if READERS & set(part.names)]
    stated = {part.pack.manifest.vocabulary: part for part in readers if part.pack.manifest.vocabulary is not None}
    if len(stated) > 1:
        raise InputError(
            "two parts have vocabularies that differ",
            given=", ".join(part.pack.name for part in stated.values()),
            expected="networks that were trained on the same tokens",
        )
    for vocabulary, part in stated.items():
        if vocabulary is not None:
            shutil.copyfile(part.pack.folder / vocabulary.file, folder / vocabulary.file)
            return vocabulary
    return None


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder of the pack that is written")
    parser.add_argument("parts", nargs="+", type=Part.of, metavar="FOLDER[:ROLE,ROLE]")
    parser.add_argument("--name", default="full")
    parser.add_argument("--manifold", type=Path, help="identities: see docs/packs.md")
    args = parser.parse_args()
    pack = assembled(args.out, args.parts, name=args.name, manifold=args.manifold)
    print(f"{pack.folder}: {', '.join(pack.manifest.roles)}; faces: {pack.manifest.method}")
    print("\n".join(f"  {part.says('licence')}" for part in args.parts))
    if pack.manifest.method == "cover":
        print(f"it covers faces, because: {why_not(pack)}")


if __name__ == "__main__":
    main()

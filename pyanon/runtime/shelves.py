"""Where packs lie, and the user's own folder for what was fetched and made."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "HOME_VARIABLE",
    "PACKS_VARIABLE",
    "built_in",
    "home",
    "lists",
    "named",
    "plans",
    "pulled",
    "pulled_packs",
    "shelves",
]

#: Environment variable with more folders of packs, separated like PATH.
PACKS_VARIABLE = "PYANON_PACKS"

#: Environment variable with the folder for what pyanon fetches and makes.
HOME_VARIABLE = "PYANON_HOME"


def home() -> Path:
    """The folder for what was fetched and made: `HOME_VARIABLE`, or ``pyanon`` in the XDG data folder.

    A relative path in ``XDG_DATA_HOME`` is passed over, as the XDG Base Directory Specification says.
    """
    own = os.environ.get(HOME_VARIABLE, "")
    if own:
        return Path(own).absolute()
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "pyanon"


def pulled_packs() -> Path:
    """The shelf of the packs that were pulled."""
    return home() / "packs"


def pulled(kind: str, name: str) -> Path:
    """The folder of what a source list fetched, complete.

    Args:
        kind: ``"pack"`` or ``"sources"``.
        name: Name of the list.
    """
    return (pulled_packs() if kind == "pack" else home() / "sources") / name


def lists() -> Path:
    """The folder of pinned source lists, ``<name>.toml`` each."""
    return home() / "lists"


def plans(pack: str) -> Path:
    """The folder of the plans that were compiled for a pack on this machine.

    Args:
        pack: Name of the pack.
    """
    return home() / "plans" / pack


def shelves() -> list[Path]:
    """Folders that hold packs: the installed ones, those of a checkout, `PACKS_VARIABLE`'s, then the pulled ones."""
    return [*built_in(), *named(), pulled_packs()]


def built_in() -> list[Path]:
    """The shelves that come with pyanon: inside the installed package, and of a checkout."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent
    # An installed package lies in site-packages, where an "engines" folder would be somebody else's.
    return [package / "engines"] + ([checkout / "engines"] if (checkout / "pyproject.toml").is_file() else [])


def named() -> list[Path]:
    """The shelves that `PACKS_VARIABLE` names."""
    return [Path(entry) for entry in os.environ.get(PACKS_VARIABLE, "").split(os.pathsep) if entry]

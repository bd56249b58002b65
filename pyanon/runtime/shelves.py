"""Where packs lie, and the user's own folder for what was fetched and made."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = [
    "HOME_VARIABLE",
    "PACKS_VARIABLE",
    "built_in",
    "home",
    "lists",
    "named",
    "plan_folder",
    "plans_of",
    "pulled",
    "pulled_packs",
    "shelves",
]

#: Environment variable with more folders of packs, separated like PATH.
PACKS_VARIABLE = "PYANON_PACKS"

#: Environment variable with the folder for what pyanon fetches and makes.
HOME_VARIABLE = "PYANON_HOME"

_PACKAGE = Path(__file__).resolve().parents[1]


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


def plan_folder() -> Path:
    """Where compiled plans are kept: in `HOME_VARIABLE`, else a checkout's ``engines/cache``, else the user's cache."""
    if os.environ.get(HOME_VARIABLE):
        return home() / "plans"
    checkout = _checkout()
    if checkout is not None:
        return checkout / "engines" / "cache"
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "pyanon" / "plans"


def plans_of(pack: str) -> list[Path]:
    """The files of the plans that were compiled for a pack, ``<pack>-<role>-<key>.plan`` and what lies beside them.

    Args:
        pack: Name of the pack.
    """
    # A name may go on after a hyphen, a role may not: those of "mine" are not those of "mine-too".
    name = re.compile(rf"{re.escape(pack)}-([a-z_]+|oracle\.[a-z0-9_]+)-[0-9a-f]+\.\w+")
    return sorted(path for path in plan_folder().glob(f"{pack}-*") if name.fullmatch(path.name) and path.is_file())


def shelves() -> list[Path]:
    """Folders that hold packs: the installed ones, those of a checkout, `PACKS_VARIABLE`'s, then the pulled ones."""
    return [*built_in(), *named(), pulled_packs()]


def built_in() -> list[Path]:
    """The shelves that come with pyanon: inside the installed package, and of a checkout."""
    checkout = _checkout()
    return [_PACKAGE / "engines", *([checkout / "engines"] if checkout else [])]


def _checkout() -> Path | None:
    """The checkout that this package lies in; where it is installed, what lies around it is somebody else's."""
    return _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").is_file() else None


def named() -> list[Path]:
    """The shelves that `PACKS_VARIABLE` names."""
    return [Path(entry) for entry in os.environ.get(PACKS_VARIABLE, "").split(os.pathsep) if entry]

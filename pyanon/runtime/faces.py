"""What a pack states of the networks that replace faces: one crop, its traits, its thresholds, its steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pyanon.errors import InputError, PackError
from pyanon.runtime.manifest import Role
from pyanon.runtime.pack import Pack
from pyanon.types import LANDMARKS, FloatArray

__all__ = ["OCCLUSION", "ORACLE", "FaceNetworks", "face_networks", "missing_for_faces"]

#: Roles without which no face is replaced, besides two oracles and the identity manifold.
NEEDED = ("face_encoder", "generator", "face_decoder")
ORACLES = 2
ORACLE = "oracle."
#: The role that a pack may do without: then whatever is in front of a face is painted over.
OCCLUSION = "occlusion"
#: Defaults of the encoder's settings: least side of a face's box in source pixels, and least witness.
SMALLEST, SURE = 20.0, 0.5


@dataclass(frozen=True, eq=False)
class FaceNetworks:
    """The settings that the stages share.

    Attributes:
        size: Side of the crops in pixels, S.
        template: ``(5, 2)`` float32, where the landmarks lie in a crop, in crop pixels.
        traits: Trait -> names of its categories, in the order of the manifold's logits.
        levels: Noise levels of the generator's steps, falling; k steps use the first k.
        smallest: Least side, in source pixels, of a located box whose face is replaced and not covered.
        sure: Least score, 0..1, of the landmark network for a face that is replaced and not covered.
        oracles: Names of the oracles.
        thresholds: Oracle -> false match rate -> cosine similarity, of two pictures.
        drawn: The same for an identity code, as its projection shows it, and a picture.
        known: The same for an identity code and a code of the training gallery.
        cleared: The similarity of two pictures under which an oracle's word is taken that they show two people: nearly
            all pairs that another recogniser takes for one person, at that rate, are more alike to some oracle.
    """

    size: int
    template: FloatArray
    traits: Mapping[str, tuple[str, ...]]
    levels: tuple[float, ...]
    smallest: float
    sure: float
    oracles: tuple[str, ...]
    thresholds: Mapping[str, Mapping[float, float]]
    drawn: Mapping[str, Mapping[float, float]]
    known: Mapping[str, Mapping[float, float]]
    cleared: Mapping[str, Mapping[float, float]]

    def threshold(self, oracle: str, fmr: float, *, of: Mapping[str, Mapping[float, float]] | None = None) -> float:
        """The similarity from which on two faces pass for one person, at a false match rate.

        Between the rates that the pack was calibrated at it is interpolated, linearly in the rate's logarithm.

        Args:
            oracle: Name of the oracle.
            fmr: False match rate.
            of: `drawn`, `known` or `cleared`; None: `thresholds`.

        Raises:
            InputError: The rate lies beyond them.
        """
        table = sorted((self.thresholds if of is None else of)[oracle].items())
        rates = [rate for rate, _ in table]
        # A rate that was read from text may differ in its last bit.
        if not rates[0] * (1 - 1e-9) <= fmr <= rates[-1] * (1 + 1e-9):
            raise InputError(
                "Policy.fmr lies beyond what the pack is calibrated for",
                given=fmr,
                expected=f"{rates[0]:g} to {rates[-1]:g} (oracle {oracle!r})",
            )
        return float(np.interp(math.log10(fmr), np.log10(rates), [value for _, value in table]))

    @property
    def least_fmr(self) -> float:
        """The lowest false match rate that all oracles are calibrated at."""
        return max(min(table) for tables in (self.thresholds, self.known) for table in tables.values())


def missing_for_faces(pack: Pack) -> tuple[str, ...]:
    """What a pack lacks to replace faces, in words; empty where it can."""
    roles = pack.manifest.roles
    missing = [f"role {name!r}" for name in NEEDED if name not in roles]
    oracles = sum(name.startswith(ORACLE) for name in roles)
    if oracles < ORACLES:
        missing.append(f"{ORACLES - oracles} more of the roles 'oracle.<name>'")
    if pack.manifest.manifold is None:
        missing.append("the section [manifold]")
    return tuple(missing)


def face_networks(pack: Pack) -> FaceNetworks:
    """Reads the settings of a pack that replaces faces.

    Raises:
        PackError: Something is missing or cannot be used; names it.
    """
    missing = missing_for_faces(pack)
    if missing:
        raise PackError(
            f"pack {pack.name!r} cannot replace faces: it lacks {', '.join(missing)}",
            given=pack.folder,
            expected=f"the roles {', '.join(NEEDED)}, {ORACLES} oracles or more, and [manifold] (docs/packs.md)",
            do="use another pack; or cover every face: method 'blur', 'mosaic' or 'solid'",
        )
    encoder = pack.role("face_encoder")
    oracles = tuple(name[len(ORACLE) :] for name in pack.manifest.roles if name.startswith(ORACLE))
    return FaceNetworks(
        size=_size(encoder),
        template=_template(encoder),
        traits=_traits(encoder),
        levels=_levels(pack.role("generator")),
        smallest=encoder.number("smallest") if "smallest" in encoder.settings else SMALLEST,
        sure=encoder.number("sure") if "sure" in encoder.settings else SURE,
        oracles=oracles,
        thresholds=_tables(pack, oracles, "thresholds"),
        drawn=_tables(pack, oracles, "drawn"),
        known=_tables(pack, oracles, "known"),
        cleared=_tables(pack, oracles, "cleared"),
    )


def _size(encoder: Role) -> int:
    size = encoder.number("size")
    if size != int(size) or not 16 <= size <= 1024:
        raise encoder.fault("size", "a whole number 16 to 1024")
    return int(size)


def _template(encoder: Role) -> FloatArray:
    rows = encoder.settings.get("template")
    points = np.array([[math.nan, math.nan]])
    if isinstance(rows, tuple) and all(isinstance(row, tuple) and len(row) == 2 for row in rows):
        flat = [value for row in rows if isinstance(row, tuple) for value in row]
        if all(isinstance(value, (int, float)) for value in flat):
            points = np.array(flat, np.float64).reshape(-1, 2)
    if points.shape != (LANDMARKS, 2) or not np.isfinite(points).all() or np.ptp(points, axis=0).min() < 1:
        raise encoder.fault("template", f"{LANDMARKS} pairs of numbers, crop pixels, not all the same")
    return points.astype(np.float32)


def _traits(encoder: Role) -> dict[str, tuple[str, ...]]:
    traits = {}
    for trait, names in encoder.table("traits").items():
        if not isinstance(names, tuple) or not names or not all(isinstance(name, str) for name in names):
            raise encoder.fault("traits", "a table: trait = list of its categories' names")
        traits[trait] = tuple(str(name) for name in names)
    return traits


def _levels(generator: Role) -> tuple[float, ...]:
    levels = generator.numbers("levels")
    falling = all(before > after for before, after in itertools.pairwise(levels))
    if not levels or not falling or levels[0] > 1 or levels[-1] <= 0:
        raise generator.fault("levels", "falling numbers above 0, at most 1")
    return levels


def _tables(pack: Pack, oracles: tuple[str, ...], setting: str) -> dict[str, dict[float, float]]:
    """One setting of every oracle."""
    return {name: _thresholds(pack.role(ORACLE + name), setting) for name in oracles}


def _thresholds(oracle: Role, setting: str) -> dict[float, float]:
    """A table of thresholds; what the pack does not state is ``thresholds``."""
    table: dict[float, float] = {}
    setting = setting if setting in oracle.settings else "thresholds"
    for rate, value in oracle.table(setting).items():
        try:
            key = float(rate)
        except ValueError:
            key = math.nan
        if not 0 < key < 1 or not isinstance(value, (int, float)) or not -1 <= value <= 1:
            raise oracle.fault(setting, "a table: false match rate, in quotes = cosine similarity")
        table[key] = float(value)
    if not table:
        raise oracle.fault(setting, "at least one rate")
    return table

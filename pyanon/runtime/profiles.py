"""Profiles: for which sizes of its named axes a network is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pyanon.errors import RunnerError
from pyanon.runtime.manifest import Role, Setting
from pyanon.runtime.port import Port

__all__ = ["BATCH", "Batch", "Profile", "batches", "profiles_of", "shape_of"]

#: The axis along which a call may be cut: rows that know nothing of each other.
BATCH = "n"
#: Batches that are compiled for where the pack states none.
BATCHES = (1, 2, 3, 4, 5, 6, 7, 8)
#: Least, usual and greatest size of axes that a pack need not state.
RANGES = {"height": (32, 384, 1280), "width": (32, 640, 1280), "prompts": (1, 1, 80)}

Range: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Profile:
    """Sizes that a network is compiled for.

    Attributes:
        ranges: Axis -> its least, usual and greatest size; a batch is one size, three times.
    """

    ranges: tuple[tuple[str, Range], ...]

    @property
    def is_static(self) -> bool:
        """Whether no size may vary."""
        return all(low == high for _, (low, _, high) in self.ranges)

    @property
    def batch(self) -> int:
        """Its batch; 0 where the network has no such axis."""
        return dict(self.ranges).get(BATCH, (0, 0, 0))[2]

    def sizes(self, which: int) -> dict[str, int]:
        """The least (0), usual (1) or greatest (2) sizes."""
        return {axis: sizes[which] for axis, sizes in self.ranges}

    def fits(self, sizes: Mapping[str, int]) -> bool:
        """Whether sizes lie inside of it."""
        return all(low <= sizes[axis] <= high for axis, (low, _, high) in self.ranges)

    def __str__(self) -> str:
        return ", ".join(
            f"{axis} {low}..{high}" if low < high else f"{axis} {low}" for axis, (low, _, high) in self.ranges
        )


def profiles_of(role: Role) -> tuple[Profile, ...]:
    """The profiles of a network: one for each batch, or one where it has no batch.

    Its ``profile`` setting may state them: ``profile = { n = [1, 2, 4], height = [32, 384, 1280] }`` names the
    batches, and of any other axis its least, usual and greatest size.

    Raises:
        PackError: The setting cannot be used.
        RunnerError: An axis is neither stated nor a usual one.
    """
    stated = role.table("profile") if "profile" in role.settings else {}
    # The axes that only outputs have are for the network itself to decide.
    axes = sorted({axis for port in role.inputs for axis in port.axes if isinstance(axis, str)})
    ranges = tuple((axis, _range(role, axis, stated)) for axis in axes if axis != BATCH)
    if BATCH not in axes:
        return (Profile(ranges),)
    return tuple(Profile(((BATCH, (size,) * 3), *ranges)) for size in _batches(role, stated))


@dataclass(frozen=True)
class Batch:
    """A part of a call: the profile that runs it, and its rows."""

    profile: int
    rows: slice


def batches(profiles: Sequence[Profile], sizes: Mapping[str, int]) -> Iterator[Batch]:
    """Cuts a call into parts that profiles fit, the largest first.

    Raises:
        RunnerError: No profile fits; says what the network was compiled for.
    """
    done, total = 0, sizes.get(BATCH, 0)
    while True:
        fitting = [
            (profile.batch, index)
            for index, profile in enumerate(profiles)
            if profile.fits({**sizes, BATCH: profile.batch}) and profile.batch <= max(total - done, 0)
        ]
        if not fitting:
            raise RunnerError(
                "the network was not compiled for this size",
                given=", ".join(f"{axis} {size}" for axis, size in sorted(sizes.items())),
                expected="; or ".join(map(str, profiles)),
                do="state other sizes as `profile` in its settings in pack.toml, then run pyanon pack build again",
            )
        size, index = max(fitting)
        yield Batch(index, slice(done, done + size))
        done += size
        if done >= total:
            return


def shape_of(port: Port, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of a port where its named axes have these sizes."""
    return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in port.axes)


def _batches(role: Role, stated: Mapping[str, Setting]) -> tuple[int, ...]:
    if BATCH not in stated:
        return BATCHES
    sizes = stated[BATCH]
    numbers = tuple(size for size in sizes if type(size) is int and size > 0) if isinstance(sizes, tuple) else ()
    if not isinstance(sizes, tuple) or len(numbers) != len(sizes) or 1 not in numbers:
        raise role.fault("profile", f"{BATCH} = batches above 0, 1 among them")
    return tuple(sorted(set(numbers)))


def _range(role: Role, axis: str, stated: Mapping[str, Setting]) -> Range:
    sizes = stated.get(axis, RANGES.get(axis))
    if sizes is None:
        raise RunnerError(
            "it is not known for which sizes a network is to be compiled",
            given=f"axis {axis!r} of {role.file}",
            expected=f"its least, usual and greatest size; by itself only {BATCH}, {', '.join(RANGES)} are known",
            do=f"state profile = {{ {axis} = [1, 8, 16] }} in the settings of its role in pack.toml",
        )
    numbers = tuple(size for size in sizes if type(size) is int) if isinstance(sizes, tuple) else ()
    if len(numbers) != 3 or not 0 < numbers[0] <= numbers[1] <= numbers[2]:
        raise role.fault("profile", f"{axis} = [least, usual, greatest], whole numbers that do not fall")
    return numbers[0], numbers[1], numbers[2]

"""What shall happen to the faces, stated once and checked when it is stated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, get_args

from pyanon.errors import InputError

__all__ = ["Cover", "OnError", "Policy"]

#: Looks of a cover. None of them contains anything of the face: all are painted from what stays visible around it.
Cover: TypeAlias = Literal["blur", "mosaic", "solid"]
OnError: TypeAlias = Literal["stop", "cover"]


@dataclass(frozen=True)
class Policy:
    """The rules of one anonymization.

    Attributes:
        cover: Look of a covered face: ``"blur"`` (soft, skin-toned, grainy), ``"mosaic"`` (cells) or ``"solid"``.
        colour: Red, green and blue of a solid cover, and of a frame that is covered whole.
        prompts: What to hide, in words the pack's locator knows.
        threshold: Least score of a face that nothing spoke of before; None takes the pack's calibrated one.
        margin: How far a cover reaches beyond the located box, as a share of the box.
        lookahead: Frames that are held back, so that a face is covered before it was first found. None: 12 for
            files, 0 for live streams.
        coast: Seconds for which a face stays covered after the locator lost it; a quarter of that for what was seen
            once or twice, or never surely, and where a closer look sees none.
        detail: Longer side, in pixels, of the picture the locator looks at. None: 640 for video; for still pictures
            several looks, at 640, 960 and, where the picture is large, 1280.
        on_error: What a stage that raises does: end the stream (``"stop"``), or cover the whole frame (``"cover"``).
        seed: Seed of the grain in covers; equal seeds give equal pictures.

    Raises:
        InputError: A value that cannot be used.
    """

    cover: Cover = "blur"
    colour: tuple[int, int, int] = (0, 0, 0)
    prompts: tuple[str, ...] = ("face",)
    threshold: float | None = None
    margin: float = 0.1
    lookahead: int | None = None
    coast: float = 1.0
    detail: int | None = None
    on_error: OnError = "stop"
    seed: int = 0

    def __post_init__(self) -> None:
        _check_choice("cover", self.cover, get_args(Cover))
        _check_choice("on_error", self.on_error, get_args(OnError))
        _check_range("margin", self.margin, 0.0, 1.0)
        _check_range("coast", self.coast, 0.0, 60.0)
        if self.threshold is not None:
            _check_range("threshold", self.threshold, 0.0, 1.0)
        if self.lookahead is not None:
            _check_whole("lookahead", self.lookahead, 0, 600)
        if self.detail is not None:
            _check_whole("detail", self.detail, 64, 4096)
        _check_whole("seed", self.seed, 0, 2**63 - 1)
        if len(self.colour) != 3 or not all(isinstance(c, int) and 0 <= c <= 255 for c in self.colour):
            raise InputError("Policy.colour is not a colour", given=self.colour, expected="three integers 0..255")
        if isinstance(self.prompts, str) or not self.prompts or not all(isinstance(p, str) for p in self.prompts):
            raise InputError(
                "Policy.prompts is not a list of prompts",
                given=repr(self.prompts),
                expected='a non-empty tuple of texts, such as ("face",)',
            )

    def __str__(self) -> str:
        return ", ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"Policy.{name} is unknown", given=repr(value), expected=" or ".join(map(repr, choices)))


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(f"Policy.{name} is out of range", given=repr(value), expected=f"a number {low:g} to {high:g}")


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"Policy.{name} is out of range", given=repr(value), expected=f"an integer {low} to {high}")

"""``gi`` with a GStreamer that plays what a test has written down: one script for each pipeline that is built."""

from __future__ import annotations

import enum
import sys
from collections import deque
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

__all__ = ["Script", "SimulatedGst", "simulate"]

NONE = (1 << 64) - 1


class GLibError(Exception):
    """What GLib raises."""


class MessageType(enum.IntFlag):
    ERROR = 2
    TAG = 16


@dataclass
class Script:
    """What a pipeline does.

    Attributes:
        frames: Times of its frames, in nanoseconds; None where a frame has none.
        surface: What their buffers hold.
        size: Columns and rows.
        rate: Numerator and denominator.
        begin: Where the source's own time begins in the times of its frames.
        orientation: What its tags say.
        error: What goes wrong after the frames; empty: they end.
        hangs: Whether nothing more comes after the frames, not even an end.
        starts: Whether it can be started.
    """

    frames: list[int | None] = field(default_factory=list)
    surface: bytes = b""
    size: tuple[int, int] = (50, 36)
    rate: tuple[int, int] = (30, 1)
    begin: int = 0
    orientation: str = ""
    error: str = ""
    hangs: bool = False
    starts: bool = True


class _Sample:
    def __init__(self, script: Script, pts: int | None, buffers: list[Any]) -> None:
        self.pts, self._script = NONE if pts is None else pts + script.begin, script
        self._buffers = buffers

    def get_buffer(self) -> _Sample:
        return self

    def map(self, flags: int) -> tuple[bool, Any]:
        self._buffers.append(self)
        return True, SimpleNamespace(data=memoryview(self._script.surface))

    def unmap(self, view: Any) -> None:
        self._buffers.remove(self)

    def get_segment(self) -> _Sample:
        return self

    def to_stream_time(self, kind: str, pts: int) -> int:
        assert (kind, self.pts) == ("time", pts)
        return pts - self._script.begin

    def get_caps(self) -> _Sample:
        return self

    def get_structure(self, index: int) -> _Sample:
        return self

    def get_int(self, name: str) -> tuple[bool, int]:
        return True, self._script.size[("width", "height").index(name)]

    def get_fraction(self, name: str) -> tuple[bool, int, int]:
        return (True, *self._script.rate)


class _Pipeline:
    """A pipeline, its bus and its sink."""

    def __init__(self, script: Script, gst: SimulatedGst) -> None:
        self._script, self._gst = script, gst
        self._left, self.playing = deque(script.frames), False
        self._messages: deque[Any] = deque()
        if script.orientation:
            told = SimpleNamespace(get_string=lambda name: (name == "image-orientation", script.orientation))
            self._messages.append(SimpleNamespace(type=MessageType.TAG, parse_tag=lambda: told))
        if not script.starts:
            self._fail("no permission")

    def _fail(self, text: str) -> None:
        self._messages.append(SimpleNamespace(type=MessageType.ERROR, parse_error=lambda: (GLibError(text), "where")))

    def get_by_name(self, name: str) -> _Pipeline:
        assert name == "frames"
        return self

    def get_bus(self) -> _Pipeline:
        return self

    def pop_filtered(self, kinds: MessageType) -> Any:
        return self._messages.popleft() if self._messages else None

    def set_state(self, state: str) -> str:
        self.playing = state == "playing" and self._script.starts
        return "failure" if state == "playing" and not self.playing else "success"

    def query_duration(self, kind: str) -> tuple[bool, int]:
        return not self._script.hangs, 2_000_000_000

    def emit(self, signal: str, timeout: int) -> _Sample | None:
        assert signal == "try-pull-sample"
        assert timeout > 0
        if self.playing and self._left:
            return _Sample(self._script, self._left.popleft(), self._gst.mapped)
        if self.playing and self._script.error:
            self._fail(self._script.error)
        return None

    def get_property(self, name: str) -> bool:
        assert name == "eos"
        return not self._script.hangs and not self._script.error


class SimulatedGst(ModuleType):
    """``gi.repository.Gst``.

    Attributes:
        texts: The pipelines that were built.
        pipelines: The same as objects.
        mapped: Buffers that are mapped.
    """

    State = SimpleNamespace(PLAYING="playing", NULL="null")
    StateChangeReturn = SimpleNamespace(FAILURE="failure")
    MessageType, MapFlags = MessageType, SimpleNamespace(READ=1)
    Format, CLOCK_TIME_NONE = SimpleNamespace(TIME="time"), NONE

    def __init__(self, scripts: list[Script | str]) -> None:
        super().__init__("gi.repository.Gst")
        self._scripts = deque(scripts)
        self.texts: list[str] = []
        self.pipelines: list[_Pipeline] = []
        self.mapped: list[Any] = []

    def init(self, arguments: None) -> None:
        """Nothing to do."""

    def parse_launch(self, text: str) -> _Pipeline:
        script = self._scripts.popleft()
        if isinstance(script, str):
            raise GLibError(script)
        self.texts.append(text)
        self.pipelines.append(_Pipeline(script, self))
        return self.pipelines[-1]


def simulate(patch: pytest.MonkeyPatch, *scripts: Script | str) -> SimulatedGst:
    """Makes this process one with PyGObject; a text instead of a script is the error of a missing plugin."""
    gst = SimulatedGst(list(scripts))
    gi, repository = ModuleType("gi"), ModuleType("gi.repository")
    gi.require_version = lambda name, version: None  # type: ignore[attr-defined]
    repository.Gst, repository.GLib = gst, SimpleNamespace(Error=GLibError)  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "gi", gi)
    patch.setitem(sys.modules, "gi.repository", repository)
    return gst

"""What `pyanon doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What it belongs to.
        name: What it is.
        value: How it is.
        state: ``"ok"``; ``"missing"``, where something optional is not there; ``"broken"``, where pyanon cannot work.
        do: What to do about it.
    """

    topic: str
    name: str
    value: str
    state: str = "ok"
    do: str = ""

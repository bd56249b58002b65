"""The captions that the recipes train on, and those that are held out."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["HELD_OUT", "coco", "prompts"]

#: Every image whose number this divides is held out, with all its captions.
HELD_OUT = 10


def coco(data: Path, *, held_out: bool = False) -> list[tuple[int, str]]:
    """COCO's captions, as they were typed but for blanks at the ends: number of the image and caption."""
    found = []
    with (data / "captions" / "coco_val2017.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if (row["image_id"] % HELD_OUT == 0) == held_out:
                found += [(row["image_id"], " ".join(caption.split())) for caption in row["captions"]]
    return found


def prompts(data: Path) -> list[str]:
    """The lines of PartiPrompts."""
    return (data / "captions" / "parti_prompts.txt").read_text(encoding="utf-8").splitlines()

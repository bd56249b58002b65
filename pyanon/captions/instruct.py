"""The edit instruction of a picture: what would have to be done to the original so that it fits the public caption.

After Unsafe2Safe, where an editor is told in words what to change; here they also say what was done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pyanon.captions.describe import general
from pyanon.captions.rewrite import with_article
from pyanon.texts import Mention, Portrait

__all__ = ["instruction"]

_KEEP = "Keep pose, expression, gaze, light, clothes and background."


def instruction(
    mentions: Sequence[Mention],
    portraits: Sequence[Portrait | None],
    *,
    before: Sequence[Portrait] = (),
    after: Sequence[Portrait] = (),
) -> str:
    """What to do to the faces, in general words only; empty where nobody is to be seen or spoken of.

    Args:
        mentions: Of whom the caption speaks.
        portraits: What may be said of each now.
        before: The people in the picture as it was; none: those of whom the caption speaks.
        after: The same as it leaves.
    """
    pairs = list(zip(before, after, strict=True)) if after else _spoken_of(mentions, portraits)
    said = Counter(_step(*pair) for pair in pairs)
    if not said:
        return ""
    steps = [step if times == 1 else f"{step} (of {times} of them)" for step, times in said.items()]
    return " ".join([*steps, _KEEP])


def _spoken_of(mentions: Sequence[Mention], portraits: Sequence[Portrait | None]) -> list[tuple[Portrait, Portrait]]:
    claimed = [Portrait(each.claims.get("gender", ""), each.claims.get("age", "")) for each in mentions]
    return [(was, was if now is None else now) for was, now in zip(claimed, portraits, strict=True)]


def _step(before: Portrait, after: Portrait) -> str:
    was = general(before.gender, before.age)
    if not after.gender and not after.age:
        return f"Cover the face of the {was}."
    return f"Replace the face of the {was} with that of {with_article(general(after.gender, after.age))} who is nobody."

"""Which of the people in a picture a caption speaks of."""

from __future__ import annotations

from collections.abc import Sequence

from pyanon.captions.describe import AGES
from pyanon.texts import Mention, Portrait

__all__ = ["assigned"]

#: How many age groups a reading of a face may be off and still be of whom a caption speaks.
NEAR = 1
#: How many times smaller a face may be than the largest of those that a caption may speak of, and still be meant.
PROMINENT = 4.0


def assigned(
    mentions: Sequence[Mention], *, before: Sequence[Portrait], after: Sequence[Portrait]
) -> tuple[Portrait | None, ...]:
    """What may be said of each mention's person now.

    A mention is of those whose face, as it was, agrees with what it claims; of all where none does. Of one person it is
    rather of somebody large in the picture than of somebody far behind. Where it may still be of several, only what is
    true of all of them may be said.

    Args:
        mentions: Who is spoken of.
        before: The people in the picture as it was.
        after: The same people as it leaves, row by row.

    Returns:
        One for each mention; None for all where nobody is in the picture.
    """
    if not after:
        return (None,) * len(mentions)
    return tuple(_common(_meant(mention, before, after)) for mention in mentions)


def _meant(mention: Mention, before: Sequence[Portrait], after: Sequence[Portrait]) -> list[Portrait]:
    """Those that a mention may be of, as they leave; the more the mention and the faces agree, the fewer."""
    scores = [_score(mention, portrait) for portrait in before]
    best = max(scores, default=0)
    if mention.plural:
        return [now for now, score in zip(after, scores, strict=True) if score == best or score >= 0]
    meant = [now for now, score in zip(after, scores, strict=True) if score == best]
    least = max(map(_area, meant), default=0.0) / PROMINENT
    return [now for now in meant if _area(now) >= least]


def _area(portrait: Portrait) -> float:
    x0, y0, x1, y1 = portrait.xyxy or (0.0, 0.0, 0.0, 0.0)
    return max(x1 - x0, 0.0) * max(y1 - y0, 0.0)


def _score(mention: Mention, portrait: Portrait) -> int:
    gender, age = mention.claims.get("gender", ""), mention.claims.get("age", "")
    score = 0
    if gender and portrait.gender:
        score += 2 if gender == portrait.gender else -2
    if age and portrait.age:
        score += 1 if abs(AGES.index(age) - AGES.index(portrait.age)) <= NEAR else -1
    return score


def _common(portraits: Sequence[Portrait]) -> Portrait:
    genders, ages = {each.gender for each in portraits}, {each.age for each in portraits}
    box = portraits[0].xyxy if len(portraits) == 1 else None
    return Portrait(genders.pop() if len(genders) == 1 else "", ages.pop() if len(ages) == 1 else "", box)

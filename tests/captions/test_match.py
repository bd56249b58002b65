from __future__ import annotations

from types import MappingProxyType

import pytest

from pyanon.captions.match import assigned
from pyanon.texts import Mention, Portrait

WOMAN, MAN, GIRL = Portrait("female", "young"), Portrait("male", "old"), Portrait("female", "child")
BIG, SMALL = (0.0, 0.0, 90.0, 90.0), (0.0, 0.0, 9.0, 9.0)
NEW = (Portrait("male", "adult", BIG), Portrait("female", "teen", BIG), Portrait("", "old", BIG))


def _mention(*, plural: bool = False, **claims: str) -> Mention:
    return Mention(0, 1, MappingProxyType(claims), plural=plural)


@pytest.mark.parametrize(
    ("mention", "row"),
    [
        (_mention(gender="female", age="young"), 0),
        (_mention(gender="male"), 1),
        (_mention(gender="female", age="child"), 2),
        (_mention(age="old"), 1),
    ],
)
def test_a_mention_is_of_whom_it_fits(mention: Mention, row: int) -> None:
    assert assigned([mention], before=(WOMAN, MAN, GIRL), after=NEW) == (NEW[row],)


def test_of_several_only_what_is_true_of_all_is_said() -> None:
    after = (Portrait("male", "adult"), Portrait("male", "teen"))
    assert assigned([_mention(gender="female", plural=True)], before=(WOMAN, GIRL), after=after) == (
        Portrait("male", ""),
    )


def test_a_mention_that_fits_nobody_is_of_all() -> None:
    assert assigned([_mention()], before=(WOMAN, MAN), after=NEW[:2]) == (Portrait("", ""),)


def test_a_mention_is_rather_of_somebody_large_in_the_picture() -> None:
    after = (Portrait("male", "old", BIG), Portrait("female", "child", SMALL))
    assert assigned([_mention()], before=(WOMAN, MAN), after=after) == (after[0],)


def test_nobody_is_in_the_picture() -> None:
    assert assigned([_mention(), _mention()], before=(), after=()) == (None, None)

"""Descriptions that point at somebody."""

from __future__ import annotations

from typing import Any

import pytest

from pyanon.captions.pointed import COLOURS, Description, read

GROWN = frozenset({"young", "adult", "old"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the man", {"gender": "male", "ages": GROWN}),
        ("The  Old\tLady", {"gender": "female", "ages": {"old"}}),
        ("a middle-aged person", {"ages": {"adult"}}),
        ("the little girl", {"gender": "female", "ages": {"baby", "child"}}),
        ("everyone on the left", {"single": False, "side": "left"}),
        ("the two women", {"gender": "female", "ages": GROWN, "single": False}),
        ("the person on the far right of the picture", {"side": "rightmost"}),
        ("the leftmost man", {"gender": "male", "ages": GROWN, "side": "leftmost"}),
        ("whoever is the tallest", {"order": "high", "unread": ("whoever",)}),
        ("the person in the foreground", {"order": "large"}),
        ("the one in the middle", {"side": "middle"}),
        ("the presenter", {"unread": ("presenter",)}),
        ("the man and the woman", {"gender": "male", "ages": GROWN, "unread": ("woman",)}),
        ("not the man", {"gender": "male", "ages": GROWN, "unread": ("not",)}),
        ("der Mann", {"unread": ("der", "mann")}),
        ("舞台の女性", {"unread": ("舞台の女性",)}),
    ],
)
def test_what_is_said(text: str, said: dict[str, Any]) -> None:
    wanted = Description(text, **{key: frozenset(v) if key == "ages" else v for key, v in said.items()})
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("the man in red", ["a person in red"]),
        ("a woman who is wearing a blue coat and shades", ["a person with sunglasses", "a person in a blue coat"]),
        ("the man in a light grey top", ["a person in a grey top"]),
        ("the person in the orange shirt", ["a person in an orange shirt"]),
        ("people with glasses", ["a person with glasses"]),
        ("the girl without glasses, in a hat", ["a person without glasses", "a person with a hat"]),
        ("the smiling boy", ["a smiling person"]),
        ("the person looking to the left", ["a person looking to the left"]),
        ("the masked man in navy", ["a person wearing a face mask", "a person in blue"]),
    ],
)  # fmt: skip
def test_what_can_be_seen(text: str, looks: list[str]) -> None:
    description = read(text)
    assert [look.said for look in description.looks] == looks
    assert description.unread == ()
    assert description.side == ""


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("the man with a grey beard", ("with", "grey", "beard")),
        ("the woman in a red hat", ("red", "hat")),
        ("the man in a suit", ("suit",)),
        ("the man not in red", ("not",)),
    ],
)
def test_what_cannot_be_read_is_never_passed_over(text: str, unread: tuple[str, ...]) -> None:
    assert read(text).unread == unread


def test_a_colour_is_told_from_all_others() -> None:
    (look,) = read("the man in a grey suit").looks
    assert look.said == "a person in a grey suit"
    assert len(look.others) == len(COLOURS) - 1
    assert "a person in an orange suit" in look.others
    assert look.said not in look.others

"""Whom a description is of: faces with chances that are given, and a stand-in for what compares texts and people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pyanon.described import Described, Faces
from pyanon.errors import InputError
from pyanon.types import FloatArray, Frame, Tracks

TRAITS = {
    "age": ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "more than 60"),
    "gender": ("female", "male"),
}
WIDTH = 900


class Wardrobe:
    """Compares texts with what people are known to wear: the embedding of somebody is their number."""

    def __init__(self, *worn: str) -> None:
        self._worn = worn

    def people(self, frame: Frame, xyxy: FloatArray, /) -> FloatArray:
        return np.arange(len(xyxy), dtype=np.float32)[:, None]

    def answers(self, people: FloatArray, /, choices: Sequence[str]) -> FloatArray:
        chance = np.full((len(people), len(choices)), 0.5 / len(choices), np.float32)
        for row, number in enumerate(people[:, 0].astype(int).tolist()):
            if (what := f"a person {self._worn[number]}") in choices:
                chance[row] = 0.01 / len(choices)
                chance[row, choices.index(what)] = 0.99
        return chance


def people(
    *xs: float, female: Sequence[float] = (), age: Sequence[int] = (), side: float = 60, coasted: int = -1
) -> Faces:
    """Faces in a row with their left edges at ``xs``; chances that they are female; their age groups for certain."""
    n = len(xs)
    boxes = np.array([[x, 100, x + side, 100 + side] for x in xs], np.float32).reshape(n, 4)
    gender = np.array([[f, 1 - f] for f in female or [np.nan] * n], np.float32).reshape(n, 2)
    ages = np.full((n, len(TRAITS["age"])), np.nan, np.float32)
    if age:
        ages = np.eye(len(TRAITS["age"]), dtype=np.float32)[list(age)]
    tracks = Tracks(
        boxes,
        np.ones(n, np.float32),
        np.zeros((n, 5, 2), np.float32),
        np.zeros(n, np.int64),
        np.arange(n),
        np.arange(n) == coasted,
    )
    frame = Frame(np.zeros((300, WIDTH, 3), np.uint8))
    return Faces(frame, tracks, {"gender": gender, "age": ages}, Wardrobe().people(frame, boxes))


def told(text: str, faces: Faces, *worn: str) -> list[int]:
    return Described(text, traits=TRAITS, likeness=Wardrobe(*worn) if worn else None)(faces).tolist()


def test_gender_is_told_where_it_is_sure() -> None:
    row = people(0, 200, 400, 600, female=[0.99, 0.8, 0.01, np.nan], age=[4, 4, 4, 4])
    assert told("women", row) == [1, 0, -1, 0]
    assert told("the woman", row) == [0, 0, -1, 0]  # the second may be her
    assert told("the woman", people(0, 400, female=[0.99, 0.01], age=[4, 4])) == [1, -1]


def test_an_age_next_to_it_is_not_surely_another() -> None:
    assert told("children", people(0, 200, 400, 600, age=[1, 2, 3, 6])) == [1, 1, 0, -1]
    assert told("old people", people(0, 200, 400, age=[7, 6, 3])) == [1, 0, -1]
    between = people(0, 400, age=[3, 3])
    between.chances["age"][:] = [[0, 0, 0, 0.6, 0.0, 0.4, 0, 0], [0, 0, 0, 0.6, 0.0, 0.0, 0, 0.4]]
    assert told("young people", between) == [1, 0]


def test_left_and_right_are_those_of_the_picture() -> None:
    row = people(60, 420, 780)
    assert told("the person on the left", row) == [1, 0, -1]
    assert told("the person on the right", row) == [-1, 0, 1]
    assert told("the person in the middle", row) == [-1, 1, -1]
    assert told("the leftmost person", row) == [1, -1, -1]


def test_nobody_is_on_the_left_of_a_picture_s_right_half() -> None:
    assert told("the person on the left", people(600, 800)) == [-1, -1]
    assert told("the leftmost person", people(600, 800)) == [1, -1]


def test_two_who_stand_close_are_not_told_apart_by_place() -> None:
    assert told("the leftmost person", people(60, 80, 780)) == [0, 0, -1]


def test_place_is_among_those_whom_the_other_words_fit() -> None:
    row = people(60, 240, 780, female=[0.99, 0.01, 0.01], age=[4, 4, 4])
    assert told("the man on the left", row) == [-1, 1, -1]
    doubtful = people(60, 240, 780, female=[0.5, 0.01, 0.01], age=[4, 4, 4])
    assert told("the man on the left", doubtful) == [0, 0, -1]


def test_clothes_are_told_by_likeness() -> None:
    row = people(60, 240, 420, 600, female=[0.01, 0.01, 0.99, 0.01], age=[4] * 4)
    assert told("the man in red", row, "in red", "in blue", "in red", "in plaid") == [1, -1, -1, 0]
    assert told("everyone in red", row, "in red", "in blue", "in red", "in plaid") == [1, -1, 1, 0]


def test_two_in_red_are_one_too_many() -> None:
    assert told("the person in red", people(60, 400), "in red", "in red") == [0, 0]
    assert told("the person in red on the right", people(60, 780), "in red", "in red") == [-1, 1]


def test_what_lies_under_a_coasting_box_is_unknown() -> None:
    assert told("everyone in red", people(60, 400, coasted=0), "in red", "in blue") == [0, -1]


def test_the_largest_and_the_tallest() -> None:
    faces = people(60, 300, 600)
    faces.tracks.xyxy[1] = (300, 20, 400, 160)
    assert told("the largest face", faces) == [-1, 1, -1]
    assert told("the tallest person", faces) == [-1, 1, -1]
    faces.tracks.xyxy[2] = (600, 30, 690, 160)
    assert told("the largest face", faces) == [-1, 0, 0]
    assert told("the tallest person", faces) == [-1, 0, 0]


def test_nobody_is_nobody() -> None:
    assert told("the woman in red on the left", people(), "in red") == []


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("the presenter", "presenter"),
        ("the man in red", "a person in red"),
        ("the person", "nothing"),
        ("the man with a beard", "with, beard"),
    ],
)
def test_what_cannot_be_told_is_an_error_that_names_it(text: str, given: str) -> None:
    with pytest.raises(InputError, match=rf"cannot be told.*given: '{text}': {given}; expected: .*; do: "):
        Described(text, traits=TRAITS, likeness=None)


def test_a_pack_that_reads_no_age_or_gender_cannot_tell_them() -> None:
    with pytest.raises(InputError, match="given: 'the man': the gender, the age"):
        Described("the man", traits={"skin": ("any",)}, likeness=None)

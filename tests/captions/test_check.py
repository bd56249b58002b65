from __future__ import annotations

import pytest

from pyanon.captions.check import general_words, left, new_words, untrue
from pyanon.captions.extract import extract
from pyanon.texts import Portrait, Reading, Span

MARIA = "My neighbour Maria Lopez, 34, laughs."


@pytest.mark.parametrize(
    ("public", "found"),
    [
        ("A young woman laughs.", {}),
        ("Maria laughs.", {"maria": "name"}),
        ("MÁRIA laughs.", {"maria": "name"}),
        ("Mario laughs.", {"mario": "name"}),
        ("A marialopez laughs.", {"marialopez": "name"}),
        ("A woman of 34 laughs.", {"34": "age"}),
        ("A neighbour laughs.", {"neighbour": "relation"}),
    ],
)
def test_words_of_spans_and_words_like_them(public: str, found: dict[str, str]) -> None:
    assert left(public, extract(MARIA)) == found


def test_a_word_that_is_said_elsewhere_may_stay() -> None:
    reading = Reading("Rose holds a rose.", (Span(0, 4, "name"),))
    assert left("A woman holds a rose.", reading) == {}
    assert left("Rose holds a rose.", reading) == {"rose": "name"}


def test_kinds_that_the_policy_keeps() -> None:
    assert left("Maria, 34.", extract(MARIA), kept={"name"}) == {"34": "age"}


def test_new_words_are_those_that_differ() -> None:
    draft = "A woman eats an apple."
    assert new_words("A young woman eats an apple.", draft=draft) == ()
    assert new_words("A woman eats a red pear.", draft=draft) == ("apple", "pear", "red")
    assert new_words("A woman eats eats an apple.", draft=draft) == ("eats",)


@pytest.mark.parametrize(
    ("public", "portraits", "found"),
    [
        ("A young woman reads.", [Portrait("female", "young")], []),
        ("A young woman reads.", [Portrait("male", "young")], ["A young woman"]),
        ("A woman reads.", [Portrait("female", "child")], ["A woman"]),
        ("A person reads.", [Portrait()], []),
        ("A man reads.", [Portrait()], ["A man"]),
        ("A man reads.", [], []),
        ("A man and a girl.", [Portrait("male", "old"), Portrait("female", "child")], []),
    ],
)
def test_claims_that_agree_with_nobody(public: str, portraits: list[Portrait], found: list[str]) -> None:
    assert list(untrue(public, portraits)) == found


def test_general_words_name_nobody() -> None:
    assert {"woman", "older", "school"} <= general_words()
    assert not general_words() & {"maria", "lopez", "lyon"}

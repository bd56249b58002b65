from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyanon.captions.pseudonyms import Pseudonyms
from pyanon.errors import InputError

KEY = bytes(range(32))
LEXICON = dict(
    re.findall(r"\[(\w+)\]\n([^\[]+)", (resources.files("pyanon.captions") / "lexicons/pseudonyms.txt").read_text())
)
NAMES = {of: set(names.split()) for of, names in LEXICON.items()}


@pytest.fixture(scope="module")
def new() -> Pseudonyms:
    return Pseudonyms(KEY)


@pytest.mark.parametrize(
    "name",
    [
        "maria lopez",
        "MARIA  LOPEZ",
        "Mari\u0301a Lo\u0301pez",
        "Mar\u00eda L\u00f3pez",
        "Lopez Maria",
        "Lopez, Maria",
        "Dr. Maria Lopez",
        "Maria Lopez's",
        "Maria Lopez\u2019s",
        "Maria\u00a0Lopez",
        "Maria-Lopez",
    ],
)
def test_the_same_name_becomes_the_same_new_name(new: Pseudonyms, name: str) -> None:
    assert new(name) == new("Maria Lopez") == Pseudonyms(KEY)(name)


def test_names_stay_what_they_are_from_release_to_release(new: Pseudonyms) -> None:
    """A data set that grows has to go on with the names it began with."""
    assert [new("Maria Lopez", gender=gender) for gender in ("female", "male", "")] == [
        "Rhonda Boyer",
        "Brad Boyer",
        "Kim Boyer",
    ]


def test_another_key_makes_other_names(new: Pseudonyms) -> None:
    people = [f"Maria Lopez {chr(97 + number)}{chr(97 + number)}" for number in range(20)]
    other = Pseudonyms("a secret passphrase")
    assert sum(new(person) == other(person) for person in people) <= 2
    assert len({new(person) for person in people}) >= 18


def test_the_gender_is_that_of_the_portrait(new: Pseudonyms) -> None:
    for gender, of in (("female", "female"), ("male", "male"), ("", "neutral")):
        names = [new(f"Person {letter}{letter}", gender=gender).split() for letter in "abcdefghij"]
        assert {first for first, _ in names} <= NAMES[of]
        assert {last for _, last in names} <= NAMES["surname"]
    surnames = {new("Maria Lopez", gender=gender).split()[1] for gender in ("female", "male", "")}
    assert len(surnames) == 1
    with pytest.raises(InputError, match="gender is unknown; given: 'woman'"):
        new("Maria", gender="woman")


def test_one_word_becomes_one_word(new: Pseudonyms) -> None:
    assert new("Maria", gender="female") in NAMES["female"]
    assert new("Mr Lopez", gender="male") in NAMES["surname"]
    assert new("Schneider") in NAMES["surname"]  # which is no given name
    assert new("王小明") in NAMES["neutral"]
    assert new("राम") in NAMES["neutral"]
    assert new("王 小明").count(" ") == 1
    assert new("राम") != new("रिमा") or new("राम", avoid=["x"]) != new("रिमि")


@pytest.mark.parametrize("name", ["", "?", "42", "👩🏽‍🦰", "Dr.", ",", "'s", "\ud83d"])
def test_what_is_hardly_a_name_gets_one(new: Pseudonyms, name: str) -> None:
    assert new(name).isalpha()


every = st.sampled_from(sorted(set().union(*NAMES.values())))


@given(
    every, every, st.lists(st.tuples(every, every).map(" ".join), max_size=8), st.sampled_from(["female", "male", ""])
)
def test_a_new_name_is_like_no_name_in_the_caption(first: str, last: str, others: list[str], gender: str) -> None:
    made = Pseudonyms(KEY)(f"{first} {last}", gender=gender, avoid=others)
    there = {part.casefold() for name in (first, last, *others) for part in name.split()}
    assert there.isdisjoint(made.casefold().split())


def test_a_new_name_cannot_be_taken_for_an_old_one(new: Pseudonyms) -> None:
    drawn = new("Maria Lopez", gender="female").split()[0]
    again = new("Maria Lopez", gender="female", avoid=[drawn[:-1] + "x"]).split()[0]
    assert again != drawn
    assert again == new("Maria Lopez", gender="female", avoid=[drawn]).split()[0]


def test_where_all_names_are_taken_there_is_none(new: Pseudonyms) -> None:
    with pytest.raises(InputError, match="no new name that is like no name"):
        new("Somebody", avoid=sorted(NAMES["neutral"]))


def test_in_a_caption_short_names_are_the_same_person(new: Pseudonyms) -> None:
    found = new.within({"Maria": "female", "Tom": "male", "Maria Lopez": "", "Mrs Lopez": "", "M.": "", "Jo": ""})
    first, last = found["Maria Lopez"].split()
    assert first in NAMES["female"]
    assert (found["Maria"], found["M."], found["Mrs Lopez"]) == (first, first, last)
    assert len({first, last, found["Tom"], found["Jo"]}) == 4
    assert list(found) == ["Maria", "Tom", "Maria Lopez", "Mrs Lopez", "M.", "Jo"]
    assert found["Maria Lopez"] == new("Lopez, Maria", gender="female")


def test_in_a_caption_two_people_never_get_one_name(new: Pseudonyms) -> None:
    letters = "abcdefghij"
    people = {f"{one}{one}{one} {other}{other}{other}": "" for one in letters[:4] for other in letters[5:8]}
    found = new.within(people, avoid=["Lopez"])
    parts = [part for name in found.values() for part in name.split()]
    assert len(parts) == len(set(parts)) == 24


def test_nobody_is_named(new: Pseudonyms) -> None:
    assert new.within({}) == {}


def test_the_lexicon() -> None:
    assert list(NAMES) == ["female", "male", "neutral", "surname"]
    assert min(map(len, NAMES.values())) >= 20
    assert min(len(NAMES[of]) for of in ("female", "male", "surname")) >= 150
    assert sum(map(len, NAMES.values())) == len(set().union(*NAMES.values()) | (NAMES["female"] & NAMES["male"]))
    assert all(name.isascii() and name.istitle() and name.isalpha() for names in NAMES.values() for name in names)

from __future__ import annotations

import pytest

from pyanon.captions.describe import AGES, GENDERS, PERSON_WORDS, age_group, fits, general, plural_of
from pyanon.texts import Portrait


@pytest.mark.parametrize(
    ("gender", "age", "noun"),
    [
        ("female", "", "woman"),
        ("female", "baby", "baby girl"),
        ("male", "child", "boy"),
        ("male", "teen", "teenage boy"),
        ("female", "young", "young woman"),
        ("male", "adult", "man"),
        ("", "old", "older person"),
        ("", "", "person"),
    ],
)
def test_general_words(gender: str, age: str, noun: str) -> None:
    assert general(gender, age) == noun


@pytest.mark.parametrize("gender", ["", *GENDERS])
@pytest.mark.parametrize("age", ["", *AGES])
def test_general_words_claim_no_more_than_was_given(gender: str, age: str) -> None:
    claim = PERSON_WORDS.get(general(gender, age).split()[-1])
    assert claim is None or claim.gender in {"", gender}
    assert claim is None or not claim.ages or not age or age in claim.ages


@pytest.mark.parametrize(
    ("one", "many"),
    [("woman", "women"), ("older man", "older men"), ("person", "people"), ("child", "children"), ("baby", "babies")],
)
def test_plurals(one: str, many: str) -> None:
    assert plural_of(one) == many


@pytest.mark.parametrize(
    ("years", "group"),
    [(0, "baby"), (2.9, "baby"), (3, "child"), (9, "child"), (10, "teen"), (20, "young"), (40, "adult"), (60, "old")],
)
def test_age_groups(years: float, group: str) -> None:
    assert age_group(years) == group


def test_where_nothing_may_be_said_only_no_claim_fits() -> None:
    assert fits(Portrait())
    assert not fits(Portrait(), gender="female")
    assert not fits(Portrait(), ages=frozenset({"old"}))
    assert fits(Portrait("female", "old"), gender="female", ages=frozenset({"old", "adult"}))


def test_twins_claim_the_other_gender() -> None:
    for word, claim in PERSON_WORDS.items():
        if claim.twin:
            twin = PERSON_WORDS[claim.twin]
            assert {claim.gender, twin.gender} == set(GENDERS), word
            assert claim.plural == twin.plural, word

from __future__ import annotations

from typing import Any

import pytest

from pyanon.errors import InputError
from pyanon.policy import Policy


@pytest.mark.parametrize(
    "setting",
    [
        {"cover": "pixelate"},
        {"on_error": "ignore"},
        {"threshold": 1.5},
        {"threshold": "high"},
        {"margin": -0.1},
        {"coast": 61},
        {"lookahead": -1},
        {"lookahead": 2.5},
        {"lookahead": True},
        {"detail": 10},
        {"colour": (0, 0)},
        {"colour": (0, 0, 256)},
        {"prompts": ()},
        {"prompts": "face"},
        {"seed": -1},
        {"method": "remove"},
        {"preserve": "age"},
        {"preserve": [1]},
        {"alter": None},
        {"fmr": 0},
        {"fmr": float("nan")},
        {"epsilon": 0},
        {"epsilon": float("inf")},
        {"steps": 0},
        {"steps": 1.5},
        {"key": b"short"},
        {"key": "short"},
        {"key": 5},
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(setting: dict[str, Any]) -> None:
    (name,) = setting
    with pytest.raises(InputError, match=rf"Policy\.{name}.*given: .*expected: "):
        Policy(**setting)


def test_names_may_come_in_any_collection() -> None:
    assert Policy(preserve=["age", "pose"]).preserve == frozenset({"age", "pose"})
    assert Policy(alter=("age",)).alter == frozenset({"age"})
    assert hash(Policy(preserve={"age"})) == hash(Policy(preserve=["age"]))


def test_who_alters_need_not_say_what_is_preserved() -> None:
    assert Policy(alter={"age"}).preserve == {"expression", "pose", "gaze", "gender", "skin"}
    with pytest.raises(InputError, match=r"alter names what Policy\.preserve keeps.*given: age"):
        Policy(alter={"age"}, preserve={"age", "pose"})


def test_a_method_that_covers_is_the_look_of_the_covers() -> None:
    assert Policy(method="mosaic").look == "mosaic"
    assert Policy(cover="solid").look == Policy(cover="solid", method="replace").look == "solid"


def test_the_key_is_never_shown() -> None:
    policy = Policy(key="a secret passphrase")
    assert "secret" not in f"{policy} {policy!r} {policy.facts()}"
    assert "key" not in policy.facts()


def test_defaults_are_valid_and_readable() -> None:
    assert "cover=blur" in str(Policy())

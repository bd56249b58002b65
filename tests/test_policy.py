from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyanon.errors import InputError
from pyanon.photos import Photo
from pyanon.policy import Operators, Policy
from pyanon.texts import Operator


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
        {"operators": {"surname": "mask"}},
        {"operators": {"name": "erase"}},
        {"operators": {"unread": "keep"}},
        {"operators": {"default": "keep"}},
        {"operators": ["name"]},
        {"operators": {"name": "encrypt"}},
        {"pseudonyms": True},
        {"only": ""},
        {"only": 5},
        {"only": "x" * 201},
        {"except_": ("the man", None)},
        {"except_": np.zeros((4, 4), np.uint8)},
        {"except_": np.zeros((4, 4, 3), np.float32)},
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


def test_operators_are_those_of_the_kind_or_of_all_others() -> None:
    operators = Policy(operators={"name": "hash", "default": "mask", "place": "keep"}).operators
    assert isinstance(operators, Operators)
    assert [operators.of(kind) for kind in ("name", "place", "age")] == ["hash", "keep", "mask"]
    assert Operators({}).of("name") == "replace"


def test_operators_never_change() -> None:
    given: dict[str, Operator] = {"name": "mask"}
    policy = Policy(operators=given)
    given["name"] = "keep"
    assert policy.operators == {"name": "mask"}
    with pytest.raises(TypeError, match="item assignment"):
        policy.operators["name"] = "keep"  # type: ignore[index]


def test_a_policy_with_operators_can_be_hashed_copied_and_sent() -> None:
    policy = Policy(operators={"name": "mask", "age": "redact"})
    assert hash(policy) == hash(Policy(operators={"age": "redact", "name": "mask"}))
    assert pickle.loads(pickle.dumps(policy)) == copy.deepcopy(policy) == replace(policy) == policy  # noqa: S301
    assert policy.facts()["operators"] == {"name": "mask", "age": "redact"}
    assert json.dumps(policy.facts())


def test_pseudonyms_and_tokens_need_a_key() -> None:
    assert Policy(pseudonyms=True, key=b"k" * 16).pseudonyms
    assert Policy(operators={"name": "encrypt"}, key="a secret passphrase").operators == {"name": "encrypt"}


def test_who_is_meant_may_be_told_in_words_or_by_photos() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    policy = Policy(except_=("the man in red", "her.JPG", Path("him"), pixels))
    assert policy.meant == (
        "the man in red",
        Photo(path=Path("her.JPG")),
        Photo(path=Path("him")),
        Photo(pixels=pixels),
    )
    assert Policy(only=" the man ").meant == ("the man",)
    assert Policy().meant == Policy(only=None).meant == ()  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"only and Policy\.except_ cannot both be given.*given: only=.*do: "):
        Policy(only="the man", except_="the woman")


def test_a_photo_is_never_shown_and_never_changes() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    policy = Policy(only=(pixels, "secret/her.png", "the man"))
    pixels[:] = 9
    photo = policy.meant[0]
    assert isinstance(photo, Photo)
    assert photo.pixels is not None
    assert not photo.pixels.any()
    assert policy.facts()["only"] == ("a photo", "a photo", "the man")
    assert json.loads(json.dumps(policy.facts()))["only"] == ["a photo", "a photo", "the man"]
    assert "her" not in f"{policy} {policy!r}"
    assert pickle.loads(pickle.dumps(policy)) == copy.deepcopy(policy) == replace(policy) == policy  # noqa: S301
    assert hash(policy) == hash(replace(policy))


def test_defaults_are_valid_and_readable() -> None:
    assert "cover=blur" in str(Policy())

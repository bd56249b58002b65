"""The recipe of the names that pseudonyms are drawn from."""

from __future__ import annotations

from importlib import resources

import pytest

faker = pytest.importorskip("faker", reason="Faker is not installed (it is in the train extra)")

from export.train.captions.lexicons_pseudonyms import LEFT_OUT, lexicon, written  # noqa: E402


def test_the_recipe_makes_the_file_that_is_packaged() -> None:
    if not faker.VERSION.startswith("40."):
        pytest.skip(f"the file was made with Faker 40, this is {faker.VERSION}")
    packaged = resources.files("pyanon.captions") / "lexicons" / "pseudonyms.txt"
    assert written(lexicon()) == packaged.read_text(encoding="utf-8")


def test_no_name_is_that_of_somebody_well_known() -> None:
    names = lexicon()
    given = {name for of in ("female", "male", "neutral") for name in names[of]}
    words, _, people = LEFT_OUT.read_text(encoding="utf-8").partition("[people]\n")
    known = {tuple(name.split()) for name in people.replace("\n", " ").strip().split(", ")}
    assert ("Jennifer", "Lopez") in known
    assert len(known) > 500
    assert "Jennifer" in given
    assert not known & {(first, last) for first in given for last in names["surname"]}
    assert not {name.casefold() for each in names.values() for name in each} & set(words.split())
    assert not given & set(names["surname"])

from __future__ import annotations

import pytest

from pyanon.captions.wordforms import told


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("A train past Truth or Consequences, New Mexico.", "place", "Truth or Consequences, New Mexico"),
        ("A bathroom in Orange, Calif., with towels", "place", "Orange, Calif."),
        ("cows off county road 12", "place", "county road 12"),
        ("a light at 5th and Main", "place", "5th and Main"),
        ("a floor, 12 birchwood dr, oshkosh wi 54901", "place", "oshkosh wi 54901"),
        ("a floor, 12 birchwood dr", "place", "12 birchwood dr"),
        ("a brick house at 1127½ Elm", "place", "1127½ Elm"),
        ("a kitchen, 34 bis rue Ordener", "place", "34 bis rue Ordener"),
        ("a car, calle 8 at sw 12th ave", "place", "sw 12th ave"),
        ("a boy after his tonsillectomy", "health", "tonsillectomy"),
        ("a woman who lives with multiple sclerosis", "health", "multiple sclerosis"),
        ("a man back from a torn ligament", "health", "torn ligament"),
        ("a man after a hip operation", "health", "hip operation"),
        ("A woman, known for her silver braids, walks", "description", ", known for her silver braids"),
        ("a man with a gold front tooth", "description", "a gold front tooth"),
        ("a boy with a lightning bolt shaved into his hair", "description", "a lightning bolt shaved into his hair"),
        ("a man with a hearing aid", "description", "a hearing aid"),
        ("Amos, Old Order Amish, ploughs", "religion", "Old Order Amish"),
        ("a lamp for Velours & Co", "employer", "Velours & Co"),
        ("Anna, head of audit at Halden", "title", "head of audit"),
    ],
)
def test_told_by_words(text: str, kind: str, found: str) -> None:
    assert (kind, found) in [(span.kind, text[span.start : span.end]) for span in told(text)]


@pytest.mark.parametrize(
    "text",
    [
        "A bus on a city street at the corner of the road.",
        "A clock with a gold face",
        "A man known for nothing",
        "A head of broccoli, and a knife",
        "A knee deep in water",
        "a blind on a window",
        "A bad apple",
    ],
)
def test_things_are_not_told(text: str) -> None:
    assert not list(told(text))

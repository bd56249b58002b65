from __future__ import annotations

from itertools import pairwise

import pytest

from pyanon.captions.ages import years_in
from pyanon.captions.identifiers import find


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("mail bob.smith@example.org now", "contact", "bob.smith@example.org"),
        ("mail marco (at) surf.example now", "contact", "marco (at) surf.example"),
        ("mail marco at surf dot example now", "contact", "marco at surf dot example"),
        ("see www.bobsmith.example/photos", "contact", "www.bobsmith.example/photos"),
        ("see marcosurf.example", "contact", "marcosurf.example"),
        ("by @mum_of_three_92", "contact", "@mum_of_three_92"),
        ("insta: lena.k_99", "contact", "lena.k_99"),
        ("on facebook at GoldenPaws", "contact", "GoldenPaws"),
        ("jumps #lukebrandt", "contact", "#lukebrandt"),
        ("call +44 7700 900318", "contact", "+44 7700 900318"),
        ("call (515) 555-0177", "contact", "(515) 555-0177"),
        ("call 555-0142", "contact", "555-0142"),
        ("SSN 123-45-6789", "identifier", "123-45-6789"),
        ("account DE89 3704 0044 0532 0130 00", "identifier", "DE89 3704 0044 0532 0130 00"),
        ("plate KX-4482-B", "identifier", "KX-4482-B"),
        ("plate M-AB 1234", "identifier", "M-AB 1234"),
        ("badge PC 2208", "identifier", "PC 2208"),
        ("ext. 4417", "identifier", "4417"),
        ("born 14/02/2018", "identifier", "14/02/2018"),
        ("passport K91880427", "identifier", "K91880427"),
        ("aged 45", "age", "aged 45"),
        ("a 34-year-old", "age", "34-year-old"),
        ("7 months old", "age", "7 months old"),
        ("a 3 yo girl", "age", "3 yo"),
        ("just turned 30", "age", "just turned 30"),
        ("born in 1987", "age", "born in 1987"),
        ("born 12 May 1987", "age", "born 12 May 1987"),
        ("in her 80s", "age", "in her 80s"),
        ("her 21st birthday", "age", "21st birthday"),
        ("Lotte, two and a half, eats", "age", "two and a half"),
        ("Bram, aet. 70", "age", "aet. 70"),
        ("Pip (almost six) eats", "age", "almost six"),
        ("Itzel, 5¾, stands", "age", "5¾"),
        ("Mikkel (six-and-a-bit) swings", "age", "six-and-a-bit"),
        ("a woman of 44, showing", "age", "of 44"),
        ("Kelvin, about 45, who", "age", "about 45"),
        ("Violet, one hundred and three, who", "age", "one hundred and three"),
        ("a 30-something with", "age", "30-something"),
        ("mail grace.w [at] surf [dot] org now", "contact", "grace.w [at] surf [dot] org"),
    ],
)
def test_found_by_form(text: str, kind: str, found: str) -> None:
    assert (kind, found) in [(span.kind, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "A clock at 11:05",
        "A score of 3-2",
        "two and a half pizzas",
        "A 4 lane road",
        "A 747 at an airport",
        "a man turns left",
        "A white carriage.on the street",
        "A boy in 3rd place",
        "find it on facebook at home",
        "a plate is on the table",
    ],
)
def test_numbers_of_things(text: str) -> None:
    assert find(text) == ()


def test_the_longer_one_wins_and_none_is_over_another() -> None:
    text = "call +33 1 99 00 43 17 or mail a@b.example, badge 4471, 34 years old"
    spans = find(text)
    assert list(spans) == sorted(spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("34", 34.0),
        ("thirty-four", 34.0),
        ("aged 7", 7.0),
        ("6 months", 0.5),
        ("26 weeks", 0.5),
        ("born in 1987", None),
        ("old", None),
    ],
)  # fmt: skip
def test_years(text: str, years: float | None) -> None:
    assert years_in(text) == years

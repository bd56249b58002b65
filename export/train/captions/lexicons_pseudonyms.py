"""Makes the names that pseudonyms are drawn from: common ones, so common that none of them is anybody's.

    python -m export.train.captions.lexicons_pseudonyms --output pyanon/captions/lexicons/pseudonyms.txt

From the lists of Faker (MIT), which has them from censuses and registers of births. A surname is left out where it is a
word or a given name as well, so that a new name cannot be misread, and where it makes the full name of somebody
well known with one of the given names.
"""

from __future__ import annotations

import argparse
import importlib
import textwrap
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["GIVEN", "SURNAMES", "lexicon", "main", "written"]

#: Most frequent names that are looked at: of given names per gender, and of surnames.
GIVEN, SURNAMES = 200, 700
#: What no pseudonym is made of: words and places in lower case, and full names of well-known people, commas between.
LEFT_OUT = Path(__file__).with_name("names_left_out.txt")
#: Where given names are said of both women and men.
ENGLISH = ("en_US", "en_GB", "en_IE", "en_NZ")


@cache
def _left_out(section: str) -> str:
    """A section of the file, as one line."""
    _, _, after = LEFT_OUT.read_text(encoding="utf-8").partition(f"\n[{section}]\n")
    return " ".join(after.partition("\n[")[0].split())


def _names(locale: str, field: str) -> dict[str, float]:
    """A list of Faker's: name -> how frequent it is, where that is known."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    found = getattr(provider, field)
    return {name: float(found[name]) if isinstance(found, dict) else 0.0 for name in found}


def _plain(names: Iterable[str]) -> list[str]:
    """Those that are one word of ASCII letters, in their order, once each, and no other word."""
    kept = (name for name in names if name.isascii() and name.isalpha() and len(name) > 2 and name.istitle())
    unfit = {*_left_out("words").split(), *_left_out("places").split()}
    return [name for name in dict.fromkeys(kept) if name.casefold() not in unfit]


def _frequent(names: dict[str, float], count: int) -> list[str]:
    return _plain(sorted(names, key=lambda name: (-names[name], name)))[:count]


def _of_both() -> set[str]:
    """Given names of women and of men, where more than one country knows them."""
    women, men = ([set(_names(each, f"first_names_{of}")) for each in ENGLISH] for of in ("female", "male"))
    known = Counter(name for here in zip(women, men, strict=True) for name in here[0] | here[1])
    return {name for name in set().union(*women) & set().union(*men) if known[name] > 1}


def _notable() -> list[tuple[str, str]]:
    """Given name and surname of those that nobody is to be named after."""
    return [(first, last) for first, last in map(str.split, _left_out("people").split(", "))]


def lexicon() -> dict[str, list[str]]:
    """Names by what they are: ``female``, ``male``, ``neutral`` (said of both), ``surname``; each in order."""
    female, male = (_frequent(_names("en_US", f"first_names_{each}"), GIVEN) for each in ("female", "male"))
    neutral = sorted(_plain(_of_both()))
    given = {*female, *male, *neutral}
    notable = {last for first, last in _notable() if first in given}
    surnames = _frequent(_names("en_US", "last_names"), SURNAMES)
    return {
        "female": sorted(set(female) - set(neutral)),
        "male": sorted(set(male) - set(neutral)),
        "neutral": neutral,
        "surname": sorted(set(surnames) - given - notable),
    }


def written(names: dict[str, list[str]]) -> str:
    """A lexicon as its file has it."""
    lines = [
        "# Names for pseudonyms, from the lists of Faker (MIT). Made by export/train/captions/lexicons_pseudonyms.py.",
        *(f"\n[{of}]\n{textwrap.fill(' '.join(each), 118)}" for of, each in names.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("pyanon/captions/lexicons/pseudonyms.txt"))
    args = parser.parse_args()
    names = lexicon()
    args.output.write_text(written(names), encoding="utf-8")
    print(", ".join(f"{len(each)} {of}" for of, each in names.items()))


if __name__ == "__main__":
    main()

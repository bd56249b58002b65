"""Public captions by the text VAE: written as greedily as step by step, whatever the draft."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from pyanon.captions.decode import FEATURES, PASSES, CaptionDecoder, features
from pyanon.captions.describe import AGES, GENDERS
from pyanon.errors import InputError, PackError
from pyanon.runtime import Pack, Port, Words, load_pack, open_runner
from pyanon.runtime.port import AnyArray, Array
from pyanon.texts import Mention, Portrait, Reading

CAPTION = "my neighbour maria, 34, laughs at the bus stop."
DRAFT = "a young woman laughs at the bus stop."
WIDE = 4


@dataclass
class Fake:
    """A runner whose answer a function makes; keeps what it was asked."""

    answer: Callable[[Mapping[str, AnyArray]], dict[str, Array]]
    face: int = FEATURES
    asked: list[dict[str, Any]] = field(default_factory=list)
    outputs: tuple[Port, ...] = ()

    @property
    def inputs(self) -> tuple[Port, ...]:
        return (Port("face", "float32", ("n", "t", self.face)),)

    def infer(self, inputs: Mapping[str, AnyArray]) -> dict[str, Array]:
        self.asked.append(dict(inputs))
        return self.answer(inputs)


def encoded(inputs: Mapping[str, AnyArray]) -> dict[str, Array]:
    shape = (*inputs["tokens"].shape, WIDE)
    return {"mean": np.ones(shape, np.float32), "log_variance": np.zeros(shape, np.float32)}


def following(then: Callable[[tuple[int, ...]], int], size: int) -> Fake:
    """A decoder whose next token is a function of all before it."""

    def answer(inputs: Mapping[str, AnyArray]) -> dict[str, Array]:
        (tokens,) = np.asarray(inputs["tokens"]).tolist()
        logits = np.zeros((1, len(tokens), size), np.float32)
        for at in range(len(tokens)):
            logits[0, at, then(tuple(tokens[: at + 1]))] = 1
        return {"logits": logits}

    return Fake(answer)


def made(decoder: Fake, words: Words) -> tuple[CaptionDecoder, Fake]:
    encoder = Fake(encoded)
    return CaptionDecoder(encoder, decoder, words), encoder  # type: ignore[arg-type]


def writes(wanted: Sequence[int], words: Words) -> Fake:
    """A decoder that writes these tokens; after other ones it goes on with what is neither here nor there."""

    def then(before: tuple[int, ...]) -> int:
        text = list(before[1:])
        if text == list(wanted[: len(text)]):
            return wanted[len(text)] if len(text) < len(wanted) else words.vocabulary.end
        return 300 + sum(before) % 50

    return following(then, words.size)


@pytest.fixture(scope="module")
def pocket() -> Pack:
    return load_pack("pocket")


@pytest.fixture(scope="module")
def words(pocket: Pack) -> Words:
    found = pocket.words()
    if found is None:
        pytest.skip("the pocket pack has no vocabulary")
    return found


def tokens_of(text: str, words: Words) -> list[int]:
    row: list[int] = words([text])[0][0].tolist()
    return row[1:-1]


def test_features_say_what_may_be_said_and_no_more() -> None:
    assert not features(None).any(), "nobody known: the words stay"
    assert features(Portrait()).tolist() == [1] + [0] * (FEATURES - 1), "nothing may be said"
    seen = {tuple(features(Portrait(gender, age)).tolist()) for gender in ("", *GENDERS) for age in ("", *AGES)}
    assert len(seen) == 3 * 7
    assert features(Portrait("female", "young")).tolist() == [1, 1, 0, 0, 0, 0, 1, 0, 0]
    assert features(Portrait("female", "young", (1, 2, 3, 4))).dtype == np.float32


def test_a_face_is_on_the_tokens_of_its_mention(words: Words) -> None:
    decoder = writes(tokens_of(DRAFT, words), words)
    decode, _ = made(decoder, words)
    mentions = (Mention(0, CAPTION.index(" laughs")), Mention(CAPTION.index("bus"), CAPTION.index("bus") + 3))
    assert decode(Reading(CAPTION, mentions=mentions), [Portrait("female", "young"), None], draft=DRAFT) == DRAFT
    face = decoder.asked[0]["face"][0]
    spoken = [b > 0 and a < mentions[0].end for a, b in words.offsets(CAPTION)]
    assert 0 < sum(spoken) < len(spoken) - 2
    for row, there in zip(face, spoken, strict=True):
        assert np.array_equal(row, features(Portrait("female", "young")) if there else features(None))


def test_a_good_draft_takes_one_pass(words: Words) -> None:
    decoder = writes(tokens_of(DRAFT, words), words)
    decode, encoder = made(decoder, words)
    assert decode(Reading(CAPTION), [], draft=DRAFT) == DRAFT
    assert (len(encoder.asked), len(decoder.asked)) == (1, 1)


@pytest.mark.parametrize(
    ("draft", "passes"),
    [
        ("a young woman smiles at the bus stop.", 4),
        ("a young woman laughs at the red bus stop.", 2),
        ("a woman laughs at the bus stop.", 3),
        ("a young woman laughs at the bus stop", 2),
        ("a young woman laughs at the bus stop. she is 34.", 1),
        ("", PASSES),
    ],
)
def test_another_draft_leads_to_the_same_caption(words: Words, draft: str, passes: int) -> None:
    decoder = writes(tokens_of(DRAFT, words), words)
    decode, _ = made(decoder, words)
    assert decode(Reading(CAPTION), [], draft=draft) == DRAFT
    assert len(decoder.asked) <= passes


def drafts(dice: random.Random, wanted: list[int], words: Words) -> Iterator[str]:
    """Drafts from quite like to not at all like a caption."""
    for changes in range(12):
        draft = list(wanted)
        for _ in range(changes):
            at = dice.randrange(len(draft) + 1)
            draft[at : at + dice.randint(0, 2)] = dice.sample(range(300, 3000), dice.randint(0, 2))
        yield words.text(draft)


def test_it_is_what_step_by_step_is(words: Words) -> None:
    """A next token that depends on every token before it, so that a proposal that is taken wrongly shows."""
    dice = random.Random(5)  # noqa: S311

    def then(before: tuple[int, ...]) -> int:
        mixed = hash((*before, 7)) % 1000
        return words.vocabulary.end if (len(before) > 8 and mixed < 150) or len(before) > 20 else 300 + mixed

    wanted = [words.vocabulary.start]
    while wanted[-1] != words.vocabulary.end:
        wanted.append(then(tuple(wanted)))
    for draft in drafts(dice, wanted[1:-1], words):
        decoder = following(then, words.size)
        decode, _ = made(decoder, words)
        assert decode(Reading(CAPTION), [], draft=draft) == words.text(wanted)
        assert all(len(each["tokens"][0]) <= words.vocabulary.length for each in decoder.asked)


def test_what_is_too_long_or_never_ends_is_not_written(words: Words) -> None:
    silent = writes([], words)
    decode, _ = made(silent, words)
    assert decode(Reading("a long bench " * 60), [], draft=DRAFT) is None
    assert not silent.asked
    endless = following(lambda before: 300 + len(before), words.size)
    decode, _ = made(endless, words)
    assert decode(Reading(CAPTION), [], draft=DRAFT) is None
    assert len(endless.asked) <= PASSES


def test_noise_is_asked_for_and_the_same_for_the_same_seed(words: Words) -> None:
    decoder = writes(tokens_of(DRAFT, words), words)
    decode, _ = made(decoder, words)
    for seed, spread in ((1, 0.0), (1, 0.5), (1, 0.5), (2, 0.5)):
        decode(Reading(CAPTION), [], draft=DRAFT, seed=seed, spread=spread)
    mean, one, again, two = (each["latent"] for each in decoder.asked)
    assert (mean == 1).all()
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert np.std(one - 1) == pytest.approx(0.5, rel=0.3), "half a standard deviation of 1"


def test_errors_say_what_to_do(words: Words) -> None:
    decode, _ = made(writes([], words), words)
    with pytest.raises(InputError, match=r"a portrait is needed for each mention; given: 0; expected: 1"):
        decode(Reading(CAPTION, mentions=(Mention(0, 5),)), [], draft=DRAFT)
    with pytest.raises(PackError, match=rf"other features of faces; given: 5; expected: .*{FEATURES}.*; do: train"):
        made(Fake(encoded, face=5), words)


@pytest.fixture(scope="module")
def real(pocket: Pack, words: Words) -> Iterator[CaptionDecoder]:
    if "caption_decoder" not in pocket.manifest.roles:
        pytest.skip("the pocket pack has no caption decoder")
    with (
        open_runner(pocket, "caption_encoder", device="cpu") as encoder,
        open_runner(pocket, "caption_decoder", device="cpu") as decoder,
    ):
        yield CaptionDecoder(encoder, decoder, words)


HOUSE = "My neighbour Ingrid Halvorsen, 34, in a red coat, laughs at the bus stop."


def house(portrait: Portrait | None) -> tuple[Reading, list[Portrait | None]]:
    return Reading(HOUSE, mentions=(Mention(0, HOUSE.index(" in a red")),)), [portrait]


@pytest.mark.parametrize(
    ("portrait", "public"),
    [
        (Portrait("female", "young"), "A young woman in a coat laughs at the bus stop."),
        (Portrait("male", "old"), "An older man in a coat laughs at the bus stop."),
        (Portrait(), "A person in a coat laughs at the bus stop."),
    ],
)
def test_the_pocket_pack_writes_public_captions(real: CaptionDecoder, portrait: Portrait, public: str) -> None:
    assert real(*house(portrait), draft=public) == public
    assert real(*house(portrait), draft="A person laughs at the stop.") == public, "whatever the draft"


def test_the_pocket_pack_copies_words_that_captions_hardly_have(real: CaptionDecoder) -> None:
    text = "A quokka nibbles a durian beside the yurt."
    assert real(Reading(text), [], draft=text) == text

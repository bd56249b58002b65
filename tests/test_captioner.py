"""The captioner: what leaves is what passes the check, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest

import pyanon
from pyanon.captioner import ATTEMPTS, NOTHING, Captioner, Scene
from pyanon.captions.operators import decrypt
from pyanon.errors import InputError
from pyanon.policy import Policy
from pyanon.texts import Portrait, Reading, Span

PRIVATE = "My neighbour Maria Lopez, 34, in a red coat, laughs at the bus stop."
PUBLIC = "A young woman in a coat laughs at the bus stop."
KEY = b"0123456789abcdef"


class Writer:
    """A decoder that says what it was told to, one text after the other."""

    def __init__(self, *texts: str | None) -> None:
        self.texts, self.asked = list(texts), 0
        self.spreads: list[float] = []

    def __call__(
        self,
        reading: Reading,
        portraits: Sequence[Portrait | None],
        *,
        draft: str,
        seed: int = 0,
        spread: float = 0.0,
    ) -> str | None:
        assert len(portraits) == len(reading.mentions)
        self.asked += 1
        self.spreads.append(spread)
        return self.texts.pop(0)


def test_the_example_of_the_readme() -> None:
    caption = Captioner()(PRIVATE)
    assert caption.text == PUBLIC
    assert caption.consistency.writer == "template"
    assert caption.consistency.attempts == 0
    kinds = {change.kind for change in caption.consistency.changes}
    assert {"name", "attribute"} <= kinds
    assert np.isnan(caption.consistency.before)
    assert np.isnan(caption.consistency.after)


def test_changes_lie_in_the_original_and_never_quote_it() -> None:
    for change in Captioner()(PRIVATE).consistency.changes:
        assert 0 <= change.start < change.end <= len(PRIVATE)
        assert PRIVATE[change.start : change.end] != change.text
        assert not re.search("Maria|Lopez|34|neighbour", change.text)


@pytest.mark.parametrize(
    ("portrait", "said"),
    [
        (Portrait("male", "old"), "An older man in a coat laughs at the bus stop."),
        (Portrait("female", "child"), "A girl in a coat laughs at the bus stop."),
        (Portrait(), "A person in a coat laughs at the bus stop."),
    ],
)
def test_words_agree_with_the_new_face(portrait: Portrait, said: str) -> None:
    scene = Scene((Portrait("female", "young"),), (portrait,))
    assert Captioner()(PRIVATE, scene=scene).text == said


def test_a_sample_that_passes_is_taken() -> None:
    writer = Writer("A young woman wearing a coat laughs at the bus stop.", PUBLIC)
    caption = Captioner(decoder=writer)(PRIVATE)
    assert caption.text == PUBLIC
    assert caption.consistency.writer == "decoder"
    assert caption.consistency.attempts == 2
    assert len(caption.consistency.refused) == 1
    assert writer.spreads[0] == 0
    assert writer.spreads[1] > 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Maria in a coat laughs at the bus stop.", "name"),
        ("A young woman, Loppez, in a coat laughs at the bus stop.", "name"),
        ("A young woman, 34, in a coat laughs at the bus stop.", "age"),
        ("A young woman in a coat eats at the bus stop.", "something else"),
        ("A young woman in a coat laughs.", "something else"),
    ],
)
def test_a_sample_that_does_not_pass_is_not(text: str, why: str) -> None:
    caption = Captioner(decoder=Writer(*[text] * ATTEMPTS))(PRIVATE)
    assert caption.text == PUBLIC
    assert caption.consistency.writer == "template"
    assert caption.consistency.attempts == ATTEMPTS
    assert all(why in refused for refused in caption.consistency.refused)


def test_what_is_not_so_of_the_new_face_does_not_pass() -> None:
    scene = Scene((Portrait("female", "young"),), (Portrait("male", "young"),))
    caption = Captioner(decoder=Writer(*[PUBLIC] * ATTEMPTS))(PRIVATE, scene=scene)
    assert caption.text == "A young man in a coat laughs at the bus stop."
    assert all("not so" in refused for refused in caption.consistency.refused)


def test_pronouns_have_to_agree_as_well() -> None:
    private, public = "Maria Lopez holds her racket.", "A woman holds his racket."
    caption = Captioner(decoder=Writer(*[public] * ATTEMPTS))(private)
    assert caption.text == "A woman holds her racket."
    assert all("not so" in refused for refused in caption.consistency.refused)


def fits(values: dict[str, float]) -> Callable[[Sequence[str]], np.ndarray]:
    return lambda texts: np.array([values.get(text, 0.0) for text in texts], np.float32)


def test_what_does_not_fit_the_picture_does_not_pass() -> None:
    other = "A young woman in the coat laughs at the bus stop."
    scene = Scene(fit=fits({other: 0.1, PUBLIC: 0.6}), fit_before=fits({PRIVATE: 0.7}), threshold=0.3)
    caption = Captioner(decoder=Writer(other, PUBLIC))(PRIVATE, scene=scene)
    assert caption.text == PUBLIC
    assert caption.consistency.refused == ("it does not fit the picture",)
    assert caption.consistency.before == pytest.approx(0.7)
    assert caption.consistency.after == pytest.approx(0.6)


def test_a_decoder_that_cannot_is_asked_once() -> None:
    writer = Writer(None)
    assert Captioner(decoder=writer)(PRIVATE).text == PUBLIC
    assert writer.asked == 1


def test_spans_of_other_extractors_are_taken_out() -> None:
    text = "The usual guest sits at the red table."
    caption = Captioner(extractors=[lambda said: (Span(said.index("red table"), len(said) - 1, "description"),)])(text)
    assert "table" not in caption.text
    assert caption.text != text


def test_an_extractor_that_fails_fails_the_caption() -> None:
    def broken(text: str) -> tuple[Span, ...]:
        raise InputError("no answer")

    with pytest.raises(InputError, match="no answer"):
        Captioner(extractors=[broken])(PRIVATE)


def test_a_caption_of_nothing_but_private_words_says_nothing() -> None:
    assert Captioner()("maria.lopez@example.com").text == NOTHING
    assert Captioner()("").text == NOTHING


def test_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="this is no caption"):
        Captioner()(7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="4000 characters"):
        Captioner()("a " * 2001)


@pytest.mark.parametrize(
    ("operators", "said"),
    [
        ({"default": "mask"}, "***** ***** ***** in a ***** coat laughs at the bus stop."),
        ({"name": "keep"}, "Maria Lopez in a coat laughs at the bus stop."),
        ({"attribute": "keep"}, "A young woman in a red coat laughs at the bus stop."),
    ],
)
def test_operators(operators: dict[str, str], said: str) -> None:
    assert Captioner(policy=Policy(operators=operators))(PRIVATE).text == said  # type: ignore[arg-type]


def test_digests_agree_and_tokens_turn_back() -> None:
    hashing = Captioner(policy=Policy(operators={"name": "hash"}, key=KEY))
    assert hashing("Maria Lopez laughs.").text == hashing("Maria Lopez laughs.").text
    assert hashing("Maria Lopez laughs.").text != hashing("Maria Lopes laughs.").text
    pytest.importorskip("cryptography")
    text = Captioner(policy=Policy(operators={"name": "encrypt"}, key=KEY))("Maria Lopez laughs.").text
    assert decrypt(text.split()[0], KEY) == "Maria Lopez"


def test_pseudonyms_are_the_same_for_the_same_key() -> None:
    captioner = Captioner(policy=Policy(pseudonyms=True, key=KEY))
    first, second = captioner("Maria Lopez laughs.").text, captioner("Here Maria Lopez sleeps.").text
    name = first.removesuffix(" laughs.")
    assert name in second
    assert "Maria" not in name
    other = Captioner(policy=Policy(pseudonyms=True, key=KEY[::-1]))
    assert other("Maria Lopez laughs.").text != first


def test_the_instruction_says_what_to_do_in_general_words() -> None:
    scene = Scene((Portrait("female", "young"), Portrait()), (Portrait("female", "young"), Portrait()))
    said = Captioner()(PRIVATE, scene=scene).instruction
    assert "Replace the face of the young woman with that of a young woman who is nobody." in said
    assert "Cover the face of the person." in said
    assert "Maria" not in said


def test_an_anonymizer_takes_captions_with_a_picture() -> None:
    picture = np.full((120, 160, 3), 90, np.uint8)
    with pyanon.Anonymizer() as anonymizer:
        result = anonymizer(picture, caption=PRIVATE, captions=["Tom sleeps."])
        assert result.caption == PUBLIC
        assert [caption.text for caption in result.captions] == [PUBLIC, "A man sleeps."]
        assert result.consistency.changes
        assert "caption" in result.timings
        assert anonymizer.captioner("Tom sleeps.").text == "A man sleeps."
        assert anonymizer(picture).captions == ()

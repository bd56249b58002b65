from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyanon.captioner import Captioner
from pyanon.captions.check import left
from pyanon.captions.extract import LONGEST, extract, parse
from pyanon.captions.lexicon import lexicon
from pyanon.captions.rewrite import rewrite
from pyanon.errors import InputError
from pyanon.texts import Portrait, Span

CAPTIONS = [json.loads(line)["marked"] for line in Path(__file__).with_name("captions.jsonl").read_text().splitlines()]
_MARK = re.compile(r"\{(\w+)\|([^}]*)\}")
_WORD = re.compile(r"[^\W_]+")
#: Words of a mark that say nothing of anybody.
_EMPTY = frozenset(
    "a an the of in at on and or is was her his my our their your s to for with by from who he she it they i me we "  # noqa: SIM905
    "us no d l over".split()
)


def _unmarked(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """A caption without its marks, and where each was: start, end, kind."""
    text, marks, position = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[position : mark.start()]
        marks.append((len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        position = mark.end()
    return text + marked[position:], marks


def _spans(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in extract(text).spans]


def test_there_are_captions_enough() -> None:
    assert len(CAPTIONS) >= 60
    assert len({kind for marked in CAPTIONS for _, _, kind in _unmarked(marked)[1]}) >= 12


@pytest.mark.parametrize("marked", CAPTIONS)
def test_every_marked_word_is_in_a_span(marked: str) -> None:
    text, marks = _unmarked(marked)
    spans = extract(text).spans
    for start, end, kind in marks:
        for word in _WORD.finditer(text[start:end]):
            first, last = start + word.start(), start + word.end()
            found = any(span.start <= first and last <= span.end for span in spans)
            assert found or word[0].lower() in _EMPTY, (kind, word[0])


@pytest.mark.parametrize("marked", CAPTIONS)
def test_no_marked_word_is_in_what_leaves(marked: str) -> None:
    text, marks = _unmarked(marked)
    public = {word.casefold() for word in _WORD.findall(Captioner()(text).text)}
    outside = text
    for start, end, _ in reversed(marks):
        outside = f"{outside[:start]} {outside[end:]}"
    allowed = {word.casefold() for word in _WORD.findall(outside)} | _EMPTY
    allowed |= {word for kind in lexicon().kinds_of_place.values() for word in kind.split()}
    private = {word.casefold() for start, end, _ in marks for word in _WORD.findall(text[start:end])}
    assert not (private - allowed) & public


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Maria Lopez reads.", [("name", "Maria Lopez")]),
        ("A girl called Zoë eats.", [("name", "Zoë")]),
        ("siobhan smiles", [("name", "siobhan")]),
        ("A man with Rose.", [("name", "Rose")]),
        ('A man, Tony "Flash" Marchetti, jumps.', [("name", 'Tony "Flash" Marchetti')]),
        ("A man named Ludwig van den Broeck reads.", [("name", "Ludwig van den Broeck")]),
        ("My sister reads.", [("relation", "My sister")]),
        ("Tom's niece reads.", [("name", "Tom"), ("relation", "'s niece")]),
        ("My neighbour Maria, 34, reads.", [("relation", "My neighbour"), ("name", "Maria"), ("age", "34")]),
        ("A woman (34) reads.", [("age", "34")]),
        ("A 34-year-old woman reads.", [("age", "34-year-old")]),
        ("Dr. Patel reads.", [("title", "Dr."), ("name", "Patel")]),
        ("A man in Lyon reads.", [("place", "Lyon")]),
        ("A man at 14 Birch Lane reads.", [("place", "14 Birch Lane")]),
        ("A man who works for Acme Logistics reads.", [("employer", "Acme Logistics")]),
        ("A man, tel. 802-555-0119.", [("contact", "802-555-0119")]),
        ("A man, @deck_dario_, jumps.", [("contact", "@deck_dario_")]),
        ("A car with plate WP 3391C.", [("identifier", "WP 3391C")]),
        ("A man with a scar reads.", [("description", "scar")]),
        ("A Danish woman reads.", [("nationality", "Danish")]),
        ("An Amish man reads.", [("religion", "Amish")]),
        ("A boy with leukemia reads.", [("health", "leukemia")]),
        ("Maria in a red coat.", [("name", "Maria"), ("attribute", "red")]),
        ("two xqvzt on a table", [("unread", "xqvzt")]),
        ("A woman, Ольга Иванова, reads.", [("name", "Ольга Иванова")]),
        ("山田太郎 reads", [("name", "山田太郎")]),
    ],
)
def test_spans(text: str, spans: list[tuple[str, str]]) -> None:
    assert _spans(text) == spans


@pytest.mark.parametrize(
    "text",
    [
        "A plate of Chinese food.",
        "An elephant with its mother.",
        "A bus with the number 41 on the front.",
        'A sign that says "Spring in the City".',
        "Two people play Nintendo Wii on Christmas.",
        "A statue of the tennis player on a bench.",
        "A blonde wooden table.",
        "A clock shows 11:05.",
        "A chef and a nurse with two students.",
    ],
)
def test_things_give_nobody_away(text: str) -> None:
    assert _spans(text) in ([], [("attribute", "blonde")])


def test_mentions_claim_what_a_face_shows() -> None:
    first, second = extract("My neighbour Maria, 34, and two boys wave.").mentions
    assert dict(first.claims) == {"gender": "female", "age": "young"}
    assert (dict(second.claims), second.plural, second.count) == ({"gender": "male"}, True, 2)


def test_other_extractors_add_spans() -> None:
    text = "A man at the Blue Door reads."
    found = extract(text, extractors=[lambda _: (Span(13, 22, "place", "other"),)])
    assert ("place", "Blue Door") in [(span.kind, text[span.start : span.end]) for span in found.spans]


def test_an_extractor_may_not_find_what_is_not_there() -> None:
    with pytest.raises(InputError, match="not in the caption"):
        extract("A man.", extractors=[lambda _: (Span(0, 99, "name"),)])


@pytest.mark.parametrize("text", [None, 3, "a" * (LONGEST + 1)])
def test_what_is_no_caption(text: object) -> None:
    with pytest.raises(InputError, match="no caption"):
        extract(text)  # type: ignore[arg-type]


_PIECES = st.sampled_from(
    ["Maria ", "my ", "sister ", ", ", ". ", "34 ", "(", ")", "'s ", '"', "and ", "the ", "in ", "Lyon ", "Dr. ", "@a ",
     "with ", "scar ", "of ", "born ", "1987 ", "named ", "中", "\u0301", "é", "\n", "-", "St. ", "A ", "man ", "#x "]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=25).map("".join)))
def test_any_text_is_read_and_nothing_of_its_spans_is_left(text: str) -> None:
    parsed = parse(text)
    assert all(a.end <= b.start for a, b in pairwise(parsed.reading.spans))
    portraits = [Portrait("male", "old") for _ in parsed.reading.mentions]
    rewrite(parsed.tagged, parsed.phrases, portraits)
    public = Captioner()(text).text
    assert public
    assert not left(public, parsed.reading)


@pytest.mark.parametrize(
    "garbage", ["中中,", "1-1-)", '""in "1"', "Maria, ", "a@", "x.", "my sister ", "A", "(", "34 "]
)
def test_garbage_is_read(garbage: str) -> None:
    text = (garbage * LONGEST)[:LONGEST]
    assert extract(text).text == text

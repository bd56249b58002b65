"""Common words that are names or places where they stand, and the same words where they are none."""

from __future__ import annotations

import pytest

from pyanon.captioner import Captioner
from pyanon.captions.extract import extract


def _said(text: str, kind: str) -> set[str]:
    spans = (span for span in extract(text).spans if span.kind == kind)
    return {word for span in spans for word in text[span.start : span.end].split()}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Rip (né Ripley), a surfer, rides.", "Rip"),
        ("A boy, Pip (almost six) and a train.", "Pip"),
        ("Rip, a young surfer in shorts, rides.", "Rip"),
        ("Win, Yi-Ting and a friend eat.", "Win"),
        ("Rain and Ludo walk.", "Rain"),
        ("Juniper and her mum walk.", "Juniper"),
        ("Marigold's aunt feeds it.", "Marigold"),
        ("a sidewalk outside brook's mom's place", "brook"),
        ("statues carved by mr young", "young"),
        ("A cake under the eye of Ms. Baker.", "Baker"),
        ("Lady Kumquat is on a phone.", "Kumquat"),
        ("A car driven by Marcus T. Bell at night.", "Bell"),
        ("two motorcycles, mick's and spud's, on a club run", "spud"),
        ("there is a man, his name is angel", "angel"),
        ("Tiff is on her phone @tiff.mcgraw", "Tiff"),
        ("Cats sitting on Old Mags' bed.", "Mags"),
        ("A man and his son Ash on a bench.", "Ash"),
        ("A sandwich. Well done, Mo!", "Mo"),
        ("olive holding a dog", "olive"),
        ("A Bowl Full Of Food With A Fork For Dill Haversham", "Dill"),
        ("A tournament, won by King and Oyelowo in three sets.", "King"),
        ("A photo by Renske van der Aa of a bathtub.", "Aa"),
    ],
)
def test_a_common_word_is_a_name(text: str, name: str) -> None:
    assert name in _said(text, "name")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a train stopped at reading train station", "reading"),
        ("A clock on the side of the Guildhall building.", "Guildhall"),
        ("a car outside joe's garage", "joe's"),
        ("Donuts at Young's Bakery today.", "Young's"),
    ],
)
def test_a_common_word_is_a_place(text: str, place: str) -> None:
    assert place in _said(text, "place")


@pytest.mark.parametrize(
    "text",
    [
        "Breakfast, a plate of eggs and a cup.",
        "Pizza and Nutella on a table.",
        "A dog's owner holds it.",
        "an elephant's mother near a tree",
        "bear holding a heart",
        "a man waiting at the train station",
        "A woman in front of the Eiffel tower.",
        "The Amtrak station is empty.",
        "a baby's mother holds it",
    ],
)
def test_a_common_word_is_no_name(text: str) -> None:
    assert not _said(text, "name") | _said(text, "place")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Maria Lopez waves. Maria holds a cup.", "A woman waves. The woman holds a cup."),
        ("A man holds a cup. Photo by Maria Lopez.", "A man holds a cup."),
        ("Two young boys, twin brothers Aarav and Kabir Malhotra, sit on a bench.", "Two young boys sit on a bench."),
        ("A man, Kelvin Strood, who has a tattoo on his neck.", "A man."),
        (
            "Missing: Keisha Rollins, 27 years old, birthmark on her left cheek, wearing a top next to a hydrant.",
            "Missing: a young woman wearing a top next to a hydrant.",
        ),
        ("S. Muthu, 36, head of audit at Halden & Rooke, in a shirt.", "A young person in a shirt."),
        ("dlamini from bluecell repairs, holding a phone", "a person, holding a phone"),
    ],
)
def test_said(text: str, said: str) -> None:
    assert Captioner()(text).text == said

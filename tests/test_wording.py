"""What becomes of the words in a picture file: nothing that the file itself states as a name or a place gets out."""

from __future__ import annotations

import pytest

from pyanon.types import Face
from pyanon.video import Descriptions, PublicWords, Region
from pyanon.wording import notes_on_faces, notes_on_words, public_words, to_rewrite


def unchanged(text: str) -> str:
    return text


def test_one_title_and_one_description_are_rewritten() -> None:
    found = Descriptions(titles=("a", "b"), headlines=("c",), descriptions=("d", "e"), comments=("f",))
    assert to_rewrite(found) == {"title": "a", "description": "d"}
    assert to_rewrite(Descriptions(headlines=("c",), comments=("f",))) == {"title": "c", "description": "f"}
    assert to_rewrite(Descriptions(descriptions=("x" * 2_001,))) == {}
    assert to_rewrite(Descriptions()) == {}


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Descriptions(people=("Anna Bell",)), "A woman called anna laughs."),
        (Descriptions(people=("anna bell",)), "Bell's dog."),
        (Descriptions(regions=(Region(0, 0, 1, 1, "Anna Bell"),)), "ANNA laughs."),
        (Descriptions(rights=("(c) 2024 Anna Bell, all rights reserved",)), "A photograph by Bell."),
        (Descriptions(people=("王芳",)), "王芳在公园里。"),
        (Descriptions(people=("Jürgen Müller",)), "MÜLLER runs."),
        (Descriptions(places=("New York",)), "A man in new york."),
        (Descriptions(places=("Elm Street 5",)), "A house in Elm Street."),
    ],
)
def test_texts_with_names_that_the_file_states_stay_behind(found: Descriptions, text: str) -> None:
    words = public_words(found, captions={"title": text, "description": "A dog."}, rewrite=unchanged)
    assert words == PublicWords(description="A dog.")


def test_what_is_no_name_does_not_hold_a_text_back() -> None:
    found = Descriptions(
        people=("Anna de la Cruz", "Jo"), rights=("Copyright by Bell Photography. All rights reserved",), places=("US",)
    )
    text = "All of us stand by the sea with a copyright sign, a job and de la."
    assert public_words(found, captions={"description": text}, rewrite=unchanged).description == text


def test_keywords_stay_where_rewriting_leaves_them_alone() -> None:
    found = Descriptions(
        keywords=("beach", "Anna", "red coat", "2024", "anna@example.org", "my niece", "x" * 41, "Bell", "sea", ""),
        people=("Anna Bell",),
    )
    asked: list[str] = []

    def rewrite(text: str) -> str:
        asked.append(text)
        return {"my niece": "a girl", "sea": "Sea."}.get(text, text)

    words = public_words(found, captions={}, rewrite=rewrite)
    assert words.keywords == ("beach", "red coat", "sea")
    assert set(asked) == {"beach", "red coat", "my niece", "sea"}
    many = Descriptions(keywords=tuple(f"{a}{b}" for a in "abcdefghijklmnop" for b in "abcdefghijklmnop"))
    assert len(public_words(many, captions={}, rewrite=rewrite).keywords) == 100


def test_keywords_agree_with_the_faces_as_they_leave() -> None:
    found = Descriptions(keywords=("beach", "woman", "girl", "old man", "people", "crowd"))
    man = Face((0, 0, 1, 1), 0.9, 0, False, "replaced", traits={"gender": "male", "age": "70+"})
    covered = Face((0, 0, 1, 1), 0.9, 0, False, "covered")

    def kept(*faces: Face) -> tuple[str, ...]:
        return public_words(found, captions={}, rewrite=unchanged, faces=faces).keywords

    assert kept(man) == ("beach", "old man", "people", "crowd")
    assert kept(covered) == ("beach", "people", "crowd")
    assert kept() == found.keywords, "nobody was found of whom it could be untrue"


FULL = Descriptions(
    titles=("a",), descriptions=("b", "a"), keywords=("c", "d"), people=("e",), places=("f", "g"), rights=("h",),
    regions=(Region(0, 0, 0.1, 0.1, "e"), Region(0.5, 0.5, 0.1, 0.1), Region(0, 0, 1, 1, "Rex", "pet")), unreadable=2,
)  # fmt: skip


def test_what_is_left_out_is_counted() -> None:
    left, damaged = notes_on_words(FULL, PublicWords())
    assert left == (
        "written in the file and left out: 2 captions, 2 keywords, 1 face region with a name, 1 face region, "
        "1 other region, 1 name, 2 places, 1 copyright notice"
    )
    assert damaged == "written in the file, but damaged, and left out: 2 parts"
    assert notes_on_words(Descriptions(), PublicWords()) == ()
    assert "copyright" not in notes_on_words(FULL, PublicWords(), rights_kept=True)[0]


def test_what_is_written_is_counted_too() -> None:
    left, kept, _ = notes_on_words(FULL, PublicWords(description="x", keywords=("c",)))
    assert left.startswith("written in the file and left out: 1 caption, 1 keyword, 1 face")
    assert kept == "rewritten to fit the new picture: 1 caption, 1 keyword"
    assert notes_on_words(Descriptions(keywords=("c",)), PublicWords(keywords=("c",))) == ("kept: 1 keyword",)


def test_faces_that_were_not_located_are_told() -> None:
    faces = [Face((0, 0, 1, 1), 0.9, 0, False, "replaced"), Face((0, 0, 1, 1), 1.0, 1, False, "covered", told=True)]
    assert notes_on_faces(FULL, faces) == (
        "the file names 2 faces, 1 of them located; 1 face covered where the file says so",
    )
    assert notes_on_faces(FULL, faces[:1]) == ()

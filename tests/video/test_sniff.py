"""What a file is, judged by its content."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image

from pyanon.errors import SourceNotFoundError, UnsupportedMediaError
from pyanon.video import is_picture, is_video
from tests.video.media import add_sound, card, write_tone, write_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file of each kind, some under a misleading name."""
    photo = Image.fromarray(card(16, 16))
    for name, kind in (("photo.jpg", "JPEG"), ("photo.mp4", "PNG"), ("photo", "WEBP"), ("photo.tif", "TIFF")):
        photo.save(tmp_path / name, kind)
    others = [Image.fromarray(card(16, 16, number=index)) for index in (10, 20)]
    photo.save(tmp_path / "moving.gif", save_all=True, append_images=others)
    photo.save(tmp_path / "still.gif")
    write_video(tmp_path / "film.mp4", [card(16, 16)] * 2)
    write_video(tmp_path / "film.jpg", [card(16, 16)] * 2, container="matroska")
    (tmp_path / "words.txt").write_text("words " * 1000)
    (tmp_path / "empty.mp4").touch()
    with av.open(str(tmp_path / "sound.m4a"), "w") as output:
        write_tone(output, add_sound(output, "aac"), seconds=0.1)
    return tmp_path


def test_kinds(folder: Path) -> None:
    kinds = {path.name: (is_picture(path), is_video(path)) for path in folder.iterdir()}
    picture, video, neither = (True, False), (False, True), (False, False)
    assert kinds == {
        "photo.jpg": picture,
        "photo.mp4": picture,
        "photo": picture,
        "photo.tif": picture,
        "still.gif": picture,
        "moving.gif": video,
        "film.mp4": video,
        "film.jpg": video,
        "words.txt": neither,
        "empty.mp4": neither,
        "sound.m4a": neither,
    }


def test_what_is_not_there(tmp_path: Path) -> None:
    for ask in (is_picture, is_video):
        with pytest.raises(SourceNotFoundError, match="does not exist"):
            ask(tmp_path / "missing")
        with pytest.raises(UnsupportedMediaError, match="is a folder"):
            ask(tmp_path)

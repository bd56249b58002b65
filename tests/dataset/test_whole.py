"""The whole of it, with the networks of the pocket pack and the grammar: nothing stands in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import pyanon
from tests.dataset.fakes import everything, leaks, read_lines, write_lines

KEY = b"0123456789abcdef"


def test_captions_alone(tmp_path: Path) -> None:
    rows = [
        {"caption": "My neighbour Maria Lopez, 34, waits for the bus."},
        {"caption": "Two dogs on a lawn."},
        {"caption": "Here is Miguel Quintero with a guitar."},
    ]
    source = write_lines(tmp_path / "rows.jsonl", rows)
    settings = pyanon.DatasetSettings(workers=2)
    done = pyanon.anonymize_dataset(source, tmp_path / "out", settings=settings)
    public = read_lines(done.file)
    assert len(public) == 3
    assert leaks(tmp_path / "out") == []
    assert not any(word in public[2]["caption"] for word in ("Miguel", "Quintero"))
    assert public[1]["caption"] == rows[1]["caption"]
    assert "bus" in public[0]["caption"]
    assert done.changes["name"] >= 2


@pytest.mark.slow
def test_pictures_and_captions_by_one_worker_and_by_two(tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the test photograph")
    images = tmp_path / "in"
    images.mkdir()
    original = np.asarray(data.astronaut())
    Image.fromarray(original).save(images / "maria.png")
    Image.fromarray(original[:, ::-1]).save(images / "lopez.png")
    rows = [
        {"image": "maria.png", "caption": "Maria Lopez smiles."},
        {"image": "lopez.png", "caption": "A woman in an orange suit."},
        {"image": "maria.png", "caption": "Maria stands in front of a flag."},
    ]
    source, policy = write_lines(tmp_path / "rows.jsonl", rows), pyanon.Policy(key=KEY)
    found = []
    for workers in (1, 2):
        output = tmp_path / f"out{workers}"
        settings = pyanon.DatasetSettings(workers=workers)
        done = pyanon.anonymize_dataset(source, output, images=images, policy=policy, settings=settings)
        assert (done.written, done.failed, done.pictures) == (3, 0, 2)
        assert leaks(output) == []
        found.append({name: data for name, data in everything(output).items() if not name.startswith(".pyanon")})
    assert found[0] == found[1]
    first = read_lines(tmp_path / "out1" / "captions.jsonl")[0]
    public = np.asarray(Image.open(tmp_path / "out1" / "images" / first["image"]).convert("RGB")).astype(int)
    face = np.s_[85:170, 185:265]
    assert np.abs(public[face] - original[face]).mean() > 8
    assert first["edit_instruction"].startswith("Replace the face")

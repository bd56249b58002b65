"""``pyanon demo``: a film from photographs, and what it becomes."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pyanon.cli.demo_scene import RATE, SIZE, Film, Pose, Shot, photographs
from pyanon.errors import InputError
from pyanon.video import open_video
from tests.cli.conftest import Outcome

Pyanon = Callable[..., Outcome]

needs_photographs = pytest.mark.skipif(
    importlib.util.find_spec("skimage") is None, reason="scikit-image carries the photographs"
)


def test_a_shot_starts_and_ends_where_it_is_told() -> None:
    begin, end = Pose(10, 20, 100), Pose(50, 60, 400, turn=10, light=0.5)
    shot = Shot("wall", begin, end, 1.0)
    assert shot.pose(0) == shot.pose(-1) == begin
    assert shot.pose(1) == shot.pose(2) == end
    assert shot.pose(0.5).width == pytest.approx(200)
    assert shot.pose(0.5).x == pytest.approx(30)


def test_without_scikit_image_it_says_what_to_install(
    pyanon: Pyanon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError):
        photographs()
    done = pyanon("demo", "--out", tmp_path / "demo")
    assert done.code == 2
    assert "pip install 'pyanon[demo]'" in done.err
    assert not (tmp_path / "demo").exists()


@needs_photographs
def test_the_film_moves_cuts_and_blurs() -> None:
    shots = (
        Shot("portrait", Pose(256, 256, 400), Pose(256, 256, 400), 0.2),
        Shot("wall", Pose(1560, 320, 620), Pose(340, 320, 620), 0.4),
    )
    frames = list(Film(photographs(), shots=shots, size=(160, 120)))
    assert [frame.index for frame in frames] == list(range(len(Film(photographs(), shots=shots)))) == list(range(15))
    assert {frame.pixels.shape for frame in frames} == {(120, 160, 3)}
    assert np.array_equal(frames[0].pixels, frames[4].pixels)
    assert np.abs(frames[4].pixels.astype(int) - frames[5].pixels).mean() > 20
    steps = [np.abs(np.diff(frame.pixels.astype(int), axis=1)).mean() for frame in frames]
    assert steps[10] < steps[5]  # in the middle of the whip pan edges are smeared


@needs_photographs
def test_the_demo_writes_what_it_says(pyanon: Pyanon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = (Shot("portrait", Pose(256, 256, 512), Pose(230, 170, 330), 0.4),)
    monkeypatch.setattr("pyanon.cli.demo_scene.Film", partial(Film, shots=shots))
    done = pyanon("demo", "--out", tmp_path / "deep" / "demo", "--method", "solid", "--json")
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert facts["frames"] == round(0.4 * RATE)
    assert facts["faces"] >= facts["frames"]
    with open_video(facts["video"]) as both, open_video(facts["before"]) as before:
        assert both.info.width == 2 * before.info.width == 2 * SIZE[0]
        for pair, alone in zip(both, before, strict=True):
            left, right = pair.pixels[: SIZE[1], : SIZE[0]].astype(int), pair.pixels[: SIZE[1], SIZE[0] :].astype(int)
            assert np.abs(left - alone.pixels).mean() < 6
            changed = np.abs(left - right).max(-1) > 60
            assert 0.01 < changed.mean() < 0.5  # a face was covered, and not the whole picture
    assert Path(facts["still"]).stat().st_size > 10_000

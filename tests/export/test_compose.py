"""What the networks are taught must be true: labels inside the picture, on the faces they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from export.train.compose import compose, visible
from export.train.library import Labels, Library, dress, main_face, masked
from export.train.mine import mistaken
from pyanon.types import Detections


@pytest.mark.parametrize("size", [320, 448])
def test_labels_lie_inside_the_picture(cache: Path, size: int) -> None:
    library = Library(cache, holdout=2)
    faces = 0
    for seed in range(40):
        pixels, labels = compose(library, np.random.default_rng(seed), size=size)
        assert pixels.shape == (size, size, 3)
        assert pixels.dtype == np.uint8
        assert len(labels.xyxy) == len(labels.weight) == len(labels.points)
        assert (labels.xyxy >= 0).all()
        assert (labels.xyxy <= size).all()
        assert (labels.xyxy[:, 2:] > labels.xyxy[:, :2]).all()
        assert set(labels.weight.tolist()) <= {0.0, 1.0}
        assert np.isfinite(labels.points).all()
        faces += int((labels.weight > 0).sum())
    assert faces > 40


def test_the_same_dice_compose_the_same_picture(cache: Path) -> None:
    library = Library(cache, holdout=2)
    (a, x), (b, y) = (compose(library, np.random.default_rng(5), size=320) for _ in range(2))
    assert np.array_equal(a, b)
    assert np.array_equal(x.xyxy, y.xyxy)


def test_training_and_validation_share_no_picture(cache: Path) -> None:
    train, held = Library(cache, holdout=2), Library(cache, holdout=2, validation=True)
    for mine, theirs in zip(train.groups, held.groups, strict=True):
        assert len(mine)
        assert len(theirs)
        assert not set(mine.tolist()) & set(theirs.tolist())


def test_a_face_that_overfills_the_picture_is_one_until_little_of_it_is_left() -> None:
    def weight(*box: float) -> list[float]:
        labels = Labels(np.array([box], np.float32), np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32))
        return visible(labels, (0, 0, 100, 100)).weight.tolist()

    assert weight(-30, -30, 130, 130) == [1]
    assert weight(-60, -60, 160, 160) == [0]
    assert weight(-150, -150, 250, 250) == []
    assert weight(-60, 10, 40, 90) == [0]
    assert weight(-30, 10, 70, 90) == [1]


def test_mined_windows_are_shown_the_oftener_the_surer_the_locator_was(cache: Path, tmp_path: Path) -> None:
    for name in ("pixels.bin", "index.npz"):
        (tmp_path / name).symlink_to(cache / name)
    assert not Library(tmp_path, holdout=2).mined
    boxes, score = np.array([[1, 1, 9, 9], [2, 2, 8, 8]], np.float32), np.array([0.2, 0.8], np.float32)
    np.savez(tmp_path / "hard.npz", owner=np.array([1, 3]), boxes=boxes, score=score)
    library, rng = Library(tmp_path, holdout=2), np.random.default_rng(0)
    drawn = [library.hard(rng)[1][0] for _ in range(300)]
    assert 0.9 < np.mean(np.array(drawn) == 2) < 0.98
    assert not Library(tmp_path, holdout=2, validation=True).mined
    compose(library, np.random.default_rng(3), size=320)


def test_what_touches_no_label_is_a_mistake(cache: Path) -> None:
    picture = Library(cache, holdout=2)[1]
    x0, y0, x1, y1 = picture.labels.xyxy[0].tolist()
    boxes = [(x0 + 2, y0, x1, y1), (x0 - 90, y0 - 90, x0 - 60, y0 - 60), (x0 - 90, y0, x0 - 60, y1)]
    found = Detections(
        np.array(boxes, np.float32), np.array([0.9, 0.5, 0.95], np.float32),
        np.zeros((3, 5, 2), np.float32), np.zeros(3, np.int64),
    )  # fmt: skip
    # On the face; beside it; beside it and so sure that the teachers may be wrong.
    assert mistaken(found, picture).tolist() == [False, True, False]


def test_a_mask_covers_the_mouth_and_leaves_the_eyes(cache: Path) -> None:
    library = Library(cache, holdout=2)
    changed = []
    for number in library.portraits:
        picture = library[int(number)]
        hidden = masked(picture, np.random.default_rng(int(number)))
        assert hidden.labels is picture.labels
        different = (np.asarray(hidden.image) != np.asarray(picture.image)).any(-1)
        eyes_and_mouth = picture.labels.points[0][[0, 1, 3, 4]].round().astype(int)
        changed.append([different[y, x] for x, y in eyes_and_mouth])
    share = np.mean(changed, axis=0)
    assert (share[:2] < 0.2).all()
    assert (share[2:] > 0.7).all()


def test_dressing_leaves_labels_and_size(cache: Path) -> None:
    picture = Library(cache, holdout=2)[1]
    outcomes = [dress(picture, np.random.default_rng(seed)) for seed in range(30)]
    assert all(each.labels is picture.labels for each in outcomes)
    assert all(each.image.size == picture.image.size for each in outcomes)
    assert 5 < sum(each is picture for each in outcomes) < 25


def test_the_main_face_is_the_largest(cache: Path) -> None:
    labels = Library(cache, holdout=2)[1].labels
    assert main_face(labels.plus(labels.moved(2.0, 0, 0))) == [1]
    assert main_face(labels.pick([])) == []


def test_shoulders_hide_the_faces_behind_them() -> None:
    """A label on a shirt would teach that shirts are faces."""
    from export.train import compose as recipe

    canvas, rng = Image.new("RGB", (320, 320)), np.random.default_rng(0)
    behind = Labels(
        np.array([[150, 190, 170, 215]], np.float32), np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32)
    )
    beside = behind.moved(1.0, -140, -100)
    covered = recipe._shoulders(canvas, 160, 100, 60, rng)
    assert len(recipe._hide(behind, covered).xyxy) == 0
    assert recipe._hide(beside, covered).weight.tolist() == [1.0]
    x0, y0, x1, y1 = covered.clip(0, 319).round().astype(int)
    painted = np.asarray(canvas).any(-1)
    assert painted[y0 + 30 : y1, x0 + 2 : x1 - 1].mean() > 0.95


@given(
    x=st.floats(-50, 300), y=st.floats(-50, 300), side=st.floats(4, 400), angle=st.floats(-0.8, 0.8),
    u=st.floats(-1, 2), v=st.floats(-1, 2),
)  # fmt: skip
def test_a_square_maps_there_and_back(x: float, y: float, side: float, angle: float, u: float, v: float) -> None:
    pytest.importorskip("torch", reason="the landmark recipe needs torch (pip install 'pyanon[train]')")
    from export.train.landmarks_crops import Square

    square = Square(x, y, side, angle)
    pixels = square.matrix() @ np.array([u, v, 1], np.float32)
    assert np.allclose(square.fractions(pixels), [u, v], atol=2e-2)
    assert np.allclose(square.matrix() @ np.array([0.5, 0.5, 1]), [x, y], atol=1e-3)


def test_a_crop_shows_what_its_square_says() -> None:
    pytest.importorskip("torch", reason="the landmark recipe needs torch (pip install 'pyanon[train]')")
    from export.train.landmarks_crops import Square, cut

    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[40:60, 60:70] = 255
    for smooth in (True, False):
        crop = cut(Image.fromarray(pixels), Square(50, 50, 64), smooth=smooth)
        assert crop.shape == (64, 64, 3)
        rows, columns = np.nonzero(crop[..., 0] > 127)
        assert (rows.min(), rows.max() + 1) == (22, 42)
        assert (columns.min(), columns.max() + 1) == (42, 52)


def test_crops_of_faces_and_of_none(cache: Path) -> None:
    pytest.importorskip("torch", reason="the landmark recipe needs torch (pip install 'pyanon[train]')")
    from export.train.landmarks_crops import CropPool

    pool = CropPool(Library(cache, holdout=2), np.random.default_rng(3), size=12)
    pool.renew(2)
    crops, points, face = pool.batch(20, 9)
    assert crops.shape == (29, 64, 64, 3)
    assert points.shape == (29, 5, 2)
    assert face.tolist() == [1] * 20 + [0] * 9
    # A jittered box keeps the nose well inside the crop.
    assert (np.abs(points[:20, 2] - 0.5) < 0.45).all()

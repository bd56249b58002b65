"""The networks that are committed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.train.library import Labels
from export.train.measure import Case, tally
from export.train.teachers import YuNetTeacher
from pyanon.anonymizer import Anonymizer
from pyanon.policy import Policy
from pyanon.runtime import load_pack, open_runner
from pyanon.stages.locate import Locator, still_details
from pyanon.types import Frame, ImageArray

DATA = Path(os.environ.get("PYANON_DATA", Path(__file__).resolve().parents[3] / "shared/data"))


@pytest.fixture(scope="module")
def locate() -> Locator:
    """As pyanon runs it: with the closer look."""
    return Anonymizer(device="cpu").locate


@pytest.mark.parametrize("value", [0, 127, 255])
def test_nothing_is_found_where_nothing_is(locate: Locator, value: int) -> None:
    found = locate(Frame(np.full((240, 320, 3), value, np.uint8)))
    assert not (found.score >= locate.threshold).any()


def test_the_landmark_net_sees_no_face_in_a_plain_crop() -> None:
    pack = load_pack()
    runner = open_runner(pack, "landmarks", device="cpu")
    runner.activate()
    crops = np.stack([np.full((3, 64, 64), value, np.float32) for value in (0, 0.5, 1)])
    answer = runner.infer({"crops": crops})
    assert (answer["score"] < 0.5).all()
    assert np.isfinite(answer["points"]).all()


@pytest.fixture(scope="module")
def street() -> list[ImageArray]:
    pq = pytest.importorskip("pyarrow.parquet", reason="the data is read with pyarrow (in the test extra)")
    path = DATA / "scenes/ccp.parquet"
    if not path.is_file():
        pytest.skip(f"needs the training data in {DATA} (set PYANON_DATA)")
    # Rows of pictures that training held out: every fiftieth of all, of which 32,357 come before.
    rows = [number - 32_357 for number in range(32_400, 34_455, 50)]
    column = pq.read_table(path, columns=["image"]).column("image")
    return [np.asarray(Image.open(io.BytesIO(column[row].as_py())).convert("RGB")) for row in rows]


@pytest.mark.data
def test_faces_of_held_out_street_photos_are_found(locate: Locator, street: list[ImageArray]) -> None:
    """Against YuNet where it is certain; the model card has the figures, this guards against a broken export."""
    teacher, cases = YuNetTeacher(DATA / "teachers"), []
    for pixels in street:
        sure = teacher(pixels, long_side=640, threshold=0.85)
        truth = Labels(sure.xyxy, np.ones(len(sure), np.float32), sure.landmarks)
        details = still_details(pixels.shape[1], pixels.shape[0])
        cases.append(Case(truth, {"pocket": locate(Frame(pixels), details=details)}, max(pixels.shape)))
    count = tally(cases, "pocket", threshold=locate.still_threshold)
    assert count.faces.sum() > 40
    assert count.recall > 0.9


@pytest.mark.data
def test_landmarks_of_both_networks_agree(locate: Locator, street: list[ImageArray]) -> None:
    """The landmark net, given the locator's boxes, puts the points where the locator does."""
    pack, apart = load_pack(), []
    runner = open_runner(pack, "landmarks", device="cpu")
    runner.activate()
    grow, size = pack.role("landmarks").number("grow"), int(pack.role("landmarks").number("size"))
    for pixels in street[:20]:
        found = locate(Frame(pixels))
        for row in np.flatnonzero(found.score >= max(0.6, locate.threshold)):
            x0, y0, x1, y1 = found.xyxy[row].tolist()
            side = grow * max(x1 - x0, y1 - y0)
            left, top = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
            matrix = (side / size, 0, left, 0, side / size, top)
            crop = Image.fromarray(pixels).transform(
                (size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
            )
            tensor = np.ascontiguousarray(np.asarray(crop).transpose(2, 0, 1)[None], np.float32) / 255
            points = runner.infer({"crops": tensor})["points"][0] * side + np.array([left, top], np.float32)
            apart.append(float(np.linalg.norm(points - found.landmarks[row], axis=-1).mean()) / (y1 - y0))
    assert len(apart) > 10
    assert np.median(apart) < 0.08


@pytest.fixture(scope="module")
def astronaut() -> ImageArray:
    return np.ascontiguousarray(pytest.importorskip("skimage.data").astronaut())


def test_the_pack_is_small() -> None:
    pack = load_pack()
    pack.verify()
    # 28 MB that locate and replace faces, 4 that compare people and texts, 6 that write captions.
    assert sum(path.stat().st_size for path in pack.folder.iterdir()) <= 38e6


def test_a_replaced_face_is_somebody_else_and_the_rest_is_as_it_was(astronaut: ImageArray) -> None:
    """By the pack's own oracles; the model card says what other recognisers find."""
    with Anonymizer(policy=Policy(method="replace", key="a key that is long enough"), device="cpu") as anonymizer:
        result, again = anonymizer(astronaut), anonymizer(astronaut)
    (face,) = result.faces
    assert (face.action, face.reason) == ("replaced", "")
    pack = load_pack()
    thresholds = [pack.role(name).table("thresholds")["0.001"] for name in pack.manifest.roles if "oracle." in name]
    assert len(thresholds) == len(face.similarity) >= 2
    assert all(alike < most for alike, most in zip(face.similarity, thresholds, strict=True))
    changed = (result.frame != astronaut).any(2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    x0, y0, x1, y1 = face.xyxy
    side = max(x1 - x0, y1 - y0)
    assert x0 - side / 2 < columns[0] < columns[-1] < x1 + side / 2
    assert y0 - side / 2 < rows[0] < rows[-1] < y1 + side / 2
    middle = changed[int(y0 + 0.4 * side) : int(y1 - 0.3 * side), int(x0 + 0.35 * side) : int(x1 - 0.35 * side)]
    assert middle.mean() > 0.9
    # The same key, the same person.
    assert (again.frame == result.frame).all()

"""The networks learn, and what is exported is what was trained."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx", reason="exporting needs onnx")

from export.train.landmarks import landmarks_loss  # noqa: E402
from export.train.landmarks_net import LandmarksDecoded, LandmarksNet  # noqa: E402
from export.train.library import Library  # noqa: E402
from export.train.locator import Compositions  # noqa: E402
from export.train.locator_lean import LeanLocator  # noqa: E402
from export.train.locator_loss import locator_loss  # noqa: E402
from export.train.locator_net import EMBEDDING, Decoded, Locator, anchors  # noqa: E402
from export.train.pack import export_landmarks, export_locator, write_pack  # noqa: E402
from export.train.unpack import unpacked_landmarks, unpacked_locator  # noqa: E402
from pyanon.runtime import load_pack, open_runner  # noqa: E402


@pytest.fixture(scope="module")
def locator() -> Locator:
    """A locator with weights and norms that are not the trivial ones."""
    torch.manual_seed(0)
    net = Locator().train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(2, 3, 96, 96), net.face_prompt())
        for head in net.heads:
            head.region.weight.normal_(0, 0.3)
            head.shape.bias.normal_(0, 0.5)
    return net.eval()


@pytest.fixture(scope="module")
def landmarks() -> LandmarksNet:
    torch.manual_seed(0)
    net = LandmarksNet().train()
    with torch.no_grad():
        net(torch.rand(8, 3, 64, 64))
    return net.eval()


def test_locator_shapes(locator: Locator) -> None:
    logits, shape = locator(torch.rand(2, 3, 64, 96), torch.rand(3, EMBEDDING))
    n = sum((64 // s) * (96 // s) for s in (8, 16, 32))
    assert logits.shape == (2, n, 3)
    assert shape.shape == (2, n, 14)
    centre, stride = anchors(64, 96)
    assert centre.shape == (n, 2)
    assert stride.shape == (n, 1)
    assert locator.face_prompt().norm().item() == pytest.approx(1, abs=1e-5)


def test_landmark_net_shapes(landmarks: LandmarksNet) -> None:
    points, logits = landmarks(torch.rand(4, 3, 64, 64))
    assert points.shape == (4, 5, 2)
    assert logits.shape == (4,)


@pytest.mark.parametrize("size", [(352, 640), (480, 640), (320, 320), (64, 32)])
@pytest.mark.parametrize("prompts", [1, 3])
def test_the_exported_locator_is_the_trained_one(locator: Locator, size: tuple[int, int], prompts: int) -> None:
    """ONNX of the lean form against the plain definition, boxes to a thousandth of a pixel or 1e-5 of their size."""
    session = onnxruntime.InferenceSession(export_locator(locator), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 3, *size, generator=generator)
    embedding = torch.randn(prompts, EMBEDDING, generator=generator)
    with torch.inference_mode():
        expected = Decoded(locator)(image, embedding)
        lean = LeanLocator(locator).eval()(image, embedding)
    answer = session.run(["boxes", "scores", "landmarks"], {"image": image.numpy(), "prompts": embedding.numpy()})
    for ours, folded, theirs in zip(answer, lean, expected, strict=True):
        assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-3)
        assert np.allclose(folded, theirs, rtol=1e-5, atol=1e-3)
    assert np.abs(answer[1] - expected[1].numpy()).max() < 1e-5


def test_the_exported_landmark_net_is_the_trained_one(landmarks: LandmarksNet) -> None:
    crops = torch.rand(5, 3, 64, 64)
    with torch.inference_mode():
        expected = LandmarksDecoded(landmarks)(crops)
    session = onnxruntime.InferenceSession(export_landmarks(landmarks), providers=["CPUExecutionProvider"])
    for n in (1, 5):
        points, score = session.run(["points", "score"], {"crops": crops[:n].numpy()})
        assert np.allclose(points, expected[0][:n], atol=1e-5)
        assert np.allclose(score, expected[1][:n], atol=1e-5)


def test_a_pack_can_be_trained_on(tmp_path: Path, locator: Locator, landmarks: LandmarksNet) -> None:
    """What was fused comes apart again: the same answers, and norms that see what they expect."""
    folder = tmp_path / "pack"
    settings = {"threshold": 0.5, "still_threshold": 0.5, "nms_iou": 0.4}
    write_pack(folder, locator=locator, landmarks=copy.deepcopy(landmarks), settings=settings)
    image, crops = torch.rand(4, 3, 96, 96), torch.rand(32, 3, 64, 64)
    again, marks = unpacked_locator(folder, [image]), unpacked_landmarks(folder, [crops])
    with torch.inference_mode():
        for new, old in zip(
            Decoded(again)(image[:1], again.face_prompt()),
            Decoded(locator)(image[:1], locator.face_prompt()),
            strict=True,
        ):
            assert np.allclose(new, old, rtol=1e-4, atol=1e-3)
        for new, old in zip(marks(crops), landmarks(crops), strict=True):
            assert np.allclose(new, old, atol=1e-4)
        settled, learning = marks(crops)[1], marks.train()(crops)[1]
    assert np.allclose(settled, learning, atol=0.02)


def test_the_locator_learns_a_batch_by_heart(cache: Path) -> None:
    torch.manual_seed(0)
    pixels, truth = Compositions(cache, batch=2, seed=1, start=1)[0]
    image = pixels.permute(0, 3, 1, 2).float() / 255
    net = Locator()
    centre, stride = anchors(*image.shape[2:])
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        logits, shape = net(image, net.face_prompt())
        loss, parts = locator_loss(logits, shape, centre, stride, truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert set(parts) >= {"score", "box", "mark"}
    assert losses[-1] < 0.7 * losses[0], losses


def test_the_landmark_net_learns_a_batch_by_heart(cache: Path) -> None:
    from export.train.landmarks_crops import CropPool

    torch.manual_seed(0)
    pool = CropPool(Library(cache, holdout=2), np.random.default_rng(0), size=8)
    pixels, truth, face = (torch.from_numpy(each) for each in pool.batch(24, 8))
    net = LandmarksNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3)
    losses = []
    for _ in range(25):
        loss, _ = landmarks_loss(*net(pixels.permute(0, 3, 1, 2).float() / 255), truth, face)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0], losses


def test_points_of_no_face_teach_nothing() -> None:
    points = torch.zeros(2, 5, 2, requires_grad=True)
    loss, parts = landmarks_loss(points, torch.zeros(2), torch.ones(2, 5, 2), torch.zeros(2))
    loss.backward()
    assert parts["mark"] == 0
    assert not points.grad.any()


def test_a_written_pack_loads_and_runs(tmp_path: Path, locator: Locator, landmarks: LandmarksNet) -> None:
    write_pack(
        tmp_path,
        locator=locator,
        landmarks=landmarks,
        settings={"threshold": 0.37, "still_threshold": 0.3, "nms_iou": 0.4},
    )
    pack = load_pack(tmp_path)
    pack.verify()
    assert pack.role("locator").number("threshold") == 0.37
    assert np.linalg.norm(pack.prompt("face")) == pytest.approx(1, abs=1e-5)
    finder = open_runner(pack, "locator", device="cpu")
    finder.activate()
    answer = finder.infer({"image": np.zeros((1, 3, 64, 64), np.float32), "prompts": pack.prompt("face")[None]})
    assert answer["boxes"].shape == (1, 84, 4)
    marker = open_runner(pack, "landmarks", device="cpu")
    marker.activate()
    none = marker.infer({"crops": np.zeros((0, 3, 64, 64), np.float32)})
    assert none["points"].shape == (0, 5, 2)
    for file in ("locator.onnx", "landmarks.onnx"):
        assert b"export/train" not in (tmp_path / file).read_bytes(), "paths of the machine that exported"


def test_a_resumed_training_goes_on(cache: Path, tmp_path: Path) -> None:
    import argparse

    from export.train.landmarks import Training

    args = argparse.Namespace(out=tmp_path, device="cpu", rate=1e-3)
    first = Training(args)
    first.learn(torch.zeros(4, 64, 64, 3, dtype=torch.uint8), torch.zeros(4, 5, 2), torch.ones(4))
    first.save(7.0)
    second = Training(args)
    assert (second.step, second.spent) == (1, 7.0)
    for mine, theirs in zip(first.net.state_dict().values(), second.net.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)

"""YOLO-World as a locator: prompts are an input, one to eighty."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")
if importlib.util.find_spec("ultralytics") is None:
    pytest.skip("YOLO-World needs ultralytics (pip install --no-deps ultralytics)", allow_module_level=True)

from export.yolo_world import EMBEDDING  # noqa: E402
from pyanon.runtime import Pack, open_runner  # noqa: E402
from tests.export import families  # noqa: E402


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    found: Pack = families.export("yolo_world", tmp_path_factory.mktemp("yolo_world"))
    return found


def prompts(count: int) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, EMBEDDING)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("size", "count"), [((96, 160), 1), ((64, 64), 2), ((128, 96), 80)])
def test_the_exported_locator_is_that_of_torch(pack: Pack, size: tuple[int, int], count: int) -> None:
    (piece,) = families.pieces("yolo_world")
    image, words = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(count)), prompts(count)
    with torch.inference_mode():
        boxes, scores = piece.net(image, torch.from_numpy(words))
    with open_runner(pack, "locator", device="cpu") as runner:
        answer = runner.infer({"image": image.numpy(), "prompts": words})
    assert answer["scores"].shape == (1, sum(size[0] * size[1] // s**2 for s in (8, 16, 32)), count)
    assert np.abs(answer["boxes"] - boxes.numpy()).max() < 1e-2
    assert np.abs(answer["scores"] - scores.numpy()).max() < 1e-4
    assert np.ptp(answer["scores"]) > 0.01, "a network that sees the same everywhere would prove nothing"


def test_padding_with_a_prompt_that_is_there_changes_nothing(pack: Pack) -> None:
    """A fixed number of prompts is filled up by repetition; noughts would be another prompt."""
    image, two = np.random.default_rng(1).random((1, 3, 96, 96), np.float32), prompts(2)
    with open_runner(pack, "locator", device="cpu") as runner:
        plain = runner.infer({"image": image, "prompts": two})
        padded = runner.infer({"image": image, "prompts": np.concatenate([two, np.repeat(two[1:], 6, axis=0)])})
        blank = runner.infer({"image": image, "prompts": np.concatenate([two, np.zeros((6, EMBEDDING), np.float32)])})
    assert np.allclose(padded["boxes"], plain["boxes"], atol=1e-3)
    assert np.allclose(padded["scores"][..., :2], plain["scores"], atol=1e-5)
    assert not np.allclose(blank["scores"][..., :2], plain["scores"], atol=1e-5)


def test_the_pack_says_what_it_is(pack: Pack) -> None:
    assert "GPL-3.0" in pack.manifest.licence
    assert [port.name for port in pack.role("locator").outputs] == ["boxes", "scores"], "it finds no landmarks"


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    from export.ultralytics_door import load_tasks
    from export.yolo_world import family, parser

    net = load_tasks().WorldModel("yolov8n-worldv2.yaml", verbose=False)
    torch.save({"model": net, "train_args": {}}, tmp_path / "yolov8n-worldv2.pt")
    args = parser().parse_args([str(tmp_path / "out"), "--from", str(tmp_path), "--size", "n"])
    (piece,) = family(args).pieces
    mine, theirs = net.state_dict(), piece.net.net.state_dict()
    assert all(torch.equal(theirs[name], value) for name, value in mine.items())

"""Convolutions in int8: let through where the task bears it, and refused where it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
onnx = pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")

from export.asked import asked, pictures  # noqa: E402
from export.piece import smooth  # noqa: E402
from pyanon.errors import InputError, PackError  # noqa: E402
from pyanon.runtime import open_runner  # noqa: E402
from tests.export import families  # noqa: E402


def saved(folder: Path, crops: torch.Tensor) -> Path:
    folder.mkdir()
    for row, crop in enumerate(crops):
        Image.fromarray((crop.permute(1, 2, 0).numpy() * 255).astype(np.uint8)).save(folder / f"{row}.png")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("quantise") / "crops", smooth(12, 3, 64, 64, seed=5))


def test_pictures_come_as_networks_take_them(folder: Path) -> None:
    found = list(pictures(folder, 32, 48))
    assert len(found) == 12
    assert {each.shape for each in found} == {(1, 3, 32, 48)}
    assert all(each.dtype == np.float32 and each.min() >= 0 and each.max() <= 1 for each in found)


def test_a_network_is_asked_about_every_picture(folder: Path) -> None:
    (piece,) = families.pieces("oracles")
    plain, shown = asked(piece), asked(piece, folder)
    assert [len(each.inputs[0]) for each in (*plain, *shown)] == [8, 8], "four of twelve are left over"
    assert not np.array_equal(plain[0].inputs[0], shown[0].inputs[0])
    with torch.inference_mode():
        assert np.array_equal(shown[0].expected["embedding"], piece.net(shown[0].inputs[0]))
    (words, _) = families.pieces("text_vae")
    assert len(asked(words, folder)) == 1, "it sees no pictures"


def test_an_oracle_in_int8_knows_the_same_faces(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = families.export("oracles", tmp_path, "--int8", str(folder))
    assert "(at least 0.98)" in capsys.readouterr().out
    model = onnx.load(tmp_path / pack.role("oracle.arc").file)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("QuantizeLinear") >= kinds.count("Conv") > 10
    offsets = [each for each in model.graph.initializer if each.name.endswith("zero_point")]
    assert offsets
    assert not any(onnx.numpy_helper.to_array(each).any() for each in offsets), "TensorRT knows scales only"
    with open_runner(pack, "oracle.arc", device="cpu") as runner:
        found = runner.infer({"crops": smooth(5, 3, 64, 64, seed=9).numpy()})["embedding"]
    assert found.shape == (5, 512)


def test_ranges_of_other_pictures_are_noticed(tmp_path: Path) -> None:
    """Measured on grey pictures, everything else is cut off: the gate does not let that through."""
    grey = saved(tmp_path / "grey", torch.full((8, 3, 64, 64), 0.5))
    with pytest.raises(PackError, match=r"oracle.arc loses too much in this precision; given: least identity cosine"):
        families.export("oracles", tmp_path / "out", "--int8", str(grey))
    assert not list((tmp_path / "out").iterdir())


def test_too_few_pictures_and_networks_without_convolutions_are_refused(tmp_path: Path) -> None:
    few = saved(tmp_path / "few", smooth(3, 3, 64, 64))
    with pytest.raises(InputError, match=r"too few pictures to measure on; given: 3 in .*; expected: 8 to 128"):
        families.export("oracles", tmp_path / "out", "--int8", str(few))
    with pytest.raises(InputError, match=r"caption_encoder is not worth having in int8.*do: use --half"):
        families.export("text_vae", tmp_path / "text", "--int8", str(few))

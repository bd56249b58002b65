"""CLIP's towers, and the prompts of a locator."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")
pytest.importorskip("transformers", reason="CLIP needs transformers (pip install 'pyanon[export]')")
if importlib.util.find_spec("open_clip") is None:
    pytest.skip("CLIP's words need open_clip_torch (pip install --no-deps open_clip_torch)", allow_module_level=True)

from export.clip_words import load_words, tokens  # noqa: E402
from pyanon.errors import InputError  # noqa: E402
from pyanon.runtime import Pack, open_runner  # noqa: E402
from tests.export import families  # noqa: E402

PROMPTS = ("face", "license plate")


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    found: Pack = families.export("clip", tmp_path_factory.mktemp("clip"), "--prompts", *PROMPTS)
    return found


def test_words_are_clips_own() -> None:
    """Numbers that CLIP's paper code gives for this sentence."""
    found = tokens(load_words(None), ["a photo of a cat"])
    assert found.dtype == torch.int32
    assert found.shape == (1, 77)
    assert found[0, :8].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407, 49407]


@pytest.mark.parametrize("role", ["text_encoder", "image_encoder"])
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_the_exported_towers_are_those_of_torch(pack: Pack, role: str, rows: int) -> None:
    piece = {each.name: each for each in families.pieces("clip", "--prompts", *PROMPTS)}[role]
    (given,) = piece.example(rows)
    with torch.inference_mode():
        expected = piece.net(given).numpy()
    with open_runner(pack, role, device="cpu") as runner:
        got = runner.infer({runner.inputs[0].name: given.numpy()})["embedding"]
    assert got.shape == (rows, 512)
    assert np.abs(got - expected).max() < 1e-5
    assert np.allclose(np.linalg.norm(got, axis=1), 1, atol=1e-5)
    assert rows == 1 or np.abs(got[0] - got[1]).max() > 1e-3


def test_prompts_are_what_the_tower_says_of_them(pack: Pack) -> None:
    assert pack.prompts == PROMPTS
    with open_runner(pack, "text_encoder", device="cpu") as runner:
        said = runner.infer({"tokens": tokens(load_words(None), PROMPTS).numpy()})["embedding"]
    assert np.allclose(said, [pack.prompt(name) for name in PROMPTS], atol=1e-5)
    assert pack.role("text_encoder").inputs[0].dtype == "int32", "TensorRT 8.6 has no int64"


def test_words_that_are_missing_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install --no-deps open_clip_torch"):
        load_words(None)

"""A whole pack put together of exported parts, and run."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")
pytest.importorskip("diffusers", reason="the generator needs diffusers (pip install 'pyanon[export]')")
pytest.importorskip("transformers", reason="CLIP needs transformers (pip install 'pyanon[export]')")
data = pytest.importorskip("skimage.data", reason="the photograph is part of scikit-image (in the test extra)")
if any(importlib.util.find_spec(name) is None for name in ("ultralytics", "open_clip")):
    pytest.skip("a full pack needs ultralytics and open_clip_torch, see docs/export.md", allow_module_level=True)

from export.faceid import IDENTITY  # noqa: E402
from export.full import Part, assembled, why_not  # noqa: E402
from pyanon import Anonymizer, Policy  # noqa: E402
from pyanon.errors import InputError, PackIntegrityError  # noqa: E402
from pyanon.runtime import Pack  # noqa: E402
from tests.export import families  # noqa: E402

POCKET = Path(__file__).resolve().parents[2] / "engines/pocket"
#: Of random recognisers: nothing is alike enough, so that everything passes.
THRESHOLDS = ("--thresholds", "0.01=0.9999,0.0001=0.99999")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pack of every family that a full pack is made of."""
    folder = tmp_path_factory.mktemp("parts")
    for family in ("yolo_world", "clip", "generator"):
        families.export(family, folder / family)
    for name in ("arc", "ada"):
        families.export("oracles", folder / name, "--name", name, *THRESHOLDS)
    return folder


def of(folder: Path, *names: str) -> list[Part]:
    return [Part.of(str(folder / name)) for name in names]


def manifold(path: Path, traits: dict[str, int]) -> Path:
    """A small random one: a group of people for each category of the first trait."""
    rng, logits = np.random.default_rng(0), sum(traits.values())
    groups = np.array([[g % count for count in traits.values()] for g in range(max(traits.values()))])
    mean = rng.normal(size=(len(groups), IDENTITY)).astype(np.float32)
    arrays = {f"projection.{name}": rng.normal(size=(512, IDENTITY)).astype(np.float32) for name in ("arc", "ada")}
    arrays |= {f"traits.{name}": rng.normal(size=(logits, 512)).astype(np.float32) for name in ("arc", "ada")}
    np.savez(
        path, mean=mean, groups=groups, factor=np.eye(IDENTITY, dtype=np.float32), radius=np.float32(100),
        traits_bias=np.zeros(logits, np.float32), gallery_scale=np.ones(IDENTITY, np.float32),
        gallery_mean=np.zeros(IDENTITY, np.float32), anchors=mean, neighbours=np.int64(1), reach=np.float32(100),
        **arrays,
    )  # fmt: skip
    return path


def test_a_pack_of_locator_and_words_covers(parts: Path, tmp_path: Path) -> None:
    chosen = [*of(parts, "yolo_world", "clip"), Part.of(f"{POCKET}:landmarks")]
    pack = assembled(tmp_path, chosen)
    assert pack.manifest.method == "cover"
    assert "role 'generator'" in why_not(pack)
    assert "locator: GPL-3.0-only" in pack.manifest.licence
    assert "text_encoder, image_encoder: MIT; landmarks: Apache-2.0" in pack.manifest.licence
    assert pack.prompt("face").shape == (512,)
    picture = data.astronaut()
    # Random scores are low: with this threshold it finds something everywhere.
    with Anonymizer(pack=pack, policy=Policy(threshold=0.05, detail=128), device="cpu") as anonymizer:
        result = anonymizer(picture)
    assert len(result.faces)
    assert not np.array_equal(result.frame, picture)


def test_a_pack_with_everything_replaces(parts: Path, tmp_path: Path) -> None:
    """The pocket pack finds the face, a random U-Net paints another one, two random recognisers let it through."""
    chosen = [Part.of(f"{POCKET}:locator,landmarks"), *of(parts, "generator", "arc", "ada")]
    traits = chosen[1].pack.role("face_encoder").table("traits")
    counts = {name: len(each) for name, each in traits.items() if isinstance(each, tuple)}
    pack = assembled(tmp_path / "pack", chosen, manifold=manifold(tmp_path / "m.npz", counts))
    assert not why_not(pack)
    assert pack.manifest.method == "replace"
    pack.verify()
    picture = data.astronaut()
    with Anonymizer(pack=pack, policy=Policy(steps=4, fmr=0.01), device="cpu") as anonymizer:
        result = anonymizer(picture)
    assert [face.reason for face in result.faces] == [""]
    assert [face.action for face in result.faces] == ["replaced"]
    x0, y0, x1, y1 = (round(each) for each in result.faces[0].xyxy)
    changed = np.abs(result.frame[y0:y1, x0:x1].astype(int) - picture[y0:y1, x0:x1])
    assert changed.mean() > 5


def test_what_does_not_fit_together_is_refused(parts: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"two parts have the same role or file; given: locator"):
        assembled(tmp_path / "a", [*of(parts, "yolo_world"), Part.of(str(POCKET))])
    with pytest.raises(InputError, match=r"no part has prompts that fit the locator.*512 numbers.*export.clip"):
        assembled(tmp_path / "b", [*of(parts, "yolo_world"), Part.of(f"{POCKET}:landmarks")])
    with pytest.raises(InputError, match=r"oracle.residual was made for other crops.*given: 128 pixels"):
        assembled(tmp_path / "c", [*of(parts, "generator"), Part.of(f"{POCKET}:oracle.residual")])


def test_an_oracle_without_thresholds_does_not_verify(parts: Path, tmp_path: Path) -> None:
    chosen = [Part.of(f"{POCKET}:locator,landmarks"), *of(parts, "generator", "arc", "ada")]
    arc = chosen[2].pack
    bare = replace(arc.role("oracle.arc"), settings={"template": arc.role("oracle.arc").settings["template"]})
    chosen[2] = Part(Pack(arc.folder, replace(arc.manifest, roles={"oracle.arc": bare})), ("oracle.arc",))
    pack = assembled(tmp_path, chosen, manifold=manifold(tmp_path / "m.npz", {"age": 2}))
    assert pack.manifest.method == "cover"
    assert "setting 'thresholds' of oracle.arc.onnx cannot be used" in why_not(pack)


def test_a_part_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    families.export("text_vae", tmp_path)
    file = tmp_path / "caption_encoder.onnx"
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(PackIntegrityError):
        Part.of(str(tmp_path))

"""The gate: fewer bits are let through only where the task does not suffer."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir")

from export.compare import Line, compared, main, printed  # noqa: E402
from export.gate import GATES, held, recall  # noqa: E402
from export.piece import Family, Piece, smooth  # noqa: E402
from export.run import export  # noqa: E402
from pyanon.errors import PackError  # noqa: E402
from pyanon.runtime import Port, Role, load_pack  # noqa: E402
from tests.export import families  # noqa: E402

RNG = np.random.default_rng(0)
ORACLE = Role(
    "oracle.x.onnx",
    inputs=(Port("crops", "float32", ("n", 3, 16, 16)),),
    outputs=(Port("embedding", "float32", ("n", 8)),),
)


class Recogniser(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Sums up what ``scale`` makes large; float16 ends at 65504."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.scale, self.out = scale, torch.nn.Linear(3 * 16 * 16, 8)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(self.out(crops.flatten(1) * self.scale), dim=1)


def family(scale: float) -> Family:
    piece = Piece("oracle.x", ORACLE, Recogniser(scale).eval(), lambda rows: (smooth(rows, 3, 16, 16),))
    return Family("oracles", "none", "none", (piece,))


def options(out: Path, *, half: bool) -> argparse.Namespace:
    return argparse.Namespace(out=out, half=half, int8=None, pictures=None, opset=17, random_init=True, source=None)


def test_half_precision_that_keeps_identities_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = export(family(1), options(tmp_path, half=True))
    assert pack.role("oracle.x").inputs[0].dtype == "float32", "the ports stay as they are"
    assert "least identity cosine 1.0000 (at least 0.999)" in capsys.readouterr().out
    pack.verify()


def test_half_precision_that_loses_identities_is_refused_and_removed(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"oracle.x loses too much in this precision; given: least identity cosine nan"):
        export(family(1e5), options(tmp_path, half=True))
    assert not list(tmp_path.iterdir())
    export(family(1e5), options(tmp_path, half=False)).verify()


def boxes(shift: float, scores: np.ndarray) -> dict[str, np.ndarray]:
    corners = np.arange(150, dtype=np.float32)[:, None] * 40 + np.array([0, 0, 20, 20], np.float32) + shift
    return {"boxes": corners[None], "scores": scores[None, :, None].astype(np.float32)}


def test_recall_sees_boxes_that_moved_or_faded() -> None:
    scores = np.linspace(0.9, 0.2, 150)
    known = boxes(0, scores)
    assert recall(known, boxes(2, scores)) == 1
    assert recall(known, boxes(12, scores)) == 0
    assert recall(known, boxes(0, np.where(np.arange(150) < 20, 0.1, scores))) == pytest.approx(0.8)


def test_every_measure_is_one_where_nothing_is_lost_and_falls() -> None:
    answers = {
        "locator": boxes(0, np.linspace(0.9, 0.2, 150)),
        "caption_encoder": {"mean": RNG.normal(size=(3, 8)), "log_variance": RNG.normal(size=(3, 8))},
        "caption_decoder": {"logits": RNG.normal(size=(2, 9, 50))},
    }
    for role, gate in GATES.items():
        answer = answers.get(role, {"embedding": RNG.normal(size=(6, 32)), "pixels": RNG.normal(size=(6, 32))})
        answer = answer if role in answers or "encoder" not in role else {"embedding": answer["embedding"]}
        wrong = {port: RNG.permuted(each, axis=-1) + 30 * RNG.normal(size=each.shape) for port, each in answer.items()}
        assert gate.of(answer, answer) == pytest.approx(1), role
        assert gate.of(answer, wrong) < gate.least, role
        held(role, [(answer, answer)])
        with pytest.raises(PackError, match="loses too much"):
            held(role, [(answer, wrong)])


def test_the_table_tells_what_is_over() -> None:
    true = {"embedding": np.array([[3.0, 4.0]])}
    (same,) = compared("oracle.x", "cpu", true, true)
    (near,) = compared("oracle.x", "cpu", true, {"embedding": np.array([[3.0, 4.04]])})
    (gone,) = compared("oracle.x", "cpu", true, {"embedding": np.array([[np.nan, 4.0]])})
    assert (same.largest, same.cosine) == (0, 1)
    assert near.largest == pytest.approx(0.04)
    assert near.share == pytest.approx(0.01)
    assert [line.fits("float32") for line in (same, near, gone)] == [True, False, False]
    assert [line.fits("half") for line in (same, near, gone)] == [True, True, False]
    text = printed([near, Line("oracle.x", "tensorrt", skipped="no GPU")]).splitlines()
    assert text[1].split() == ["oracle.x", "cpu", "embedding", "4.00e-02", "2.00e-02", "1.0e-02", "0.999989"]
    assert text[2].endswith("skipped: no GPU")


def test_compare_finds_another_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    families.export("text_vae", tmp_path)
    capsys.readouterr()
    assert main(["text_vae", str(tmp_path), "--random-init", "--small"]) == 0
    assert "caption_decoder  onnx     logits" in capsys.readouterr().out
    swapped = load_pack(tmp_path).role("caption_encoder").file
    _disturb(tmp_path / swapped)
    assert main(["text_vae", str(tmp_path), "--random-init", "--small"]) == 1
    assert "caption_encoder is not what torch says" in capsys.readouterr().out


def _disturb(path: Path) -> None:
    """A hundredth more in one weight, and a manifest that vouches for it."""
    from dataclasses import replace

    import onnx

    from pyanon.runtime import Pack, write_pack_toml

    model = onnx.load(path)
    weight = next(each for each in model.graph.initializer if len(each.dims) == 2)
    weight.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight) * np.float32(1.05), weight.name))
    onnx.save(model, path)
    pack = load_pack(path.parent)
    roles = {name: replace(role, sha256="") for name, role in pack.manifest.roles.items()}
    write_pack_toml(Pack(path.parent, replace(pack.manifest, roles=roles)))

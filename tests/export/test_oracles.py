"""Face recognisers as oracles: the licence, the alignment, and the way from somebody's ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
onnx = pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")

from export.oracle_graph import Framed  # noqa: E402
from export.oracles import family, parser  # noqa: E402
from export.piece import smooth  # noqa: E402
from export.resample import ARCFACE, ARCFACE_SIDE, Resampled, wide_template  # noqa: E402
from export.run import export  # noqa: E402
from export.train.faces.template import SIZE, TEMPLATE  # noqa: E402
from pyanon.errors import InputError  # noqa: E402
from pyanon.runtime import load_pack, open_runner  # noqa: E402
from tests.export import families  # noqa: E402


@pytest.mark.parametrize(("size", "side", "target"), [(512, 112, ARCFACE), (256, 128, TEMPLATE), (64, 112, ARCFACE)])
def test_landmarks_land_where_the_other_template_has_them(size: int, side: int, target: np.ndarray) -> None:
    """A bright blot on each landmark of one template is on that landmark of the other, to half a pixel."""
    template = wide_template(size)
    ticks = np.arange(size) + 0.5
    for mark, goal in zip(template, target, strict=True):
        apart = (ticks - mark[0]) ** 2 + (ticks[:, None] - mark[1]) ** 2
        blot = np.exp(-apart / (2 * (3 * size / 140) ** 2)).astype(np.float32)
        seen = Resampled(size, template, side=side, target=target)(torch.from_numpy(blot)[None, None])[0, 0].numpy()
        spots = np.arange(side) + 0.5
        found = (seen.sum(0) @ spots / seen.sum(), seen.sum(1) @ spots / seen.sum())
        assert np.abs(np.array(found) - goal).max() < 0.5


def test_wide_crops_show_all_that_the_others_show() -> None:
    size = 140.0
    for side, target in ((ARCFACE_SIDE, ARCFACE), (SIZE, TEMPLATE)):
        grid = Resampled(140, wide_template(140), side=side, target=target).grid.numpy()
        assert np.abs(grid).max() <= 1 + 0.5 / size


def test_fine_stripes_are_averaged_and_not_folded() -> None:
    stripes = torch.zeros(1, 3, 512, 512)
    stripes[..., ::2] = 1
    seen = Resampled(512, wide_template(512), side=ARCFACE_SIDE, target=ARCFACE)(stripes)
    assert (seen - 0.5).abs().max() < 0.2


def test_colours_come_as_the_recogniser_learnt_them() -> None:
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = 1
    rgb, bgr = (Framed(64, wide_template(64), bgr=each)(red)[0, :, 50, 50].tolist() for each in (False, True))
    assert rgb == pytest.approx([1, -1, -1])
    assert bgr == pytest.approx([-1, -1, 1])


def test_an_oracle_is_exported_in_both_precisions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = families.export("oracles", tmp_path / "plain", "--thresholds", "0.001=0.3,0.0001=0.4")
    assert plain.role("oracle.arc").table("thresholds") == {"0.001": 0.3, "0.0001": 0.4}
    half = families.export("oracles", tmp_path / "half", "--half")
    assert "least identity cosine" in capsys.readouterr().out
    crops = smooth(5, 3, 64, 64, seed=3).numpy()
    answers = []
    for pack in (plain, half):
        with open_runner(pack, "oracle.arc", device="cpu") as runner:
            answers.append(runner.infer({"crops": crops})["embedding"])
    assert np.allclose(np.linalg.norm(answers[0], axis=1), 1, atol=1e-5)
    assert ((answers[0] * answers[1]).sum(1) > 0.999).all()
    assert (answers[0] @ answers[0].T)[0, 1] < 0.9, "two faces are two"
    sizes = [(pack.folder / pack.role("oracle.arc").file).stat().st_size for pack in (plain, half)]
    assert sizes[1] < 0.7 * sizes[0]


def weights(folder: Path) -> Path:
    """A recogniser as others publish it: old opset, a fixed number of rows, weights among its inputs."""
    from export.iresnet import IResNet, enliven
    from export.oracles import SMALL

    torch.manual_seed(1)
    net = enliven(IResNet(*SMALL), smooth(4, 3, 112, 112))
    path = folder / "w600k_r50.onnx"
    torch.onnx.export(
        net, (torch.rand(1, 3, 112, 112),), path, opset_version=11, dynamo=False, input_names=["input.1"],
        keep_initializers_as_inputs=True,
    )  # fmt: skip
    return path


def test_somebody_elses_file_becomes_an_oracle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights(tmp_path)
    args = parser().parse_args([str(tmp_path / "out"), "--from", str(tmp_path), "--agree", "--crop", "128", "--bgr"])
    pack = export(family(args), args)
    assert "non-commercial research only" in pack.manifest.licence
    with open_runner(pack, "oracle.arc", device="cpu") as runner:
        assert runner.infer({"crops": np.zeros((7, 3, 128, 128), np.float32)})["embedding"].shape == (7, 512)


def test_without_agreement_nothing_is_written(tmp_path: Path) -> None:
    weights(tmp_path)
    args = parser().parse_args([str(tmp_path / "out"), "--from", str(tmp_path)])
    with pytest.raises(InputError, match=r"licence has not been agreed to.*non-commercial research only.*--agree"):
        family(args)
    assert not (tmp_path / "out").exists()


def test_what_is_no_recogniser_is_refused(tmp_path: Path) -> None:
    file = load_pack("pocket").folder / "landmarks.onnx"
    args = parser().parse_args([str(tmp_path), "--from", str(file), "--agree"])
    with pytest.raises(InputError, match=r"no recogniser of ArcFace's family.*w600k_r50.onnx"):
        export(family(args), args)

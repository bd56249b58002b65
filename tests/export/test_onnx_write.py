"""What both exporters write: one file, the ports of the role, no trace of the machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
onnx = pytest.importorskip("onnx", reason="exporting needs onnx")
pytest.importorskip("onnxscript", reason="exporting above opset 17 needs onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

from export.onnx_write import write  # noqa: E402
from pyanon.errors import InputError  # noqa: E402
from pyanon.runtime import Port, Role  # noqa: E402

ROLE = Role(
    "net.onnx",
    inputs=(Port("tokens", "int32", ("n", 5)), Port("x", "float32", ("n", 8))),
    outputs=(Port("linear", "float32", ("n", 8)), Port("most", "float32", ("n",))),
)


class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Its inner values have the names of its ports."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.linear = torch.nn.Embedding(9, 8), torch.nn.Linear(8, 8)

    def forward(self, tokens: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = self.linear(self.embedding(tokens).mean(1) + x)
        return found, found.amax(1)


def example(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randint(0, 9, (rows, 5), dtype=torch.int32), torch.randn(rows, 8)


@pytest.mark.parametrize("opset", [17, 18, 20])
def test_a_file_is_whole_and_named_as_its_role(tmp_path: Path, opset: int) -> None:
    path = tmp_path / ROLE.file
    net = Net()
    write(net, example(2), ROLE, path=path, opset=opset)
    model = onnx.load(path)
    assert [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")] == [opset]
    assert model.ir_version <= 10
    assert [file.name for file in tmp_path.iterdir()] == [ROLE.file], "weights lie inside"
    assert b"/" not in b"".join(node.doc_string.encode() for node in model.graph.node)
    assert not any(node.metadata_props for node in model.graph.node), "notes of the machine that traced it"
    session = onnxruntime.InferenceSession(path)
    stated = {each.name: (each.type, each.shape) for each in (*session.get_inputs(), *session.get_outputs())}
    assert stated == {
        "tokens": ("tensor(int32)", ["n", 5]),
        "x": ("tensor(float)", ["n", 8]),
        "linear": ("tensor(float)", ["n", 8]),
        "most": ("tensor(float)", ["n"]),
    }
    for rows in (1, 2, 7):
        tokens, x = example(rows)
        answer = session.run(["linear", "most"], {"tokens": tokens.numpy(), "x": x.numpy()})
        for ours, theirs in zip(answer, net(tokens, x), strict=True):
            assert np.allclose(ours, theirs.detach(), atol=1e-5)


def test_an_opset_that_would_be_written_wrongly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"opset cannot be written; given: 16; expected: one of 17, 18, 19, 20"):
        write(Net(), example(2), ROLE, path=tmp_path / "x.onnx", opset=16)


def test_weights_that_do_not_fit_into_one_file_are_refused_before_they_are_written(tmp_path: Path) -> None:
    net = Net()
    net.large = torch.nn.Parameter(torch.empty(882_000_000, device="meta"))
    with pytest.raises(InputError, match=r"do not fit into one ONNX file; given: 3.5 GB; .*; do: export with --half"):
        write(net, example(2), ROLE, path=tmp_path / "x.onnx", opset=17)
    assert not list(tmp_path.iterdir())

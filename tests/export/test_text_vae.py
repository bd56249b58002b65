"""The text VAE: what its halves promise, and the way to ONNX."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")

from export.text_vae import SMALL, family, parser  # noqa: E402
from export.text_vae_net import TextVae  # noqa: E402
from pyanon.runtime import Pack, open_runner  # noqa: E402
from tests.export import families  # noqa: E402


@pytest.fixture(scope="module")
def net() -> TextVae:
    torch.manual_seed(0)
    return TextVae(SMALL).eval()


def words(rows: int) -> torch.Tensor:
    return torch.randint(0, SMALL.vocabulary, (rows, SMALL.length), dtype=torch.int32)


def test_what_is_not_there_is_not_read(net: TextVae) -> None:
    tokens, mask = words(2), torch.ones(2, SMALL.length, dtype=torch.int32)
    mask[:, 5:] = 0
    other = torch.where(mask > 0, tokens, words(2))
    with torch.inference_mode():
        assert torch.allclose(net.encoder(tokens, mask)[0], net.encoder(other, mask)[0], atol=1e-6)
        assert not torch.allclose(
            net.encoder(tokens, mask)[0], net.encoder(tokens, torch.ones_like(mask))[0], atol=1e-3
        )
        assert torch.isfinite(net.encoder(tokens, torch.zeros_like(mask))[0]).all(), "an empty caption"


def test_a_word_sees_only_those_before_it_and_a_face_moves_them_all(net: TextVae) -> None:
    tokens, latent = words(2), torch.randn(2, SMALL.latent)
    later = tokens.clone()
    later[:, 9:] = words(2)[:, 9:]
    none, face = torch.zeros(2, SMALL.face), torch.randn(2, SMALL.face)
    with torch.inference_mode():
        plain, changed, moved = (
            net.decoder(latent, *given) for given in ((none, tokens), (none, later), (face, tokens))
        )
        same = net.decoder(latent + net.decoder.face(face), none, tokens)
    assert torch.allclose(plain[:, :9], changed[:, :9], atol=1e-6)
    assert not torch.allclose(plain[:, 9:], changed[:, 9:], atol=1e-3)
    assert not torch.allclose(plain, moved, atol=1e-3)
    assert torch.allclose(same, moved, atol=1e-5), "z' = E(T) + phi(V')"


def test_it_learns_a_caption_by_heart() -> None:
    torch.manual_seed(0)
    net, tokens = TextVae(SMALL), words(4)
    mask, face = torch.ones_like(tokens), torch.zeros(4, SMALL.face)
    optimiser, losses = torch.optim.AdamW(net.parameters(), lr=5e-3), []
    for _ in range(200):
        logits, mean, spread = net(tokens, mask, face)
        said = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten().long())
        loss = said + 1e-3 * (mean**2 + spread.exp() - spread - 1).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(said.detach()))
    assert losses[-1] < 0.5 * losses[0]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    found: Pack = families.export("text_vae", tmp_path_factory.mktemp("text_vae"))
    return found


@pytest.mark.parametrize("rows", [1, 3])
def test_the_exported_halves_are_those_of_torch(pack: Pack, rows: int) -> None:
    for piece in families.pieces("text_vae"):
        inputs = piece.example(rows)
        with torch.inference_mode():
            expected = piece.net(*inputs)
        expected = expected if isinstance(expected, tuple) else (expected,)
        with open_runner(pack, piece.name, device="cpu") as runner:
            got = runner.infer({port.name: each.numpy() for port, each in zip(runner.inputs, inputs, strict=True)})
        for port, true in zip(piece.role.outputs, expected, strict=True):
            assert np.abs(got[port.name] - true.numpy()).max() < 1e-5


def test_only_the_number_of_captions_varies(pack: Pack) -> None:
    import onnx

    for role in ("caption_encoder", "caption_decoder"):
        graph = onnx.load(pack.folder / pack.role(role).file).graph
        for port in (*graph.input, *graph.output):
            sizes = [axis.dim_param or axis.dim_value for axis in port.type.tensor_type.shape.dim]
            assert sizes[0] == "n"
            assert all(isinstance(size, int) and size for size in sizes[1:]), port.name
        integers = [each.name for each in graph.input if each.type.tensor_type.elem_type == onnx.TensorProto.INT64]
        assert not integers, "TensorRT 8.6 has no int64"


def test_a_checkpoint_comes_back(tmp_path: Path, net: TextVae) -> None:
    torch.save({"average": net.state_dict(), "sizes": asdict(SMALL)}, tmp_path / "last.pt")
    found = family(parser().parse_args([str(tmp_path / "out"), "--from", str(tmp_path)]))
    theirs = found.pieces[0].net.state_dict()
    assert all(torch.equal(theirs[name], value) for name, value in net.encoder.state_dict().items())

"""The text VAE: what its halves promise, and the way to ONNX."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")

from torch import Tensor  # noqa: E402

from export.text_vae import SMALL, family, parser  # noqa: E402
from export.text_vae_net import TextVae  # noqa: E402
from pyanon.runtime import Pack, open_runner  # noqa: E402
from pyanon.runtime.profiles import profiles_of  # noqa: E402
from tests.export import families  # noqa: E402


@pytest.fixture(scope="module")
def net() -> TextVae:
    torch.manual_seed(0)
    return TextVae(SMALL).eval()


def words(rows: int, length: int = SMALL.length) -> Tensor:
    found: Tensor = torch.randint(0, SMALL.vocabulary, (rows, length), dtype=torch.int32)
    return found


def points(rows: int, length: int = SMALL.length) -> tuple[Tensor, Tensor]:
    return torch.randn(rows, length, SMALL.latent), torch.ones(rows, length, dtype=torch.int32)


def test_what_is_not_there_is_not_read(net: TextVae) -> None:
    tokens, mask = words(2), torch.ones(2, SMALL.length, dtype=torch.int32)
    mask[:, 5:] = 0
    other = torch.where(mask > 0, tokens, words(2))
    with torch.inference_mode():
        mean = net.encoder(tokens, mask)[0]
        assert torch.allclose(mean, net.encoder(other, mask)[0], atol=1e-6)
        assert torch.allclose(mean[:, :5], net.encoder(tokens[:, :5], mask[:, :5])[0], atol=1e-5)
        assert not mean[:, 5:].any()
        assert not torch.allclose(mean, net.encoder(tokens, torch.ones_like(mask))[0], atol=1e-3)
        assert torch.isfinite(net.encoder(tokens, torch.zeros_like(mask))[0]).all(), "an empty caption"
        latent, face = torch.randn(2, SMALL.length, SMALL.latent), torch.randn(2, SMALL.length, SMALL.face)
        cut = net.decoder(latent[:, :5], mask[:, :5], face[:, :5], tokens)
        assert torch.allclose(net.decoder(latent, mask, face, tokens), cut, atol=1e-5)


def test_a_word_sees_only_those_before_it_and_a_face_moves_the_words_it_is_of(net: TextVae) -> None:
    tokens, (latent, mask) = words(2), points(2)
    later = tokens.clone()
    later[:, 9:] = words(2)[:, 9:]
    none, face = torch.zeros(2, SMALL.length, SMALL.face), torch.zeros(2, SMALL.length, SMALL.face)
    face[:, 3:5] = torch.rand(SMALL.face)
    with torch.inference_mode():
        plain, changed, moved = (
            net.decoder(latent, mask, *given) for given in ((none, tokens), (none, later), (face, tokens))
        )
        there = latent + net.decoder.face(face)
        assert torch.equal(there[:, 5:], latent[:, 5:]), "of whom the other words speak is not known"
    assert torch.allclose(plain[:, :9], changed[:, :9], atol=1e-6)
    assert not torch.allclose(plain[:, 9:], changed[:, 9:], atol=1e-3)
    assert not torch.allclose(plain, moved, atol=1e-3)


def test_it_learns_captions_by_heart_and_to_change_a_word_with_a_face() -> None:
    """The same private caption, two faces, two public captions."""
    torch.manual_seed(0)
    net, tokens = TextVae(SMALL), words(1, 8).expand(2, -1).contiguous()
    public, mask = tokens.clone(), torch.ones_like(tokens)
    public[1, 3] = (public[0, 3] + 1) % SMALL.vocabulary
    face = torch.zeros(2, 8, SMALL.face)
    face[1, 3, 0] = 1
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(300):
        told = net(tokens, mask, face, public)
        said = torch.nn.functional.cross_entropy(told.logits[:, :-1].flatten(0, 1), public[:, 1:].flatten().long())
        kl = (told.mean**2 + told.log_variance.exp() - told.log_variance - 1).sum(2).mean()
        optimiser.zero_grad()
        named = torch.nn.functional.cross_entropy(net.decoder.name(told.points).flatten(0, 1), tokens.flatten().long())
        (said + named + 1e-4 * kl).backward()
        optimiser.step()
    with torch.inference_mode():
        logits = net.decoder(net.encoder(tokens, mask)[0], mask, face, public)
    assert torch.equal(logits[:, :-1].argmax(2).int(), public[:, 1:])


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    found: Pack = families.export("text_vae", tmp_path_factory.mktemp("text_vae"))
    return found


def test_a_gpu_may_compile_every_length(pack: Pack) -> None:
    encoder, decoder = (profiles_of(pack.role(role)) for role in ("caption_encoder", "caption_decoder"))
    assert [profile.batch for profile in encoder] == [1, 2, 4]
    assert all(profile.fits({"n": profile.batch, "t": t}) for profile in encoder for t in (2, SMALL.length))
    assert all(profile.fits({"n": profile.batch, "t": 2, "u": u}) for profile in decoder for u in (1, SMALL.length))


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


def test_captions_and_their_lengths_vary_and_nothing_else(pack: Pack) -> None:
    import onnx

    for role in ("caption_encoder", "caption_decoder"):
        graph = onnx.load(pack.folder / pack.role(role).file).graph
        for port in (*graph.input, *graph.output):
            sizes = [axis.dim_param or axis.dim_value for axis in port.type.tensor_type.shape.dim]
            assert sizes[0] == "n"
            assert sizes[1] == (
                "u" if port.name == "logits" or (role, port.name) == ("caption_decoder", "tokens") else "t"
            )
            assert all(isinstance(size, int) and size for size in sizes[2:]), port.name
        integers = [each.name for each in graph.input if each.type.tensor_type.elem_type == onnx.TensorProto.INT64]
        assert not integers, "TensorRT 8.6 has no int64"


def test_a_checkpoint_comes_back(tmp_path: Path, net: TextVae) -> None:
    torch.save({"average": net.state_dict(), "sizes": asdict(SMALL)}, tmp_path / "last.pt")
    found = family(parser().parse_args([str(tmp_path / "out"), "--from", str(tmp_path)]))
    theirs = found.pieces[0].net.state_dict()
    assert all(torch.equal(theirs[name], value) for name, value in net.encoder.state_dict().items())

"""The face generator: its noise levels, its context, its identity, and the way to ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="exporting needs torch (pip install 'pyanon[export]')")
pytest.importorskip("onnx_ir", reason="exporting needs onnx_ir (pip install 'pyanon[export]')")
pytest.importorskip("diffusers", reason="the generator needs diffusers (pip install 'pyanon[export]')")
pytest.importorskip("transformers", reason="the generator needs transformers (pip install 'pyanon[export]')")

from export.lcm import LEVELS, Consistency, guidance_embedding, level_of, schedule  # noqa: E402
from export.piece import Piece  # noqa: E402
from pyanon.runtime import Pack, load_pack, open_runner  # noqa: E402
from tests.export import families  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    found: Pack = families.export("generator", tmp_path_factory.mktemp("generator"), "--inpaint")
    return found


@pytest.fixture(scope="module")
def pieces() -> dict[str, Piece]:
    return {each.name: each for each in families.pieces("generator", "--inpaint")}


def test_the_schedule_is_that_of_diffusers() -> None:
    from diffusers import LCMScheduler

    theirs = LCMScheduler()
    kept = theirs.alphas_cumprod.double()
    assert torch.allclose(schedule(), (kept / (1 - kept)).log() / 2, atol=1e-4)
    timesteps = torch.tensor([999, 759, 499, 259, 100, 3])
    noise = Consistency().noise(torch.tensor([level_of(int(each)) for each in timesteps]))
    assert torch.allclose(noise.timestep, timesteps.float(), atol=0.05)
    assert torch.allclose(noise.clean.flatten(), kept[timesteps].sqrt().float(), atol=1e-5)
    assert torch.allclose(noise.noise.flatten(), (1 - kept[timesteps]).sqrt().float(), atol=1e-5)


def test_the_estimate_is_that_of_the_scheduler() -> None:
    """One step of diffusers' own LCM scheduler from the same noisy latent and the same seen noise."""
    from diffusers import LCMScheduler

    theirs = LCMScheduler()
    theirs.set_timesteps(4)
    z, seen = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    for timestep in (999, 499):
        expected = theirs.step(seen, timestep, z, return_dict=True).denoised
        ours = Consistency()
        assert torch.allclose(ours(z, seen, ours.noise(torch.tensor([level_of(timestep)]))), expected, atol=1e-3)


def test_two_ways_to_say_one_noise() -> None:
    """x of a level, in units of z, is a clean and s noise; pure noise is the schedule's last step."""
    clean, grain = torch.randn(2, 5, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    level = torch.tensor([0.05, 0.2, 0.5, 0.9, 1.0])
    t = level[:, None, None, None]
    noise = Consistency().noise(level)
    z = ((1 - t) * clean + t * grain) / noise.length
    assert torch.allclose(z[:4], (noise.clean * clean + noise.noise * grain)[:4], atol=1e-5)
    assert torch.equal(z[4], grain[4])
    assert noise.timestep[4] == 999
    assert (noise.timestep.diff() > 0).all()
    assert list(LEVELS) == sorted(LEVELS, reverse=True)


def test_the_guidance_is_told_as_in_the_pipeline() -> None:
    from diffusers import LatentConsistencyModelPipeline

    told = LatentConsistencyModelPipeline.get_guidance_scale_embedding(None, torch.tensor([7.5]), embedding_dim=256)
    assert torch.allclose(guidance_embedding(8.5, 256), told, atol=2e-3)


def told(net: torch.nn.Module, given: list[torch.Tensor]) -> torch.Tensor:
    with torch.inference_mode():
        return net(*given)


def test_what_is_known_stays_and_identity_and_surroundings_count(pieces: dict[str, Piece]) -> None:
    piece = pieces["generator"]
    given = list(piece.example(2))
    clean, mask = told(piece.net, given), given[2][:, 4:]
    assert torch.equal(torch.where(mask > 0, 0, clean), torch.where(mask > 0, 0, given[2][:, :4]))
    for index, part in ((0, "latent"), (1, "level"), (2, "context"), (4, "identity")):
        changed = list(given)
        changed[index] = given[index].flip(0)
        assert (told(piece.net, changed) - clean)[mask.expand_as(clean) > 0].abs().max() > 1e-4, part
    longer = [*given[:4], 3 * given[4]]
    assert torch.allclose(told(piece.net, longer), clean, atol=1e-3), "an identity is a direction"


def test_attributes_change_nothing_until_they_are_trained() -> None:
    piece = next(each for each in families.pieces("generator") if each.name == "generator")
    given = list(piece.example(2))
    before = told(piece.net, given)
    assert torch.equal(told(piece.net, [*given[:3], -given[3], given[4]]), before)
    torch.nn.init.normal_(piece.net.tokens.out.weight)
    assert (told(piece.net, given) - before).abs().max() > 1e-3


@pytest.mark.parametrize("role", ["face_encoder", "generator", "face_decoder"])
@pytest.mark.parametrize("rows", [1, 4])
def test_the_exported_networks_are_those_of_torch(pack: Pack, pieces: dict[str, Piece], role: str, rows: int) -> None:
    piece = pieces[role]
    inputs = piece.example(rows)
    with torch.inference_mode():
        expected = piece.net(*inputs)
    with open_runner(pack, role, device="cpu") as runner:
        ports = zip(runner.inputs, inputs, strict=True)
        got = runner.infer({port.name: each.numpy() for port, each in ports})
    expected = expected if isinstance(expected, tuple) else (expected,)
    for port, true in zip(piece.role.outputs, expected, strict=True):
        assert np.abs(got[port.name] - true.numpy()).max() < 1e-4 * max(1, float(true.abs().max()))


def test_the_context_holds_nothing_of_the_inside(pack: Pack, pieces: dict[str, Piece]) -> None:
    crops, inside, landmarks = (each.numpy() for each in pieces["face_encoder"].example(2))
    other = np.where(inside > 0, crops[::-1], crops)
    with open_runner(pack, "face_encoder", device="cpu") as runner:
        first, second = (
            runner.infer({"crops": np.ascontiguousarray(each), "inside": inside, "landmarks": landmarks})
            for each in (crops, other)
        )
    assert np.array_equal(first["context"], second["context"])
    assert np.abs(first["attributes"] - second["attributes"]).max() > 1e-3
    mask = first["context"][:, 4]
    assert mask.min() == 0
    assert mask.max() == 1
    assert np.array_equal(mask, inside[:, 0].reshape(2, 8, 8, 8, 8).max(axis=(2, 4)))


def test_low_rank_changes_are_added_to_the_attention() -> None:
    from diffusers import UNet2DConditionModel

    from export.faceid import adapt, random_adapter
    from export.generator import SMALL_UNET

    unet = UNet2DConditionModel(in_channels=4, time_cond_proj_dim=16, **SMALL_UNET)
    name = next(iter(unet.attn_processors)).removesuffix(".processor")
    layer = unet.get_submodule(name).to_out[0]
    before, adapter = layer.weight.detach().clone(), random_adapter(unet)
    wide = layer.out_features
    low = {"0.to_out_lora.down.weight": torch.randn(4, wide), "0.to_out_lora.up.weight": torch.randn(wide, 4)}
    adapt(unet, {**adapter, "ip_adapter": {**adapter["ip_adapter"], **low}}, scale=0.7)
    change = unet.get_submodule(name).to_out[0].weight - before
    assert torch.allclose(change, low["0.to_out_lora.up.weight"] @ low["0.to_out_lora.down.weight"], atol=1e-5)
    scales = {tuple(each.scale) for each in unet.attn_processors.values() if hasattr(each, "to_k_ip")}
    assert scales == {(0.7,)}


def test_the_pocket_generator_goes_the_same_way(tmp_path: Path) -> None:
    """Exported again from its own weights, it answers as the pack's file does."""
    from export.generator import family, parser
    from export.run import export

    args = parser().parse_args([str(tmp_path), "--from", str(ROOT / "engines/pocket"), "--opset", "17"])
    found = family(args)
    again, first = export(found, args), load_pack(ROOT / "engines/pocket")
    for piece in found.pieces:
        given = {port.name: each.numpy() for port, each in zip(piece.role.inputs, piece.example(3), strict=True)}
        answers = []
        for each in (first, again):
            with open_runner(each, piece.name, device="cpu") as runner:
                answers.append(runner.infer(given))
        for port in piece.role.outputs:
            assert np.allclose(answers[0][port.name], answers[1][port.name], atol=1e-4), (piece.name, port.name)
    assert again.role("face_encoder").settings == first.role("face_encoder").settings

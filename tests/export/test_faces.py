"""The recipes of the networks that replace faces, for a moment, on drawn faces."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the recipes need torch (pip install 'pyanon[train]')")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx", reason="exporting needs onnx")

from export.train.faces import pack as packing  # noqa: E402
from export.train.faces.autoencoder import gradient_loss  # noqa: E402
from export.train.faces.autoencoder_net import Autoencoder  # noqa: E402
from export.train.faces.critic import Critic  # noqa: E402
from export.train.faces.decoder import imprecise, rivals  # noqa: E402
from export.train.faces.faces import Faces, glimpsed, jittered, lit, plain, stretched, weathered  # noqa: E402
from export.train.faces.generator_net import IDENTITY, Generator, blanked, landmark_maps  # noqa: E402
from export.train.faces.identity import fit_codes, fit_projection  # noqa: E402
from export.train.faces.judges import Judge, Judges, PoseReader  # noqa: E402
from export.train.faces.lesson import BITS, Lesson, Scene, Weights, strangers  # noqa: E402
from export.train.faces.manifold import GroupPrior  # noqa: E402
from export.train.faces.onnx_file import export, weights_of  # noqa: E402
from export.train.faces.oracle_nets import NETS  # noqa: E402
from export.train.faces.oracles import distillation  # noqa: E402
from export.train.faces.prepare import AGES, GENDERS, RACES, TRAITS, usable  # noqa: E402
from export.train.faces.replacer import Replacer, reversed_gradient, stored_replacer  # noqa: E402
from export.train.faces.run import Run  # noqa: E402
from export.train.faces.template import MARGIN, SIZE, TEMPLATE  # noqa: E402
from export.train.faces.traits import categories, read_traits, readings_apart, traits_loss  # noqa: E402
from export.train.landmarks_net import LandmarksNet  # noqa: E402
from pyanon.runtime import load_pack  # noqa: E402
from tests.export.drawn_faces import COUNT, unit  # noqa: E402


@pytest.fixture
def replacer(faces_cache: Path) -> Replacer:
    faces = Faces(faces_cache)
    torch.manual_seed(0)
    whole = Autoencoder()
    net = Replacer(whole.encoder, whole.decoder, fit_codes(faces).of(faces))
    with torch.no_grad():
        for parameter in net.parameters():  # nothing is trivial, as after training
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return net.eval()


def test_held_out_faces_are_never_learnt_from(faces_cache: Path) -> None:
    learnt, unseen = Faces(faces_cache), Faces(faces_cache, held_out=True)
    assert len(learnt) + len(unseen) == COUNT
    assert not set(learnt.facts["row"]) & set(unseen.facts["row"])


def test_a_jittered_face_takes_its_landmarks_along(faces_cache: Path) -> None:
    """A bright dot at a landmark is found where the moved landmark says."""
    faces, rng = Faces(faces_cache), np.random.default_rng(1)
    batch = faces[np.arange(12)]
    batch.full.zero_()
    for row, point in enumerate(batch.landmarks[:, 2]):
        cx, cy = (point + MARGIN).round().int().tolist()
        batch.full[row, cy - 2 : cy + 2, cx - 2 : cx + 2] = 255
    crops, points = jittered(batch, rng)
    mass = crops.mean(1)
    grid = torch.arange(SIZE) + 0.5
    x = (mass.sum(1) * grid).sum(1) / mass.sum((1, 2))
    y = (mass.sum(2) * grid).sum(1) / mass.sum((1, 2))
    assert (torch.stack([x, y], 1) - points[:, 2]).abs().max() < 0.8


def test_weather_leaves_pictures(faces_cache: Path) -> None:
    faces, rng = Faces(faces_cache), np.random.default_rng(1)
    for change in lit, weathered:
        before = jittered(faces.draw(rng, 16), rng)[0]
        after = change(before.clone(), rng)
        assert after.shape == (16, 3, SIZE, SIZE)
        assert 0 <= float(after.min()) <= float(after.max()) <= 1
        assert (after - before).abs().mean() > 0.01


def test_only_faces_that_can_be_trusted_are_learnt_from() -> None:
    row = {"score": 0.9, "landmarks": (TEMPLATE + 10).ravel().tolist()}
    assert usable(row)
    assert not usable({**row, "score": 0.5})
    assert not usable({**row, "landmarks": (TEMPLATE - 60).ravel().tolist()})
    profile = TEMPLATE.copy()
    profile[1] = profile[0] + 1
    assert not usable({**row, "landmarks": (profile + 10).ravel().tolist()})


def test_nothing_of_a_blanked_face_is_left() -> None:
    crops, region = torch.rand(2, 3, 8, 8), torch.zeros(2, 1, 8, 8)
    region[:, :, 2:5, 2:5] = 0.01
    out = blanked(crops, region)
    assert (out[:, :, 2:5, 2:5] == 0.5).all()
    assert (out[region.expand_as(out) == 0] == crops[region.expand_as(out) == 0]).all()


def test_gradient_loss_is_blind_to_brightness_and_sees_edges() -> None:
    crops = torch.rand(2, 3, 16, 16)
    assert gradient_loss(crops + 0.2, crops) < 1e-5
    assert gradient_loss(torch.rand(2, 3, 16, 16), crops) > 0.1


def test_distillation_is_nought_for_the_teacher_itself() -> None:
    taught = torch.nn.functional.normalize(torch.randn(8, 16), dim=1)
    assert sum(float(each) for each in distillation(3 * taught, taught)) < 1e-5
    assert float(distillation(-taught, taught)[0]) == pytest.approx(2)


def test_a_landmark_is_a_bump_at_its_place() -> None:
    maps = landmark_maps(torch.tensor([[[0.25, 0.75]] * 5]))
    assert maps.shape == (1, 5, 16, 16)
    row, column = divmod(int(maps[0, 0].argmax()), 16)
    assert (row, column) in {(11, 3), (11, 4), (12, 3), (12, 4)}


def test_strangers_are_other_faces_of_ones_own_kind() -> None:
    labels = np.array([[2, 0, 1], [2, 0, 1], [7, 1, 5], [7, 1, 5], [3, 0, 1]])
    for seed in range(5):
        others = strangers(labels, np.random.default_rng(seed))
        assert (others != np.arange(5)).all()
        assert others[2:4].tolist() == [3, 2]
        assert set(others[[0, 1, 4]]) <= {0, 1, 4}


def test_unknown_labels_teach_no_trait() -> None:
    logits = torch.randn(3, len(AGES) + len(GENDERS) + len(RACES), requires_grad=True)
    assert traits_loss(logits, torch.full((3, 3), -1)).item() == 0
    one = traits_loss(logits, torch.tensor([[1, 0, 2], [-1, -1, -1], [-1, -1, -1]]))
    assert one.item() == pytest.approx(traits_loss(logits[:1], torch.tensor([[1, 0, 2]])).item())


def test_the_reversed_gradient_is_reversed() -> None:
    x = torch.randn(4, requires_grad=True)
    reversed_gradient(x).sum().backward()
    assert (x.grad == -1).all()


def test_codes_give_the_embeddings_back(faces_cache: Path) -> None:
    """An oracle that sees what a teacher sees is a linear map of the code, as far as 128 numbers hold it."""
    faces = Faces(faces_cache)
    codes = fit_codes(faces).of(faces)
    assert codes.shape == (len(faces), IDENTITY)
    assert 0.5 < codes.std(0).mean() < 2
    flat = unit(codes @ np.random.default_rng(0).normal(0, 1, (IDENTITY, 8)))
    projection = fit_projection(codes, flat, ridge=1e-8)
    assert (unit(codes @ projection.T) * flat).sum(1).mean() > 0.9


@pytest.mark.parametrize("painted", [False, True], ids=["latents", "pictures"])
def test_a_lesson_has_a_gradient_for_everything_that_is_trained(
    faces_cache: Path, replacer: Replacer, painted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces, rng, log = Faces(faces_cache), np.random.default_rng(0), {}
    codes, labels = torch.from_numpy(fit_codes(faces).of(faces)), faces.facts["labels"]
    prior = GroupPrior(codes.numpy(), labels)
    lesson = Lesson(replacer.train(), codes, labels, prior, lambda **parts: log.update(parts), Weights())
    judges = fake_judges(faces, codes) if painted else None
    loss = lesson(Scene.drawn(faces, rng, 6), rng, 2, judges)
    loss.backward()
    assert torch.isfinite(loss)
    still = [n for n, p in replacer.named_parameters() if p.requires_grad and p.grad is None]
    assert {name.split(".")[0] for name in still} <= ({"critic"} if painted else {"critic", "decoder"})
    assert ("same" in log) == painted
    if painted:
        lesson.critic_loss.backward()
        assert all(p.grad is not None for p in replacer.critic.parameters())


def test_what_is_hidden_includes_what_is_repainted(faces_cache: Path) -> None:
    scene = Scene.drawn(Faces(faces_cache), np.random.default_rng(0), 64)
    more = (scene.hidden > scene.region).flatten(1).any(1)
    assert (scene.hidden >= scene.region).all()
    assert 0 < more.sum() < 32


def test_views_for_learning_stay_pictures_of_the_same_place(faces_cache: Path) -> None:
    """Smooth pictures change little when they are stretched or glimpsed, and not at all in one colour."""
    rng, flat = np.random.default_rng(0), torch.full((4, 3, SIZE, SIZE), 0.3)
    ramp = torch.linspace(0, 1, SIZE).expand(4, 3, SIZE, SIZE).contiguous()
    for view in stretched, glimpsed:
        assert torch.allclose(view(flat, rng), flat, atol=1e-5)
        moved = view(ramp, rng)
        assert 0.001 < (moved - ramp).abs().mean() < 0.1


def test_a_critic_learns_what_is_painted() -> None:
    """Smooth pictures are told from rough ones after some steps, by pixels and by an oracle's maps alike."""
    torch.manual_seed(0)
    critic, looking = Critic((48, 96, 192)), NETS["residual"][0]().eval().requires_grad_(False)
    optimiser = torch.optim.Adam(critic.parameters(), 2e-3)

    def pictures() -> tuple[torch.Tensor, torch.Tensor]:
        rough = torch.rand(4, 3, SIZE, SIZE)
        return torch.nn.functional.avg_pool2d(rough, 5, 1, 2), rough

    for _ in range(12):
        real, painted = pictures()
        truth, maps = looking.features(real), looking.features(painted)
        fooled, lost = rivals(critic, real, painted.requires_grad_(), truth, maps)
        optimiser.zero_grad()
        lost.backward()
        optimiser.step()
        assert torch.isfinite(fooled)
    scores = [critic(each, looking.features(each)) for each in pictures()]
    assert all(real.mean() > painted.mean() for real, painted in zip(*scores, strict=True))


def test_traits_are_read_from_embeddings() -> None:
    """Embeddings that are the traits, with noise: read back; those without labels count for nothing."""
    torch.manual_seed(0)
    sizes = (len(AGES), len(GENDERS), len(RACES))
    labels = torch.stack([torch.randint(0, size, (600,)) for size in sizes], 1)
    labels[::5] = -1
    known = labels[:, 0] >= 0
    told = [torch.nn.functional.one_hot(labels[:, i].clamp(min=0), size) for i, size in enumerate(sizes)]
    embeddings = torch.cat(told, 1) + 0.1 * torch.randn(600, sum(sizes))
    read = read_traits(embeddings, labels)
    assert not any(parameter.requires_grad for parameter in read.parameters())
    for place, part in enumerate(read(embeddings).split(list(sizes), 1)):
        assert (part.argmax(1) == labels[:, place])[known].float().mean() > 0.97


def test_readings_are_apart_by_what_they_say() -> None:
    """Logits that differ by a constant say the same; turned round, they are off by the divergence of the two."""
    torch.manual_seed(0)
    wanted = torch.randn(5, TRAITS)
    assert readings_apart(wanted + 3, wanted) == pytest.approx(torch.zeros(5), abs=1e-5)
    seen = wanted.clone()
    seen[:, len(AGES) : len(AGES) + len(GENDERS)] *= -1
    chance = wanted[:, len(AGES) : len(AGES) + len(GENDERS)].softmax(1)
    assert readings_apart(seen, wanted) == pytest.approx((chance * (chance / chance.flip(1)).log()).sum(1), abs=1e-5)
    shown = categories(wanted)
    assert shown.shape == (5, 3)
    assert (shown.max(0) < [len(AGES), len(GENDERS), len(RACES)]).all()


def test_half_of_the_latents_are_exact() -> None:
    torch.manual_seed(0)
    latent = torch.randn(6, 8, 16, 16)
    out = imprecise(latent)
    assert torch.equal(out[:3], latent[:3])
    assert (out[3:] - latent[3:]).abs().mean() > 0.05


def test_an_attribute_code_that_says_too_much_is_made_to_say_less(faces_cache: Path, replacer: Replacer) -> None:
    """The price of bits is nought under the bound, and falls on the encoder above it."""
    faces, rng, log = Faces(faces_cache), np.random.default_rng(0), {}
    codes, labels = torch.from_numpy(fit_codes(faces).of(faces)), faces.facts["labels"]
    prior = GroupPrior(codes.numpy(), labels)
    lesson = Lesson(replacer, codes, labels, prior, lambda **parts: log.update(parts), Weights())
    scene = Scene.drawn(faces, rng, 2)
    guess = torch.zeros(2, IDENTITY)

    def price(size: float) -> float:
        mean = torch.full((2, 12, 8, 8), size)
        free = torch.zeros_like(mean)
        silent = lesson._code(free, free, guess, codes[scene.rows])
        return float(lesson._code(mean, free, guess, codes[scene.rows]) - silent)

    bound = (2 * np.log(2) * BITS / (12 * 64)) ** 0.5
    assert price(0.9 * bound) == pytest.approx(0, abs=1e-6)
    assert price(1.5 * bound) > 0.05


def fake_judges(faces: Faces, codes: torch.Tensor) -> Judges:
    """Untrained oracles and an untrained landmark net."""
    nets = [kind().eval() for kind, _ in NETS.values()]
    own = [torch.nn.functional.normalize(torch.randn(len(faces), net.width), dim=1) for net in nets]
    labels = faces.facts["labels"]
    judges = [Judge.of(net, seen, codes.numpy(), labels) for net, seen in zip(nets, own, strict=True)]
    pose = PoseReader(torch.randn(8, (48 + 96 + 192) * 4 * 4), torch.randn(8, 3))
    return Judges(judges, LandmarksNet().eval().requires_grad_(False), nets[0], pose, labels)


def test_poses_are_read_from_maps() -> None:
    """Maps in which the pose is written somewhere, with noise: read back; an average of places is what counts."""
    torch.manual_seed(0)
    pose = 20 * torch.randn(1500, 3)
    maps = [torch.randn(1500, 6, 8, 8), torch.randn(1500, 4, 4, 4)]
    maps[0][:, :3, 2:4, 4:6] += pose[:, :, None, None] / 5
    reader = PoseReader(PoseReader.pooled([each[:1200] for each in maps]), pose[:1200])
    read = reader([each[1200:] for each in maps])
    for angle in range(3):
        assert torch.corrcoef(torch.stack([read[:, angle], pose[1200:, angle]]))[0, 1] > 0.95
    assert list(reader.parameters()) == []


def test_a_run_goes_on_where_it_ended(tmp_path: Path) -> None:
    args = argparse.Namespace(seed=0, threads=1, out=tmp_path, device="cpu", rate=1e-2, minutes=0.03)
    run = Run(args, torch.nn.Linear(3, 1))
    for _ in run.steps():
        run.learn(run.net(torch.randn(4, 3)).square().mean())
    assert run.step > 1
    again = Run(args, torch.nn.Linear(3, 1))
    assert again.step == run.step
    assert torch.equal(again.average.module.weight, run.average.module.weight)
    assert list(again.steps()) == []


@pytest.mark.parametrize("name", NETS)
def test_an_oracle_in_eight_bits_sees_the_same(name: str) -> None:
    torch.manual_seed(0)
    net = NETS[name][0]().train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(8, 3, SIZE, SIZE))
    role = packing.oracle_role(name, net.width, {"thresholds": {"0.01": 0.5}})
    example = packing._example(role)
    data = export(net, example, role, bits=8)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        mine = net.eval()(*example).numpy()
    assert (unit(session.run(None, {"crops": example[0].numpy()})[0]) * unit(mine)).sum(1).min() > 0.99
    assert len(data) < 1.2 * sum(p.numel() for p in net.parameters())
    again = NETS[name][0]()
    again.load_state_dict(weights_of(data), strict=False)
    assert (again.out.weight - net.out.weight).abs().max() < 0.01 * net.out.weight.abs().max()


def test_an_exported_network_answers_alike_and_can_be_trained_on(replacer: Replacer) -> None:
    role = packing.GENERATOR
    example = packing._example(role)
    data = export(replacer.generator, example, role)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    feed = {port.name: value.numpy() for port, value in zip(role.inputs, example, strict=True)}
    with torch.no_grad():
        mine = replacer.generator(*example).numpy()
    assert np.abs(session.run(None, feed)[0] - mine).max() < 1e-2 * max(1, np.abs(mine).max())
    again = Generator()
    missing = again.load_state_dict(weights_of(data), strict=False)
    assert missing.unexpected_keys == []
    assert missing.missing_keys == []
    with torch.no_grad():
        assert np.abs(again.eval()(*example).numpy() - mine).max() < 1e-2 * max(1, np.abs(mine).max())


def test_training_goes_on_from_a_pack(faces_cache: Path, replacer: Replacer, tmp_path: Path) -> None:
    """What is packed and taken out again paints the same picture."""
    folder = tmp_path / "pack"
    shutil.copytree(load_pack("pocket").folder, folder)
    packing.add_replacer(load_pack(folder), replacer)
    faces, whole = Faces(faces_cache), Autoencoder()
    again = Replacer(whole.encoder, whole.decoder, fit_codes(faces).of(faces)).eval()
    missing = again.load_state_dict(stored_replacer(folder), strict=False)
    assert missing.unexpected_keys == []
    assert {name.split(".")[0] for name in missing.missing_keys} == {"latent", "opponent", "critic"}
    example = packing._example(packing.ENCODER)
    with torch.no_grad():
        for mine, other in zip(replacer.encoder(*example), again.encoder(*example), strict=True):
            assert (mine - other).abs().max() < 1e-2 * max(1, float(mine.abs().max()))
        latent = torch.randn(2, 8, 16, 16)
        assert (replacer.decoder(latent) - again.decoder(latent)).abs().max() < 1e-2


def test_plain_crops_are_the_middle(faces_cache: Path) -> None:
    faces = Faces(faces_cache)
    batch = faces[np.arange(2)]
    assert torch.equal(plain(batch)[0, :, 0, 0] * 255, batch.full[0, MARGIN, MARGIN].float())

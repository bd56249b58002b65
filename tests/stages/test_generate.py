"""Generate: sampling in the latent space, and a painted face that fits into its surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from pyanon.errors import PackError
from pyanon.ops.philox import normals
from pyanon.runtime import FaceNetworks, Port
from pyanon.runtime.port import Array
from pyanon.stages.generate import Generator
from pyanon.stages.generate.matching import matched
from pyanon.types import Attributes, FloatArray, Identities, ImageArray
from tests.tiny_faces import TEMPLATE, TRAITS

SIZE = 64
NETWORKS = FaceNetworks(SIZE, TEMPLATE, TRAITS, (1.0, 0.6, 0.2), 20.0, 0.6, ("a", "b"), {}, {}, {}, {})


class Scripted:
    """Stands where a runner stands: answers with a function of what it is asked."""

    def __init__(self, answer: Any, *, axes: tuple[int | str, ...] = ("n", 3, 4, 4)) -> None:
        self.inputs = (Port("latent", "float32", axes),)
        self.asked: list[Mapping[str, Array]] = []
        self._answer = answer

    def infer(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        self.asked.append(inputs)
        return {name: np.asarray(value, np.float32) for name, value in self._answer(inputs).items()}


def decoder() -> Scripted:
    return Scripted(lambda given: {"pixels": np.kron(given["latent"], np.ones((1, 1, 16, 16)))})


def attributes(n: int, surround: ImageArray | None = None) -> Attributes:
    inside = np.zeros((n, SIZE, SIZE), np.float32)
    inside[:, 16:48, 16:48] = 1
    pixels = np.zeros((n, SIZE, SIZE, 3), np.uint8) if surround is None else surround
    maps = np.zeros((n, 1, 4, 4), np.float32)
    return Attributes(maps, maps, inside, 0 * inside, pixels, inside == 0, np.zeros((n, 2, 3), np.float32))


def identities(*first: float) -> Identities:
    code = np.zeros((len(first), 2), np.float32)
    code[:, 0] = first
    return Identities(code, np.arange(len(first), dtype=np.uint64) + 5)


def generator(answer: Any, steps: int = 1) -> tuple[Generator, Scripted]:
    network = Scripted(answer)
    return Generator(network, decoder(), networks=NETWORKS, steps=steps), network  # type: ignore[arg-type]


def test_each_step_starts_from_the_last_estimate_with_less_of_the_same_noise() -> None:
    it, network = generator(lambda given: {"clean": 0.1 * given["latent"]}, steps=3)
    it(attributes(1), identities(1.0))
    noise, second, third = (asked["latent"] for asked in network.asked)
    assert abs(float(noise.std()) - 1) < 0.3
    np.testing.assert_allclose(second, 0.4 * 0.1 * noise + 0.6 * noise, rtol=1e-5)
    np.testing.assert_allclose(third, 0.8 * 0.1 * second + 0.2 * noise, rtol=1e-5)
    assert [float(asked["level"][0]) for asked in network.asked] == pytest.approx([1.0, 0.6, 0.2])


def test_noise_belongs_to_the_track() -> None:
    it, network = generator(lambda given: {"clean": given["latent"]})
    it(attributes(2), identities(1.0, 1.0))
    it(attributes(1), Identities(np.ones((1, 2), np.float32), np.array([6], np.uint64)))
    both, alone = (asked["latent"] for asked in network.asked)
    assert (both[0] != both[1]).any()
    assert (both[1] == alone[0]).all()


def test_rows_without_an_identity_are_not_painted() -> None:
    it, network = generator(lambda given: {"clean": given["latent"]})
    done = it(attributes(3), identities(1.0, np.nan, 2.0))
    assert len(network.asked[0]["latent"]) == 2
    assert [bool(fault) for fault in done.fault] == [False, True, False]
    assert not done.pixels[1].any()
    nobody = it(attributes(1), identities(np.nan))
    assert nobody.fault == ("no identity was distinct and realistic enough",)
    assert len(it(attributes(0), identities())) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_says_so_and_spares_the_others(bad: float) -> None:
    def first_breaks(given: Mapping[str, Array]) -> dict[str, Array]:
        return {"clean": np.where(given["identity"][:, :1, None, None] == 1, bad, given["latent"])}

    it, _ = generator(first_breaks)
    assert it(attributes(2), identities(1.0, 0.5)).fault == ("the generator's picture is not finite", "")


def test_pixels_are_clamped() -> None:
    it, _ = generator(lambda given: {"clean": np.full((len(given["level"]), 3, 4, 4), 7.5)})
    assert it(attributes(1), identities(1.0)).pixels[0, 20:40, 20:40].min() > 200


def test_a_latent_without_a_size_is_the_packs_fault() -> None:
    network = Scripted(lambda given: {}, axes=("n", 3, "h", "w"))
    with pytest.raises(PackError, match="no fixed size"):
        Generator(network, decoder(), networks=NETWORKS, steps=1)  # type: ignore[arg-type]


def fitted(surround: ImageArray, *, level: float = 100.0) -> Iterator[FloatArray]:
    """The middle of a flat face in its surroundings."""
    grain = normals(2, draw=1, size=SIZE * SIZE).reshape(1, SIZE, SIZE)
    there = attributes(1, surround)
    painted = np.full((1, 3, SIZE, SIZE), level / 255, np.float32)
    done, _ = matched(painted, surround=surround, visible=there.visible, inside=there.inside, grain=grain)
    yield done[0, 20:44, 20:44].astype(np.float32)


def around(level: float, *, noise: float = 0.0, slope: float = 0.0) -> ImageArray:
    ramp = slope * (np.arange(SIZE) - SIZE / 2)[None, None, :, None]
    rough = np.random.default_rng(4).normal(0, 1, (1, SIZE, SIZE, 1)) * noise
    return np.clip(level + ramp + rough + np.zeros((1, SIZE, SIZE, 3)), 0, 255).astype(np.uint8)


def test_light_comes_from_around_the_face() -> None:
    for level, expected in ((104, 104), (96, 96), (250, 106)):  # by so much at most
        (face,) = fitted(around(level))
        assert face.mean() == pytest.approx(expected, abs=1.5)
    (face,) = fitted(around(100, slope=0.3))
    assert face[:, -4:].mean() > face[:, :4].mean() + 2


def test_grain_comes_from_around_the_face() -> None:
    (smooth,), (rough,) = fitted(around(100)), fitted(around(100, noise=5))
    assert smooth.std() < 1
    assert rough.std() == pytest.approx(5, abs=1.5)


def test_where_nothing_is_visible_nothing_is_fitted() -> None:
    surround = around(200)
    there = attributes(1, surround)
    painted, grain = np.full((1, 3, SIZE, SIZE), 100 / 255, np.float32), np.zeros((1, SIZE, SIZE), np.int16)
    hidden = np.zeros_like(there.visible)
    done, _ = matched(painted, surround=surround, visible=hidden, inside=there.inside, grain=grain)
    assert (done == 100).all()

"""The generator: a latent consistency model that sees attributes and a new identity, and nothing else."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pyanon.errors import InputError, PackError
from pyanon.ops.philox import NORMAL_BITS, normals
from pyanon.runtime import FaceNetworks, Runner
from pyanon.stages.generate.matching import matched
from pyanon.types import Attributes, FloatArray, Identities, Replacements

__all__ = ["Generator"]

#: Numbers of the draws under a track's key: the noise it is painted from, and the grain of its skin.
NOISE, GRAIN = 0, 1

NO_IDENTITY = "no identity was distinct and realistic enough"
NOT_FINITE = "the generator's picture is not finite"


class Generator:
    """Paints faces. By its types it cannot see the identity that it replaces.

    Luo, Tan, Huang, Li, Zhao, "Latent consistency models", arXiv 2310.04378: from noise to a clean latent at once,
    and, with more steps, from that clean latent with less noise again.

    Args:
        generator: Active runner of the pack's ``generator`` role: inputs ``latent``, ``level``, ``context``,
            ``attributes`` and ``identity``; output ``clean``.
        decoder: Active runner of the pack's ``face_decoder`` role: input ``latent``, output ``pixels``.
        networks: What the pack states of them.
        steps: How many of the pack's noise levels to use.

    Raises:
        InputError: The pack has fewer levels.
        PackError: The latent's size is not fixed.
    """

    def __init__(self, generator: Runner, decoder: Runner, *, networks: FaceNetworks, steps: int) -> None:
        if steps > len(networks.levels):
            raise InputError(
                "Policy.steps is more than the pack's generator has",
                given=steps,
                expected=f"1 to {len(networks.levels)}",
            )
        self._generator, self._decoder = generator, decoder
        self._levels = networks.levels[:steps]
        self._shape = _latent_shape(generator)

    def __call__(self, attributes: Attributes, identities: Identities) -> Replacements:
        """Painted faces, row by row; a row without an identity is not painted."""
        count, size = attributes.inside.shape[:2]
        pixels = np.zeros((count, size, size, 3), np.uint8)
        fault = [NO_IDENTITY] * count
        rows = np.flatnonzero(np.isfinite(identities.code).all(axis=1))
        if len(rows):
            painted = self._paint(attributes, identities, rows)
            grain = np.stack([_numbers(int(key), GRAIN, (size, size)) for key in identities.key[rows]])
            pixels[rows], finite = matched(
                painted,
                surround=attributes.surround[rows],
                visible=attributes.visible[rows],
                inside=attributes.inside[rows],
                grain=grain,
            )
            for row, good in zip(rows.tolist(), finite.tolist(), strict=True):
                fault[row] = "" if good else NOT_FINITE
        mask = np.rint(attributes.inside * (1 - attributes.front) * 255).astype(np.uint8)
        return Replacements(pixels, mask, attributes.matrix, tuple(fault))

    def _paint(self, attributes: Attributes, identities: Identities, rows: npt.NDArray[np.intp]) -> FloatArray:
        """Pictures ``(n, 3, S, S)``, 0..1 as far as the decoder keeps to that."""
        drawn = np.stack([_numbers(int(key), NOISE, self._shape) for key in identities.key[rows]])
        noise = drawn / np.float32(1 << NORMAL_BITS)
        given = {
            "context": attributes.context[rows],
            "attributes": attributes.code[rows],
            "identity": identities.code[rows],
        }
        clean = noise
        for level in self._levels:
            t = np.float32(level)
            latent = (1 - t) * clean + t * noise if t < 1 else noise
            levels = np.full(len(rows), t, np.float32)
            clean = self._generator.infer({"latent": latent.astype(np.float32), "level": levels, **given})["clean"]
        return np.asarray(self._decoder.infer({"latent": clean})["pixels"], np.float32)


@lru_cache(maxsize=256)
def _numbers(key: int, draw: int, shape: tuple[int, ...]) -> npt.NDArray[np.int16]:
    """Standard normals of a track in 1/4096, the same in every frame."""
    return normals(key, draw=draw, size=int(np.prod(shape))).reshape(shape)


def _latent_shape(generator: Runner) -> tuple[int, ...]:
    axes = next((port.axes for port in generator.inputs if port.name == "latent"), ())
    sizes = tuple(axis for axis in axes[1:] if isinstance(axis, int))
    if len(axes) != 4 or len(sizes) != 3:
        raise PackError(
            "the generator's latent has no fixed size",
            given=f"shape {axes}",
            expected='("n", L, h, w) with numbers for L, h and w',
            do="state them in pack.toml",
        )
    return sizes

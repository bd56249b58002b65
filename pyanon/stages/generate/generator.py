"""The generator: a latent consistency model that sees attributes and a new identity, and nothing else."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pyanon.arrays import on_host
from pyanon.errors import InputError, PackError
from pyanon.ops import pictures
from pyanon.ops.philox import NORMAL_BITS, normals
from pyanon.runtime import FaceNetworks, Runner, infer_beside
from pyanon.stages.generate.matching import matched
from pyanon.types import Attributes, Identities, Replacements, Values

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
        fault = [NO_IDENTITY] * len(attributes)
        rows = np.flatnonzero(np.isfinite(identities.code).all(axis=1))
        mask = np.rint(attributes.inside * (1 - attributes.front) * 255).astype(np.uint8)
        pixels = attributes.surround  # stays where a row has a fault, and is not shown then
        if len(rows):
            size = attributes.inside.shape[1]
            lit, finite = matched(
                self._paint(attributes, identities, rows),
                surround=pictures.picked(attributes.surround, rows),
                visible=attributes.visible[rows],
                inside=attributes.inside[rows],
                grain=np.stack([_numbers(int(key), GRAIN, (size, size)) for key in identities.key[rows]]),
            )
            pixels = pictures.joined([(rows, lit, np.arange(len(rows)))], count=len(attributes))
            for row, good in zip(rows.tolist(), on_host(finite).tolist(), strict=True):
                fault[row] = "" if good else NOT_FINITE
        return Replacements(pixels, pictures.beside(mask, pixels), attributes.matrix, tuple(fault))

    def _paint(self, attributes: Attributes, identities: Identities, rows: npt.NDArray[np.intp]) -> Values:
        """Pictures ``(n, 3, S, S)``, 0..1 as far as the decoder keeps to that."""
        drawn = np.stack([_numbers(int(key), NOISE, self._shape) for key in identities.key[rows]])
        noise = drawn.astype(np.float32) / np.float32(1 << NORMAL_BITS)
        given = {
            "context": pictures.picked(attributes.context, rows),
            "attributes": attributes.code[rows],
            "identity": identities.code[rows],
        }
        clean: Values = noise
        for level in self._levels:
            t = np.float32(level)
            # The latents of a step go through the host: they are small, and nothing of the source is in them.
            latent = (1 - t) * on_host(clean) + t * noise if t < 1 else noise
            inputs = {"latent": latent.astype(np.float32), "level": np.full(len(rows), t, np.float32), **given}
            clean = infer_beside(self._generator, inputs, like=attributes.surround)["clean"]
        return infer_beside(self._decoder, {"latent": clean}, like=attributes.surround)["pixels"]


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

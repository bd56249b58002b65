"""Pictures of every shape and stride, boxes of every kind."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from pyanon.types import FloatArray, ImageArray

#: Ways to look at the same pixels through other strides.
LAYOUTS: dict[str, Callable[[ImageArray], ImageArray]] = {
    "packed": lambda a: np.ascontiguousarray(a),
    "padded rows": lambda a: np.pad(a, ((0, 0), (0, 3), (0, 0)))[:, : a.shape[1]],
    "upside down": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "mirrored": lambda a: np.ascontiguousarray(a[:, ::-1])[:, ::-1],
    "channels swapped": lambda a: np.ascontiguousarray(a[:, :, ::-1])[:, :, ::-1],
    "every second": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "planes": lambda a: np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0),
    "column major": lambda a: np.asfortranarray(a),
}

layouts = st.sampled_from(sorted(LAYOUTS))
seeds = st.integers(0, 2**32 - 1)


def picture(seed: int, height: int, width: int, *, layout: str = "packed") -> ImageArray:
    """Smooth colours, noise and runs of 0 and 255, in some layout."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (height, width, 3))
    slope = np.add.outer(np.arange(height) * 3, np.arange(width) * 2)[:, :, None] % 256
    pixels = np.where(rng.random((height, width, 1)) < 0.5, noise, slope)
    pixels[rng.random((height, width)) < 0.1] = 0
    pixels[rng.random((height, width)) < 0.1] = 255
    return LAYOUTS[layout](pixels.astype(np.uint8))


def mask(seed: int, height: int, width: int) -> ImageArray:
    """A mask with runs of 0, runs of 255 and everything in between."""
    rng = np.random.default_rng(seed)
    values = np.sort(rng.integers(-200, 456, height * width)).clip(0, 255).reshape(height, width)
    return (values if seed % 2 else rng.permuted(values)).astype(np.uint8)


def boxes(*, most: int = 5, extent: float = 90.0) -> st.SearchStrategy[FloatArray]:
    """``(n, 4)`` float32 boxes around a small frame: inside, outside, overlapping, empty, huge."""
    edge = st.floats(-extent / 2, extent * 1.5, width=32)
    length = st.one_of(st.just(0.0), st.floats(0, extent, width=32), st.floats(0, 1e6, width=32))
    box = st.tuples(edge, edge, length, length).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
    return st.lists(box, max_size=most).map(lambda rows: np.array(rows, np.float32).reshape(-1, 4))


def similarity(seed: int, *, size: int, extent: float) -> FloatArray:
    """A map from a frame of about this extent to a crop: turned, scaled, moved, perhaps mirrored."""
    rng = np.random.default_rng(seed)
    angle, scale = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(-1.5, 1.5))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.3:
        turn[:, 0] *= -1
    centre = rng.uniform(-0.3 * extent, 1.3 * extent, 2)
    return np.column_stack([turn, size / 2 - turn @ centre]).astype(np.float32)

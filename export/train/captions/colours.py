"""Names of colours: which one a pixel has, where people would agree on it, and pixels for each name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyanon.types import FloatArray

__all__ = ["COLOURS", "UNNAMED", "lab", "named", "palette"]

COLOURS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
#: What has a colour that people would call by different names.
UNNAMED = -1
#: Hues in degrees, lightness and chroma of CIELAB between which a colour has its name; a later entry wins.
_RANGES: tuple[tuple[str, tuple[float, float], tuple[float, float], tuple[float, float]], ...] = (
    ("black", (0, 360), (0, 20), (0, 16)),
    ("white", (0, 360), (80, 101), (0, 9)),
    ("grey", (0, 360), (33, 70), (0, 8)),
    ("red", (12, 45), (24, 58), (38, 200)),
    ("red", (0, 45), (18, 34), (26, 60)),
    ("orange", (50, 72), (52, 80), (48, 200)),
    ("yellow", (82, 107), (65, 100), (40, 200)),
    ("green", (116, 174), (20, 92), (20, 200)),
    ("blue", (240, 299), (12, 80), (18, 200)),
    ("purple", (306, 328), (15, 68), (22, 200)),
    ("pink", (338, 360), (52, 92), (22, 200)),
    ("pink", (0, 25), (66, 92), (18, 60)),
    ("brown", (38, 78), (18, 42), (14, 40)),
)
#: sRGB to XYZ, as shares of D65's white (IEC 61966-2-1).
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
) / np.array([[0.95047], [1.0], [1.08883]])


def lab(rgb: npt.ArrayLike) -> FloatArray:
    """CIELAB of sRGB ``(..., 3)`` in 0..255."""
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ.T
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.asarray(np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1), np.float32)


def named(rgb: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Number of the name of each colour ``(..., 3)`` in 0..255, or `UNNAMED`."""
    light, a, b = np.moveaxis(lab(rgb), -1, 0)
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    found = np.full(light.shape, UNNAMED, np.int64)
    for name, (h0, h1), (l0, l1), (c0, c1) in _RANGES:
        inside = (hue >= h0) & (hue <= h1) & (light >= l0) & (light < l1) & (chroma >= c0) & (chroma < c1)
        found[inside] = COLOURS.index(name)
    return found


def palette(rng: np.random.Generator, *, each: int = 400) -> list[FloatArray]:
    """Colours ``(each, 3)`` in 0..255 of every name, in the order of `COLOURS`."""
    every = rng.uniform(0, 255, (400_000, 3))
    grey = rng.uniform(0, 255, (60_000, 1)) + rng.normal(0, 5, (60_000, 3))
    rgb = np.concatenate([every, grey.clip(0, 255)])
    names = named(rgb)
    return [rgb[names == number][:each].astype(np.float32) for number in range(len(COLOURS))]

"""The one crop that all replacing networks share, and where its landmarks lie."""

from __future__ import annotations

import numpy as np

from pyanon.types import FloatArray

__all__ = ["MARGIN", "SIZE", "TEMPLATE"]

#: Side of the crop, and how much more of the picture the training crops keep on every side, in pixels.
SIZE, MARGIN = 128, 16
#: The five landmarks of the widely used 112-pixel alignment (ArcFace, Deng and others, CVPR 2019) ...
_ARCFACE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)
#: ... in a square that shows from the hair line to under the chin: as much as a tight portrait has.
TEMPLATE: FloatArray = (_ARCFACE - np.array([2, 17], np.float32)) * np.float32(SIZE / 108)

"""What every op computes, in plain NumPy: the definition that each backend is held to by the tests.

Same signatures as in `pyanon.ops.cpu`, where the arguments are described; no argument is checked here. Integer
results are met exactly by every backend, `letterbox` within 1/50 of a level.
"""

from pyanon.ops.reference.blend import blend, paste
from pyanon.ops.reference.cover import cover
from pyanon.ops.reference.exponential import exponential
from pyanon.ops.reference.letterbox import letterbox, letterbox_nv12
from pyanon.ops.reference.nms import nms
from pyanon.ops.reference.nv12 import nv12_from_rgb, rgb_from_nv12
from pyanon.ops.reference.planes import planes
from pyanon.ops.reference.reject import judge, reject
from pyanon.ops.reference.relight import relight
from pyanon.ops.reference.warp import warp

__all__ = [
    "blend",
    "cover",
    "exponential",
    "judge",
    "letterbox",
    "letterbox_nv12",
    "nms",
    "nv12_from_rgb",
    "paste",
    "planes",
    "reject",
    "relight",
    "rgb_from_nv12",
    "warp",
]

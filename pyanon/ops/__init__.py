"""The numeric ops of the pipeline, on the backend where their arrays live.

`pyanon.ops.reference` defines them in NumPy, `pyanon.ops.cpu` runs them natively.
"""

from pyanon.ops import cpu
from pyanon.ops._select import follows_array
from pyanon.ops.cpu import CoverStyle, force_simd, simd_target, simd_targets

__all__ = [
    "CoverStyle",
    "blend",
    "cover",
    "force_simd",
    "letterbox",
    "nms",
    "paste",
    "simd_target",
    "simd_targets",
    "warp",
]

blend = follows_array(cpu.blend)
cover = follows_array(cpu.cover)
letterbox = follows_array(cpu.letterbox)
nms = follows_array(cpu.nms)
paste = follows_array(cpu.paste)
warp = follows_array(cpu.warp)

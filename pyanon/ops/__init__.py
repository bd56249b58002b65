"""The numeric ops of the pipeline, on the backend where their arrays live.

`pyanon.ops.reference` defines them in NumPy, `pyanon.ops.cpu` runs them natively, `pyanon.ops.cuda` on an NVIDIA GPU.
"""

from pyanon.ops import cpu, cuda
from pyanon.ops._select import follows_array
from pyanon.ops.cpu import CoverStyle, Region, Standard, force_simd, simd_target, simd_targets
from pyanon.ops.epsilon import EpsilonLedger
from pyanon.ops.spec import Oracle, Reason, SamplerSpec, track_key

__all__ = [
    "CoverStyle",
    "EpsilonLedger",
    "Oracle",
    "Reason",
    "Region",
    "SamplerSpec",
    "Standard",
    "blend",
    "cover",
    "exponential",
    "force_simd",
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
    "simd_target",
    "simd_targets",
    "track_key",
    "warp",
]

blend = follows_array(cpu.blend, cuda.blend)
cover = follows_array(cpu.cover, cuda.cover)
exponential = follows_array(cpu.exponential, cuda.exponential)
judge = follows_array(cpu.judge, cuda.judge)
letterbox = follows_array(cpu.letterbox, cuda.letterbox)
letterbox_nv12 = follows_array(cpu.letterbox_nv12, cuda.letterbox_nv12)
nms = follows_array(cpu.nms, cuda.nms)
nv12_from_rgb = follows_array(cpu.nv12_from_rgb, cuda.nv12_from_rgb)
paste = follows_array(cpu.paste, cuda.paste)
planes = follows_array(cpu.planes, cuda.planes)
reject = follows_array(cpu.reject, cuda.reject)
relight = follows_array(cpu.relight, cuda.relight)
rgb_from_nv12 = follows_array(cpu.rgb_from_nv12, cuda.rgb_from_nv12)
warp = follows_array(cpu.warp, cuda.warp)

"""IP-Adapter-FaceID in a U-Net: an identity embedding becomes four tokens, which every cross attention looks at too.

Ye, Zhang, Liu, Han, Yang, "IP-Adapter", arXiv 2308.06721. Its FaceID weights carry low-rank changes of the attention
layers beside the new keys and values; they are added to the weights that they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["IDENTITY", "TOKENS", "adapt", "random_adapter"]

#: Numbers of an ArcFace embedding, and tokens that are made of it.
IDENTITY, TOKENS = 512, 4

Adapter = Mapping[str, Mapping[str, Tensor]]
_PARTS = {"q": "to_q", "k": "to_k", "v": "to_v", "out": "to_out.0"}


def random_adapter(unet: Any) -> Adapter:
    """Random weights in the layout of ``ip-adapter-faceid_sd15.bin``, for any U-Net."""
    wide = unet.config.cross_attention_dim

    def weight(*shape: int) -> Tensor:
        return torch.randn(*shape) / shape[-1] ** 0.5

    proj = {
        "proj.0.weight": weight(2 * IDENTITY, IDENTITY),
        "proj.0.bias": torch.zeros(2 * IDENTITY),
        "proj.2.weight": weight(TOKENS * wide, 2 * IDENTITY),
        "proj.2.bias": torch.zeros(TOKENS * wide),
        "norm.weight": torch.ones(wide),
        "norm.bias": torch.zeros(wide),
    }
    keys = {}
    for index, name in enumerate(unet.attn_processors):
        if "attn2" in name:
            layer = unet.get_submodule(name.removesuffix(".processor")).to_k
            for part in ("to_k_ip", "to_v_ip"):
                keys[f"{index}.{part}.weight"] = weight(layer.out_features, wide)
    return {"image_proj": proj, "ip_adapter": keys}


def adapt(unet: Any, adapter: Adapter, *, scale: float) -> None:
    """Puts an adapter into a diffusers U-Net, in place.

    Args:
        unet: ``UNet2DConditionModel``.
        adapter: Its two groups of weights, ``image_proj`` and ``ip_adapter``.
        scale: How much the identity's attention counts beside the text's.
    """
    _merge_low_rank(unet, adapter["ip_adapter"])
    # The loader behind `load_ip_adapter` of diffusers' pipelines; there is no pipeline here.
    unet._load_ip_adapter_weights([adapter], low_cpu_mem_usage=False)
    for processor in unet.attn_processors.values():
        if hasattr(processor, "to_k_ip"):
            processor.scale = [scale] * len(processor.scale)


@torch.no_grad()
def _merge_low_rank(unet: Any, weights: Mapping[str, Tensor]) -> None:
    for index, name in enumerate(unet.attn_processors):
        for short, part in _PARTS.items():
            down, up = (weights.get(f"{index}.to_{short}_lora.{each}.weight") for each in ("down", "up"))
            if down is not None and up is not None:
                layer = unet.get_submodule(f"{name.removesuffix('.processor')}.{part}")
                layer.weight += (up.float() @ down.float()).to(layer.weight.dtype)

"""Lets transformers and diffusers import beside a torchvision that does not fit to torch.

Both import torchvision where it is installed, though no network here needs it. The package index has it built against
CUDA only; beside a torch for the CPU its operators do not load, and its import ends with ``operator torchvision::nms
does not exist``. Two of them are asked for while it is imported: declared, they let the rest pass. They cannot be run.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

__all__ = ["mend"]

#: Operators that `torchvision._meta_registrations` asks for without looking whether they are there.
_SCHEMAS = tuple(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor" for name in ("nms", "qnms"))
_declared: list[torch.library.Library] = []  # they are there as long as this is


def mend() -> None:
    """Declares the operators, where torchvision is installed and its own do not load; harmless when repeated."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None or _declared:
        return
    try:
        for extension in Path(found.origin).parent.glob("_C.*"):
            torch.ops.load_library(str(extension))
    except OSError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            library.define(schema)
        _declared.append(library)

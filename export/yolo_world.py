"""Exports YOLO-World v2 as a locator whose prompts are an input.

    python -m export.yolo_world packs/yolo_world --from yolov8s-worldv2.pt
    python -m export.yolo_world packs/yolo_world --random-init --size s

Cheng, Song, Ge, Liu, Wang, Shan, "YOLO-World: real-time open-vocabulary object detection", CVPR 2024, as ultralytics
(AGPL-3.0) defines it; the weights are GPL-3.0. It finds boxes and no landmarks: those come from the pack's `landmarks`.
Prompts are embeddings of CLIP ViT-B/32 (`export.clip`), 1 to 80 of them. A runtime that wants a fixed number of prompts
gets one of them several times, never noughts: the network looks for the likest prompt at every place, and noughts are a
prompt too. Scores are sigmoids on a scale of their own; the thresholds below are where calibration starts from.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.piece import Family, Piece, dice, smooth
from export.run import arguments, export, fetched, prepared
from export.ultralytics_door import load_tasks
from pyanon.errors import InputError
from pyanon.runtime import Port, Role

__all__ = ["LOCATOR", "Located", "family", "main", "parser"]

SIZES = ("s", "m", "l", "x", "n")
STRIDE, EMBEDDING = 32, 512
LOCATOR = Role(
    file="locator.onnx",
    inputs=(
        Port("image", "float32", (1, 3, "height", "width")),
        Port("prompts", "float32", ("prompts", EMBEDDING)),
    ),
    outputs=(Port("boxes", "float32", (1, "n", 4)), Port("scores", "float32", (1, "n", "prompts"))),
    settings={
        "threshold": 0.25,
        "still_threshold": 0.2,
        "nms_iou": 0.5,
        "stride": STRIDE,
        "input_size": (640, 352),
    },
)


class Located(nn.Module):
    """The network with the ports of a locator: image ``(1, 3, h, w)`` RGB 0..1, prompts ``(p, 512)``."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        head: Any = net.model[-1]  # type: ignore[index]
        # Anchors made anew for every size of picture; corners instead of centre and size.
        head.dynamic = head.export = head.xyxy = True

    def forward(self, image: Tensor, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes ``(1, n, 4)``, corners in pixels of the image, and scores ``(1, n, p)``."""
        self.net.model[-1].nc = prompts.shape[0]  # type: ignore[index, union-attr]
        # `set_classes` would install a package to embed words; embeddings are given instead.
        found = self.net.predict(image, txt_feats=prompts[None])  # type: ignore[operator]
        boxes, scores = found.transpose(1, 2).split((4, prompts.shape[0]), -1)
        return boxes, scores


def parser() -> argparse.ArgumentParser:
    """Arguments."""
    parser = arguments(__doc__ or "", source="a checkpoint yolov8?-worldv2.pt, or OWNER/NAME on the hub")
    parser.add_argument("--size", choices=SIZES, default="s")
    return parser


def _net(args: argparse.Namespace) -> nn.Module:
    tasks = load_tasks()
    if args.random_init:
        net: nn.Module = tasks.WorldModel(f"yolov8{'n' if args.small else args.size}-worldv2.yaml", verbose=False)
        _enliven(net)
        return net
    net = tasks.load_checkpoint(fetched(args, f"yolov8{args.size}-worldv2.pt"), device="cpu")[0]
    if not isinstance(net, tasks.WorldModel):
        raise InputError("the checkpoint is no YOLO-World", given=type(net).__name__, expected="WorldModel")
    return net


@torch.no_grad()
def _enliven(net: nn.Module) -> None:
    """Lets random weights tell prompts and places apart: as they begin, all scores are nearly the same."""
    head: Any = net.eval().model[-1]  # type: ignore[index]
    for part in net.modules():
        if isinstance(part, nn.Conv2d) and part is not head.dfl.conv:
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight)  # of prompts, whose length is 1
    for part in head.cv4:
        part.norm.train().momentum = None  # the mean over all that is shown
    net(smooth(2, 3, 256, 256, seed=1))
    for last, part in zip((branch[-1] for branch in head.cv3), head.cv4, strict=True):
        spread = part.norm.running_var.sqrt()
        last.weight /= spread[:, None, None, None]
        last.bias.copy_((last.bias - part.norm.running_mean) / spread)
        part.norm.eval().reset_running_stats()
        nn.init.constant_(part.bias, -2)


def _prompts(seed: int) -> Tensor:
    return functional.normalize(torch.randn(3, EMBEDDING, generator=dice(seed)), dim=1)


def _example(seed: int) -> tuple[Tensor, Tensor]:
    return smooth(1, 3, 352, 640, seed=seed), _prompts(seed)


def family(args: argparse.Namespace) -> Family:
    """The locator."""
    prepared(args)
    return Family(
        name="yolo_world",
        licence="GPL-3.0-only (YOLO-World), exported with ultralytics, AGPL-3.0-only",
        training_data="Objects365, GQA, Flickr30k and more, as its authors say: see YOLO-World's model card",
        pieces=(Piece("locator", LOCATOR, Located(_net(args).float().eval()).eval(), _example, rows=1, sees=True),),
    )


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    export(family(args), args)


if __name__ == "__main__":
    main()

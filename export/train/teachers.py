"""The teachers: public detectors that label what nobody labelled by hand. Used in training and measuring only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from PIL import Image

from pyanon.types import Detections, FloatArray, ImageArray

__all__ = ["RfbTeacher", "YuNetTeacher", "iou_matrix", "session", "suppress"]


def iou_matrix(a: FloatArray, b: FloatArray) -> FloatArray:
    """Intersection over union of every box of ``a`` ``(n, 4)`` with every box of ``b`` ``(m, 4)``: ``(n, m)``."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    area_a = np.clip(a[:, 2:] - a[:, :2], 0, None).prod(-1)
    area_b = np.clip(b[:, 2:] - b[:, :2], 0, None).prod(-1)
    union = area_a[:, None] + area_b[None, :] - overlap
    return np.asarray(overlap / np.maximum(union, 1e-9), np.float32)


def suppress(xyxy: FloatArray, score: FloatArray, iou: float) -> npt.NDArray[np.int64]:
    """Greedy non-maximum suppression; indices of what stays, best first."""
    order = np.argsort(-score, kind="stable")
    kept: list[int] = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        order = rest[iou_matrix(xyxy[best : best + 1], xyxy[rest])[0] <= iou]
    return np.asarray(kept, np.int64)


def session(path: Path, threads: int) -> ort.InferenceSession:
    """A teacher's file on the CPU."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _resized(image: ImageArray, size: tuple[int, int]) -> ImageArray:
    """Bilinear with antialiasing to (width, height)."""
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))


class YuNetTeacher:
    """YuNet-n (libfacedetection.train), anchor-free at strides 8, 16 and 32; BGR 0..255."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._run = session(folder / "yunet_n_dynamic.onnx", threads)

    def __call__(self, image: ImageArray, *, long_side: int = 640, threshold: float = 0.6) -> Detections:
        """Detects faces after scaling the longer side to ``long_side``; boxes in pixels of ``image``."""
        height, width = image.shape[:2]
        ratio = long_side / max(height, width)
        w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
        canvas = np.zeros((-(-h // 32) * 32, -(-w // 32) * 32, 3), np.uint8)
        canvas[:h, :w] = _resized(image, (w, h))
        tensor = np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
        names = [f"{part}_{s}" for s in (8, 16, 32) for part in ("cls", "obj", "bbox", "kps")]
        found = self._run.run(names, {"input": tensor})
        boxes, scores, points = [], [], []
        for level, stride in enumerate((8, 16, 32)):
            cls, obj, box, kps = (a[0] for a in found[4 * level : 4 * level + 4])
            score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
            keep = np.flatnonzero(score >= threshold)
            columns = canvas.shape[1] // stride
            cell = np.stack([keep % columns, keep // columns], 1).astype(np.float32)
            centre, half = (cell + box[keep, :2]) * stride, np.exp(box[keep, 2:]) * stride / 2
            boxes.append(np.concatenate([centre - half, centre + half], 1))
            scores.append(score[keep])
            points.append((cell[:, None] + kps[keep].reshape(-1, 5, 2)) * stride)
        xyxy = (np.concatenate(boxes) / ratio).astype(np.float32)
        score = np.concatenate(scores).astype(np.float32)
        kept = suppress(xyxy, score, 0.4)
        landmarks = (np.concatenate(points)[kept] / ratio).astype(np.float32)
        return Detections(xyxy[kept], score[kept], landmarks, np.zeros(len(kept), np.int64))


class RfbTeacher:
    """Ultra-Light-Fast-Generic-Face-Detector RFB-640: a second opinion, without landmarks."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self._run = session(folder / "rfb-640.onnx", threads)

    def __call__(self, image: ImageArray, *, threshold: float = 0.7) -> Detections:
        """Detects faces after stretching to 640x480; boxes in pixels of ``image``."""
        height, width = image.shape[:2]
        tensor = (_resized(image, (640, 480)).astype(np.float32) - 127) / 128
        scores, boxes = self._run.run(["scores", "boxes"], {"input": tensor.transpose(2, 0, 1)[None]})
        keep = np.flatnonzero(scores[0, :, 1] >= threshold)
        xyxy = (boxes[0, keep] * np.array([width, height, width, height])).astype(np.float32)
        score = scores[0, keep, 1].astype(np.float32)
        kept = suppress(xyxy, score, 0.4)
        blank = np.full((len(kept), 5, 2), np.nan, np.float32)
        return Detections(xyxy[kept], score[kept], blank, np.zeros(len(kept), np.int64))

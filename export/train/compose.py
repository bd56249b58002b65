"""Composes training pictures for the locator: tiles, crowds, close faces and pictures without any face."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from export.train.library import Labels, Library, Picture, dress
from pyanon.types import FloatArray, ImageArray

__all__ = ["MIRROR", "compose", "visible", "weather"]

Rect = tuple[int, int, int, int]
#: Order of the five landmarks after a left-right flip.
MIRROR = [1, 0, 2, 4, 3]
#: Of the windows that aim at no face, the share that aims at something a locator took for one.
HARD = 0.5


def compose(library: Library, rng: np.random.Generator, *, size: int) -> tuple[ImageArray, Labels]:
    """One training picture ``(size, size, 3)`` uint8 RGB with its labels in its own pixels."""
    canvas = _backdrop(library, rng, size)
    kind = rng.random()
    if kind < 0.28:
        labels = _tiles(canvas, library, rng, count=int(rng.choice([1, 2, 2, 3, 4])), faces=0.85)
    elif kind < 0.54:
        labels = _tiles(canvas, library, rng, count=int(rng.choice([1, 1, 2])), faces=0.35)
        labels = _crowd(canvas, labels, library, rng)
    elif kind < 0.74:
        labels = _street(canvas, library, rng)
    elif kind < 0.85:
        labels = _close(canvas, library, rng)
    else:
        labels = _tiles(canvas, library, rng, count=int(rng.choice([1, 2, 3])), faces=0.0)
    image, labels = _mirror(canvas, labels, rng)
    return weather(image, rng), visible(labels, (0, 0, size, size))


def _backdrop(library: Library, rng: np.random.Generator, size: int) -> Image.Image:
    """What shows where no window reaches: a faceless picture, or one colour."""
    if rng.random() < 0.3:
        return Image.new("RGB", (size, size), tuple(int(c) for c in rng.integers(0, 255, 3)))
    picture = _scene(library, rng, faces=False)
    if len(picture.labels.xyxy):
        picture = library[int(rng.choice(library.groups[4]))]
    return picture.image.resize((size, size), Image.Resampling.BILINEAR)


def visible(labels: Labels, rect: Rect) -> Labels:
    """Clips boxes to a rectangle; what is mostly hidden is ignored, what is barely seen is dropped.

    A face that fills most of the rectangle is a face from a quarter of it on.
    """
    x0, y0, x1, y1 = rect
    clipped = np.clip(labels.xyxy, [x0, y0, x0, y0], [x1, y1, x1, y1]).astype(np.float32)
    area = np.maximum(np.ptp(labels.xyxy.reshape(-1, 2, 2), axis=1).prod(-1), 1e-6)
    seen = np.ptp(clipped.reshape(-1, 2, 2), axis=1).prod(-1)
    share, filled = seen / area, seen / ((x1 - x0) * (y1 - y0))
    small = np.ptp(clipped.reshape(-1, 2, 2), axis=1).min(-1, initial=1e9) < 7
    hidden = share < np.where(filled > 0.5, 0.25, 0.45)
    weight = np.where(hidden | small, 0.0, labels.weight).astype(np.float32)
    return Labels(clipped, weight, labels.points).pick(np.flatnonzero(share > 0.1).tolist())


def _face_size(rng: np.random.Generator, low: float, high: float) -> float:
    """Log-uniform: as many faces of 10 to 20 px as of 100 to 200."""
    return float(np.exp(rng.uniform(np.log(low), np.log(max(high, low + 1)))))


def _place(
    canvas: Image.Image,
    rect: Rect,
    picture: Picture,
    rng: np.random.Generator,
    face: float | None,
    focus: FloatArray | None = None,
) -> Labels:
    """Shows a window of a picture in a rectangle, scaled so that its face, or ``focus``, gets ``face`` pixels wide."""
    x0, y0, x1, y1 = rect
    width, height, image, labels = x1 - x0, y1 - y0, picture.image, picture.labels
    fit = max(width / image.width, height / image.height)
    scale, centre = fit * float(rng.uniform(1.0, 1.6)), (image.width / 2, image.height / 2)
    if focus is None and len(labels.xyxy):
        focus = labels.xyxy[int(rng.integers(len(labels.xyxy)))]
    if focus is not None:
        if face is not None:
            scale = face / max(4.0, float(focus[2] - focus[0]))
        centre = (float(focus[0] + focus[2]) / 2, float(focus[1] + focus[3]) / 2)
    scale = float(np.clip(scale, 0.03, 6))
    shown_w, shown_h = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    # The face lands anywhere in the rectangle; where the picture is larger than it, the rectangle stays filled.
    left = rng.uniform(0.15, 0.85) * width - centre[0] * scale
    top = rng.uniform(0.15, 0.85) * height - centre[1] * scale
    left = float(np.clip(left, min(0, width - shown_w), max(0, width - shown_w)))
    top = float(np.clip(top, min(0, height - shown_h), max(0, height - shown_h)))
    part = (max(0.0, -left / scale), max(0.0, -top / scale))
    end = (min(image.width, (width - left) / scale), min(image.height, (height - top) / scale))
    px, py = max(0, round(left)), max(0, round(top))
    w, h = max(1, min(width, round(left + shown_w)) - px), max(1, min(height, round(top + shown_h)) - py)
    shown = image.resize((w, h), Image.Resampling.BILINEAR, box=(*part, *end), reducing_gap=2.0)
    canvas.paste(shown, (x0 + px, y0 + py))
    return visible(labels.moved(scale, x0 + left, y0 + top), (x0 + px, y0 + py, x0 + px + w, y0 + py + h))


def _tiles(canvas: Image.Image, library: Library, rng: np.random.Generator, *, count: int, faces: float) -> Labels:
    """A grid of windows; ``faces`` is the share of windows that aim at a face."""
    size, labels = canvas.width, Labels.none()
    cuts_x = [0, *(int(size * (k + rng.uniform(-0.2, 0.2)) / count) for k in range(1, count)), size]
    cuts_y = [0, *(int(size * (k + rng.uniform(-0.2, 0.2)) / count) for k in range(1, count)), size]
    for x0, x1 in pairwise(cuts_x):
        for y0, y1 in pairwise(cuts_y):
            aim = rng.random() < faces
            face = _face_size(rng, 9, min(x1 - x0, y1 - y0) * 0.75)
            if not aim and library.mined and rng.random() < HARD:
                picture, focus = library.hard(rng)
                labels = labels.plus(_place(canvas, (x0, y0, x1, y1), picture, rng, face, focus))
                continue
            picture = _scene(library, rng, faces=aim)
            labels = labels.plus(_place(canvas, (x0, y0, x1, y1), picture, rng, face if aim else None))
    return labels


def _scene(library: Library, rng: np.random.Generator, *, faces: bool) -> Picture:
    """A street photo, a portrait, or something without a face."""
    chance = rng.random()
    if not faces and chance < 0.6:
        return library[int(rng.choice(library.groups[4]))]
    if not faces and chance < 0.7 and len(library.groups) > 5:
        return library[int(rng.choice(library.groups[5]))]
    if faces and chance < 0.3:
        return dress(library[int(rng.choice(library.portraits))], rng)
    if chance < 0.06 + 0.3 * faces:
        return library[int(rng.choice(library.groups[3]))]
    picture = library[int(rng.choice(library.groups[2]))]
    return dress(_new_head(picture, library, rng), rng) if faces else _below_the_head(picture)


def _below_the_head(picture: Picture) -> Picture:
    """The lower part of a street photo: clothes, hands, streets, no face."""
    lowest = float(picture.labels.xyxy[:, 3].max(initial=0))
    top = min(int(lowest * 1.1) + 8, picture.image.height - 32)
    if lowest > picture.image.height * 0.6 or top < 0:
        return picture
    cut = picture.image.crop((0, top, picture.image.width, picture.image.height))
    return Picture(cut, Labels.none())


def _new_head(picture: Picture, library: Library, rng: np.random.Generator) -> Picture:
    """Half of the street photos get another person's face, so that bodies and faces vary independently."""
    sure = np.flatnonzero(picture.labels.weight > 0)
    if rng.random() < 0.45 or not len(sure):
        return picture
    row = int(sure[0])
    box = picture.labels.xyxy[row]
    image = picture.image.copy()
    head = _cut_out(library, rng, height=float(box[3] - box[1]) * float(rng.uniform(0.95, 1.15)), turn=8)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    placed = _stick(image, head, middle)
    others = [i for i in range(len(picture.labels.xyxy)) if i != row]
    return Picture(image, picture.labels.pick(others).plus(placed))


def _cut_out(library: Library, rng: np.random.Generator, *, height: float, turn: float) -> Picture:
    """A head with a soft oval outline (RGBA), its face ``height`` pixels tall, turned by up to ``turn`` degrees."""
    source = dress(library[int(rng.choice(library.portraits))], rng)
    row = int(np.argmax(source.labels.weight * np.ptp(source.labels.xyxy.reshape(-1, 2, 2), axis=1).prod(-1)))
    box, points = source.labels.xyxy[row], source.labels.points[row]
    w, h = box[2] - box[0], box[3] - box[1]
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - h * 0.06
    grow_x, grow_y = rng.uniform(1.1, 1.45), rng.uniform(1.05, 1.3)
    x0, x1 = max(0.0, cx - w / 2 * grow_x), min(source.image.width, cx + w / 2 * grow_x)
    y0, y1 = max(0.0, cy - h / 2 * grow_y), min(source.image.height, cy + h / 2 * grow_y)
    scale = height / float(h)
    size = (max(3, round((x1 - x0) * scale)), max(3, round((y1 - y0) * scale)))
    face = source.image.resize(size, Image.Resampling.BILINEAR, box=(x0, y0, x1, y1), reducing_gap=2.0)
    labels = Labels(box[None], np.ones(1, np.float32), points[None]).moved(scale, -x0 * scale, -y0 * scale)
    labels = visible(labels, (0, 0, *size))
    labels.weight[:] = 1
    face.putalpha(_oval(size, rng))
    return _turned(Picture(face, labels), float(np.clip(rng.normal(0, turn), -70, 70)))


def _oval(size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """A soft superellipse, 255 inside."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    power = rng.uniform(2.0, 4.0)
    r = np.abs((x + 0.5) / size[0] * 2 - 1) ** power + np.abs((y + 0.5) / size[1] * 2 - 1) ** power
    edge = rng.uniform(0.05, 0.4)
    return Image.fromarray((np.clip((1 - r) / edge, 0, 1) * 255).astype(np.uint8))


def _turned(head: Picture, degrees: float) -> Picture:
    """Rotates a cut-out; the box becomes the one around the rotated ellipse of the face."""
    if abs(degrees) < 3:
        return head
    image = head.image.rotate(degrees, Image.Resampling.BILINEAR, expand=True)
    a = np.deg2rad(-degrees)
    spin = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]], np.float32)
    old = np.array([head.image.width, head.image.height], np.float32) / 2
    new = np.array([image.width, image.height], np.float32) / 2
    points = (head.labels.points - old) @ spin.T + new
    box = head.labels.xyxy[0]
    middle = ((box[:2] + box[2:]) / 2 - old) @ spin.T + new
    half = np.sqrt((spin**2) @ ((box[2:] - box[:2]) / 2) ** 2)
    xyxy = np.concatenate([middle - half, middle + half])[None].astype(np.float32)
    return Picture(image, Labels(xyxy, head.labels.weight, points.astype(np.float32)))


def _stick(canvas: Image.Image, head: Picture, middle: tuple[float, float]) -> Labels:
    """Pastes a cut-out so that its face is centred at ``middle``."""
    box = head.labels.xyxy[0]
    x, y = round(middle[0] - float(box[0] + box[2]) / 2), round(middle[1] - float(box[1] + box[3]) / 2)
    canvas.paste(head.image, (x, y), head.image)
    return head.labels.moved(1.0, x, y)


def _crowd(canvas: Image.Image, labels: Labels, library: Library, rng: np.random.Generator) -> Labels:
    """Pastes heads of similar size, far ones first, some with shoulders; hides the labels they cover."""
    size, count = canvas.width, int(rng.choice([1, 2, 3, 5, 8, 12]))
    base = _face_size(rng, 10, min(150, size * 0.9 / np.sqrt(count)))
    heights = np.sort(base * np.exp(rng.normal(0, 0.3, count))).clip(9, size * 0.8)
    horizon, tilt = rng.uniform(0.1, 0.7) * size, rng.uniform(0, 2.5)
    for height in heights:
        x = rng.uniform(0, size)
        y = horizon + (height - heights[0]) * tilt + rng.normal(0, height * 0.8)
        if not -0.2 * height < y < size:
            continue
        if rng.random() < 0.6:
            labels = _hide(labels, _shoulders(canvas, x, y, height, rng))
        head = _cut_out(library, rng, height=float(height), turn=14)
        placed = _stick(canvas, head, (x, y))
        labels = _hide(labels, placed.xyxy[0]).plus(visible(placed, (0, 0, size, size)))
    return labels


def _hide(labels: Labels, front: FloatArray) -> Labels:
    """Faces behind a new one: ignored from a third covered, dropped when nearly all is."""
    low = np.maximum(labels.xyxy[:, :2], front[:2])
    high = np.minimum(labels.xyxy[:, 2:], front[2:])
    area = np.maximum(np.ptp(labels.xyxy.reshape(-1, 2, 2), axis=1).prod(-1), 1e-6)
    share = np.clip(high - low, 0, None).prod(-1) / area
    weight = np.where(share > 0.35, 0.0, labels.weight).astype(np.float32)
    return Labels(labels.xyxy, weight, labels.points).pick(np.flatnonzero(share < 0.8).tolist())


def _shoulders(canvas: Image.Image, x: float, y: float, height: float, rng: np.random.Generator) -> FloatArray:
    """Neck and shirt under a head; returns the box ``(4,)`` they cover."""
    draw = ImageDraw.Draw(canvas)
    shirt, neck = (tuple(int(c) for c in rng.integers(low, 255, 3)) for low in (0, 40))
    wide, top = height * rng.uniform(0.8, 1.3), y + height * 0.4
    draw.rectangle([x - height * 0.25, y, x + height * 0.25, top + 4], fill=neck)
    shirt_box = np.array([x - wide, top, x + wide, top + 4 * height], np.float32)
    draw.rounded_rectangle(shirt_box.tolist(), radius=height * 0.4, fill=shirt)
    return shirt_box


def _street(canvas: Image.Image, library: Library, rng: np.random.Generator) -> Labels:
    """A window anywhere in a street photo at about the scale it was taken: mostly what is not a face."""
    group = 2 if rng.random() < 0.8 else 3
    picture = library[int(rng.choice(library.groups[group]))]
    if rng.random() < 0.5:
        picture = dress(_new_head(picture, library, rng), rng)
    size, image = canvas.width, picture.image
    scale = max(float(rng.uniform(0.6, 1.3)), size / image.width, size / image.height)
    part = size / scale
    x, y = rng.uniform(0, image.width - part + 1e-3), rng.uniform(0, image.height - part + 1e-3)
    box = (x, y, min(image.width, x + part), min(image.height, y + part))
    canvas.paste(image.resize((size, size), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0))
    return visible(picture.labels.moved(scale, -x * scale, -y * scale), (0, 0, size, size))


def _close(canvas: Image.Image, library: Library, rng: np.random.Generator) -> Labels:
    """One face that fills 30 to 140 % of the picture's width."""
    picture = dress(library[int(rng.choice(library.portraits))], rng)
    size = canvas.width
    return _place(canvas, (0, 0, size, size), picture, rng, _face_size(rng, size * 0.3, size * 1.4))


def _mirror(image: Image.Image, labels: Labels, rng: np.random.Generator) -> tuple[Image.Image, Labels]:
    if rng.random() < 0.5:
        return image, labels
    xyxy, points = labels.xyxy.copy(), labels.points[:, MIRROR].copy()
    xyxy[:, [0, 2]] = image.width - labels.xyxy[:, [2, 0]]
    points[..., 0] = image.width - points[..., 0]
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), Labels(xyxy, labels.weight, points)


def weather(image: Image.Image, rng: np.random.Generator) -> ImageArray:
    """What cameras and codecs do: blur, motion, low resolution, darkness, colour casts, noise, compression."""
    size = image.size
    if rng.random() < 0.12:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.6))))
    if rng.random() < 0.15:
        factor = rng.uniform(0.45, 0.9)
        small = image.resize((int(size[0] * factor), int(size[1] * factor)), Image.Resampling.BILINEAR)
        image = small.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    if rng.random() < 0.12:
        pixels = _motion(pixels, rng)
    pixels = _light(pixels, rng)
    if rng.random() < 0.45:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "JPEG", quality=int(rng.integers(18, 90)))
        pixels = np.asarray(Image.open(stream))
    return pixels


def _motion(pixels: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Averages the picture along a short straight path."""
    length, angle = rng.uniform(2, 8), rng.uniform(0, np.pi)
    steps = np.linspace(-length / 2, length / 2, 5)
    shifts = [(round(float(s * np.sin(angle))), round(float(s * np.cos(angle)))) for s in steps]
    total = sum(np.roll(pixels, shift, (0, 1)).astype(np.uint16) for shift in shifts)
    return np.asarray(total // len(shifts), np.uint8)


def _light(pixels: ImageArray, rng: np.random.Generator) -> ImageArray:
    """Exposure, contrast, cast and saturation through a table; noise; sometimes grey."""
    ramp = np.arange(256, dtype=np.float32) / 255
    gamma = float(np.exp(rng.normal(0, 0.25)))
    gain = rng.uniform(0.2, 0.7) if rng.random() < 0.15 else rng.uniform(0.7, 1.2)
    cast = np.exp(rng.normal(0, 0.06, 3))
    tables = [(np.clip(ramp**gamma * gain * c + rng.normal(0, 0.02), 0, 1) * 255).astype(np.uint8) for c in cast]
    out = np.stack([table[pixels[..., i]] for i, table in enumerate(tables)], -1)
    if rng.random() < 0.12:
        grey = out @ np.array([0.299, 0.587, 0.114], np.float32)
        out = np.repeat(grey[..., None], 3, -1).astype(np.uint8)
    if rng.random() < 0.3:
        spread = rng.uniform(1, 14)
        noise = rng.standard_normal((pixels.shape[0] // 2 + 1, pixels.shape[1], 1), np.float32) * spread
        noise = np.concatenate([noise, noise[::-1]])[: pixels.shape[0]]
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    return out

"""Degrades a screenshot (JPEG, scaling, blur, turning, cropping); truth and texts stay in place."""

import io
import math
from collections.abc import Callable
from dataclasses import replace

from PIL import Image, ImageFilter

from evals.screens.screen import Screen, Text
from postprocess.types import Point, Quad


def jpeg(screen: Screen, quality: int) -> Screen:
    """Saved as JPEG (quality 1–95) and read again."""
    data = io.BytesIO()
    screen.picture.save(data, "JPEG", quality=quality)
    return _with(screen, Image.open(data).convert("RGB"), f"jpeg:{quality}")


def downscale(screen: Screen, width: int) -> Screen:
    """Sent as a smaller picture, `width` pixels wide."""
    old_width, old_height = screen.picture.size
    scale = width / old_width
    size = (width, max(1, round(old_height * scale)))
    picture = screen.picture.resize(size, Image.Resampling.LANCZOS)
    return _with(screen, picture, f"downscale:{width}", lambda p: (p[0] * scale, p[1] * scale))


def blur(screen: Screen, radius: float) -> Screen:
    """Out of focus; radius in pixels."""
    picture = screen.picture.filter(ImageFilter.GaussianBlur(radius))
    return _with(screen, picture, f"blur:{radius:.2f}")


def rotate(screen: Screen, degrees: float) -> Screen:
    """Turned clockwise about its middle; the picture grows so that nothing is cut off."""
    width, height = screen.picture.size
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    new_width = math.ceil(width * abs(cos) + height * abs(sin))
    new_height = math.ceil(width * abs(sin) + height * abs(cos))
    x0, y0, x1, y1 = width / 2, height / 2, new_width / 2, new_height / 2
    # Pillow asks where each new pixel comes from: the turn backwards.
    back = (cos, sin, x0 - cos * x1 - sin * y1, -sin, cos, y0 + sin * x1 - cos * y1)
    picture = screen.picture.transform(
        (new_width, new_height), Image.Transform.AFFINE, back, Image.Resampling.BICUBIC,
        fillcolor=screen.picture.getpixel((2, height - 3)),
    )  # fmt: skip

    def turned(point: Point) -> Point:
        x, y = point[0] - x0, point[1] - y0
        return x * cos - y * sin + x1, x * sin + y * cos + y1

    return _with(screen, picture, f"rotate:{degrees:.2f}", turned)


def crop(screen: Screen, top: int, bottom: int) -> Screen:
    """Cut to the rows `top` to `bottom` (pixels); texts that are cut through are given up.

    Nothing that decides is ever cut: both ends give way to it.
    """
    width, height = screen.picture.size
    deciding = [text.box for text in screen.texts if text.role]
    if deciding:
        margin = width // 50
        top = max(0, min(top, math.floor(min(box[1] for box in deciding)) - margin))
        bottom = min(height, max(bottom, math.ceil(max(box[3] for box in deciding)) + margin))
    cut = _with(
        screen,
        screen.picture.crop((0, top, width, bottom)),
        f"crop:{top}-{bottom}",
        lambda p: (p[0], p[1] - top),
    )
    inside = tuple(t for t in cut.texts if t.box[1] >= 0 and t.box[3] <= bottom - top)
    return replace(cut, texts=inside)


def _with(
    screen: Screen, picture: Image.Image, tag: str, move: Callable[[Point], Point] | None = None
) -> Screen:
    texts = screen.texts
    if move:
        texts = tuple(_moved(text, move) for text in texts)
    return replace(screen, picture=picture, texts=texts, tags=(*screen.tags, tag))


def _moved(text: Text, move: Callable[[Point], Point]) -> Text:
    a, b, c, d = (move(point) for point in text.quad)
    quad: Quad = (a, b, c, d)
    return replace(text, quad=quad)

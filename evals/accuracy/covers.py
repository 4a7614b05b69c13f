"""What lies over a screen: floating buttons, bars, pointers, strokes, smears.

Each is drawn into a layer of colour and opacity (0–1), at four times its size, and laid over the
picture, so that its edges are as smooth as on a phone.
"""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ocr.boxes import Floats
from ocr.crops import Pixels

Colour: TypeAlias = tuple[int, int, int]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

Layer: TypeAlias = npt.NDArray[np.float32]

_FINER = 4
_LIGHT: tuple[Colour, ...] = ((255, 255, 255), (240, 240, 240), (225, 225, 228), (205, 205, 210))
_DARK: tuple[Colour, ...] = ((0, 0, 0), (40, 40, 40), (70, 70, 72), (110, 110, 112))
_BRIGHT: tuple[Colour, ...] = (
    *((40, 60, 230), (230, 120, 30), (40, 170, 250), (90, 180, 30), (200, 60, 160)),
)


class _Layer:
    """Colour and opacity over a part of a picture, finer than its pixels."""

    def __init__(self, box: Box, image: Pixels, margin: float) -> None:
        height, width = image.shape[:2]
        self.left, self.top = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
        self.right = min(width, int(box[2] + margin) + 1)
        self.bottom = min(height, int(box[3] + margin) + 1)
        rows, columns = self.bottom - self.top, self.right - self.left
        self.colour: Layer = np.zeros((rows * _FINER, columns * _FINER, 3), np.float32)
        self.opacity: Layer = np.zeros((rows * _FINER, columns * _FINER), np.float32)

    def at(self, *points: tuple[float, float]) -> Floats:
        moved = [((x - self.left) * _FINER, (y - self.top) * _FINER) for x, y in points]
        return np.array(moved, np.float64)

    def put(self, shape: Pixels, colour: Colour, opacity: float) -> None:
        share = np.asarray(shape, np.float32) / 255
        self.colour += share[..., None] * (np.array(colour, np.float32) - self.colour)
        self.opacity += share * (opacity - self.opacity)

    def empty(self) -> Pixels:
        return np.zeros(self.opacity.shape, np.uint8)

    def disc(self, x: float, y: float, radius: float) -> Pixels:
        ((x, y),) = self.at((x, y))
        drawn = cv2.circle(self.empty(), (round(x), round(y)), round(radius * _FINER), (255,), -1)
        return np.asarray(drawn, np.uint8)

    def rectangle(self, box: Box, corner: float) -> Pixels:
        (left, top), (right, bottom) = self.at(box[:2], box[2:])
        corner *= _FINER
        drawn = self.empty()
        inner = (
            (left + corner, top, right - corner, bottom),
            (*(left, top + corner, right, bottom - corner),),
        )
        for a, b, c, d in inner:
            cv2.rectangle(drawn, (round(a), round(b)), (round(c), round(d)), (255,), -1)
        for x in (left + corner, right - corner):
            for y in (top + corner, bottom - corner):
                cv2.circle(drawn, (round(x), round(y)), round(corner), (255,), -1)
        return drawn

    def polygon(self, points: list[tuple[float, float]]) -> Pixels:
        drawn = cv2.fillPoly(self.empty(), [self.at(*points).round().astype(np.int32)], (255,))
        return np.asarray(drawn, np.uint8)

    def line(self, points: list[tuple[float, float]], thick: float) -> Pixels:
        where = [self.at(*points).round().astype(np.int32)]
        drawn = cv2.polylines(self.empty(), where, False, (255,), max(1, round(thick * _FINER)))
        return np.asarray(drawn, np.uint8)

    def over(self, image: Pixels) -> Pixels:
        size = (self.right - self.left, self.bottom - self.top)
        colour = cv2.resize(self.colour, size, interpolation=cv2.INTER_AREA)
        opacity = cv2.resize(self.opacity, size, interpolation=cv2.INTER_AREA)[..., None]
        covered = image.copy()
        part = covered[self.top : self.bottom, self.left : self.right]
        part[:] = np.clip(part + opacity * (colour - part), 0, 255).round().astype(np.uint8)
        return covered


def _size(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def assistive_ball(image: Pixels, box: Box, rng: Random) -> Pixels:
    """The phone maker's: a dark rounded square with a light disc in rings."""
    (x, y), radius = _middle(box), _size(box) * rng.uniform(0.6, 0.9)
    layer = _Layer(box, image, 2 * _size(box))
    square = (x - radius, y - radius, x + radius, y + radius)
    layer.put(layer.rectangle(square, radius * 0.4), rng.choice(_DARK), rng.uniform(0.7, 0.95))
    for share, opacity in ((0.68, 0.75), (0.56, 0.85), (0.45, 0.97)):
        layer.put(layer.disc(x, y, radius * share), (245, 245, 245), opacity)
    return layer.over(image)


def disc(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A round button without a picture on it."""
    (x, y), radius = _middle(box), _size(box) * rng.uniform(0.6, 0.9)
    layer = _Layer(box, image, 2 * _size(box))
    layer.put(layer.disc(x, y, radius), _unlike(image, box, rng), 1)
    return layer.over(image)


def bar(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A rectangle just over the characters, as people hide what is theirs."""
    rise = (box[3] - box[1]) * rng.uniform(0.0, 0.3)
    layer = _Layer(box, image, _size(box))
    wide = (box[0], box[1] - rise, box[2], box[3] + rise)
    layer.put(layer.rectangle(wide, 0), _unlike(image, box, rng), 1)
    return layer.over(image)


def stroke(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A marker, once or twice across the characters."""
    height = box[3] - box[1]
    layer = _Layer(box, image, 2 * height)
    colour = _unlike(image, box, rng)
    for _ in range(rng.choice((1, 2))):
        points = [
            (box[0] - rng.uniform(0, 0.3) * height, rng.uniform(box[1], box[3])),
            (_middle(box)[0], _middle(box)[1] + rng.uniform(-0.2, 0.2) * height),
            (box[2] + rng.uniform(0, 0.3) * height, rng.uniform(box[1], box[3])),
        ]
        layer.put(layer.line(points, height * rng.uniform(0.45, 0.8)), colour, 1)
    return layer.over(image)


def icon_button(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A service's floating button: coloured or white, with a shadow and a small picture."""
    (x, y), radius = _middle(box), _size(box) * rng.uniform(0.6, 1.1)
    layer = _Layer(box, image, 3 * _size(box))
    shadow = cv2.GaussianBlur(layer.disc(x, y + radius / 8, radius), (0, 0), radius / 5 * _FINER)
    layer.put(np.asarray(shadow, np.uint8), (0, 0, 0), 0.3)
    background = rng.choice((*_BRIGHT, (255, 255, 255)))
    layer.put(layer.disc(x, y, radius), background, 1)
    ink = (90, 90, 90) if background == (255, 255, 255) else (255, 255, 255)
    r = radius * 0.5
    bubble = layer.rectangle((x - r, y - r * 0.8, x + r, y + r * 0.5), r * 0.3)
    layer.put(bubble, ink, 1)
    tail = [(x - r * 0.4, y + r * 0.4), (x + r * 0.2, y + r * 0.4), (x - r * 0.3, y + r)]
    layer.put(layer.polygon(tail), ink, 1)
    for dot in (-0.45, 0, 0.45):
        layer.put(layer.disc(x + dot * r, y - r * 0.15, r * 0.13), background, 1)
    return layer.over(image)


def pointer(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A computer's mouse pointer, an arrow with a rim, its tip in the characters' upper half."""
    height = box[3] - box[1]
    tall = max(height * rng.uniform(1.1, 1.8), 1.6 * (box[2] - box[0]))
    x, y = box[0], box[1] + height * rng.uniform(-0.1, 0.2)
    layer = _Layer(box, image, 2 * tall)
    shape = ((0, 0), (0, 0.82), (0.19, 0.65), (0.31, 0.96), (0.45, 0.9), (0.33, 0.6), (0.58, 0.58))
    points = [(x + px * tall, y + py * tall) for px, py in shape]
    fill, rim = rng.choice((((0, 0, 0), (255, 255, 255)), ((255, 255, 255), (0, 0, 0))))
    layer.put(layer.line([*points, points[0]], tall * 0.09), rim, 1)
    layer.put(layer.polygon(points), fill, 1)
    return layer.over(image)


def smear(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A finger's colour over the characters, softly ended and uneven."""
    height = box[3] - box[1]
    layer = _Layer(box, image, 3 * height)
    x, y = _middle(box)
    points = [(x + rng.uniform(-0.3, 0.3) * height, y + rng.uniform(-0.3, 0.3) * height)]
    points += [(box[0], y), (box[2], y), (x + height * rng.uniform(-1, 1), y + height)]
    thick = height * rng.uniform(0.9, 1.3)
    sigma = thick * _FINER / 10
    shape = cv2.GaussianBlur(layer.line(points, thick), (0, 0), sigma)
    layer.put(np.asarray(shape, np.uint8), _unlike(image, box, rng), 0.96)
    return layer.over(image)


def toast(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A message of the app in a dark pill, with words of its own."""
    height = (box[3] - box[1]) * rng.uniform(0.7, 1.2)
    x, y = _middle(box)
    wide = max(box[2] - box[0], 3 * height)
    left = x - wide * rng.uniform(0.3, 0.7)
    layer = _Layer(box, image, 2 * wide)
    pill = (left, y - height, left + wide, y + height)
    layer.put(layer.rectangle(pill, height), rng.choice(_DARK), rng.uniform(0.85, 1))
    for at in np.arange(left + height, left + wide - height, height * 0.8).tolist():
        for row in (-0.3, 0, 0.3):
            mark = [(at, y + row * height), (at + 0.6 * height, y + row * height)]
            layer.put(layer.line(mark, height * 0.12), (250, 250, 250), 1)
    return layer.over(image)


def sticker(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A yellow face, as people put over what is theirs."""
    (x, y), r = _middle(box), _size(box) * rng.uniform(0.6, 0.9)
    layer = _Layer(box, image, 2 * _size(box))
    layer.put(layer.disc(x, y, r), (70, 205, 255), 1)
    for side in (-1, 1):
        layer.put(layer.disc(x + side * 0.35 * r, y - 0.2 * r, 0.14 * r), (30, 60, 90), 1)
    mouth = [(x - 0.5 * r, y + 0.25 * r), (x, y + 0.55 * r), (x + 0.5 * r, y + 0.25 * r)]
    layer.put(layer.line(mouth, 0.12 * r), (30, 60, 90), 1)
    return layer.over(image)


def glass(image: Pixels, box: Box, rng: Random) -> Pixels:
    """A button that the characters shine through: a person may still read them."""
    (x, y), radius = _middle(box), _size(box) * rng.uniform(0.7, 1.5)
    layer = _Layer(box, image, 3 * _size(box))
    layer.put(layer.disc(x, y, radius), _unlike(image, box, rng), rng.uniform(0.3, 0.8))
    return layer.over(image)


Cover = Callable[[Pixels, Box, Random], Pixels]
TUNED: dict[str, Cover] = {f.__name__: f for f in (assistive_ball, disc, bar, stroke, pointer)}
"""Kinds that ocr/ink.py was made with."""
JUDGED: dict[str, Cover] = {f.__name__: f for f in (icon_button, smear, toast, sticker)}
"""Kinds that it was not."""
SEEN_THROUGH: dict[str, Cover] = {glass.__name__: glass}


def _unlike(image: Pixels, box: Box, rng: Random) -> Colour:
    """A colour that can be told from what it covers: what looks like the page cannot be seen."""
    left, top, right, bottom = (max(0, round(edge)) for edge in box)
    part = image[top : bottom + 1, left : right + 1].reshape(-1, 3)
    background = np.median(part, axis=0) if len(part) else np.zeros(3)
    colours = [*_LIGHT, *_DARK, *_BRIGHT]
    fit = [c for c in colours if np.abs(np.array(c) - background).max() >= 20]
    return rng.choice(fit)

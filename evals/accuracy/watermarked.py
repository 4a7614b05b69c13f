"""Drawn screens under the watermark that company messengers lay over every screen: a name and the
last digits of a phone, faint, at an angle, again and again."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from evals.screens.corpus import draw
from evals.screens.fonts import load
from evals.screens.screen import Screen

_SURNAMES, _NAMES = "王李张刘陈", ("小明", "伟", "芳", "建国")
_ANGLES = (15, 20, 25, 30, -20, -30)
"""Degrees, anticlockwise."""
_SIZES = (28, 32, 36)
"""Height of its text on a screen 1,080 pixels wide."""
_ALPHAS = (18, 24, 30, 38)
"""Of 255: from hardly seen to plain."""
_ACROSS, _DOWN = (320, 420, 520), (180, 240, 300)
"""From one to the next, on a screen 1,080 pixels wide."""
_DESIGN_WIDTH = 1080
_DARK = 100
"""Mean grey below which a screen is a dark one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarked:
    """picture: of the screen, under a watermark (RGB)."""

    screen: Screen
    picture: Image.Image


def watermarked(count: int, seed: int) -> Iterator[Watermarked]:
    """The usual screens of `draw`, each under a watermark of its own; the same for a seed."""
    rng = Random(seed)  # noqa: S311 — nothing is kept secret by it
    for screen in draw(count, seed, degraded=False):
        yield Watermarked(screen=screen, picture=_laid_over(screen.picture, rng))


def _laid_over(picture: Image.Image, rng: Random) -> Image.Image:
    width, height = picture.size
    scale = width / _DESIGN_WIDTH
    digits = "".join(rng.choice("0123456789") for _ in range(4))
    text = f"{rng.choice(_SURNAMES)}{rng.choice(_NAMES)} {digits}"
    letters = load("noto", bold=False, size=int(rng.choice(_SIZES) * scale))
    angle, alpha = rng.choice(_ANGLES), rng.choice(_ALPHAS)
    across, down = rng.choice(_ACROSS) * scale, rng.choice(_DOWN) * scale
    is_dark = float(np.asarray(picture.convert("L")).mean()) < _DARK
    colour = (255, 255, 255, alpha) if is_dark else (0, 0, 0, alpha)
    # Large enough to cover the screen when it is turned.
    sheet = Image.new("RGBA", (int(width * 2.2), int(height * 2.2)))
    pen = ImageDraw.Draw(sheet)
    for row in range(int(sheet.height / down) + 1):
        x = -(row % 2) * across / 2
        while x < sheet.width:
            pen.text((x, row * down), text, font=letters, fill=colour)
            x += across
    turned = sheet.rotate(angle, resample=Image.Resampling.BICUBIC)
    left, top = (sheet.width - width) // 2, (sheet.height - height) // 2
    part = turned.crop((left, top, left + width, top + height))
    return Image.alpha_composite(picture.convert("RGBA"), part).convert("RGB")

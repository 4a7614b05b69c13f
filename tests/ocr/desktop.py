"""A desktop's page as a picture: small text, a wide layout, and where each text stands."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from evals.screens import fonts
from ocr.crops import Pixels
from postprocess.types import Page
from tests.ocr.reading import words

HOLDING = (
    (24, 20, "基金交易平台"),
    (240, 52, "华夏成长混合 (000001)"),
    (240, 84, "持有份额(份)"),
    (330, 84, "5,801.29"),
    (680, 84, "可用份额(份)"),
    (770, 84, "5,796.34"),
    (1120, 84, "最新净值"),
    (1200, 84, "1.6724"),
    (1560, 84, "持有金额(元)"),
    (1650, 84, "9,702.08"),
)
"""x, y of the middle, text: a holding's head."""


def table(rows: int, first: int = 120, apart: int = 26) -> tuple[tuple[int, int, str], ...]:
    """Rows of a date, shares and an amount, all of them different."""
    return tuple(
        place
        for k in range(rows)
        for y in [first + k * apart]
        for place in (
            (240, y, f"2026-{k % 12 + 1:02}-{k % 28 + 1:02}"),
            (800, y, f"{k + 1},{311 + 7 * k}.{23 + k}"),
            (1500, y, f"{k + 2},{893 - 9 * k}.{75 - k}"),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """A page of 1920 × 1080 points, of which each text is `size` points high; scale: pixels of a
    point."""

    texts: tuple[tuple[int, int, str], ...]
    scale: int = 1
    size: int = 12
    heading: str = ""

    def pixels(self) -> Pixels:
        """(1080 * scale, 1920 * scale, 3) uint8 BGR."""
        picture = Image.new("RGB", (1920 * self.scale, 1080 * self.scale), "white")
        draw = ImageDraw.Draw(picture)
        for x, y, text in self.texts:
            self._write(draw, x, y, text, self.size)
        if self.heading:
            self._write(draw, 900, 500, self.heading, 120)
        return np.asarray(picture)[:, :, ::-1].copy()

    def unread(self, page: Page) -> list[str]:
        """Texts that no line reads whole at their place, and those that more than one reads."""
        return [
            text
            for x, y, text in self.texts
            if sum(self._reads(line.quad, x, y) and _says(line.text, text) for line in page.lines)
            != 1
        ]

    def _write(self, draw: ImageDraw.ImageDraw, x: int, y: int, text: str, size: int) -> None:
        font = fonts.load("noto", False, size * self.scale)
        draw.text((x * self.scale, y * self.scale), text, fill="#333333", font=font, anchor="lm")

    def _reads(self, quad: tuple[tuple[float, float], ...], x: int, y: int) -> bool:
        across = [a / self.scale for a, _ in quad]
        down = [b / self.scale for _, b in quad]
        return min(down) < y < max(down) and min(across) < x + self.size < max(across)


def _says(line: str, text: str) -> bool:
    return words([text])[0] in "".join(words([line]))

"""A phone's screen to draw on, in points; it records every text that is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw

from evals.screens import fonts
from evals.screens.brief import Brief
from evals.screens.screen import Text, rectangle
from evals.screens.themes import Colour, Theme

WIDTH = 375.0
"""Width of every screen in points; all positions and sizes here are points."""

_ROOM = 2200.0
_ANCHORS = {"left": "lm", "centre": "mm", "right": "rm"}

Align = Literal["left", "centre", "right"]


class Canvas:
    """Draws in points on a picture `width` pixels wide; `finish` cuts it to its height.

    Texts stand with their middle on y. height: of the phone's screen in points. long: the page
    goes on below, so nothing is to be pinned to the foot of the screen. blank: where each text
    would stand is written down, and nothing is drawn, in a quarter of the time.
    """

    def __init__(
        self, *, width: int, theme: Theme, face: str, height: float = 812.0, long: bool = False,
        blank: bool = False,
    ) -> None:  # fmt: skip
        self.theme = theme
        self.face = face
        self.height = height
        self.long = long
        self.texts: list[Text] = []
        self._scale = width / WIDTH
        self._width, self._is_blank = width, blank
        size = (1, 1) if blank else (width, self._px(_ROOM))
        self._picture = Image.new("RGB", size, theme.page)
        self._draw = ImageDraw.Draw(self._picture)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 14,
        colour: Colour = "",
        bold: bool = False,
        align: Align = "left",
        role: str = "",
        room: float = 0,
    ) -> float:
        """Draw one run of text and return its width.

        room: the most width it may take; a longer text is set smaller, never cut.
        """
        pixels = self._size(size)
        if room:
            while pixels > 8 and self._length(text, pixels, bold) > room * self._scale:
                pixels -= 1
        font = fonts.load(self.face, bold, pixels)
        stroke = fonts.thickening(self.face, bold, pixels)
        at = (round(x * self._scale), round(y * self._scale))
        anchor = _ANCHORS[align]
        if not self._is_blank:
            ink = colour or self.theme.text
            self._draw.text(at, text, font=font, fill=ink, anchor=anchor, stroke_width=stroke)
        box = self._draw.textbbox(at, text, font=font, anchor=anchor, stroke_width=stroke)
        self.texts.append(Text(text=text, quad=rectangle(*map(float, box)), role=role))
        return self._length(text, pixels, bold) / self._scale

    def width(self, text: str, *, size: float = 14, bold: bool = False) -> float:
        """Width that a text would take."""
        return self._length(text, self._size(size), bold) / self._scale

    def box(
        self, x0: float, y0: float, x1: float, y1: float, colour: Colour, *, radius: float = 0
    ) -> None:
        """A filled rectangle, its corners rounded by `radius`."""
        self._draw.rounded_rectangle(self._corners(x0, y0, x1, y1), self._px(radius), fill=colour)

    def frame(
        self, x0: float, y0: float, x1: float, y1: float, colour: Colour, *, radius: float = 0
    ) -> None:
        """The outline of a rectangle."""
        self._draw.rounded_rectangle(
            self._corners(x0, y0, x1, y1), self._px(radius), outline=colour, width=self._px(0.8)
        )

    def fade(self, y0: float, y1: float, top: Colour, bottom: Colour) -> None:
        """A full-width band that runs from one colour into another."""
        size = (self._picture.width, self._px(y1) - self._px(y0))
        share = Image.linear_gradient("L").resize(size)
        band = Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), share)
        self._picture.paste(band, (0, self._px(y0)))

    def line(self, *points: tuple[float, float], colour: Colour = "", thick: float = 0.6) -> None:
        """A line through the points."""
        self._draw.line(
            [(round(x * self._scale), round(y * self._scale)) for x, y in points],
            fill=colour or self.theme.line,
            width=max(1, self._px(thick)),
            joint="curve",
        )

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        self._draw.ellipse(self._corners(x - radius, y - radius, x + radius, y + radius), colour)

    def finish(self, bottom: float) -> tuple[Image.Image, tuple[Text, ...]]:
        """The picture, at least as high as the phone, down to `bottom`; and all its texts."""
        height = self._px(min(max(bottom, self.height), _ROOM))
        size, texts = (self._width, height), tuple(self.texts)
        if self._is_blank:
            return Image.new("L", size, None), texts
        return self._picture.crop((0, 0, *size)), texts

    def _px(self, points: float) -> int:
        return max(0, round(points * self._scale))

    def _size(self, points: float) -> int:
        return max(8, round(points * self._scale))

    def _length(self, text: str, pixels: int, bold: bool) -> float:
        return fonts.load(self.face, bold, pixels).getlength(text)

    def _corners(self, x0: float, y0: float, x1: float, y1: float) -> tuple[int, int, int, int]:
        return self._px(x0), self._px(y0), self._px(x1), self._px(y1)


# A layout: one way in which an app puts a page together.


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a layout draws, and what may be asked of it.

    draw: draws a brief and returns the y (points) below the content.
    themes: light first, then dark.
    shows: which shares it can show: `available`, `held`, `both`; empty where it has none.
    code_styles: the ways it can show name and code (`evals.screens.parts.name`).
    refused: name of the reason why its pages must be refused; empty: they have an answer.
    rows: how many other positions it lists; lists_codes, lists_shares: what a row shows.
    """

    name: str
    draw: Callable[[Canvas, Brief], float]
    themes: tuple[Theme, Theme]
    held_out: bool
    tags: tuple[str, ...]
    shows: tuple[str, ...] = ()
    code_styles: tuple[str, ...] = ("below",)
    refused: str = ""
    rows: int = 0
    lists_codes: bool = False
    lists_shares: bool = False

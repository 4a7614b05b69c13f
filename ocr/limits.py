"""How much text one picture may show.

What a picture costs is told by its text more than by its pixels: one of 20 million pixels, a few
hundred kilobytes of file, can show 12,000 numbers, which would take minutes to read and hold up all
who wait. The bundled samples, as long as a picture may be (30,000 rows), would show 500 lines,
together 90,000 pixels wide. A batch of eight pictures that show all that is allowed here must be
read before TorchServe loses patience with the worker, on a busy machine too.
"""

from ocr.errors import TooMuchText

MOST_LINES = 1_000
"""Lines that the detector finds in one picture, in all of its tiles."""

MOST_WIDTH = 120_000
"""Pixels at the recogniser's height, of all lines of one picture together."""


class TextCount:
    """Counts what one picture shows; raises TooMuchText once it is too much."""

    def __init__(self) -> None:
        self._lines = 0
        self._width = 0

    def add_lines(self, count: int) -> None:
        """So many lines were found."""
        self._lines += count
        if self._lines > MOST_LINES:
            raise TooMuchText

    def add_width(self, pixels: int) -> None:
        """A line is so wide."""
        self._width += pixels
        if self._width > MOST_WIDTH:
            raise TooMuchText

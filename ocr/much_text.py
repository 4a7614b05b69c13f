"""How much text one picture may show.

What a picture costs is told by its text more than by its pixels: one of 20 million pixels, a few
hundred kilobytes of file, can show 30,000 words, which would take minutes to read and hold up all
who wait. A phone's screen has about 40 lines, the longest screenshots have several hundred.
"""

from ocr.errors import TooMuchText

MOST_LINES = 2_000
"""Lines that the detector finds in one picture, in all of its tiles."""

MOST_WIDTH = 400_000
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

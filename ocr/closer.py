"""Decides when and how closely a picture is looked at again, for text too small to see at first.

The first look (ocr/scale.py) is as coarse as a phone's screen allows. Of a desktop's page it shows
little or nothing: 12 pixels on a screen of 1920 are four in the detector. Then bands over the
picture's whole width are looked at, so that no line is cut from left to right. Each picture is
looked at so no more than once, and no more than MOST_PIXELS of it go into the detector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import cv2
import numpy as np

from ocr.crops import Pixels
from ocr.scale import SIDE_LIMIT, SMALL_TEXT, detector_size, is_wide, text_height
from ocr.tiles import Boxes, Tile, bands
from postprocess.types import Quad

# Where a picture seems to show text, told cheaply from its pixels and without a model.
#
# Strokes change a row's brightness every few pixels, over a piece of the row that is much longer
# than a border is wide. Photographs and charts do so too: this says where to look, not what is
# there.

_CELL = 8
"""Pixels of a cell's sides: less than a line of the smallest text is high."""

_EDGE = 24
"""Steps of 256 between neighbours in a row: grey text on white has more, JPEG's noise less."""

_SHARE = 0.12
"""Of a cell's pixels that are edges; a stroke of one pixel has two in eight."""

_RUN = 3
"""Cells in a row; borders are narrower."""

_MOST_PIXELS = 8_000_000
"""Of larger pictures every second (third, …) row is looked at."""


def strokes(image: Pixels, quads: Sequence[Quad]) -> tuple[int, int]:
    """How many cells look like text, and how many of these lie outside of all quads.

    image: (H, W, 3) uint8 BGR. quads: in its pixels.
    """
    height, width = image.shape[:2]
    rows, columns = height // _CELL, width // _CELL
    if not rows or columns < _RUN:
        return 0, 0
    step = min(_CELL, 1 + height * width // _MOST_PIXELS)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step]), cv2.COLOR_BGR2GRAY)
    edges = (cv2.absdiff(grey[:, 1:], grey[:, :-1]) > _EDGE).astype(np.uint8) * 255
    share: Any = cv2.resize(edges, (columns, rows), interpolation=cv2.INTER_AREA)
    cells = (share > 255 * _SHARE).astype(np.uint8)
    cells = cv2.morphologyEx(cells, cv2.MORPH_OPEN, np.ones((1, _RUN), np.uint8))
    outside = np.copy(cells)
    for quad in quads:
        across, down = (
            [int(place // _CELL) for place in places] for places in zip(*quad, strict=True)
        )
        left, top = max(min(across) - 1, 0), max(min(down) - 1, 0)
        outside[top : max(down) + 2, left : max(across) + 2] = 0
    return int(cells.sum()), int(outside.sum())


MOST_PIXELS = 4_000_000
"""The detector's pixels of all bands together."""

_BAND_PIXELS = 1_120_000
"""The detector's pixels of one band: memory goes with it. 960 × 960 has nearly as many."""

_MOST_OF_A_BAND = 1_500_000
"""The same, where a band is as low as two overlaps and the picture is a strip."""

_OVERLAP = 72
"""The detector's pixels: more than lines that are worth a closer look are high there."""

_WIDTH_STEP = 160
"""The detector's widths are multiples of it, so that few shapes come of them."""

_FEW = 4
"""Lines; a page that shows a holding has more."""

_SMALL_IF_WIDE = 17.0
"""Detector pixels of the middle line's box. A phone's screen has 18 to 20; a wide picture below it
is a desktop's page, whose zeros and brackets get lost."""

_WANTED = 24.0
"""Detector pixels of the middle line's box at the closer look: text of about 12."""

_LEAST_WIDTH = 1280
"""The detector's pixels of a picture's width at the closer look: where the first look was far too
coarse, its boxes hold several lines each and say little."""

_MAY_BE_MERGED = 34.0
"""Detector pixels; where only few lines were found, a box of less may be several small ones."""

_UNREAD = 0.2
"""Share of the ink outside of all boxes: a heading was seen, the table was not."""

_LEAST_INK = 3
_LEAST_GAIN = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Closer:
    """Bands to look at, and the detector's pixels for one of the picture."""

    tiles: tuple[Tile, ...]
    scale: float

    def side(self, tile: Tile, width: int) -> int:
        """The longest side of a tile in the detector's pixels."""
        return max(1, round(max(tile.bottom - tile.top, width) * self.scale))


def closer_look(
    image: Pixels, quads: Sequence[Quad], scale: float, *, nothing_read: bool = False
) -> Closer | None:
    """How to look at a picture again; None where what was found will do or no more can be seen.

    image: (H, W, 3) uint8 BGR. quads: of the lines that the first look found, in its pixels.
    scale: the first look's detector pixels for one of the picture.
    nothing_read: whether the recogniser read no text in any of them.
    """
    height, width = image.shape[:2]
    found = _closest(height, width)
    if found is None or found.scale < _LEAST_GAIN * scale:
        return None
    wide = is_wide(height, width)
    few = nothing_read or len(quads) < _FEW
    seen = scale * median(text_height(np.array(quad)) for quad in quads) if quads else 0.0
    if few or (wide and seen >= _SMALL_IF_WIDE):
        all_ink, unread = strokes(image, quads)
        if nothing_read or (few and seen < _MAY_BE_MERGED):
            return found if all_ink >= _LEAST_INK else None
        return found if unread > max(_LEAST_INK, _UNREAD * all_ink) else None
    if seen < (_SMALL_IF_WIDE if wide else SMALL_TEXT):
        wanted = max(scale * _WANTED / seen, _LEAST_WIDTH / width)
        return _at(height, width, min(found.scale, wanted))
    return None


def not_seen_again(before: Sequence[Quad], closer: Sequence[Quad], scale: float) -> list[int]:
    """Indices of what the first look found and a closer one, of this scale, did not: large lines,
    which a seam may have cut. Of small ones the closer look knows better.
    """
    large = [
        index
        for index, quad in enumerate(before)
        if text_height(np.array(quad)) * scale > _OVERLAP / 2
    ]
    if not large:
        return []
    first, again = Boxes([before[index] for index in large]), Boxes(closer)
    return [
        index
        for index, box in zip(large, first.corners, strict=True)
        if not again.same_as(box).any()
    ]


def _closest(height: int, width: int) -> Closer | None:
    """As closely as MOST_PIXELS allow, but no closer than the picture is."""
    if max(height, width) <= SIDE_LIMIT:
        return None
    scale = 1.0
    while scale * width >= 1:
        found = _at(height, width, scale)
        pixels = sum((tile.bottom - tile.top) * width for tile in found.tiles) * found.scale**2
        if pixels <= MOST_PIXELS and _most_of_a_band(found, width) <= _MOST_OF_A_BAND:
            return found
        scale *= 0.9
    return None


def _most_of_a_band(found: Closer, width: int) -> int:
    """The detector's pixels of the largest band, as it is fed."""
    sizes = (
        detector_size(tile.bottom - tile.top, width, found.side(tile, width))
        for tile in found.tiles
    )
    return max(high * wide for high, wide in sizes)


def _at(height: int, width: int, scale: float) -> Closer:
    wide = int(width * scale) // _WIDTH_STEP * _WIDTH_STEP
    if wide:
        scale = wide / width
    tall = max(2 * _OVERLAP, _BAND_PIXELS / (width * scale))
    return Closer(
        tiles=bands(height, round(tall / scale), round(_OVERLAP / scale), even=True), scale=scale
    )

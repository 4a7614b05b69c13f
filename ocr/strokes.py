"""Where a picture seems to show text, told cheaply from its pixels and without a model.

Strokes change a row's brightness every few pixels, over a piece of the row that is much longer than
a border is wide. Photographs and charts do so too: this says where to look, not what is there.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ocr.crops import Pixels
from postprocess.types import Quad

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

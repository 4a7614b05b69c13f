"""A part of a text line with what is around it, cut out of a picture: upright, at one height."""

import cv2
import numpy as np
import numpy.typing as npt

from ocr.boxes import Floats
from ocr.crops import Pixels

BAND = 32
"""Rows to which a line's quad is scaled."""
AROUND, ASIDE = 20, 40
"""Rows above and below the line, columns on either side, at that scale."""
_LEAST = 4
"""Pixels of height or length below which a quad holds no text."""

Levels = npt.NDArray[np.uint8]


def surroundings(
    image: Pixels, quad: Floats, start: float, end: float
) -> tuple[Pixels, int] | None:
    """The part of a line from `start` to `end` (shares of its length) with what is around it, and
    how many columns the part has; None where the quad has hardly any area.

    image: (H, W, 3) uint8 BGR. quad: (4, 2), in its pixels, clockwise from the text's top-left.
    """
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    length, height = float(np.hypot(*across)), float(np.hypot(*down))
    if height < _LEAST or length < _LEAST:
        return None
    scale = BAND / height
    right, below = across / length / scale, down / height / scale
    columns = max(round((end - start) * length * scale), 8)
    wide, high = columns + 2 * ASIDE, BAND + 2 * AROUND
    origin = quad[0] + start * across - right * ASIDE - below * AROUND
    corners = np.array([origin, origin + right * wide, origin + below * high])
    outer = np.vstack([corners, corners[1] + corners[2] - origin])
    rows, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(outer.min(axis=0)).astype(int) - 2, 0, (width, rows))
    x1, y1 = np.clip(np.ceil(outer.max(axis=0)).astype(int) + 3, 0, (width, rows))
    part = image[y0:y1, x0:x1]
    if part.size == 0:
        return None
    corners -= (x0, y0)
    if scale < 0.75:
        # A warp looks at four pixels only; what lies between them would be lost.
        part = np.asarray(
            cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
        corners *= scale
    target = np.array([[0, 0], [wide, 0], [0, high]], np.float32)
    matrix = cv2.getAffineTransform(corners.astype(np.float32), target)
    # What ends with the picture ends there: its last column must not go on as a bar.
    beyond = [int(level) for level in commonest_colour(part)]
    seen = cv2.warpAffine(part, matrix, (wide, high), borderValue=beyond)
    return np.asarray(seen, np.uint8), columns


def commonest_colour(band: Pixels) -> Levels:
    """The commonest colour of a line: text covers less than half of it."""
    band = np.ascontiguousarray(band[::2, ::2])
    grey = cv2.cvtColor(band, cv2.COLOR_BGR2GRAY)
    counts = np.asarray(cv2.calcHist([grey], [0], None, [256], [0, 256]), np.float32).ravel()
    commonest = int(np.convolve(counts, np.ones(9, np.float32), "same").argmax())
    alike = band[cv2.absdiff(grey, np.full_like(grey, commonest)) <= 4]
    # The mean would lean towards what a JPEG spills around glyphs.
    return np.asarray(np.median(alike[:: max(1, len(alike) // 500)], axis=0), np.uint8)

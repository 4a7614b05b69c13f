"""One text line cut out of a picture, upright and at the recogniser's height."""

from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

from ocr.boxes import Floats

Pixels = npt.NDArray[np.uint8]
"""A picture: (H, W, 3), BGR."""

WIDEST = 3200
"""Pixels at the recogniser's height to which longer lines are squeezed (as PaddleOCR does)."""

_BASE_WIDTH = 320
_WIDTHS: tuple[int, ...] = (*range(128, 321, 32), 384, 448, 512, 640, 768, 960, 1280, 1920, WIDEST)
_BACKGROUND = 128
"""Grey that the recogniser's normalisation makes 0, which is what PaddleOCR pads with."""


def cut(image: Pixels, quad: Floats, height: int) -> Pixels | None:
    """The line inside `quad`, scaled to `height`; None when the quad has no area.

    A line more than half as high again as wide stands on its side and is turned, as in PaddleOCR.
    """
    crop = _upright(image, quad)
    if crop is None:
        return None
    rows, columns = crop.shape[:2]
    if _stands(columns, rows):
        crop = np.ascontiguousarray(np.rot90(crop))
        rows, columns = columns, rows
    exact = height * columns / rows
    # PaddleOCR rounds up below its base width and down above it.
    width = min(ceil(exact), max(int(exact), _BASE_WIDTH), WIDEST)
    return np.asarray(cv2.resize(crop, (width, height)), np.uint8)


def is_turned(quad: Floats) -> bool:
    """Whether `cut` turns what is inside."""
    return _stands(_length(quad[1] - quad[0]), _length(quad[3] - quad[0]))


def padded_width(width: int) -> int:
    """The width that the recogniser reads a crop of this width at: one of few.

    It depends on this crop alone and not on its neighbours, so that a line reads the same in
    every batch. PaddleOCR pads to 320 at least; text reads the same at any width, but at 64 and
    below a chevron beside it becomes a 7.
    """
    return next(one for one in _WIDTHS if width <= one)


def padded_widths() -> tuple[int, ...]:
    """All widths that padded_width gives."""
    return _WIDTHS


def stack(crops: list[Pixels], width: int) -> Pixels:
    """Crops of one height side by side in a batch, padded on the right: (N, H, width, 3)."""
    batch = np.full((len(crops), crops[0].shape[0], width, 3), _BACKGROUND, np.uint8)
    for row, crop in zip(batch, crops, strict=True):
        row[:, : crop.shape[1]] = crop
    return batch


def _stands(width: float, height: float) -> bool:
    return height >= 1.5 * width


def _upright(image: Pixels, quad: Floats) -> Pixels | None:
    (x0, y0), (x2, y2) = quad[0], quad[2]
    if quad[1][0] == x2 and quad[3][0] == x0 and quad[1][1] == y0 and quad[3][1] == y2:
        crop = image[int(y0) : int(y2), int(x0) : int(x2)]
        return crop if crop.size else None
    top, right, bottom, left = (_length(quad[k] - quad[(k + 1) % 4]) for k in range(4))
    width, height = int(max(top, bottom)), int(max(left, right))
    if width < 1 or height < 1:
        return None
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    turned = cv2.warpPerspective(
        image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC
    )
    return np.asarray(turned, np.uint8)


def _length(side: Floats) -> float:
    return float(np.hypot(side[0], side[1]))

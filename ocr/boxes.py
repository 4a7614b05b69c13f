"""From the detector's probability map to quads around text lines (DB post-processing).

The steps and their constants are those of PaddleOCR's DBPostProcess with box_type `quad` and
score_mode `fast`, down to its whole numbers: half a pixel here is another bracket or space there.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pyclipper

from ocr.models import Detector

Floats = npt.NDArray[np.floating[Any]]

_MIN_SIDE = 3.0


def find_boxes(
    probability: Floats, size: tuple[int, int], detector: Detector, box_threshold: float
) -> list[Floats]:
    """Quads of the text lines on one map.

    probability: (H, W), 0–1. size: height and width in pixels of the picture that the map covers.
    box_threshold: mean probability inside a box from which it counts.
    Returns quads of shape (4, 2): x, y in whole pixels of that picture, clockwise from the
    top-left corner.
    """
    rows, columns = probability.shape
    height, width = size
    bitmap = (probability > detector.bitmap_threshold).astype(np.uint8)
    contours, _ = cv2.findContours(bitmap, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for contour in contours[: detector.max_candidates]:
        centre, (wide, high), angle = cv2.minAreaRect(contour)
        if min(wide, high) < _MIN_SIDE:
            continue
        corners = _corners(centre, (wide, high), angle)
        if _mean_inside(probability, corners) < box_threshold:
            continue
        grown = _grow(corners, wide * high * detector.unclip_ratio / (2 * (wide + high)))
        if grown is None:
            continue
        centre, (wide, high), angle = cv2.minAreaRect(grown)
        if min(wide, high) < _MIN_SIDE + 2:
            continue
        quad = _corners(centre, (wide, high), angle)
        quad *= (width / columns, height / rows)
        quads.append(np.clip(quad.round(), 0, (width, height)))
    return quads


def _corners(centre: Sequence[float], size: Sequence[float], angle: float) -> Floats:
    """The corners of a rotated rectangle, clockwise from the top-left one; shape (4, 2)."""
    points = cv2.boxPoints((centre, size, angle))
    points = points[np.argsort(points[:, 0], kind="stable")]
    left, right = points[:2], points[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left])


def _grow(corners: Floats, distance: float) -> npt.NDArray[np.int32] | None:
    """The polygon around the corners at a distance, with round corners; None when there is none."""
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(corners.tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    grown = offset.Execute(distance)
    return np.array(grown[0], np.int32) if grown else None


def _mean_inside(probability: Floats, corners: Floats) -> float:
    rows, columns = probability.shape
    x0, y0 = np.clip(np.floor(corners.min(axis=0)), 0, (columns - 1, rows - 1)).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)), 0, (columns - 1, rows - 1)).astype(int)
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (x0, y0)).astype(np.int32)], (1,))
    return float(cv2.mean(probability[y0 : y1 + 1, x0 : x1 + 1], mask)[0])

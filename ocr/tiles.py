"""Long screenshots are read in overlapping tiles, so that their text keeps its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from ocr.scale import SIDE_LIMIT
from postprocess.types import Quad

_LONG = 3.0
_TILE = 2.2
_OVERLAP = 0.25
_SEAM = 2.0
_SAME = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A band of the picture: rows top (included) to bottom (excluded), all columns.

    opens, closes: whether the band's upper or lower edge is the picture's own.
    """

    top: int
    bottom: int
    opens: bool = True
    closes: bool = True


def tiles(height: int, width: int) -> tuple[Tile, ...]:
    """Cut a picture of this size into bands; one band for a picture that is not long.

    Bands are all of one height, about that of a phone's screen, and overlap by a quarter of the
    width: more than any line of text is high. Only tall pictures are cut; a wide one would need
    its lines cut in two.
    """
    tall = max(SIDE_LIMIT, round(_TILE * width))
    if height <= max(_LONG * width, SIDE_LIMIT):
        return (Tile(top=0, bottom=height),)
    return bands(height, tall, max(round(_OVERLAP * width), 48))


def bands(height: int, tall: int, overlap: int, *, even: bool = False) -> tuple[Tile, ...]:
    """Bands of `tall` rows that overlap by `overlap` at least; one where the picture is no taller.

    even: no taller than as many bands need to be, so that they overlap by no more.
    """
    if height <= tall:
        return (Tile(top=0, bottom=height),)
    count = ceil((height - overlap) / (tall - overlap))
    if even:
        tall = ceil((height + (count - 1) * overlap) / count)
    tops = [round(k * (height - tall) / (count - 1)) for k in range(count)]
    return tuple(
        Tile(top=top, bottom=top + tall, opens=k == 0, closes=k == count - 1)
        for k, top in enumerate(tops)
    )


def whole_lines(found: Sequence[Quad], tile_of: Sequence[Tile]) -> list[int]:
    """Which lines of all tiles make up the page, each line once and none that a seam has cut.

    found: quads in the picture's pixels; tile_of: the tile that each was found in.
    Returns indices into both, ascending. Where two tiles saw the same line, the one that stands
    farther from its tile's edge is kept.
    """
    if not found:
        return []
    boxes = Boxes(found)
    margins = [_margin(box, tile) for box, tile in zip(boxes.corners, tile_of, strict=True)]
    # Each tile by a number of its own; those of one tile never stand for each other.
    numbers = {id(tile): number for number, tile in enumerate(tile_of)}
    tile = np.array([numbers[id(one)] for one in tile_of])
    is_kept = np.zeros(len(found), bool)
    for index in sorted(range(len(found)), key=lambda k: -margins[k]):
        if margins[index] <= _SEAM:
            break
        if not np.any(boxes.same_as(boxes.corners[index]) & is_kept & (tile != tile[index])):
            is_kept[index] = True
    return [int(index) for index in np.flatnonzero(is_kept)]


class Boxes:
    """The upright boxes around quads, all compared with one at a time: pages of a thousand lines
    are compared line by line.

    corners: (N, 4): left, top, right, bottom.
    """

    def __init__(self, quads: Sequence[Quad]) -> None:
        points = np.array(quads, np.float64).reshape(-1, 4, 2)
        self.corners = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
        self._areas = _areas(self.corners)

    def same_as(self, box: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """(N,): which share half of the smaller one's area with this one: left, top, right,
        bottom."""
        low, high = self.corners[:, :2], self.corners[:, 2:]
        shared = np.minimum(high, box[2:]) - np.maximum(low, box[:2])
        enough = shared.prod(axis=1) >= _SAME * np.minimum(self._areas, _areas(box[None]))
        found: npt.NDArray[np.bool_] = (shared > 0).all(axis=1) & enough
        return found


def _areas(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    areas: npt.NDArray[np.float64] = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
    return areas


def _margin(box: npt.NDArray[Any], tile: Tile) -> float:
    """How far a box stands from the tile's edges that are not the picture's own."""
    above = float("inf") if tile.opens else float(box[1]) - tile.top
    below = float("inf") if tile.closes else tile.bottom - float(box[3])
    return min(above, below)

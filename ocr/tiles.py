"""Long screenshots are read in overlapping tiles, so that their text keeps its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

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
    boxes = [_Box.around(quad, tile) for quad, tile in zip(found, tile_of, strict=True)]
    kept: list[int] = []
    for index in sorted(range(len(boxes)), key=lambda k: -boxes[k].margin):
        box = boxes[index]
        if box.margin <= _SEAM:
            break
        if not any(
            tile_of[other] is not tile_of[index] and box.covers(boxes[other]) for other in kept
        ):
            kept.append(index)
    return sorted(kept)


def are_same(quad: Quad, other: Quad) -> bool:
    """Whether the two share half of the smaller one's area."""
    whole = Tile(top=0, bottom=0)
    return _Box.around(quad, whole).covers(_Box.around(other, whole))


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float
    margin: float

    @classmethod
    def around(cls, quad: Quad, tile: Tile) -> "_Box":
        xs, ys = [x for x, _ in quad], [y for _, y in quad]
        above = float("inf") if tile.opens else min(ys) - tile.top
        below = float("inf") if tile.closes else tile.bottom - max(ys)
        return cls(min(xs), min(ys), max(xs), max(ys), min(above, below))

    def covers(self, other: "_Box") -> bool:
        """Whether the two share half of the smaller one's area."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        if wide <= 0 or high <= 0:
            return False
        return wide * high >= _SAME * min(self.area, other.area)

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)

"""Whether something that is no text lies over a line or close beside it, by its pixels alone.

The line is scaled to one height, with what is around it. Glyphs of a number are strokes of one
colour on one background, all in the same rows; a button, a bar, a pointer or a marker is a flat
area of another colour, reaches beyond the rows, is thicker than a stroke, filled, or of a third
colour. What stands apart (an icon, a card's edge, a chip's, a separator) covers nothing: a hidden
digit would have begun right beside the last one that can be seen.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from ocr.crops import Pixels
from ocr.surroundings import AROUND, ASIDE, BAND, Levels, commonest_colour, surroundings
from postprocess.types import Quad

_DIGIT = 21
"""A digit's usual height in a quad, where it cannot be measured."""
_CORE = slice(AROUND + 8, AROUND + BAND - 8)
"""Rows in which digits have ink wherever they are; marks between them stand lower."""
_LINE = slice(AROUND + 3, AROUND + BAND - 1)
_FLAT, _EVEN, _OTHER = 9, 16, 10
"""A square of this side with a range of no more than _EVEN levels, which differs from the
background by more than _OTHER, is no stroke of a glyph."""
_GRADIENT, _FITS = 20, 4
"""Levels that a background may change by over a line, and by which it may leave a plane."""
_NEAR = 7
"""Columns between a number and what may hide its next digit."""
_OWN = 9
"""Columns beyond the span that may still be the number's: spans are estimates."""
_APART = 10
"""Columns without ink that end a number."""
_FAINT = 20
"""Levels between ink and background below which nothing is said."""
_FILLED, _THICK = 0.85, 0.46
"""Of a digit's height: across something filled, and across a stroke, more than glyphs are."""
_SMALL = 23.0
"""Pixels of a line's height below which a picture was made smaller and its strokes ran together."""
_RIM = 0.75
"""How much of a filled disc's rim is ink; strokes of a Chinese character touch it in places."""
_SMALLER = 0.9
"""Of the usual height: a code beside a name in larger letters."""
_LEAST = 17
"""A digit that was measured lower is none: marks between digits, or the code beside a name."""
_BEYOND, _BRACKET, _THIN = 4, 10, 4
"""Rows beyond the line that glyphs do not reach, and parentheses in a tight box do not; columns of
an upright line between two fields."""
_OUT = 3
"""Rows beyond the digits, above and below, that none of them reaches."""
_THIRD = 60
"""Levels off the straight line between background and ink, beyond what JPEG does to colours."""
_PATCH = 5
"""Side of a square of a third colour."""

Mask = npt.NDArray[np.bool_]


def is_covered(image: Pixels, quad: Quad, start: float = 0.0, end: float = 1.0) -> bool:
    """Whether the part of a line from `start` to `end` (shares of its length, 0–1) is covered.

    image: (H, W, 3) uint8 BGR. quad: corners (x, y) in its pixels, clockwise from the text's
    top-left. False where the line has hardly any area.
    """
    corners = np.asarray(quad, np.float64)
    seen = surroundings(image, corners, start, end)
    small = float(np.hypot(*(corners[3] - corners[0]))) < _SMALL
    behind = start > 0 and end == 1
    return seen is not None and finding(*seen, small=small, behind_words=behind) != ""


def finding(
    window: Pixels, columns: int, *, small: bool = False, behind_words: bool = False
) -> str:
    """What is there that is no text, in a word; empty where there is nothing.

    window: the part of the line, scaled, with AROUND rows and ASIDE columns around it. small: it
    is of so small a line that blurred strokes tell nothing by how thick they are. behind_words: it
    ends the line, and words stand before it.
    """
    span = slice(ASIDE, ASIDE + columns)
    band = window[AROUND : AROUND + BAND, span]
    background = commonest_colour(band)
    away = _most(cv2.absdiff(window, _slope(window, span, background)))
    highest = away[_CORE, span].max(axis=0)
    contrast = float(np.percentile(highest, 65))
    if contrast < _FAINT:
        return ""
    square = np.ones((_FLAT, _FLAT), np.uint8)
    spread = _most(cv2.subtract(cv2.dilate(window, square), cv2.erode(window, square)))
    flat = ((spread <= _EVEN) & (away > _OTHER)).astype(np.uint8)
    # A JPEG's halo is flat in single places.
    flat = np.asarray(cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    solid = np.asarray(cv2.dilate(flat, square), np.uint8)
    ink = (away > max(_OTHER, 0.4 * contrast)) & (solid == 0)
    where = np.flatnonzero(_together(ink[_LINE], solid[_LINE], span))
    if len(where) == 0:
        return "all" if solid[_CORE, span].any() else ""
    first, last = int(where[0]), int(where[-1])
    if any(_covers(one, first, last) for one in _parts(solid)):
        return "flat"
    strong = (away > max(2 * _OTHER, 0.5 * contrast)).astype(np.uint8)
    top, bottom = _rows(strong, first, last)
    high = max(bottom - top, _LEAST)
    near = slice(max(0, first - _NEAR), last + _NEAR + 1)
    if behind_words and bottom - top < _SMALLER * _DIGIT:
        # Smaller digits than the name before them begin further right than widths tell.
        own = round(columns * (bottom - top) / _DIGIT)
        first = max(first, span.stop - own)
        near = slice(first, near.stop)
    if any(_sticks_out(*part, 0.4 * high) for part in _touching(strong, near)):
        return "tall"
    inner = slice(max(first, span.start), min(last, span.stop) + 1)
    if any(_is_misfit(*part, top, bottom, inner) for part in _touching(strong, inner)):
        return "misfit"
    if not small and _thickest(strong[top:bottom, near]) > _THICK * high:
        return "thick"
    if not small and _is_filled(strong, near, high):
        return "filled"
    if _has_third_colour(window[top:bottom, near], away[top:bottom, near], background, contrast):
        return "colour"
    return ""


def _most(levels: cv2.typing.MatLike) -> Levels:
    """The largest of three levels; numpy takes ten times as long along so short an axis."""
    blue, green, red = cv2.split(levels)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _slope(window: Pixels, span: slice, background: Levels) -> Pixels:
    """The background everywhere in a window: one colour, or a gradient where a plane fits what is
    like it in the line."""
    high, wide = window.shape[:2]
    sample = window[AROUND : AROUND + BAND : 3, span.start : span.stop : 3].astype(np.float32)
    rows, columns = np.mgrid[AROUND : AROUND + BAND : 3, span.start : span.stop : 3]
    off = np.abs(sample - background)
    alike = np.maximum(np.maximum(off[..., 0], off[..., 1]), off[..., 2]) <= _GRADIENT
    if np.count_nonzero(alike) >= 12:
        places = np.stack([np.ones_like(rows), rows, columns], axis=-1)[alike].astype(np.float32)
        plane, *_ = np.linalg.lstsq(places, sample[alike], rcond=None)
        fits = (np.abs(places @ plane - sample[alike]) <= _FITS).all(axis=1)
        if fits.mean() >= 0.85 and np.abs(plane[1:]).max() > 0.03:
            down, right = np.arange(high)[:, None, None], np.arange(wide)[None, :, None]
            levels = plane[0] + plane[1] * down + plane[2] * right
            return np.asarray(np.clip(levels, 0, 255), np.uint8)
    return np.full_like(window, background)


def _together(ink: Mask, solid: Levels, span: slice) -> Mask:
    """Columns of the number's ink: those that follow each other from the middle of the span, as far
    as the span may reach."""
    ink = np.asarray(ink.any(axis=0), np.bool_)
    taken = ink | (solid.max(axis=0) > 0)
    there = np.flatnonzero(taken[: span.stop + _OWN])
    there = there[there >= span.start - _OWN]
    if len(there) == 0:
        return np.zeros_like(ink)
    breaks = np.flatnonzero(np.diff(there) > _APART)
    middle = int(np.abs(there - (span.start + span.stop) / 2).argmin())
    begin = max((int(at) + 1 for at in breaks if at < middle), default=0)
    end = min((int(at) for at in breaks if at >= middle), default=len(there) - 1)
    own = np.zeros_like(ink)
    own[there[begin] : there[end] + 1] = True
    return np.asarray(own & ink, np.bool_)


def _parts(mask: Levels) -> Iterator[Mask]:
    """The connected parts of a mask that stand in the line's own rows."""
    _, labels = cv2.connectedComponents(mask, connectivity=4)
    for label in np.unique(labels[_CORE]):
        if label:
            yield labels == label


def _covers(one: Mask, first: int, last: int) -> bool:
    """Whether a flat area hides characters between two columns, or the next one on either side."""
    there = np.atleast_1d(one[_CORE].any(axis=0))
    if there[first : last + 1].any():
        return True
    before, after = there[max(0, first - _NEAR) : first], there[last + 1 : last + 1 + _NEAR]
    return bool(
        (before.any() and not _is_edge(one[:, :first], on_right=False))
        or (after.any() and not _is_edge(one[:, last + 1 :], on_right=True))
    )


def _is_edge(one: Mask, *, on_right: bool) -> bool:
    """Whether an area's side to the text is straight and upright as far as one sees: a card's."""
    rows = one.any(axis=1)
    if rows.mean() < 0.95:
        return False
    facing = (one if on_right else one[:, ::-1])[rows].argmax(axis=1)
    low, high = np.percentile(facing, (10, 90))
    return bool(high - low <= 3)


def _touching(mask: Levels, near: slice) -> Iterator[tuple[int, int, int, int]]:
    """Left, top, width and height of the connected parts in the line's own rows and columns."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for label in np.unique(labels[_CORE, near]):
        if label:
            x, y, wide, high, _ = stats[label]
            yield int(x), int(y), int(wide), int(high)


def _is_misfit(
    left: int, top: int, wide: int, high: int, first: int, last: int, inner: slice
) -> bool:
    """Whether a part in the middle of the number reaches beyond the digits' rows on both sides, as
    no digit or comma does; the unit behind it may."""
    digit = last - first
    return (
        0.45 * digit < wide <= 2.5 * digit
        and inner.start <= left + wide / 2 < inner.stop
        and top <= first - _OUT
        and top + high >= last + _OUT
    )


def _rows(strong: Levels, first: int, last: int) -> tuple[int, int]:
    """The rows in which the number's digits stand."""
    digits = [
        (y, y + high)
        for _, y, wide, high in _touching(strong, slice(first, last + 1))
        if 12 <= high <= 30 and wide <= 1.2 * high
    ]
    if len(digits) < 2:
        top = AROUND + (BAND - _DIGIT) // 2
        return top, top + _DIGIT
    tops, bottoms = zip(*digits, strict=True)
    return int(np.median(tops)), int(np.median(bottoms))


def _sticks_out(left: int, top: int, wide: int, high: int, narrow: float) -> bool:
    """Whether a part reaches beyond the line's rows, and is neither an upright line nor, in a
    detector's tight box, a parenthesis."""
    over = max(AROUND - top, top + high - (AROUND + BAND))
    return wide > _THIN and over > (_BRACKET if wide <= narrow else _BEYOND)


def _thickest(mask: Levels) -> float:
    """The diameter of the largest disc in a mask."""
    padded = np.pad(mask, 1)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def _is_filled(strong: Levels, near: slice, digit: int) -> bool:
    """Whether something round or square stands among the digits, with rings or not."""
    least = max(_FILLED * digit, _LEAST + 0.2)
    outlines, _ = cv2.findContours(strong, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        x, y, wide, high = cv2.boundingRect(outline)
        if min(wide, high) < least or wide > 4 * digit or x + wide <= near.start or x >= near.stop:
            continue
        filled = np.zeros((high, wide), np.uint8)
        cv2.drawContours(filled, [outline], -1, (1,), -1, offset=(-x, -y))
        inside = cv2.distanceTransform(np.pad(filled, 1), cv2.DIST_L2, 3)
        inside[: max(_CORE.start - y, 0) + 1] = inside[max(_CORE.stop - y, 0) + 1 :] = 0
        inside[:, : max(near.start - x, 0) + 1] = inside[:, near.stop - x + 1 :] = 0
        radius = float(inside.max())
        row, column = np.unravel_index(int(inside.argmax()), inside.shape)
        if 2 * radius > least and _is_ringed(strong, x + column - 1, y + row - 1, radius):
            return True
    return False


def _is_ringed(strong: Levels, x: np.intp, y: np.intp, radius: float) -> bool:
    """Whether a disc has a rim all around: strokes of a Chinese character touch it in places."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    columns = (x + 0.85 * radius * np.cos(angles)).round().astype(int)
    rows = (y + 0.85 * radius * np.sin(angles)).round().astype(int)
    high, wide = strong.shape
    there = strong[rows.clip(0, high - 1), columns.clip(0, wide - 1)]
    return bool(there.mean() >= _RIM)


def _has_third_colour(part: Pixels, away: Levels, background: Levels, contrast: float) -> bool:
    """Whether a patch is neither background nor ink nor between the two."""
    own = part[(away > 0.8 * contrast) & (away < 1.2 * contrast)]
    if len(own) == 0:
        return False
    back = background.astype(np.float32)
    ink = np.median(own, axis=0).astype(np.float32) - back
    ink /= max(float(np.linalg.norm(ink)), 1.0)
    colours = part.astype(np.float32) - back
    off = np.linalg.norm(colours - (colours @ ink)[..., None] * ink, axis=2)
    patch = cv2.erode((off > _THIRD).astype(np.uint8), np.ones((_PATCH, _PATCH), np.uint8))
    return bool(patch.any())

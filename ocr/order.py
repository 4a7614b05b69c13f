"""Reading order: rows from top to bottom, within a row from left to right."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import atan2, cos, hypot, sin

from postprocess.types import Line, Quad

_SAME_ROW = 0.5
"""Share of the lower line's height that two lines of one row have in common."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line in the frame of the text: x runs along the rows, whatever the picture's tilt."""

    line: Line
    left: float
    middle: float
    height: float

    def beside(self, other: "_Placed") -> bool:
        top = max(self.middle - self.height / 2, other.middle - other.height / 2)
        bottom = min(self.middle + self.height / 2, other.middle + other.height / 2)
        return bottom - top >= _SAME_ROW * min(self.height, other.height)


def reading_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines as a person reads them; the order they come in does not matter.

    A line belongs to a row when it stands beside every line of it, so that a large number does
    not pull the two small lines next to it into one row.
    """
    tilt = _tilt([line.quad for line in lines]) if (lines := list(lines)) else 0.0
    placed = sorted(
        (_place(line, tilt) for line in lines), key=lambda p: (p.middle, p.left, p.line.text)
    )
    rows: list[list[_Placed]] = []
    for one in placed:
        for row in reversed(rows):
            if all(one.beside(other) for other in row):
                row.append(one)
                break
        else:
            rows.append([one])
    return tuple(one.line for row in rows for one in sorted(row, key=lambda p: p.left))


def _tilt(quads: list[Quad]) -> float:
    """The median angle of the text in radians, each line weighted with its length."""
    angles = []
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in quads:
        along = (x1 + x2 - x0 - x3) / 2, (y1 + y2 - y0 - y3) / 2
        angles.append((atan2(along[1], along[0]), hypot(*along)))
    angles.sort()
    half, passed = sum(length for _, length in angles) / 2, 0.0
    for angle, length in angles:
        passed += length
        if passed >= half:
            return angle
    return 0.0


def _place(line: Line, tilt: float) -> _Placed:
    across, along = cos(tilt), sin(tilt)
    xs = [x * across + y * along for x, y in line.quad]
    ys = [y * across - x * along for x, y in line.quad]
    height = (ys[2] + ys[3] - ys[0] - ys[1]) / 2
    return _Placed(line, (xs[0] + xs[3]) / 2, sum(ys) / 4, abs(height))

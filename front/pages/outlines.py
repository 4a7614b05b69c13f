"""Outlines on a picture, from the quads of evidence lines: what to draw, crop and pick.

All coordinates are pixels of the picture as it was read (`evidence["width"]` × `["height"]`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from postprocess.types import Line, Page, Point, Quad

Kind = Literal["code", "share", "label", "number"]

# A number that a person may want in a field: six digits alone, or any plain or grouped decimal.
# `[0-9.,]*` takes a whole run, so that no part of a longer number is offered.
_RUN = re.compile(r"[0-9][0-9.,]*[0-9]|[0-9]")
_CODE = re.compile(r"[0-9]{6}")
_SHARE = re.compile(r"[0-9]{1,16}(\.[0-9]{1,4})?|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,4})?")
# Dates, clock times, percentages and counts of one or two digits are never meant.
_NO_SHARE_BEFORE, _NO_SHARE_AFTER = frozenset("-/:"), frozenset("-/:%年月日")
_SHORTEST_WHOLE = 3
_HIDDEN = "□*"
# Crops show this many line heights around a value, and are at least this many times as wide as
# high: the same size on the page for short and long numbers.
_AROUND_X, _AROUND_Y, _ASPECT = 1.5, 0.55, 8.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A part of the picture: left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def view_box(self) -> str:
        """As SVG's `viewBox` wants it."""
        return f"{self.x:g} {self.y:g} {self.width:g} {self.height:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One outline. points: as SVG's `polygon` wants them. fund_code, hold_share: what a click on
    it puts into the fields, empty for none; crop: where that is seen."""

    kind: Kind
    points: str
    fund_code: str = ""
    hold_share: str = ""
    crop: Crop | None = None


def outline(kind: Kind, quad: Quad) -> Mark:
    """The outline of a quad, a little wider than the text."""
    _, top, _, bottom = _box(quad)
    pad = (bottom - top) * 0.12
    corners = zip(quad, ((-pad, -pad), (pad, -pad), (pad, pad), (-pad, pad)), strict=True)
    return Mark(kind=kind, points=_points((x + dx, y + dy) for (x, y), (dx, dy) in corners))


def crop(quad: Quad, page: Page) -> Crop:
    """The surroundings of a value, within the page."""
    left, top, right, bottom = _box(quad)
    height = max(bottom - top, 8.0)
    wanted_height = height * (1 + 2 * _AROUND_Y)
    wanted_width = max(right - left + 2 * _AROUND_X * height, _ASPECT * wanted_height)
    width, tall = min(wanted_width, page.width), min(wanted_height, page.height)
    x = min(max((left + right - width) / 2, 0), page.width - width)
    y = min(max((top + bottom - tall) / 2, 0), page.height - tall)
    return Crop(x=round(x, 1), y=round(y, 1), width=round(width, 1), height=round(tall, 1))


def numbers(page: Page, first: Sequence[Quad] = ()) -> Iterator[Mark]:
    """Every number of the page that could be a code or a share, where it stands in its line;
    those of lines within the quads `first` before all others.

    The place inside a line is estimated from character widths; the line's own quad is exact.
    """
    boxes = [_box(quad) for quad in first]
    for line in sorted(page.lines, key=lambda line: not _is_within(line.quad, boxes)):
        text = unicodedata.normalize("NFKC", line.text)
        if len(text) != len(line.text):  # places would not fit; the whole line then
            text, places = line.text, [(0.0, 1.0)] * len(line.text)
        else:
            places = _places(line.text)
        for run in _RUN.finditer(text):
            value = run.group()
            is_code = bool(_CODE.fullmatch(value))
            if not is_code and not _may_be_share(text, run):
                continue
            start, end = places[run.start()][0], places[run.end() - 1][1]
            part = _part(line.quad, start, end)
            yield Mark(
                kind="number",
                points=_points(part),
                fund_code=value if is_code else "",
                hold_share="" if is_code else value.replace(",", ""),
                crop=crop(part, page),
            )


def line_of(page: Page, value: str) -> Line | None:
    """The first line that shows this value, separators or not; None where no line does."""
    for line in page.lines:
        text = unicodedata.normalize("NFKC", line.text)
        if value in {run.replace(",", "") for run in _RUN.findall(text)}:
            return line
    return None


def label_line(page: Page, label: str, near: Quad) -> Line | None:
    """The line with this label that stands nearest to `near`."""
    x, y = _middle(near)
    bare_label = label.replace(" ", "")
    lines = [line for line in page.lines if bare_label and bare_label in line.text.replace(" ", "")]

    def distance(line: Line) -> float:
        other_x, other_y = _middle(line.quad)
        return (other_x - x) ** 2 + (2 * (other_y - y)) ** 2

    return min(lines, key=distance, default=None)


def is_hidden(line: Line) -> bool:
    """Whether evidence keeps nothing of the line but its length."""
    return not line.text.strip(_HIDDEN)


def _may_be_share(text: str, run: re.Match[str]) -> bool:
    before, after = text[: run.start()][-1:], text[run.end() :][:1]
    if before in _NO_SHARE_BEFORE or after in _NO_SHARE_AFTER or not _SHARE.fullmatch(run.group()):
        return False
    return "." in run.group() or len(run.group()) >= _SHORTEST_WHOLE


def _places(text: str) -> list[tuple[float, float]]:
    """Where each character begins and ends, as parts of the line's length."""
    widths = [2 if unicodedata.east_asian_width(one) in "WF" else 1.1 for one in text]
    total, ends = sum(widths) or 1, []
    at = 0.0
    for width in widths:
        ends.append((at / total, (at + width) / total))
        at += width
    return ends


def _part(quad: Quad, start: float, end: float) -> Quad:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad

    def top(at: float) -> Point:
        return ax + (bx - ax) * at, ay + (by - ay) * at

    def bottom(at: float) -> Point:
        return dx + (cx - dx) * at, dy + (cy - dy) * at

    return top(start), top(end), bottom(end), bottom(start)


def _points(corners: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _box(quad: Quad) -> tuple[float, float, float, float]:
    xs, ys = zip(*quad, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _is_within(quad: Quad, boxes: Iterable[tuple[float, float, float, float]]) -> bool:
    x, y = _middle(quad)
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes)


def _middle(quad: Quad) -> Point:
    left, top, right, bottom = _box(quad)
    return (left + right) / 2, (top + bottom) / 2

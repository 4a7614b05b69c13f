"""The values of a drawn screen: the picture, what is true of it, and what was drawn where."""

from dataclasses import dataclass

from PIL import Image

from postprocess.types import Line, Page, Point, Quad


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What must be answered. Both empty: the page must be refused.

    hold_share is the number as drawn, without separators and unit.
    """

    fund_code: str
    hold_share: str

    @property
    def refused(self) -> bool:
        """True when no answer is the right answer."""
        return not self.fund_code


REFUSED = Truth(fund_code="", hold_share="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One run of text as it was drawn.

    quad: corners (x, y) in pixels of the picture, clockwise from the text's top-left.
    role: `code`, `share`, `label` (of a share), `name`, or empty for all the rest. A run that
        holds two of them has the more telling one: code before name, share before label.
    """

    text: str
    quad: Quad
    role: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the upright rectangle around the quad, in pixels."""
        xs, ys = zip(*self.quad, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A drawn screenshot.

    picture: RGB. reason: name of the expected `postprocess.types.Reason` where the truth is a
        refusal, else empty. holdings: (fund code, name, share) of each row of a page that lists
        several, a part that is not drawn is empty. labels: the share labels drawn.
    held_out: kept out of tuning, because of its layout or of a label.
    tags: the layout's own, then `dark` or `light`, `face:…`, `width:…` as drawn, `code:…` (how name
        and code stand together), `two_labels`, `long`, `amount_of_day_before`, and what was done
        to the picture.
    """

    picture: Image.Image
    truth: Truth
    layout: str
    held_out: bool
    texts: tuple[Text, ...]
    labels: tuple[str, ...] = ()
    reason: str = ""
    holdings: tuple[tuple[str, str, str], ...] = ()
    tags: tuple[str, ...] = ()

    def page(self) -> Page:
        """The drawn texts as a perfect recogniser would hand them on: rows from the top, each
        from the left, confidence 1."""
        lines = (Line(text=t.text, confidence=1.0, quad=t.quad) for t in reading_order(self.texts))
        width, height = self.picture.size
        return Page(lines=tuple(lines), width=width, height=height, model_version="drawn")


def reading_order(texts: tuple[Text, ...]) -> list[Text]:
    """Rows from top to bottom, each from left to right.

    Two texts share a row where the middle of one lies within the other's middle half.
    """
    rows: list[list[Text]] = []
    for text in sorted(texts, key=lambda t: t.box[1] + t.box[3]):
        _, top, _, bottom = text.box
        if rows:
            _, row_top, _, row_bottom = rows[-1][0].box
            reach = max(bottom - top, row_bottom - row_top) / 4
            if abs((top + bottom) - (row_top + row_bottom)) / 2 <= reach:
                rows[-1].append(text)
                continue
        rows.append([text])
    return [text for row in rows for text in sorted(row, key=lambda t: t.box[0])]


def rectangle(left: float, top: float, right: float, bottom: float) -> Quad:
    """The quad of an upright rectangle."""
    corners: tuple[Point, Point, Point, Point] = (
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
    )
    return corners

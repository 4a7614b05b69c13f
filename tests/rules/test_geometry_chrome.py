"""What is no part of a page: a watermark across it, and a phone's status bar."""

from math import cos, radians, sin
from typing import Any

import pytest

from postprocess.layout import extract
from postprocess.types import Line, Page, Reason
from tests.rules.layout_pages import page_of

HOLDING: list[Any] = [
    ["恒澜消费升级混合A", 16, 130, 16],
    ["011608 混合型", 16, 155, 13],
    ["持有金额(元)", 16, 240, 14],
    ["2,313.81", "r359", 240, 14],
    ["可用份额", 16, 280, 14],
    ["1,234.56", "r359", 280, 14],
    ["最新净值", 16, 320, 14],
    ["1.8742", "r359", 320, 14],
]


def across(text: str, x: float, y: float, degrees: float, height: float = 14) -> Line:
    """A line that begins at (x, y) and runs at this angle, clockwise."""
    turn, length = radians(degrees), height * 0.8 * len(text)
    along, down = (cos(turn), sin(turn)), (-sin(turn), cos(turn))
    ends = [(0, 0), (length, 0), (length, height), (0, height)]
    a, b, c, d = ((x + u * along[0] + v * down[0], y + u * along[1] + v * down[1]) for u, v in ends)
    return Line(text=text, confidence=0.99, quad=(a, b, c, d))


def under(lines: list[Any], *watermark: Line) -> Page:
    page = page_of(lines)
    return Page(lines=(*page.lines, *watermark), width=page.width, height=page.height)


def answer(page: Page) -> tuple[str, str] | Reason | None:
    found = extract(page)
    if found.fund_code is None or found.hold_share is None:
        return found.reason
    return found.fund_code.value, found.hold_share.value


def marks(text: str, degrees: float) -> list[Line]:
    return [across(text, x, y, degrees) for y in range(40, 700, 60) for x in (40, 190, 300)]


@pytest.mark.parametrize("degrees", [-30, -20, 15, 25, 45])
@pytest.mark.parametrize("text", ["王小明 5678", "163407", "可用份额 5,678.00"])
def test_a_watermark_takes_no_part_however_dense(text: str, degrees: float) -> None:
    assert answer(under(HOLDING, *marks(text, degrees))) == ("011608", "1234.56")


def test_a_picture_that_was_taken_askew_is_read_as_one() -> None:
    turn = radians(20)
    page = page_of(HOLDING)
    turned = tuple(
        Line(
            text=line.text,
            confidence=line.confidence,
            quad=tuple(  # type: ignore[arg-type]
                (x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)) for x, y in line.quad
            ),
        )
        for line in page.lines
    )
    assert answer(Page(lines=turned, width=800, height=900)) == ("011608", "1234.56")


def test_digits_of_a_watermark_that_ran_into_a_label_are_not_its_number() -> None:
    lines = [["可用份额678", *one[1:]] if one[0] == "可用份额" else one for one in HOLDING]
    assert answer(under(lines, *marks("王小明 5678", -20))) == ("011608", "1234.56")
    alone = [one for one in lines if one[0] not in ("1,234.56", "2,313.81")]
    assert isinstance(answer(under(alone, *marks("王小明 5678", -20))), Reason)


@pytest.mark.parametrize("sign", ["0", "1", "7"])
def test_a_character_that_touches_a_label_may_be_its_help_sign(sign: str) -> None:
    lines = [[f"可用份额{sign}", *one[1:]] if one[0] == "可用份额" else one for one in HOLDING]
    without = [one for one in lines if one[0] != "1,234.56"]
    assert isinstance(answer(page_of(without)), Reason)


@pytest.mark.parametrize("bar", [["9:41", "88"], ["9:41", "5G", "100"], ["21:05 4G", "76%"]])
def test_a_batterys_number_is_none_of_the_page(bar: list[str]) -> None:
    chrome = [[text, 16 + 140 * at, 20, 12] for at, text in enumerate(bar)]
    # Right below, and centred to it, a label without a number.
    lines = [*chrome, ["持有份额", 16 + 140 * (len(bar) - 1), 50, 14], *HOLDING[:2]]
    page = page_of(lines)
    tall = Page(lines=page.lines, width=page.width, height=800)
    assert isinstance(answer(tall), Reason)
    assert extract(tall).hold_shares == ()

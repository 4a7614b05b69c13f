"""Who stands beside, above and below whom, and what OCR cut in two."""

from math import cos, radians, sin
from typing import Any

import pytest

from postprocess.geometry import TokenGrid, gap, is_flush, same_column
from postprocess.tokens import Token, same_row
from postprocess.types import Line, Page
from tests.rules.layout_pages import page_of


def grid(*lines: list[Any]) -> TokenGrid:
    return TokenGrid(page_of(list(lines)))


def token(of: TokenGrid, text: str) -> Token:
    """The only token with this text."""
    (found,) = (token for token in of.tokens if token.part.text == text)
    return found


def name(found: Token | None) -> str | None:
    return None if found is None else found.part.text


def box(found: Token) -> list[float]:
    numbers = (found.left, found.right, found.top, found.bottom, found.height, found.middle)
    return [round(number, 3) for number in numbers]


def turned(page: Page, degrees: float) -> Page:
    """The page as a picture that is turned around its corner."""
    across, along = cos(radians(degrees)), sin(radians(degrees))
    lines = [
        Line(
            text=line.text,
            confidence=line.confidence,
            quad=tuple((x * across - y * along, x * along + y * across) for x, y in line.quad),  # type: ignore[arg-type]
        )
        for line in page.lines
    ]
    return Page(lines=tuple(lines), width=page.width, height=page.height)


def test_a_part_has_its_share_of_the_lines_box() -> None:
    # 11 halves of 10 wide: four characters of 20, a space, five digits, a half.
    found = grid(["持有份额 12.50", 30, 100, 20])
    assert box(token(found, "持有份额")) == [30, 110, 90, 110, 20, 100]
    assert box(token(found, "12.50")) == [120, 170, 90, 110, 20, 100]
    assert [(t.first, t.last) for t in found.tokens] == [(True, False), (False, True)]


def test_a_slanted_line_has_the_box_between_its_edges() -> None:
    line = Line(text="净值", confidence=1.0, quad=((0, 10), (100, 12), (102, 32), (2, 30)))
    straight = Line(text="持有份额", confidence=1.0, quad=((0, 50), (900, 50), (900, 70), (0, 70)))
    found = TokenGrid(Page(lines=(line, straight), width=900, height=99))
    assert box(token(found, "净值")) == [1, 101, 11, 31, 20, 21]


@pytest.mark.parametrize("degrees", [-2.0, -0.5, 0.5, 2.0, 10.0])
def test_boxes_of_a_turned_page_are_those_of_the_straight_one(degrees: float) -> None:
    page = page_of([["持有份额", 16, 100, 20], ["12.50", "r350", 100, 20], ["净值", 16, 150, 10]])
    straight, found = TokenGrid(page), TokenGrid(turned(page, degrees))
    assert [box(token(found, t.part.text)) for t in straight.tokens] == [
        box(t) for t in straight.tokens
    ]


def test_the_longer_lines_say_how_a_page_is_turned() -> None:
    page = page_of([["持有份额持有份额", 0, 100, 20], ["净", 0, 150, 10], ["值", 0, 180, 10]])
    odd = turned(page, 5.0).lines
    mixed = Page(lines=(page.lines[0], *odd[1:]), width=375, height=812)
    assert box(TokenGrid(mixed).tokens[0])[2:] == [90, 110, 20, 100]


def test_a_mirrored_box_is_taken_the_right_way_round() -> None:
    line = Line(text="净值", confidence=1.0, quad=((90, 30), (10, 30), (10, 10), (90, 10)))
    assert box(TokenGrid(Page(lines=(line,), width=99, height=99)).tokens[0])[:5] in (
        [10, 90, 10, 30, 20],
        [-90, -10, -30, -10, 20],
    )


def test_a_line_without_height_still_has_one() -> None:
    line = Line(text="净值", confidence=1.0, quad=((0, 9), (50, 9), (50, 9), (0, 9)))
    assert box(TokenGrid(Page(lines=(line,), width=99, height=99)).tokens[0])[4:] == [0.001, 9]


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
def test_a_line_without_a_place_stands_nowhere(odd: float) -> None:
    line = Line(text="净值", confidence=1.0, quad=((0, 0), (9, 0), (9, odd), (0, 9)))
    assert TokenGrid(Page(lines=(line,), width=99, height=99)).tokens == []


def test_tokens_are_told_from_the_top_then_from_the_left() -> None:
    found = grid(["丁丁", 90, 100, 20], ["甲甲", 200, 40, 20], ["丙丙", 10, 100, 20])
    assert [t.part.text for t in found.tokens] == ["甲甲", "丙丙", "丁丁"]


def test_the_nearest_in_the_row_stands_beside() -> None:
    found = grid(
        ["甲甲", 0, 100, 20], ["乙乙", 100, 100, 20], ["丙丙", 200, 100, 20], ["丁丁", 300, 130, 20]
    )
    assert name(found.right_of(token(found, "甲甲"))) == "乙乙"
    assert name(found.right_of(token(found, "乙乙"))) == "丙丙"
    assert found.right_of(token(found, "丙丙")) is None
    assert name(found.left_of(token(found, "丙丙"))) == "乙乙"
    assert name(found.left_of(token(found, "乙乙"))) == "甲甲"
    assert found.left_of(token(found, "甲甲")) is None


def test_icons_are_looked_through() -> None:
    found = grid(["甲甲", 0, 100, 20], ["i", 80, 100, 20], ["丙丙", 200, 100, 20])
    assert name(found.right_of(token(found, "甲甲"))) == "丙丙"
    assert name(found.left_of(token(found, "丙丙"))) == "甲甲"
    column = grid(["甲甲", 0, 100, 20], ["i", 10, 125, 20], ["丙丙", 0, 150, 20])
    assert name(column.below(token(column, "甲甲"))) == "丙丙"
    assert name(column.above(token(column, "丙丙"))) == "甲甲"


@pytest.mark.parametrize(("overlap", "beside"), [(9, True), (10, True), (11, False)])
def test_boxes_may_overlap_by_half_a_height_and_still_stand_beside(
    overlap: int, beside: bool
) -> None:
    # 40 wide from 0 to 40.
    found = grid(["甲甲", 0, 100, 20], ["乙乙", 40 - overlap, 100, 20])
    assert (found.right_of(token(found, "甲甲")) is not None) is beside
    assert (found.left_of(token(found, "乙乙")) is not None) is beside


@pytest.mark.parametrize(("lower", "is_row"), [(5, True), (10, True), (11, False)])
def test_a_row_shares_half_of_the_lower_height(lower: int, is_row: bool) -> None:
    found = grid(["甲甲", 0, 100, 20], ["乙乙", 100, 100 + lower, 20])
    one, other = token(found, "甲甲"), token(found, "乙乙")
    assert same_row(one, other) is same_row(other, one) is is_row
    assert (other in found.row(one)) is (one in found.row(other)) is is_row


def test_a_small_line_beside_a_tall_one_is_in_its_row() -> None:
    found = grid(["甲甲", 0, 100, 60], ["乙乙", 200, 126, 10])
    assert name(found.right_of(token(found, "甲甲"))) == "乙乙"
    assert name(found.left_of(token(found, "乙乙"))) == "甲甲"


@pytest.mark.parametrize(("away", "near"), [(20, True), (60, True), (61, False)])
def test_above_and_below_reach_three_heights(away: int, near: bool) -> None:
    found = grid(["甲甲", 0, 100, 20], ["乙乙", 0, 120 + away, 20])
    upper, lower = token(found, "甲甲"), token(found, "乙乙")
    assert gap(upper, lower) == gap(lower, upper) == away
    assert (found.below(upper) is lower) is near
    assert (found.above(lower) is upper) is near
    assert found.above(upper) is found.below(lower) is None


def test_the_taller_of_two_says_how_far_they_may_stand_apart() -> None:
    found = grid(["甲甲", 0, 100, 10], ["乙乙", 0, 175, 20])
    assert name(found.below(token(found, "甲甲"))) == "乙乙"
    assert name(found.above(token(found, "乙乙"))) == "甲甲"


def test_lines_that_overlap_by_less_than_half_stand_above_each_other() -> None:
    found = grid(["甲甲", 0, 100, 20], ["乙乙", 0, 111, 20])
    assert name(found.below(token(found, "甲甲"))) == "乙乙"
    beside = grid(["甲甲", 0, 100, 20], ["乙乙", 0, 110, 20])
    assert beside.below(token(beside, "甲甲")) is None


def test_of_two_below_the_one_set_flush_is_meant() -> None:
    # Both are in reach of half a height from the nearest; the second is centred below the label.
    found = grid(["甲甲甲甲", 100, 100, 20], ["乙乙", 92, 125, 20], ["丙丙", 120, 130, 20])
    assert name(found.below(token(found, "甲甲甲甲"))) == "丙丙"
    nearer = grid(["甲甲甲甲", 100, 100, 20], ["乙乙", 92, 125, 20], ["丙丙", 120, 140, 20])
    assert name(nearer.below(token(nearer, "甲甲甲甲"))) == "乙乙"


@pytest.mark.parametrize(
    ("left", "column"), [(0, True), (20, True), (60, True), (61, False), (80, False), (300, False)]
)
def test_a_column_overlaps_by_half_or_is_set_flush(left: int, column: bool) -> None:
    # 80 wide from 0 to 80, and 40 wide from `left`.
    found = grid(["甲甲甲甲", 0, 100, 20], ["乙乙", left, 130, 20])
    one, other = token(found, "甲甲甲甲"), token(found, "乙乙")
    assert same_column(one, other) is same_column(other, one) is column


@pytest.mark.parametrize(
    ("flush", "lefts"),
    [(True, [0, 20, 60, 80, 100, 140, 160, 180]), (False, [21, 59, 101, 139, 181, 400])],
)
def test_flush_is_left_right_or_centred_within_the_lower_height(
    flush: bool, lefts: list[int]
) -> None:
    # 200 wide from 0, and 40 wide from `left`: centred at 80, flush right at 160.
    for left in lefts:
        found = grid(["甲甲甲甲甲", 0, 100, 40], ["乙乙", left, 150, 20])
        one, other = token(found, "甲甲甲甲甲"), token(found, "乙乙")
        assert is_flush(one, other) is is_flush(other, one) is flush, left


def test_around_counts_heights_above_and_below() -> None:
    found = grid(["甲甲", 0, 100, 20], ["乙乙", 300, 140, 20], ["丙丙", 0, 59, 20])
    assert [t.part.text for t in found.around(token(found, "甲甲"), 2.0)] == ["乙乙"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        # A number cut at its separator is one; the seam may be up to 0.45 heights wide.
        ([["1,234", 0, 100, 20], [".56", 50, 100, 20]], ["=1234.56"]),
        ([["1,234.", 0, 100, 20], ["56", 60, 100, 20]], ["=1234.56"]),
        ([["1,234", 0, 100, 20], [".56", 58, 100, 20]], ["=1234.56"]),
        ([["1,234", 0, 100, 20], [".56", 60, 100, 20]], ["=1234", "?0.56 56"]),
        ([["1,234", 0, 100, 20], [".56", 31, 100, 20]], ["=1234.56"]),
        ([["1,234", 0, 100, 20], [".56", 50, 111, 20]], ["=1234", "?0.56 56"]),
        # Nobody saw whether a point stood at the seam.
        ([["12", 0, 100, 20], ["34", 22, 100, 20]], ["?1234"]),
        ([["12", 0, 100, 20], ["34.56", 22, 100, 20]], ["?1234.56"]),
        # The first has its unit, the second its sign: two numbers.
        ([["12份", 0, 100, 20], ["34", 42, 100, 20]], ["=12份", "=34"]),
        ([["12", 0, 100, 20], ["+34", 22, 100, 20]], ["=12", "-"]),
        ([["12", 0, 100, 20], ["¥34", 22, 100, 20]], ["=12", "=34¥"]),
        ([["12", 0, 100, 20], ["****", 22, 100, 20]], ["=12", "-"]),
        # The last digit of a code was read twice.
        ([["163407", 0, 100, 20], ["7", 52, 100, 20]], ["=163407#", "=7"]),
        ([["163407", 0, 100, 20], ["8", 62, 100, 20]], ["?1634078"]),
        # A letter touches the first piece.
        ([["x12", 0, 100, 20], [".50", 30, 100, 20]], ["x", "?12.50"]),
        # Together they are no number: what touches it may be a part of it.
        ([["--", 0, 100, 20], ["12.50", 22, 100, 20]], ["-", "?12.50"]),
        ([["12.50", 0, 100, 20], ["暂无", 52, 100, 20]], ["?12.50", "-"]),
        ([["12.50", 0, 100, 20], ["¥", 52, 100, 20]], ["=12.50", "¥"]),
        # A unit may stand a height away.
        ([["12.50", 0, 100, 20], ["份", 65, 100, 20]], ["=12.50份"]),
        ([["12.50", 0, 100, 20], ["份", 71, 100, 20]], ["=12.50", "份:HELD_IF_SHARES"]),
        ([["12.50", 0, 100, 20], ["元", 52, 100, 20]], ["=12.50元¥"]),
        ([["12.50", 0, 100, 20], ["%", 52, 100, 20]], ["-%"]),
        ([["¥", 0, 100, 20], ["12.50", 12, 100, 20]], ["=12.50¥"]),
        # A letter or a mark may be a digit of it.
        ([["12.5", 0, 100, 20], ["O", 42, 100, 20]], ["?12.5", "O"]),
        ([["O", 0, 100, 20], ["12.5", 12, 100, 20]], ["O", "?12.5"]),
        ([["12.5", 0, 100, 20], ["O", 50, 100, 20]], ["=12.5", "O"]),
        ([["163407", 0, 100, 20], ["O", 62, 100, 20]], ["?163407", "O"]),
        # Words are one where they make a label.
        ([["可", 0, 100, 20], ["用份额", 22, 100, 20]], ["可用份额:AVAILABLE"]),
        ([["可用份额", 0, 100, 20], ["净值", 82, 100, 20]], ["可用份额:AVAILABLE", "净值:NAV"]),
        (
            [["可用", 0, 100, 20], ["份额", 50, 100, 20]],
            ["可用:AVAILABLE_IF_SHARES", "份额:HELD_IF_SHARES"],
        ),
        ([["说明", 0, 100, 20], ["其他", 42, 100, 20]], ["说明", "其他"]),
        # Three pieces: what was not seen at the first seam is not seen at the second.
        ([["12", 0, 100, 20], ["34", 22, 100, 20], [".56", 43, 100, 20]], ["?1234.56"]),
        ([["1", 0, 100, 20], [",234", 12, 100, 20], [".56", 53, 100, 20]], ["=1234.56"]),
        ([["1,2", 0, 100, 20], ["34", 32, 100, 20], [".56", 53, 100, 20]], ["?1234.56"]),
    ],
)
def test_what_was_cut_in_two_is_one_again(lines: list[Any], told: list[str]) -> None:
    assert [_told(t) for t in grid(*lines).tokens] == told


def _told(found: Token) -> str:
    number = found.number
    if number is None:
        role = "" if found.role.name == "TEXT" else f":{found.role.name}"
        return found.part.text + role
    assert number is found.part.number
    start = {"sure": f"={number.value}", "ambiguous": "?", "other": "-"}[number.kind]
    marks = number.unit + "¥" * number.money + "#" * number.digits
    return start + " ".join(number.candidates) + marks


def test_a_mended_number_fills_the_box_of_both_pieces() -> None:
    (found,) = grid(["1,234", 0, 100, 20], [".56", 50, 102, 24]).tokens
    assert box(found) == [0, 86, 90, 114, 24, 102]
    assert [line.text for line in found.lines] == ["1,234", ".56"]
    assert (found.first, found.last, found.part.text) == (True, True, "1,234.56")
    assert found.value is found.number


def test_a_mended_number_behind_words_stays_theirs() -> None:
    found = grid(["持有份额 12.50", 0, 100, 20], ["份", 142, 100, 20]).tokens
    assert [t.part.text for t in found] == ["持有份额", "12.50份"]
    assert found[1].number is not None and found[1].value is None


def test_a_mended_number_is_no_icon() -> None:
    (found,) = grid(["¥", 0, 100, 20], ["12.50", 12, 100, 20]).tokens
    assert (found.part.text, found.part.noise) == ("¥12.50", False)
    (words,) = grid(["可", 0, 100, 20], ["用份额", 22, 100, 20]).tokens
    assert (words.part.text, words.part.noise) == ("可用份额", False)


def test_what_lies_between_two_pieces_of_one_line_parts_them() -> None:
    # The first line ends with words, so its number has no seam with the next line.
    found = grid(["12 可用", 0, 100, 20], [".56", 72, 100, 20])
    assert [t.part.text for t in found.tokens] == ["12", "可用", ".56"]


def test_days_are_looked_through() -> None:
    found = grid(["甲甲", 0, 100, 20], ["2026-01-02", 60, 100, 20], ["丙丙", 200, 100, 20])
    assert name(found.right_of(token(found, "甲甲"))) == "丙丙"
    assert name(found.left_of(token(found, "丙丙"))) == "甲甲"
    assert [t.role.name for t in found.tokens] == ["TEXT", "DAY", "TEXT"]


def test_a_sheet_begins_without_pairs_and_with_every_token_a_field() -> None:
    found = grid(["甲甲", 0, 100, 20])
    assert found.pairs is None
    assert found.no_fields == set()

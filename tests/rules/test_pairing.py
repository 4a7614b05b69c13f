"""Which number is a label's, by where the two and their neighbours stand."""

from typing import Any

import pytest

from postprocess.geometry import TokenGrid
from postprocess.pairing import pair, pairs_of
from postprocess.tokens import Token
from tests.rules.layout_pages import cases, page_of


def told(label: str, *lines: list[Any]) -> str:
    """`12.50` where that is sure, `?12.50|34.00` where it may be meant or another, else nothing."""
    grid = TokenGrid(page_of(list(lines)))
    (token,) = (token for token in grid.tokens if token.part.text == label)
    found = pair(grid, token)
    assert found.label is token
    assert found.value is None or not found.rivals
    if found.value is not None:
        return found.value.part.text
    return "?" * bool(found.rivals) + "|".join(token.part.text for token in found.rivals)


@pytest.mark.parametrize("case", cases("pairing_cases.jsonl"))
def test_a_label_has_the_number_that_stands_best(case: dict[str, Any]) -> None:
    assert told("甲份额", *case["lines"]) == case["number"]


def test_labels_beside_say_on_which_side_their_numbers_stand() -> None:
    between = [["12.50", 16, 170, 14], ["甲份额", 16, 200, 14], ["34.00", 16, 230, 14]]
    below = [["净值", "r359", 200, 14], ["1.2345", "r359", 225, 14]]
    above = [["净值", "r359", 200, 14], ["1.2345", "r359", 175, 14]]
    small = [["净值", "r359", 200, 6], ["1.2345", "r359", 175, 14]]
    assert told("甲份额", *between) == "?12.50|34.00"
    assert told("甲份额", *between, *below) == "34.00"
    assert told("甲份额", *between, *above) == "12.50"
    assert told("甲份额", *between, *small) == "12.50"
    third = [["成本", 200, 200, 14], ["1.1111", 200, 225, 14]]
    assert told("甲份额", *between, *above, *third) == "?12.50|34.00"
    assert told("甲份额", *between, *below, *third) == "34.00"


def test_a_label_leans_to_no_side_against_the_labels_beside_it() -> None:
    own = [["甲份额", 16, 200, 14], ["12.50", 16, 225, 14]]
    against = [["净值", "r359", 200, 14], ["1.2345", "r359", 175, 14]]
    assert told("甲份额", *own) == "12.50"
    assert told("甲份额", *own, *against) == ""


@pytest.mark.parametrize(
    "behind",
    [[], [["成本", 280, 65, 14]], [["说明", 280, 50, 14]], [["1.1111", 280, 50, 14]]],
)
def test_what_stands_behind_the_number_of_a_label_beside_changes_nothing(
    behind: list[Any],
) -> None:
    between = [["12.50", 16, 170, 14], ["甲份额", 16, 200, 14], ["34.00", 16, 230, 14]]
    column = [["净值", 280, 0, 14], ["1.2345", 280, 26, 14], *behind]
    down = [[text, x, 200 + y, height] for text, x, y, height in column]
    up = [[text, x, 200 - y, height] for text, x, y, height in column]
    assert told("甲份额", *between, *down) == "34.00"
    assert told("甲份额", *between, *up) == "12.50"


def test_a_text_beside_the_label_may_have_the_number() -> None:
    # It reaches as far down as the label and is centred above the number.
    lines = [["甲份额", 16, 200, 14], ["12.50", 75, 230, 14]]
    assert told("甲份额", ["甲份额", 16, 200, 14], ["12.50", 30, 230, 14]) == "12.50"
    assert told("甲份额", *lines, ["净值", 78, 200, 14]) == ""


def _sheet(*lines: list[Any]) -> tuple[TokenGrid, dict[str, Token]]:
    """The grid, and its tokens by their texts."""
    found = TokenGrid(page_of(list(lines)))
    return found, {token.part.text: token for token in found.tokens}


def test_codes_and_what_names_them_are_no_labels_and_no_labels_numbers() -> None:
    lines = [["011608", 16, 170, 14], ["甲份额", 16, 200, 14], ["12.50", 16, 230, 14]]
    assert told("甲份额", *lines) == "?011608|12.50"
    grid, by_text = _sheet(*lines)
    grid.no_fields = {id(by_text["011608"])}
    assert pair(grid, by_text["甲份额"]).value is by_text["12.50"]
    # A name between the label and its number.
    named = [["甲份额", 16, 200, 14], ["某某混合", 16, 216, 10], ["12.50", 16, 232, 14]]
    assert told("甲份额", *named) == ""
    grid, by_text = _sheet(*named)
    grid.no_fields = {id(by_text["某某混合"])}
    assert pair(grid, by_text["甲份额"]).value is by_text["12.50"]


def test_a_code_beside_in_the_column_is_no_second_number() -> None:
    grid, by_text = _sheet(
        ["甲份额", 16, 200, 14], ["12.50", "r359", 200, 14], ["34.00", 16, 230, 14]
    )
    grid.no_fields = {id(by_text["34.00"])}
    assert pair(grid, by_text["甲份额"]).value is by_text["12.50"]


def test_a_lone_digit_in_brackets_is_a_misread_unit_and_no_number() -> None:
    grid, by_text = _sheet(["甲份额(6)", 16, 200, 14], ["12.50", "r359", 200, 14])
    found = pair(grid, by_text["甲份额("])
    assert [found.value, *found.rivals][0] is by_text["12.50"]
    grid, by_text = _sheet(["甲份额(61.00)", 16, 200, 14])
    assert pair(grid, by_text["甲份额("]).value is by_text["61.00"]


def test_a_number_is_told_to_be_taken_by_its_label() -> None:
    grid, by_text = _sheet(
        *(["甲份额", 16, 200, 14], ["12.50", "r359", 200, 14]),
        *(["净值 1.2345", 16, 300, 14], ["34.00", 16, 500, 14]),
    )
    pairs = pairs_of(grid)
    taken = [text for text, token in by_text.items() if pairs.is_taken(token)]
    assert taken == ["12.50", "1.2345"]


def test_all_numbers_that_may_be_meant_are_taken() -> None:
    grid, by_text = _sheet(["12.50", 16, 170, 14], ["甲份额", 16, 200, 14], ["34.00", 16, 230, 14])
    assert all(pairs_of(grid).is_taken(by_text[text]) for text in ("12.50", "34.00"))


def test_the_pairs_of_a_sheet_are_found_once() -> None:
    grid, by_text = _sheet(["甲份额", 16, 200, 14], ["12.50", "r359", 200, 14])
    assert pairs_of(grid) is pairs_of(grid) is grid.pairs
    assert pair(grid, by_text["甲份额"]) is pair(grid, by_text["甲份额"])


def test_a_sheet_without_lines_has_no_pairs() -> None:
    grid = TokenGrid(page_of([]))
    assert pairs_of(grid).rows == []


def test_rows_hold_what_does_not_stand_behind_a_label_in_its_line() -> None:
    grid, _ = _sheet(
        *(["净值 1.2345", 16, 100, 14], ["甲份额", 16, 200, 14], ["12.50", 16, 230, 14]),
        ["沪深300", 16, 300, 14],
    )
    rows = [[token.part.text for token in row.tokens] for row in pairs_of(grid).rows]
    assert ["甲份额"] in rows
    assert ["12.50"] in rows
    assert all("1.2345" not in row and "300" not in row for row in rows)

"""What stands beside each other, which rows hold labels and which values, and their columns."""

from typing import Any

import pytest

from postprocess.geometry import TokenGrid
from postprocess.rows import Kind, Row, columns, rows_of
from tests.rules.layout_pages import page_of

LABELS, VALUES, PAIRS = Kind.LABELS, Kind.VALUES, Kind.PAIRS


def rows(*lines: list[Any]) -> list[Row]:
    return rows_of(TokenGrid(page_of(list(lines))).tokens)


def row_at(y: float, *texts: str) -> list[list[Any]]:
    """Texts in columns of 100, set flush left."""
    return [[text, 16 + 100 * at, y, 14] for at, text in enumerate(texts) if text]


def texts(found: list[Row]) -> list[list[str]]:
    return [[token.part.text for token in row.tokens] for row in found]


def kinds(*lines: list[Any]) -> list[Kind]:
    return [row.kind for row in rows(*lines)]


def test_rows_are_told_from_the_top_and_their_tokens_from_the_left() -> None:
    lines = [*row_at(200, "12.50", "34.00"), *row_at(100, "乙乙", "甲甲")]
    lines.reverse()
    assert texts(rows(*lines)) == [["乙乙", "甲甲"], ["12.50", "34.00"]]
    # Highest first: the right one stands a little higher.
    assert texts(rows(["乙乙", 100, 98, 14], ["甲甲", 16, 100, 14])) == [["甲甲", "乙乙"]]
    assert rows() == []


@pytest.mark.parametrize(("lower", "is_one"), [(0, True), (10, True), (11, False)])
def test_a_row_shares_half_of_the_lower_height(lower: int, is_one: bool) -> None:
    found = rows(["甲甲", 0, 100, 20], ["乙乙", 100, 100 + lower, 20])
    assert (len(found) == 1) is is_one


def test_a_staircase_of_texts_is_no_row() -> None:
    # Each stands beside the one before; the third does not stand beside the middle of both.
    steps = [["甲甲", 0, 100, 20], ["乙乙", 100, 109, 20], ["丙丙", 200, 118, 20]]
    assert texts(rows(*steps)) == [["甲甲", "乙乙"], ["丙丙"]]


def test_a_row_is_as_high_as_its_usual_text() -> None:
    (found,) = rows(["甲甲", 0, 100, 20], ["12.50", 100, 100, 40], ["丙丙", 200, 102, 20])
    assert (found.top, found.bottom, found.height) == (80, 120, 20)
    assert [token.part.text for token in found.numbers] == ["12.50"]
    assert [token.part.text for token in found.words] == ["甲甲", "丙丙"]


def test_words_are_labels_numbers_are_values_and_both_are_pairs() -> None:
    assert kinds(*row_at(100, "净值", "说明")) == [LABELS]
    assert kinds(*row_at(100, "1.2345", "12.50")) == [VALUES]
    assert kinds(*row_at(100, "净值", "1.2345")) == [PAIRS]
    assert kinds(*row_at(100, "--", "12.50")) == [VALUES]


def test_words_in_the_columns_of_labels_stand_for_values() -> None:
    labels, values = row_at(100, "净值", "类型"), row_at(130, "1.2345", "稳健")
    assert kinds(*labels, *values) == [LABELS, VALUES]
    below = [*row_at(100, "1.2345", "稳健"), *row_at(130, "净值", "类型")]
    assert kinds(*below) == [VALUES, LABELS]


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        # The word says itself that a number is its own.
        (("净值", "类型"), ("1.2345", "市值")),
        # None of the labels is one of a number.
        (("说明", "其他"), ("1.2345", "稳健")),
        # More values than labels.
        (("净值",), ("1.2345", "稳健")),
        # A column of its own.
        (("净值", "", "类型"), ("1.2345", "稳健", "")),
    ],
)
def test_other_words_beside_numbers_have_them(
    labels: tuple[str, ...], values: tuple[str, ...]
) -> None:
    assert kinds(*row_at(100, *labels), *row_at(130, *values)) == [LABELS, PAIRS]


def test_two_rows_apart_no_labels_name_the_columns() -> None:
    far = [*row_at(100, "净值", "类型"), *row_at(130, "市值", "9.00"), *row_at(160, "1.23", "稳健")]
    assert kinds(*far) == [LABELS, PAIRS, PAIRS]


def test_the_row_of_a_table_has_three_numbers_below_labels_of_their_own() -> None:
    labels = row_at(100, "净值", "成本", "市值")
    name = ["某某混合", 316, 130, 14]
    assert kinds(*labels, *row_at(130, "1.2345", "1.1111", "9.00"), name) == [LABELS, VALUES]
    # Two of them only: the words may be a label.
    assert kinds(*labels[:2], *row_at(130, "1.2345", "1.1111"), name) == [LABELS, PAIRS]
    other = row_at(100, "净值", "成本", "说明")
    assert kinds(*other, *row_at(130, "1.2345", "1.1111", "9.00"), name) == [LABELS, PAIRS]
    above = row_at(160, "净值", "成本", "市值")
    assert kinds(*row_at(130, "1.2345", "1.1111", "9.00"), name, *above) == [PAIRS, LABELS]


def test_a_row_like_the_row_of_values_above_it_is_one_too() -> None:
    table = [*row_at(100, "净值", "类型"), *row_at(130, "1.2345", "稳健")]
    assert kinds(*table, *row_at(160, "1.1111", "进取")) == [LABELS, VALUES, VALUES]
    assert kinds(*table, *row_at(160, "1.1111", "", "进取")) == [LABELS, VALUES, PAIRS]
    assert kinds(*table, *row_at(160, "1.1111", "进取", "9")) == [LABELS, VALUES, PAIRS]
    numbers = [*row_at(100, "净值", "成本"), *row_at(130, "1.2345", "1.1111")]
    assert kinds(*numbers, *row_at(160, "1.2222", "进取")) == [LABELS, VALUES, PAIRS]


def paired(upper: list[list[Any]], lower: list[list[Any]]) -> list[tuple[str, str]]:
    one, other = rows(*upper, *lower)
    return [(a.part.text, b.part.text) for a, b in columns(one, other)]


def test_a_column_has_one_of_each_row() -> None:
    upper, lower = row_at(100, "净值", "成本", "市值"), row_at(130, "1.2345", "1.1111")
    assert paired(upper, lower) == [("净值", "1.2345"), ("成本", "1.1111")]
    assert paired(row_at(100, "净值"), row_at(130, "", "1.1111")) == []


def test_the_one_set_best_has_the_column() -> None:
    # Both stand in the column of the wide text; the second is flush right with it.
    wide = [["可用的全部基金份额", 16, 100, 14]]
    both = [["1.1111", 20, 130, 14], ["1.2345", "r142", 130, 14]]
    assert paired(wide, both) == [("可用的全部基金份额", "1.2345")]
    # Left, right and middle count alike; of two as good the left one comes first.
    alike = [["1.1111", 16, 130, 14], ["1.2345", "r142", 130, 14]]
    assert paired(wide, alike) == [("可用的全部基金份额", "1.1111")]
    centred = [["1.11", 18, 130, 14], ["1.2345", "c79", 130, 14]]
    assert paired(wide, centred) == [("可用的全部基金份额", "1.2345")]


def test_the_best_pair_comes_first_and_the_next_takes_what_is_left() -> None:
    upper = [["甲甲甲甲", 16, 100, 14], ["乙乙乙乙", 100, 100, 14]]
    lower = [["12.50", 26, 130, 14], ["34.00", 100, 130, 14]]
    assert paired(upper, lower) == [("乙乙乙乙", "34.00"), ("甲甲甲甲", "12.50")]

"""Rows from top to bottom, within a row from left to right."""

from math import cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.page import reading_order
from postprocess.types import Line


def line(text: str, left: float, top: float, width: float, height: float) -> Line:
    right, bottom = left + width, top + height
    return Line(
        text=text,
        confidence=1.0,
        quad=((left, top), (right, top), (right, bottom), (left, bottom)),
    )


def order(*lines: Line) -> list[str]:
    return [one.text for one in reading_order(lines)]


def turned(one: Line, degrees: float) -> Line:
    a = radians(degrees)
    corners = [
        (
            500 + (x - 500) * cos(a) - (y - 500) * sin(a),
            500 + (x - 500) * sin(a) + (y - 500) * cos(a),
        )
        for x, y in one.quad
    ]
    return Line(text=one.text, confidence=1.0, quad=(*corners,))  # type: ignore[arg-type]


CARD = [
    line("title", 40, 20, 400, 60),
    line("a label", 40, 120, 150, 40),
    line("b label", 400, 122, 150, 40),
    line("c label", 760, 118, 150, 40),
    line("a value", 40, 180, 180, 44),
    line("b value", 400, 183, 180, 44),
    line("c value", 760, 178, 180, 44),
    line("foot", 40, 300, 700, 40),
]


def test_a_page_without_lines_has_no_order() -> None:
    assert reading_order([]) == ()


def test_rows_go_down_and_columns_to_the_right_whatever_the_order_they_come_in() -> None:
    expected = [one.text for one in CARD]
    assert order(*CARD) == expected
    assert order(*reversed(CARD)) == expected


@pytest.mark.parametrize("degrees", [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
def test_a_tilted_page_has_the_same_order(degrees: float) -> None:
    assert order(*(turned(one, degrees) for one in CARD)) == [one.text for one in CARD]


def test_a_small_label_and_a_large_value_beside_it_are_one_row() -> None:
    assert order(line("1,234.56", 300, 100, 400, 100), line("份额", 40, 135, 90, 36)) == [
        "份额",
        "1,234.56",
    ]


def test_two_small_lines_beside_a_large_one_stay_one_below_the_other() -> None:
    below = line("below", 40, 160, 90, 36)
    above = line("above", 40, 104, 90, 36)
    assert order(below, line("large", 300, 100, 400, 100), above) == ["above", "large", "below"]


def test_a_label_above_its_value_comes_first() -> None:
    assert order(line("value", 40, 150, 200, 50), line("label", 300, 100, 90, 40)) == [
        "label",
        "value",
    ]


boxes = st.tuples(st.floats(0, 1000), st.floats(0, 3000), st.floats(0, 500), st.floats(0, 200))


@given(st.lists(boxes, max_size=25), st.randoms())
def test_every_line_is_kept_once_and_the_order_does_not_depend_on_the_input(
    places: list[tuple[float, float, float, float]], random: object
) -> None:
    lines = [line(str(k), *place) for k, place in enumerate(places)]
    found = reading_order(lines)
    assert sorted(one.text for one in found) == sorted(one.text for one in lines)
    shuffled = lines.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reading_order(shuffled) == found

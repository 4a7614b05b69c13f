"""Where a value stands in its line."""

import pytest

from postprocess.places import part_of, value_span


@pytest.mark.parametrize(
    ("text", "value", "before", "after"),
    [
        ("1,234.56", "1234.56", 0, 0),
        ("可用份额 1,234.56份", "1234.56", 0.4, 0.1),
        ("恒澜消费升级混合(011608)", "011608", 0.6, 0.02),
        ("12.60 份", "12.6", 0, 0.3),
    ],
)
def test_a_value_is_found_among_other_characters(
    text: str, value: str, before: float, after: float
) -> None:
    start, end = value_span(text, value)
    assert start == pytest.approx(before, abs=0.1)
    assert 1 - end == pytest.approx(after, abs=0.1)
    assert (start > 0) == (before > 0)
    assert (end < 1) == (after > 0)


def test_a_value_that_stands_twice_reaches_from_the_first_to_the_last() -> None:
    start, end = value_span("持有 0.02份 可用 0.02份", "0.02")
    assert start < 0.3
    assert end > 0.85


@pytest.mark.parametrize("text", ["1,234.", "①1234", ""])
def test_a_line_without_the_value_counts_whole(text: str) -> None:
    assert value_span(text, "999") == (0.0, 1.0)


def test_a_part_of_a_turned_quad_lies_in_it() -> None:
    quad = ((0.0, 0.0), (100.0, 10.0), (98.0, 30.0), (-2.0, 20.0))
    assert part_of(quad, 0.5, 1.0) == ((50.0, 5.0), (100.0, 10.0), (98.0, 30.0), (48.0, 25.0))
    assert part_of(quad, 0.0, 1.0) == quad

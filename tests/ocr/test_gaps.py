"""A line that is two by the gap within it."""

from ocr.ctc import LineText
from ocr.page import between, parts

HEIGHT = 48


def read(text: str, *places: float) -> LineText:
    """Characters seen at these pixels; one place: there and every half height from it on."""
    if len(places) == 1:
        places = tuple(places[0] + 24 * index for index in range(len(text)))
    return LineText(text=text, probabilities=(0.9,) * len(text), places=places)


def side_by_side(*runs: tuple[str, float]) -> LineText:
    return read(
        "".join(text for text, _ in runs),
        *(place for text, start in runs for place in read(text, start).places),
    )


def texts(reading: LineText, width: int = 960) -> list[str]:
    return [part.reading.text for part in parts(reading, width, HEIGHT)]


def test_a_number_is_one_line() -> None:
    assert texts(read("1,234.56", 12)) == ["1,234.56"]


def test_two_columns_of_numbers_are_two_lines() -> None:
    reading = side_by_side(("1,947.85", 12), ("698.56", 300))
    first, second = parts(reading, 480, HEIGHT)
    assert (first.reading.text, second.reading.text) == ("1,947.85", "698.56")
    assert first.reading.places[0] == 12 and second.reading.places[0] == 300
    assert len(second.reading.probabilities) == len("698.56")
    # Parted in the middle of the gap: the last 5 was seen at 180, the 6 at 300.
    assert (first.start, first.end, second.start, second.end) == (0, 0.5, 0.5, 1)


def test_the_space_that_was_read_in_a_gap_belongs_to_no_part() -> None:
    reading = side_by_side(("85", 12), (" ", 70), ("16", 160))
    assert texts(reading) == ["85", "16"]


def test_the_groups_of_a_card_s_number_are_one_line() -> None:
    reading = side_by_side(("6217", 12), ("0000", 132), ("12", 252))
    assert texts(reading) == ["6217000012"]


def test_letters_that_stand_apart_are_one_line_and_labels_of_two_columns_are_not() -> None:
    assert texts(read("持有份额", 24, 100, 176, 252)) == ["持有份额"]
    assert texts(read("基金份额可用", 24, 72, 120, 168, 300, 348)) == ["基金份额", "可用"]


def test_three_columns_are_three_lines() -> None:
    reading = side_by_side(("1.00", 12), ("2.00", 200), ("3.00", 400))
    assert texts(reading) == ["1.00", "2.00", "3.00"]


def test_what_stands_on_its_side_or_says_nothing_is_one_line() -> None:
    reading = side_by_side(("85", 12), ("16", 260))
    assert [part.reading for part in parts(reading, 0, HEIGHT)] == [reading]
    assert texts(read("")) == [""]
    assert texts(read("  ", 12, 300)) == ["  "]


def test_a_part_lies_on_its_line_whatever_the_tilt() -> None:
    quad = ((0.0, 0.0), (100.0, 10.0), (98.0, 30.0), (-2.0, 20.0))
    assert between(quad, 0.0, 1.0) == quad
    assert between(quad, 0.5, 1.0) == ((50.0, 5.0), (100.0, 10.0), (98.0, 30.0), (48.0, 25.0))

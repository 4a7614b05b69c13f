"""When a picture is looked at once more, how closely, and what stays of the first look."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocr.closer import MOST_PIXELS, closer_look, not_seen_again, strokes
from ocr.crops import Pixels
from ocr.scale import detector_size
from postprocess.types import Quad


def quad(top: float, height: float, left: float = 100, width: float = 400) -> Quad:
    bottom, right = top + height, left + width
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def lines(height: float, count: int = 8) -> list[Quad]:
    return [quad(100 + 2 * height * k, height) for k in range(count)]


def blank(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)


def striped(height: int, width: int, top: int = 100, rows: int = 12) -> Pixels:
    """Strokes as text has them, from x 100 to 500, in a line of `rows` pixels."""
    picture = blank(height, width)
    picture[top : top + rows, 100:500:4] = 0
    return picture


def test_a_phone_s_screen_with_text_of_usual_size_is_not_looked_at_again() -> None:
    assert closer_look(blank(2400, 1080), lines(60), 640 / 2400) is None


def test_a_wide_screen_with_small_text_is_looked_at_closer_in_whole_rows() -> None:
    found = closer_look(blank(1080, 1920), lines(24), 640 / 1920)
    assert found is not None
    assert 0.75 <= found.scale <= 1
    assert (found.tiles[0].top, found.tiles[-1].bottom) == (0, 1080)


def test_a_wide_screen_with_large_text_is_not_looked_at_again() -> None:
    assert closer_look(blank(1536, 2048), lines(64), 640 / 2048) is None


def test_a_table_beside_a_large_heading_is_looked_at_closer_because_of_its_ink() -> None:
    page = striped(1080, 1920, top=800)
    large = lines(90, count=5)
    assert closer_look(page, large, 640 / 1920) is not None
    assert closer_look(page, [*large, quad(780, 60, left=60, width=500)], 640 / 1920) is None


@pytest.mark.parametrize(("height", "width"), [(1080, 1920), (2400, 1080)])
def test_where_no_line_was_found_ink_decides(height: int, width: int) -> None:
    assert closer_look(striped(height, width), [], 640 / max(height, width)) is not None
    assert closer_look(blank(height, width), [], 640 / max(height, width)) is None


def test_a_small_box_of_few_may_be_several_lines() -> None:
    page = striped(1080, 1920)
    assert closer_look(page, [quad(90, 40)], 640 / 1920) is not None
    assert closer_look(page, [quad(60, 150)], 640 / 1920) is None


def test_where_nothing_was_read_in_what_was_found_it_is_looked_at_closer() -> None:
    page = striped(2400, 1080)
    assert closer_look(page, lines(60), 640 / 2400) is None
    assert closer_look(page, [quad(90, 40)] * 5, 640 / 2400, nothing_read=True) is not None
    # Two columns of small lines, each seen as one large box.
    assert closer_look(page, [quad(90, 300)] * 2, 640 / 2400, nothing_read=True) is not None


def test_a_picture_that_was_seen_at_its_own_size_is_not_looked_at_again() -> None:
    assert closer_look(striped(900, 500), [], 1.0) is None


@example(height=81, width=15_680)
@example(height=144, width=20_000)
@example(height=20_000, width=144)
@given(height=st.integers(1, 20_000), width=st.integers(1, 20_000))
def test_a_closer_look_is_bounded_and_covers_every_row(height: int, width: int) -> None:
    # One pixel, seen as so many: only its size is asked for.
    page = np.broadcast_to(np.zeros(3, np.uint8), (height, width, 3))
    found = closer_look(page, lines(1), 0.001)
    if found is None:
        assert max(height, width) <= 960
        return
    assert (found.tiles[0].top, found.tiles[-1].bottom) == (0, height)
    assert all(a.bottom > b.top for a, b in zip(found.tiles, found.tiles[1:], strict=False))
    sizes = [
        detector_size(tile.bottom - tile.top, width, found.side(tile, width))
        for tile in found.tiles
    ]
    assert sum(high * wide for high, wide in sizes) <= 1.4 * MOST_PIXELS
    assert max(high * wide for high, wide in sizes) <= 1_500_000


def test_large_lines_of_the_first_look_stay_unless_they_were_seen_again() -> None:
    before = [quad(100, 90), quad(400, 90), quad(700, 14)]
    assert not_seen_again(before, [quad(402, 80)], 1.0) == [0]


def test_ink_is_text_and_neither_borders_nor_what_lies_in_a_box() -> None:
    page = striped(300, 600)
    page[200, :] = page[:, 50] = 0
    found, outside = strokes(page, [])
    assert found == outside > 40
    assert strokes(page, [quad(100, 12)]) == (found, 0)

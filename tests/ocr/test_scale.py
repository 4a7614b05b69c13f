"""How closely the detector looks at a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.boxes import Floats
from ocr.scale import SIDE_LIMIT, detector_size, first_side, is_too_small

SIDES = st.integers(1, 30_000)


def line(height: float, width: float = 300) -> Floats:
    return np.array([[10, 20], [10 + width, 20], [10 + width, 20 + height], [10, 20 + height]])


@pytest.mark.parametrize(
    ("height", "width", "side"),
    [
        (2400, 1080, 640),  # a phone
        (1334, 750, 640),
        (2600, 1080, 704),  # a longer one: 640 would leave its width too few pixels
        (3240, 1080, 832),
        (6000, 1080, 960),
        (1536, 2048, 640),  # a tablet
        (960, 432, 960),  # small already
        (520, 240, 640),
        (100, 60, 160),
    ],
)
def test_a_picture_is_looked_at_as_closely_as_its_width_needs(
    height: int, width: int, side: int
) -> None:
    assert first_side(height, width) == side


@pytest.mark.parametrize(("least", "side"), [(640, 640), (700, 704), (960, 960)])
def test_larger_ones_can_be_looked_at_more_closely(least: int, side: int) -> None:
    assert first_side(2400, 1080, least) == side
    assert first_side(520, 240, least) == 640  # small anyway


@given(SIDES, SIDES)
def test_every_size_has_a_side_and_a_shape_of_few(height: int, width: int) -> None:
    side = first_side(height, width)
    assert 160 <= side <= SIDE_LIMIT
    high, wide = detector_size(height, width, side)
    assert high % 32 == wide % 32 == 0
    assert 32 <= min(high, wide) <= max(high, wide) <= SIDE_LIMIT


def test_small_text_is_looked_at_again_and_usual_text_is_not() -> None:
    size = (2400, 1080)
    assert is_too_small([line(30)] * 5, size, 640)
    assert not is_too_small([line(60)] * 5, size, 640)


def test_the_middle_line_tells_not_a_few_small_ones() -> None:
    assert not is_too_small([line(20), line(60), line(60)], (2400, 1080), 640)


def test_a_line_on_its_side_is_as_high_as_its_text() -> None:
    assert is_too_small([line(300, width=30)], (2400, 1080), 640)


def test_nothing_is_looked_at_again_where_that_shows_no_more() -> None:
    assert not is_too_small([line(5)], (2400, 1080), SIDE_LIMIT)
    assert not is_too_small([line(5)], (600, 300), 640)
    assert not is_too_small([], (2400, 1080), 640)

"""Long screenshots: bands that cover the picture, and lines that are found in two of them."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ocr.scale import SIDE_LIMIT
from ocr.tiles import Boxes, Tile, tiles, whole_lines
from postprocess.types import Quad


def quad(top: float, bottom: float, left: float = 10, right: float = 200) -> Quad:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def test_a_phone_s_screen_is_one_tile() -> None:
    assert tiles(2340, 1080) == (Tile(top=0, bottom=2340),)
    assert tiles(3240, 1080) == (Tile(top=0, bottom=3240),)


def test_a_long_screenshot_is_cut_into_equal_overlapping_bands() -> None:
    found = tiles(12_000, 1080)
    assert len(found) == 6
    assert {tile.bottom - tile.top for tile in found} == {2376}
    assert [tile.opens for tile in found] == [True, False, False, False, False, False]
    assert [tile.closes for tile in found] == [False, False, False, False, False, True]


@given(st.integers(1, 20_000), st.integers(1, 5_000))
def test_bands_cover_every_row_and_overlap_and_are_few(height: int, width: int) -> None:
    found = tiles(height, width)
    assert (found[0].top, found[-1].bottom) == (0, height)
    for upper, lower in pairwise(found):
        assert upper.bottom - lower.top >= min(48, width)
        assert upper.bottom - lower.top >= width // 4
    assert len(found) <= 1 + height // (SIDE_LIMIT // 2)


def test_a_line_that_a_seam_cuts_is_taken_from_the_tile_that_has_it_whole() -> None:
    upper = Tile(top=0, bottom=1000, closes=False)
    lower = Tile(top=900, bottom=1900, opens=False)
    found = [quad(100, 140), quad(980, 1000), quad(980, 1020), quad(1500, 1540)]
    assert whole_lines(found, [upper, upper, lower, lower]) == [0, 2, 3]


def test_a_line_that_two_tiles_saw_is_kept_once_where_it_stands_farther_from_the_seam() -> None:
    upper = Tile(top=0, bottom=1000, closes=False)
    lower = Tile(top=900, bottom=1900, opens=False)
    assert whole_lines([quad(910, 940), quad(911, 941)], [upper, lower]) == [0]
    assert whole_lines([quad(960, 990), quad(961, 989)], [upper, lower]) == [1]


def test_neighbours_in_one_tile_are_both_kept_even_where_they_overlap() -> None:
    tile = Tile(top=0, bottom=1000)
    assert whole_lines([quad(100, 140), quad(110, 150)], [tile, tile]) == [0, 1]


def test_lines_at_the_picture_s_own_edges_are_kept() -> None:
    tile = Tile(top=0, bottom=1000)
    assert whole_lines([quad(0, 30), quad(970, 1000)], [tile, tile]) == [0, 1]


def test_of_many_lines_those_are_the_same_that_share_half_of_the_smaller_one() -> None:
    chance = Random(7)
    quads = [
        quad(top, top + 9, left, left + chance.randint(1, 40))
        for top, left in ((chance.randrange(90), chance.randrange(90)) for _ in range(200))
    ]
    boxes = Boxes(quads)

    def share(a: int, b: int) -> bool:
        (left, top, right, bottom), (x, y, to, end) = boxes.corners[a], boxes.corners[b]
        wide, high = min(right, to) - max(left, x), min(bottom, end) - max(top, y)
        smaller = min((right - left) * (bottom - top), (to - x) * (end - y))
        return bool(wide > 0 and high > 0 and 2 * wide * high >= smaller)

    for number, corners in enumerate(boxes.corners):
        found = boxes.same_as(corners).tolist()
        assert found == [share(number, other) for other in range(200)]
    assert not Boxes([]).same_as(boxes.corners[0]).any()

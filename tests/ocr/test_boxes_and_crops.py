"""From a probability map to quads, and from a quad to the recogniser's input."""

import cv2
import numpy as np
import pytest

from ocr.boxes import Floats, find_boxes
from ocr.crops import WIDEST, Pixels, cut, padded_width, padded_widths, stack
from tests.ocr.reading import V6, models

DETECTOR = models(V6).detector


def probabilities(*lines: tuple[int, int, int, int], value: float = 0.9) -> Floats:
    """A map of 320 × 160 with text at these (left, top, right, bottom)."""
    drawn = np.zeros((320, 160), np.float32)
    for left, top, right, bottom in lines:
        drawn[top : bottom + 1, left : right + 1] = value
    return drawn


def test_an_empty_map_has_no_boxes() -> None:
    assert find_boxes(probabilities(), (640, 320), DETECTOR, 0.5) == []


def test_a_box_is_grown_and_scaled_to_the_picture() -> None:
    (box,) = find_boxes(probabilities((40, 100, 120, 110)), (640, 320), DETECTOR, 0.5)
    # 80 × 10 grows by 80 · 10 · 1.5 / 180 ≈ 6.7 on each side, then all is doubled.
    assert box.tolist() == pytest.approx(
        np.array([[66, 186], [254, 186], [254, 234], [66, 234]]), abs=2
    )


def test_boxes_below_the_threshold_and_specks_are_dropped() -> None:
    drawn = probabilities((40, 100, 120, 110), value=0.45) + probabilities((10, 10, 11, 11))
    assert find_boxes(drawn, (640, 320), DETECTOR, 0.5) == []
    assert len(find_boxes(drawn, (640, 320), DETECTOR, 0.4)) == 1


def test_boxes_end_at_the_picture_s_edge() -> None:
    (box,) = find_boxes(probabilities((0, 0, 159, 8)), (320, 160), DETECTOR, 0.5)
    assert box.min() == 0
    assert box[:, 0].max() == 160


def test_a_tilted_line_gives_a_tilted_quad_that_starts_at_its_top_left() -> None:
    drawn = np.zeros((320, 320), np.float32)
    cv2.line(drawn, (60, 140), (260, 180), 0.9, 15)
    (box,) = find_boxes(drawn, (320, 320), DETECTOR, 0.5)
    along = box[1] - box[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(11.3, abs=2)
    assert box[0][0] < box[1][0]
    assert box[0][1] < box[3][1]


def striped(height: int, width: int) -> Pixels:
    """A picture whose columns can be told apart."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(np.repeat(row[None, :, None], height, 0), 3, 2)


def corners(left: float, top: float, right: float, bottom: float) -> Floats:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def test_an_upright_quad_is_cut_out_exactly() -> None:
    crop = cut(striped(100, 400), corners(100, 10, 200, 58), 48)
    assert crop is not None
    assert np.array_equal(crop, striped(100, 400)[10:58, 100:200])


def test_a_crop_has_the_recogniser_s_height_and_keeps_its_shape() -> None:
    crop = cut(striped(100, 400), corners(0, 0, 400, 96), 48)
    assert crop is not None
    assert crop.shape == (48, 200, 3)


def test_a_line_standing_on_its_side_is_turned() -> None:
    crop = cut(striped(400, 100), corners(10, 10, 40, 310), 48)
    assert crop is not None
    assert crop.shape == (48, 480, 3)


def test_a_tilted_quad_is_set_upright() -> None:
    turn = cv2.getRotationMatrix2D((200, 50), 10, 1)
    picture = np.asarray(cv2.warpAffine(striped(100, 400), turn, (400, 100)), np.uint8)
    quad = cv2.transform(corners(120, 30, 280, 70)[None], turn)[0]
    crop = cut(picture, quad, 40)
    assert crop is not None
    inner = crop[10:30, 10:-10].astype(int)
    assert np.ptp(inner, axis=0).max() <= 6
    assert inner[:, 0].mean() < inner[:, -1].mean()


@pytest.mark.parametrize("quad", [corners(5, 5, 5, 50), corners(5, 5, 50, 5), corners(9, 9, 9, 9)])
def test_a_quad_without_area_gives_no_crop(quad: Floats) -> None:
    assert cut(striped(100, 100), quad, 48) is None


def test_an_endless_line_is_squeezed() -> None:
    crop = cut(striped(4, 4000), corners(0, 0, 4000, 4), 48)
    assert crop is not None
    assert crop.shape == (48, WIDEST, 3)


def test_crops_are_padded_to_one_of_few_widths() -> None:
    assert len(padded_widths()) <= 20
    assert all(
        width <= padded_width(width) <= max(128, 2 * width) for width in range(1, WIDEST + 1)
    )


def test_a_stack_is_padded_with_grey_on_the_right() -> None:
    batch = stack([striped(48, 60), striped(48, 100)], 128)
    assert batch.shape == (2, 48, 128, 3)
    assert np.array_equal(batch[0, :, :60], striped(48, 60))
    assert (batch[0, :, 60:] == 128).all()

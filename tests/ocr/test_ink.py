"""What lies over a number is told from what stands around one, by pixels alone."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from ocr.crops import Pixels
from ocr.ink import is_covered
from postprocess.types import Quad

LEFT, BASE, DIGIT = 200, 120, 28
TEXT = "1,234.56"
Draw = Callable[[Pixels], object]


def drawn(around: Draw = lambda image: None, *, over: Draw = lambda image: None) -> Pixels:
    """A number in dark grey on white, with something under and something over it."""
    image = np.full((240, 640, 3), 255, np.uint8)
    around(image)
    cv2.putText(image, TEXT, (LEFT, BASE), *FONT, (40, 40, 40), 3, cv2.LINE_AA)
    over(image)
    return image


FONT = (cv2.FONT_HERSHEY_SIMPLEX, 1.3)
(WIDE, _), _ = cv2.getTextSize(TEXT, *FONT, 3)
RIGHT = LEFT + WIDE
TOP = BASE - DIGIT


def quad(left: float = LEFT, right: float = RIGHT) -> Quad:
    """Around the number as a detector has it."""
    top, bottom = TOP - 8, BASE + 8
    return ((left - 6, top), (right + 6, top), (right + 6, bottom), (left - 6, bottom))


def disc(x: int, radius: int, colour: int) -> Draw:
    return lambda i: cv2.circle(i, (x, BASE - 14), radius, (colour,) * 3, -1, cv2.LINE_AA)


def box(left: int, top: int, right: int, bottom: int, colour: int, thick: int = -1) -> Draw:
    return lambda i: cv2.rectangle(i, (left, top), (right, bottom), (colour,) * 3, thick)


def ringed(x: int) -> Draw:
    """As tall as the digits, and in rings."""

    def draw(image: Pixels) -> None:
        for radius, colour in ((19, 70), (12, 150), (8, 240)):
            disc(x, radius, colour)(image)

    return draw


def marker(image: Pixels) -> None:
    cv2.line(image, (RIGHT - 60, BASE + 2), (RIGHT - 10, TOP - 2), (40, 60, 230), 14, cv2.LINE_AA)


def pointer(image: Pixels) -> None:
    shape = np.array([(0, 0), (0, 45), (11, 36), (18, 53), (26, 49), (19, 34), (33, 33)], np.int32)
    cv2.fillPoly(image, [np.add(shape, (LEFT + 90, BASE - 20))], (0, 0, 0), cv2.LINE_AA)


def shine_through(image: Pixels) -> None:
    over = image.copy()
    disc(RIGHT - 10, 50, 60)(over)
    image[:] = cv2.addWeighted(image, 0.4, over, 0.6, 0)


COVERS = {
    "a light button over the last digits": disc(RIGHT - 15, 30, 215),
    "a dark button over the first digit": disc(LEFT + 5, 24, 60),
    "a button over the middle": disc(LEFT + 80, 20, 128),
    "a ball in rings at the end": ringed(RIGHT - 8),
    "a ball in rings in the middle": ringed(LEFT + 75),
    "a black bar over the beginning": box(LEFT - 4, TOP - 3, LEFT + 45, BASE + 3, 0),
    "a bar of the text's colour over the end": box(RIGHT - 40, TOP, RIGHT, BASE, 40),
    "a bar of the height of the digits": box(LEFT + 60, TOP, LEFT + 100, BASE, 170),
    "a marker": marker,
    "a pointer": pointer,
    "a button that is seen through": shine_through,
}
ORDINARY = {
    "nothing": lambda image: None,
    "a card's edge": box(RIGHT + 20, 0, 640, 240, 235),
    "a header above": box(0, 0, 640, TOP - 14, 60),
    "a chip": box(LEFT - 16, TOP - 14, RIGHT + 16, BASE + 14, 225),
    "an input's border": box(LEFT - 30, TOP - 16, RIGHT + 30, BASE + 16, 200, 2),
    "a separator beside it": box(RIGHT + 8, TOP, RIGHT + 9, BASE, 200),
    "an underline": box(LEFT - 20, BASE + 10, RIGHT + 20, BASE + 11, 120),
    "a table's grid": lambda image: [
        box(LEFT - 20, TOP - 20, RIGHT + 20, BASE + 20, 180, 1)(image),
        box(0, TOP - 20, 639, BASE + 20, 180, 1)(image),
    ],
    "an icon that stands apart": disc(RIGHT + 40, 16, 150),
    "a row of buttons below": box(LEFT - 60, BASE + 20, RIGHT + 60, BASE + 80, 90),
    "a gradient": lambda image: np.copyto(
        image, np.linspace(255, 200, 240).astype(np.uint8)[:, None, None]
    ),
}


def dark(image: Pixels) -> Pixels:
    """The same screen in the dark mode."""
    return np.asarray(20 + (255 - image.astype(np.float32)) * 0.85, np.uint8)


def sent(image: Pixels) -> Pixels:
    """As a JPEG of low quality."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 55])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


LOOKS = {"light": np.asarray, "dark": dark, "JPEG": sent}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", COVERS)
def test_what_lies_over_a_number_is_seen(name: str, look: str) -> None:
    assert is_covered(LOOKS[look](drawn(over=COVERS[name])), quad())


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ORDINARY)
def test_what_stands_around_a_number_covers_nothing(name: str, look: str) -> None:
    assert not is_covered(LOOKS[look](drawn(ORDINARY[name])), quad())


def test_a_cover_just_outside_the_box_is_seen_at_both_ends() -> None:
    last = drawn(over=disc(RIGHT - 5, 24, 100))
    first = drawn(over=disc(LEFT + 5, 24, 100))
    assert is_covered(last, quad(right=RIGHT - 32))
    assert is_covered(first, quad(left=LEFT + 32))


def test_a_cover_over_another_part_of_the_line_does_not_count() -> None:
    image = drawn(over=disc(LEFT + 10, 24, 100))
    assert is_covered(image, quad())
    assert not is_covered(image, quad(), 0.6, 1.0)


@pytest.mark.parametrize("degrees", [-3, 3])
def test_a_turned_line_is_looked_at_along_its_direction(degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((LEFT + WIDE / 2, BASE), degrees, 1)
    corners = np.array(quad()) @ turn[:, :2].T + turn[:, 2]
    a, b, c, d = (tuple(map(float, corner)) for corner in corners)

    def turned(image: Pixels) -> Pixels:
        return np.asarray(
            cv2.warpAffine(image, turn, (640, 240), borderValue=(255, 255, 255)), np.uint8
        )

    assert not is_covered(turned(drawn()), (a, b, c, d))  # type: ignore[arg-type]
    covered = turned(drawn(over=COVERS["a ball in rings in the middle"]))
    assert is_covered(covered, (a, b, c, d))  # type: ignore[arg-type]


def test_a_line_at_the_picture_s_edge_or_without_area_is_looked_at() -> None:
    image = drawn()[TOP - 8 : BASE + 8, LEFT - 6 : RIGHT + 6]
    height, width = image.shape[:2]
    assert not is_covered(image, ((0, 0), (width, 0), (width, height), (0, height)))
    assert not is_covered(image, ((5, 5), (5, 5), (5, 5), (5, 5)))

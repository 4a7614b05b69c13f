"""A picture that shows more text than anybody reads is refused before it holds up the others."""

import numpy as np
import pytest

from ocr.crops import Pixels
from ocr.errors import TooMuchText
from ocr.limits import MOST_LINES, MOST_WIDTH, TextCount
from pipeline.decode.image import Image, decode
from pipeline.errors import TooManyPixels
from pipeline.read import read_pages
from pipeline.settings import Settings
from postprocess.types import Page
from tests.image.hostile_files import full_of_text
from tests.ocr.reading import V6, picture, reader, texts

SAMPLE = "alipay_light_rows.png"


def image(pixels: Pixels) -> Image:
    return Image(sha256=bytes(32), pixels=pixels)


@pytest.fixture(scope="module")
def many_words() -> Pixels:
    """A strip of short numbers, more than MOST_LINES of them."""
    return decode(full_of_text(640, 4_000, 12, gap=" " * 8), Settings()).pixels


@pytest.fixture(scope="module")
def long_lines() -> Pixels:
    """A strip of whole lines, few enough, but together wider than MOST_WIDTH."""
    return decode(full_of_text(700, 6_000, 14), Settings()).pixels


def test_up_to_the_limits_nothing_is_said() -> None:
    count = TextCount()
    count.add_lines(MOST_LINES)
    count.add_width(MOST_WIDTH)
    with pytest.raises(TooMuchText):
        count.add_lines(1)
    with pytest.raises(TooMuchText):
        count.add_width(1)


def test_a_picture_of_too_many_words_is_refused(many_words: Pixels) -> None:
    with pytest.raises(TooMuchText):
        reader("openvino", V6).read([many_words])


def test_a_picture_of_too_long_lines_is_refused(long_lines: Pixels) -> None:
    with pytest.raises(TooMuchText):
        reader("openvino", V6).read([long_lines])


def test_its_neighbours_are_read_as_if_it_were_not_there(many_words: Pixels) -> None:
    one = reader("openvino", V6)
    sample = picture(SAMPLE)
    pages = read_pages(one, [image(sample), image(many_words), image(sample)])
    assert isinstance(pages[1], TooManyPixels)
    (alone,) = one.read([sample])
    for page in (pages[0], pages[2]):
        assert isinstance(page, Page)
        assert texts(page) == texts(alone)


def test_the_longest_screenshot_of_a_phone_is_read() -> None:
    screens = [picture(SAMPLE)] * (12_000 // picture(SAMPLE).shape[0] + 1)
    (page,) = reader("openvino", V6).read([np.concatenate(screens)[:12_000]])
    assert len(page.lines) > 100

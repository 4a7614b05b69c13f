"""Small text on large screens is read, and a page whose text was too small is looked at again."""

import numpy as np
import pytest

from ocr.crops import Pixels
from tests.ocr.desktop import HOLDING, Desktop, table
from tests.ocr.reading import V6, picture, reader, texts, words

FEW = (
    (700, 300, "基金代码 000001"),
    (700, 330, "可用份额 7.10 份"),
    (700, 360, "持有份额 18.66 份"),
)


@pytest.mark.parametrize("scale", [1, 2])
def test_a_holding_in_text_of_12_points_is_read_on_a_wide_screen(scale: int) -> None:
    page = Desktop(texts=HOLDING, scale=scale)
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert page.unread(read) == []
    assert (read.height, read.width) == (1080 * scale, 1920 * scale)


def test_rows_from_top_to_bottom_are_each_read_once_across_the_seams() -> None:
    page = Desktop(texts=table(36))
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert len(page.unread(read)) <= 1  # a zero more or less, which two of a hundred have
    assert len(read.lines) == len(page.texts)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_few_small_words_are_a_page_with_text_in_every_engine(engine: str) -> None:
    page = Desktop(texts=FEW)
    (read,) = reader(engine, V6).read([page.pixels()])
    assert page.unread(read) == []
    assert len(read.lines) == len(FEW)


def test_a_few_words_on_four_times_the_pixels_are_found_too() -> None:
    page = Desktop(texts=FEW, scale=2)
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert page.unread(read) == []


def test_a_heading_that_the_closer_look_cuts_stays_whole() -> None:
    page = Desktop(texts=HOLDING, heading="基金持仓")
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert page.unread(read) == []
    assert [text for text in texts(read) if "持仓" in text] == ["基金持仓"]


def test_a_phone_s_screen_reads_the_same_beside_a_desktop_s() -> None:
    phone = picture("alipay_light_rows.png")
    fast = reader("openvino", V6)
    (alone,) = fast.read([phone])
    _, beside, again = fast.read([Desktop(texts=FEW).pixels(), phone, blank(1080, 1920)])
    assert beside == alone
    assert again.lines == ()
    assert len(words(texts(alone))) > 15


def blank(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)

"""Small text on large screens is read, and a page whose text was too small is looked at again."""

import numpy as np
import pytest

from ocr.crops import Pixels
from tests.ocr.desktop import HOLDING, Desktop, table
from tests.ocr.reading import V6, picture, reader, texts, words

LARGE = {"1920 × 1080": (1, 12), "3840 × 2160, two pixels a point": (2, 12), "3840 × 2160": (2, 6)}
"""Pixels of a point, points of the text: 12, 24 and 12 pixels high."""


def few_words(scale: int, size: int) -> Desktop:
    """Three lines as a dialog writes them, amid nothing."""
    words = ("华夏成长混合 000001", "可用份额 1,234.56 份", "持有份额 1,296.18 份")
    texts = tuple((700, 300 + 3 * size * k // 2, text) for k, text in enumerate(words))
    return Desktop(texts=texts, scale=scale, size=size)


@pytest.mark.parametrize(("scale", "size"), LARGE.values(), ids=LARGE)
def test_a_holding_is_read_on_a_wide_screen(scale: int, size: int) -> None:
    page = Desktop(texts=HOLDING, scale=scale, size=size)
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert page.unread(read) == []
    assert (read.height, read.width) == (1080 * scale, 1920 * scale)


def test_rows_from_top_to_bottom_are_each_read_once_across_the_seams() -> None:
    page = Desktop(texts=table(36), scale=2, size=6)
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert len(page.unread(read)) <= 1  # a zero more or less, which two of a hundred have
    assert len(read.lines) == len(page.texts)


@pytest.mark.parametrize(("scale", "size"), LARGE.values(), ids=LARGE)
def test_a_few_small_words_are_a_page_with_text(scale: int, size: int) -> None:
    page = few_words(scale, size)
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert page.unread(read) == []
    assert len(read.lines) == len(page.texts)


def test_paddleocr_looks_closer_too() -> None:
    page = few_words(1, 12)
    (read,) = reader("onnxruntime", V6).read([page.pixels()])
    assert page.unread(read) == []
    assert len(read.lines) == len(page.texts)


def test_a_heading_that_the_closer_look_cuts_stays_whole() -> None:
    page = Desktop(texts=HOLDING, heading="基金持仓")
    (read,) = reader("openvino", V6).read([page.pixels()])
    assert page.unread(read) == []
    assert [text for text in texts(read) if "持仓" in text] == ["基金持仓"]


def test_a_phone_s_screen_reads_the_same_beside_a_desktop_s() -> None:
    phone = picture("alipay_light_rows.png")
    fast = reader("openvino", V6)
    (alone,) = fast.read([phone])
    _, beside, again = fast.read([few_words(1, 12).pixels(), phone, blank(1080, 1920)])
    assert beside == alone
    assert again.lines == ()
    assert len(words(texts(alone))) > 15


def blank(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), 255, np.uint8)

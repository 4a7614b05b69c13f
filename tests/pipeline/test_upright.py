"""Pages that lie on their side or stand on their head: turned, read again, or refused."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipeline.decode.image import Image
from pipeline.upright import read_upright, upright
from postprocess import seed
from postprocess.evidence import page_from_json, page_to_json, redact
from postprocess.layout import extract
from postprocess.types import Line, Page, Reason
from tests.rules.layout_pages import page_of

LINES = [
    ["恒澜消费升级混合(011608)", 16, 130, 15],
    ["可用份额", 16, 160, 13],
    ["1,234.56", "r359", 160, 13],
    ["昨日收益", 16, 190, 13],
]
NO_CODE = [["聊天记录", 16, 130, 15], ["今天", 16, 160, 13], ["明天再说吧", 16, 190, 13]]
IMAGE = Image(sha256=bytes(32), pixels=np.arange(24, dtype=np.uint8).reshape(2, 4, 3))


def page(lines: list[list[object]] = LINES, *, sure: float = 0.99, high: bool = False) -> Page:
    """As it was read. high: each line stands on its end."""
    plain = page_of(lines)
    return replace(plain, lines=tuple(_line(line, sure, high) for line in plain.lines))


def _line(line: Line, sure: float, high: bool) -> Line:
    a, b, c, d = line.quad
    if high:
        a, b, c, d = ((y, x) for x, y in (a, d, c, b))
    return replace(line, confidence=sure, quad=(a, b, c, d))


class Reads:
    """What each turned picture reads as, by its first pixel's place in IMAGE."""

    def __init__(self, **pages: Page | None) -> None:
        self.pages = {int(name.removeprefix("by_")): page for name, page in pages.items()}
        self.asked: list[int] = []

    def __call__(self, image: Image) -> Page | None:
        (degrees,) = (d for d in (90, 180, 270) if np.array_equal(image.pixels, turned(d).pixels))
        self.asked.append(degrees)
        return self.pages.get(degrees)


def turned(degrees: int) -> Image:
    return replace(IMAGE, pixels=upright(IMAGE, degrees))


def outcome(first: Page, reads: Callable[[Image], Page | None]) -> tuple[Page, Image]:
    return read_upright(first, extract(redact(first, extract)[0]), IMAGE, reads)


def test_pixels_are_turned_clockwise() -> None:
    assert upright(IMAGE, 0) is not None and np.array_equal(upright(IMAGE, 0), IMAGE.pixels)
    assert np.array_equal(turned(90).pixels[0, -1], IMAGE.pixels[0, 0])
    assert np.array_equal(turned(180).pixels[-1, -1], IMAGE.pixels[0, 0])
    assert np.array_equal(turned(270).pixels[-1, 0], IMAGE.pixels[0, 0])


@pytest.mark.parametrize(
    "first",
    [
        page(),
        page(sure=0.6),  # faint, but there is something
        page(NO_CODE),  # nothing, but it is well read
        page([], sure=0.6),
        page(NO_CODE[:2], sure=0.6),
        page(NO_CODE[:2], high=True),
        page([["1", 16, y, 30] for y in range(100, 700, 60)], high=True),  # digits are high
    ],
)
def test_what_stands_upright_or_tells_nothing_is_read_once(first: Page) -> None:
    reads = Reads()
    assert outcome(first, reads) == (first, IMAGE)
    assert reads.asked == []


@pytest.mark.parametrize(
    ("sure", "degrees", "tried"), [(0.99, 270, [270]), (0.7, 90, [90]), (0.7, 270, [90, 270])]
)
def test_a_page_on_its_side_is_turned_until_it_reads_upright(
    sure: float, degrees: int, tried: list[int]
) -> None:
    reads = Reads(by_90=page(sure=0.7), by_270=page(sure=0.7))
    reads.pages[degrees] = page()
    found, seen = outcome(page(sure=sure, high=True), reads)
    assert found == replace(page(), turned=degrees)
    assert np.array_equal(seen.pixels, turned(degrees).pixels)
    assert reads.asked == tried


@pytest.mark.parametrize(
    "again", [None, page(sure=0.7), page(high=True), page([])], ids=["-", "faint", "high", "empty"]
)
def test_a_page_on_its_side_that_cannot_be_read_upright_is_never_answered(
    again: Page | None,
) -> None:
    first = page(high=True)
    found, seen = outcome(first, Reads(by_90=again, by_270=again))
    assert (found, seen) == (replace(first, on_its_side=True), IMAGE)
    settled, extraction = redact(found, extract)
    assert (extraction.reason, extraction.fund_codes) == (Reason.TURNED, ())
    kept = page_from_json(page_to_json(settled))
    assert kept == replace(settled, model_version="")
    assert extract(kept) == extraction


def test_a_page_on_its_head_is_turned_where_nothing_was_found() -> None:
    reads = Reads(by_180=page())
    found, _ = outcome(page(NO_CODE, sure=0.7), reads)
    assert (found, reads.asked) == (replace(page(), turned=180), [180])
    assert page_from_json(page_to_json(found)).turned == 180


@pytest.mark.parametrize("again", [None, page(sure=0.7), page(high=True)])
def test_a_faint_page_that_reads_no_better_on_its_head_stays_as_it_was(again: Page | None) -> None:
    first = page(NO_CODE, sure=0.7)
    assert outcome(first, Reads(by_180=again)) == (first, IMAGE)


def test_upright_pages_keep_no_word_of_it_and_the_seed_rules_know_none() -> None:
    assert not {"turned", "on_its_side"} & page_to_json(page()).keys()
    assert seed.extract(replace(page(), on_its_side=True)) == seed.extract(page())

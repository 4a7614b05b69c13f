"""What holds for every page: total, the order of lines is no matter, noise does no harm."""

import json
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.screens.screen import Screen
from postprocess.evidence import page_from_json, page_to_json, redact
from postprocess.layout import extract
from postprocess.types import Extraction, Line, Page, Quad, Reason
from tests.rules.drawn_screens import SCREENS, noisy_pages, screens

SEEDS = st.integers(0, 2**32)
"""Of an own Random: Hypothesis takes a hundred times as long to draw what one of its own draws."""


def answer(found: Extraction) -> tuple[str, str] | None:
    if found.fund_code is None or found.hold_share is None:
        return None
    return found.fund_code.value, found.hold_share.value


def truth(screen: Screen) -> tuple[str, str] | None:
    answer = screen.truth
    return None if answer.refused else (answer.fund_code, answer.hold_share)


PIECES = st.sampled_from(
    [
        *(
            "可用份额",
            "持有份额(份)",
            "可用",
            "最低持有份额",
            "净值(08-14)",
            "持有金额",
            "基金代码",
        ),
        *("011608", "混合(005827)", "6222021234567890", "1,234.56", "1.234", "7", "12.5份", "¥3"),
        *("****", "--", "|", ",", ".", "O", "-", "%", "元", "万", " ", "①", "□", "2024-01-12"),
    ]
)
TEXTS = st.lists(PIECES, max_size=4).map("".join) | st.text(max_size=12)
NUMBERS = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1e308, -1e308, float("nan"), float("inf")])
CORNERS = st.tuples(NUMBERS, NUMBERS)
WILD_QUADS = st.tuples(CORNERS, CORNERS, CORNERS, CORNERS)


@st.composite
def boxes(draw_: st.DrawFn) -> Quad:
    """Boxes on a coarse grid, so that lines do stand beside and above each other."""
    x, y = draw_(st.integers(0, 6)) * 60.0, draw_(st.integers(0, 12)) * 20.0
    width, height = draw_(st.integers(0, 12)) * 10.0, draw_(st.integers(0, 3)) * 8.0
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


LINES = st.builds(Line, text=TEXTS, confidence=st.floats(0, 1), quad=boxes() | boxes() | WILD_QUADS)
PAGES = st.builds(
    Page, lines=st.lists(LINES, max_size=14).map(tuple), width=st.just(400), height=st.just(300)
)


@given(PAGES)
@settings(max_examples=200)
def test_every_page_gets_an_answer_or_a_reason(page: Page) -> None:
    found = extract(page)
    assert found.rules == "layout@2"
    if found.reason is None:
        assert len(found.fund_codes) == len(found.hold_shares) == 1
        assert found.fund_codes[0].value.isdigit() and len(found.fund_codes[0].value) == 6
        assert found.hold_shares[0].value.replace(".", "", 1).isdigit()
    else:
        assert found.reason is not Reason.RULE_ERROR
    assert extract(page) == found


@given(PAGES)
@settings(max_examples=200)
def test_evidence_of_any_page_gives_its_answer_again(page: Page) -> None:
    finite = tuple(line for line in page.lines if all(abs(x) < 1e9 for p in line.quad for x in p))
    page = replace(page, lines=finite)
    kept, found = redact(page, extract)
    assert extract(page_from_json(json.loads(json.dumps(page_to_json(kept))))) == found


def test_screens_are_answered_as_drawn() -> None:
    assert [answer(extract(screen.page())) for screen in screens()] == [
        truth(screen) for screen in screens()
    ]


def test_a_list_of_holdings_is_told_row_by_row() -> None:
    lists = [screen for screen in screens() if screen.reason == "MANY_CODES"]
    assert lists
    for screen in lists:
        found = extract(screen.page())
        assert found.reason is Reason.MANY_CODES
        rows = tuple((row.fund_code, row.name, row.hold_share) for row in found.holdings)
        assert rows == screen.holdings


@given(st.integers(0, SCREENS - 1), SEEDS)
@settings(max_examples=150)
def test_the_order_of_lines_does_not_matter(index: int, seed: int) -> None:
    page = screens()[index].page()
    lines = list(page.lines)
    Random(seed).shuffle(lines)
    assert extract(replace(page, lines=tuple(lines))) == extract(page)


@given(st.integers(0, SCREENS - 1), SEEDS, st.floats(0, 0.3))
@settings(max_examples=200)
def test_jittered_quads_change_no_answer(index: int, seed: int, reach: float) -> None:
    screen, random = screens()[index], Random(seed)
    page = screen.page()
    lines = tuple(jittered(line, random, reach) for line in page.lines)
    assert answer(extract(replace(page, lines=lines))) in (truth(screen), None)


def jittered(line: Line, random: Random, reach: float) -> Line:
    """Each corner moved by up to `reach` text heights in both directions."""
    by = reach * (line.quad[3][1] - line.quad[0][1])
    a, b, c, d = ((x + random.uniform(-by, by), y + random.uniform(-by, by)) for x, y in line.quad)
    return replace(line, quad=(a, b, c, d))


@given(st.integers(0, SCREENS - 1), st.floats(0.2, 5.0), st.integers(-2000, 2000))
@settings(max_examples=100)
def test_scale_and_place_on_the_picture_do_not_matter(index: int, scale: float, shift: int) -> None:
    screen = screens()[index]
    page = screen.page()
    lines = tuple(
        replace(line, quad=tuple((x * scale + shift, y * scale + shift) for x, y in line.quad))
        for line in page.lines
    )
    # Far from the picture's sides: a number that ends at one of them is cut off.
    moved = replace(page, lines=lines, width=20_000, height=40_000)
    assert answer(extract(moved)) == truth(screen)


def test_a_label_that_was_not_read_makes_no_wrong_number() -> None:
    """Its number is left behind and tells. Where the number is lost with it, nobody can know."""
    for screen in screens():
        page = screen.page()
        for lost in (n for n, line in enumerate(page.lines) if _is_label(line)):
            left = replace(page, lines=page.lines[:lost] + page.lines[lost + 1 :])
            assert answer(extract(left)) in (None, truth(screen)), page.lines[lost].text


def _is_label(line: Line) -> bool:
    return not any(character.isdecimal() for character in line.text)


def test_a_noisy_page_is_answered_rightly_or_refused() -> None:
    """Where noise left no other well-formed number in the place of the one that decides."""
    found = noisy_pages()
    assert found.wrong == []
    assert found.kept.right > 4 * (found.kept.refused - found.without_answer)

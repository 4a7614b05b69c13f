"""Confidence against right and wrong, counted at each threshold."""

from dataclasses import replace
from typing import Any

from evals.accuracy.reading import Seen
from evals.accuracy.threshold import Sight, line_sights, mean, passed, value_sights, weakest
from evals.screens.corpus import draw
from evals.screens.screen import Screen
from pipeline.extractor import Extracted
from postprocess.layout import extract
from postprocess.types import Line, Page

SIGHTS = [
    Sight(confidence=confidence, right=right)
    for confidence, right in ((0.3, False), (0.6, True), (0.6, False), (0.9, True))
]


def test_a_threshold_lets_wrong_ones_through_and_refuses_right_ones() -> None:
    assert passed(SIGHTS, 0.0) == (2, 0)
    assert passed(SIGHTS, 0.5) == (1, 0)
    assert passed(SIGHTS, 0.6) == (1, 0)
    assert passed(SIGHTS, 0.7) == (0, 1)
    assert passed(SIGHTS, 1.0) == (0, 2)


def line(text: str, confidence: float, characters: tuple[float, ...] = ()) -> Line:
    quad: Any = ((0, 0), (9, 0), (9, 9), (0, 9))
    return Line(text=text, confidence=confidence, quad=quad, characters=characters)


def test_the_weakest_character_is_that_of_the_number_and_not_of_the_words() -> None:
    read = line("份7.1", 0.8, (0.2, 0.9, 0.7, 0.95))
    assert weakest(read) == 0.7
    assert mean(read) == 0.8


def test_a_line_without_digits_or_whose_engine_tells_no_characters_has_its_mean() -> None:
    assert weakest(line("份", 0.8, (0.2,))) == 0.8
    assert weakest(line("7.1", 0.8)) == 0.8


def seen(screen: Screen, page: Page) -> Seen:
    alone = Extracted(page=page, extraction=extract(page))
    return Seen(number=0, screen=screen, first=page, extracted={}, alone=alone, planted=())


def test_numbers_read_as_drawn_are_right_and_changed_ones_wrong() -> None:
    screen = next(one for one in draw(27, 2, degraded=False) if not one.reason)
    page = screen.page()
    good = list(line_sights([seen(screen, page)], mean))
    assert good and all(sight.right for sight in good)
    assert [sight.right for sight in value_sights([seen(screen, page)])] == [True, True]
    shares = {text.text for text in screen.texts if text.role == "share"}
    damaged = replace(
        page,
        lines=tuple(
            replace(one, text=one.text.translate(str.maketrans("12345678", "23456781")))
            if one.text in shares
            else one
            for one in page.lines
        ),
    )
    assert not all(sight.right for sight in line_sights([seen(screen, damaged)], mean))

import re
from dataclasses import replace
from itertools import islice

import pytest

from evals.screens.brief import LABELS
from evals.screens.corpus import Split, draw, undrawn
from evals.screens.layouts import BY_NAME, LAYOUTS
from evals.screens.screen import Screen
from tests.screens import drawn


@pytest.fixture(scope="module")
def corpus() -> tuple[Screen, ...]:
    return drawn.corpus()


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others() -> None:
    one, again, other = (list(draw(4, seed)) for seed in (5, 5, 6))
    assert [s.picture.tobytes() for s in one] == [s.picture.tobytes() for s in again]
    assert [(s.truth, s.texts, s.tags) for s in one] == [(s.truth, s.texts, s.tags) for s in again]
    assert all(a.picture.tobytes() != b.picture.tobytes() for a, b in zip(one, other, strict=True))


def test_a_longer_corpus_begins_like_a_shorter_one() -> None:
    short = [s.picture.tobytes() for s in draw(3, 5)]
    assert [s.picture.tobytes() for s in islice(draw(50, 5), 3)] == short


def test_every_layout_takes_its_turn(corpus: tuple[Screen, ...]) -> None:
    assert [s.layout for s in corpus] == [layout.name for layout in LAYOUTS] * drawn.TURNS


def test_the_answer_of_every_screen_is_drawn_on_it(corpus: tuple[Screen, ...]) -> None:
    for screen in corpus:
        codes = [t.text for t in screen.texts if t.role == "code"]
        shares = [t.text.replace(",", "") for t in screen.texts if t.role == "share"]
        if screen.truth.refused:
            assert screen.truth.hold_share == ""
            assert screen.reason
            if not BY_NAME[screen.layout].refused:
                assert not (codes and shares)
            continue
        assert any(screen.truth.fund_code in text for text in codes), screen.layout
        number = re.compile(rf"(?<![\d.]){re.escape(screen.truth.hold_share)}(?![\d.])")
        assert any(number.search(text) for text in shares), screen.layout


def test_every_drawn_label_is_on_its_screen(corpus: tuple[Screen, ...]) -> None:
    for screen in corpus:
        texts = [t.text for t in screen.texts]
        assert all(any(label in text for text in texts) for label in screen.labels)


def test_deciding_texts_lie_inside_the_picture_whatever_was_done_to_it(
    corpus: tuple[Screen, ...],
) -> None:
    for screen in corpus:
        width, height = screen.picture.size
        for text in (t for t in screen.texts if t.role):
            left, top, right, bottom = text.box
            assert left >= -1, screen.tags
            assert right <= width + 1, screen.tags
            assert top >= -1, screen.tags
            assert bottom <= height + 1, screen.tags


def test_widths_faces_dresses_and_degradations_all_occur(corpus: tuple[Screen, ...]) -> None:
    kinds = {tag.split(":")[0] for screen in corpus for tag in screen.tags}
    assert {"light", "dark", "jpeg", "downscale", "blur", "rotate", "crop", "long"} <= kinds
    assert {tag for s in corpus for tag in s.tags if tag.startswith("face:")} == {
        "face:noto", "face:microhei", "face:zenhei", "face:serif",
    }  # fmt: skip


def test_of_an_undrawn_screen_all_but_the_picture_is_as_drawn() -> None:
    for one, blank in zip(draw(8, 3, degraded=False), undrawn(8, 3), strict=True):
        assert blank.picture.size == one.picture.size
        assert replace(blank, picture=one.picture) == one


@pytest.mark.parametrize("split", ["tuning", "held_out"])
def test_the_two_splits_share_nothing(split: Split) -> None:
    kept_out = {label.text for family in LABELS.values() for label in family if label.held_out}
    for screen in draw(24, 7, split, degraded=False):
        unseen = BY_NAME[screen.layout].held_out or bool(kept_out & set(screen.labels))
        assert unseen == screen.held_out == (split == "held_out"), screen.layout


def test_a_page_of_drawn_texts_reads_from_the_top_and_from_the_left(
    corpus: tuple[Screen, ...],
) -> None:
    for screen in corpus:
        page = screen.page()
        assert (page.width, page.height) == screen.picture.size
        assert sorted(line.text for line in page.lines) == sorted(t.text for t in screen.texts)
    rows = next(s for s in draw(2, 5, degraded=False) if s.layout == "alipay_asset")
    texts = [line.text for line in rows.page().lines]
    cost = texts.index("持仓成本价")
    assert re.fullmatch(r"\d\.\d{4}", texts[cost + 1])

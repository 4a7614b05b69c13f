"""Planted misreads change what decides, and nothing else."""

from random import Random

import pytest

from evals.accuracy.misread import KINDS, Planted, plant
from evals.accuracy.reading import answer
from evals.screens.corpus import draw
from postprocess.layout import extract
from postprocess.types import Page
from tests.rules.layout_pages import page_of

NAME = ["恒澜消费升级混合(011608)", 16, 130, 15]


def page(share: str) -> Page:
    return page_of([NAME, ["可用份额", 16, 160, 13], [share, "r359", 160, 13]])


def planted(share: str, seed: int = 1) -> dict[str, Planted]:
    plain = page(share)
    return {one.kind: one for one in plant(plain, extract(plain), Random(seed))}


@pytest.mark.parametrize(
    "share", ["7.10", "1,234.56", "1234.56份", "12", "0.05", "１，２３４．５６"]
)
def test_a_changed_digit_is_read_as_another_well_formed_number(share: str) -> None:
    true = answer(extract(page(share)))
    for seed in range(20):
        for kind, one in planted(share, seed).items():
            found = answer(extract(one.page))
            expected = (one.value, true[1]) if kind == KINDS[0] else (true[0], one.value)
            assert found == expected != true


def test_only_one_line_is_changed() -> None:
    plain = page("1234.56")
    for one in plant(plain, extract(plain), Random(3)):
        changed = [a for a, b in zip(plain.lines, one.page.lines, strict=True) if a != b]
        assert len(changed) == 1


def test_a_point_is_lost_only_where_another_number_is_left() -> None:
    assert planted("7.10")[KINDS[2]].value == "710"
    assert planted("1234.56份")[KINDS[2]].page.lines[2].text == "123456份"
    assert KINDS[2] not in planted("0.05")
    assert KINDS[2] not in planted("12")
    assert KINDS[2] not in planted("1,234.56")


def test_a_refused_page_has_nothing_to_misread() -> None:
    plain = page_of([NAME])
    assert not list(plant(plain, extract(plain), Random(1)))


def test_the_same_seed_plants_the_same() -> None:
    assert planted("1234.56", 4) == planted("1234.56", 4)
    assert any(planted("1234.56", 4) != planted("1234.56", seed) for seed in range(5, 9))


def test_every_answered_screen_can_be_misread_in_its_code_and_its_share() -> None:
    for screen in draw(54, 3, degraded=False):
        found = extract(screen.page())
        kinds = {one.kind for one in plant(screen.page(), found, Random(1))}
        assert kinds >= (set() if found.reason else set(KINDS[:2])), screen.layout

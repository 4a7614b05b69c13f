"""A number or code with something over it is not answered, whatever was read there."""

from dataclasses import replace

import pytest

from postprocess import seed
from postprocess.evidence import page_from_json, page_to_json, redact
from postprocess.layout import extract
from postprocess.types import Page, Reason
from tests.rules.layout_pages import page_of

LINES = [
    ["恒澜消费升级混合(011608)", 16, 130, 15],
    ["可用份额", 16, 160, 13],
    ["1,234.56", "r359", 160, 13],
    ["昨日收益", 16, 190, 13],
    ["3.20", "r359", 190, 13],
]


def page(*covered: str) -> Page:
    plain = page_of(LINES)
    lines = (replace(line, covered=line.text in covered) for line in plain.lines)
    return replace(plain, lines=tuple(lines))


@pytest.mark.parametrize("covered", ["1,234.56", "恒澜消费升级混合(011608)"])
def test_what_is_covered_is_refused_and_shown(covered: str) -> None:
    found = extract(page(covered))
    assert found.reason is Reason.LOW_CONFIDENCE
    assert [one.value for one in found.fund_codes] == ["011608"]
    assert [one.value for one in found.hold_shares] == ["1234.56"]


def test_what_is_covered_elsewhere_is_not_looked_at() -> None:
    assert extract(page("3.20", "昨日收益")).reason is None


def test_rows_keep_it_where_it_is_true_and_decide_the_same_again() -> None:
    settled, found = redact(page("1,234.56"), extract)
    kept = page_to_json(settled)
    assert [line["text"] for line in kept["lines"] if line.get("covered")] == ["1,234.56"]
    assert sum("covered" in line for line in kept["lines"]) == 1
    again = page_from_json(kept, settled.model_version)
    assert again == settled
    assert extract(again).reason is found.reason is Reason.LOW_CONFIDENCE


def test_the_seed_rules_know_nothing_of_it() -> None:
    assert seed.extract(page("1,234.56")) == seed.extract(page())

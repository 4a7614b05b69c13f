"""Pages of apps that nobody drew: one a line of layout_cases.jsonl, with its answer."""

from typing import Any

import pytest

from postprocess.layout import extract
from tests.rules.layout_pages import cases, page_of

CASES = cases("layout_cases.jsonl")


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) > 100


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    found = extract(page_of(case["lines"]))
    assert (found.reason.value if found.reason else None) == case.get("reason")
    if "answer" in case:
        assert found.fund_code is not None
        assert found.hold_share is not None
        assert [found.fund_code.value, found.hold_share.value] == case["answer"]
    if "codes" in case:
        assert [code.value for code in found.fund_codes] == case["codes"]
    if "shares" in case:
        assert [share.value for share in found.hold_shares] == case["shares"]
    if "check" in case:
        assert found.checks == {"share_times_nav": case["check"]}
    if "holdings" in case:
        rows = [[row.fund_code, row.name, row.hold_share] for row in found.holdings]
        assert rows == case["holdings"]

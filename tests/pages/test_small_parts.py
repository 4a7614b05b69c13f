"""Texts in two languages, history for people, figures for charts."""

import re
from datetime import date
from decimal import Decimal
from functools import partial
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, FileSystemLoader

from db.rows import Action, Dismissal, HistoryLine, ReviewState
from db.statistics import Accuracy, Day
from front.pages.changes import differences, state_at, steps
from front.pages.render import FOLDER, rendered, shown_share
from front.pages.statistics import charts_of, reasons_of
from front.pages.texts import LANGUAGES, TEXTS, text
from postprocess.types import Reason
from tests.pages.rows import NOW

TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))


def test_both_languages_have_the_same_placeholders() -> None:
    for key, both in TEXTS.items():
        fields = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in both]
        assert len(both) == len(LANGUAGES) and fields[0] == fields[1], key
        assert all(one.strip() for one in both), key
        assert not re.search("[一-鿿]", both[1]) or key == "language", key


def test_every_text_that_a_template_names_is_there() -> None:
    named = {
        key
        for template in TEMPLATES
        for key in re.findall(r"\bt\('([a-z_A-Z]+)'", template.read_text(encoding="utf-8"))
    }
    assert len(named) > 60
    assert {key for key in named if not key.endswith("_")} <= set(TEXTS)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("reason", Reason),
        ("state", ReviewState),
        ("action", Action),
        ("", Dismissal),
        ("check", ("agrees", "disagrees", "absent")),
    ],
)
def test_every_value_that_a_row_can_have_has_its_word(kind: str, values: Any) -> None:
    assert [v for v in values if (f"{kind}_{v}" if kind else str(v)) not in TEXTS] == []


def test_templates_escape_what_they_are_given() -> None:
    assert "&lt;b&gt;" in rendered(
        "login.html",
        "zh",
        zone=ZoneInfo("UTC"),
        path="/login",
        switch="?",
        caller=None,
        said=None,
        next='"><b>',
    )


def snapshot(version: int, **changes: Any) -> dict[str, Any]:
    values = {
        "row_version": version,
        "review_state": "open",
        "update_fund_code": "",
        "update_hold_share": "",
        "ocr_fund_code": "011608",
        "image_sha256": "00",
    }
    return values | changes


def line(number: int, action: str, before: Any, after: Any) -> HistoryLine:
    return HistoryLine(
        id=number,
        result_id=7,
        action=action,
        before=before,
        after=after,
        actor="王五",
        note="",
        model_version="m@1",
        rules_version="layout@1",
        created_at=NOW,
    )


CORRECTED = snapshot(2, review_state="corrected", update_fund_code="000934")
HISTORY = [
    line(1, "corrected", snapshot(1), CORRECTED),
    line(2, "undone", CORRECTED, snapshot(3)),
]


def test_history_is_told_newest_first_with_what_changed() -> None:
    second, first = steps(HISTORY)
    assert (second.action, first.action) == ("undone", "corrected")
    assert [(one.name, one.before, one.after) for one in first.differences] == [
        ("review_state", "open", "corrected"),
        ("update_fund_code", "", "000934"),
    ]
    assert [step.action for step in steps(HISTORY, since_version=2)] == ["undone"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "read: 011608 → 000934",
                "000934 → read: 011608",
                "read: 1,234.56 → 7,000.5",
                "nothing read → 7",
            ],
        ),
        (
            "zh",
            [
                "识别为 011608 → 000934",
                "000934 → 识别为 011608",
                "识别为 1,234.56 → 7,000.5",
                "未识别出 → 7",
            ],
        ),
    ],
)
def test_before_the_first_correction_stands_what_was_read(language: str, told: list[str]) -> None:
    after = snapshot(2, update_hold_share="7")
    read = snapshot(1, ocr_hold_share="1234.56")
    more = snapshot(2, ocr_hold_share="1234.56", update_hold_share="7000.5")
    lines = [*HISTORY, line(3, "corrected", snapshot(1), after), line(4, "corrected", read, more)]
    parts = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    parts.filters |= {"moment": str, "share": shown_share, "percent": str}
    page = (
        parts.get_template("parts.html")
        .make_module()
        .steps_list(partial(text, language), lambda _kind, value: str(value), steps(lines))
    )
    shown = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))
    for one in told:
        assert one in shown, shown
    assert text(language, "empty") not in shown


def test_nothing_and_empty_are_no_difference() -> None:
    assert differences({"reason": None}, {"reason": ""}) == ()
    assert differences(None, {"reason": "NO_CODE"}) == ()
    assert [d.name for d in differences({"flag": True}, {"flag": False})] == ["flag"]


def test_a_state_is_found_by_its_version() -> None:
    assert state_at(HISTORY, 1) == snapshot(1)
    assert state_at(HISTORY, 2) == CORRECTED
    assert state_at(HISTORY, 3) == snapshot(3)
    assert state_at(HISTORY, 4) is None and state_at([], 1) is None


def test_figures_add_up() -> None:
    days = [
        Day(day=date(2026, 11, 21), answered=5, refused={"NO_CODE": 1, "NO_SHARE": 2}, corrected=1),
        Day(day=date(2026, 11, 22), answered=3, refused={"NO_SHARE": 4}, confirmed=2, dismissed=1),
    ]
    judged = [Accuracy(model_version="m@1", rules_version="layout@1", right=8, wrong=1, missed=1)]
    assert reasons_of(days) == [("NO_SHARE", 6), ("NO_CODE", 1)]
    charts = charts_of(days, judged, "zh")
    assert charts["came"]["labels"] == ["11-21", "11-22"]
    assert [one["values"] for one in charts["came"]["series"]] == [[5, 3], [3, 4]]
    assert charts["reasons"]["labels"][0] == text("zh", "reason_NO_SHARE")
    assert [one["values"] for one in charts["accuracy"]["series"]] == [[8], [1], [1]]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Decimal("21337.7300"), "21,337.73"),
        (Decimal("0.1100"), "0.11"),
        (Decimal("1234567890123456.1234"), "1,234,567,890,123,456.1234"),
        ("5600", "5,600"),
        ("6.560", "6.560"),
        ("no number", "no number"),
    ],
)
def test_shares_are_shown_with_all_their_digits(number: object, shown: str) -> None:
    assert shown_share(number) == shown

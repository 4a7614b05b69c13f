"""`fundocr evaluate` tells right, wrong and missed apart, and shows what failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.evaluate import judge
from pipeline.settings import PROJECT
from tests.cli.cli_process import fundocr

NONE = {"fund_code": "", "hold_share": ""}
SHOWN = {"fund_code": "011608", "hold_share": "1234.50"}


def answer(code: str, share: str) -> dict[str, Any]:
    return {"flag": bool(code), "data": {"fund_code": code, "hold_share": share}}


@pytest.mark.parametrize(
    ("truth", "given", "verdict"),
    [
        (SHOWN, answer("011608", "1234.50"), "right"),
        (SHOWN, answer("011608", "1234.5"), "right"),
        (SHOWN, answer("011608", "12345.0"), "wrong"),
        (SHOWN, answer("011609", "1234.50"), "wrong"),
        (SHOWN, answer("", ""), "missed"),
        (SHOWN, {"error": "unreadable", "code": "BAD_PICTURE"}, "missed"),
        (NONE, answer("", ""), "right"),
        (NONE, answer("011608", "1"), "wrong"),
    ],
)
def test_an_answer_is_judged(truth: dict[str, str], given: dict[str, Any], verdict: str) -> None:
    assert judge(truth, given) == verdict


def test_the_bundled_samples_are_all_right(tmp_path: Path) -> None:
    done = fundocr("evaluate", PROJECT / "samples", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "12 right (100.0 %), 0 wrong, 0 missed" in " ".join(done.stdout.decode().split())


def test_cases_are_judged_without_pictures_and_failures_are_shown(tmp_path: Path) -> None:
    cases = [
        {"name": "good", "lines": ["011608", "可用份额 12.00"], "layout": "a", **SHOWN},
        {"name": "right", "lines": ["011608", "可用份额 1,234.50"], "layout": "a", **SHOWN},
        {"name": "<b>", "lines": ["可用份额 1,234.50"], "layout": "b", **SHOWN},
    ]
    file, page = tmp_path / "cases.jsonl", tmp_path / "failures.html"
    file.write_text("\n".join(json.dumps(case, ensure_ascii=False) for case in cases))
    done = fundocr(*("evaluate", "--cases", file, "--rules", "seed", "--html", page), home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 right (33.3 %), 1 wrong, 1 missed" in " ".join(done.stdout.decode().split())
    html = page.read_text(encoding="utf-8")
    assert "wrong: good" in html and "missed: &lt;b&gt;" in html and "<b>" not in html


@pytest.mark.parametrize("truth", ["not json", "[]", '{"a.png": {"fund_code": "1"}}'])
def test_a_truth_that_is_none_is_one_sentence(tmp_path: Path, truth: str) -> None:
    (tmp_path / "truth.json").write_text(truth)
    done = fundocr("evaluate", tmp_path, home=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and b"truth.json" in done.stderr

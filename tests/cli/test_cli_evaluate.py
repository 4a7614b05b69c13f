"""`fundocr evaluate` tells right, wrong and missed apart, and shows what failed."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.judge import judge
from pipeline.settings import PROJECT
from postprocess.layout import VERSION
from tests.fundocr_command import fundocr
from tests.trial import share_compiled

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


def test_samples_are_all_right(tmp_path: Path) -> None:
    """A folder with three of the bundled ones; `fundocr recognize` is tried with all of them."""
    share_compiled(tmp_path)
    truth = json.loads((PROJECT / "samples" / "truth.json").read_text(encoding="utf-8"))
    some = dict([*truth.items()][::4])
    folder = tmp_path / "some"
    folder.mkdir()
    for name in some:
        shutil.copy(PROJECT / "samples" / name, folder)
    (folder / "truth.json").write_text(json.dumps(some), encoding="utf-8")
    done = fundocr("evaluate", folder, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 right (100.0 %), 0 wrong, 0 missed" in " ".join(done.stdout.decode().split())


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
    assert html.index("wrong</span> good") < html.index("missed</span> &lt;b&gt;")
    assert "<b>" not in html and "<img" not in html
    # A case has no picture: its lines are drawn, each in its place.
    assert html.count('<svg class="drawn"') == 2
    assert ">可用份额 1,234.50</text>" in html


def test_reason_model_and_rules_are_counted(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    lines = ["恒澜消费升级混合 011608", "可用份额 1,234.50"]
    pages = [{"lines": lines, **SHOWN}, {"lines": lines[1:], **SHOWN}]
    cases.write_text("\n".join(json.dumps(page, ensure_ascii=False) for page in pages))
    done = fundocr("evaluate", "--cases", cases, home=tmp_path)
    rows = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]
    for row in ("│ NO_CODE │ 0 │ 0 │ 1 │", "│ answered │ 1 │ 0 │ 0 │"):
        assert row in rows
    assert f"│ no model, {VERSION} │ 1 │ 0 │ 1 │" in rows


def test_failures_are_shown_on_their_pictures_with_what_was_read(tmp_path: Path) -> None:
    name = "alipay_dark_two_labels.jpg"
    shutil.copy(PROJECT / "samples" / name, tmp_path)
    (tmp_path / "no_picture.png").write_bytes(b"")
    truth = {name: SHOWN, "no_picture.png": SHOWN | {"layout": "list"}}
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    page = tmp_path / "pages" / "failures.html"
    page.parent.mkdir()
    share_compiled(tmp_path)
    done = fundocr("evaluate", tmp_path, "--html", page, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 pages: 0 right (0.0 %), 1 wrong, 1 missed" in done.stdout.decode()
    html = page.read_text(encoding="utf-8")
    assert f'<img src="../{name}"' in html
    assert '<svg class="over" viewBox="0 0 1284 ' in html
    for kind, text in (("code", "基金代码"), ("share", "21,337.73")):
        (outline,) = re.findall(
            rf'<g class="{kind}" data-line="(\d+)"><polygon points="[^"]+">', html
        )
        (row,) = re.findall(rf'<tr class="{kind}" data-line="(\d+)">.*?{text}', html)
        assert outline == row
    # What decides was read twice, and both readings stand there.
    assert html.count("21,337.73") + html.count("21337.73") >= 3


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text("")
    away = tmp_path / "away" / "failures.html"
    done = fundocr("evaluate", "--cases", tmp_path / "cases.jsonl", "--html", away, home=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and b"cannot be written" in done.stderr


@pytest.mark.parametrize(
    "truth", ["not json", "[]", '{"a.png": {"fund_code": "1"}}', "[" * 100_000]
)
def test_a_truth_that_is_none_is_one_sentence(tmp_path: Path, truth: str) -> None:
    (tmp_path / "truth.json").write_text(truth)
    done = fundocr("evaluate", tmp_path, home=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and b"truth.json" in done.stderr


def test_the_page_runs_nothing_of_what_was_read(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    quad = [[0, 0], [9, 0], [9, 9], [0, 9]]
    case = {
        "name": f"[/b]{hostile}",
        "layout": f"'\"><img src=x onerror=alert(2)>{hostile}",
        "width": 100,
        "height": 100,
        "lines": [
            {"text": f"{hostile} 011608 份额", "confidence": 0.9, "quad": quad, "second": hostile},
        ],
        **SHOWN,
    }
    file, page = tmp_path / "cases.jsonl", tmp_path / "failures.html"
    file.write_text(json.dumps(case))
    done = fundocr("evaluate", "--cases", file, "--html", page, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"missed: [/b]{hostile}" in done.stdout.decode()
    html = page.read_text(encoding="utf-8")
    assert html.count("<script>") == 1, "the page's own"
    assert "<img" not in html
    assert html.count("&lt;script&gt;") > 3

"""The document takes what was measured and keeps its own words."""

import json
from pathlib import Path

import pytest

from evals.bench.document import DOCUMENT, write_document
from evals.bench.machine import machine
from evals.bench.report import Target, conclude

TEXT = "# How fast\n\n<!-- targets -->\nold\n<!-- /targets -->\n\nwords\n"
OTHERS = ("systems", "profile", "clients", "sizes", "rows", "sweep", "memory")
MARKS = "".join(f"\n<!-- {name} -->\n<!-- /{name} -->\n" for name in OTHERS)


def test_a_report_fills_its_section_and_the_rest_stays(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(TEXT + MARKS, encoding="utf-8")
    target = Target(key="start", target="start ≤ 12 s", measured="7.1 s", met=True)
    conclude(tmp_path / "bench.json", [target], {"machine": machine()})
    write_document(document, tmp_path)
    first = document.read_text(encoding="utf-8")
    assert "| start ≤ 12 s | 7.1 s | met |" in first
    assert "\nold\n" not in first and first.endswith("words\n" + MARKS)
    write_document(document, tmp_path)
    assert document.read_text(encoding="utf-8") == first


def test_a_document_without_a_place_for_it_is_an_error(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("# How fast\n", encoding="utf-8")
    (tmp_path / "bench.json").write_text(json.dumps({"machine": machine(), "targets": []}))
    with pytest.raises(ValueError, match="targets"):
        write_document(document, tmp_path)


def test_our_document_has_a_place_for_every_section() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in ("targets", *OTHERS):
        assert f"<!-- {name} -->" in text and f"<!-- /{name} -->" in text


def test_what_of_the_bound_is_reached_is_told_and_a_quick_run_is_called_so(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(TEXT + MARKS, encoding="utf-8")
    rate = {"median": 12.0, "least": 11.0, "most": 13.0, "n": 2}
    bound = {"settings": "one process", "rate": rate, "ours_of_it": {"median": 0.81}}
    report = {"machine": machine(), "plan": "quick", "throughput": {"bound": bound}, "targets": []}
    (tmp_path / "bench.json").write_text(json.dumps(report), encoding="utf-8")
    write_document(document, tmp_path)
    text = document.read_text(encoding="utf-8")
    assert "one process; ours reach 0.81 of it" in text and "`make bench-quick`: fewer" in text

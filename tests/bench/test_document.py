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

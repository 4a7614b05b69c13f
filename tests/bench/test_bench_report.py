"""The lines, the JSON and the exit code."""

import json
from pathlib import Path

import pytest

from evals.bench.report import Target, conclude


def target(key: str, *, met: bool) -> Target:
    return Target(key=key, target=f"{key} ≤ 20 ms", measured="12 ms", met=met, numbers={"ms": 12})


def test_all_met_exits_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude(tmp_path / "bench.json", [target("a", met=True)], {}) == 0
    assert capsys.readouterr().out == "a ≤ 20 ms | 12 ms | met\n"


def test_one_miss_exits_with_1_and_the_json_says_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "var" / "bench.json"
    both = [target("a", met=True), target("b", met=False)]
    assert conclude(file, both, {"machine": {"cores": 2}}) == 1
    assert capsys.readouterr().out.splitlines()[1] == "b ≤ 20 ms | 12 ms | missed"
    written = json.loads(file.read_text(encoding="utf-8"))
    assert [one["met"] for one in written["targets"]] == [True, False]
    assert written["machine"]["cores"] == 2
    assert written["targets"][0]["numbers"] == {"ms": 12}


def test_nothing_measured_is_no_success(tmp_path: Path) -> None:
    assert conclude(tmp_path / "bench.json", [], {}) == 1

"""`python -m evals.accuracy`: the whole report, on a few screens."""

import json
import subprocess
import sys
from pathlib import Path

from pipeline.settings import PROJECT


def test_the_report_prints_its_targets_and_writes_them_down(tmp_path: Path) -> None:
    page, report = tmp_path / "failures.html", tmp_path / "report.json"
    sizes = (
        *("--screens", "4", "--badly", "4", "--seed", "3"),
        *("--web", "1", "--only", "bank/pension"),
    )
    done = subprocess.run(
        [sys.executable, "-m", "evals.accuracy", *sizes, "--html", page, "--json", report],
        cwd=PROJECT,
        env={"FUNDOCR_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stderr
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    usual = found["corpora"]["usual"]["rules"]
    assert set(usual) == {"layout", "seed"}
    for counted in usual.values():
        for table in ("split", "layout", "reason"):
            rows = counted[table].values()
            sums = {v: sum(row[v] for row in rows) for v in ("right", "wrong", "missed")}
            assert sums == counted["all"] and sum(sums.values()) == 4
    targets = found["targets"]
    assert {"layout, usual: 0 wrong", "layout, badly degraded: 0 wrong"} <= {
        target["target"] for target in targets
    }
    web = sum(sum(group.values()) for group in found["web"].values())
    assert web > 0 and f"of {web:,}" in next(
        target["measured"] for target in targets if target["target"] == "web screens: 0 wrong"
    )
    lines = done.stdout.splitlines()
    for target in targets:
        met = "met" if target["met"] else "missed"
        assert f"{target['target']} | {target['measured']} | {met}" in lines
    assert (done.returncode == 0) == all(target["met"] for target in targets)
    html = page.read_text(encoding="utf-8")
    missed = [one for one in found["failures"] if one["corpus"] == "badly degraded"]
    assert html.count("<article") == len(found["failures"])
    assert len(list((tmp_path / "failures" / "badly").iterdir())) == len(missed)
    planted = found["corpora"]["usual"]["second_reading"]["planted"]
    assert sum(kind.get("planted", 0) for kind in planted.values()) > 0

"""The table of a run, on the terminal and as JSON."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.ledger import Outcome
from tests.faults.run import Result

COLUMNS = (
    "fault",
    "times",
    "ok / failed / unknown",
    "lost",
    "double",
    "changed",
    "slowest recovery",
    "foreign codes",
    "met or missed",
)
_SHOWN = 5


def line(result: Result) -> str:
    """One row of the table."""
    counted = " / ".join(str(result.requests[outcome]) for outcome in Outcome)
    slowest, within = max(result.recoveries, default=0.0), result.fault.within
    foreign = ", ".join(f"{n} × {code}" for code, n in result.foreign.items()) or "none"
    missed = "; ".join(result.misses)
    cells = (
        result.fault.name,
        len(result.recoveries),
        counted,
        len(result.findings.lost),
        len(result.findings.double),
        len(result.findings.changed),
        f"{slowest:.1f} s (≤ {within:g})",
        foreign,
        f"missed: {missed}" if missed else "met",
    )
    return " | ".join(str(cell) for cell in cells)


def sentences(result: Result) -> list[str]:
    """The first of what was found wrong, one by one."""
    found = result.findings
    return [
        f"  {name}: {text}"
        for name, texts in (
            ("lost", found.lost),
            ("double", found.double),
            ("changed", found.changed),
        )
        for text in sorted(texts)[:_SHOWN]
    ]


def write(file: Path, results: Sequence[Result], seconds: float, busy: float) -> None:
    """The same, with every recovery and every code, for other programs. busy: the load average
    before it began; what else the machine does makes recoveries slow.
    """
    content = {
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "load_before": round(busy, 2),
        "faults": [_as_json(result) for result in results],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _as_json(result: Result) -> dict[str, Any]:
    found = result.findings
    return {
        "fault": result.fault.name,
        "requests": {outcome: result.requests[outcome] for outcome in Outcome},
        "lost": sorted(found.lost),
        "double": sorted(found.double),
        "changed": sorted(found.changed),
        "recoveries_s": [round(one, 2) for one in result.recoveries],
        "within_s": result.fault.within,
        "codes": dict(result.codes),
        "foreign": dict(result.foreign),
        "misses": result.misses,
    }

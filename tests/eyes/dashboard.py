"""deploy/grafana/fundocr.json as Grafana reads it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.settings import PROJECT

FILE = PROJECT / "deploy" / "grafana" / "fundocr.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question of a panel, with Grafana's variables as they were chosen."""

    panel: str
    expr: str

    def filled(self, *, job: str, rate_interval: str) -> str:
        return self.expr.replace("$job", job).replace("$__rate_interval", rate_interval)


@cache
def dashboard() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def panels() -> list[dict[str, Any]]:
    """All that show something."""
    return [one for one in dashboard()["panels"] if one["type"] != "row"]


def queries() -> Iterator[Query]:
    for panel in panels():
        for target in panel["targets"]:
            yield Query(panel=panel["title"], expr=target["expr"])

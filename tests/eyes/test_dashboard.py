"""The dashboard is what Grafana can read: its schema, its places, its variables."""

import itertools
import re

import yaml

from pipeline.settings import PROJECT
from tests.eyes.dashboard import dashboard, panels, queries

OWN = {"type": "prometheus", "uid": "${datasource}"}


def test_it_has_what_grafana_asks_of_a_dashboard() -> None:
    told = dashboard()
    assert told["title"] and told["uid"] and told["schemaVersion"] >= 36
    assert "id" not in told, "Grafana gives it one when it is imported"
    for panel in told["panels"]:
        assert {"id", "type", "title", "gridPos"} <= panel.keys()
    for panel in panels():
        assert panel["type"] in ("timeseries", "stat", "table")
        assert {"defaults", "overrides"} == panel["fieldConfig"].keys()
        assert panel["targets"]


def test_every_panel_asks_the_prometheus_that_is_chosen() -> None:
    variables = {one["name"]: one["type"] for one in dashboard()["templating"]["list"]}
    assert variables == {"datasource": "datasource", "job": "query"}
    for panel in panels():
        assert panel["datasource"] == OWN
        assert {str(target["datasource"]) for target in panel["targets"]} == {str(OWN)}
        ids = [target["refId"] for target in panel["targets"]]
        assert len(ids) == len(set(ids))
    for query in queries():
        assert "$job" in query.expr, query
        assert set(re.findall(r"\$\w+", query.expr)) <= {"$job", "$__rate_interval"}


def test_no_panel_stands_on_another_or_beside_the_page() -> None:
    shown = dashboard()["panels"]
    assert len({one["id"] for one in shown}) == len(shown)
    places = [one["gridPos"] for one in shown]
    assert all(one["x"] + one["w"] <= 24 for one in places)
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_every_metric_of_ours_that_it_asks_for_exists() -> None:
    rules = (PROJECT / "deploy" / "prometheus" / "rules.yml").read_text(encoding="utf-8")
    recorded = set(re.findall(r"record: (\S+)", rules))
    told = yaml.safe_load((PROJECT / "metrics.yaml").read_text(encoding="utf-8"))["model_metrics"]
    declared = {one["name"] for kind in told.values() for one in kind}
    handbook = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    for query in queries():
        for name in re.findall(r"fundocr[\w:]+", query.expr):
            plain = re.sub(r"_(bucket|sum|count)$", "", name)
            front = f"`{plain}`" in handbook or "fundocr_front_process" in plain
            assert name in recorded or plain in declared or front, name


def test_every_metric_of_the_handlers_stands_in_the_handbook() -> None:
    told = yaml.safe_load((PROJECT / "metrics.yaml").read_text(encoding="utf-8"))["model_metrics"]
    handbook = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    for kind in told.values():
        for one in kind:
            if one["name"].startswith("fundocr_"):
                assert f"| `{one['name']}` |" in handbook

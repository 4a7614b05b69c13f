"""deploy/prometheus by Prometheus' own tool: the files are sound, and each alert fires when it
should and not when it should not."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.settings import PROJECT

SHIPPED = PROJECT / "deploy" / "prometheus"
HERE = Path(__file__).parent
CASES = ("alerts.test.yml", "alerts_of_weeks.test.yml")
OPERATIONS = PROJECT / "docs" / "operations.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files, the cases and a key, as an operator would lay them."""
    for file in (*SHIPPED.glob("*.yml"), *(HERE / name for name in CASES)):
        shutil.copy(file, tmp_path)
    (tmp_path / "fundocr.key").write_text("a-key\n")
    return tmp_path


def promtool(folder: Path, *arguments: str) -> str:
    """What it says when it finds nothing wrong."""
    done = subprocess.run(
        ["promtool", *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((SHIPPED / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def test_the_example_of_one_machine_is_sound_with_both_rule_files(folder: Path) -> None:
    said = promtool(folder, "check", "config", "prometheus.yml")
    assert "2 rule files found" in said


def test_the_example_of_kubernetes_is_sound_but_for_what_debians_prometheus_cannot_do(
    folder: Path,
) -> None:
    """It is built without Kubernetes' service discovery: a list of targets stands in its place."""
    config = yaml.safe_load((folder / "kubernetes.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    (found,) = job.pop("kubernetes_sd_configs")
    assert found == {"role": "pod", "namespaces": {"names": ["fundocr"]}}
    job["static_configs"] = [{"targets": ["10.0.0.1:8000"]}]
    (folder / "kubernetes.yml").write_text(yaml.safe_dump(config))
    promtool(folder, "check", "config", "kubernetes.yml")


def test_the_autoscalers_metric_is_one_that_is_recorded_with_the_labels_it_needs() -> None:
    adapter = yaml.safe_load(
        (PROJECT / "deploy" / "k8s" / "prometheus-adapter.yaml").read_text(encoding="utf-8")
    )
    (rule,) = yaml.safe_load(adapter["data"]["config.yaml"])["rules"]
    name = rule["name"]["as"]
    scaling = (PROJECT / "deploy" / "k8s" / "scaling.yaml").read_text(encoding="utf-8")
    assert f"name: {name}\n" in scaling
    rules = yaml.safe_load((SHIPPED / "rules.yml").read_text(encoding="utf-8"))["groups"]
    (recorded,) = [
        one for group in rules for one in group["rules"] if one["record"] == rule["name"]["as"]
    ]
    assert "namespace, pod, model_name" in recorded["expr"]
    labels = (SHIPPED / "kubernetes.yml").read_text(encoding="utf-8")
    assert {"target_label: namespace", "target_label: pod"} <= set(
        map(str.strip, labels.split("\n"))
    )


@pytest.mark.parametrize("name", CASES)
def test_alerts_fire_when_they_should_and_not_when_they_should_not(folder: Path, name: str) -> None:
    assert "SUCCESS" in promtool(folder, "test", "rules", name)


def test_no_alert_is_without_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires, silent = set(), set()
    for name in CASES:
        for case in yaml.safe_load((HERE / name).read_text(encoding="utf-8"))["tests"]:
            rung = {
                found[1]
                for one in case["promql_expr_test"]
                if one["exp_samples"] and (found := re.search(r'alertname="(\w+)"', one["expr"]))
            }
            named = set(re.findall(r'alertname="(\w+)", alertstate="firing"\}', str(case)))
            fires |= rung
            silent |= named - rung
    assert fires == alerts().keys()
    assert silent == alerts().keys()


@pytest.mark.parametrize("name", alerts())
def test_each_alert_leads_to_its_section_of_the_handbook(name: str) -> None:
    alert = alerts()[name]
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert {"summary", "description", "runbook_url"} == alert["annotations"].keys()
    file, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert PROJECT / file == OPERATIONS
    headings = re.findall(r"(?m)^#+ (.+)$", OPERATIONS.read_text(encoding="utf-8"))
    assert anchor == name.lower()
    assert [one for one in headings if one.lower() == anchor] == [name]

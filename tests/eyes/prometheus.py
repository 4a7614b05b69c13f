"""Debian's Prometheus on a free port and a private folder, with the shipped rules made quick."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from pipeline.settings import PROJECT
from serving.ports import free_ports
from tests.serve.waiting import wait_until

SHIPPED = PROJECT / "deploy" / "prometheus"
# What stands for each time that a rule looks back, or waits: nothing else of the rules is changed.
WINDOWS = {"1w": "30m", "1d": "10m", "1h": "2m", "15m": "2m", "10m": "2m", "5m": "1m", "2m": "1m"}
PATIENCE = "1s"


def quick(rules: str) -> str:
    """The rules with the durations of WINDOWS, and PATIENCE for every `for`."""
    rules = re.sub(r"\[(\w+)\]", lambda found: f"[{WINDOWS[found[1]]}]", rules)
    rules = re.sub(r"offset (\w+)", lambda found: f"offset {WINDOWS[found[1]]}", rules)
    return re.sub(r"(?m)^(\s+for): \w+$", rf"\1: {PATIENCE}", rules)


class Prometheus:
    """A running one; `url` without a slash at the end."""

    def __init__(self, url: str) -> None:
        self.url = url

    def samples(self, query: str) -> dict[tuple[tuple[str, str], ...], float]:
        """The values of an instant query by their labels."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=30)
        told = answer.json()
        assert told["status"] == "success", (query, told)
        result = told["data"]["result"]
        if told["data"]["resultType"] == "scalar":
            return {(): float(result[1])}
        return {tuple(sorted(one["metric"].items())): float(one["value"][1]) for one in result}

    def has_fired(self, alert: str) -> bool:
        """Whether an alert has been firing at any time so far."""
        return bool(
            self.samples(f'max_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[1h])')
        )

    def firing(self) -> list[dict[str, Any]]:
        """The alerts that fire now, with what they say."""
        told = requests.get(f"{self.url}/api/v1/alerts", timeout=30).json()
        return [one for one in told["data"]["alerts"] if one["state"] == "firing"]


@contextmanager
def prometheus(folder: Path, front: str, key: str) -> Iterator[Prometheus]:
    """It scrapes the front door each second with this key, by the shipped example."""
    for name in ("rules.yml", "alerts.yml"):
        (folder / name).write_text(quick((SHIPPED / name).read_text(encoding="utf-8")), "utf-8")
    config = (SHIPPED / "prometheus.yml").read_text(encoding="utf-8")
    assert config.count("15s") == 2 and '"127.0.0.1:8000"' in config
    config = config.replace("15s", "1s").replace("127.0.0.1:8000", front.removeprefix("http://"))
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    (folder / "fundocr.key").write_text(key + "\n", encoding="ascii")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            [
                *("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"),
                *(f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(lambda: _is_ready(url) or process.poll() is not None)
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            yield Prometheus(url)
        finally:
            process.terminate()
            process.wait(60)


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False

"""`GET /metrics`: one scrape for everything, by a key that opens nothing else; in bad times too."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from db.access import Keys, Role
from db.engine import open_engine
from evals.testbed.mariadb import MariaDB
from tests.front.front_process import database_url, front_door, lone_front
from tests.running_service import keys_of_all_roles
from tests.serve.waiting import wait_until

CANARY = "canary-4711"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    url: str
    keys: dict[Role, str]

    def ask(self, target: str, role: Role, **headers: str) -> requests.Response:
        own = {"Authorization": f"Bearer {self.keys[role]}", **headers}
        return requests.get(self.url + target, headers=own, timeout=60)

    def values(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """All samples of /metrics, by name and labels."""
        answer = self.ask("/metrics", Role.MONITOR)
        assert answer.status_code == 200
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A front door alone: TorchServe is away."""
    home = tmp_path_factory.mktemp("front")
    with lone_front(home, "--metrics", "http://127.0.0.1:9", FUNDOCR_ANONYMOUS_CIDRS="") as url:
        yield Door(url=url, keys=keys_of_all_roles(database_url(home)))


def labels(**named: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(named.items()))


def test_it_is_text_that_prometheus_likes(door: Door) -> None:
    answer = door.ask("/metrics", Role.MONITOR)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=answer.content, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_tells_what_is_away(door: Door) -> None:
    told = door.values()
    assert told["fundocr_torchserve_up", ()] == 0
    assert told["fundocr_up", labels(part="database")] == 1
    for model in ("ocr_handler", "ocr_info_update"):
        assert told["fundocr_up", labels(part=model)] == 0
        assert told["fundocr_workers_ready", labels(model=model)] == 0


def test_ask_n_times_and_n_is_what_it_says(door: Door) -> None:
    answered = "fundocr_front_requests_total"
    missing = answered, labels(route="/results", status="404", code="UNKNOWN_IMAGE")
    before = door.values().get(missing, 0)
    for number in range(7):
        assert door.ask(f"/results?id={number + 1}", Role.CALLER).status_code == 404
    told = door.values()
    assert told[missing] - before == 7
    assert told["fundocr_front_requests_in_flight", ()] == 1, "the one that asks"


def test_nothing_that_a_stranger_sends_becomes_a_label(door: Door) -> None:
    other = "fundocr_front_requests_total", labels(route="other", status="404", code="NO_SUCH_PATH")
    before = door.values().get(other, 0)
    for number in range(5):
        headers = {"X-Request-Id": f"{CANARY}-{number}", "User-Agent": CANARY}
        door.ask(f"/{CANARY}/{number}?{CANARY}", Role.CALLER, **headers)
    door.ask(f"/results?image_url=https://{CANARY}.example/{CANARY}", Role.CALLER)
    assert door.values()[other] - before == 5
    assert CANARY not in door.ask("/metrics", Role.MONITOR).text


def test_a_monitor_reads_figures_and_nothing_else(door: Door) -> None:
    for target in ("/results?id=1", "/ocr_batch/0", "/review", "/export.csv"):
        assert door.ask(target, Role.MONITOR).json()["code"] == "ROLE_TOO_LOW"
    assert requests.get(f"{door.url}/metrics", timeout=60).json()["code"] == "NO_KEY"


def test_with_the_database_away_a_monitor_that_was_known_is_told_so_and_nobody_else(
    tmp_path: Path,
) -> None:
    with MariaDB() as server:
        url = server.new_database(upgraded=True)
        keys = keys_of_all_roles(url)
        engine = open_engine(url)
        stranger = Keys(engine).add("never seen", Role.MONITOR)
        options = ("--management", "http://127.0.0.1:9", "--metrics", "http://127.0.0.1:9")
        settings = {"FUNDOCR_DATABASE_URL": url, "FUNDOCR_ANONYMOUS_CIDRS": ""}
        with front_door("http://127.0.0.1:9", tmp_path, *options, **settings) as front:
            door = Door(url=front, keys=keys)
            up = "fundocr_up", labels(part="database")
            assert door.values()[up] == 1
            assert door.ask("/results?id=1", Role.CALLER).status_code == 404
            server.stop()
            wait_until(lambda: door.values()[up] == 0)  # one look answers for a second
            assert door.ask("/results?id=1", Role.CALLER).status_code == 503
            unknown = Door(url=front, keys={Role.MONITOR: stranger})
            assert unknown.ask("/metrics", Role.MONITOR).json()["code"] == "DATABASE_UNAVAILABLE"
            server.start()
            assert door.ask("/metrics", Role.MONITOR).status_code == 200
            assert Keys(engine).revoke("the monitor")
            assert door.ask("/metrics", Role.MONITOR).json()["code"] == "WRONG_KEY"
            server.stop()
            assert door.ask("/metrics", Role.MONITOR).status_code == 503
        engine.dispose()

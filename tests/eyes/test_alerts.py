"""The running service under Debian's Prometheus: every panel shows something, and alerts ring."""

import math
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import requests

from serving.run_file import RunFile
from tests.eyes.conftest import Watched, correct
from tests.eyes.dashboard import Query, queries
from tests.eyes.figures import MODELS, Figures
from tests.serve.waiting import wait_until
from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures"]

READER, CORRECTOR = MODELS
BLANKS = 60


def test_all_is_up_and_nothing_rings(watched: Watched) -> None:
    assert set(watched.up["fundocr_up"]) == {1.0}
    assert watched.up["fundocr_torchserve_up"] == [1.0]
    assert watched.rang == set()


def test_every_panel_of_the_dashboard_shows_something(watched: Watched) -> None:
    assert len({query.panel for query in queries()}) > 20

    def empty() -> list[Query]:
        return [query for query in queries() if not _shows(watched, query)]

    with suppress(AssertionError):  # what is empty is told below
        wait_until(lambda: not empty())
    assert empty() == []


def _shows(watched: Watched, query: Query) -> bool:
    samples = watched.eyes.samples(query.filled(job="fundocr", rate_interval="5m"))
    return any(not math.isnan(value) for value in samples.values())


def test_pictures_that_nobody_can_read_ring_for_their_host_and_url_type(watched: Watched) -> None:
    service = watched.service
    service.ask("/eyes/blank-0.png")
    watched.wait_for_scrapes()
    with ThreadPoolExecutor(8) as pool:
        targets = [f"/eyes/blank-{number}.png" for number in range(1, BLANKS)]
        asked = list(pool.map(service.ask, targets))
    assert {one.json()["detail"]["reason"] for one in asked} == {"NO_TEXT"}
    for alert in ("FundocrHostRefusals", "FundocrUrlTypeRefusals"):
        wait_until(lambda alert=alert: watched.eyes.has_fired(alert))  # type: ignore[misc]
    (one,) = [
        one for one in watched.eyes.firing() if one["labels"]["alertname"] == "FundocrHostRefusals"
    ]
    assert one["labels"]["host"] == "127.0.0.1"
    assert "127.0.0.1" in one["annotations"]["summary"]


def test_a_database_that_is_away_rings_and_is_quiet_when_it_is_back(watched: Watched) -> None:
    service = watched.service
    link = {"image_url": service.host.url("/eyes/sure-30.png"), "url_type": "7min_local"}
    service.mariadb.stop()
    try:
        wait_until(lambda: watched.eyes.has_fired("FundocrDatabaseAway"))
        for _ in range(5):
            assert service.torchserve(link).json()["code"] == "DATABASE_UNAVAILABLE"
            watched.wait_for_scrapes(1)
        with ThreadPoolExecutor(8) as pool:
            for _ in range(2):
                asked = pool.map(service.ask, ["/eyes/sure-30.png"] * 20)
                assert {one.status_code for one in asked} == {503}
                watched.wait_for_scrapes()
        for alert in ("FundocrDatabaseErrors", "FundocrErrors"):
            wait_until(lambda alert=alert: watched.eyes.has_fired(alert))  # type: ignore[misc]
        for one in watched.eyes.firing():
            assert "{{" not in str(one["annotations"])
    finally:
        service.mariadb.start()
        service.wait_ready()
    up = 'fundocr_up{part="database"}'
    wait_until(lambda: list(watched.eyes.samples(up).values()) == [1.0])
    wait_until(lambda: "FundocrDatabaseAway" not in watched.rings())
    assert service.ask("/eyes/sure-30.png").json()["flag"] is True


def test_workers_that_are_killed_lose_no_count_and_ring(watched: Watched) -> None:
    service = watched.service
    # Something of both to lose, whatever was counted before a TorchServe that has ended.
    assert service.ask("/eyes/sure-33.png").json()["flag"] is True
    assert correct(service, "/eyes/sure-33.png", by="/1.0").status_code == 200
    assert service.ask("/eyes/sure-34.png").json()["flag"] is True
    before = Figures(service)
    for model in (READER, CORRECTOR, CORRECTOR, CORRECTOR):
        pid = _worker(service, model)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda m=model, pid=pid: _worker(service, m) not in (None, pid)  # type: ignore[misc]
        )
        watched.wait_for_scrapes(1)
    service.wait_ready()
    after = Figures(service)
    answers = ("model", "url_type", "source", "outcome", "reason")
    assert before.counted("fundocr_answers_total", *answers).keys() >= {
        (READER, "7min_local", "ocr", "ok", "none"),
        (CORRECTOR, "none", "corrected", "ok", "none"),
    }
    for name in ("fundocr_answers_total", "fundocr_pages_total"):
        assert after.counted(name) == before.counted(name)
    assert after.counted("fundocr_answers_total", *answers) == before.counted(
        "fundocr_answers_total", *answers
    )
    starts = after.since(before, "fundocr_worker_starts_total", "model", "kind")
    assert starts == {(READER, "start"): 1, (CORRECTOR, "start"): 3}
    assert service.ask("/eyes/sure-31.png").json()["flag"] is True
    wait_until(lambda: watched.eyes.has_fired("FundocrWorkerRestarts"))


def test_a_torchserve_that_ends_rings(watched: Watched) -> None:
    service = watched.service
    keeper = psutil.Process(RunFile(service.home).running())
    keeper.suspend()  # it would be back too soon on a fast machine
    try:
        service.java().kill()
        wait_until(lambda: watched.eyes.has_fired("FundocrTorchServeAway"))
    finally:
        keeper.resume()
    wait_until(lambda: _worker(service, READER) is not None, 180)
    service.wait_ready()
    wait_until(lambda: service.ask("/eyes/sure-32.png").status_code == 200)


def _worker(service: SharedService, model: str) -> int | None:
    """The id of the model's READY worker; None while there is none."""
    with suppress(requests.RequestException, ValueError, LookupError, TypeError):
        (pid,) = service.ready_workers(model)
        return pid
    return None

"""One service that bad things happen to."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import requests

from evals.testbed.picture_host import allowed_from, never_answers
from serving.torchserve import read_token
from tests.faults.pictures import kinds
from tests.front.in_process import front_in_process
from tests.running_service import RunningService, running_service
from tests.serve.service_process import Place, leftovers
from tests.serve.waiting import wait_until

PICTURE = kinds()[0].content
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}
TOKEN_LIFE_MIN = 1


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service makes its temporary files."""
    return tmp_path_factory.mktemp("t")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, temporary: Path) -> Iterator[RunningService]:
    """Its tokens live a minute."""
    routes = {"/a.png": PICTURE, "/never.png": never_answers}
    routes |= {f"/{name}.png": PICTURE + name.encode() for name in ("once", "late")}
    settings = {"FUNDOCR_FETCH_SECONDS": "8", "TMPDIR": str(temporary)}
    config = {"token_expiration_min": str(TOKEN_LIFE_MIN)}
    with running_service(
        tmp_path_factory.mktemp("hurt"), routes=routes, settings=settings, config=config
    ) as service:
        yield service


@pytest.fixture
def hurt(opened: RunningService) -> RunningService:
    """It runs, even where a test before has ended it."""
    if not opened.processes():
        opened.trial.__enter__()  # what opened it stops it
    return opened


@contextmanager
def standing_still(pid: int) -> Iterator[psutil.Process]:
    """A worker that reads on when the block ends, unless it was killed: so a request is in work."""
    worker = psutil.Process(pid)
    worker.suspend()
    try:
        yield worker
    finally:
        with suppress(psutil.NoSuchProcess):
            worker.resume()


def handed_on(service: RunningService) -> int:
    """How many pictures the front door has handed on to TorchServe."""
    name = 'fundocr_front_turn_seconds_count{turn="read"} '
    lines = service.front("GET", "/metrics").text.splitlines()
    (line,) = [line for line in lines if line.startswith(name)]
    return round(float(line.removeprefix(name)))


def test_a_picture_that_comes_too_late_has_todays_status_where_that_is_asked_for(
    hurt: RunningService,
) -> None:
    settings = {**allowed_from(hurt.host), "FUNDOCR_FETCH_SECONDS": "1"}
    inference = hurt.trial.address.inference
    with front_in_process(inference, hurt.home, FUNDOCR_LEGACY_STATUS="1", **settings) as legacy:
        link = {"image_url": hurt.host.url("/never.png"), "url_type": "7min_local"}
        answer = requests.post(f"{legacy}/ocr_handler", json=link, timeout=120)
    assert (answer.status_code, answer.json()["code"]) == (200, "FETCH_TIMEOUT")
    assert answer.json()["error"] == "图片下载失败，请检查所输入图片链接是否有效。"


def test_a_request_whose_worker_is_killed_is_answered_by_the_next_worker(
    hurt: RunningService,
) -> None:
    (before,) = hurt.ready_workers()
    with ThreadPoolExecutor(1) as pool, standing_still(before) as worker:
        before_it = handed_on(hurt)
        answer = pool.submit(hurt.ask, "/once.png")
        wait_until(lambda: handed_on(hurt) > before_it)
        worker.kill()
        assert answer.result().status_code == 200
        assert answer.result().json()["data"] == SHOWN
    (after,) = hurt.workers()
    assert int(after["pid"]) != before


def test_tokens_are_renewed_before_they_expire_and_not_all_the_time(hurt: RunningService) -> None:
    access_log = hurt.home / "var" / "log" / "access_log.log"

    def renewals() -> int:
        return access_log.read_text("utf-8").count("GET /token?type=inference")

    begun, before = time.monotonic(), renewals()
    first = read_token(hurt.home, "inference")
    assert first is not None
    wait_until(lambda: read_token(hurt.home, "inference") not in (None, first))

    def ping(token: str | None) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{hurt.trial.address.inference}/ping"
        return requests.get(url, headers=headers, timeout=10).status_code

    assert ping(first) == 400
    assert hurt.ask("/a.png", refresh=True).json()["data"] == SHOWN
    token = Place.of(hurt.trial).fundocr
    wait_until(lambda: ping(token("token", "inference").stdout.strip()) == 200)
    half_lives = (time.monotonic() - begun) / (TOKEN_LIFE_MIN * 30)
    assert renewals() - before <= half_lives + 1


def test_tokens_that_a_full_disk_swallowed_are_asked_for_again(hurt: RunningService) -> None:
    (hurt.home / "key_file.json").write_text("")  # what a renewal leaves where there is no room
    wait_until(lambda: read_token(hurt.home, "inference") and read_token(hurt.home, "management"))
    wait_until(lambda: hurt.ask("/a.png", refresh=True).status_code == 200)
    assert hurt.workers() != []


def test_when_torchserve_dies_what_is_new_is_refused_until_it_is_back(
    hurt: RunningService, temporary: Path
) -> None:
    assert hurt.ask("/a.png", refresh=True).json()["data"] == SHOWN
    first_token = read_token(hurt.home, "inference")
    (worker,) = hurt.ready_workers()
    with ThreadPoolExecutor(1) as pool, standing_still(worker):
        before_it = handed_on(hurt)
        answer = pool.submit(hurt.ask, "/late.png")
        wait_until(lambda: handed_on(hurt) > before_it)
        hurt.java().kill()
        stored = hurt.ask("/a.png")
        assert (stored.status_code, stored.json()["data"]) == (200, SHOWN)
        assert (answer.result().status_code, answer.result().json()["code"]) == (
            503,
            "SERVICE_BUSY",
        )
        assert int(answer.result().headers["Retry-After"]) > 0
    wait_until(lambda: hurt.ask("/a.png", refresh=True).status_code == 200)
    assert hurt.ask("/a.png", refresh=True).json()["data"] == SHOWN
    assert read_token(hurt.home, "inference") != first_token
    assert len(leftovers(temporary)) == 1, "what the dead one left is gone"


def test_a_torchserve_that_dies_again_and_again_is_given_up(
    hurt: RunningService, temporary: Path
) -> None:
    def killed_until_the_end() -> bool:
        left = hurt.processes()
        for one in left:
            if is_java(one):
                one.kill()
        return left == []

    wait_until(killed_until_the_end, 300)
    assert hurt.trial.stop() == 1
    assert leftovers(temporary) == []
    assert not (hurt.home / "key_file.json").exists()


def is_java(process: psutil.Process) -> bool:
    try:
        return process.name() == "java"
    except psutil.Error:
        return False

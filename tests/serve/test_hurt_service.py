"""One service that bad things happen to; the last test ends it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from front.torchserve import read_token
from pipeline.settings import PROJECT
from tests.front.front_process import front_door
from tests.picture_host import Conversation, PictureHost, never_answers, picture_host, whole
from tests.serve.archives import STORE, UPDATE, rewritten, store_with
from tests.serve.service_process import Place, leftovers, processes_of, started
from tests.serve.waiting import wait_until
from tests.trial import Trial

SAMPLE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurt:
    """The service, the token it began with, and a picture host that can be slow."""

    service: Trial
    place: Place
    first_token: str | None
    started_at: float
    host: PictureHost


class FirstNeverThenAtOnce:
    """A picture that the first who asks never gets."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self, talk: Conversation) -> None:
        if self._asked.is_set():
            whole(SAMPLE)(talk)
        else:
            self._asked.set()
            never_answers(talk)


@pytest.fixture(scope="module")
def hurt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hurt]:
    """Tokens that live a minute, and a second version of the corrections' model in the store."""
    folder = tmp_path_factory.mktemp("hurt")
    store = store_with(folder / "store")
    rewritten(STORE / UPDATE, store / "ocr_info_update-2.0.mar", {}, version="2.0")
    routes = {
        "/a.png": SAMPLE,
        "/once.png": FirstNeverThenAtOnce(),
        "/never.png": never_answers,
    }
    (folder / "tmp").mkdir()
    with picture_host(routes) as host:
        settings = {
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_FETCH_SECONDS": "8",
        }
        config = {"token_expiration_min": "1", "model_store": str(store)}
        started_at = time.monotonic()
        service = Trial(folder / "home", {**settings, "TMPDIR": str(folder / "tmp")}, config)
        with started(service):
            place = Place.of(service, **settings)
            place.temporary = folder / "tmp"
            first = read_token(service.home, "inference")
            yield Hurt(
                service=service, place=place, first_token=first, started_at=started_at, host=host
            )


def recognise(front: str, host: PictureHost, path: str) -> requests.Response:
    link = {"image_url": host.url(path), "url_type": "7min_local", "refresh": True}
    return requests.post(f"{front}/ocr_handler", json=link, timeout=120)


def workers(service: Trial, model: str) -> list[dict[str, str]]:
    answer = requests.get(
        f"{service.address.management}/models/{model}",
        headers=service.authorization("management"),
        timeout=10,
    )
    return list(answer.json()[0]["workers"])


def test_a_picture_that_comes_too_late_has_todays_status_where_that_is_asked_for(
    hurt: Hurt,
) -> None:
    home, inference = hurt.service.home, hurt.service.address.inference
    with front_door(inference, home, FUNDOCR_LEGACY_STATUS="1") as legacy:
        answer = recognise(legacy, hurt.host, "/never.png")
    assert (answer.status_code, answer.json()["code"]) == (200, "FETCH_TIMEOUT")
    assert answer.json()["error"] == "图片下载失败，请检查所输入图片链接是否有效。"


def test_a_request_whose_worker_is_killed_is_answered_by_the_next_worker(hurt: Hurt) -> None:
    (before,) = workers(hurt.service, "ocr_handler")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(recognise, hurt.service.front, hurt.host, "/once.png")
        wait_until(lambda: any(asked.path == "/once.png" for asked in hurt.host.requests))
        psutil.Process(int(before["pid"])).kill()
        assert answer.result().status_code == 200
        assert answer.result().json()["data"] == SHOWN
    (after,) = workers(hurt.service, "ocr_handler")
    assert after["pid"] != before["pid"]


def test_doctor_tells_versions_apart_from_what_was_chosen(hurt: Hurt) -> None:
    management = f"{hurt.service.address.management}/models"
    version = {"url": "ocr_info_update-2.0.mar", "initial_workers": 1, "synchronous": "true"}

    def manage(method: str, path: str = "", **query: object) -> None:
        requests.request(
            method,
            management + path,
            params=query,  # type: ignore[arg-type]
            headers=hurt.service.authorization("management"),
            timeout=60,
        ).raise_for_status()

    def told() -> list[str]:
        lines = hurt.place.fundocr("doctor").stdout.splitlines()
        return [line for line in lines if line.split()[1] == "versions"]

    config = f"{hurt.service.home}/config.properties"
    manage("POST", **version)
    manage("PUT", "/ocr_info_update/2.0/set-default")
    assert told() == [
        f"wrong  versions     ocr_info_update 1.0 is the default in {config}, another version "
        "answers now: a restart will change that; set defaultVersion there, or set-default here.",
        "wrong  versions     ocr_info_update 2.0 is registered but will be gone after a restart: "
        f"add it to load_models and models= in {config}, or unregister it.",
    ]
    manage("PUT", "/ocr_info_update/1.0/set-default")
    manage("PUT", "/ocr_info_update/1.0", min_worker=2, max_worker=2, synchronous="true")
    manage("DELETE", "/ocr_info_update/2.0")
    assert told() == [
        "wrong  versions     ocr_info_update 1.0 was scaled to 2 workers, a restart will make it "
        f"1 again: set minWorkers in models= of {config}."
    ]
    manage("PUT", "/ocr_info_update/1.0", min_worker=1, max_worker=1, synchronous="true")
    assert told() == [
        "ok     versions     ocr_handler 1.0, ocr_info_update 1.0 READY, as config.properties says"
    ]


def test_tokens_are_renewed_before_they_expire_and_not_all_the_time(hurt: Hurt) -> None:
    home = hurt.service.home
    assert hurt.first_token is not None
    wait_until(lambda: read_token(home, "inference") not in (None, hurt.first_token))

    def ping(token: str | None) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(
            f"{hurt.service.address.inference}/ping", headers=headers, timeout=10
        ).status_code

    assert ping(hurt.first_token) == 400
    assert recognise(hurt.service.front, hurt.host, "/a.png").json()["data"] == SHOWN
    wait_until(lambda: ping(hurt.place.fundocr("token", "inference").stdout.strip()) == 200)
    log = (home / "var" / "log" / "access_log.log").read_text("utf-8")
    half_lives = (time.monotonic() - hurt.started_at) / 30
    assert log.count("GET /token?type=inference") <= half_lives + 1


def test_tokens_that_a_full_disk_swallowed_are_asked_for_again(hurt: Hurt) -> None:
    home = hurt.service.home
    (home / "key_file.json").write_text("")  # what a renewal leaves where there is no room
    wait_until(lambda: read_token(home, "inference") and read_token(home, "management"))
    wait_until(lambda: recognise(hurt.service.front, hurt.host, "/a.png").status_code == 200)
    assert workers(hurt.service, "ocr_handler") != []


def test_when_torchserve_dies_what_is_new_is_refused_until_it_is_back(hurt: Hurt) -> None:
    home = hurt.service.home
    known = {"image_url": hurt.host.url("/a.png"), "url_type": "7min_local"}
    assert recognise(hurt.service.front, hurt.host, "/a.png").json()["data"] == SHOWN
    first_token = read_token(home, "inference")
    with ThreadPoolExecutor(1) as pool:
        asked_before = len(hurt.host.requests)
        answer = pool.submit(recognise, hurt.service.front, hurt.host, "/never.png")
        wait_until(lambda: len(hurt.host.requests) > asked_before)
        for java in javas_of(home):
            java.kill()
        stored = requests.post(f"{hurt.service.front}/ocr_handler", json=known, timeout=120)
        assert (stored.status_code, stored.json()["data"]) == (200, SHOWN)
        assert (answer.result().status_code, answer.result().json()["code"]) == (
            503,
            "SERVICE_BUSY",
        )
        assert int(answer.result().headers["Retry-After"]) > 0
    wait_until(lambda: recognise(hurt.service.front, hurt.host, "/a.png").status_code == 200)
    assert recognise(hurt.service.front, hurt.host, "/a.png").json()["data"] == SHOWN
    assert read_token(home, "inference") != first_token
    assert len(leftovers(hurt.place.temporary)) == 1, "what the dead one left is gone"


def test_a_torchserve_that_dies_again_and_again_is_given_up(hurt: Hurt) -> None:
    home = hurt.service.home

    def killed_until_the_end() -> bool:
        for java in javas_of(home):
            java.kill()
        return processes_of(home) == []

    wait_until(killed_until_the_end, 300)
    assert hurt.service.stop() == 1
    assert leftovers(hurt.place.temporary) == []
    assert not (home / "key_file.json").exists()


def javas_of(home: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if is_java_of(process, home)]


def is_java_of(process: psutil.Process, home: Path) -> bool:
    try:
        return process.name() == "java" and process.environ().get("FUNDOCR_HOME") == str(home)
    except psutil.Error:
        return False

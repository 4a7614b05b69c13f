"""The whole service behind nginx, as callers reach it."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from db.access import Role
from evals.bench.host import unique
from evals.testbed.picture_host import PictureHost
from tests.conftest import SAMPLES
from tests.serve.waiting import wait_until
from tests.shared_service import FRIEND, SharedService
from tests.surface.half_open import HalfOpen
from tests.surface.nginx import Nginx, nginx
from tests.trial import Trial

pytest_plugins = ["tests.shared_service_fixtures"]

SAMPLE = (SAMPLES / "alipay_light_rows.png").read_bytes()
SHOWN = {"fund_code": "011608", "hold_share": "1234.56"}


KNOWN = "/nginx/known.png"


@pytest.fixture(scope="module")
def trial(shared: SharedService) -> Trial:
    """A service behind a proxy of this machine; FRIEND needs no key, nor would nginx itself."""
    shared.routes[KNOWN] = unique(SAMPLE, 99)
    return shared.trial


@pytest.fixture(scope="module")
def proxy(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx(tmp_path_factory.mktemp("nginx"), trial.front) as running:
        yield running


@pytest.fixture(scope="module")
def key(shared: SharedService) -> str:
    return shared.new_key("小王", Role.CORRECTOR)


@pytest.fixture
def caller(proxy: Nginx, key: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = proxy.authority
        session.headers["Authorization"] = f"Bearer {key}"
        yield session


class From(HTTPAdapter):
    """Requests from one of this machine's loopback addresses."""

    def __init__(self, source: str) -> None:
        self._source = source
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, source_address=(self._source, 0), **options)


def predictions(trial: Trial) -> int:
    """How many requests TorchServe was asked to answer."""
    log = (trial.home / "var" / "log" / "access_log.log").read_text("utf-8")
    return log.count("POST /predictions")


def assert_read_right(answer: requests.Response, source: str) -> None:
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == SHOWN
    assert answer.json()["detail"]["source"] == source


def test_a_link_is_read_and_told(
    proxy: Nginx, caller: requests.Session, shared: SharedService
) -> None:
    link = {"image_url": shared.host.url(KNOWN), "url_type": "7min_local"}
    assert_read_right(caller.post(f"{proxy.url}/ocr_handler", json=link, timeout=120), "ocr")
    assert_read_right(caller.post(f"{proxy.url}/ocr_handler", json=link, timeout=120), "stored")
    predict = f"{proxy.url}/predictions/ocr_handler"
    for path in (predict, f"{predict}/1.0"):
        assert caller.post(path, json=link, timeout=120).json()["data"] == SHOWN
    told = caller.get(f"{proxy.url}/results", params={"image_url": link["image_url"]}, timeout=60)
    assert_read_right(told, "stored")


def test_a_correction_is_stored(
    proxy: Nginx, caller: requests.Session, pictures: PictureHost
) -> None:
    link = {"image_url": pictures.url("/to-correct-0.png"), "url_type": "7min_local"}
    assert not caller.post(f"{proxy.url}/ocr_handler", json=link, timeout=120).json()["flag"]
    correction = {
        "image_url": link["image_url"],
        "update_fund_code": "000001",
        "update_hold_share": "1,234.5",
        "actor": "somebody else",
    }
    done = caller.post(f"{proxy.url}/ocr_info_update", json=correction, timeout=60)
    assert done.json()["congratulations"] == "MySQL中ocr信息更新成功!"
    again = caller.post(f"{proxy.url}/ocr_handler", json=link, timeout=60).json()
    assert again["data"] == {"fund_code": "000001", "hold_share": "1234.5"}
    assert again["detail"]["source"] == "corrected"


def test_curl_sends_json_as_it_always_did(proxy: Nginx, key: str, pictures: PictureHost) -> None:
    link = {"image_url": pictures.url("/alipay_light_rows.png?n=2"), "url_type": "7min_local"}
    command = [
        *("curl", "-s", "--cacert", proxy.authority, "-H", f"Authorization: Bearer {key}"),
        *("-d", json.dumps(link), f"{proxy.url}/ocr_handler"),
    ]
    done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert json.loads(done.stdout)["data"] == SHOWN


def test_a_picture_comes_as_it_is_in_a_form_and_in_chunks(
    proxy: Nginx, caller: requests.Session
) -> None:
    url = f"{proxy.url}/ocr_handler"
    image = {"Content-Type": "image/png"}
    raw, form, chunks, uploaded = (unique(SAMPLE, number) for number in range(4))
    assert_read_right(caller.post(url, data=raw, headers=image, timeout=120), "ocr")
    named = {"image": ("截图.png", form, "image/png")}
    assert_read_right(caller.post(url, files=named, timeout=120), "ocr")
    dry = caller.post(url, files=named, data={"dry_run": "true"}, timeout=120)
    assert_read_right(dry, "dry_run")
    parts = (chunks[start : start + 5000] for start in range(0, len(chunks), 5000))
    assert_read_right(caller.post(url, data=parts, headers=image, timeout=120), "ocr")
    page = caller.post(f"{proxy.url}/upload", data=uploaded, headers=image, timeout=120)
    assert_read_right(page, "ocr")


def test_a_batch_is_taken_and_told(
    proxy: Nginx, caller: requests.Session, pictures: PictureHost
) -> None:
    url = pictures.url("/alipay_light_rows.png?n=3")
    made = caller.post(
        f"{proxy.url}/ocr_batch", json=[{"image_url": url, "url_type": "7min_local"}], timeout=60
    )
    assert made.status_code == 202
    batch = f"{proxy.url}/ocr_batch/{made.json()['batch_id']}"
    wait_until(lambda: caller.get(batch, timeout=60).json()["counts"].get("done") == 1)
    (item,) = caller.get(batch, timeout=60).json()["items"]
    assert item["answer"]["data"] == SHOWN


def test_errors_of_the_front_door_come_through_as_they_are(
    proxy: Nginx, caller: requests.Session, pictures: PictureHost
) -> None:
    def code(path: str, **options: Any) -> tuple[int, str]:
        answer = caller.post(f"{proxy.url}{path}", timeout=60, **options)
        assert set(answer.json()) - {"detail"} == {"error", "code", "request_id"}
        return answer.status_code, answer.json()["code"]

    gone = {"image_url": pictures.url("/gone.png"), "url_type": "7min_local"}
    image = {"Content-Type": "image/png"}
    assert code("/ocr_handler", data="{") == (400, "NOT_JSON")
    assert code("/ocr_handler", json=gone) == (502, "FETCH_FAILED")
    assert code("/ocr_handler", data=b"no picture", headers=image) == (415, "NOT_A_PICTURE")
    assert code("/ocr_handler", data=SAMPLE[:5000], headers=image) == (422, "BAD_PICTURE")
    version = "/predictions/ocr_handler/9.9"
    assert code(version, data=SAMPLE, headers=image) == (404, "NO_SUCH_VERSION")


def test_who_needs_no_key_is_known_by_his_own_address(proxy: Nginx) -> None:
    """And not by nginx's, nor by one that he claims."""

    def ask(source: str, **headers: str) -> int:
        with requests.Session() as session:
            session.trust_env = False
            session.verify = proxy.authority
            session.mount("https://", From(source))
            answer = session.get(f"{proxy.url}/results?id=999999", headers=headers, timeout=60)
            return answer.status_code

    assert ask(FRIEND) == 404
    for source in ("127.0.0.1", "127.0.0.3"):
        assert ask(source) == 401
        assert ask(source, **{"X-Forwarded-For": FRIEND}) == 401
        assert ask(source, **{"Forwarded": f"for={FRIEND}", "X-Real-IP": FRIEND}) == 401


def test_people_log_in_over_tls_and_act_from_our_own_pages_alone(proxy: Nginx, key: str) -> None:
    with requests.Session() as browser:
        browser.trust_env = False
        browser.verify = proxy.authority
        page = browser.get(f"{proxy.url}/", headers={"Accept": "text/html"}, timeout=60)
        assert page.url == f"{proxy.url}/login?next=/review"
        done = browser.post(
            f"{proxy.url}/login",
            data={"key": key, "next": "/review"},
            headers={"Origin": proxy.url},
            allow_redirects=False,
            timeout=60,
        )
        assert (done.status_code, done.headers["Location"]) == (303, "/review")
        assert "Secure" in done.headers["Set-Cookie"]
        assert browser.get(f"{proxy.url}/review", timeout=60).status_code == 200
        out = f"{proxy.url}/logout"
        foreign = {"Origin": "https://evil.example"}
        refused = browser.post(out, json={}, headers=foreign, timeout=60)
        assert (refused.status_code, refused.json()["code"]) == (403, "CROSS_SITE")
        ours = {"Origin": proxy.url}
        left = browser.post(out, json={}, headers=ours, allow_redirects=False, timeout=60)
        assert left.status_code == 303
        assert browser.get(f"{proxy.url}/results?id=1", timeout=60).status_code == 401


FIELD = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
BOMBS = {
    "multipart": ("multipart/form-data; boundary=b", FIELD * (5_900_000 // len(FIELD)) + b"--b--"),
    "urlencoded": ("application/x-www-form-urlencoded", b"a=1&" * 1_475_000),
    "JSON": ("application/json", b'{"a": [' + b"1," * 2_950_000 + b"1]}"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_form_with_very_many_fields_reaches_no_torchserve_and_delays_nobody(
    proxy: Nginx, trial: Trial, caller: requests.Session, key: str, kind: str
) -> None:
    content_type, body = BOMBS[kind]
    before = predictions(trial)

    def bomb(_: int) -> tuple[int, str]:
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {key}"}
        answer = requests.post(
            f"{proxy.url}/ocr_handler",
            data=body,
            headers=headers,
            verify=proxy.authority,
            timeout=120,
        )
        return answer.status_code, answer.json()["code"]

    with ThreadPoolExecutor(4) as pool:
        bombs = pool.map(bomb, range(8))
        alive = [caller.get(f"{proxy.url}/healthz", timeout=60).status_code for _ in range(20)]
        expected = (400, "BAD_FORM") if kind == "multipart" else (413, "TOO_MANY_BYTES")
        assert list(bombs) == [expected] * 8
    assert alive == [200] * 20
    assert predictions(trial) == before


def test_with_four_hundred_half_open_connections_pictures_are_read(
    proxy: Nginx, caller: requests.Session
) -> None:
    with HalfOpen(proxy.port, proxy.context()) as many:
        many.open(400)
        picture = unique(SAMPLE, 77)
        identity = f"upload:sha256:{sha256(picture).hexdigest()}"
        headers = {"Content-Type": "image/png"}
        answer = caller.post(f"{proxy.url}/ocr_handler", data=picture, headers=headers, timeout=120)
        assert_read_right(answer, "ocr")
        told = caller.get(f"{proxy.url}/results", params={"image_url": identity}, timeout=60)
        assert_read_right(told, "stored")


def test_nothing_but_the_front_door_is_reached(
    proxy: Nginx, caller: requests.Session, trial: Trial
) -> None:
    log = trial.home / "var" / "log" / "access_log.log"
    before = log.read_text("utf-8")
    for path in ("/models", "/metrics", "/token?type=management", "/workflows", "/api-description"):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = caller.request(method, proxy.url + path, timeout=60)
            assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_PATH")
    new = log.read_text("utf-8").removeprefix(before)
    assert [line for line in new.splitlines() if "GET /models/" not in line] == []

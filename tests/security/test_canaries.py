"""What callers and their pictures tell stays where it belongs: none of it is in a log, on the
console, in a command line, or, where it does not belong, in an error.

One service lives through all that can happen to a request; then everything it has left is searched.
"""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from db.engine import open_engine
from db.keys import Keys, Role
from tests.mariadb import MariaDB
from tests.picture_host import (
    PictureHost,
    allowed_from,
    hangs_up,
    never_answers,
    picture_host,
    status,
)
from tests.security.canaries import CANARIES, picture
from tests.serve.service_process import processes_of
from tests.serve.waiting import wait_until
from tests.trial import Trial

PRIVATE_FILES = {"key_file.json", "authorization"}
# An error may say what was wrong with these, but never repeat them.
NOT_IN_ERRORS = ("query", "note", "actor", "cookie", "wrong", "search", "body", "name", "amount")


@dataclass(slots=True)
class Story:
    """Everything that was answered, and what is left of the service."""

    answers: list[requests.Response] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    console: str = ""
    commands: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    stored_keys: list[Any] = field(default_factory=list)

    def errors(self) -> list[requests.Response]:
        return [one for one in self.answers if one.status_code >= 400]

    def codes(self) -> set[str]:
        """The codes of the errors in our form."""
        said = [one for one in self.errors() if "json" in one.headers.get("Content-Type", "")]
        return {str(one.json().get("code")) for one in said}


class Callers:
    """They call the front door, and TorchServe itself; what they get is kept."""

    def __init__(self, trial: Trial, story: Story, key: str) -> None:
        self._trial, self._story = trial, story
        self._headers = {
            "Authorization": f"Bearer {key}",
            "User-Agent": CANARIES.agent,
            "Referer": f"https://desk.example/?q={CANARIES.search}",
        }

    def front(self, method: str, path: str, **options: Any) -> requests.Response:
        options["headers"] = {**self._headers, **options.get("headers", {})}
        return self._kept(self._trial.front, method, path, options)

    def torchserve(self, method: str, path: str, **options: Any) -> requests.Response:
        own = {**self._headers, **self._trial.authorization()}
        options["headers"] = {**own, **options.get("headers", {})}
        return self._kept(self._trial.address.inference, method, path, options)

    def _kept(
        self, base: str, method: str, path: str, options: dict[str, Any]
    ) -> requests.Response:
        answer = requests.request(
            method, base + path, timeout=120, allow_redirects=False, **options
        )
        self._story.answers.append(answer)
        return answer


@pytest.fixture(scope="module")
def host() -> Iterator[PictureHost]:
    pages = {f"/{number}.png": picture(number) for number in range(3)}
    more = {
        "/gone.png": status(404),
        "/hangs-up.png": hangs_up,
        "/silent.png": never_answers,
        "/page.html": b"<html>no picture</html>",
        "/cut.png": picture()[:4000],
    }
    with picture_host({**pages, **more}) as running:
        yield running


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, host: PictureHost) -> Iterator[Story]:
    told, home = Story(), tmp_path_factory.mktemp("canaries")
    with MariaDB() as server:
        url = server.new_database(upgraded=True)
        settings = {
            **allowed_from(host),
            "FUNDOCR_ANONYMOUS_CIDRS": "",
            "FUNDOCR_DATABASE_URL": url,
            "FUNDOCR_OSS_HOSTS": "pictures.invalid",
            "FUNDOCR_FETCH_SECONDS": "2",
        }
        with Trial(home, settings) as trial:
            said: list[str] = [trial.welcome()]
            listener = _listen(trial, said)
            told.keys = _keys(url)
            live_through(trial, told, host, server)
            told.commands = processes_of(home)
            told.keys += _of_this_run(trial)
            told.stored_keys = server.execute(f"SELECT * FROM {url.rpartition('/')[2]}.access_key")
            os.kill(_process_of(trial).pid, signal.SIGTERM)
            listener.join()
        # The first key and the link are shown once, to who starts the service.
        told.console = said[0].partition("The first key")[0] + "".join(said[1:])
        told.files = {
            str(path.relative_to(home)): path.read_bytes()
            for path in home.rglob("*")
            if path.is_file() and path.name not in PRIVATE_FILES
        }
    yield told


def live_through(trial: Trial, story: Story, host: PictureHost, server: MariaDB) -> None:
    """All that can happen to a request, each with something in it that is nobody's business."""
    callers = Callers(trial, story, story.keys[0])
    every_link = [
        *(host.url(f"/{name}?{CANARIES.query}") for name in ("0.png", "gone.png", "hangs-up.png")),
        *(host.url(f"/{name}?{CANARIES.query}") for name in ("page.html", "cut.png")),
        f"http://pictures.invalid/a.png?{CANARIES.query}",
        f"http://10.0.0.1/a.png?{CANARIES.query}",
        f"http://user@host/a.png?{CANARIES.query}",
        f"{CANARIES.body}?{CANARIES.query}",
    ]
    _recognise(callers, every_link)
    _correct(callers, every_link[0])
    _misuse(callers, every_link[0])
    _visit(trial, story, every_link[0])
    _lose_a_worker(trial, callers, host)
    server.kill()
    _recognise(callers, every_link[:2])
    _correct(callers, every_link[0])
    _visit(trial, story, every_link[0])
    server.start()
    wait_until(lambda: callers.front("GET", "/readyz").status_code == 200)
    _recognise(callers, every_link[:1])


def _recognise(callers: Callers, links: list[str]) -> None:
    for url in links:
        for more in ({}, {"refresh": True}, {"dry_run": True}):
            asked = {"image_url": url, "url_type": "7min_local", **more}
            callers.front("POST", "/ocr_handler", json=asked)
            callers.torchserve("POST", "/predictions/ocr_handler", json=asked)
        callers.front("GET", "/results", params={"image_url": url})
    items = [{"image_url": url, "url_type": "7min_local"} for url in links]
    batch = callers.front("POST", "/ocr_batch", json=items)
    if batch.status_code == 202:
        callers.front("GET", f"/ocr_batch/{batch.json()['batch_id']}")
    upload = {"Content-Type": f"image/png; name={CANARIES.body}"}
    callers.front("POST", "/ocr_handler", data=picture(200), headers=upload)
    form = {"image": (f"{CANARIES.body}.png", picture(201), "image/png")}
    callers.front("POST", "/ocr_handler", files=form)
    callers.torchserve("POST", "/predictions/ocr_handler", files=form)


def _correct(callers: Callers, url: str) -> None:
    right = {
        "image_url": url,
        "update_fund_code": "018344",
        "update_hold_share": CANARIES.share,
        "note": CANARIES.note,
        "actor": CANARIES.actor,
    }
    wrong: list[dict[str, Any]] = [
        {},
        {"update_hold_share": CANARIES.body},
        {"update_fund_code": CANARIES.body},
        {"image_url": f"http://never.invalid/?{CANARIES.query}"},
        {"row_version": 999},
        {"note": CANARIES.note * 100},
        {"note": [CANARIES.note]},
        {"image_url": f"\ud800{CANARIES.query}"},
    ]
    for change in wrong:
        callers.front("POST", "/ocr_info_update", json=right | change)
        callers.torchserve("POST", "/predictions/ocr_info_update", json=right | change)


def _misuse(callers: Callers, url: str) -> None:
    """Requests that nobody should send."""
    broken = f'{{"image_url": "{url}", {CANARIES.body}'.encode()
    asked = {"image_url": url, "note": CANARIES.note}
    for method, path in (
        ("POST", "/ocr_handler"),
        ("POST", "/ocr_info_update"),
        ("POST", "/ocr_batch"),
        ("POST", "/predictions/ocr_handler/1.0"),
        ("POST", "/predictions/ocr_handler/9.9"),
        ("POST", f"/{CANARIES.search}"),
        ("PUT", "/ocr_handler"),
        ("GET", f"/ocr_batch/{CANARIES.search}"),
        ("GET", f"/static/../{CANARIES.search}"),
        ("GET", "/results"),
        ("GET", "/nothing"),
    ):
        callers.front(method, path, data=broken, params=asked)
        callers.front(method, path, json=asked, headers={"X-Request-Id": CANARIES.body + "\t"})
    for model in ("ocr_handler", "ocr_info_update", "none"):
        callers.torchserve("POST", f"/predictions/{model}", data=broken, params=asked)
        callers.torchserve("POST", f"/predictions/{model}", data=asked)
    for header in (f"Bearer {CANARIES.wrong}", CANARIES.wrong, f"Basic {CANARIES.wrong}"):
        callers.front("GET", "/results", params=asked, headers={"Authorization": header})
        callers.torchserve(
            "POST", "/predictions/ocr_handler", json=asked, headers={"Authorization": header}
        )


def _visit(trial: Trial, story: Story, url: str) -> None:
    """A person at the pages, with a session."""
    with requests.Session() as browser:
        browser.headers.update(
            {"Accept": "text/html", "Origin": trial.front, "User-Agent": CANARIES.agent}
        )
        browser.cookies.set("other", CANARIES.cookie)

        def go(method: str, path: str, **options: Any) -> None:
            answer = browser.request(method, trial.front + path, timeout=120, **options)
            story.answers.append(answer)

        go("POST", "/login", data={"key": CANARIES.wrong, "next": f"/?q={CANARIES.search}"})
        go("GET", "/login", params={"token": CANARIES.wrong})
        go("GET", "/review", params={"q": url})  # without a session: to the log-in and back
        go("POST", "/login", data={"key": story.keys[0]})
        for path in ("/review/1", "/review/1/history", "/review/1/picture", "/numbers", "/upload"):
            go("GET", path, params={"q": url, "label": CANARIES.search})
        go("GET", "/review", params={"q": url, "host": CANARIES.search, "state": "all"})
        go("GET", "/review/1/changes", params={"since": 1, "hold_share": CANARIES.share})
        for kind in ("csv", "xlsx"):
            go("GET", f"/export.{kind}", params={"q": url, "state": "all"})
        for act in ("correct", "confirm", "dismiss", "undo", "open", "nothing"):
            fields = {"row_version": 99, "note": CANARIES.note, "reason": CANARIES.body}
            values = {"fund_code": CANARIES.body, "hold_share": CANARIES.share, "window": "w"}
            go("POST", f"/review/1/{act}", json=fields | values)
        headers = {"Content-Type": "image/png"}
        go("POST", "/upload", data=picture(202), headers=headers)
        go("POST", "/upload", data=CANARIES.body.encode(), headers=headers)
        go("POST", "/logout")


def _lose_a_worker(trial: Trial, callers: Callers, host: PictureHost) -> None:
    """It is killed while it reads; the request goes to the next one."""
    url = host.url(f"/silent.png?{CANARIES.query}")
    asked = {"image_url": url, "url_type": "7min_local"}
    before = len([one for one in host.requests if one.path == "/silent.png"])
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(callers.front, "POST", "/ocr_handler", json=asked),
            pool.submit(callers.torchserve, "POST", "/predictions/ocr_handler", json=asked),
        ]
        wait_until(lambda: len([r for r in host.requests if r.path == "/silent.png"]) > before)
        for process in _workers(trial.home):
            process.kill()
        assert all(one.result().status_code in (500, 503, 504, 507) for one in waiting)
    wait_until(lambda: callers.front("GET", "/readyz").status_code == 200)


def _workers(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_worker = any("model_service_worker" in part for part in process.cmdline())
            if is_worker and process.environ().get("FUNDOCR_HOME") == str(home):
                found.append(process)
    assert found
    return found


def _keys(url: str) -> list[str]:
    engine = open_engine(url)
    try:
        return [Keys(engine).add("a person", Role.ADMIN)]
    finally:
        engine.dispose()


def _of_this_run(trial: Trial) -> list[str]:
    """TorchServe's tokens, and the key that the service leaves for who may read its file."""
    headers = (
        trial.authorization(),
        trial.authorization("management"),
        trial.front_authorization(),
    )
    return [header["Authorization"].removeprefix("Bearer ") for header in headers]


def _process_of(trial: Trial) -> Any:
    return trial._process


def _listen(trial: Trial, said: list[str]) -> threading.Thread:
    """Keep what the service prints."""
    thread = threading.Thread(target=lambda: said.append(_process_of(trial).stdout.read()))
    thread.start()
    return thread


def canaries_in(content: bytes) -> list[str]:
    """The names of those that stand in it."""
    return [
        name
        for name, forms in CANARIES.forms().items()
        if any(form.encode() in content for form in forms)
    ]


def test_all_of_it_has_happened(story: Story) -> None:
    """Or the rest would prove nothing: readings with the canaries in them, and every way to
    fail."""
    told = b"".join(one.content for one in story.answers if one.status_code == 200)
    assert {"query", "share", "note", "held", "name"} <= set(canaries_in(told))
    assert {
        *("NOT_JSON", "MISSING_FIELD", "WRONG_TYPE", "BAD_URL", "BAD_FUND_CODE", "BAD_HOLD_SHARE"),
        *("HOST_NOT_ALLOWED", "FETCH_FAILED", "NOT_A_PICTURE", "BAD_PICTURE", "ROW_CHANGED"),
        *("UNKNOWN_IMAGE", "NO_SUCH_PATH", "NO_SUCH_BATCH", "WRONG_KEY", "WRONG_METHOD"),
        *("DATABASE_UNAVAILABLE", "NO_SUCH_VERSION", "BAD_QUERY", "BAD_BATCH"),
    } <= story.codes()
    logs = {name for name in story.files if name.startswith("var/log/")}
    assert {
        f"var/log/{name}.log" for name in ("front", "model_log", "ts_log", "access_log")
    } <= logs
    assert len(story.commands) > 3


def test_no_canary_is_in_a_log(story: Story) -> None:
    found = {name: canaries_in(content) for name, content in story.files.items()}
    assert {name: what for name, what in found.items() if what} == {}


def test_no_canary_is_on_the_console_or_in_a_command_line(story: Story) -> None:
    assert canaries_in(story.console.encode()) == []
    assert canaries_in("\n".join(story.commands).encode()) == []


def test_no_error_repeats_what_it_was_sent(story: Story) -> None:
    found = [
        (one.request.method, one.url, one.status_code, name)
        for one in story.errors()
        if "html" not in one.headers.get("Content-Type", "")
        for name in canaries_in(one.content)
        if name in NOT_IN_ERRORS
    ]
    assert found == []


def test_no_key_is_stored_or_logged_or_in_a_command_line(story: Story) -> None:
    assert len(story.stored_keys) == 2
    places = {
        **story.files,
        "the table": repr(story.stored_keys).encode(),
        "the command lines": "\n".join(story.commands).encode(),
        "the console": story.console.encode(),
    }
    assert len(story.keys) == 4
    for key in story.keys:
        assert [name for name, content in places.items() if key.encode() in content] == []


def test_a_watch_for_canaries_sees_them() -> None:
    forms: dict[str, list[str]] = CANARIES.forms()
    for name, texts in forms.items():
        for text in texts:
            assert canaries_in(f"… {text} …".encode()) == [name]

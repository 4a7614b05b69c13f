"""A life of the shared service through all that can happen to a request, and what is left of it."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psutil
import requests

from db.access import Role
from evals.testbed.picture_host import Behaviour, hangs_up, never_answers, status
from serving.torchserve import read_token
from tests.security.canaries import CANARIES, picture
from tests.serve.service_process import processes_of
from tests.serve.waiting import wait_until
from tests.shared_service import SharedService
from tests.trial import Trial

PRIVATE_FILES = {"key_file.json", "authorization"}
FOLDER = "/canaries"


def routes() -> dict[str, bytes | Behaviour]:
    return {
        **{f"{FOLDER}/{number}.png": picture(number) for number in range(3)},
        f"{FOLDER}/gone.png": status(404),
        f"{FOLDER}/hangs-up.png": hangs_up,
        f"{FOLDER}/silent.png": never_answers,
        f"{FOLDER}/page.html": b"<html>no picture</html>",
        f"{FOLDER}/cut.png": picture()[:4000],
    }


@dataclass(slots=True)
class Story:
    """Everything that was answered, and what is left of the service.

    keys: of who has called, and TorchServe's tokens of that life. old_token: of its inference API.
    """

    answers: list[requests.Response] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    console: str = ""
    commands: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    stored_keys: list[Any] = field(default_factory=list)
    old_token: str = ""
    is_token_file_gone: bool = False

    def errors(self) -> list[requests.Response]:
        return [one for one in self.answers if one.status_code >= 400]

    def row_of(self, url: str) -> int:
        """Which row that link has become."""
        for answer in self.answers:
            if answer.status_code == 200 and answer.request.body:
                detail = answer.json().get("detail", {}) if url in str(answer.request.body) else {}
                if detail.get("id"):
                    return int(detail["id"])
        raise AssertionError(f"{url} was never read")

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


def lived(service: SharedService) -> Story:
    """The service's whole life up to now, ended as an operator does; then it is started again."""
    told, trial = Story(), service.trial
    service.routes.update(routes())
    said: list[str] = [trial.welcome()]
    listener = _listen(trial, said)
    told.keys = [service.new_key("a person with canaries", Role.ADMIN), *service.keys.values()]
    live_through(service, told)
    told.commands = processes_of(service.home)
    told.keys += _of_this_run(trial)
    told.old_token = read_token(service.home, "inference") or ""
    database = service.database_url.rpartition("/")[2]
    told.stored_keys = service.mariadb.execute(f"SELECT * FROM {database}.access_key")
    os.kill(_process_of(trial).pid, signal.SIGTERM)
    listener.join()
    told.is_token_file_gone = not (service.home / "key_file.json").exists()
    # The first key and the link are shown once, to who starts the service.
    told.console = said[0].partition("The first key")[0] + "".join(said[1:])
    told.files = {
        str(path.relative_to(service.home)): path.read_bytes()
        for path in service.home.rglob("*")
        if path.is_file() and path.name not in PRIVATE_FILES
    }
    trial.stop()
    trial.__enter__()
    service.wait_ready()
    return told


def live_through(service: SharedService, story: Story) -> None:
    """All that can happen to a request, each with something in it that is nobody's business."""
    callers = Callers(service.trial, story, story.keys[0])
    paths = ("0.png", "gone.png", "hangs-up.png", "page.html", "cut.png")
    every_link = [
        *(service.host.url(f"{FOLDER}/{path}?{CANARIES.query}") for path in paths),
        f"http://pictures.invalid/a.png?{CANARIES.query}",
        f"http://10.0.0.1/a.png?{CANARIES.query}",
        f"http://user@host/a.png?{CANARIES.query}",
        f"{CANARIES.body}?{CANARIES.query}",
    ]
    _recognise(callers, every_link)
    for url in every_link:
        _correct_wrongly(callers, url)
    _correct(callers, every_link[0])
    _misuse(callers, every_link[0])
    row = story.row_of(every_link[0])
    _visit(service.trial, story, every_link[0], row)
    _lose_a_worker(service, callers)
    service.mariadb.kill()
    try:
        _recognise(callers, every_link[:2])
        _correct(callers, every_link[0])
        _visit(service.trial, story, every_link[0], row)
    finally:
        service.mariadb.start()
        service.wait_ready()
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
    for path in ("/ocr_handler", "/predictions/ocr_handler/9.9"):
        callers.front("POST", path, data=picture(200), headers=upload)
    form = {"image": (f"{CANARIES.body}.png", picture(201), "image/png")}
    callers.front("POST", "/ocr_handler", files=form)
    callers.torchserve("POST", "/predictions/ocr_handler", files=form)


def _correct_wrongly(callers: Callers, url: str) -> None:
    """Whether it is known or not: without a code, and of a version that is not the present one."""
    asked = {"image_url": url, "update_fund_code": "no code", "update_hold_share": "12.5"}
    callers.front("POST", "/ocr_info_update", json=asked)
    late = {"update_fund_code": "018344", "row_version": 999}
    callers.torchserve("POST", "/predictions/ocr_info_update", json=asked | late)


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
        ("PUT", "/ocr_info_update"),
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


def _visit(trial: Trial, story: Story, url: str, row: int) -> None:
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
        page = f"/review/{row}"
        for path in (page, f"{page}/history", f"{page}/picture", "/numbers", "/upload"):
            go("GET", path, params={"q": url, "label": CANARIES.search})
        go("GET", "/review", params={"q": url, "host": CANARIES.search, "state": "all"})
        go("GET", f"{page}/changes", params={"since": 1, "hold_share": CANARIES.share})
        for kind in ("csv", "xlsx"):
            go("GET", f"/export.{kind}", params={"q": url, "state": "all"})
        for act in ("correct", "confirm", "dismiss", "undo", "open", "nothing"):
            fields = {"row_version": 99, "note": CANARIES.note, "reason": CANARIES.body}
            values = {"fund_code": CANARIES.body, "hold_share": CANARIES.share, "window": "w"}
            go("POST", f"{page}/{act}", json=fields | values)
        headers = {"Content-Type": "image/png"}
        go("POST", "/upload", data=picture(202), headers=headers)
        go("POST", "/upload", data=CANARIES.body.encode(), headers=headers)
        go("POST", "/logout")


def _lose_a_worker(service: SharedService, callers: Callers) -> None:
    """It is killed while it reads; the request goes to the next one."""
    path = f"{FOLDER}/silent.png"
    asked = {"image_url": service.host.url(f"{path}?{CANARIES.query}"), "url_type": "7min_local"}
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(callers.front, "POST", "/ocr_handler", json=asked),
            pool.submit(callers.torchserve, "POST", "/predictions/ocr_handler", json=asked),
        ]
        wait_until(lambda: [one.path for one in service.host.requests].count(path) >= 2)
        for process in _workers(service):
            process.kill()
        assert all(one.result().status_code in (500, 503, 504, 507) for one in waiting)
    service.wait_ready()


def _workers(service: SharedService) -> list[psutil.Process]:
    found = [
        one
        for one in service.processes()
        if any("model_service_worker" in part for part in one.cmdline())
    ]
    assert found
    return found


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

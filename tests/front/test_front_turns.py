"""One caller's requests do not hold up another's: fetched by the front door, handed on in turn.

The TorchServe is a stub that reads nothing; all else is real.
"""

import json
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from db.store import Store
from evals.testbed.picture_host import Conversation, PictureHost, allowed_from, head, picture_host
from front import read_turns
from front.pictures import MOST_WAITING
from pipeline import fetched
from pipeline.errors import NotJson, PictureTooLarge, ServiceError
from pipeline.fetch.link import parse_link
from pipeline.request import Bytes, Request, Url
from tests.db.sample_readings import reading
from tests.front.front_process import database_url
from tests.front.in_process import front_in_process, new_database
from tests.front.torchserve_stub import TorchServeStub, torchserve_stub
from tests.serve.waiting import wait_until

PICTURE = b"what the host sends"
PLACES = 16
"""At a TorchServe that does not tell of its workers."""


@dataclass(slots=True, kw_only=True)
class Slow:
    """A host that answers `/slow…` when it is told to. asked: how many wait for it."""

    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, talk: Conversation) -> None:
        while not self.go.wait(0.02):
            if talk.closing.is_set():
                return
        talk.send(head(Content_Length=len(PICTURE)) + PICTURE)


@dataclass(slots=True, kw_only=True)
class Front:
    """One with its TorchServe and its pictures' host; two callers with keys."""

    url: str
    home: Path
    stub: TorchServeStub
    host: PictureHost
    slow: Slow
    pool: ThreadPoolExecutor
    first: dict[str, str]
    other: dict[str, str]

    def link(self, path: str, **more: Any) -> dict[str, Any]:
        return {"image_url": self.host.url(path), "url_type": "7min_local", **more}

    def ask(self, caller: dict[str, str], path: str = "/ocr_handler", **how: Any) -> Any:
        named = {**caller, **how.pop("headers", {})}
        return requests.post(self.url + path, headers=named, timeout=60, **how)

    def begin(self, *args: Any, **how: Any) -> "Future[Any]":
        return self.pool.submit(self.ask, *args, **how)

    def leave(self, caller: dict[str, str], body: bytes, request_id: str) -> socket.socket:
        """A request whose sender has not left yet."""
        place = urlsplit(self.url)
        talk = socket.create_connection((str(place.hostname), place.port or 80), timeout=60)
        headers = {
            **caller,
            "Host": place.netloc,
            "Content-Length": str(len(body)),
            "Content-Type": "image/png" if body[:1] != b"{" else "application/json",
            "X-Request-Id": request_id,
        }
        lines = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
        talk.sendall(f"POST /ocr_handler HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return talk

    def figure(self, name: str) -> float:
        text = requests.get(f"{self.url}/metrics", headers=self.first, timeout=60).text
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(line.rpartition(" ")[2])

    def waiting(self, turn: str) -> float:
        return self.figure(f'fundocr_front_turns_waiting{{turn="{turn}"}}')


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    # Nobody is new here (tests/front/test_read_turns.py has those who are).
    monkeypatch.setattr(read_turns, "AT_FIRST", PLACES)
    new_database(tmp_path)
    slow = Slow()
    routes: dict[str, Any] = {f"/slow-{n}": slow for n in range(50)}
    routes |= {f"/{n}.png": PICTURE for n in range(50)}
    engine = open_engine(database_url(tmp_path))
    keys = Keys(engine)
    first, other = (
        {"Authorization": f"Bearer {keys.add(name, Role.CORRECTOR)}"} for name in ("first", "other")
    )
    engine.dispose()
    with picture_host(routes) as host, torchserve_stub() as stub, ThreadPoolExecutor(120) as pool:
        settings = {**allowed_from(host), "FUNDOCR_ANONYMOUS_CIDRS": ""}
        settings["FUNDOCR_FETCH_SECONDS"] = "60"
        nobody = {"management": "http://127.0.0.1:9", "metrics": "http://127.0.0.1:9"}
        with front_in_process(stub.url, tmp_path, **nobody, **settings) as url:
            yield Front(
                url=url,
                home=tmp_path,
                stub=stub,
                host=host,
                slow=slow,
                pool=pool,
                first=first,
                other=other,
            )
            slow.go.set()
            stub.answer()


def test_a_link_is_handed_on_with_its_picture_as_the_handler_would_have_fetched_it(
    front: Front,
) -> None:
    url = front.host.url("/1.png?名=基金&x='\"")
    how = [{}, {"dry_run": True}, {"refresh": True}, {"refresh": True, "row_version": 7}]
    for more in how:
        body = {"image_url": url, "url_type": "7min_local", **more}
        answer = front.ask(front.first, json=body, headers={"X-Request-Id": "mine"})
        assert (answer.status_code, answer.json()["detail"]["source"]) == (200, "ocr")
    assert [one.asked() for one in front.stub.handed] == [
        Request(
            id="mine",
            source=Url(link=parse_link(url), content=PICTURE),
            url_type="7min_local",
            refresh=more.get("refresh", False),
            row_version=more.get("row_version"),
            dry_run=more.get("dry_run", False),
        )
        for more in how
    ]
    assert len(front.host.requests) == len(how)


@pytest.mark.parametrize("path", ["/predictions/ocr_handler", "/predictions/ocr_handler/1.0"])
def test_torchserves_own_names_go_the_same_way(front: Front, path: str) -> None:
    assert front.ask(front.first, path, json=front.link("/1.png")).status_code == 200
    (one,) = front.stub.handed
    assert (one.path, one.content_type) == (path, fetched.CONTENT_TYPE)
    asked = one.asked()
    assert isinstance(asked, Request)
    assert asked.source == Url(link=parse_link(front.host.url("/1.png")), content=PICTURE)


def test_a_known_link_is_fetched_for_no_version(front: Front) -> None:
    engine = open_engine(database_url(front.home))
    Store(engine).save([reading(front.host.url("/1.png"))])
    engine.dispose()
    for path in ("/ocr_handler", "/predictions/ocr_handler/1.0"):
        assert front.ask(front.first, path, json=front.link("/1.png")).status_code == 200
    assert front.host.requests == []
    assert [one.content_type for one in front.stub.handed] == ["application/json"]


def test_no_caller_can_send_a_picture_for_a_link(front: Front) -> None:
    asked = Request(id="", source=Url(link=parse_link("http://a/")), url_type="oss")
    for body in (fetched.pack(asked, PICTURE), b"\n" + PICTURE):
        for content_type in (fetched.CONTENT_TYPE, fetched.CONTENT_TYPE.upper(), "text/plain"):
            named = {"Content-Type": content_type}
            answer = front.ask(front.first, data=body, headers=named)
            assert (answer.status_code, answer.json()["code"]) == (400, "NOT_JSON")
    assert front.stub.handed == []
    # A picture that is such a body, and fields beside one in a form, name no link either.
    data = fetched.pack(asked, PICTURE)
    for content_type in ("image/png", f"image/png; x={fetched.CONTENT_TYPE}"):
        front.ask(front.first, data=data, headers={"Content-Type": content_type})
    fields = {"image_url": "http://a/", "url_type": "oss", "body": data, "data": data}
    front.ask(front.first, files={"image": ("a.png", data, fetched.CONTENT_TYPE)}, data=fields)
    assert [one.asked() for one in front.stub.handed] == [
        Request(id=one.id, source=Bytes(content=data), url_type="upload")
        for one in front.stub.handed
    ]
    front.ask(front.first, files={"image": ("a.png", data)}, data={**fields, "refresh": "true"})
    form = front.stub.handed[-1]
    assert form.content_type.startswith("multipart/form-data; boundary=")
    assert [
        part for part in (b"image_url", b"url_type", b"body") if b'="' + part in form.body
    ] == []
    assert len(front.stub.handed) == 4


def test_slow_links_of_one_caller_do_not_hold_up_anothers(front: Front) -> None:
    slow = [front.begin(front.first, json=front.link(f"/slow-{n}")) for n in range(50)]
    wait_until(lambda: front.waiting("fetch") == 50 - 32)
    answer = front.ask(front.other, json=front.link("/1.png"))
    assert answer.status_code == 200
    assert not any(one.done() for one in slow)
    front.slow.go.set()
    assert {one.result().status_code for one in slow} == {200}


def test_new_pictures_of_one_caller_do_not_stand_before_anothers(front: Front) -> None:
    front.stub.hold()

    def send(caller: dict[str, str], name: str) -> "Future[Any]":
        named = {"Content-Type": "image/png", "X-Request-Id": name}
        return front.begin(caller, data=name.encode(), headers=named)

    many = [send(front.first, f"many-{n}") for n in range(40)]
    wait_until(lambda: front.waiting("read") == 40 - PLACES)
    one = send(front.other, "one")
    wait_until(lambda: front.waiting("read") == 41 - PLACES)
    assert len(front.stub.handed) == PLACES
    front.stub.answer(1)
    wait_until(lambda: len(front.stub.handed) == PLACES + 1)
    assert front.stub.ids()[-1] == "one"
    front.stub.answer()
    assert {sent.result().status_code for sent in [*many, one]} == {200}


def test_more_than_may_wait_are_told_to_ask_again(front: Front) -> None:
    """A correction and what is known do not wait there."""
    front.stub.hold()
    half = MOST_WAITING // 2
    named = {"Content-Type": "image/png"}
    with ThreadPoolExecutor(PLACES + half) as pool:
        for n in range(PLACES + half):
            pool.submit(front.ask, front.first, data=b"%d" % n, headers=named)
        wait_until(lambda: front.waiting("read") == half)
        answer = front.ask(front.first, data=b"one more", headers=named)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_BUSY")
        assert int(answer.headers["Retry-After"]) > 0
        other = front.begin(front.other, data=b"another", headers=named)
        wait_until(lambda: front.waiting("read") == half + 1)
        correction = {"image_url": "x", "update_fund_code": "000001", "update_hold_share": "1"}
        corrected = front.begin(front.first, "/ocr_info_update", json=correction).result()
        assert (corrected.status_code, corrected.json()["code"]) == (404, "UNKNOWN_IMAGE")
        front.stub.answer()
        assert other.result().status_code == 200


def test_who_has_left_while_he_waited_for_his_turn_is_not_handed_on(front: Front) -> None:
    front.stub.hold()
    named = {"Content-Type": "image/png"}
    held = [front.begin(front.first, data=b"%d" % n, headers=named) for n in range(PLACES)]
    wait_until(lambda: len(front.stub.handed) == PLACES)
    # Short and long ones, and links: Sanic reads these in different ways.
    bodies = [b"short", b"x" * 300_000, json.dumps(front.link("/1.png")).encode()]
    gone = [front.leave(front.first, body, "gone") for body in bodies * 3]
    wait_until(lambda: front.waiting("read") == len(gone))
    for talk in gone:
        talk.close()
    wait_until(lambda: front.waiting("read") == 0)
    front.stub.answer()
    assert {one.result().status_code for one in held} == {200}
    assert front.ask(front.first, data=b"later", headers=named).status_code == 200
    assert "gone" not in front.stub.ids()
    assert len(front.stub.handed) == PLACES + 1


def test_who_has_left_while_his_link_was_fetched_is_not_handed_on(front: Front) -> None:
    alone, shared = front.link("/slow-1"), front.link("/slow-2")
    stays = front.begin(front.other, json=shared, headers={"X-Request-Id": "stays"})
    wait_until(lambda: len(front.host.requests) == 1)
    gone = [front.leave(front.first, json.dumps(link).encode(), "gone") for link in (alone, shared)]
    wait_until(lambda: len(front.host.requests) == 2)
    wait_until(lambda: front.figure("fundocr_front_requests_in_flight") == 4)
    for talk in gone:
        talk.close()
    wait_until(lambda: front.figure("fundocr_front_requests_in_flight") == 2)
    front.slow.go.set()
    assert stays.result().status_code == 200
    wait_until(lambda: front.figure("fundocr_front_fetch_seconds_count") == 2)
    assert front.stub.ids() == ["stays"]


def test_who_has_left_after_he_was_handed_on_keeps_his_place(front: Front) -> None:
    """Until TorchServe has read what it took, or it would be given more than it has places for."""
    front.stub.hold()
    gone = [front.leave(front.first, b"%d" % n, "gone") for n in range(PLACES)]
    wait_until(lambda: len(front.stub.handed) == PLACES)
    for talk in gone:
        talk.close()
    wait_until(lambda: front.figure("fundocr_front_requests_in_flight") == 1)
    named = {"Content-Type": "image/png", "X-Request-Id": "next"}
    waits = front.begin(front.other, data=b"next", headers=named)
    wait_until(lambda: front.waiting("read") == 1)
    assert "next" not in front.stub.ids()
    front.stub.answer(1)
    wait_until(lambda: front.stub.ids()[-1] == "next")
    front.stub.answer()
    assert waits.result().status_code == 200


def test_with_the_database_away_nothing_is_fetched(front: Front) -> None:
    with closing(sqlite3.connect(front.home / "var" / "fundocr.db")) as connection:
        connection.execute("ALTER TABLE ocr_result RENAME TO elsewhere")
    with without_keys(front) as ask:  # which nobody can look up now
        for path in ("/ocr_handler", "/predictions/ocr_handler/1.0"):
            for more in ({}, {"refresh": True}):
                answer = ask(path, json=front.link("/1.png", **more))
                told = (answer.status_code, answer.json()["code"])
                assert told == (503, "DATABASE_UNAVAILABLE")
        assert front.host.requests == []
        assert ask("/ocr_handler", json=front.link("/1.png", dry_run=True)).status_code == 200
    assert len(front.host.requests) == len(front.stub.handed) == 1


@contextmanager
def without_keys(front: Front) -> Iterator[Callable[..., requests.Response]]:
    """Another front door on the same tables, which lets everybody in."""
    nobody, allowed = "http://127.0.0.1:9", allowed_from(front.host)
    with front_in_process(front.stub.url, front.home, management=nobody, **allowed) as url:
        yield lambda path, **how: requests.post(url + path, timeout=60, **how)


def test_without_a_torchserve_nothing_is_fetched(front: Front) -> None:
    nobody = "http://127.0.0.1:9"
    allowed = allowed_from(front.host)
    with front_in_process(nobody, front.home, management=nobody, **allowed) as url:
        answer = requests.post(f"{url}/ocr_handler", json=front.link("/1.png"), timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_BUSY")
    assert front.host.requests == []


@pytest.mark.parametrize("refusal", [NotJson(), PictureTooLarge()], ids=["older", "small"])
def test_an_older_archive_and_one_that_takes_no_large_bodies_fetch_by_themselves(
    front: Front, refusal: ServiceError
) -> None:
    front.stub.refusal = refusal
    assert front.ask(front.first, json=front.link("/1.png", refresh=True)).status_code == 200
    told = [(one.content_type, one.asked()) for one in front.stub.handed]
    assert [content_type for content_type, _ in told] == [fetched.CONTENT_TYPE, "application/json"]
    asked = told[1][1]
    assert isinstance(asked, Request)
    assert (asked.source, asked.refresh) == (Url(link=parse_link(front.host.url("/1.png"))), True)


def test_what_cannot_be_fetched_is_told_and_not_handed_on(
    front: Front, capfd: pytest.CaptureFixture[str]
) -> None:
    for path, status, code, detail in (
        ("/gone.png?sig=canary", 502, "FETCH_FAILED", {"detail": {"cause": "status 404"}}),
        ("http://elsewhere.invalid/", 403, "HOST_NOT_ALLOWED", {}),
    ):
        link = front.link("/1.png") | {"image_url": path if "//" in path else front.host.url(path)}
        answer = front.ask(front.first, json=link)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        told = answer.json()
        assert told == detail | {key: told[key] for key in ("error", "code", "request_id")}
        assert told["request_id"] == answer.headers["X-Request-Id"]
    assert front.stub.handed == []
    log = capfd.readouterr().err
    (line,) = [
        one for one in map(json.loads, log.splitlines()) if one.get("code") == "FETCH_FAILED"
    ]
    assert (line["cause"], "canary" in log) == ("status 404", False)
    name = 'fundocr_front_fetches_total{code="FETCH_FAILED",host="%s",url_type="7min_local"}'
    assert front.figure(name % "127.0.0.1") == 1
    other = (
        'fundocr_front_fetches_total{code="HOST_NOT_ALLOWED",host="other",url_type="7min_local"}'
    )
    assert front.figure(other) == 1


def test_items_of_batches_go_the_same_way(front: Front) -> None:
    items = [front.link(f"/{n}.png") for n in range(3)] + [front.link("/gone.png")]
    batch_id = front.ask(front.first, "/ocr_batch", json=items).json()["batch_id"]

    def batch() -> dict[str, Any]:
        url = f"{front.url}/ocr_batch/{batch_id}"
        return dict(requests.get(url, headers=front.first, timeout=60).json())

    wait_until(lambda: batch()["counts"]["queued"] + batch()["counts"]["running"] == 0)
    done = batch()["items"]
    assert [item["state"] for item in done] == ["done"] * 3 + ["failed"]
    failed = {key: done[3]["error"][key] for key in ("code", "detail")}
    assert failed == {"code": "FETCH_FAILED", "detail": {"cause": "status 404"}}
    assert {one.content_type for one in front.stub.handed} == {fetched.CONTENT_TYPE}

"""Batches: what is taken, what is told of it, and that single callers do not wait behind them."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from db.access import Keys, Role
from db.batches import Batches
from db.engine import open_engine
from db.store import Store
from evals.testbed.picture_host import PictureHost
from front.batch_body import MOST_BYTES
from pipeline.errors import RECOGNISE_REQUIRED, RECOGNISE_STRINGS
from tests.db.sample_readings import reading
from tests.front.front_process import database_url, exchange
from tests.front.in_process import lone_front_in_process
from tests.front.openapi_schema import assert_as_described
from tests.serve.waiting import wait_until
from tests.trial import Trial

KNOWN = "https://pictures.example.com/known.png"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    """Without a TorchServe: only what is known can be done."""
    with lone_front_in_process(home) as url:
        engine = open_engine(database_url(home))
        Store(engine).save([reading(KNOWN)])
        engine.dispose()
        yield url


Headers = Mapping[str, str]
NONE: Headers = {}


def hand_in(front: str, items: Any, headers: Headers = NONE) -> str:
    answer = requests.post(f"{front}/ocr_batch", json=items, headers=headers, timeout=60)
    assert_as_described(answer, "post", "/ocr_batch")
    assert answer.status_code == 202
    return str(answer.json()["batch_id"])


def look(front: str, batch_id: str, headers: Headers = NONE) -> dict[str, Any]:
    answer = requests.get(f"{front}/ocr_batch/{batch_id}", headers=headers, timeout=60)
    assert answer.status_code == 200
    assert_as_described(answer, "get", "/ocr_batch/{batch_id}")
    batch = dict(answer.json())
    assert batch["batch_id"] == batch_id
    assert sum(batch["counts"].values()) == len(batch["items"])
    assert [item["position"] for item in batch["items"]] == list(range(len(batch["items"])))
    return batch


def worked_off(front: str, batch_id: str, headers: Headers = NONE) -> dict[str, Any]:
    """The batch when nothing of it is left to do."""

    def is_done() -> bool:
        # Not by `look`: a thousand items are compared with the schema for as long as it takes to
        # work many of them off, and by the process in which the front door may be.
        answer = requests.get(f"{front}/ocr_batch/{batch_id}", headers=headers, timeout=60)
        counts = answer.json()["counts"]
        return bool(counts["queued"] + counts["running"] == 0)

    wait_until(is_done, 300)
    return look(front, batch_id, headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"[" * 100_000,
        b'{"items": []}',
        json.dumps([{"image_url": KNOWN, "url_type": "oss"}] * 1001).encode(),
    ],
    ids=range(9),
)
def test_a_body_that_is_no_list_of_items_is_refused(front: str, body: bytes) -> None:
    answer = requests.post(f"{front}/ocr_batch", data=body, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_BATCH")
    assert_as_described(answer, "post", "/ocr_batch")


@pytest.mark.parametrize("batch_id", ["0", "f" * 32, "名", "' OR 1=1", "x" * 500])
def test_a_batch_that_nobody_handed_in_is_not_there(front: str, batch_id: str) -> None:
    answer = requests.get(f"{front}/ocr_batch/{batch_id}", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (404, "NO_SUCH_BATCH")


@pytest.mark.parametrize(
    "told", [f"Content-Length: {MOST_BYTES + 1}", "Transfer-Encoding: chunked"]
)
def test_a_body_of_more_than_a_thousand_links_is_refused_before_it_is_there(
    front: str, told: str
) -> None:
    """By its length, of which not one byte is sent; or as soon as it is over."""
    body = b""
    if "chunked" in told:
        body = f"{MOST_BYTES + 1:x}\r\n".encode() + b" " * (MOST_BYTES + 1)
    head = f"POST /ocr_batch HTTP/1.1\r\nHost: localhost\r\n{told}\r\n\r\n".encode()
    answer = exchange(front, head + body)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"TOO_MANY_BYTES"' in answer
    assert f"may have {MOST_BYTES} bytes".encode() in answer


GOOD = {"image_url": KNOWN, "url_type": "oss"}
REFUSED: list[tuple[Any, str, str]] = [
    (None, "WRONG_TYPE", "An item of a batch must be a JSON object."),
    (["x"], "WRONG_TYPE", "An item of a batch must be a JSON object."),
    ({}, "MISSING_FIELD", RECOGNISE_REQUIRED),
    ({"image_url": 17, "url_type": "oss"}, "WRONG_TYPE", RECOGNISE_STRINGS),
    ({**GOOD, "url_type": "ftp"}, "MISSING_FIELD", RECOGNISE_REQUIRED),
    ({**GOOD, "url_type": "x" * 999}, "MISSING_FIELD", RECOGNISE_REQUIRED),
    ({**GOOD, "image_url": "ftp://x/a.png"}, "BAD_URL", ""),
    ({**GOOD, "image_url": "http://x/" + "基" * 9000}, "BAD_URL", ""),
    ({**GOOD, "image_url": "http://x/\ud800"}, "BAD_URL", ""),
    (
        {**GOOD, "refresh": True},
        "WRONG_TYPE",
        "An item of a batch can ask for neither refresh nor dry_run.",
    ),
]


def test_a_bad_item_fails_alone_and_says_why(front: str) -> None:
    items = [GOOD, *(item for item, _, _ in REFUSED), GOOD]
    done = worked_off(front, hand_in(front, items))
    assert done["counts"] == {"queued": 0, "running": 0, "done": 2, "failed": len(REFUSED)}
    first, *failed, last = done["items"]
    for item in (first, last):
        assert (item["state"], item["error"]) == ("done", None)
        assert item["answer"]["data"] == {"fund_code": "011608", "hold_share": "1234.56"}
        assert (item["image_url"], item["url_type"]) == (KNOWN, "oss")
    for item, (_, code, sentence) in zip(failed, REFUSED, strict=True):
        assert (item["state"], item["answer"], item["error"]["code"]) == ("failed", None, code)
        assert sentence in item["error"]["error"] != ""


def test_a_thousand_known_items_are_answered_in_their_order(front: str) -> None:
    done = worked_off(front, hand_in(front, [GOOD] * 1000))
    assert done["counts"]["done"] == 1000


def test_a_batch_is_looked_at_by_pages(front: str) -> None:
    batch_id = hand_in(front, [GOOD] * 5)
    whole = worked_off(front, batch_id)
    assert whole["next"] is None
    items, after = [], ""
    while after != "&after=None":
        page = requests.get(f"{front}/ocr_batch/{batch_id}?limit=2{after}", timeout=60)
        assert_as_described(page, "get", "/ocr_batch/{batch_id}")
        assert (page.status_code, page.json()["counts"]) == (200, whole["counts"])
        items += page.json()["items"]
        after = f"&after={page.json()['next']}"
    for item in (*items, *whole["items"]):
        assert item["answer"]["detail"].pop("request_id")
    assert items == whole["items"]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "limit=1001",
            "limit=x",
            "limit=-1",
            "limit=1&limit=2",
            "limit=1e2",
            "limit=٣",
        ),
        *("after=-1", "after=٣", "after=2147483648", "after=" + "9" * 5000, "after=1&after=1"),
    ],
)
def test_a_page_that_there_cannot_be_is_refused(front: str, query: str) -> None:
    answer = requests.get(f"{front}/ocr_batch/0?{query}", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_QUERY")
    assert answer.json()["error"].startswith(query.partition("=")[0] + " must be one whole number")
    assert_as_described(answer, "get", "/ocr_batch/{batch_id}")


def test_a_caller_may_have_so_many_open_items_and_each_address_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("front.batch_worker.STOP_S", 0.1)  # nothing comes of what is in work
    settings = {"FUNDOCR_ANONYMOUS_CIDRS": "10.0.0.0/8", "FUNDOCR_PROXY_CIDRS": "127.0.0.1/32"}
    one, other = ({"X-Forwarded-For": f"10.0.0.{n}"} for n in (1, 2))
    unknown = {"image_url": f"https://pictures.example.com/{uuid4().hex}", "url_type": "oss"}
    with lone_front_in_process(tmp_path, FUNDOCR_OPEN_ITEMS="12", **settings) as url:
        engine = open_engine(database_url(tmp_path))
        named = {"Authorization": f"Bearer {Keys(engine).add('小王', Role.CALLER)}"}
        first = hand_in(url, [unknown] * 10, one)
        for headers in (other, named):
            hand_in(url, [unknown] * 10, headers)
        for headers in (one, other, named):
            refused = requests.post(
                f"{url}/ocr_batch", json=[unknown] * 3, headers=headers, timeout=60
            )
            assert_as_described(refused, "post", "/ocr_batch")
            told = refused.json()
            assert (refused.status_code, told["code"]) == (429, "TOO_MANY_ITEMS")
            assert (told["open_items"], told["most_open_items"]) == (10, 12)
            assert "10 items" in told["error"] and "the 12 that" in told["error"]
            assert int(refused.headers["Retry-After"]) > 0
            hand_in(url, [unknown, unknown, None], headers)  # what is refused is not open
        batch = Batches(engine).get(first)
        assert batch is not None
        for item in batch.items:
            Batches(engine).finish(item, result_id=1)
        engine.dispose()
        hand_in(url, [unknown] * 10, one)


def test_items_wait_for_torchserve_and_are_begun_again_after_a_restart(
    front: str, home: Path
) -> None:
    """Nothing fails because TorchServe is away for a while."""
    unknown = {"image_url": f"https://pictures.example.com/{uuid4().hex}", "url_type": "oss"}
    batch_id = hand_in(front, [unknown] * 20)
    wait_until(lambda: look(front, batch_id)["counts"]["running"] > 0)
    counts = look(front, batch_id)["counts"]
    assert (counts["done"], counts["failed"]) == (0, 0)
    engine = open_engine(database_url(home))
    Store(engine).save([reading(unknown["image_url"])])  # what TorchServe would have written
    running = look(front, batch_id)["counts"]["running"]
    assert Batches(engine).requeue_left(timedelta(0)) == running  # as the next front door does
    engine.dispose()
    assert worked_off(front, batch_id)["counts"]["done"] == 20


# With TorchServe


def test_a_batch_is_read_and_each_item_has_its_own_answer(
    trial: Trial, pictures: PictureHost, truth: dict[str, dict[str, str]]
) -> None:
    mark = uuid4().hex
    names = [*truth, "gone.png"]
    urls = [pictures.url(f"/{name}?{mark}") for name in names]
    items = [{"image_url": url, "url_type": "7min_local"} for url in urls]
    done = worked_off(trial.front, hand_in(trial.front, items))
    *read, gone = done["items"]
    assert [item["answer"]["data"] for item in read] == list(truth.values())
    assert (gone["state"], gone["error"]["code"]) == ("failed", "FETCH_FAILED")
    for item, url in zip(read, urls, strict=False):
        stored = requests.get(
            f"{trial.front}/results", params={"image_url": url}, timeout=60
        ).json()
        for answer in (stored, item["answer"]):
            del answer["detail"]["elapsed_ms"], answer["detail"]["request_id"]
        assert item["answer"] == stored


def test_single_callers_are_answered_while_a_large_batch_is_worked_off(
    trial: Trial, pictures: PictureHost
) -> None:
    """All of them, one after the other, before the batch is half done."""
    mark = uuid4().hex
    path = "/blank.png"  # what takes turns is not the reading

    def link(kind: str, number: int) -> dict[str, Any]:
        url = pictures.url(f"{path}?{mark}-{kind}-{number}")
        # A picture that is known by another link is not read: ask for a reading of each.
        return {"image_url": url, "url_type": "7min_local"}

    batch_id = hand_in(trial.front, [link("batch", number) for number in range(150)])
    for number in range(5):
        asked = link("single", number) | {"refresh": True}
        answer = requests.post(f"{trial.front}/ocr_handler", json=asked, timeout=60)
        assert answer.json()["detail"]["source"] == "ocr"
    counts = look(trial.front, batch_id)["counts"]
    assert counts["failed"] == 0
    assert counts["queued"] > 75
    assert worked_off(trial.front, batch_id)["counts"]["done"] == 150

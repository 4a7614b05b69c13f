"""What the front door answers from the table itself: no TorchServe stands behind it here."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from db.engine import open_engine
from db.store import Store
from evals.testbed.picture_host import PictureHost
from tests.db.sample_readings import as_row, reading, refused
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process
from tests.front.openapi_schema import assert_as_described
from tests.trial import Trial

SURE = "https://pictures.example.com/a.png"
DOUBTFUL = "https://pictures.example.com/b.png"
CORRECTED = "https://pictures.example.com/c.png"
CHINESE = "https://pictures.example.com/图片.png?名=基金 一&x=%E5%90%8D+1"
UPLOAD = f"upload:sha256:{'ab' * 32}"
LONGEST = f"https://pictures.example.com/{'基' * 600}.png?{'x' * 214}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    with lone_front_in_process(home) as url:
        yield url


@pytest.fixture(scope="module")
def ids(front: str, home: Path) -> Iterator[dict[str, int]]:
    """The ids of the rows, by link."""
    engine = open_engine(database_url(home))
    store = Store(engine)
    links = [SURE, CORRECTED, CHINESE, LONGEST]
    readings = [*map(reading, links), refused(DOUBTFUL), reading(UPLOAD, url_type="upload")]
    rows = [as_row(stored) for stored in store.save(readings)]
    store.correct(CORRECTED, "000001", "12.5", actor="小王")
    yield {row.image_url: row.id for row in rows}
    engine.dispose()


def answered(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json()["detail"]["request_id"] == answer.headers["X-Request-Id"]
    return dict(answer.json())


def told(answer: dict[str, Any]) -> tuple[Any, ...]:
    values = (answer["data"]["fund_code"], answer["data"]["hold_share"])
    return answer["flag"], *values, answer["detail"]["source"], answer["detail"]["reason"]


ROWS = [
    (SURE, (True, "011608", "1234.56", "stored", None)),
    (DOUBTFUL, (False, "", "", "stored", "NO_CODE")),
    (CORRECTED, (True, "000001", "12.5", "corrected", None)),
    (CHINESE, (True, "011608", "1234.56", "stored", None)),
    (LONGEST, (True, "011608", "1234.56", "stored", None)),
]


@pytest.mark.parametrize(("link", "shown"), [*ROWS, (UPLOAD, ROWS[0][1])])
def test_a_result_is_told_by_link_and_by_id(
    front: str, ids: dict[str, int], link: str, shown: tuple[Any, ...]
) -> None:
    by_link = requests.get(f"{front}/results", params={"image_url": link}, timeout=30)
    by_id = requests.get(f"{front}/results?id={ids[link]}", timeout=30)
    for answer in (by_link, by_id):
        assert told(answered(answer)) == shown
        assert answer.json()["detail"]["id"] == ids[link]
        assert_as_described(answer, "get", "/results")


def test_a_link_with_chinese_characters_is_taken_raw_in_the_query_too(
    front: str, ids: dict[str, int]
) -> None:
    request = requests.Request("GET", front).prepare()
    request.url = f"{front}/results?image_url=" + CHINESE.replace("%", "%25").replace(
        "&", "%26"
    ).replace("+", "%2B").replace(" ", "+")
    with requests.Session() as session:
        answer = session.send(request, timeout=30)
    assert answered(answer)["detail"]["id"] == ids[CHINESE]


@pytest.mark.parametrize(("link", "shown"), ROWS)
@pytest.mark.parametrize("path", ["/ocr_handler", "/predictions/ocr_handler"])
def test_a_known_link_is_answered_without_torchserve(
    front: str, ids: dict[str, int], path: str, link: str, shown: tuple[Any, ...]
) -> None:
    body = {"image_url": link, "url_type": "oss"}
    escaped = requests.post(front + path, json=body, timeout=30)
    raw = requests.post(
        front + path, data=json.dumps(body, ensure_ascii=False).encode(), timeout=30
    )
    for answer in (escaped, raw):
        assert told(answered(answer)) == shown
        assert_as_described(answer, "post", path)


@pytest.mark.parametrize("option", ["refresh", "dry_run"])
def test_what_asks_for_a_reading_is_not_answered_from_the_table(
    front: str, ids: dict[str, int], option: str
) -> None:
    body = {"image_url": SURE, "url_type": "oss", option: True}
    answer = requests.post(f"{front}/ocr_handler", json=body, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_BUSY")


@pytest.mark.parametrize(
    "query",
    [
        {"id": "999999"},
        {"id": str(2**63 - 1)},
        {"image_url": SURE + "?"},
        {"image_url": SURE.upper()},
        {"image_url": SURE + " "},
        {"image_url": "\x00"},
        {"image_url": "😀"},
    ],
)
def test_what_is_not_in_the_table_is_unknown(
    front: str, ids: dict[str, int], query: dict[str, str]
) -> None:
    answer = requests.get(f"{front}/results", params=query, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_IMAGE")
    assert_as_described(answer, "get", "/results")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "id=",
        "id=0",
        "id=-1",
        "id=1.0",
        "id=１",
        "id=x",
        f"id={2**63}",
        f"id={'9' * 5000}",
        "id=1&id=2",
        f"id=1&image_url={quote(SURE)}",
        "image_url=",
        "image_url=a&image_url=b",
        "url=a",
    ],
)
def test_a_question_that_names_no_single_row_is_refused(front: str, query: str) -> None:
    answer = requests.get(f"{front}/results?{query}", timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_QUERY")


def test_the_stored_answer_is_the_handlers_own_to_the_letter(
    trial: Trial, pictures: PictureHost
) -> None:
    """What TorchServe answers itself for a known link, and what the front door answers."""
    link = {"image_url": pictures.url("/alipay_light_rows.png?twice"), "url_type": "7min_local"}
    direct = f"{trial.address.inference}/predictions/ocr_handler"
    headers = {**trial.authorization(), "X-Request-Id": "same"}
    requests.post(direct, json=link, headers=headers, timeout=60)
    own = requests.post(direct, json=link, headers=headers, timeout=60)
    headers |= trial.front_authorization()
    front = requests.post(f"{trial.front}/ocr_handler", json=link, headers=headers, timeout=60)
    asked = {"image_url": link["image_url"]}
    result = requests.get(f"{trial.front}/results", params=asked, headers=headers, timeout=60)
    bodies = [answer.json() for answer in (own, front, result)]
    for body in bodies:
        del body["detail"]["elapsed_ms"]
    assert bodies[0] == bodies[1] == bodies[2]
    assert [list(body["detail"]) for body in bodies] == [list(bodies[0]["detail"])] * 3
